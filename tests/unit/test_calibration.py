"""Temperatures and calibration error."""

from __future__ import annotations

import numpy as np
import pytest

from peacestance.evaluation.calibration import (
    calibration_error,
    expected_calibration_error,
    fit_temperature,
    matched_stances,
)
from peacestance.schema import Article, Label, LabelledArticle, Sentence, Speaker, Stance


def article(*labels: Label) -> LabelledArticle:
    speakers = (Speaker(0, "Donald Tusk"), Speaker(1, "Merz"))
    return LabelledArticle(Article("a", "Words."), (Sentence(0, 6, labels),), speakers)


def test_the_temperature_that_made_the_logits_is_found() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20_000, 4))
    true = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    right = np.array([rng.choice(4, p=row) for row in true])
    sharp = np.exp(3 * logits) / np.exp(3 * logits).sum(1, keepdims=True)
    assert fit_temperature(sharp, right) == pytest.approx(3.0, rel=0.05)
    assert expected_calibration_error(sharp, right) > 0.1
    assert expected_calibration_error(true, right) < 0.02


def test_nothing_to_fit_leaves_the_logits_alone() -> None:
    assert fit_temperature(np.zeros((0, 4)), np.zeros(0, dtype=int)) == 1.0


def test_a_label_meets_the_label_of_its_speaker_else_the_first() -> None:
    gold = article(Label(1, Stance.OPPOSED), Label(0, Stance.NONE))
    first = Label(0, Stance.NONE, probabilities=(0.0, 0.0, 0.1, 0.9))
    second = Label(1, Stance.OPPOSED, probabilities=(0.1, 0.1, 0.8, 0.0))
    probabilities, right = matched_stances([gold], [article(first, second)])
    assert probabilities.tolist() == [
        list(second.probabilities or ()),
        list(first.probabilities or ()),
    ]
    assert right.tolist() == [2, 3]
    probabilities, _ = matched_stances([gold], [article(first)])
    assert probabilities.tolist() == [list(first.probabilities or ())] * 2


def test_the_calibration_error_has_an_interval_over_articles() -> None:
    sure = Label(1, Stance.OPPOSED, probabilities=(0.0, 0.0, 1.0, 0.0))
    right, wrong = article(Label(1, Stance.OPPOSED)), article(Label(1, Stance.NONE))
    value, low, high = calibration_error([right, wrong], [article(sure)] * 2, rounds=200)
    assert (value, low, high) == (0.5, 0.0, 1.0)
