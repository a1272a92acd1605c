"""The forms that articles come in: plain text, HTML, JSONL, CSV and Parquet, one reader for each.

A reader gives articles one after the other, and a `UserError` of one line for each that it cannot
read; it raises one for what ends the file. `readers.read_articles` is the way in.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from peacestance.records import (
    STDIN,
    bare,
    csv_rows,
    decoded,
    encoding_of,
    json_object,
    lines,
    opened,
    reason_of,
    suffix_of,
)
from peacestance.schema import Article, UserError

_PARQUET_BATCH_ROWS = 256
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclasses.dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read the input.

    The `*_field` names are keys of JSONL and columns of CSV and Parquet; only `text_field` must be
    there. `encoding` is that of text files (`None`: UTF-8, or UTF-16 where its mark says so). With
    `skip_bad`, a record or file that cannot be read is passed to `on_skip` as a one-line message,
    and reading goes on.
    """

    text_field: str = "text"
    id_field: str = "id"
    title_field: str = "title"
    date_field: str = "date"
    outlet_field: str = "outlet"
    encoding: str | None = None
    skip_bad: bool = False
    on_skip: Callable[[str], None] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """An article and where it stands. An id that was derived from the place may be changed."""

    article: Article
    place: str
    derived_id: bool = True


Item: TypeAlias = "Found | UserError"


class InputError(UserError):
    """Concerns a whole input as it was called; `skip_bad` does not pass over it."""


def stem_of(path: Path) -> str:
    """The name that articles of a file get: the file's, without suffixes."""
    return Path(bare(path.name)).name


# --- one article a file --------------------------------------------------------------------------


def read_text(path: Path, options: ReadOptions) -> Iterator[Item]:
    """One article: the whole file or standard input, its characters as they are."""
    with opened(path) as stream:
        raw = stream.read()
    encoding = encoding_of(raw, options.encoding, path)
    text = decoded(raw, encoding, str(path))
    name = "stdin" if str(path) == STDIN else stem_of(path)
    yield _found({"text": text}, ReadOptions(), name, path, str(path))


def _read_html(path: Path, options: ReadOptions) -> Iterator[Item]:
    try:
        import trafilatura
    except ImportError:
        raise _missing("web", path) from None
    with opened(path) as stream:
        raw = stream.read()
    encoding_of(raw, options.encoding, path)
    page = decoded(raw, options.encoding, str(path)) if options.encoding else raw
    found = trafilatura.bare_extraction(page, with_metadata=True) if raw.strip() else None
    document = found.as_dict() if isinstance(found, trafilatura.settings.Document) else found or {}
    if not document.get("text"):
        raise UserError(f"{path}: no article text found in this page; give its text as .txt")
    record = {
        "text": "\n\n".join(line for line in document["text"].splitlines() if line.strip()),
        "title": document["title"],
        "date": document["date"],
        "outlet": document["sitename"],
    }
    yield _found(record, ReadOptions(), stem_of(path), path, str(path))


def _missing(extra: str, path: Path) -> UserError:
    return InputError(
        f"{path}: reading {suffix_of(path)} needs an extra: pip install 'peacestance[{extra}]'"
    )


# --- many articles a file ------------------------------------------------------------------------


def _read_jsonl(path: Path, options: ReadOptions) -> Iterator[Item]:
    for number, line in lines(path, options.encoding):
        place = f"{path}:{number}"
        if isinstance(line, UserError):
            yield line
        elif line.strip():
            record = json_object(line, place)
            if isinstance(record, UserError):
                yield record
            else:
                yield _found(record, options, f"{stem_of(path)}-{number}", path, place)


def _read_csv(path: Path, options: ReadOptions) -> Iterator[Item]:
    rows = csv_rows(path, options.encoding, options.text_field)
    _, first = next(rows, (0, []))
    header = [cell.strip() for cell in first]
    _check_columns(path, header, options)
    for number, row in rows:
        yield _csv_record(row, header, options, path, number)


def _csv_record(
    row: list[str], header: list[str], options: ReadOptions, path: Path, number: int
) -> Item:
    place = f"{path}:{number}"
    if len(row) > len(header):
        return UserError(
            f"{place}: {len(row)} cells where the header has {len(header)} columns; put quotation"
            " marks around cells that contain the delimiter"
        )
    record = {name: cell or None for name, cell in zip(header, row, strict=False)}
    record[options.text_field] = record.get(options.text_field) or ""
    return _found(record, options, f"{stem_of(path)}-{number}", path, place)


def _check_columns(path: Path, columns: Sequence[str], options: ReadOptions) -> None:
    if options.text_field not in columns:
        listed = ", ".join(columns[:20]) + (", ..." if len(columns) > 20 else "")
        raise InputError(
            f"{path}: no column {options.text_field!r}; its columns are: {listed or '(none)'}; name"
            " the one with the article's text with --text-column"
        )


def _read_parquet(path: Path, options: ReadOptions) -> Iterator[Item]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise _missing("archive", path) from None
    wanted = [options.text_field, *_meta_fields(options).values()]
    number = 0
    try:
        with pq.ParquetFile(path) as table:
            _check_columns(path, table.schema_arrow.names, options)
            columns = [name for name in wanted if name in table.schema_arrow.names]
            for batch in table.iter_batches(_PARQUET_BATCH_ROWS, columns=columns):
                for record in batch.to_pylist():
                    number += 1
                    name, place = f"{stem_of(path)}-{number}", f"{path}, row {number}"
                    yield _found(record, options, name, path, place)
    except pa.ArrowException as error:
        raise UserError(f"{path}: not a readable Parquet file: {reason_of(error)}") from None


# --- one record -> one article -------------------------------------------------------------------


def _meta_fields(options: ReadOptions) -> dict[str, str]:
    return {
        "id": options.id_field,
        "title": options.title_field,
        "date": options.date_field,
        "outlet": options.outlet_field,
    }


def _found(
    record: Mapping[str, Any], options: ReadOptions, name: str, path: Path, place: str
) -> Item:
    """The article of a record, or the problem with it. `name` is the id where it has none."""
    if options.text_field not in record:
        keys = ", ".join(list(record)[:20]) or "(none)"
        return UserError(
            f"{place}: no field {options.text_field!r}; found: {keys}; name the one with the"
            " article's text with --text-column"
        )
    text = record[options.text_field]
    problem = _text_problem(text)
    if problem is not None:
        return UserError(f"{place}: {problem}")
    meta: dict[str, str | None] = {}
    for key, field in _meta_fields(options).items():
        value = record.get(field)
        if isinstance(value, (dict, list, bool)) or (isinstance(value, str) and _unusable(value)):
            return UserError(f"{place}: field {field!r} must be a text or a number")
        meta[key] = None if value is None else str(value).strip() or None
    derived = meta["id"] is None
    article = Article(
        id=meta["id"] or name,
        text=text,
        title=meta["title"],
        date=meta["date"],
        outlet=meta["outlet"],
        source=str(path),
    )
    return Found(article, place, derived)


def _text_problem(text: object) -> str | None:
    if not isinstance(text, str):
        return f"the text is of type {type(text).__name__}; it must be a string"
    if not text:
        return "the text is empty"
    if not text.strip():
        return "the text is only white space"
    if "\0" in text:
        return f"binary, not text (a NUL at character {text.index(chr(0))})"
    if found := _SURROGATE.search(text):
        return (
            f"the text has half a surrogate pair (U+{ord(found[0]):04X}) at character"
            f" {found.start()}; write it out again as valid Unicode"
        )
    return None


def _unusable(value: str) -> bool:
    return _SURROGATE.search(value) is not None or "\0" in value


READERS: dict[str, Callable[[Path, ReadOptions], Iterator[Item]]] = {
    ".txt": read_text,
    ".md": read_text,
    ".html": _read_html,
    ".htm": _read_html,
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".parquet": _read_parquet,
}
SUFFIXES: tuple[str, ...] = tuple(READERS)
