"""Shares corrected for a model's errors by prediction-powered inference. Pure functions of arrays.

A model has labelled all of a population, a person a random sample of it. The share that the model
gives is corrected by the *rectifier*, the mean difference between hand and model in the sample
(Angelopoulos, Bates, Fannjiang, Jordan and Zrnic 2023, Science 382:669-674, on means):

    share = tuning * mean(model, all) + mean(hand - tuning * model, sample)

Of a sample drawn with known probabilities this is the difference estimator (Särndal, Swensson and
Wretman 1992, section 6.3), here with means weighted by 1 / probability, so that a stratified sample
(Fisch et al. 2024, Stratified prediction-powered inference) and a group of the population are
estimated alike (Särndal et al., sections 5.7 and 5.8).
"""

from __future__ import annotations

import dataclasses
from statistics import NormalDist

import numpy as np

# Half a label is added of each pair of hand and model (0 or 1 each) before an interval is computed,
# as Agresti and Min (2005, Statistics in Medicine 24:729-740) do for the difference of matched
# proportions. Without it an error that the sample happens not to hold would count as impossible:
# see "PPI++ as published" of one speaker in eval/reports/estimate-coverage.md.
_ADDED_HAND = np.array([0.0, 0.0, 1.0, 1.0])
_ADDED_MODEL = np.array([0.0, 1.0, 0.0, 1.0])
_ADDED = 0.5


@dataclasses.dataclass(frozen=True, slots=True)
class Labels:
    """All labels of a population, or of a group of it, as the model gave them.

    Shape:
        model: [N, K], 1 in the column of the label's class and 0 elsewhere; article: [N], numbers
    """

    model: np.ndarray
    article: np.ndarray


@dataclasses.dataclass(frozen=True, slots=True)
class HandLabels:
    """A sample of a population, labelled by hand.

    Attributes:
        hand: what the person says.
        model: what the model says of the same.
        probability: of being in the sample.
        stratum: number of the part of the population that the sample was drawn from.
        article: numbers as in `Labels`.

    Shape:
        hand, model: [n, K]; probability, stratum, article: [n]
    """

    hand: np.ndarray
    model: np.ndarray
    probability: np.ndarray
    stratum: np.ndarray
    article: np.ndarray


@dataclasses.dataclass(frozen=True, slots=True)
class Shares:
    """Shares of K classes with their intervals, all within 0 and 1.

    Attributes:
        sampling_variance: what more hand labels would make smaller.
        other_variance: what they would not: that of articles taken for a sample, or of a group
            whose own labels nobody looked at; else 0.
        tuning: how far the model is trusted, from 0 (hand labels alone) to 1.

    Shape:
        share, lower, upper, sampling_variance, other_variance: [K]
    """

    share: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    sampling_variance: np.ndarray
    other_variance: np.ndarray
    tuning: float


def corrected(
    labels: Labels,
    sample: HandLabels,
    inside: np.ndarray,
    *,
    level: float = 0.95,
    tuning: float | None = None,
    beyond: bool = False,
) -> Shares:
    """The shares of a group, corrected by the hand labels in it.

    Args:
        labels: the model's labels of the group.
        sample: all hand labels, those of other groups too: how many fell into this one is chance.
        inside: which of them are in the group.
        level: of the intervals.
        tuning: `None` for the best (`best_tuning`); 0 gives the shares of the hand labels alone.
        beyond: whether the articles are a sample of more articles, about which the interval speaks.

    Shape:
        inside: [n], bool

    Raises:
        ValueError: hand labels of fewer than two articles in the group.
    """
    weight = inside / sample.probability
    if tuning is None:
        tuning = best_tuning(labels.model, sample, weight)
    rectifier = _rectifier(sample, weight, 1 - sample.probability, tuning)
    other = _article_variance(labels, sample, rectifier, tuning) if beyond else 0 * rectifier.mean
    return _shares(labels, rectifier, tuning, level, other)


def pooled(
    labels: Labels, sample: HandLabels, inside: np.ndarray, *, level: float = 0.95
) -> Shares:
    """The shares of a group whose own hand labels are too few, corrected by those of all groups.

    Each hand label gets the weight with which the model's label occurs in the group
    (poststratification; Särndal, Swensson and Wretman 1992, chapter 7). It is right where labels
    that the model gives the same class are wrong equally often in all groups, which the interval
    cannot tell; chance errors in the group are in it, those of an article taken to be alike.

    Args:
        labels: the model's labels of the group.
        sample: all hand labels.
        inside: which of them count.
        level: of the intervals.

    Shape:
        inside: [n], bool

    Raises:
        ValueError: a class that the model gives in the group is not in the sample, or hand labels
            of fewer than two articles.
    """
    if missing_classes(labels, sample, inside).any():
        raise ValueError("a class of the group without hand labels")
    base = inside / sample.probability
    found, wanted = base @ sample.model, labels.model.mean(0)
    weight = base * (sample.model @ np.divide(wanted, found, where=found > 0, out=0 * wanted))
    by_class = dataclasses.replace(sample, stratum=sample.model.argmax(1))
    rectifier = _rectifier(by_class, weight, np.ones_like(weight), 1.0)
    return _shares(labels, rectifier, 1.0, level, _own_variance(labels, sample, weight))


def missing_classes(labels: Labels, sample: HandLabels, inside: np.ndarray) -> np.ndarray:
    """Which classes the model gives in the group, but to none of the hand labels that count.

    Shape:
        inside: [n], bool; returns [K], bool
    """
    missing: np.ndarray = labels.model.any(0) & ~sample.model[inside].any(0)
    return missing


def best_tuning(model: np.ndarray, sample: HandLabels, weight: np.ndarray) -> float:
    """The tuning with the least variance (PPI++: Angelopoulos, Duchi and Zrnic 2023, power tuning).

    One for all classes, with which the sum of their variances is least, so that the shares add up
    to one. It is the slope of hand on model; the paper divides it by 1 + n/N, since there the mean
    over all labels leaves out those of the sample.

    >>> y = np.array([[1.0], [1.0], [0.0], [0.0]])
    >>> sample = HandLabels(y, y, np.full(4, 0.5), np.zeros(4), np.arange(4))
    >>> best_tuning(np.concatenate([y, y]), sample, np.ones(4))
    1.0

    Shape:
        model: [N, K]; weight: [n]
    """
    share = weight / weight.sum()
    hand, found = (values - share @ values for values in (sample.hand, sample.model))
    spread = model.var(0).sum()
    if spread == 0:
        return 1.0
    return float(np.clip((share @ (hand * found)).sum() / spread, 0, 1))


@dataclasses.dataclass(frozen=True, slots=True)
class _Rectifier:
    """The mean error of the model in a sample, and how sure it is.

    Attributes:
        mean: as the sample has it.
        middle: with the added labels, in the part of the population that was not drawn: where the
            interval has its middle.
        influence: of each hand label on it.
        variance: of the mean, by which hand labels were drawn.

    Shape:
        mean, middle, variance: [K]; influence: [n, K]
    """

    mean: np.ndarray
    middle: np.ndarray
    influence: np.ndarray
    variance: np.ndarray
    n_articles: int


def _rectifier(
    sample: HandLabels, weight: np.ndarray, kept: np.ndarray, tuning: float
) -> _Rectifier:
    """The weighted mean error with its variance.

    The variance is that of the linearised mean in strata (Särndal, Swensson and Wretman 1992,
    section 5.7), with the finite population correction 1 - probability in `kept`. Labels of one
    article depend on each other: influences are summed by article (Liang and Zeger 1986). The
    larger of both variances is taken, since that of few articles is itself unsure.

    Raises:
        ValueError: hand labels of fewer than two articles.
    """
    n_articles = len(np.unique(sample.article[weight > 0]))
    if n_articles < 2:
        raise ValueError("hand labels of one article tell nothing about others")
    errors, added_errors = sample.hand - tuning * sample.model, _ADDED_HAND - tuning * _ADDED_MODEL
    total = weight.sum()
    mean = weight @ errors / total
    added = _ADDED * (weight**2).sum() / total  # as much as a hand label weighs
    larger = total + added * len(added_errors)
    middle = (total * mean + added * added_errors.sum()) / larger
    unseen = weight @ kept / total
    influence = weight[:, None] * (errors - middle) / larger
    drawn = _centred(influence, sample.stratum) * np.sqrt(kept)[:, None]
    between = _between_articles(drawn, sample.article, n_articles)
    spread = ((added_errors[:, None] - middle) ** 2).sum(0) * (added / larger) ** 2 / _ADDED
    variance = np.maximum(between, (drawn**2).sum(0)) + spread * unseen
    return _Rectifier(mean, mean + unseen * (middle - mean), influence, variance, n_articles)


def _centred(influence: np.ndarray, stratum: np.ndarray) -> np.ndarray:
    """Influences less the mean of their stratum; a stratum of one label keeps its influence whole.

    Scaled so that the squares of a stratum add up to n times its unbiased variance.
    """
    sums, number, size = _summed(influence, stratum)
    means = np.where(size[:, None] > 1, sums / size[:, None], 0.0)
    scale = np.sqrt(size / np.maximum(size - 1, 1))
    centred: np.ndarray = (influence - means[number]) * scale[number, None]
    return centred


def _between_articles(influence: np.ndarray, article: np.ndarray, n_articles: int) -> np.ndarray:
    """The variance of the sum of influences of which those of an article depend on each other."""
    sums, _, _ = _summed(influence, article)
    variance: np.ndarray = (sums**2).sum(0) * n_articles / (n_articles - 1)
    return variance


def _summed(values: np.ndarray, by: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums of rows that have the same number, which sum each row is in, and of how many rows.

    Shape:
        values: [n, K]; by: [n]; returns [G, K], [n], [G]
    """
    _, number, size = np.unique(by, return_inverse=True, return_counts=True)
    sums = np.zeros((len(size), values.shape[1]))
    np.add.at(sums, number, values)
    return sums, number, size


def _article_variance(
    labels: Labels, sample: HandLabels, rectifier: _Rectifier, tuning: float
) -> np.ndarray:
    """What the variance grows by where the articles are a sample of more.

    The model's labels of an article and its hand labels move together, so their influences are
    summed before they are squared. What strata gain is left out, which errs to the wide side.
    """
    of_model = tuning * (labels.model - labels.model.mean(0)) / len(labels.model)
    influence = np.concatenate([of_model, rectifier.influence])
    article = np.concatenate([labels.article, sample.article])
    whole = _between_articles(influence, article, rectifier.n_articles)
    more: np.ndarray = np.maximum(whole - rectifier.variance, 0.0)
    return more


def _own_variance(labels: Labels, sample: HandLabels, weight: np.ndarray) -> np.ndarray:
    """How far the true share of a group may be from what its labels by the model let expect."""
    share = weight / weight.sum()
    of_class = sample.model.T @ (share[:, None] * sample.hand)
    sizes = (share @ sample.model)[:, None]
    expected = sample.model @ np.divide(of_class, sizes, where=sizes > 0, out=0 * of_class)
    _, number = np.unique(labels.article, return_counts=True)
    alike = ((number / number.sum()) ** 2).sum()
    variance: np.ndarray = share @ (sample.hand - expected) ** 2 * alike
    return variance


def _shares(
    labels: Labels, rectifier: _Rectifier, tuning: float, level: float, other: np.ndarray
) -> Shares:
    of_model = tuning * labels.model.mean(0)
    reach = t_quantile((1 + level) / 2, rectifier.n_articles - 1)
    half_width = reach * np.sqrt(rectifier.variance + other)
    middle = of_model + rectifier.middle
    lower, upper, share = (
        np.clip(x, 0, 1)
        for x in (middle - half_width, middle + half_width, of_model + rectifier.mean)
    )
    return Shares(share, lower, upper, rectifier.variance, other, tuning)


# --- how many hand labels ------------------------------------------------------------------------


def effective_size(n: int, size: int, hand_variance: float, variance: float) -> float:
    """How many hand labels alone would give the variance that n of them give with the model.

    The variance of m hand labels out of `size` is taken to be K (1/m - 1/size).

    >>> round(effective_size(100, 100_000, 0.002, 0.001))
    200
    """
    if n >= size or hand_variance == 0:
        return float(n)
    return 1 / (variance / hand_variance * (1 / n - 1 / size) + 1 / size)


def more_to_halve(n: int, size: int, sampling_variance: float, other_variance: float) -> float:
    """How many more hand labels, drawn alike, would halve the interval.

    Infinite where none would.

    >>> round(more_to_halve(100, 100_000, 0.001, 0.0))
    299
    >>> more_to_halve(100, 100_000, 0.001, 0.001)
    inf
    """
    if n >= size:
        return float("inf") if other_variance else 0.0
    wanted = (sampling_variance + other_variance) / 4 - other_variance
    if wanted <= 0:
        return float("inf")
    return float(1 / (wanted / sampling_variance * (1 / n - 1 / size) + 1 / size) - n)


def t_quantile(probability: float, degrees: int) -> float:
    """The quantile of Student's t (Abramowitz and Stegun 1964, 26.7.5), to 0.3% from 4 degrees on.

    The core has no scipy, which would be there for this one number.

    >>> round(t_quantile(0.975, 5), 2), round(t_quantile(0.975, 100), 3)
    (2.57, 1.984)
    """
    x = NormalDist().inv_cdf(probability)
    return float(
        x
        + (x**3 + x) / 4 / degrees
        + (5 * x**5 + 16 * x**3 + 3 * x) / 96 / degrees**2
        + (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384 / degrees**3
        + (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160 / degrees**4
    )
