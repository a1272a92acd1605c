"""The outputs of `peacestance label` read back: one row per label, whatever the form.

JSONL, CSV, TSV and Parquet, also compressed (`.gz`), one record after the other.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from peacestance.records import Record, read_records, suffix_of
from peacestance.schema import STANCES, Stance, UserError

REQUIRED = ("article_id", "sentence_index", "start", "end", "text", "speaker", "stance")
"""The columns that a table must have; the others of `exchange.COLUMNS` may be left out."""

_PROBABILITIES = tuple(f"p_{stance}" for stance in STANCES)


@dataclasses.dataclass(frozen=True, slots=True)
class LabelRow:
    """One label: a sentence with one of its speakers (`None`: the reporter) and that stance.

    `probabilities` has one value per stance, in the order of `STANCES`. They and `confidence` are
    `None` where the file does not have them; `model` is `None` for labels by hand.
    """

    article_id: str
    source: str | None
    date: str | None
    outlet: str | None
    sentence_index: int
    start: int
    end: int
    text: str
    speaker: str | None
    mention: str | None
    stance: Stance
    confidence: float | None
    probabilities: tuple[float, ...] | None
    model: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class ArticleRows:
    """The labels of one article, in the order of the file; `title` is known in JSONL only."""

    article_id: str
    title: str | None
    place: str
    rows: tuple[LabelRow, ...]


def read_labels(path: str | Path) -> Iterator[LabelRow]:
    """The labels of an output of `peacestance label`, one after the other.

    Args:
        path: a .jsonl, .csv, .tsv or .parquet file, also .gz.

    Raises:
        UserError: no such file, another suffix, a missing column, a value that cannot be.
    """
    path = Path(path)
    if suffix_of(path) == ".jsonl":
        for article in _articles_of_jsonl(path):
            yield from article.rows
    else:
        for record in read_records(path, REQUIRED):
            yield _row_of_record(record)


def read_label_articles(path: str | Path) -> Iterator[ArticleRows]:
    """The same labels, an article at a time.

    Raises:
        UserError: as `read_labels`; also an article whose rows do not stand together.
    """
    path = Path(path)
    read = _articles_of_jsonl if suffix_of(path) == ".jsonl" else _articles_of_table
    places: dict[str, str] = {}
    for article in read(path):
        if article.article_id in places:
            raise UserError(
                f"{article.place}: article {article.article_id!r} again, after"
                f" {places[article.article_id]}; give each article an id of its own, and keep the"
                " rows of an article together"
            )
        places[article.article_id] = article.place
        yield article


def read_all_articles(paths: Sequence[str | Path]) -> Iterator[ArticleRows]:
    """The articles of all files, as `read_label_articles` gives those of one.

    Raises:
        UserError: an id in two files, which would make two articles one.
    """
    owners: dict[str, str | Path] = {}
    for path in paths:
        for article in read_label_articles(path):
            if article.article_id in owners:
                raise UserError(
                    f"{article.place}: article {article.article_id!r} is in"
                    f" {owners[article.article_id]} too; give each article an id of its own"
                )
            owners[article.article_id] = path
            yield article


def is_labelled(path: str | Path) -> bool:
    """Whether a file is an output of `peacestance label`, by its first line or its columns.

    A file that cannot be read is none; whoever reads it next says why.
    """
    path = Path(path)
    if suffix_of(path) not in {".jsonl", ".csv", ".tsv", ".parquet"}:
        return False
    try:
        first = next(read_records(path), None)
    except UserError:
        return False
    if first is None:
        return False
    wanted = ("sentences", "model") if suffix_of(path) == ".jsonl" else REQUIRED
    return all(name in first.values for name in wanted)


# --- JSONL ---------------------------------------------------------------------------------------


def _articles_of_jsonl(path: Path) -> Iterator[ArticleRows]:
    for record in read_records(path, ("id", "sentences", "model")):
        article = Fields(record.place, record.values)
        rows = tuple(_rows_of_article(article))
        yield ArticleRows(article.text("id"), article.optional("title"), record.place, rows)


def _rows_of_article(article: Fields) -> Iterator[LabelRow]:
    for index, sentence in enumerate(article.objects("sentences", "article")):
        for label in sentence.objects("labels", f"sentence {index}"):
            speaker = label.inner("speaker")
            mention = speaker.inner("mention") if speaker else None
            probabilities = label.inner("probabilities")
            yield LabelRow(
                article_id=article.text("id"),
                source=article.optional("source"),
                date=article.optional("date"),
                outlet=article.optional("outlet"),
                sentence_index=index,
                start=sentence.whole("start"),
                end=sentence.whole("end"),
                text=sentence.text("text"),
                speaker=speaker.text("name") if speaker else None,
                mention=mention.text("text") if mention else None,
                stance=label.stance("stance"),
                confidence=label.share("confidence"),
                probabilities=probabilities.shares(STANCES) if probabilities else None,
                model=article.optional("model"),
            )


# --- tables --------------------------------------------------------------------------------------


def _articles_of_table(path: Path) -> Iterator[ArticleRows]:
    numbered = ((record.place, _row_of_record(record)) for record in read_records(path, REQUIRED))
    for article_id, found in itertools.groupby(numbered, key=lambda pair: pair[1].article_id):
        pairs = list(found)
        yield ArticleRows(article_id, None, pairs[0][0], tuple(row for _, row in pairs))


def _row_of_record(record: Record) -> LabelRow:
    fields = Fields(record.place, record.values)
    return LabelRow(
        article_id=fields.text("article_id"),
        source=fields.optional("source"),
        date=fields.optional("date"),
        outlet=fields.optional("outlet"),
        sentence_index=fields.whole("sentence_index"),
        start=fields.whole("start"),
        end=fields.whole("end"),
        text=fields.text("text"),
        speaker=fields.optional("speaker"),
        mention=fields.optional("mention"),
        stance=fields.stance("stance"),
        confidence=fields.share("confidence"),
        probabilities=fields.shares(_PROBABILITIES),
        model=fields.optional("model"),
    )


def label_numbers(rows: tuple[LabelRow, ...]) -> list[int]:
    """Which label of its sentence each row of an article is, from 0."""
    seen: Counter[int] = Counter()
    numbers = []
    for row in rows:
        numbers.append(seen[row.sentence_index])
        seen[row.sentence_index] += 1
    return numbers


# --- values --------------------------------------------------------------------------------------


class Fields:
    """The values of one record or object, checked as they are taken.

    Cells of CSV are strings, so a number may be written as one.
    """

    def __init__(self, place: str, values: Mapping[str, Any]) -> None:
        self._place, self._values = place, values

    def _wrong(self, name: str, wanted: str) -> UserError:
        found = repr(self._values[name])[:60] if name in self._values else "nothing"
        return UserError(f"{self._place}: {name} is {found}; it must be {wanted}")

    def text(self, name: str) -> str:
        """A text that must be there."""
        value = self.optional(name)
        if value is None:
            raise self._wrong(name, "a text")
        return value

    def optional(self, name: str) -> str | None:
        """A text, or `None` where there is none. Parquet of others may have numbers as ids."""
        value = self._values.get(name)
        if value is None or (isinstance(value, float) and value != value):
            return None
        if isinstance(value, (Mapping, list, bool)):
            raise self._wrong(name, "a text")
        return str(value)

    def whole(self, name: str) -> int:
        """A whole number from 0 that must be there."""
        value = self._values.get(name)
        try:
            number = int(value) if isinstance(value, (str, int)) else -1
        except ValueError:
            number = -1
        if number < 0 or isinstance(value, bool):
            raise self._wrong(name, "a whole number from 0")
        return number

    def share(self, name: str) -> float | None:
        """A number from 0 to 1, or `None` where there is none."""
        value = self._values.get(name)
        if value is None:
            return None
        try:
            number = float(value) if isinstance(value, (str, int, float)) else -1.0
        except ValueError:
            number = -1.0
        if not 0 <= number <= 1:
            raise self._wrong(name, "a number from 0 to 1")
        return number

    def shares(self, names: tuple[str, ...]) -> tuple[float, ...] | None:
        """All of the numbers, or `None` where there are none of them."""
        found = [self.share(name) for name in names]
        whole = tuple(number for number in found if number is not None)
        if whole and len(whole) < len(names):
            raise self._wrong(names[found.index(None)], "a number from 0 to 1, as its neighbours")
        return whole or None

    def stance(self, name: str) -> Stance:
        """A stance that must be there."""
        value = self._values.get(name)
        if value not in set(STANCES):
            raise self._wrong(name, f"one of {', '.join(STANCES)}")
        return Stance(str(value))

    def inner(self, name: str) -> Fields | None:
        """The object in a field, or `None` where there is none."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self._wrong(name, "an object or null")
        return Fields(f"{self._place}: {name}", value)

    def objects(self, name: str, what: str) -> Iterator[Fields]:
        """The objects of a list."""
        values = self._values.get(name)
        if not isinstance(values, list) or not all(isinstance(v, Mapping) for v in values):
            raise self._wrong(name, "a list of objects")
        for value in values:
            yield Fields(f"{self._place}: {what}", value)
