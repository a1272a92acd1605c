"""Labels below a wanted confidence become notices."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

import peacestance
from peacestance.exchange.terminal import render_terminal
from peacestance.labeler import without_unsure
from peacestance.schema import (
    Article,
    Label,
    LabelledArticle,
    Sentence,
    Speaker,
    Stance,
    UserError,
)


@pytest.fixture
def labelled() -> LabelledArticle:
    sure = Label(0, Stance.OPPOSED, None, (0.05, 0.05, 0.9, 0.0))
    unsure = Label(None, Stance.NONE, None, (0.3, 0.2, 0.1, 0.4))
    return LabelledArticle(
        Article("a", "Ada refused. It rained."),
        (Sentence(0, 12, (sure, unsure)), Sentence(13, 23, (unsure,))),
        (Speaker(0, "Ada"),),
        model="m@1",
    )


def test_a_label_below_the_confidence_becomes_a_notice(labelled: LabelledArticle) -> None:
    found = without_unsure(labelled, 0.6)
    assert [len(sentence.labels) for sentence in found.sentences] == [1, 0]
    assert [notice.code for notice in found.notices] == ["unsure-label"] * 2
    assert found.notices[0].message == (
        "sentence 0: the reporter may be none (confidence 0.4000); label it by hand"
    )
    assert found.speakers == labelled.speakers


@pytest.mark.parametrize("least", [0.0, 0.4])
def test_a_label_at_the_confidence_stays(labelled: LabelledArticle, least: float) -> None:
    assert without_unsure(labelled, least) == labelled


def test_nothing_of_the_text_is_lost_on_a_terminal(labelled: LabelledArticle) -> None:
    for width in (120, 60):
        out = io.StringIO()
        render_terminal(without_unsure(labelled, 0.95), Console(file=out, width=width))
        assert "It rained." in out.getvalue()
        assert out.getvalue().count("(unsure)") == 2


@pytest.mark.parametrize("least", [-0.1, 1.5])
def test_a_confidence_is_between_0_and_1(least: float) -> None:
    with pytest.raises(UserError, match=f"min_confidence is {least}; give a number from 0 to 1"):
        peacestance.load(min_confidence=least)
