"""What a terminal shows."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from peacestance.exchange.terminal import render_terminal
from peacestance.schema import Article, Label, LabelledArticle, Notice, Sentence, Speaker, Stance

TEXT = "Envoys [bold]met\x1b[31m. Ivo Marsh was unsure of it all, he told reporters."
ARTICLE = LabelledArticle(
    Article("talks", TEXT, title="Talks go on"),
    (
        Sentence(0, 22, (Label(None, Stance.NONE),)),
        Sentence(
            23,
            len(TEXT),
            (
                Label(0, Stance.CAUTIOUS, None, (0.0, 0.91, 0.0, 0.09)),
                Label(1, Stance.OPPOSED, None, (0.0, 0.1, 0.8, 0.1)),
            ),
        ),
    ),
    (Speaker(0, "Ivo Marsh"), Speaker(1, "Oda Brand", side="north")),
    (Notice("x", "Something [odd]."),),
    "m@1",
)


def shown(width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    render_terminal(ARTICLE, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [60, 100])
def test_every_part_is_shown_within_the_width(width: int) -> None:
    text = shown(width)
    for part in ("talks · Talks go on", "~ cautious", "x opposed", "· none", "0.91", "(reporter)"):
        assert part in text
    assert "Oda Brand (north)" in text
    assert "note: Something [odd]." in text
    assert all(len(line) <= width for line in text.splitlines())


@pytest.mark.parametrize("width", [60, 100])
def test_article_text_is_neither_markup_nor_control(width: int) -> None:
    assert "[bold]met" in shown(width)
    assert "\x1b" not in shown(width)
    assert shown(width).count("unsure") == 1


def test_the_board_ranks_speakers_before_the_reporter() -> None:
    board = shown(100).split("Speaker")[2]
    assert board.index("Ivo Marsh") < board.index("Oda Brand") < board.index("(reporter)")
