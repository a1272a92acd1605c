"""The forms that articles come in: plain text, HTML, JSONL, CSV and Parquet, one reader for each.

A reader gives articles one after the other, and a `UserError` of one line for each that it cannot
read; it raises one for what ends the file. `readers.read_articles` is the way in.
"""

from __future__ import annotations

import codecs
import csv
import dataclasses
import gzip
import io
import itertools
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeAlias, TypeGuard

from peacestance.schema import Article, UserError

STDIN = "-"
_CSV_FIELD_LIMIT = 2**31 - 1  # an article may be far longer than the 131,072 that csv allows
_PARQUET_BATCH_ROWS = 256
_HEAD_BYTES = 8_192
# What a binary file begins with that may hold no NUL in its first bytes.
_SIGNATURES = {
    b"%PDF-": "PDF",
    b"PK\x03\x04": "ZIP or Office",
    b"{\\rtf": "RTF",
    b"\x1f\x8b": "gzip",
}
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


def suffix_of(path: Path) -> str:
    """The suffix that says the form: that before `.gz` where there is one."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def bare(name: str) -> str:
    """A file's path without its suffixes of form and compression."""
    return str(Path(name.removesuffix(".gz")).with_suffix(""))


def stem_of(path: Path) -> str:
    """The name that articles of a file get: the file's, without suffixes."""
    return Path(bare(path.name)).name


def reason_of(error: BaseException) -> str:
    """What an exception says, in one line."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(reason).split())


# --- bytes -> characters -------------------------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The bytes of a file, unpacked where it is compressed, or of standard input."""
    if str(path) == STDIN:
        yield sys.stdin.buffer
    elif path.suffix.lower() == ".gz":
        with gzip.open(path, "rb") as packed:
            yield packed
    else:
        with path.open("rb") as stream:
            yield stream


def _encoding_of(head: bytes, options: ReadOptions, path: Path) -> str:
    """The encoding to read with, from the option or the first bytes; binary data is refused."""
    if options.encoding is not None:
        return options.encoding
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    kind = next((kind for mark, kind in _SIGNATURES.items() if head.startswith(mark)), None)
    if kind is not None or b"\0" in head:
        found = f"{kind} data" if kind else f"a NUL byte at offset {head.index(0)}"
        raise UserError(
            f"{path}: binary, not text ({found}); convert it to plain text, or name its encoding"
            " with --encoding (for example utf-16)"
        )
    return "utf-8"


def _decoded(raw: bytes, encoding: str, place: str, offset: int = 0) -> str:
    """The characters of some bytes that begin at `offset` of their file."""
    try:
        return raw.decode(encoding).removeprefix("\ufeff" if offset == 0 else "")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{place}: not valid {encoding} (byte 0x{raw[error.start]:02x} at offset"
            f" {offset + error.start}); name the encoding with --encoding (for example cp1252)"
        ) from None
    except UnicodeError as error:
        raise UserError(f"{place}: not valid {encoding} ({reason_of(error)})") from None


def _lines(path: Path, options: ReadOptions) -> Iterator[tuple[int, str | UserError]]:
    """Numbered lines with their ends; a line that cannot be decoded is given as its problem."""
    with _opened(path) as stream:
        encoding = _encoding_of(stream.peek(_HEAD_BYTES), options, path)
        if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):
            # A line feed is more than one byte here, so the lines are found after decoding.
            yield from _wide_lines(path, stream, encoding)
            return
        offset = 0
        for number, raw in enumerate(stream, start=1):
            try:
                yield number, _decoded(raw, encoding, f"{path}:{number}", offset)
            except UserError as error:
                yield number, error
            offset += len(raw)


def _wide_lines(path: Path, stream: IO[bytes], encoding: str) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        for number, line in enumerate(io.TextIOWrapper(stream, encoding, newline=""), start=1):
            yield number, line
    except UnicodeError as error:
        raise UserError(f"{path}: not valid {encoding} after line {number}: {error}") from None


# --- one article a file --------------------------------------------------------------------------


def read_text(path: Path, options: ReadOptions) -> Iterator[Item]:
    """One article: the whole file or standard input, its characters as they are."""
    with _opened(path) as stream:
        raw = stream.read()
    encoding = _encoding_of(raw, options, path)
    text = _decoded(raw, encoding, str(path))
    name = "stdin" if str(path) == STDIN else stem_of(path)
    yield _found({"text": text}, ReadOptions(), name, path, str(path))


def _read_html(path: Path, options: ReadOptions) -> Iterator[Item]:
    try:
        import trafilatura
    except ImportError:
        raise _missing("web", path) from None
    with _opened(path) as stream:
        raw = stream.read()
    _encoding_of(raw, options, path)
    page = _decoded(raw, options.encoding, str(path)) if options.encoding else raw
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
    for number, line in _lines(path, options):
        place = f"{path}:{number}"
        if isinstance(line, UserError):
            yield line
        elif line.strip():
            record = _json_object(line, place)
            if isinstance(record, UserError):
                yield record
            else:
                yield _found(record, options, f"{stem_of(path)}-{number}", path, place)


def _json_object(line: str, place: str) -> Mapping[str, Any] | UserError:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = f"{error.msg} (column {error.colno})" if _is_json(error) else reason_of(error)
        return UserError(f"{place}: malformed JSON: {reason}; each line must be one JSON object")
    if isinstance(record, dict):
        return record
    return UserError(
        f"{place}: found a JSON {type(record).__name__}; each line must be one JSON object"
    )


def _is_json(error: BaseException) -> TypeGuard[json.JSONDecodeError]:
    return isinstance(error, json.JSONDecodeError)


def _read_csv(path: Path, options: ReadOptions) -> Iterator[Item]:
    csv.field_size_limit(_CSV_FIELD_LIMIT)
    lines = _csv_lines(path, options)
    first = next(lines, "")
    delimiter = "\t" if suffix_of(path) == ".tsv" else _delimiter(first, options.text_field)
    rows = csv.reader(itertools.chain([first], lines), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        _check_columns(path, header, options)
        for row in rows:
            if row:
                yield _csv_record(row, header, options, path, rows.line_num)
    except csv.Error as error:
        raise UserError(f"{path}:{rows.line_num}: malformed CSV: {error}") from None


def _csv_lines(path: Path, options: ReadOptions) -> Iterator[str]:
    for _, line in _lines(path, options):
        if isinstance(line, UserError):
            raise line
        yield line


def _delimiter(header: str, text_field: str) -> str:
    """The delimiter that finds the text column in the header, else the most frequent one."""
    columns = {mark: next(csv.reader([header], delimiter=mark), []) for mark in ",;\t|"}
    return max(columns, key=lambda mark: (text_field in columns[mark], len(columns[mark])))


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
