"""What the article adds to a mention's own words: titles around it, the fullest name.

Standard library only.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from peacestance import speaker_words as lists
from peacestance.names import Form, fold, read_form
from peacestance.schema import Mention
from peacestance.spelling import same_person

# Two to five words with capitals, small particles between them allowed.
_CAPITALS = re.compile(
    r"(?:(?:[^\W\d_a-z][\w’'-]*|[A-Z]\.)\s+(?:(?:van|von|de|der|bin|al|la|del|da|ibn)\s+)*){1,4}"
    r"[^\W\d_a-z][\w-]*"
)
_AFTER = re.compile(r"(?:, \d\d)?, (?:the|an?|his|her|its|\w+’s|\w+'s|former) [^,.;:\n“”\"]{3,70}")
_NAME_BEHIND = re.compile(rf", ((?:[^\s,;:“”\"]+ ){{0,5}}?)({_CAPITALS.pattern})(?=[,.;:]|$)")
_AGE = re.compile(r", (\d\d)(?=,)")
_APPOSITION_BEFORE = re.compile(
    r"\b(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Ii]ts|\w+['’]s) [^,.;:\n“”\"]{3,60}, $"
)
_TITLE_WORDS = lists.TITLES | lists.OFFICES | lists.OCCUPATIONS | lists.OFFICE_WORDS
_ARTICLE = re.compile(r"^(?:The|An?|Some|Two|Three|Other|Another|His|Her|Its|Their)(?= )")


def display_name(forms: Sequence[Form], text: str) -> str:
    """The fullest name of one speaker.

    A personal name of several words without title beats a surname, that a body, that a
    description, that a pronoun. A surname alone is completed from the article where it gives one
    full name that ends in it.

    Args:
        forms: The speaker's mentions in reading order, at least one.
        text: The article's text.
    """
    names = [form.core for form in forms if form.kind == "name"]
    if names:
        best = min(names, key=lambda name: (-len(name.split()), name.isupper(), names.index(name)))
        return best if len(best.split()) > 1 else full_names(text).get(fold(best), best)
    bodies = [form.core for form in forms if form.kind == "body"]
    if bodies:
        return _small_article(
            min(bodies, key=lambda name: (-_proper_size(name), bodies.index(name)))
        )
    described = [form.core for form in forms if form.kind == "description"]
    return _small_article((described or [forms[0].core])[0])


def form_in_context(text: str, mention: Mention) -> Form:
    """The form of a mention, with what the text around a personal name says of the person.

    Read are the title before it ("Prime Minister [Tusk]") and the apposition before or after it
    ("a lawmaker, [Name],", "[Name], 61, a lawmaker"); the core stays that of the mention. A
    description with the name in apposition ("[the council's chairman], Name, said") is that name.
    """
    form = read_form(mention.text)
    if form.kind == "description" and not form.plural:
        return _named_behind(form, text[mention.end :][:100])
    if form.kind != "name":
        return form
    before, after = text[max(0, mention.start - 100) : mention.start], text[mention.end :][:100]
    apposition, age = _AFTER.match(after), _AGE.match(after)
    wide = read_form(_before(before) + mention.text + (apposition[0] if apposition else ""))
    if wide.core != form.core:
        return form
    ages = {f"{age[1]}-year-old"} if age else set()
    return _said_of(form, dataclasses.replace(wide, roles=wide.roles | ages))


def _named_behind(description: Form, after: str) -> Form:
    """The full name that stands in apposition behind a description, else the description.

    Titles may stand before the name ("the mediator, former judge Birgit Aalund,").
    """
    match = _NAME_BEHIND.match(after)
    name = read_form(match[2]) if match else description
    titles = match[1].split() if match else []
    if name.kind != "name" or len(name.words) < 2 or not all(map(_is_title_word, titles)):
        return description
    return _said_of(name, description)


def _said_of(name: Form, other: Form) -> Form:
    """The name, with what another form of the same person says of that person."""
    return dataclasses.replace(
        name,
        roles=name.roles | other.roles,
        modifiers=name.modifiers | other.modifiers,
        gender=name.gender or other.gender,
    )


def _before(text: str) -> str:
    """The title or apposition at the end of what stands before a name; empty if there is none."""
    apposition = _APPOSITION_BEFORE.search(text)
    if apposition:
        return apposition[0]
    kept: list[str] = []
    for word in reversed(re.split(r"[.!?;:,\n“”\"(]\s", text)[-1].split(" ")):
        if word and not _is_title_word(word):
            break
        kept.insert(0, word)
    return " ".join(kept)


def _is_title_word(word: str) -> bool:
    return word[0].isupper() or fold(word) in _TITLE_WORDS


def _proper_size(name: str) -> int:
    bare = re.sub(r"^(?:the|an?)\s+", "", name, flags=re.IGNORECASE)
    return len(bare) if any(c.isupper() for c in bare) else len(bare) - 1000


def _small_article(name: str) -> str:
    """A name as inside a sentence: "The Kremlin" -> "the Kremlin", "He" -> "he"."""
    if fold(name) in lists.PRONOUNS and name != "I":
        return name.lower()
    return _ARTICLE.sub(lambda match: match[0].lower(), name)


@functools.lru_cache(maxsize=8)
def full_names(text: str) -> Mapping[str, str]:
    """Folded surname -> the only full personal name in a text that ends in it.

    >>> dict(full_names("In Warsaw Donald Tusk met him. Later Tusk left; it was later."))
    {'tusk': 'Donald Tusk'}
    """
    found: dict[str, Counter[str]] = {}
    small = lists.OPENERS.union(re.findall(r"\b[a-z]+\b", text))
    for match in _CAPITALS.finditer(text):
        form = read_form(match[0])
        first = form.core.split()[0].lower()
        if form.kind == "name" and len(form.words) > 1 and first not in small:
            found.setdefault(fold(form.core.split()[-1]), Counter())[form.core] += 1
    return {surname: names.most_common(1)[0][0] for surname, names in found.items() if _one(names)}


def _one(names: Counter[str]) -> bool:
    """Whether all the full names are one person's."""
    first, *others = (read_form(name).words for name in names)
    return all(same_person(first, other) for other in others)
