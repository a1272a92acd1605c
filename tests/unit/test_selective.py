"""Coverage against accuracy, on labels that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from peacestance.evaluation.selective import risk_coverage


def test_sure_labels_first() -> None:
    curve = risk_coverage(np.array([0.5, 0.9, 0.7, 0.6]), np.array([0, 1, 1, 0]))
    assert curve.threshold.tolist() == [0.9, 0.7, 0.6, 0.5]
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert curve.accuracy.tolist() == pytest.approx([1, 1, 2 / 3, 1 / 2])
    assert curve.area == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)


def test_the_lowest_threshold_that_is_accurate_enough() -> None:
    curve = risk_coverage(np.array([0.9, 0.8, 0.7]), np.array([0, 1, 1]))
    assert curve.threshold_for(0.6) == (0.7, 1.0)
    assert curve.threshold_for(0.9) is None


def test_a_perfect_model_has_no_area() -> None:
    assert risk_coverage(np.array([0.9, 0.2]), np.array([1, 1])).area == 0.0


def test_nothing_to_keep() -> None:
    curve = risk_coverage(np.array([]), np.array([]))
    assert len(curve.coverage) == 0
    assert np.isnan(curve.area)
    assert curve.threshold_for(0.5) is None
