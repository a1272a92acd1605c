"""Bytes -> lines, JSON objects and table rows, each with its place; what every reader builds on.

Every problem is a `UserError` of one line: the place, what was found, what to do.
"""

from __future__ import annotations

import codecs
import csv
import dataclasses
import gzip
import io
import itertools
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeGuard

from peacestance.schema import UserError

STDIN = "-"
CSV_FIELD_LIMIT = 2**31 - 1  # an article may be far longer than the 131,072 that csv allows
FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet takes for a formula."""

_HEAD_BYTES = 8_192
# What a binary file begins with that may hold no NUL in its first bytes.
_SIGNATURES = {
    b"%PDF-": "PDF",
    b"PK\x03\x04": "ZIP or Office",
    b"{\\rtf": "RTF",
    b"\x1f\x8b": "gzip",
}


def suffix_of(path: Path) -> str:
    """The suffix that says the form: that before `.gz` where there is one."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def bare(name: str) -> str:
    """A file's path without its suffixes of form and compression."""
    return str(Path(name.removesuffix(".gz")).with_suffix(""))


def reason_of(error: BaseException) -> str:
    """What an exception says, in one line."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(reason).split())


# --- bytes -> characters -------------------------------------------------------------------------


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The bytes of a file, unpacked where it is compressed, or of standard input."""
    if str(path) == STDIN:
        yield sys.stdin.buffer
    elif path.suffix.lower() == ".gz":
        with gzip.open(path, "rb") as packed:
            yield packed
    else:
        with path.open("rb") as stream:
            yield stream


def encoding_of(head: bytes, encoding: str | None, path: Path) -> str:
    """The encoding to read with, from the option or the first bytes; binary data is refused."""
    if encoding is not None:
        return encoding
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


def decoded(raw: bytes, encoding: str, place: str, offset: int = 0) -> str:
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


def lines(path: Path, encoding: str | None) -> Iterator[tuple[int, str | UserError]]:
    """Numbered lines with their ends; a line that cannot be decoded is given as its problem."""
    with opened(path) as stream:
        encoding = encoding_of(stream.peek(_HEAD_BYTES), encoding, path)
        if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):
            # A line feed is more than one byte here, so the lines are found after decoding.
            yield from _wide_lines(path, stream, encoding)
            return
        offset = 0
        for number, raw in enumerate(stream, start=1):
            try:
                yield number, decoded(raw, encoding, f"{path}:{number}", offset)
            except UserError as error:
                yield number, error
            offset += len(raw)


def _wide_lines(path: Path, stream: IO[bytes], encoding: str) -> Iterator[tuple[int, str]]:
    number = 0
    text = io.TextIOWrapper(stream, encoding, newline="")
    try:
        for number, line in enumerate(text, start=1):
            yield number, line
    except UnicodeError as error:
        raise UserError(f"{path}: not valid {encoding} after line {number}: {error}") from None
    finally:
        text.detach()  # who opened the stream closes it


# --- lines -> records ----------------------------------------------------------------------------


def json_object(line: str, place: str) -> Mapping[str, Any] | UserError:
    """The object that a line holds, or the problem with it."""
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


def csv_rows(
    path: Path, encoding: str | None = None, column: str | None = None
) -> Iterator[tuple[int, list[str]]]:
    """The rows of CSV or TSV that are not blank, the header first, each with its line number.

    Args:
        path: the file.
        encoding: of the file; `None`: UTF-8, or UTF-16 where its mark says so.
        column: a name of the header; the delimiter that finds it is the right one.

    Raises:
        UserError: a line that cannot be decoded, malformed CSV.
    """
    csv.field_size_limit(CSV_FIELD_LIMIT)
    found = _decoded_lines(path, encoding)
    first = next(found, "")
    mark = "\t" if suffix_of(path) == ".tsv" else _delimiter(first, column)
    rows = csv.reader(itertools.chain([first], found), delimiter=mark, strict=True)
    try:
        for row in rows:
            if row:
                yield rows.line_num, row
    except csv.Error as error:
        raise UserError(f"{path}:{rows.line_num}: malformed CSV: {error}") from None


def _decoded_lines(path: Path, encoding: str | None) -> Iterator[str]:
    for _, line in lines(path, encoding):
        if isinstance(line, UserError):
            raise line
        yield line


def _delimiter(header: str, column: str | None) -> str:
    """The delimiter that finds the column in the header, else the most frequent one."""
    columns = {mark: next(csv.reader([header], delimiter=mark), []) for mark in ",;\t|"}
    return max(columns, key=lambda mark: (column in columns[mark], len(columns[mark])))


# --- tables of any columns ------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """One row or object: where it stands (`codes.csv:7`), and its values by column or field."""

    place: str
    values: Mapping[str, Any]


def read_records(
    path: Path, columns: Sequence[str] = (), *, encoding: str | None = None
) -> Iterator[Record]:
    """The records of a .csv, .tsv, .jsonl or .parquet file (.gz too), one after the other.

    Cells of CSV and TSV come as strings, without the apostrophe of the guard against formulae;
    empty ones as `None`.

    Args:
        path: the file.
        columns: those that must be there.
        encoding: of a text file; by default UTF-8, or UTF-16 where its mark says so.

    Raises:
        UserError: no such file, another suffix, a missing column, a row that cannot be read.
    """
    readers = {
        ".csv": _csv_records,
        ".tsv": _csv_records,
        ".jsonl": _jsonl_records,
        ".parquet": _parquet_records,
    }
    reader = readers.get(suffix_of(path))
    if reader is None:
        raise UserError(
            f"{path}: unknown suffix {path.suffix or '(none)'}; allowed are {', '.join(readers)}"
        )
    try:
        yield from reader(path, columns, encoding)
    except (OSError, EOFError) as error:
        raise UserError(f"{path}: cannot be read: {reason_of(error)}") from None


def unguarded(cell: str) -> str | None:
    """A cell without the apostrophe that `exchange.table.safe_cell` puts before a formula mark.

    >>> unguarded("'=1+1"), unguarded("'tis"), unguarded("")
    ('=1+1', "'tis", None)
    """
    guarded = cell.startswith("'") and cell[1:2] in FORMULA_MARKS and cell != "'"
    return (cell[1:] if guarded else cell) or None


def _csv_records(path: Path, columns: Sequence[str], encoding: str | None) -> Iterator[Record]:
    rows = csv_rows(path, encoding, columns[0] if columns else None)
    _, first = next(rows, (0, []))
    header = [cell.strip() for cell in first]
    _check_header(path, header, columns)
    for number, row in rows:
        place = f"{path}:{number}"
        if len(row) > len(header):
            raise UserError(
                f"{place}: {len(row)} cells where the header has {len(header)} columns; put "
                "quotation marks around cells that contain the delimiter"
            )
        cells = [unguarded(cell) for cell in row] + [None] * (len(header) - len(row))
        yield Record(place, dict(zip(header, cells, strict=True)))


def _jsonl_records(path: Path, columns: Sequence[str], encoding: str | None) -> Iterator[Record]:
    for number, line in lines(path, encoding):
        place = f"{path}:{number}"
        if isinstance(line, UserError):
            raise line
        if line.strip():
            found = json_object(line, place)
            if isinstance(found, UserError):
                raise found
            _check_header(place, list(found), columns)
            yield Record(place, found)


def _parquet_records(path: Path, columns: Sequence[str], _: str | None) -> Iterator[Record]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise UserError(
            f"{path}: reading .parquet needs an extra: pip install 'peacestance[archive]'"
        ) from None
    number = 0
    try:
        with pq.ParquetFile(path) as table:
            _check_header(path, table.schema_arrow.names, columns)
            for batch in table.iter_batches():
                for values in batch.to_pylist():
                    number += 1
                    yield Record(f"{path}, row {number}", values)
    except pa.ArrowException as error:
        raise UserError(f"{path}: not a readable Parquet file: {reason_of(error)}") from None


def _check_header(place: Path | str, found: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in found]
    if missing:
        listed = ", ".join(found[:20]) + (", ..." if len(found) > 20 else "") or "(none)"
        raise UserError(
            f"{place}: no column {', '.join(map(repr, missing))}; its columns are: {listed}"
        )
