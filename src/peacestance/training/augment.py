"""Name-swap augmentation: the same article with other people in it.

A model that reads an article many times can learn that a name goes with a stance. At training
time the speakers' names are therefore replaced, everywhere in the article and consistently, by
each other's names or by names from a list; the labels stay. `swap_sides` does the same with
countries. Nothing here changes its input, and the same random state gives the same article.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from peacestance.schema import LabelledArticle, Sentence, Speaker
from peacestance.training.edits import Edit, apply_edits, edited_text, indefinite, starts_sentence
from peacestance.training.names import (
    GENDERS,
    Gender,
    PersonName,
    find_person,
    name_table,
    place_words,
    pronoun_gender,
    surname_forms,
)
from peacestance.training.sides import swap_sides

__all__ = ["swap_names", "swap_sides"]

FROM_ARTICLE = 0.5  # the share of people who get another speaker's name and not one of the lists

Piece = Literal["first", "second", "surname", "given"]
# Each way to write a name: its pieces, the person, how many words the first piece has.
Surfaces: TypeAlias = dict[str, tuple[tuple[Piece, ...], int, int]]

# Words that a name may be joined to by a hyphen: "anti-Tusk", "Tusk-led", "Merz-era".
_JOINED = frozenset(["anti", "ex", "non", "post", "pre", "pro", "appointed", "backed", "brokered"])
_JOINED |= {"drafted", "era", "led", "loyal", "mediated", "run", "sponsored", "style"}
_WORD = re.compile(r"\w+")
_BEFORE = re.compile(r"(\w+)[-‑]$")
_AFTER = re.compile(r"[-‑](\w+)|['’](\w+)")
_FOLLOWED_BY_NAME = re.compile(r"\s+(?:(?:al|el|bin|ibn|de|van|von|der)[\s-])?[^\W\d_a-zß-ÿ]")
_BARE_POSSESSIVE = re.compile(r"['’](?=\s+[a-z])")
_ENDINGS = frozenset(["s", "S", "d", "ll", "re", "ve"])  # 's, 'd, 'll ... after a name


class Slot(NamedTuple):
    """A piece of a person's name in a text; with `article`, the "a" or "an" before that piece."""

    start: int
    end: int
    person: int
    piece: Piece
    article: bool = False


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """The people among an article's speakers and where their names stand in its text."""

    people: tuple[PersonName, ...]
    surfaces: Surfaces
    pattern: re.Pattern[str]
    slots: tuple[Slot, ...]
    words: frozenset[str]
    starts: frozenset[int]


def swap_names(
    labelled: LabelledArticle, rng: random.Random, *, probability: float = 1.0
) -> LabelledArticle:
    """Replace the personal names of an article's speakers, consistently and everywhere.

    A name is replaced by that of another speaker of the article or by one of the lists (invented
    people, public figures). Full names, surnames, possessives and unambiguous first names follow;
    titles, bodies and places stay. A name goes only to a speaker whose gender it fits.

    Args:
        labelled: The article; it is not changed.
        rng: The source of chance; its state decides the outcome.
        probability: How often anything is replaced: with the rest of the chance the article
            comes back as it is.

    Returns:
        The article with the new names; all offsets are exact, ids, keys and labels are the same.
    """
    if rng.random() >= probability:
        return labelled
    cast = _cast(labelled)
    if not cast.people:
        return labelled
    names = _choose(cast, rng)
    edits = _edits(labelled.text, cast.slots, names, cast.starts)

    def rename(text: str) -> str:
        slots = _find_slots(text, cast.pattern, cast.surfaces)
        return edited_text(text, _edits(text, slots, names, frozenset((0,))))

    return apply_edits(labelled, edits, rename)


@functools.lru_cache(maxsize=4096)
def _cast(labelled: LabelledArticle) -> Cast:
    """Find the people once for all epochs: the search costs more than the replacement."""
    people = tuple(_people(labelled))
    words = frozenset(_WORD.findall(labelled.text))
    surfaces = _surfaces(people, words)
    pattern = _compile(surfaces)
    return Cast(
        people,
        surfaces,
        pattern,
        tuple(_find_slots(labelled.text, pattern, surfaces)),
        words,
        frozenset(sentence.start for sentence in labelled.sentences),
    )


def _people(labelled: LabelledArticle) -> Iterator[PersonName]:
    seen: set[str] = set()
    for speaker in labelled.speakers:
        person = find_person(speaker)
        if person is None or person.full in seen:
            continue
        seen.add(person.full)
        gender = person.gender or _gender_nearby(labelled, speaker)
        yield dataclasses.replace(person, gender=gender)


def _gender_nearby(labelled: LabelledArticle, speaker: Speaker) -> Gender | None:
    """The gender of the only kind of pronoun after a speaker's mentions, in their sentences."""
    found: set[Gender] = set()
    for mention in speaker.mentions:
        sentence = _sentence_at(labelled.sentences, mention.start)
        words = _WORD.findall(labelled.text[mention.start : sentence.end]) if sentence else []
        found |= {gender for word in words if (gender := pronoun_gender(word))}
    return found.pop() if len(found) == 1 else None


def _sentence_at(sentences: Iterable[Sentence], offset: int) -> Sentence | None:
    return next((x for x in sentences if x.start <= offset < x.end), None)


def _surfaces(people: Sequence[PersonName], words: frozenset[str]) -> Surfaces:
    """Each way to write a name: its pieces, the person, and how many words the first piece has.

    A surname wins over a first name that is spelt alike, a whole name over both. First names that
    two people have, or that are words of the text as well ("will"), do not stand for a person.
    """
    found: Surfaces = {}
    given = Counter(form for x in people for form in _forms(x, "given"))
    for index, person in enumerate(people):
        for form in _forms(person, "given"):
            if given[form] == 1 and form.casefold() not in words and form not in place_words():
                found[_key(form)] = (("given",), index, 0)
    for index, person in enumerate(people):
        for form in _forms(person, "surname"):
            found[_key(form)] = (("surname",), index, 0)
    for index, person in enumerate(people):
        pair = [_forms(person, "given"), _forms(person, "surname")]
        for one, two in itertools.product(*(reversed(pair) if person.surname_first else pair)):
            count = len(one.split())
            found[_key(f"{one} {two}")] = (("first", "second"), index, count)
    return found


def _forms(person: PersonName, piece: Literal["given", "surname"]) -> list[str]:
    """The ways to write one piece of a name, the whole piece first."""
    if piece == "surname":
        return surname_forms(person.surname)
    words = person.given.split()
    runs = itertools.combinations(range(len(words) + 1), 2)
    forms = [" ".join(words[a:b]) for a, b in sorted(runs, key=lambda run: run[0] - run[1])]
    return [form for form in forms if len(form) > 2 or form == person.given]


def _key(surface: str) -> str:
    """A surface to compare: one kind of space and apostrophe; "Al-Badri" is "al-Badri"."""
    plain = " ".join(surface.replace("’", "'").split())
    return plain[:1].casefold() + plain[1:]


def _compile(forms: Iterable[str]) -> re.Pattern[str]:
    """One pattern for all names of an article, the longest first, with "a" or "an" before it."""
    names = "|".join(_spelling(form) for form in sorted(forms, key=len, reverse=True)) or r"(?!)"
    return re.compile(rf"(?<!\w)(?<!\w['’])(?:([Aa]n?)\s+)?({names})(?!\w)")


def _spelling(form: str) -> str:
    """A form as a pattern: any white space, either apostrophe, "Al-" for "al-" too."""
    words = [re.escape(word).replace("'", "['’]") for word in form.split()]
    first = form[0]
    if first.islower():
        words[0] = f"[{first}{first.upper()}]{words[0][1:]}"
    return r"\s+".join(words)


def _find_slots(text: str, pattern: re.Pattern[str], surfaces: Surfaces) -> Iterator[Slot]:
    """Where the names stand in a text, in order."""
    for match in pattern.finditer(text):
        start, end = match.span(2)
        pieces, person, count = surfaces[_key(match[2])]
        if not _is_whole(text, start, end, surfaces):
            continue
        if pieces == ("given",) and _FOLLOWED_BY_NAME.match(text, end):
            continue
        if match[1]:
            yield Slot(*match.span(1), person, pieces[0], article=True)
        if len(pieces) == 1:
            yield Slot(start, end, person, pieces[0])
            continue
        words = list(re.finditer(r"\S+", match[2]))
        yield Slot(start, start + words[count - 1].end(), person, "first")
        yield Slot(start + words[count].start(), end, person, "second")


def _is_whole(text: str, start: int, end: int, surfaces: Surfaces) -> bool:
    """Whether the name is not a part of another word: "Maes" in "Courtois-Maes", "O'Maes"."""
    before = _BEFORE.search(text, max(0, start - 30), start)
    if before and not (before[1].casefold() in _JOINED or _key(before[1]) in surfaces):
        return False
    after = _AFTER.match(text, end)
    if after is None:
        return True
    joined, ending = after.groups()
    return ending in _ENDINGS if ending else joined in _JOINED or _key(joined) in surfaces


def _choose(cast: Cast, rng: random.Random) -> list[PersonName]:
    """A new name for each person: a speaker's of the same gender, or one of the lists."""
    names: dict[int, PersonName] = {}
    families = Counter(person.surname for person in cast.people)
    movable = [
        index
        for index, person in enumerate(cast.people)
        if person.first and families[person.surname] == 1 and rng.random() < FROM_ARTICLE
    ]
    for gender in (*GENDERS, None):
        ring = [index for index in movable if cast.people[index].gender == gender]
        rng.shuffle(ring)
        if len(ring) > 1:
            names |= {at: cast.people[ring[i - 1]] for i, at in enumerate(ring)}
    drawn: dict[str, PersonName] = {}
    taken = set(cast.words)
    for index, person in enumerate(cast.people):
        if index not in names:
            names[index] = _draw(person, drawn.get(person.surname), taken, rng)
            drawn.setdefault(person.surname, names[index])
    return [names[index] for index in range(len(cast.people))]


def _draw(
    person: PersonName, relative: PersonName | None, taken: set[str], rng: random.Random
) -> PersonName:
    """A name of the lists of which no word is taken; people of one surname keep one surname."""
    gender = rng.choice(GENDERS) if person.gender is None else person.gender
    for _ in range(20):
        name = name_table().draw(rng, gender)
        if relative:
            name = _with_surname_of(relative, name)
        new = {word for word in _WORD.findall(name.given if relative else name.full) if word[2:]}
        if not new & taken:
            break
    taken |= new
    return name if person.first else PersonName("", name.given, gender=gender)


def _with_surname_of(relative: PersonName, name: PersonName) -> PersonName:
    if relative.surname_first:
        return dataclasses.replace(relative, second=name.given)
    return dataclasses.replace(relative, first=name.given)


def _edits(
    text: str, slots: Iterable[Slot], names: Sequence[PersonName], starts: frozenset[int]
) -> list[Edit]:
    """The edits that write the new names into the slots."""
    edits: list[Edit] = []
    for slot in slots:
        old, new = text[slot.start : slot.end], _piece(names[slot.person], slot.piece)
        if slot.article:
            new = indefinite(new)
            new = new.capitalize() if old[0].isupper() else new
        elif starts_sentence(text, slot.start, starts):
            new = new[:1].upper() + new[1:]
        edits.append(Edit(slot.start, slot.end, new))
        # "Barnes' plan" is no longer right once Barnes is Tusk.
        if not slot.article and old.endswith("s") and _BARE_POSSESSIVE.match(text, slot.end):
            edits.append(Edit(slot.end, slot.end + 1, text[slot.end] + "s"))
    return edits


def _piece(name: PersonName, piece: Piece) -> str:
    if piece == "given":
        return name.given or name.surname
    return {"first": name.first, "second": name.second, "surname": name.surname}[piece]
