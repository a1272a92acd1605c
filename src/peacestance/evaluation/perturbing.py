"""Changes of an article under which its labels must stay: other names, marks, an idle sentence.

Each change is a pure function from an article and its options to one or more changed texts, each
with a map from the old sentences to the new ones (invariance tests: Ribeiro et al. 2020, section
2.2). `CHANGES` lists them by the name that a suite calls them.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from peacestance.schema import UserError

GENDERS = {"woman": "women", "man": "men"}
"""What a person is to pronouns, and the key of the list of such names."""

Options = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs of sentences; sentences count from 0 through all paragraphs."""

    paragraphs: tuple[tuple[str, ...], ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """All sentences, in reading order."""
        return tuple(sentence for paragraph in self.paragraphs for sentence in paragraph)

    def __str__(self) -> str:
        return "\n\n".join(" ".join(paragraph) for paragraph in self.paragraphs)

    def spans(self) -> list[tuple[int, int]]:
        """Half-open character offsets of the sentences into `str(self)`.

        >>> Text((("A.", "Be."), ("C.",))).spans()
        [(0, 2), (3, 6), (8, 10)]
        """
        spans, at = [], 0
        for paragraph in self.paragraphs:
            for sentence in paragraph:
                spans.append((at, at + len(sentence)))
                at += len(sentence) + 1  # the space
            at += 1  # an empty line is two characters, one of which the last sentence has counted
        return spans

    def each(self, change: Callable[[str], str]) -> Text:
        """The text with every sentence changed."""
        return Text(tuple(tuple(change(s) for s in paragraph) for paragraph in self.paragraphs))


@dataclasses.dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom an article names; `side` is an index into the article's sides."""

    name: str
    gender: str
    side: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class PoolArticle:
    """An article that changes are applied to.

    `sides` holds the names of each of the two sides; the names at the same place are partners
    (the state, its adjective, its capital). `number` counts the articles of the pool.
    """

    id: str
    text: Text
    people: tuple[Person, ...] = ()
    sides: tuple[tuple[str, ...], ...] = ()
    number: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Changed:
    """A changed text.

    `places[i]` is where sentence i of the original now stands. `renamed` holds the names that were
    replaced, `actors` who speaks in the place of another, with the names that are theirs now.
    """

    variant: str
    text: Text
    places: tuple[int, ...]
    renamed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    actors: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)


def unmoved(variant: str, text: Text) -> Changed:
    """A changed text whose sentences stand where they stood."""
    return Changed(variant, text, tuple(range(len(text.sentences))))


# --- marks and letters ----------------------------------------------------------------------------


def typographic_quotes(sentence: str) -> str:
    """Curly quotation marks and apostrophes for straight ones.

    >>> typographic_quotes("Roe's men left."), typographic_quotes('"They left," he said.')
    ('Roe’s men left.', '“They left,” he said.')
    """
    opened = re.sub(r'(^|[\s(\[-])"', r"\1“", sentence)
    return re.sub(r"(^|[\s(“])'(?=\w)", r"\1‘", opened).replace('"', "”").replace("'", "’")


def typographic_dashes(sentence: str) -> str:
    """A dash for a hyphen between spaces.

    >>> typographic_dashes("A well-read man - so they say.")
    'A well-read man — so they say.'
    """
    return sentence.replace(" - ", " — ")


def upper_case(sentence: str) -> str:
    """Capital letters throughout, as in a flash."""
    return sentence.upper()


def without_commas(sentence: str) -> str:
    """No comma before a space; those before a quotation mark and in numbers stay.

    >>> without_commas('"No," he said, and left 1,200 men.')
    '"No," he said and left 1,200 men.'
    """
    return sentence.replace(", ", " ")


def without_final_stops(text: Text) -> Text:
    """No full stop at the end of a paragraph, where the line's end says that a sentence is over."""
    return Text(tuple((*p[:-1], re.sub(r'\.("?)$', r"\1", p[-1])) for p in text.paragraphs))


def speech_verb(sentence: str, verb: str) -> str:
    """Another verb of speech for "said".

    >>> speech_verb("Roe said that it would hold.", "told reporters")
    'Roe told reporters that it would hold.'
    """
    return re.sub(r"\bsaid\b", verb, sentence)


# --- names ----------------------------------------------------------------------------------------


def exchange(text: str, names: Mapping[str, str]) -> str:
    """Every name replaced by its partner, all at once; whole words, the longest name first.

    >>> exchange("Anna Roe met Day. Roe's men left.", {"Anna Roe": "Ben Low", "Roe": "Low"})
    "Ben Low met Day. Low's men left."
    >>> exchange("North fears South.", {"North": "South", "South": "North"})
    'South fears North.'
    """
    if not names:
        return text
    forms = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{forms})(?!\w)", lambda match: names[match[0]], text)


def new_names(article: PoolArticle, lists: Mapping[str, Any]) -> list[Changed]:
    """The article once for every list, its people under names of that list and of their gender.

    Articles begin at different places of a list, so that all its names are used. A surname that
    stands alone is replaced too; surnames are last words.

    Args:
        article: the original.
        lists: by origin, the lists `women` and `men` of full names.

    Raises:
        UserError: a list is missing or has fewer names than the article has people.
    """
    changed = []
    for variant, names in lists.items():
        partners = _partners(article, variant, names)
        renamed = partners | {_surname(old): _surname(new) for old, new in partners.items()}
        text = article.text.each(partial(exchange, names=renamed))
        actors = {name: (name,) for name in partners.values()}
        plain = unmoved(variant, text)
        changed.append(dataclasses.replace(plain, renamed=renamed, actors=actors))
    return changed


def _partners(article: PoolArticle, variant: str, names: Any) -> dict[str, str]:
    """The new name of each person of the article."""
    partners = {}
    for gender, key in GENDERS.items():
        people = [person for person in article.people if person.gender == gender]
        offered = names.get(key) if isinstance(names, dict) else None
        found = len(offered) if isinstance(offered, list) else 0
        if not isinstance(offered, list) or found < len(people):
            raise UserError(
                f"'lists' has {found} names of {key} for {variant!r}, where article {article.id!r} "
                f"needs {len(people)}; add names"
            )
        for k, person in enumerate(people):
            partners[person.name] = str(offered[(article.number + k) % found])
    return partners


def _surname(name: str) -> str:
    return name.split()[-1]


def exchange_sides(article: PoolArticle) -> Changed:
    """The names of the two sides exchanged everywhere; people keep theirs and change sides."""
    first, second = article.sides
    renamed = dict(zip((*first, *second), (*second, *first), strict=True))
    text = article.text.each(lambda sentence: exchange(sentence, renamed))
    people = [tuple(p.name for p in article.people if p.side == side) for side in (0, 1)]
    actors = {first[0]: (*first, *people[1]), second[0]: (*second, *people[0])}
    plain = unmoved("sides exchanged", text)
    return dataclasses.replace(plain, renamed=renamed, actors=actors)


# --- sentences ------------------------------------------------------------------------------------


def insert(text: Text, after: int, sentence: str) -> Changed:
    """The text with one more sentence, in the paragraph of the sentence that it follows.

    >>> changed = insert(Text((("A.", "B."), ("C.",))), 1, "Rain.")
    >>> changed.text.paragraphs, changed.places
    ((('A.', 'B.', 'Rain.'), ('C.',)), (0, 1, 3))

    Raises:
        UserError: no sentence of that number.
    """
    count = len(text.sentences)
    if not 0 <= after < count:
        raise UserError(f"'after' is {after}; the article has sentences 0 to {count - 1}")
    paragraphs, seen = [], 0
    for paragraph in text.paragraphs:
        at = after + 1 - seen
        inside = 0 < at <= len(paragraph)
        paragraphs.append((*paragraph[:at], sentence, *paragraph[at:]) if inside else paragraph)
        seen += len(paragraph)
    places = tuple(k + (k > after) for k in range(count))
    return Changed("", Text(tuple(paragraphs)), places)


# --- by name --------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """A change as a suite asks for it: what makes it, and the options that it needs."""

    make: Callable[[PoolArticle, Options], Sequence[Changed]]
    options: Mapping[str, type] = dataclasses.field(default_factory=dict)


def _by_sentence(variant: str, change: Callable[[str], str]) -> Change:
    return Change(lambda article, _: [unmoved(variant, article.text.each(change))])


def _speech_verbs(article: PoolArticle, options: Options) -> list[Changed]:
    return [
        unmoved(str(verb), article.text.each(partial(speech_verb, verb=str(verb))))
        for verb in options["verbs"]
    ]


CHANGES: Mapping[str, Change] = {
    "typographic-quotes": _by_sentence("typographic quotes", typographic_quotes),
    "typographic-dashes": _by_sentence("typographic dashes", typographic_dashes),
    "upper-case": _by_sentence("upper case", upper_case),
    "no-commas": _by_sentence("no commas", without_commas),
    "no-final-stops": Change(
        lambda article, _: [unmoved("no final stops", without_final_stops(article.text))]
    ),
    "speech-verbs": Change(_speech_verbs, {"verbs": list}),
    "new-names": Change(
        lambda article, options: new_names(article, options["lists"]), {"lists": dict}
    ),
    "exchange-sides": Change(lambda article, _: [exchange_sides(article)]),
    "insert": Change(
        lambda article, options: [insert(article.text, options["after"], options["sentence"])],
        {"after": int, "sentence": str},
    ),
}


def perturb(article: PoolArticle, name: str, options: Options) -> Iterator[Changed]:
    """The changed texts that a change of `CHANGES` makes, without those that are as they were.

    Raises:
        UserError: the options do not fit the article.
    """
    for changed in CHANGES[name].make(article, options):
        if changed.text != article.text:
            yield changed
