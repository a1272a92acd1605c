"""Statistics of agreement from counts that add up over articles, and their intervals.

Every statistic is a function of a table of counts, so that resampling articles is one product of
matrices and a sheet of thousands of rows takes seconds.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

ROUNDS = 2000
LEVEL = 0.95
MISSING = -1
"""The code of a blank."""

NO_ROWS = "no row was coded by two"
ONE_ARTICLE = "all rows are of one article"

_BLOCK = 250  # resamples at a time, so that the weights as real numbers stay small

Numbers: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic with its interval. `why` says what stands in the way of either, if anything."""

    value: float | None
    low: float | None = None
    high: float | None = None
    why: str | None = None


def confusions(units: Codes, n_values: int) -> Numbers:
    """Each row as a table of one coder's value by another's. Shape: [row, value, value]."""
    tables = np.zeros((units.shape[1], n_values, n_values))
    [both] = (units != MISSING).all(0).nonzero()
    tables[both, units[0, both], units[1, both]] = 1
    return tables


def coincidences(units: Codes, n_values: int) -> Numbers:
    """Each row as its table of coincidences (Krippendorff 2011, C). Shape: [row, value, value].

    A row coded m times holds m (m - 1) ordered pairs, each counted 1 / (m - 1).
    """
    tables = np.zeros((units.shape[1], n_values, n_values))
    for first, second in itertools.combinations(units, 2):
        tables += confusions(np.array([first, second]), n_values)
    times = (units != MISSING).sum(0)
    pairs: Numbers = (tables + tables.transpose(0, 2, 1)) / np.maximum(times - 1, 1)[:, None, None]
    return pairs


def alphas(tables: Numbers) -> Numbers:
    """Nominal alpha of tables of coincidences. Shape: [..., value, value] -> [...].

    >>> float(alphas(np.array([[4.0, 0.0], [0.0, 6.0]])))
    1.0
    """
    totals = tables.sum(-1)
    n = totals.sum(-1)
    observed = n - np.trace(tables, axis1=-2, axis2=-1)
    return 1 - ratio((n - 1) * observed, n * n - (totals * totals).sum(-1))


def kappas(tables: Numbers) -> Numbers:
    """Cohen's kappa (1960) of confusions. Shape: [..., value, value] -> [...].

    >>> float(kappas(np.array([[1.0, 1.0], [1.0, 1.0]])))
    0.0
    """
    n = tables.sum((-2, -1))
    chance = ratio((tables.sum(-1) * tables.sum(-2)).sum(-1), n * n)
    return ratio(shares(tables) - chance, 1 - chance)


def shares(tables: Numbers) -> Numbers:
    """The share on the diagonal. Shape: [..., value, value] -> [...].

    >>> float(shares(np.array([[1.0, 1.0], [0.0, 2.0]])))
    0.75
    """
    return ratio(np.trace(tables, axis1=-2, axis2=-1), tables.sum((-2, -1)))


def ratio(above: Any, below: Any) -> Numbers:
    """The quotient, NaN where there is nothing to divide by."""
    above, below = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
    quotient = np.full(below.shape, np.nan)
    np.divide(above, below, out=quotient, where=below > 1e-12)
    return quotient


class Resampling:
    """The bootstrap of articles: rows of one article depend on each other."""

    def __init__(self, articles: Sequence[str], rounds: int = ROUNDS, seed: int = 0) -> None:
        _, self._article_of = np.unique(articles, return_inverse=True)
        self._n = int(self._article_of.max(initial=-1)) + 1
        rng = np.random.default_rng(seed)
        self._times = np.zeros((rounds, self._n), dtype=np.uint16)
        for times in self._times:
            times[:] = np.bincount(rng.integers(self._n, size=self._n), minlength=self._n)

    def estimate(
        self,
        value: float | None,
        statistic: Callable[[Numbers], Numbers],
        each: Numbers,
        why: str | None,
    ) -> Estimate:
        """A value with its percentile interval (Efron and Tibshirani 1993, chapter 13).

        Args:
            value: of all rows; `None`: cannot be given.
            statistic: [round, ...] -> [round]
            each: what the statistic is computed from, for each row; it adds up. Shape: [row, ...]
            why: the reason where there is no value.
        """
        if value is None:
            return Estimate(None, why=why)
        if self._n < 2:
            return Estimate(value, why=ONE_ARTICLE)
        sums = np.zeros((self._n, *each.shape[1:]))
        np.add.at(sums, self._article_of, each)
        blocks = (self._times[at : at + _BLOCK] for at in range(0, len(self._times), _BLOCK))
        drawn = np.concatenate([statistic(np.tensordot(b.astype(float), sums, 1)) for b in blocks])
        tail = (1 - LEVEL) / 2
        low, high = np.nanquantile(drawn, [tail, 1 - tail])
        return Estimate(value, float(low), float(high))
