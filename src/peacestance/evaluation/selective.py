"""What is gained by leaving unsure labels to a person: coverage against accuracy.

A label is kept where its confidence reaches a threshold. *Coverage* is the share of labels kept,
*risk* the share of errors among them (El-Yaniv and Wiener 2010, section 2).
"""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, slots=True)
class Curve:
    """Risk and coverage at each confidence that occurs, the surest labels first.

    Shape:
        threshold, coverage, accuracy: [K], coverage rising
    """

    threshold: np.ndarray
    coverage: np.ndarray
    accuracy: np.ndarray

    @property
    def area(self) -> float:
        """Area under risk over coverage (Geifman, Uziel and El-Yaniv 2019); less is better."""
        if not len(self.coverage):
            return float("nan")
        steps = np.diff(self.coverage, prepend=0.0)
        return float(((1 - self.accuracy) * steps).sum())

    def threshold_for(self, accuracy: float) -> tuple[float, float] | None:
        """The lowest threshold that gives an accuracy, and its coverage; `None`: none does."""
        enough = np.flatnonzero(self.accuracy >= accuracy)
        if not len(enough):
            return None
        last = enough[-1]
        return float(self.threshold[last]), float(self.coverage[last])


def risk_coverage(confidence: np.ndarray, right: np.ndarray) -> Curve:
    """The curve of some labels; those of equal confidence are kept or left together.

    >>> curve = risk_coverage(np.array([0.9, 0.6, 0.6, 0.4]), np.array([1, 1, 0, 0]))
    >>> curve.coverage.tolist(), curve.threshold_for(0.6)
    ([0.25, 0.75, 1.0], (0.6, 0.75))

    Shape:
        confidence, right: [N]
    """
    order = np.argsort(-confidence, kind="stable")
    confidence, hits = confidence[order], np.cumsum(right[order])
    last = np.flatnonzero(np.append(np.diff(confidence) != 0, len(confidence) > 0))
    kept = last + 1
    return Curve(confidence[last], kept / max(len(confidence), 1), hits[last] / kept)
