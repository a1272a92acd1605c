"""The user's alias file: names, aliases and sides of speakers. Standard library only."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peacestance.names import fold, without_possessive
from peacestance.schema import UserError

_KEYS = ("name", "aliases", "side")
_EXAMPLE = '[[speaker]] with name = "Donald Tusk", aliases = ["Tusk"], side = "Poland"'


@dataclasses.dataclass(frozen=True, slots=True)
class Alias:
    """One entry of an alias file: a speaker's canonical name, other names, and side."""

    name: str
    aliases: tuple[str, ...] = ()
    side: str | None = None


@dataclasses.dataclass(frozen=True)
class Aliases:
    """The entries of an alias file; `find` looks a name up."""

    entries: tuple[Alias, ...] = ()
    _index: Mapping[str, int] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[str, int] = {}
        for number, entry in enumerate(self.entries):
            for name in (entry.name, *entry.aliases):
                taken = index.setdefault(alias_key(name), number)
                if taken != number:
                    raise ValueError(
                        f"{name!r} is given to two speakers, {self.entries[taken].name!r} "
                        f"and {entry.name!r}"
                    )
        object.__setattr__(self, "_index", index)

    def find(self, name: str) -> int | None:
        """The number of the entry that has this name or alias, from 0; `None` if no entry has.

        >>> Aliases((Alias("Donald Tusk", ("the Polish premier",)),)).find("A Polish premier's")
        0
        """
        return self._index.get(alias_key(name))


def alias_key(name: str) -> str:
    """A name as aliases are compared: no case, accents, leading article, closing possessive.

    >>> alias_key("The Polish Premier’s")
    'polish premier'
    """
    words = " ".join(fold(without_possessive(name)).split())
    return re.sub(r"^(?:the|an?) (?=\S)", "", words)


def load_aliases(path: str | Path) -> Aliases:
    """Read and check an alias file.

    Args:
        path: A TOML file of `[[speaker]]` tables with `name`, and optionally `aliases` (a list)
            and `side`.

    Raises:
        UserError: The file cannot be read, is not TOML in UTF-8 or has no entry; or an entry has
            an unknown key, no name, a value of the wrong type, or a name that another entry has.
    """
    tables = _tables(path, _parse(path))
    aliases = Aliases()
    for number, table in enumerate(tables, start=1):
        entry = _entry(f"{path}: speaker {number}", table)
        try:
            aliases = Aliases((*aliases.entries, entry))
        except ValueError as error:
            message = f"{path}: speaker {number}: {error}; a name or alias belongs to one speaker"
            raise UserError(message) from None
    return aliases


def _parse(path: str | Path) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path}: cannot read the alias file: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: byte {error.start} is not UTF-8; save the alias file as UTF-8"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: not TOML: {error}; an entry is {_EXAMPLE}") from None


def _tables(path: str | Path, data: Mapping[str, Any]) -> list[Any]:
    unknown = [key for key in data if key != "speaker"]
    if unknown:
        raise UserError(f"{path}: unknown key {unknown[0]!r}; only [[speaker]] tables are allowed")
    tables = data.get("speaker", [])
    if not isinstance(tables, list):
        raise UserError(f"{path}: 'speaker' must be a list of tables: write {_EXAMPLE}")
    if not tables:
        raise UserError(f"{path}: the alias file has no speaker; an entry is {_EXAMPLE}")
    return tables


def _entry(where: str, table: Any) -> Alias:
    if not isinstance(table, dict):
        raise UserError(f"{where}: expected a table, found {table!r}; an entry is {_EXAMPLE}")
    unknown = [key for key in table if key not in _KEYS]
    if unknown:
        raise UserError(f"{where}: unknown key {unknown[0]!r}; allowed are {', '.join(_KEYS)}")
    if "name" not in table:
        raise UserError(f"{where}: no name; an entry is {_EXAMPLE}")
    names = table.get("aliases", [])
    if not isinstance(names, list):
        raise UserError(f"{where}: aliases must be a list of strings, found {names!r}")
    for key, value in [("name", table["name"]), *(("aliases", name) for name in names)]:
        _check_name(where, key, value)
    side = table.get("side")
    if side is not None:
        _check_name(where, "side", side)
    return Alias(table["name"].strip(), tuple(name.strip() for name in names), side)


def _check_name(where: str, key: str, value: Any) -> None:
    if not isinstance(value, str):
        raise UserError(f"{where}: {key} takes strings, found {value!r}; put it in quotes")
    if not alias_key(value):
        raise UserError(f"{where}: {key} holds the empty name {value!r}; write a name or remove it")
