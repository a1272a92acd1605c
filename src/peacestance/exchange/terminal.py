"""A labelled article on a terminal: its sentences, its board, its notices."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from peacestance.schema import STANCES, Label, LabelledArticle, Sentence, Stance

# A sign beside the colour, so that neither colour-blind readers nor plain output lose the stance.
_SIGNS = {
    Stance.OPTIMISTIC: ("+", "green"),
    Stance.CAUTIOUS: ("~", "yellow"),
    Stance.OPPOSED: ("x", "red"),
    Stance.NONE: ("·", "dim"),
}
_REPORTER = "(reporter)"
_UNSURE = "(unsure)"  # every label of the sentence was below --min-confidence
_NARROW_COLUMNS = 80
# Control characters of an article must not reach the terminal, which would obey them.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def render_terminal(labelled: LabelledArticle, console: Console) -> None:
    """Print one labelled article: a row per label, then the speakers' board, then the notices.

    On a console of under 80 columns each sentence stands on lines of its own below its label.
    """
    console.print(_heading(labelled))
    if console.width < _NARROW_COLUMNS:
        for sentence in labelled.sentences:
            for label in sentence.labels:
                console.print(_label_line(labelled, label))
            if not sentence.labels:
                console.print(Text(_UNSURE, style="dim"))
            console.print(Padding(_plain(_text_of(labelled, sentence)), (0, 0, 0, 2)))
    else:
        console.print(_sentence_table(labelled))
    console.print()
    console.print(_board_table(labelled))
    for notice in labelled.notices:
        console.print(Text.assemble(("note: ", "yellow"), _plain(notice.message)))
    console.print()


def _plain(text: str, style: str = "") -> Text:
    """Text as it is: no markup, no control characters."""
    return Text(_CONTROL.sub("\ufffd", text), style=style)


def _heading(labelled: LabelledArticle) -> Text:
    article = labelled.article
    about = [part for part in (article.title, article.date, article.outlet) if part]
    return Text.assemble(_plain(article.id, "bold"), *(_plain(f" · {part}") for part in about))


def _text_of(labelled: LabelledArticle, sentence: Sentence) -> str:
    return labelled.text[sentence.start : sentence.end]


def _stance_text(stance: Stance) -> Text:
    sign, style = _SIGNS[stance]
    return Text(f"{sign} {stance.value}", style=style)


def _speaker_text(labelled: LabelledArticle, label: Label) -> Text:
    speaker = labelled.speaker_of(label)
    if speaker is None:
        return Text(_REPORTER, style="dim")
    return _plain(f"{speaker.name} ({speaker.side})" if speaker.side else speaker.name, "bold")


def _confidence_text(label: Label) -> str:
    return "" if label.confidence is None else f"{label.confidence:.2f}"


def _label_line(labelled: LabelledArticle, label: Label) -> Text:
    return Text.assemble(
        _stance_text(label.stance),
        (f" {_confidence_text(label)}  ", "dim"),
        _speaker_text(labelled, label),
    )


def _sentence_table(labelled: LabelledArticle) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
    table.add_column("Sentence", ratio=1)
    table.add_column("Speaker", max_width=24)
    table.add_column("Stance", no_wrap=True)
    table.add_column("Conf.", justify="right", no_wrap=True)
    for sentence in labelled.sentences:
        text = _plain(_text_of(labelled, sentence))
        if not sentence.labels:
            table.add_row(text, Text(_UNSURE, style="dim"))
        for number, label in enumerate(sentence.labels):
            table.add_row(
                Text("  as above", style="dim") if number else text,
                _speaker_text(labelled, label),
                _stance_text(label.stance),
                _confidence_text(label),
            )
    return table


def _board_table(labelled: LabelledArticle) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Speaker", overflow="fold")
    for stance in STANCES:
        sign, style = _SIGNS[stance]
        table.add_column(f"{sign} {stance.value}", justify="right", style=style, min_width=4)
    for name, counts in _ranked(labelled):
        who = Text(_REPORTER, style="dim") if name is None else _plain(name, "bold")
        table.add_row(who, *(str(counts[stance] or "") for stance in STANCES))
    return table


def _ranked(labelled: LabelledArticle) -> Iterator[tuple[str | None, dict[Stance, int]]]:
    """The board with those who take a position most often first and the reporter last."""

    def rank(row: tuple[str | None, dict[Stance, int]]) -> tuple[bool, int, int, str]:
        name, counts = row
        total = sum(counts.values())
        return name is None, counts[Stance.NONE] - total, -total, name or ""

    yield from sorted(labelled.board().items(), key=rank)
