"""Whether stance probabilities mean what they say, and the temperature that makes them do so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from peacestance.evaluation.metrics import aligned, matched, named_labels
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


def expected_calibration_error(
    probabilities: np.ndarray, right: np.ndarray, *, bins: int = 10
) -> float:
    """Mean gap between confidence and accuracy over bins of equal width (Guo et al. 2017, eq. 3).

    >>> sure = np.array([[1.0, 0, 0, 0], [1.0, 0, 0, 0]])
    >>> expected_calibration_error(sure, np.array([0, 0]))
    0.0
    >>> expected_calibration_error(sure, np.array([0, 1]))
    0.5
    """
    if not len(right):
        return float("nan")
    confidence = probabilities.max(1)
    hit = probabilities.argmax(1) == right
    number = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        (number == b).mean() * abs(confidence[number == b].mean() - hit[number == b].mean())
        for b in range(bins)
        if (number == b).any()
    ]
    return float(sum(gaps))


def calibration_error(
    gold: Sequence[LabelledArticle],
    predicted: Sequence[LabelledArticle],
    *,
    rounds: int = 2000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """The expected calibration error of the stances with its 95% bootstrap interval.

    Articles are resampled, as in `metrics.bootstrap`.
    """
    each = [matched_stances([g], [p]) for g, p in zip(gold, predicted, strict=True)]

    def error(numbers: Iterable[int]) -> float:
        picked = [each[number] for number in numbers]
        probabilities = np.concatenate([rows for rows, _ in picked])
        return expected_calibration_error(probabilities, np.concatenate([r for _, r in picked]))

    rng = np.random.default_rng(seed)
    drawn = [error(rng.integers(len(each), size=len(each))) for _ in range(rounds)]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return error(range(len(each))), float(low), float(high)
