"""Side-swap augmentation: the same article about other countries.

The words for a country (its name, adjective, people, capital and seat of government, as listed in
`countries.toml`) are replaced together by those of another country. Bodies and people keep
their names.
"""

from __future__ import annotations

import dataclasses
import functools
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from peacestance.schema import LabelledArticle
from peacestance.training.edits import Edit, apply_edits, edited_text, indefinite, starts_sentence
from peacestance.training.names import data_file, find_person, word_list

_KINDS = ("name", "adjective", "people", "capital", "seat", "head")
# "Latin America", "Northern Ireland": not the country of the table.
_OTHER_PLACE = re.compile(r"(?:South|Latin|North|Central|African|Northern)[ -]$")
_NEXT_WORD = re.compile(r"\s+([^\W\d_]+)")
_ENDS = '"”’)]'
_PLURAL = re.compile(r"(?:[eo]rs|ists|ians|ials|oys|ops|ions|ces|ats|ees|ies|men)$")


class Country(NamedTuple):
    """The first form of each kind of word for a country; the definite ones keep their "the"."""

    name: str
    adjective: str
    people: str
    capital: str
    seat: str
    title: str


class Place(NamedTuple):
    """A word for a country in a text: what kind of word, whose, and the article before it."""

    start: int
    end: int
    country: int
    kinds: frozenset[str]
    definite: bool
    determiner: tuple[int, int] | None


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Atlas:
    countries: tuple[Country, ...]
    forms: dict[str, tuple[int, frozenset[str], bool]]
    pattern: re.Pattern[str]


def swap_sides(
    labelled: LabelledArticle, rng: random.Random, *, probability: float = 1.0
) -> LabelledArticle:
    """Replace each country of an article by another one, in all its words at once.

    The countries of the article change places with each other, or give way to countries that it
    does not name; no two become one. "a" and "an", "the", and possessives follow the new words.

    Args:
        labelled: The article; it is not changed.
        rng: The source of chance; its state decides the outcome.
        probability: How often anything is replaced: with the rest of the chance the article
            comes back as it is.

    Returns:
        The article with the new countries; all offsets are exact, ids, keys and labels the same.
    """
    if rng.random() >= probability:
        return labelled
    people = {word for x in labelled.speakers if (p := find_person(x)) for word in p.full.split()}
    places = list(_find(labelled.text, people))
    present = sorted({place.country for place in places if place.kinds != {"head"}})
    if not present:
        return labelled
    targets = _assign(present, len(_atlas().countries), rng)
    starts = frozenset(sentence.start for sentence in labelled.sentences)
    ends = frozenset(sentence.end for sentence in labelled.sentences)

    def rename(text: str) -> str:
        found = _find(text, people)
        return edited_text(text, _edits(text, found, targets, frozenset((0,)), frozenset()))

    edits = _edits(labelled.text, places, targets, starts, ends)
    return apply_edits(labelled, edits, rename)


@functools.cache
def _atlas() -> _Atlas:
    """The table of countries and one pattern for all their words."""
    data = data_file("countries.toml")["country"]
    forms: dict[str, tuple[int, frozenset[str], bool]] = {}
    for index, entry in enumerate(data):
        for kind in _KINDS:
            for form in entry.get(kind, ()):
                bare = form.removeprefix("the ")
                _, kinds, definite = forms.get(bare, (0, frozenset(), False))
                forms[bare] = (index, kinds | {kind}, definite or bare != form)
    heads = {form.lower(): found for form, found in forms.items() if found[1] == {"head"}}
    forms |= heads
    words = "|".join(
        re.escape(form).replace("\\ ", r"\s+").replace("'", "['’]")
        for form in sorted(forms, key=len, reverse=True)
    )
    pattern = re.compile(rf"(?<!\w)(?:([Tt]he|[Aa]n?)\s+)?({words})(?!\w)")
    return _Atlas(tuple(_country(entry) for entry in data), forms, pattern)


def _country(entry: dict[str, Any]) -> Country:
    """Of each kind of word the first; the capital stands for a seat without a nickname."""
    name, adjective, people, capital = (
        str(entry[kind][0]) for kind in ("name", "adjective", "people", "capital")
    )
    return Country(name, adjective, people, capital, [*entry["seat"], capital][0], entry["title"])


def _assign(present: Sequence[int], total: int, rng: random.Random) -> dict[int, int]:
    """Another country for each: within the article, or from outside it; no two get the same."""
    absent = [index for index in range(total) if index not in present]
    order = list(present)
    rng.shuffle(order)
    if len(order) > len(absent) or (len(order) > 1 and rng.random() < 0.5):
        return {old: order[at - 1] for at, old in enumerate(order)}
    return dict(zip(order, rng.sample(absent, len(order)), strict=True))


def _find(text: str, people: set[str]) -> Iterator[Place]:
    """Where the words for countries stand in a text, in order, outside of people's names."""
    atlas = _atlas()
    for match in atlas.pattern.finditer(text):
        form = " ".join(match[2].replace("’", "'").split())
        start, end = match.span(2)
        if form in people or _OTHER_PLACE.search(text, max(0, start - 10), start):
            continue
        country, kinds, definite = atlas.forms[form]
        yield Place(start, end, country, kinds, definite, match.span(1) if match[1] else None)


def _edits(
    text: str,
    places: Iterable[Place],
    targets: dict[int, int],
    starts: frozenset[int],
    ends: frozenset[int],
) -> list[Edit]:
    """The edits that write the target countries' words."""
    edits: list[Edit] = []
    for place in places:
        if place.country not in targets:
            continue
        new = _new_word(text, place, _atlas().countries[targets[place.country]])
        bare = new.removeprefix("the ")
        article, new = _article(text, place, new, bare)
        if article:
            edits.append(article)
        elif new != bare and starts_sentence(text, place.start, starts):
            new = new[0].upper() + new[1:]
        # "in the U.S." ends a sentence with the stop of the abbreviation.
        after = text[place.end : place.end + 1]
        if text[place.end - 1] == "." and bare[-1] != "." and _is_end(place.end, after, ends):
            new += "."
        edits.append(Edit(place.start, place.end, new))
        possessive = _possessive(text, place.end, text[place.start : place.end], bare)
        if possessive:
            edits.append(possessive)
    return edits


def _is_end(end: int, after: str, ends: frozenset[int]) -> bool:
    return end in ends or (after in _ENDS and end + 1 in ends)


def _new_word(text: str, place: Place, target: Country) -> str:
    """The target's word of the same kind."""
    if "head" in place.kinds:
        return target.title.lower() if text[place.start].islower() else target.title
    if len(place.kinds) > 1:  # "US" is a name and an adjective
        return target.name if _stands_alone(text, place) else target.adjective
    if _is_joined(text, place.end) and "name" in place.kinds:
        return target.name.removeprefix("the ")
    (kind,) = place.kinds
    return str(getattr(target, kind))


def _is_joined(text: str, end: int) -> bool:
    """Whether a hyphen and another word follow: "Russia-led"."""
    return text[end : end + 1] in ("-", "‑") and text[end + 1 : end + 2].isalpha()


def _stands_alone(text: str, place: Place) -> bool:
    """Whether the word is a noun by itself ("the US said"), not before one ("the US envoy")."""
    if _is_joined(text, place.end):
        return False
    following = _NEXT_WORD.match(text, place.end)
    if following is None:
        return True
    word = following[1]
    if word in word_list("after_nouns") or word.endswith("ed"):
        return True
    return word.endswith("s") and word.islower() and not _PLURAL.search(word)


def _article(text: str, place: Place, new: str, bare: str) -> tuple[Edit | None, str]:
    """What becomes of the article before the word, and the word with or without its own."""
    joined = place.start > 0 and text[place.start - 1] in "-‑"
    if place.determiner is None:
        # "Russia said" -> "The United States said", but "pro-Russia" -> "pro-United States".
        return None, bare if joined or not _stands_alone(text, place) else new
    start, end = place.determiner
    old = text[start:end]
    if old.casefold() != "the":
        a = indefinite(bare)
        return Edit(start, end, a.capitalize() if old[0].isupper() else a), bare
    if new == bare and place.definite and _names(place) and _stands_alone(text, place):
        return Edit(start, place.start, ""), bare  # "the Kremlin said" -> "Bankova said"
    return None, bare


def _names(place: Place) -> bool:
    return bool(place.kinds & {"name", "seat"})


def _possessive(text: str, end: int, old: str, new: str) -> Edit | None:
    """The ending: "the United States' offer" and "Russia's offer" take each other's."""
    mark = text[end : end + 1]
    if mark not in ("'", "’") or old.endswith("States") == new.endswith(("States", "Emirates")):
        return None
    if text[end + 1 : end + 2] == "s":
        return Edit(end + 1, end + 2, "") if new.endswith(("States", "Emirates")) else None
    return Edit(end + 1, end + 1, "s") if old.endswith(("States", "Emirates")) else None
