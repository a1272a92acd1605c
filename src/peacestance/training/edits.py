"""Replace pieces of a labelled article's text and keep every offset exact."""

from __future__ import annotations

import bisect
import dataclasses
import re
from collections.abc import Callable, Container, Iterable, Sequence
from typing import NamedTuple

from peacestance.schema import Label, LabelledArticle, Mention, Sentence, Speaker

# "a Ukrainian", "a European", "a U.S. envoy": written with a vowel, spoken with a consonant.
_SPOKEN_AS_CONSONANT = re.compile(r"Eu(?!n)|Uk|UK|U\.K|US|U\.S|UA|UN|Uni|Uga|Uru|One\b")

_QUOTES = "\"'“‘„«(["


class Edit(NamedTuple):
    """Put `text` in place of the characters from `start` up to `end`."""

    start: int
    end: int
    text: str


def indefinite(word: str) -> str:
    """The indefinite article that stands before a word.

    >>> [indefinite(word) for word in ("Iranian", "Ukrainian", "UAE", "Russian", "Orlov")]
    ['an', 'a', 'a', 'a', 'an']
    """
    if _SPOKEN_AS_CONSONANT.match(word):
        return "a"
    return "an" if word[:1].casefold() in "aeiouáéíóúâêîôûäöü" else "a"


def starts_sentence(text: str, offset: int, starts: Container[int]) -> bool:
    """Whether a sentence begins at the offset, or just before it with a quotation mark.

    >>> starts_sentence('He left. "Tusk stays."', 10, {0, 9})
    True
    """
    while offset and offset not in starts and text[offset - 1] in _QUOTES:
        offset -= 1
    return offset in starts


def edited_text(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits, which are in order and do not overlap.

    >>> edited_text("Tusk met Merz.", [Edit(0, 4, "Orban"), Edit(9, 13, "Fico")])
    'Orban met Fico.'
    """
    parts, last = [], 0
    for edit in edits:
        parts += [text[last : edit.start], edit.text]
        last = edit.end
    return "".join([*parts, text[last:]])


class Shift:
    """Where an offset of the old text lies in the new one.

    An offset inside a replaced piece moves to the edge of the piece, outward: a span never loses
    a part of a word that was put in.
    """

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = edits
        self._starts = [edit.start for edit in edits]
        self._new_starts: list[int] = []
        grown = 0
        for edit in edits:
            self._new_starts.append(edit.start + grown)
            grown += len(edit.text) - (edit.end - edit.start)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span of the new text that stands for `[start, end)` of the old one."""
        return self._move(start, to_end=False), self._move(end, to_end=True)

    def _move(self, offset: int, to_end: bool) -> int:
        at = bisect.bisect_right(self._starts, offset) - 1
        if at < 0:
            return offset
        edit, new_start = self._edits[at], self._new_starts[at]
        if offset >= edit.end:
            return new_start + len(edit.text) + offset - edit.end
        inside = offset > edit.start and to_end
        return new_start + (len(edit.text) if inside else 0)


def apply_edits(
    labelled: LabelledArticle, edits: Sequence[Edit], rename: Callable[[str], str]
) -> LabelledArticle:
    """A copy of the article with the edits made and every offset rebuilt.

    Args:
        labelled: The article; it is not changed.
        edits: Edits of its text, in order, without overlap.
        rename: Makes the same replacements in a short text: a speaker's name, the title.
    """
    text = edited_text(labelled.text, edits)
    shift = Shift(edits)

    def moved(mention: Mention) -> Mention:
        start, end = shift.span(mention.start, mention.end)
        return Mention(start, end, text[start:end])

    def relabelled(label: Label) -> Label:
        if label.mention is None:
            return label
        return dataclasses.replace(label, mention=moved(label.mention))

    article = labelled.article
    title = article.title and rename(article.title)
    return dataclasses.replace(
        labelled,
        article=dataclasses.replace(article, text=text, title=title),
        sentences=tuple(
            Sentence(*shift.span(x.start, x.end), tuple(map(relabelled, x.labels)))
            for x in labelled.sentences
        ),
        speakers=tuple(_renamed(x, rename(x.name), moved) for x in labelled.speakers),
    )


def _renamed(speaker: Speaker, name: str, moved: Callable[[Mention], Mention]) -> Speaker:
    mentions = tuple(moved(mention) for mention in speaker.mentions)
    return dataclasses.replace(speaker, name=name, mentions=mentions)
