"""What a mention says by its words alone: a person's name, a body, a description or a pronoun.

`read_form` takes a mention apart; `core_name` and `kind_of` give the two parts most asked for. The
word lists are in `speaker_words.py`. Standard library only.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import unicodedata
from typing import Literal, TypeAlias

from peacestance import speaker_words as lists

Kind: TypeAlias = Literal["pronoun", "name", "body", "description"]
Gender: TypeAlias = Literal["m", "f"]

_POSSESSIVE = re.compile(r"(?<=\w)(?:['’]s|(?<=[sS])['’])$")
_EDGES = ' \t\r\n"“”„«»[]'  # quotation marks and white space around a mention
# Letters that Unicode does not take apart into a letter and an accent.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "’": "'", "‑": "-"})
_SEGMENT = re.compile(r",\s+|\s*[(;]|\s+[–—-]+\s+")
_LETTERS_ONLY = re.compile(r"[^\W\d][\w.'’‑-]*")


@dataclasses.dataclass(frozen=True, slots=True)
class Word:
    """A word of a mention: as written (without quotes and possessive), and folded to compare."""

    text: str
    key: str
    possessive: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Form:
    """What a mention says by itself.

    `words` are the comparable words of the core: of a name in order ("donald", "tusk"), of a body
    or description its content words (countries for adjectives, no articles). `roles` are the
    nouns said of a person ("president", "spokesman"; of a description its head), `modifiers` what
    stands with them ("polish"). `sure` is True when the words leave no doubt that this is a
    person.
    """

    kind: Kind
    core: str
    words: tuple[str, ...]
    roles: frozenset[str] = frozenset()
    modifiers: frozenset[str] = frozenset()
    gender: Gender | None = None
    plural: bool = False
    definite: bool = False
    indefinite: bool = False
    sure: bool = False


def fold(text: str) -> str:
    """The text in small letters without accents, dots, quotes and typographic apostrophes.

    >>> fold("“Lt. Gen. Erdoğan’s”"), fold("U.S."), fold("Wałęsa")
    ("lt gen erdogan's", 'us', 'walesa')
    """
    text = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return re.sub(r"[^\w\s'-]", "", "".join(c for c in text if not unicodedata.combining(c)))


def without_possessive(text: str) -> str:
    """The text without a closing possessive and the marks around it.

    >>> without_possessive("Germany’s"), without_possessive("the United States'")
    ('Germany', 'the United States')
    """
    return _POSSESSIVE.sub("", text.strip(_EDGES + ",;:")).strip(_EDGES)


def content_words(text: str) -> tuple[str, ...]:
    """The words that tell bodies and descriptions apart, countries in one form.

    >>> content_words("the Russian Defense Ministry") == content_words("Russia’s defence ministry")
    True
    """
    folded = " ".join(re.sub(r"'s?$", "", word) for word in fold(text).replace("-", " ").split())
    for place, word in lists.LONG_PLACES.items():
        if place in folded:
            folded = re.sub(rf"\b{place}\b", word, folded)
    skip = lists.DETERMINERS | lists.PREPOSITIONS | {"and", "affairs", ""}
    keys = (lists.NATIONS.get(word, word) for word in folded.split() if word not in skip)
    return tuple(lists.SAME_NATION.get(key, lists.SPELLINGS.get(key, key)) for key in keys)


def name_words(name: str) -> tuple[str, ...]:
    """The comparable words of a personal name: folded, hyphens split, "al-" and its like dropped.

    >>> name_words("Jean-Noël Barrot"), name_words("Bashar al-Assad")
    (('jean', 'noel', 'barrot'), ('bashar', 'assad'))
    """
    keys = [word.strip("'") for word in fold(name).replace("-", " ").split()]
    kept = tuple(key.replace("'", "") for key in keys if key not in ("al", "el", ""))
    return kept or tuple(keys)


def _words(text: str) -> list[Word]:
    """The words of a mention, without the marks around each."""
    words = []
    for token in text.split():
        bare = token.strip(_EDGES + "(),;:!?").strip("'‘") or token
        stem = _POSSESSIVE.sub("", bare)
        words.append(Word(stem, fold(stem), stem != bare))
    return words


def core_name(surface: str) -> str:
    """The name inside a mention: no possessive, title, role or apposition.

    Bodies, governments and descriptions stay whole, up to an apposition or closing possessive.

    >>> core_name("Poland's Donald Tusk"), core_name("Kremlin spokesman Dmitry Peskov")
    ('Donald Tusk', 'Dmitry Peskov')
    >>> core_name("Russia’s Defense Ministry"), core_name("White House officials")
    ('Russia’s Defense Ministry', 'White House officials')
    """
    return read_form(surface).core


def kind_of(surface: str) -> Kind:
    """What kind of mention this is: "pronoun", "name" (of a person), "body" or "description".

    >>> kind_of("He"), kind_of("Tusk"), kind_of("the Kremlin"), kind_of("a Kremlin official")
    ('pronoun', 'name', 'body', 'description')
    """
    return read_form(surface).kind


@functools.lru_cache(maxsize=8192)
def read_form(surface: str) -> Form:
    """Take a mention apart. The text around it plays no part."""
    text = " ".join(without_possessive(surface).split()) or surface.strip()
    key = fold(without_possessive(surface))
    if fold(surface.strip(_EDGES)) in lists.PRONOUNS or key in lists.PRONOUNS:
        return _pronoun(text, key)
    if text.isupper() and len(text.split()) > 1 and len(text) > 7:
        text = text.title()  # a speaker line of a transcript
    segments = [_words(segment) for segment in _SEGMENT.split(text)]
    if is_coordination(text):
        return Form("description", text, content_words(text), plural=True)
    for index, words in enumerate(segments):
        run = _person(words, first=index == 0)
        if run is not None:
            return _person_form(segments, index, *run)
    return _other(_proper_part(_SEGMENT.split(text)) or text)


def is_coordination(text: str) -> bool:
    """Whether a mention lists several sources ("Britain, Norway and the US").

    >>> is_coordination("Merz and Macron"), is_coordination("the Ministry of Trade and Industry")
    (True, False)
    """
    parts = re.split(r",\s+(?:and\s+)?|\s+and\s+", text)
    if len(parts) < 2 or " and " not in text:
        return False
    return all(_looks_like_a_source(_words(part)) for part in parts)


def _looks_like_a_source(words: list[Word]) -> bool:
    words = words[1:] if words and words[0].key in lists.DETERMINERS else words
    if not words or not all(word.text[:1].isupper() for word in words):
        return False
    return len(words) > 1 or words[0].key in lists.PLACES or not lists.is_common(words[0].key)


def _pronoun(text: str, key: str) -> Form:
    gender, number = lists.PRONOUNS[key if key in lists.PRONOUNS else fold(text)]
    person: Gender | None = "m" if gender == "m" else "f" if gender == "f" else None
    return Form("pronoun", text, (key,), gender=person, plural=number == "p", sure=bool(person))


def _is_name_word(words: list[Word], at: int) -> bool:
    """Whether the word may be part of a personal name: capitalised, and no noun of the lists."""
    word = words[at]
    attached = re.match(r"(?:al|el|ul|an|as|ad|ar|d|l|o)[-'’]\w", word.key)
    if not (word.text[:1].isupper() or attached) or not _LETTERS_ONLY.fullmatch(word.text):
        return False
    acronym = word.text.isupper() and len(word.key) > 1
    if acronym and not (
        len(word.key) == 2 and at + 1 < len(words) and word.key not in lists.PLACES
    ):
        return False
    if _in_long_place(words, at):
        return False
    if word.key in lists.SURNAMES_TOO and at == len(words) - 1 and at > 0:
        return _is_name_word(words, at - 1) and not words[at - 1].possessive
    if word.key in lists.GIVEN_TOO and at + 1 < len(words) and not word.possessive:
        return words[at + 1].key not in lists.GIVEN_TOO and _is_name_word(words, at + 1)
    return not lists.is_common(word.key)


def _in_long_place(words: list[Word], at: int) -> bool:
    """Whether the word and a neighbour are a place ("Sri Lanka")."""
    keys = [word.key for word in words]
    pairs = (keys[at : at + 2], keys[max(at - 1, 0) : at + 1])
    return any(" ".join(pair) in lists.LONG_PLACES for pair in pairs)


def _runs(words: list[Word]) -> list[tuple[int, int]]:
    """Half-open ranges of words that could be personal names, particles inside them included."""
    runs: list[tuple[int, int]] = []
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and (_is_name_word(words, end) or _joins(words, at, end)):
            end += 1
            if words[end - 1].possessive:
                break
        if end > at:
            runs.append((at, end))
        at = max(end, at + 1)
    return runs


def _joins(words: list[Word], start: int, at: int) -> bool:
    """Whether a small particle stands inside a name, or opens one after a title."""
    if words[at].key not in lists.PARTICLES or at + 1 >= len(words):
        return False
    if at == start and at > 0 and words[at - 1].key not in lists.TITLES | lists.OFFICES:
        return False
    following = next((i for i in range(at, len(words)) if words[i].key not in lists.PARTICLES), at)
    return _is_name_word(words, following)


def _person(words: list[Word], first: bool) -> tuple[int, int] | None:
    """The range of the personal name that a segment names as its source, if it names one."""
    if " ".join(word.key for word in words) in lists.LONG_PLACES:
        return None
    for start, end in _runs(words):
        if words[end - 1].possessive or not _closes(words, start, end):
            continue
        if start == 0 and (end > 1 or (first and end == len(words))):
            return start, end
        if start > 0 and _introduced(words, start, end):
            return start, end
    return None


def _closes(words: list[Word], start: int, end: int) -> bool:
    """Whether a name is the head of its phrase: nothing follows, or only what is said of it."""
    if end == len(words):
        return True
    following = words[end]
    said = following.text.islower() and following.key in lists.PREPOSITIONS
    return (said or following.text[:1].isdigit()) and (end - start > 1 or start > 0)


def _introduced(words: list[Word], start: int, end: int) -> bool:
    """Whether the word before a name makes it a person's: a title, a role, "Poland's"."""
    before, earlier = words[start - 1], words[: start - 1]
    if before.key in lists.NAMING:
        return True
    if not _within_office(earlier, before):
        return False
    role = before.key in lists.TITLES | lists.ROLES or re.search(r"\w-year-old$", before.key)
    if role or before.possessive:
        return True
    if before.key in lists.PREPOSITIONS | lists.DETERMINERS:
        return False
    if any(word.key in lists.ROLES for word in earlier):
        return before.key in lists.COMMON or before.key in lists.PLACES
    return before.key in lists.PLACES and before.text[0].isupper() and end - start > 1


def _within_office(earlier: list[Word], before: Word) -> bool:
    """Whether a preposition before the name belongs to an office ("Secretary of State Rubio").

    In "an adviser to President Trump" it does not, and the person is not the source.
    """
    words = [*earlier, before]
    at = next((i for i, w in enumerate(words) if w.key in lists.PREPOSITIONS and i > 0), None)
    if at is None:
        return True
    if words[at].key not in ("of", "for") or not any(w.key in lists.ROLES for w in words[:at]):
        return False
    inside = lists.OFFICE_WORDS | lists.BODIES | lists.KNOWN_BODIES | lists.PLACES | {"the", "and"}
    return all(word.key in inside and not word.possessive for word in words[at + 1 :])


def _person_form(segments: list[list[Word]], index: int, start: int, end: int) -> Form:
    words = segments[index][start:end]
    said = _said_of(segments, index, start)
    nouns = {lists.singular(word.key) for word in said} & (lists.ROLES | lists.TITLES)
    core = " ".join(word.text for word in words)
    return Form(
        kind="name",
        core=core,
        words=name_words(core),
        roles=frozenset(nouns & lists.ROLES),
        modifiers=frozenset(content_words(" ".join(w.text for w in said))) - nouns,
        gender=_gender({word.key for word in said}),
        sure=len(words) > 1 or bool(nouns),
    )


def _said_of(segments: list[list[Word]], index: int, start: int) -> list[Word]:
    """The words of a mention that describe its person: title, nation, the head of apposition."""
    said = list(segments[index][:start])
    for segment in segments[:index]:
        said += _head_phrase(segment)
    for segment in segments[index + 1 : index + 2]:
        said += _head_phrase(segment)
    return said


def _proper_part(parts: list[str]) -> str:
    """The part that names a body: the first, or what follows its kind ("the host, Qatar")."""
    first, *others = [part.strip() for part in parts]
    head = (_head_phrase(_words(first)) or _words("-"))[-1]
    for part in others[:1]:
        words = [word for word in _words(part) if word.key not in ("the", "of", "for", "and")]
        capitals = bool(words) and all(word.text[:1].isupper() for word in words)
        if head.text.islower() and capitals and lists.singular(words[-1].key) not in lists.ROLES:
            return part.rstrip(")")
    return first


def _gender(keys: set[str]) -> Gender | None:
    if keys & lists.FEMALE:
        return "f"
    return "m" if keys & lists.MALE else None


def _head_phrase(words: list[Word]) -> list[Word]:
    """The words of a phrase up to its head noun: before the first preposition or relative."""
    words = words[1:] if words and words[0].key in lists.DETERMINERS and len(words) > 1 else words
    for at, word in enumerate(words):
        if at > 0 and word.text.islower() and word.key in lists.PREPOSITIONS - {"and", "or"}:
            return words[:at]
    return words


def _other(core: str) -> Form:
    """The form of a body or a description."""
    words = _words(core) or [Word(core, fold(core), False)]
    first = words[0].key
    head = _head_phrase(words)[-1]
    noun = "" if _is_native([words[0], head]) else lists.singular(head.key)
    kind = _body_or_description(words, head, noun)
    plural = kind == "description" and (
        (noun not in ("", head.key))
        or (head.text.islower() and bool(re.search(r"[^sui]s$", head.key)))
    )
    return Form(
        kind=kind,
        core=core,
        words=content_words(core) or (head.key,),
        roles=frozenset({noun} - {""}),
        modifiers=frozenset(content_words(core)) - {noun, head.key},
        gender=_gender({head.key, noun}) if kind == "description" else None,
        plural=plural or first in lists.QUANTITIES - {"one", "another", "other"},
        definite=first in lists.DEFINITE or words[0].possessive,
        indefinite=first in lists.INDEFINITE,
        sure=kind == "description" and not plural and noun in lists.ROLES,
    )


def _body_or_description(words: list[Word], head: Word, noun: str) -> Kind:
    whole = " ".join(word.key for word in words if word.key != "the")
    if whole in lists.LONG_PLACES or (whole in lists.PLACES and not _is_native(words)):
        return "body"
    chiefs = noun not in ("", head.key) and head is not words[0] and head.text[0].isupper()
    if chiefs or (noun in lists.BODIES and (noun not in lists.ROLES or not head.text.islower())):
        return "body"  # "Joint Chiefs of Staff" is a body, "chiefs of staff" are people
    if noun in lists.ROLES or head.key in lists.QUANTITIES or head.text[:1].islower():
        return "description"
    return "description" if _is_native([words[0], head]) or head.text[:1].isdigit() else "body"


def _is_native(words: list[Word]) -> bool:
    """Whether a mention is a person named by nation ("the Norwegian", "one Syrian in Aleppo")."""
    last = words[-1].key
    return len(words) > 1 and lists.NATIONS.get(last, last) != last and len(last) > 3
