"""Files, folders and standard input -> articles, one after the other, without loading whole files.

Every problem of the input is a `UserError` of one line: the file, the line, what was found, what
is allowed, what to do. With `skip_bad`, records that cannot be read go to `on_skip` instead.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from peacestance.forms import (
    READERS,
    SUFFIXES,
    Found,
    InputError,
    Item,
    ReadOptions,
    read_text,
    stem_of,
)
from peacestance.records import STDIN, bare, reason_of, suffix_of
from peacestance.schema import Article, UserError

__all__ = ["STDIN", "SUFFIXES", "ReadOptions", "find_files", "read_articles"]


def read_articles(
    inputs: Sequence[str | Path], options: ReadOptions | None = None
) -> Iterator[Article]:
    """Read articles from files, folders and `-` (standard input, one article of plain text).

    A folder is read recursively, in the order of its paths; hidden files and files of other
    suffixes in it are passed over. Files may be compressed (`.gz`).

    Args:
        inputs: Paths; known suffixes are those of `SUFFIXES`.
        options: Names of fields, encoding, and what happens with bad records.

    Yields:
        Articles in the order of the input. One without an id of its own is named after its file
        (`talks`), as a record after file and line or row (`archive-17`).

    Raises:
        UserError: for any input that cannot be read; with `skip_bad` only for what concerns a whole
            input: a path that does not exist, a folder without articles, an unknown suffix or
            encoding, a table without the text column, a missing extra.
    """
    options = options or ReadOptions()
    _check_encoding(options)
    places: dict[str, str] = {}
    for path in find_files(inputs):
        for item in _read_file(path, options):
            result = item if isinstance(item, UserError) else _registered(item, path, places)
            if isinstance(result, Article):
                yield result
            elif not options.skip_bad or isinstance(result, InputError):
                raise result
            elif options.on_skip is not None:
                options.on_skip(str(result))


def _check_encoding(options: ReadOptions) -> None:
    if options.encoding is None:
        return
    try:
        b"a".decode(options.encoding, "ignore")  # bytes -> text, not hex or the like
    except (LookupError, ValueError):
        raise UserError(
            f"unknown encoding {options.encoding!r}: name one that Python knows, for example utf-8,"
            " cp1252, latin-1, utf-16"
        ) from None


def _registered(found: Found, path: Path, places: dict[str, str]) -> Article | UserError:
    """The article with an id that no earlier one has, or the problem that it has one."""
    article = found.article
    longer = path.as_posix()
    names = [article.id]
    if found.derived_id:  # two folders may hold files of one name
        names += [article.id.replace(stem_of(path), name, 1) for name in (bare(longer), longer)]
    for name in names:
        if name not in places:
            places[name] = found.place
            return dataclasses.replace(article, id=name) if name != article.id else article
        if places[name] == found.place:  # the same file, given twice
            break
    return UserError(
        f"{found.place}: duplicate id {article.id!r}, already used at {places[article.id]}; give"
        " each article an id of its own"
    )


# --- which files ---------------------------------------------------------------------------------


def find_files(inputs: Sequence[str | Path]) -> list[Path]:
    """The files that inputs stand for: themselves, and those in folders; `-` stays as it is.

    Raises:
        UserError: a path that does not exist, an unknown suffix, a folder without articles.
    """
    return [path for item in inputs for path in _expand(item)]


def _expand(item: str | Path) -> list[Path]:
    """The files that one input stands for, checked to exist and to have a known suffix."""
    path = Path(item)
    if str(item) == STDIN:
        return [path]
    try:
        if path.is_dir():
            return _files_of(path)
        exists = path.exists()
    except UserError:
        raise
    except (OSError, ValueError) as error:
        raise UserError(f"{str(item)!r}: cannot be read: {reason_of(error)}") from None
    if not exists:
        raise UserError(f"{path}: no such file or folder")
    if suffix_of(path) not in READERS:
        raise UserError(
            f"{path}: unknown suffix {path.suffix or '(none)'}; allowed are {', '.join(SUFFIXES)};"
            " plain text of any name may be given on standard input (-)"
        )
    return [path]


def _files_of(folder: Path) -> list[Path]:
    found = sorted(
        path
        for path in folder.rglob("*")
        if suffix_of(path) in READERS
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )
    if not found:
        raise UserError(f"{folder}: no articles in this folder; read are {', '.join(SUFFIXES)}")
    return found


def _read_file(path: Path, options: ReadOptions) -> Iterator[Item]:
    """The articles of one file; a problem that ends the file is the last thing it gives."""
    reader = read_text if str(path) == STDIN else READERS[suffix_of(path)]
    try:
        yield from reader(path, options)
    except UserError as error:
        yield error
    except (OSError, EOFError) as error:
        yield UserError(f"{path}: cannot be read: {reason_of(error)}")
