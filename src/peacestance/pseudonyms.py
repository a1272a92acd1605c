"""Personal names are hidden from the encoder: it reads one pseudonym for each person.

Stance must not depend on who speaks, and a name the encoder has never met should cost nothing. So
every run of name words ("Donald Tusk", "Tusk") is replaced by one token, the same for the same
person throughout the article; offsets still cover the name as it is written.

A name word is a capitalised word that is neither in `ordinary_words.txt` nor an acronym. The list
holds what news prose writes with a capital although it names no person (places, peoples, bodies,
titles, days) and the ordinary words that open sentences.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from bisect import bisect_right
from collections.abc import Sequence
from importlib import resources

from peacestance.speaker_words import PARTICLES

_SURNAMES = """
    smith johnson miller davis wilson anderson taylor thomas moore martin jackson thompson
    harris clark lewis robinson walker allen wright scott adams nelson mitchell roberts turner
    phillips campbell parker evans edwards collins stewart morris rogers morgan murphy bailey
    cooper richardson howard peterson watson kelly sanders bennett ross henderson coleman
    jenkins perry patterson hughes simmons bryant russell griffin hayes
"""
PSEUDONYMS = tuple(_SURNAMES.split())
"""Surnames that both encoders read as one token; what they stand for is drawn anew in training."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ENDING = re.compile(r"['’](?:s|d|m|ll|re|ve|t)?$", re.IGNORECASE)
_SPACES = (" ", "\u00a0")
_HYPHENS = ("-", "\u2011")


@dataclasses.dataclass(frozen=True, slots=True)
class NameSpan:
    """A run of name words, half-open offsets, and the number of the person in the article."""

    start: int
    end: int
    person: int


@functools.cache
def ordinary_words() -> frozenset[str]:
    """The words that are no personal names, in small letters."""
    path = resources.files("peacestance").joinpath("ordinary_words.txt")
    return frozenset(path.read_text("utf-8").split())


def find_names(text: str) -> list[NameSpan]:
    """The runs of name words of a text, in order; persons are numbered by first appearance.

    A name of one word is the last person whose longer name holds that word.

    >>> [(s.start, s.end, s.person) for s in find_names("Donald Tusk met Merz. Tusk smiled.")]
    [(0, 11, 0), (16, 20, 1), (22, 26, 0)]
    """
    persons: dict[tuple[str, ...], int] = {}
    bearer: dict[str, int] = {}
    spans = []
    for start, end in _runs(text):
        words = tuple(word.casefold() for word in re.split(r"[\s‑-]+", text[start:end]))
        known = bearer.get(words[0]) if len(words) == 1 else None
        person = known if known is not None else persons.setdefault(words, len(persons))
        for word in words:
            bearer[word] = person
        spans.append(NameSpan(start, end, person))
    return spans


def _runs(text: str) -> list[tuple[int, int]]:
    """Name words that stand side by side, particles ("von der", "al-") between them included.

    A hyphen joins two of them only where a further name stands before or behind ("Ilhan
    Nur-Dirie", "Jean-Marc Roux"): in "the Sedov-Vance call" it stands between two persons.
    """
    runs: list[tuple[int, int]] = []
    chain_end, after_particle, words = -1, False, 0
    for match in _WORD.finditer(text):
        start, end = match.start(), match.start() + len(_ENDING.sub("", match.group()))
        gap = text[chain_end:start] if chain_end >= 0 else ""
        follows = gap in _SPACES or (
            gap in _HYPHENS and (after_particle or words > 1 or _name_follows(text, end))
        )
        if _is_name_word(text[start:end]):
            runs[-1:] = [(runs[-1][0], end)] if follows else [*runs[-1:], (start, end)]
            chain_end, after_particle, words = end, False, words + 1 if follows else 1
        elif follows and text[start:end].casefold() in PARTICLES:
            chain_end, after_particle = end, True
        else:
            chain_end = -1
    return runs


def _name_follows(text: str, end: int) -> bool:
    """Whether a name word stands one space further."""
    match = _WORD.match(text, end + 1) if text[end : end + 1] in _SPACES else None
    return match is not None and _is_name_word(_ENDING.sub("", match.group()))


def _is_name_word(word: str) -> bool:
    last = re.split(r"['’]", word)[-1]
    if len(word) < 2 or not word[0].isupper() or word.isupper():
        return False
    return word.casefold() not in ordinary_words() and last.casefold() not in ordinary_words()


def hide_names(
    ids: Sequence[int],
    offsets: Sequence[tuple[int, int]],
    names: Sequence[NameSpan],
    pseudonyms: Sequence[int],
) -> tuple[list[int], list[tuple[int, int]]]:
    """Replace the tokens of each name by the one token of its person.

    Args:
        ids: token ids of a sentence.
        offsets: of each token into the article's text.
        names: the names of the article, in order.
        pseudonyms: token ids that stand for persons; used again from the first when all are taken.

    >>> hide_names([7, 8, 9], [(0, 3), (3, 5), (6, 9)], [NameSpan(0, 5, 2)], [50, 51, 52])
    ([52, 9], [(0, 5), (6, 9)])
    """
    starts = [name.start for name in names]
    new_ids: list[int] = []
    new_offsets: list[tuple[int, int]] = []
    for token, (start, end) in zip(ids, offsets, strict=True):
        at = bisect_right(starts, start) - 1
        name = names[at] if at >= 0 else None
        if name is None or start >= name.end or end > name.end or start == end:
            new_ids.append(token)
            new_offsets.append((start, end))
        elif not new_offsets or new_offsets[-1] != (name.start, name.end):
            new_ids.append(pseudonyms[name.person % len(pseudonyms)])
            new_offsets.append((name.start, name.end))
    return new_ids, new_offsets
