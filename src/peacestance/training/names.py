"""Personal names: which speakers are people, how a name is cut, and names to put in its place.

The lists are in `names.toml` and `name_words.toml` beside this file.
"""

from __future__ import annotations

import dataclasses
import functools
import random
import re
import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import Any, Literal

from peacestance.schema import Speaker

Gender = Literal["male", "female"]
GENDERS: tuple[Gender, Gender] = ("male", "female")
FIGURE_SHARE = 1 / 6  # of the names drawn from the lists: enough that famous names say nothing

_PRONOUNS: dict[str, Gender] = {
    **dict.fromkeys(("he", "him", "his", "himself"), GENDERS[0]),
    **dict.fromkeys(("she", "her", "hers", "herself"), GENDERS[1]),
}
_NAME_TOKEN = re.compile(
    r"(?:[a-z]{2}h?-)?[^\W\d_a-zß-ÿ][^\W\d_]*(?:[-'’][^\W\d_]+)*$|(?:[A-Z]\.)+$"
)
_ACRONYM = re.compile(r"[A-Z]*\d|[A-Z]{2,}$")
_ARTICLES = frozenset(("a", "an", "the"))
_NOT_A_NAME_AFTER = _ARTICLES | {"of", "in", "for", "and", "from", "around", "at", "to", "by", "on"}


@dataclasses.dataclass(frozen=True, slots=True)
class PersonName:
    """A personal name in two pieces, in the order in which they are written.

    `first` is empty where the person goes by one word.
    """

    first: str
    second: str
    surname_first: bool = False
    gender: Gender | None = None

    @property
    def full(self) -> str:
        """Both pieces, as a text writes them at the first mention."""
        return f"{self.first} {self.second}".strip()

    @property
    def surname(self) -> str:
        """The piece that stands for the person alone, with its particles ("von der Leyen")."""
        return self.first if self.surname_first else self.second

    @property
    def given(self) -> str:
        """The other piece; empty where the person goes by one word."""
        return self.second if self.surname_first else self.first


@dataclasses.dataclass(frozen=True, slots=True)
class NameTable:
    """The lists of `names.toml`: names to invent people from, and public figures."""

    groups: tuple[dict[str, Any], ...]
    figures: dict[Gender, tuple[PersonName, ...]]
    gender_of: dict[str, Gender]
    surnames_first: frozenset[str]

    def invent(self, rng: random.Random, gender: Gender) -> PersonName:
        """A person who does not exist: a given name and a surname of one region."""
        group = rng.choice(self.groups)
        given = rng.choice(group[gender])
        masculine, _, feminine = rng.choice(group["surnames"]).partition("/")
        surname = feminine if feminine and gender == "female" else masculine
        if group.get("surname_first"):
            return PersonName(surname, given, surname_first=True, gender=gender)
        return PersonName(given, surname, gender=gender)

    def draw(self, rng: random.Random, gender: Gender) -> PersonName:
        """An invented person or, with the chance `FIGURE_SHARE`, a public figure."""
        if rng.random() < FIGURE_SHARE:
            return rng.choice(self.figures[gender])
        return self.invent(rng, gender)


def data_file(name: str) -> dict[str, Any]:
    """A TOML file of this package."""
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))


@functools.cache
def word_list(kind: str) -> frozenset[str]:
    """One list of `name_words.toml`."""
    return frozenset(data_file("name_words.toml")[kind])


@functools.cache
def place_words() -> frozenset[str]:
    """The words of `countries.toml` that stand alone for a country, its people or its seat."""
    return frozenset(
        form.removeprefix("the ")
        for country in data_file("countries.toml")["country"]
        for kind in ("name", "adjective", "people", "capital", "seat")
        for form in country[kind]
    )


@functools.cache
def name_table() -> NameTable:
    """The lists of `names.toml`, read once."""
    data = data_file("names.toml")
    groups = tuple(data["groups"].values())
    figures: dict[Gender, tuple[PersonName, ...]] = {}
    for entry in data["figures"]:
        first, gender = entry.get("surname_first", False), entry["gender"]
        names = tuple(cut_name(name.split(), first, gender) for name in entry["names"])
        figures[gender] = figures.get(gender, ()) + names
    gender_of = {given: g for g in GENDERS for group in groups for given in group[g]}
    surnames = {s for group in groups if group.get("surname_first") for s in group["surnames"]}
    return NameTable(groups, figures, gender_of, frozenset(surnames))


def cut_name(
    tokens: Sequence[str], surname_first: bool = False, gender: Gender | None = None
) -> PersonName:
    """Cut the words of a name in two; particles go with the word after them.

    >>> cut_name("Ursula von der Leyen".split()).surname
    'von der Leyen'
    >>> cut_name("Xi Jinping".split(), surname_first=True).surname
    'Xi'
    """
    at = 1 if surname_first else len(tokens) - 1
    while not surname_first and at > 1 and tokens[at - 1].casefold() in word_list("particles"):
        at -= 1
    return PersonName(
        " ".join(tokens[:at]), " ".join(tokens[at:]), surname_first and len(tokens) > 1, gender
    )


def find_person(speaker: Speaker) -> PersonName | None:
    """The personal name of a speaker, without titles and roles; `None` for bodies and the unnamed.

    >>> find_person(Speaker(0, "Polish Prime Minister Donald Tusk, host of the talks")).full
    'Donald Tusk'
    >>> find_person(Speaker(0, "the Polish foreign ministry")) is None
    True
    """
    gender = gender_of(speaker)
    segments = speaker.name.split(", ")
    for part, segment in enumerate(segments):
        stands_first = part == 0 and len(segments) > 1
        after_role = part > 0 and segments[part - 1].split()[-1].islower()
        certain = stands_first or after_role or gender is not None
        # "Secretary of State Ann Lee", "Ann Lee of Ohio": the name stands on either side.
        for piece in (segment, segment.partition(" of ")[0]):
            name = _name_in(piece.split(), certain, alone=part == 0)
            if name:
                return cut_name(name, _is_surname_first(name, speaker), gender)
    return None


def _name_in(tokens: Sequence[str], certain: bool, alone: bool) -> Sequence[str]:
    """The words of the name at the end of a segment; none where it names no person."""
    start = _name_start(tokens)
    before, name = tokens[:start], tokens[start:]
    if not name or " ".join(name) in place_words() or _is_other_thing(before):
        return ()
    is_person = certain or (alone and len(name) > 1)
    return name if is_person or _is_introduced(before) or _is_given(name[0]) else ()


def gender_of(speaker: Speaker) -> Gender | None:
    """A speaker's gender: by its pronouns, else by titles and roles, else by its given name."""
    mentions = [mention.text for mention in speaker.mentions]
    spoken = {_PRONOUNS[low] for text in mentions if (low := text.casefold()) in _PRONOUNS}
    if spoken:
        return spoken.pop() if len(spoken) == 1 else None
    words = {word.strip(",") for text in (speaker.name, *mentions) for word in text.split()}
    found = {gender for gender in GENDERS if words & word_list(gender)}
    if not found:
        given = name_table().gender_of
        found = {given[word] for word in words if word in given}
    return found.pop() if len(found) == 1 else None


def pronoun_gender(word: str) -> Gender | None:
    """The gender that a pronoun of the third person shows; `None` for any other word."""
    return _PRONOUNS.get(word.casefold())


def surname_forms(surname: str) -> list[str]:
    """The ways in which a text writes a surname, the whole one first.

    >>> surname_forms("van der Hoeven"), surname_forms("al-Mutahar")
    (['van der Hoeven', 'der Hoeven', 'Hoeven'], ['al-Mutahar', 'Mutahar'])
    >>> surname_forms("Courtois-Maes")
    ['Courtois-Maes', 'Courtois', 'Maes']
    """
    words = surname.split()
    forms = [" ".join(words[at:]) for at in range(len(words))]
    parts = re.split("[-‑]", words[-1])
    if len(parts) > 1:
        forms += [part for part in parts if part[0].isupper() and len(part) > 2]
    return [form for form in forms if form.casefold() not in word_list("particles")]


def _name_start(tokens: Sequence[str]) -> int:
    """Where the run of name-like words at the end of a segment begins."""
    start = len(tokens)
    stop = word_list("titles") | word_list("bodies") | place_words()
    while start and tokens[start - 1] not in stop and _is_name_token(tokens[start - 1]):
        start -= 1
    if 0 < start < len(tokens) and tokens[start - 1] in word_list("given_places"):
        start -= 1
    while start < len(tokens) and tokens[start] in word_list("particles"):
        start += 1
    return start


def _is_name_token(token: str) -> bool:
    if token in word_list("particles"):
        return True
    possessive = token.endswith(("'s", "’s"))
    return bool(_NAME_TOKEN.match(token)) and not possessive and not _ACRONYM.match(token)


def _is_introduced(before: Sequence[str]) -> bool:
    """Whether a title ("Commander", "commander"), and not only "Ukrainian", stands before."""
    return bool(before) and before[-1].capitalize() in word_list("titles")


def _is_given(word: str) -> bool:
    return word in name_table().gender_of


def _is_other_thing(before: Sequence[str]) -> bool:
    """Whether the words before say that no person is meant: "residents of", "a", "the"."""
    if not before:
        return False
    last = before[-1]
    is_body = last in word_list("bodies") and last not in word_list("titles")
    return is_body or last in _NOT_A_NAME_AFTER or before[0].casefold() in _ARTICLES


def _is_surname_first(name: Sequence[str], speaker: Speaker) -> bool:
    """Whether the first word is the surname: the mentions say so, else a list of surnames."""
    if len(name) < 2:
        return False
    alone = [mention.text.split()[-1] for mention in speaker.mentions if mention.text.split()]
    firsts, lasts = alone.count(name[0]), alone.count(name[-1])
    # The full name ends in the last word too, so it speaks for neither order.
    lasts -= sum(" ".join(name) in mention.text for mention in speaker.mentions)
    if firsts != max(lasts, 0):
        return firsts > lasts and not _is_given(name[0])
    return len(name) == 2 and name[0] in name_table().surnames_first
