"""How far coders agree with each other and with the model, with intervals.

Units are the rows of a coding sheet; blanks are missing values.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from peacestance.evaluation.coded_sheets import MODEL, Coder
from peacestance.evaluation.coder_statistics import (
    MISSING,
    NO_ROWS,
    ROUNDS,
    Codes,
    Estimate,
    Numbers,
    Resampling,
    alphas,
    coincidences,
    confusions,
    kappas,
    ratio,
    shares,
)
from peacestance.evaluation.sheets import ANSWERS, KeyRow
from peacestance.schema import STANCES


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """Krippendorff's alpha of two or more coders; `rows` are those that at least two coded."""

    coders: tuple[str, ...]
    rows: int
    alpha: Estimate


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """Two coders on the rows that both coded.

    `values` has the agreement on each value, 2 n_both / (n_first + n_second) (Cicchetti and
    Feinstein 1990); `confusion` has rows for the first coder and columns for the second.
    """

    coders: tuple[str, str]
    rows: int
    alpha: Estimate
    kappa: Estimate
    same: Estimate
    values: Mapping[str, Estimate]
    confusion: Mapping[str, Mapping[str, int]]


@dataclasses.dataclass(frozen=True, slots=True)
class Weighted:
    """How often a coder finds the model right, among all labels that the sample was drawn from.

    Each row counts for the labels that it stands for, 1 / its inclusion probability.
    """

    coder: str
    rows: int
    stance_right: Estimate
    speaker_right: Estimate
    both_right: Estimate


@dataclasses.dataclass(frozen=True, slots=True)
class CoderSummary:
    """What a coder filled in; `missing` are the rows without a stance."""

    name: str
    file: str
    coded: int
    missing: tuple[int, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Agreement:
    """Everything that `peacestance agreement` says.

    `labels` is the number of labels that the sample was drawn from, `weighted` is empty and `model`
    is `None` without a key.
    """

    rows: int
    articles: int
    labels: int | None
    model: str | None
    coders: tuple[CoderSummary, ...]
    stance: tuple[tuple[Group, ...], tuple[Pair, ...]]
    speaker_right: tuple[tuple[Group, ...], tuple[Pair, ...]]
    weighted: tuple[Weighted, ...]

    def to_dict(self) -> dict[str, Any]:
        """The form of `--json`."""
        out = dataclasses.asdict(self)
        for name in ("stance", "speaker_right"):
            groups, pairs = out[name]
            out[name] = {"groups": groups, "pairs": pairs}
        return out


def agreement(
    coders: Sequence[Coder],
    key: Mapping[int, KeyRow] | None = None,
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Agreement:
    """Compare coders with each other and, given its key, with the model.

    Args:
        coders: as `read_coders` gives them, checked by `check_coders`.
        key: as `read_key` gives it.
        rounds: of the bootstrap.
        seed: of the bootstrap.
    """
    rows = sorted(key or {row for coder in coders for row in coder.codes})
    articles = _articles(rows, coders, key)
    resample = Resampling(articles, rounds, seed)
    stances = {c.name: _stance_codes(c, rows) for c in coders}
    answers = {c.name: _answer_codes(c, rows) for c in coders}
    said = {name: codes for name, codes in answers.items() if (codes != MISSING).any()}
    weighted: tuple[Weighted, ...] = ()
    if key is not None:
        models = np.array([STANCES.index(key[row].stance) for row in rows])
        weights = np.array([1 / key[row].inclusion_probability for row in rows])
        weighted = tuple(
            _weighted(name, stances[name], answers[name], models, weights, resample)
            for name in stances
        )
        stances[MODEL] = models
    return Agreement(
        rows=len(rows),
        articles=len(set(articles)),
        labels=round(sum(1 / each.inclusion_probability for each in key.values())) if key else None,
        model=", ".join(sorted({each.model or "?" for each in key.values()})) if key else None,
        coders=tuple(_summary(coder, rows) for coder in coders),
        stance=_compared(stances, STANCES, "stance", resample),
        speaker_right=_compared(said, ANSWERS, "answer", resample),
        weighted=weighted,
    )


def _articles(
    rows: Sequence[int], coders: Sequence[Coder], key: Mapping[int, KeyRow] | None
) -> list[str]:
    """The article of each row: as the key has it, for a spreadsheet may have changed its id."""
    if key is not None:
        return [key[row].article_id for row in rows]
    return [next(c.codes[row].article_id for c in coders if row in c.codes) for row in rows]


def _stance_codes(coder: Coder, rows: Sequence[int]) -> Codes:
    """The coder's stances as places in `STANCES`. Shape: [row]."""
    found = (coder.codes.get(row) for row in rows)
    return np.array([STANCES.index(c.stance) if c and c.stance else MISSING for c in found])


def _answer_codes(coder: Coder, rows: Sequence[int]) -> Codes:
    """The coder's word on the speakers as places in `ANSWERS`. Shape: [row]."""
    found = (coder.codes.get(row) for row in rows)
    said = (c.speaker_right if c else None for c in found)
    return np.array([MISSING if answer is None else int(not answer) for answer in said])


def _summary(coder: Coder, rows: Sequence[int]) -> CoderSummary:
    coded = {row for row, code in coder.codes.items() if code.stance}
    missing = tuple(row for row in rows if row not in coded)
    return CoderSummary(coder.name, str(coder.path), len(coded), missing)


# --- coders with each other -----------------------------------------------------------------------


def _compared(
    codes: Mapping[str, Codes], values: Sequence[str], what: str, resample: Resampling
) -> tuple[tuple[Group, ...], tuple[Pair, ...]]:
    """Alpha of all coders, without and with the model, and every pair, coders before the model."""
    people = [name for name in codes if name != MODEL]
    sets = [people, list(codes)] if MODEL in codes else [people]
    groups = tuple(
        _group({name: codes[name] for name in names}, len(values), what, resample)
        for names in sets
        if len(names) > 2
    )
    pairs = tuple(
        _pair({a: codes[a], b: codes[b]}, values, what, resample)
        for a, b in sorted(itertools.combinations(codes, 2), key=lambda pair: MODEL in pair)
    )
    return groups, pairs


def _group(codes: Mapping[str, Codes], n_values: int, what: str, resample: Resampling) -> Group:
    units = np.array(list(codes.values()))
    rows = int(((units != MISSING).sum(0) > 1).sum())
    return Group(tuple(codes), rows, _alpha(units, n_values, what, resample))


def _pair(
    codes: Mapping[str, Codes], values: Sequence[str], what: str, resample: Resampling
) -> Pair:
    from sklearn.metrics import cohen_kappa_score, confusion_matrix

    units = np.array(list(codes.values()))
    both = (units != MISSING).all(0)
    first, second = units[:, both]
    labels = range(len(values))
    each = confusions(units, len(values))
    table = confusion_matrix(first, second, labels=labels) if both.any() else each.sum(0)
    why = _why_not(table, what)
    kappa = None if why else float(cohen_kappa_score(first, second, labels=labels))
    same = float((first == second).mean()) if both.any() else None
    one, other = codes
    return Pair(
        coders=(one, other),
        rows=int(both.sum()),
        alpha=_alpha(units, len(values), what, resample),
        kappa=resample.estimate(kappa, kappas, each, why),
        same=resample.estimate(same, shares, each, None if both.any() else NO_ROWS),
        values={str(value): _value(each, at, resample) for at, value in enumerate(values)},
        confusion={
            str(value): {str(v): int(n) for v, n in zip(values, row, strict=True)}
            for value, row in zip(values, table, strict=True)
        },
    )


def _why_not(table: npt.NDArray[Any], what: str) -> str | None:
    """What leaves agreement beyond chance undefined: nothing coded twice, or one value only."""
    if not table.sum():
        return NO_ROWS
    used = table.sum(0) + table.sum(1) > 0
    return f"every row has the same {what}" if used.sum() == 1 else None


def _alpha(units: Codes, n_values: int, what: str, resample: Resampling) -> Estimate:
    """Nominal alpha of units [coder, row] with missing values (Krippendorff 2011, section C)."""
    import krippendorff

    each = coincidences(units, n_values)
    why = _why_not(each.sum(0), what)
    data = np.where(units == MISSING, np.nan, units.astype(float))
    value = None if why else float(krippendorff.alpha(data, level_of_measurement="nominal"))
    return resample.estimate(value, alphas, each, why)


def _value(each: Numbers, at: int, resample: Resampling) -> Estimate:
    def shared(tables: Numbers) -> Numbers:
        met = tables[..., at, at]
        return ratio(2 * met, tables[..., at, :].sum(-1) + tables[..., :, at].sum(-1))

    value = float(shared(each.sum(0)))
    if np.isnan(value):
        return Estimate(None, why="nobody used it")
    return resample.estimate(value, shared, each, None)


# --- the model among all labels -------------------------------------------------------------------


def _weighted(
    name: str,
    stances: Codes,
    answers: Codes,
    models: Codes,
    weights: Numbers,
    resample: Resampling,
) -> Weighted:
    has_stance, has_answer = stances != MISSING, answers != MISSING
    stance, speaker = stances == models, answers == ANSWERS.index("yes")

    def share(right: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]) -> Estimate:
        """The share that is right, as Hájek estimates it (Särndal et al. 1992, 5.7)."""
        each = np.stack([weights * right, weights * known], axis=-1)
        value = float(ratio(each[:, 0].sum(), each[:, 1].sum())) if known.any() else None
        why = None if known.any() else "no row was answered"
        return resample.estimate(value, lambda t: ratio(t[..., 0], t[..., 1]), each, why)

    return Weighted(
        coder=name,
        rows=int(has_stance.sum()),
        stance_right=share(stance, has_stance),
        speaker_right=share(speaker, has_answer),
        both_right=share(stance & speaker, has_stance & has_answer),
    )
