"""Labels drawn at random within strata, each with its known probability of being drawn.

An output of `peacestance label` is read twice: once to know the stratum of every label, once to
pick those that were drawn. So memory holds one small value per label, never the texts of an
archive.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from peacestance.exchange.labelled import (
    ArticleRows,
    LabelRow,
    label_numbers,
    read_all_articles,
    read_labels,
)
from peacestance.schema import UserError

REPORTER = "(reporter)"
UNKNOWN = "(unknown)"
WHOLE = "all"
"""The one stratum of a simple random sample."""

_BEFORE, _AFTER = 2, 1  # sentences of context
_MONTH = re.compile(r"\d{4}-\d{2}")


@dataclasses.dataclass(frozen=True, slots=True)
class Drawn:
    """One label of a sample: where it stands, its context, and how likely it was to be drawn.

    `label_number` counts the labels of the sentence from 0. `inclusion_probability` is n_h / N_h:
    the labels drawn from the stratum over those in it.
    """

    label: LabelRow
    label_number: int
    title: str | None
    before: str
    after: str
    stratum: str
    inclusion_probability: float


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """The drawn labels in random order, and for each stratum its labels and those drawn."""

    drawn: tuple[Drawn, ...]
    strata: Mapping[str, tuple[int, int]]

    @property
    def labels(self) -> int:
        """How many labels there were to draw from."""
        return sum(size for size, _ in self.strata.values())


def draw_sample(
    paths: Sequence[str | Path], n: int, strata: Sequence[str] = (), *, seed: int = 0
) -> Sample:
    """Draw labels without replacement; a stratified random sample (Cochran 1977, section 5.2).

    Args:
        paths: outputs of `peacestance label`.
        n: how many labels; all of them where there are fewer.
        strata: names from `STRATA`; none: a simple random sample.
        seed: of the draw and of the order.

    Raises:
        UserError: `n` is less than 1 or than the number of strata, an unknown stratum, all labels
            in one stratum, no label at all, a file that cannot be read.
    """
    _check_request(n, strata)
    members = _members(paths, strata)
    sizes = {name: len(numbers) for name, numbers in members.items()}
    _check_strata(sizes, n, strata)
    taken = allocate(sizes, n)
    rng = np.random.default_rng(seed)
    picked: dict[int, tuple[str, float]] = {}
    for name, numbers in members.items():
        for at in rng.choice(len(numbers), size=taken[name], replace=False):
            picked[numbers[at]] = (name, taken[name] / sizes[name])
    drawn = list(_drawn(paths, picked))
    order = rng.permutation(len(drawn))
    return Sample(
        tuple(drawn[at] for at in order), {name: (sizes[name], taken[name]) for name in sizes}
    )


def allocate(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """Share `n` among strata: equally as far as each one goes, the rest among the larger ones.

    >>> allocate({"none": 100, "opposed": 2, "cautious": 50}, 12)
    {'none': 5, 'opposed': 2, 'cautious': 5}
    >>> allocate({"a": 3, "b": 2}, 9)
    {'a': 3, 'b': 2}
    """
    taken: dict[str, int] = {}
    left = n
    ascending = sorted(sizes, key=lambda name: sizes[name])
    for number, name in enumerate(ascending):
        taken[name] = min(sizes[name], left // (len(sizes) - number))
        left -= taken[name]
    return {name: taken[name] for name in sizes}


def _check_request(n: int, strata: Sequence[str]) -> None:
    if n < 1:
        raise UserError(f"a sample of {n} labels cannot be drawn; give -n 1 or more")
    for name in strata:
        if name not in STRATA:
            raise UserError(f"unknown stratum {name!r}; allowed are {', '.join(STRATA)}")
    if len(set(strata)) < len(strata):
        raise UserError(f"a stratum is named twice in {','.join(strata)}; name each once")


def _check_strata(sizes: Mapping[str, int], n: int, strata: Sequence[str]) -> None:
    if not sizes:
        raise UserError("no label in the input to draw from")
    if strata and len(sizes) == 1:
        raise UserError(
            f"all {sum(sizes.values()):,} labels are in one stratum ({next(iter(sizes))}); leave"
            f" --strata {','.join(strata)} away, or name another"
        )
    if n < len(sizes):
        raise UserError(
            f"{n} labels cannot be shared among {len(sizes):,} strata, since each needs one; raise"
            " -n, or name fewer strata"
        )


# --- the strata of labels -------------------------------------------------------------------------


def _month(row: LabelRow) -> str:
    """The month of an ISO date. Other dates are refused: a guess would put them in a wrong one."""
    if row.date is None:
        return UNKNOWN
    try:
        return date.fromisoformat(row.date[:10]).isoformat()[:7]
    except ValueError:
        if _MONTH.fullmatch(row.date):
            return row.date
    raise UserError(
        f"article {row.article_id!r}: date {row.date!r} cannot be a stratum; write dates as"
        " YYYY-MM-DD"
    )


def _confidence(row: LabelRow) -> float:
    if row.confidence is None:
        raise UserError(
            f"article {row.article_id!r}: a label without a confidence; name other strata than"
            " confidence"
        )
    return row.confidence


STRATA: Mapping[str, Callable[[LabelRow], str | float]] = {
    "stance": lambda row: row.stance.value,
    "speaker": lambda row: row.speaker or REPORTER,
    "outlet": lambda row: row.outlet or UNKNOWN,
    "date": _month,
    "source": lambda row: row.source or UNKNOWN,
    "confidence": _confidence,
}
"""What a stratum is read from. Confidence becomes a quarter of all labels, date a month."""


def _members(paths: Sequence[str | Path], strata: Sequence[str]) -> dict[str, list[int]]:
    """The numbers of the labels of each stratum, counted from 0 over all files."""
    labels = (row for path in paths for row in read_labels(path))
    if not strata:
        total = sum(1 for _ in labels)
        return {WHOLE: list(range(total))} if total else {}
    values = [tuple(STRATA[name](row) for name in strata) for row in labels]
    columns = [
        _quarters([float(value[at]) for value in values])
        if name == "confidence"
        else [str(value[at]) for value in values]
        for at, name in enumerate(strata)
    ]
    members: dict[str, list[int]] = {}
    for number, parts in enumerate(zip(*columns, strict=True)):
        members.setdefault(_named(strata, parts), []).append(number)
    return dict(sorted(members.items()))


def _named(strata: Sequence[str], parts: Sequence[str]) -> str:
    return ", ".join(f"{name}={part}" for name, part in zip(strata, parts, strict=True))


def _quarters(values: Sequence[float]) -> list[str]:
    """For each value, which quarter of all values it is in; equal values share one.

    >>> _quarters([0.1, 0.4, 0.6, 0.9])
    ['1st quarter', '2nd quarter', '3rd quarter', '4th quarter']
    """
    names = [f"{place} quarter" for place in ("1st", "2nd", "3rd", "4th")]
    if not values:
        return []
    edges = np.quantile(values, [0.25, 0.5, 0.75])
    return [names[at] for at in np.searchsorted(edges, values)]


# --- picking --------------------------------------------------------------------------------------


def _drawn(paths: Sequence[str | Path], picked: Mapping[int, tuple[str, float]]) -> Iterator[Drawn]:
    """The picked labels in reading order."""
    number = 0
    for article in read_all_articles(paths):
        for row, label_number in zip(article.rows, label_numbers(article.rows), strict=True):
            if number in picked:
                yield _with_context(article, row, label_number, *picked[number])
            number += 1


def _with_context(
    article: ArticleRows, row: LabelRow, label_number: int, stratum: str, probability: float
) -> Drawn:
    texts = {other.sentence_index: other.text for other in article.rows}
    at = row.sentence_index
    return Drawn(
        label=row,
        label_number=label_number,
        title=article.title,
        before=" ".join(texts[i] for i in range(at - _BEFORE, at) if i in texts),
        after=" ".join(texts[i] for i in range(at + 1, at + 1 + _AFTER) if i in texts),
        stratum=stratum,
        inclusion_probability=probability,
    )
