"""The share of each stance in each group of labels: as the model has it, and corrected by hand.

The labels are read once, one article after the other; a few numbers are kept of each.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from peacestance.evaluation.gold import Gold, by_where, difference
from peacestance.evaluation.grouping import group_of, unknown
from peacestance.evaluation.ppi import (
    HandLabels,
    Labels,
    Shares,
    corrected,
    effective_size,
    missing_classes,
    more_to_halve,
    pooled,
)
from peacestance.exchange.labelled import label_numbers, read_all_articles
from peacestance.schema import STANCES, UserError

MIN_HAND_LABELS = 10
MIN_ARTICLES = 5
"""Groups with fewer hand labels, or hand labels of fewer articles, are not corrected."""

POOLED = "pooled over all groups"
_ONE_HOT = np.eye(len(STANCES))


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """What to estimate.

    Attributes:
        by: names of `grouping.GROUPS`.
        level: of the intervals.
        reporter: whether labels of the reporter count.
        pool: whether groups with too few hand labels are corrected by those of all groups.
        beyond: whether the articles are a sample of more articles, of which shares are wanted.
    """

    by: tuple[str, ...] = ()
    level: float = 0.95
    reporter: bool = True
    pool: bool = False
    beyond: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class StanceShare:
    """The share of one stance in one group; `None` where it cannot be given, `note` says why.

    Attributes:
        group: a value for each name of `Options.by`.
        hand_share: from the hand labels alone, without the model.
        effective_sample_size: how many hand labels alone would give an interval as narrow.
        hand_labels_to_halve: how many more hand labels would halve the interval.
    """

    group: tuple[str, ...]
    stance: str
    labels: int
    hand_labels: int
    raw_share: float
    corrected_share: float | None = None
    lower: float | None = None
    upper: float | None = None
    hand_share: float | None = None
    hand_lower: float | None = None
    hand_upper: float | None = None
    effective_sample_size: int | None = None
    hand_labels_to_halve: int | None = None
    note: str = ""


NUMBERS: tuple[str, ...] = tuple(field.name for field in dataclasses.fields(StanceShare))[1:]
"""What stands in an output behind the group."""


@dataclasses.dataclass(frozen=True, slots=True)
class Population:
    """All labels of some files, in reading order.

    Attributes:
        stance, article, group: numbers; `group` into `names`.
        counted: without those of the reporter where they do not count.
        drawn: the place of each label of the sample, in the order of `Gold.labels`.

    Shape:
        stance, article, group, counted: [N]; drawn: [n]
    """

    stance: np.ndarray
    article: np.ndarray
    group: np.ndarray
    counted: np.ndarray
    names: tuple[tuple[str, ...], ...]
    drawn: np.ndarray


# --- reading --------------------------------------------------------------------------------------


def read_population(
    paths: Sequence[Path], gold: Gold, options: Options
) -> tuple[Population, list[str]]:
    """The labels that a sample was drawn from, and how the two do not fit together.

    Args:
        paths: outputs of `peacestance label`, those that were given to `sample`.
        gold: the sample.
        options: which groups to tell apart, and whether the reporter counts.

    Raises:
        UserError: a file that cannot be read, an article twice, a date that cannot be read, no
            value at all for a group.
    """
    columns: dict[str, list[Any]] = defaultdict(list)
    groups: dict[tuple[str, ...], int] = {}
    wanted = by_where(gold)
    places: dict[int, int] = {}
    differing: dict[int, str] = {}
    for number, (place, row, label_number) in enumerate(_labels(paths)):
        columns["stance"].append(STANCES.index(row.stance))
        columns["article"].append(row.article_id)
        group = group_of(row, options.by, place)
        columns["group"].append(groups.setdefault(group, len(groups)))
        columns["counted"].append(options.reporter or row.speaker is not None)
        drawn = wanted.get((row.article_id, row.sentence_index, label_number))
        if drawn is not None:
            places[drawn] = number
            differing[drawn] = difference(gold.labels[drawn], row) or ""
    _check_groups(groups, options.by)
    problems = _misfits(gold, set(columns["article"]), differing, len(columns["stance"]))
    population = Population(
        stance=np.array(columns["stance"], dtype=np.int8),
        article=np.unique(columns["article"], return_inverse=True)[1],
        group=np.array(columns["group"], dtype=np.int64),
        counted=np.array(columns["counted"], dtype=bool),
        names=tuple(groups),
        drawn=np.array([places.get(at, -1) for at in range(len(gold.labels))], dtype=np.int64),
    )
    return population, problems


def _labels(paths: Sequence[Path]) -> Iterator[tuple[str, Any, int]]:
    """Every label with the place of its article and its number in the sentence."""
    for article in read_all_articles(paths):
        for row, number in zip(article.rows, label_numbers(article.rows), strict=True):
            yield article.place, row, number


def _check_groups(groups: dict[tuple[str, ...], int], by: tuple[str, ...]) -> None:
    if not groups:
        raise UserError("no label in the input; give an output of `peacestance label`")
    for at, name in enumerate(by):
        if {group[at] for group in groups} == {unknown(name)}:
            what = unknown(name).strip("()")
            raise UserError(
                f"--by {name}: {what} in the input; give the articles one before labelling, or"
                " group by something else"
            )


def _misfits(gold: Gold, articles: set[str], differing: dict[int, str], n_labels: int) -> list[str]:
    """One line for each kind of difference between sample and labels, with the first example."""
    found: list[tuple[str, str]] = []
    for number, label in enumerate(gold.labels):
        article_id, sentence, label_number = label.where
        if article_id not in articles:
            found.append((label.place, f"article {article_id!r} is not among the labels"))
        elif number not in differing:
            what = f"article {article_id!r} has no label {label_number} of sentence {sentence}"
            found.append((label.place, what))
        elif differing[number]:
            found.append((label.place, differing[number]))
    if found:
        place, what = found[0]
        more = f" (and {len(found) - 1:,} more)" if len(found) > 1 else ""
        return [f"{place}: {what}{more}; give the labels that the sample was drawn from"]
    if abs(gold.size - n_labels) > 0.5 + 1e-6 * n_labels:
        return [
            f"{gold.path}: drawn from {gold.size:,.0f} labels, but there are {n_labels:,}; give all"
            " files that the sample was drawn from, and no other"
        ]
    return []


# --- estimating -----------------------------------------------------------------------------------


def estimate(population: Population, gold: Gold, options: Options) -> list[StanceShare]:
    """The share of each stance in each group, groups in order of their values."""
    sample, drawn = hand_labels(population, gold)
    counted = population.counted[drawn]
    members = _members(population)
    rows: list[StanceShare] = []
    for name in sorted(members):
        places = members[name]
        inside = counted & (population.group[drawn] == population.group[places[0]])
        labels = Labels(_ONE_HOT[population.stance[places]], population.article[places])
        rows += _group_rows(name, labels, sample, inside, counted, options)
    return rows


def hand_labels(population: Population, gold: Gold) -> tuple[HandLabels, np.ndarray]:
    """The coded labels of a sample, and their places in the population."""
    coded = [number for number, label in enumerate(gold.labels) if label.stance is not None]
    drawn = population.drawn[coded]
    strata = [label.stratum for label in gold.coded]
    hand = [STANCES.index(label.stance) for label in gold.coded if label.stance is not None]
    sample = HandLabels(
        hand=_ONE_HOT[hand],
        model=_ONE_HOT[population.stance[drawn]],
        probability=np.array(gold.probabilities()),
        stratum=np.unique(strata, return_inverse=True)[1],
        article=population.article[drawn],
    )
    return sample, drawn


def _members(population: Population) -> dict[tuple[str, ...], np.ndarray]:
    """The places of the labels of each group that count."""
    places = np.flatnonzero(population.counted)
    places = places[np.argsort(population.group[places], kind="stable")]
    groups, first = np.unique(population.group[places], return_index=True)
    parts = np.split(places, first[1:])
    return {population.names[g]: part for g, part in zip(groups, parts, strict=True)}


def too_few(sample: HandLabels, inside: np.ndarray) -> str:
    """Why a group cannot be corrected by its own hand labels; empty where it can.

    Shape:
        inside: [n], bool
    """
    n, articles = int(inside.sum()), len(np.unique(sample.article[inside]))
    if n < MIN_HAND_LABELS:
        return f"too few hand labels: {n}"
    if articles < MIN_ARTICLES:
        return f"hand labels of too few articles: {articles}"
    return ""


def _group_rows(
    name: tuple[str, ...],
    labels: Labels,
    sample: HandLabels,
    inside: np.ndarray,
    counted: np.ndarray,
    options: Options,
) -> list[StanceShare]:
    """The rows of one group, a stance each."""
    note = too_few(sample, inside)
    rows = [
        StanceShare(name, stance.value, len(labels.model), int(inside.sum()), share, note=note)
        for stance, share in zip(STANCES, labels.model.mean(0).tolist(), strict=True)
    ]
    if not note:
        level, beyond = options.level, options.beyond
        alone = corrected(labels, sample, inside, level=level, tuning=0.0, beyond=beyond)
        found = corrected(labels, sample, inside, level=level, beyond=beyond)
        return [_compared(row, found, alone, k) for k, row in enumerate(rows)]
    if not options.pool:
        return rows
    missing = missing_classes(labels, sample, counted)
    if too_few(sample, counted) or missing.any():
        what = ", ".join(stance for stance, lacks in zip(STANCES, missing, strict=True) if lacks)
        reason = f"none in all groups that the model labels {what}" if what else "too few in all"
        return [dataclasses.replace(row, note=f"{note}; {reason}") for row in rows]
    shares = pooled(labels, sample, counted, level=options.level)
    rows = [dataclasses.replace(row, note=f"{note}; {POOLED}") for row in rows]
    return [_with_interval(row, shares, k) for k, row in enumerate(rows)]


def _with_interval(row: StanceShare, shares: Shares, k: int) -> StanceShare:
    return dataclasses.replace(
        row,
        corrected_share=float(shares.share[k]),
        lower=float(shares.lower[k]),
        upper=float(shares.upper[k]),
    )


def _compared(row: StanceShare, found: Shares, alone: Shares, k: int) -> StanceShare:
    """The row with its interval, and with what hand labels alone would give."""
    n, size = row.hand_labels, row.labels
    variance, other = float(found.sampling_variance[k]), float(found.other_variance[k])
    more = more_to_halve(n, size, variance, other)
    return dataclasses.replace(
        _with_interval(row, found, k),
        hand_share=float(alone.share[k]),
        hand_lower=float(alone.lower[k]),
        hand_upper=float(alone.upper[k]),
        effective_sample_size=round(
            effective_size(n, size, float(alone.sampling_variance[k]), variance)
        ),
        hand_labels_to_halve=math.ceil(more - 1e-9) if math.isfinite(more) else None,
    )


def notices(gold: Gold) -> list[str]:
    """What is worth knowing of a sample before its numbers are read, a line each."""
    lines = []
    blank = len(gold.labels) - len(gold.coded)
    if blank:
        lines.append(
            f"{gold.path}: {blank:,} of {len(gold.labels):,} rows are blank and passed over, as if"
            " chance had left them blank"
        )
    for stratum in gold.uncoded_strata():
        lines.append(
            f"{gold.path}: no row of the stratum {stratum} is coded; its labels are taken to be"
            " wrong as often as others"
        )
    wrong = Counter(label.speaker_right for label in gold.coded)[False]
    if wrong:
        lines.append(
            f"{gold.path}: of {len(gold.coded):,} coded rows {wrong:,} say that the speaker is"
            " wrong; their stances count as they were coded"
        )
    return lines
