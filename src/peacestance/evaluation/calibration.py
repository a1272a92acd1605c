"""Whether stance probabilities mean what they say, and the temperature that makes them do so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from peacestance.evaluation.metrics import (
    Interval,
    aligned,
    matched,
    named_labels,
    resampled,
    with_interval,
)
from peacestance.schema import STANCES, LabelledArticle


def matched_stances(
    gold: Sequence[LabelledArticle], predicted: Sequence[LabelledArticle]
) -> tuple[np.ndarray, np.ndarray]:
    """Predicted probabilities beside the right stance, one row per gold label.

    A gold label meets the predicted label of its speaker or, where that speaker was not found, the
    first one of the sentence, as in `metrics.scores`.

    Returns:
        probabilities [N, 4] and the index of the right stance [N].
    """
    rows = [row for g, p in zip(gold, predicted, strict=True) for row in _matched(g, p)]
    probabilities = np.array([row for row, _ in rows], dtype=float).reshape(-1, len(STANCES))
    return probabilities, np.array([stance for _, stance in rows], dtype=np.int64)


def _matched(
    gold: LabelledArticle, predicted: LabelledArticle
) -> Iterator[tuple[tuple[float, ...], int]]:
    for sentence, partner in aligned(gold, predicted):
        if partner is None:
            continue
        for number, met in matched(named_labels(gold, sentence), named_labels(predicted, partner)):
            found = partner.labels[met or 0].probabilities
            if found is not None:
                yield found, STANCES.index(sentence.labels[number].stance)


def fit_temperature(probabilities: np.ndarray, right: np.ndarray) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017, section 4.2).

    Args:
        probabilities: [N, 4], at temperature 1.
        right: [N], index of the right stance.

    Returns:
        A number between 0.2 and 10; 1 where there is nothing to fit.
    """
    from scipy.optimize import minimize_scalar

    if not len(right):
        return 1.0
    logits = np.log(probabilities.clip(1e-12))

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        scaled -= np.logaddexp.reduce(scaled, axis=1, keepdims=True)
        return float(-scaled[np.arange(len(right)), right].mean())

    best = minimize_scalar(loss, bounds=(np.log(0.2), np.log(10.0)), method="bounded")
    return float(np.exp(best.x))


BINS = 10
"""Bins of equal width that a calibration error is computed over."""


def reliability(probabilities: np.ndarray, right: np.ndarray, bins: int = BINS) -> np.ndarray:
    """What a reliability diagram shows: labels, sum of confidences and hits in each bin.

    The confidence is the largest probability; a hit is where it is that of the right stance.

    Shape:
        probabilities: [N, 4]; right: [N]; returns [bins, 3]
    """
    confidence = probabilities.max(1, initial=0.0)
    hit = probabilities.argmax(1) == right
    number = np.minimum((confidence * bins).astype(int), bins - 1)
    sums = np.zeros((bins, 3))
    np.add.at(sums, number, np.stack([np.ones(len(right)), confidence, hit], axis=1))
    return sums


def calibration_error_of(sums: np.ndarray) -> np.ndarray:
    """The expected calibration error from sums of `reliability`; NaN where nothing is counted.

    Shape:
        sums: [..., bins, 3]; returns [...]
    """
    total = sums[..., 0].sum(-1)
    gaps = np.abs(sums[..., 1] - sums[..., 2]).sum(-1)
    error: np.ndarray = np.where(total > 0, gaps / np.maximum(total, 1), np.nan)
    return error


def expected_calibration_error(
    probabilities: np.ndarray, right: np.ndarray, *, bins: int = BINS
) -> float:
    """Mean gap between confidence and accuracy over bins of equal width (Guo et al. 2017, eq. 3).

    >>> sure = np.array([[1.0, 0, 0, 0], [1.0, 0, 0, 0]])
    >>> expected_calibration_error(sure, np.array([0, 0]))
    0.0
    >>> expected_calibration_error(sure, np.array([0, 1]))
    0.5
    """
    return float(calibration_error_of(reliability(probabilities, right, bins)))


def brier_score(probabilities: np.ndarray, right: np.ndarray) -> float:
    """Mean squared distance of the probabilities from the truth, from 0 to 2 (Brier 1950).

    >>> brier_score(np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0]]), np.array([0, 0]))
    1.0
    """
    if not len(right):
        return float("nan")
    truth = np.eye(len(STANCES))[right]
    return float(((probabilities - truth) ** 2).sum(1).mean())


def calibration_error(
    gold: Sequence[LabelledArticle],
    predicted: Sequence[LabelledArticle],
    *,
    rounds: int = 2000,
    seed: int = 0,
) -> Interval:
    """The expected calibration error of the stances with its 95% bootstrap interval.

    Articles are resampled, as in `metrics.bootstrap`.
    """
    pairs = zip(gold, predicted, strict=True)
    each = np.array([reliability(*matched_stances([g], [p])) for g, p in pairs])
    drawn = calibration_error_of(resampled(each, rounds, seed))
    return with_interval(float(calibration_error_of(each.sum(0))), drawn)
