"""Labelled articles -> files, one article after the other, whole or not at all.

A new format is a function and a line in `_TEXT_WRITERS` or in `write_labelled`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from peacestance.exchange.table import COLUMNS, json_form, rows, safe_cell
from peacestance.files import replacing
from peacestance.schema import LabelledArticle, UserError

_ROWS_PER_GROUP = 20_000
_TextWriter = Callable[[Iterable[LabelledArticle], TextIO], None]


def write_labelled(
    articles: Iterable[LabelledArticle], path: str | Path, format_name: str | None = None
) -> int:
    """Write labelled articles to a file in the form that its suffix or `format_name` says.

    The articles are taken one by one as they come, so memory does not grow with their number. The
    file appears when all of them are written; until then, and after any failure, what stood at
    `path` before stands there still.

    Args:
        articles: What to write; an iterator that labels as it goes is fine.
        path: The file, in a folder that exists.
        format_name: One of `FORMATS`; by default the suffix decides.

    Returns:
        The number of articles written.

    Raises:
        UserError: an unknown suffix or format, a folder that does not exist, a full disk, text that
            is no valid Unicode, or pyarrow missing for Parquet.
    """
    form = format_of(path) if format_name is None else _known(format_name)
    write = _parquet_writer() if form == "parquet" else _write_text_file(_TEXT_WRITERS[form])
    counted = _Counted(articles)
    with replacing(path) as temporary:
        write(counted, temporary)
    return counted.number


def write_to_stream(articles: Iterable[LabelledArticle], stream: TextIO, format_name: str) -> int:
    """Write labelled articles to a stream of text, each as soon as it is there.

    Raises:
        UserError: a format that is unknown or no text, or text that is no valid Unicode.
    """
    if _known(format_name) not in _TEXT_WRITERS:
        raise UserError(f"{format_name} is not text; name a file for it: -o FILE.{format_name}")
    counted = _Counted(articles, stream.flush)
    _TEXT_WRITERS[format_name](counted, stream)
    return counted.number


def format_of(path: str | Path) -> str:
    """The format that a file's suffix names.

    Raises:
        UserError: no or an unknown suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix.removeprefix(".") not in FORMATS:
        allowed = ", ".join(f".{name}" for name in FORMATS)
        raise UserError(
            f"{path}: unknown suffix {suffix or '(none)'}; allowed are {allowed}, or name the form"
            " with --format"
        )
    return suffix.removeprefix(".")


def _known(name: str) -> str:
    if name not in FORMATS:
        raise UserError(f"unknown format {name!r}; allowed are {', '.join(FORMATS)}")
    return name


class _Counted:
    """Passes articles on and counts them; `after_each` is called when the next one is asked for."""

    def __init__(
        self, articles: Iterable[LabelledArticle], after_each: Callable[[], object] | None = None
    ) -> None:
        self._articles, self._after_each, self.number = articles, after_each, 0

    def __iter__(self) -> Iterator[LabelledArticle]:
        for article in self._articles:
            self.number += 1
            yield article
            if self._after_each is not None:
                self._after_each()


# --- the forms -----------------------------------------------------------------------------------


def _write_text_file(writer: _TextWriter) -> Callable[[Iterable[LabelledArticle], Path], None]:
    def write(articles: Iterable[LabelledArticle], path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer(articles, stream)

    return write


def _write_jsonl(articles: Iterable[LabelledArticle], stream: TextIO) -> None:
    for labelled in articles:
        with _valid_unicode(labelled):
            stream.write(json.dumps(json_form(labelled), ensure_ascii=False) + "\n")


def _write_delimited(
    articles: Iterable[LabelledArticle], stream: TextIO, delimiter: str = ","
) -> None:
    # CRLF as RFC 4180 has it: with LF alone the library leaves a cell with a CR unquoted.
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for labelled in articles:
        with _valid_unicode(labelled):
            for row in rows(labelled):
                writer.writerow([safe_cell(value) for value in row.values()])


def _write_tsv(articles: Iterable[LabelledArticle], stream: TextIO) -> None:
    _write_delimited(articles, stream, delimiter="\t")


@contextmanager
def _valid_unicode(labelled: LabelledArticle) -> Iterator[None]:
    """Name the article whose text cannot be written as UTF-8 (half a surrogate pair)."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise UserError(
            f"article {labelled.article.id!r}: cannot be written as UTF-8 ({error.reason}); write"
            " its text out again as valid Unicode"
        ) from None


def _parquet_writer() -> Callable[[Iterable[LabelledArticle], Path], None]:
    """The writer of Parquet, checked to be there before anything is labelled."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise UserError(
            "writing .parquet needs an extra: pip install 'peacestance[archive]'"
        ) from None
    whole, real = {"sentence_index", "start", "end"}, {"confidence"}
    kinds = {name: pa.int64() for name in whole} | {
        name: pa.float64() for name in COLUMNS if name in real or name.startswith("p_")
    }
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])

    def write(articles: Iterable[LabelledArticle], path: Path) -> None:
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for group in _groups(articles):
                writer.write_table(pa.Table.from_pylist(group, schema=schema))

    return write


def _groups(articles: Iterable[LabelledArticle]) -> Iterator[list[dict[str, Any]]]:
    """Rows in lists of about the same length, each of whole articles."""
    group: list[dict[str, Any]] = []
    for labelled in articles:
        with _valid_unicode(labelled):
            labelled.text.encode()
        group += rows(labelled)
        if len(group) >= _ROWS_PER_GROUP:
            yield group
            group = []
    if group:
        yield group


_TEXT_WRITERS: dict[str, _TextWriter] = {
    "jsonl": _write_jsonl,
    "csv": _write_delimited,
    "tsv": _write_tsv,
}
FORMATS: tuple[str, ...] = (*_TEXT_WRITERS, "parquet")
