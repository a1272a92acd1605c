"""The files of behaviour suites: cases and the pool of articles, read and checked.

eval/suites/README.md documents their form.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from peacestance.corpus.textform import near_miss
from peacestance.evaluation.perturbing import (
    CHANGES,
    GENDERS,
    Changed,
    Person,
    PoolArticle,
    Text,
    perturb,
)
from peacestance.records import Record, read_records
from peacestance.schema import STANCES, Stance, UserError

POOL_FILE = "articles.jsonl"
EVERY_ARTICLE = "*"
EXPECTED, INVARIANT = KINDS = ("expected", "invariant")

_TYPE_NAMES = {str: "a string", int: "a whole number", list: "a list", dict: "an object"}

Pool = Mapping[str, PoolArticle]


@dataclasses.dataclass(frozen=True, slots=True)
class Expectation:
    """What a sentence must have: a stance, and a speaker too where `names_speaker`.

    `speaker` is then `None` for the reporter.
    """

    sentence: int
    stance: Stance
    speaker: str | None = None
    names_speaker: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class ExpectedText:
    """A text with what some of its sentences must have."""

    variant: str
    text: Text
    expectations: tuple[Expectation, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One test: `expected` texts, or an `original` whose labels the `changed` texts must keep."""

    suite: str
    id: str
    note: str
    expected: tuple[ExpectedText, ...] = ()
    original: Text | None = None
    changed: tuple[Changed, ...] = ()


class Fields:
    """The fields of a JSON object, each taken once; one that nobody took is refused by `done`.

    Every problem is one line: the place, the field, what was found, what is allowed. (pydantic
    does this too, but the core has no other need of it.)
    """

    def __init__(self, values: Any, place: str, path: str = "") -> None:
        self.place, self.path = place, path
        self._taken: list[str] = []
        if not isinstance(values, Mapping):
            raise UserError(f"{place}: field '{path}' is {values!r}; it must be an object")
        self._values = values

    def error(self, name: str, message: str) -> UserError:
        """A problem with one of the fields."""
        return UserError(f"{self.place}: field '{self._at(name)}' {message}")

    def has(self, name: str) -> bool:
        """Whether the object has the field."""
        return name in self._values

    def take(
        self, name: str, kind: type, choices: Iterable[str] = (), *, nullable: bool = False
    ) -> Any:
        """The value of a field that must be there, of this kind, and one of `choices`."""
        self._taken.append(name)
        if name not in self._values:
            raise self.error(name, f"is missing; it must be {_TYPE_NAMES[kind]}")
        value, allowed = self._values[name], [str(choice) for choice in choices]
        if nullable and value is None:
            return None
        if not isinstance(value, kind) or isinstance(value, bool) or value in ("", [], {}):
            raise self.error(name, f"is {value!r}; it must be {_TYPE_NAMES[kind]}, not empty")
        if allowed and value not in allowed:
            hint = near_miss(str(value), allowed)
            raise self.error(name, f"is {value!r}; allowed are {', '.join(allowed)}{hint}")
        return value

    def objects(self, name: str) -> list[Fields]:
        """The objects of a list."""
        values = self.take(name, list)
        return [
            Fields(value, self.place, f"{self._at(name)}[{k}]") for k, value in enumerate(values)
        ]

    def done(self) -> None:
        """Refuse what was not taken."""
        for name in self._values:
            if name not in self._taken:
                hint = near_miss(name, self._taken)
                raise self.error(name, f"is not known; allowed are {', '.join(self._taken)}{hint}")

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}".strip(".")


# --- the pool -------------------------------------------------------------------------------------


def read_pool(path: Path) -> dict[str, PoolArticle]:
    """The articles of a pool by id, in order.

    Raises:
        UserError: no such file, a field that is missing, wrong or unknown, an id used twice.
    """
    pool: dict[str, PoolArticle] = {}
    for record in read_records(path):
        article = _read_article(Fields(record.values, record.place), len(pool))
        if article.id in pool:
            raise UserError(f"{record.place}: field 'id' is {article.id!r}, which is taken above")
        pool[article.id] = article
    return pool


def _read_article(fields: Fields, number: int) -> PoolArticle:
    id, text = fields.take("id", str), _read_text(fields)
    sides = _read_sides(fields) if fields.has("sides") else ()
    people = fields.objects("people") if fields.has("people") else []
    fields.done()
    return PoolArticle(
        id, text, tuple(_read_person(entry, text, len(sides)) for entry in people), sides, number
    )


def _read_person(fields: Fields, text: Text, n_sides: int) -> Person:
    name, gender = fields.take("name", str), fields.take("gender", str, GENDERS)
    side = fields.take("side", int) if fields.has("side") else None
    fields.done()
    if name not in str(text):
        raise fields.error("name", f"is {name!r}, which the article does not hold")
    if side is not None and side not in range(n_sides):
        raise fields.error("side", f"is {side}; it must be 0 or 1, and the article have 'sides'")
    return Person(name, gender, side)


def _read_sides(fields: Fields) -> tuple[tuple[str, ...], ...]:
    sides = fields.take("sides", list)
    lists = [side for side in sides if isinstance(side, list) and side]
    if len(sides) != 2 or len(lists) != 2 or len(lists[0]) != len(lists[1]):
        raise fields.error("sides", "must be two lists with the same number of names")
    return tuple(tuple(str(name) for name in side) for side in lists)


def _read_text(fields: Fields) -> Text:
    """The field `paragraphs`: lists of sentences."""
    paragraphs = fields.take("paragraphs", list)
    for k, paragraph in enumerate(paragraphs):
        if not isinstance(paragraph, list) or not paragraph:
            raise fields.error(f"paragraphs[{k}]", f"is {paragraph!r}; it must list sentences")
        for i, sentence in enumerate(paragraph):
            plain = " ".join(sentence.split()) if isinstance(sentence, str) else ""
            if not plain or plain != sentence:
                raise fields.error(
                    f"paragraphs[{k}][{i}]",
                    f"is {sentence!r}; it must be a sentence without line breaks or spare spaces",
                )
    return Text(tuple(tuple(paragraph) for paragraph in paragraphs))


# --- cases ----------------------------------------------------------------------------------------


def load_cases(paths: Sequence[str | Path]) -> list[Case]:
    """The cases of suite files, or of all files of folders, in order.

    A case for the article `*` becomes one case for every article that the change applies to. The
    pool of a suite file is the file `articles.jsonl` beside it.

    Raises:
        UserError: no such path, no case, a field that is missing, wrong or unknown, an id used
            twice in a suite.
    """
    pool_of = cache(read_pool)
    cases: dict[tuple[str, str], Case] = {}
    for path in (file for given in paths for file in _suite_files(Path(given))):
        for record in read_records(path):
            for case in _read_case(record, partial(pool_of, path.parent / POOL_FILE)):
                if (case.suite, case.id) in cases:
                    raise UserError(f"{record.place}: field 'id' is {case.id!r}, which is taken")
                cases[case.suite, case.id] = case
    if not cases:
        raise UserError(f"{', '.join(map(str, paths))}: no case found; give files with cases")
    return list(cases.values())


def _suite_files(path: Path) -> list[Path]:
    if not path.exists():
        raise UserError(
            f"{path}: no such file or folder; give a suite (.jsonl) or a folder of them"
        )
    if path.is_file():
        return [path]
    return [file for file in sorted(path.glob("*.jsonl")) if file.name != POOL_FILE]


def _read_case(record: Record, pool: Callable[[], Pool]) -> list[Case]:
    fields = Fields(record.values, record.place)
    case = Case(fields.take("suite", str), fields.take("id", str), fields.take("note", str))
    expected = fields.take("kind", str, KINDS) == EXPECTED
    if fields.has("article"):
        cases = list(_pool_cases(case, fields, pool(), expected))
    elif expected:
        texts = tuple(_read_expected(entry) for entry in fields.objects("texts"))
        cases = [dataclasses.replace(case, expected=texts)]
    else:
        cases = [_read_invariant(case, fields)]
    fields.done()
    return cases


def _read_expected(fields: Fields) -> ExpectedText:
    variant, text = _read_variant(fields), _read_text(fields)
    expectations = _read_expectations(fields, text)
    fields.done()
    return ExpectedText(variant, text, expectations)


def _read_variant(fields: Fields) -> str:
    return str(fields.take("variant", str)) if fields.has("variant") else ""


def _read_expectations(fields: Fields, text: Text) -> tuple[Expectation, ...]:
    return tuple(_read_expectation(entry, text) for entry in fields.objects("expect"))


def _read_expectation(fields: Fields, text: Text) -> Expectation:
    sentence = _read_place(fields, "sentence", len(text.sentences))
    stance, named = Stance(fields.take("stance", str, STANCES)), fields.has("speaker")
    speaker = fields.take("speaker", str, nullable=True) if named else None
    fields.done()
    return Expectation(sentence, stance, speaker, named)


def _read_place(fields: Fields, name: str, count: int) -> int:
    place: int = fields.take(name, int)
    if place not in range(count):
        raise fields.error(name, f"is {place}; the text has sentences 0 to {count - 1}")
    return place


def _read_invariant(case: Case, fields: Fields) -> Case:
    """An original and its changed texts, all written out."""
    first, *others = fields.objects("texts")
    original = _read_text(first)
    first.done()
    if not others:
        raise fields.error(
            "texts", "has one text; an invariant needs the original and a changed one"
        )
    changed = tuple(_read_changed(entry, original) for entry in others)
    return dataclasses.replace(case, original=original, changed=changed)


def _read_changed(fields: Fields, original: Text) -> Changed:
    variant, text, count = _read_variant(fields), _read_text(fields), len(original.sentences)
    places = fields.take("places", list) if fields.has("places") else list(range(count))
    fields.done()
    if len(places) != count or not all(place in range(len(text.sentences)) for place in places):
        raise fields.error(
            "places", f"is {places!r}; it must say for {count} sentences where they now stand"
        )
    return Changed(variant, text, tuple(places))


def _pool_cases(case: Case, fields: Fields, pool: Pool, expected: bool) -> Iterator[Case]:
    """A case for an article of the pool, or for every one that the changes apply to."""
    id = fields.take("article", str)
    every = id == EVERY_ARTICLE and not expected
    if not every and id not in pool:
        hint = near_miss(id, pool)
        raise fields.error("article", f"is {id!r}, which {POOL_FILE} does not hold{hint}")
    changes = [_read_change(entry) for entry in fields.objects("changes")]
    for article in pool.values() if every else [pool[id]]:
        changed = _changed(article, changes, fields)
        if not changed and not every:
            raise fields.error("changes", f"leave article {id!r} as it is")
        if expected:
            texts = tuple(_expected_of(one, fields) for one in changed)
            yield dataclasses.replace(case, expected=texts)
        elif changed:
            own = f"{case.id}-{article.id}" if every else case.id
            yield dataclasses.replace(case, id=own, original=article.text, changed=tuple(changed))


def _expected_of(changed: Changed, fields: Fields) -> ExpectedText:
    text = changed.text
    return ExpectedText(changed.variant, text, _read_expectations(fields, text))


def _read_change(fields: Fields) -> tuple[str, dict[str, Any]]:
    name = fields.take("name", str, CHANGES)
    options = {key: fields.take(key, kind) for key, kind in CHANGES[name].options.items()}
    fields.done()
    return name, options


def _changed(
    article: PoolArticle, changes: Sequence[tuple[str, dict[str, Any]]], fields: Fields
) -> list[Changed]:
    try:
        return [one for name, options in changes for one in perturb(article, name, options)]
    except UserError as error:
        raise fields.error("changes", f"cannot be made: {error}") from None
