"""Estimated shares as CSV, JSON and a table for a terminal."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from rich import box
from rich.table import Table
from rich.text import Text

from peacestance.evaluation.estimating import NUMBERS, StanceShare
from peacestance.exchange.table import safe_cell
from peacestance.files import replacing
from peacestance.schema import UserError

_DECIMALS = 4


def write_estimates(rows: Sequence[StanceShare], by: tuple[str, ...], path: Path) -> None:
    """Write shares to a .csv or .json file, whole or not at all.

    Raises:
        UserError: another suffix, or a file that cannot be written.
    """
    check_suffix(path)
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        FORMS[path.suffix.lower().removeprefix(".")](rows, by, out)


def check_suffix(path: Path) -> None:
    """Refuse a file whose suffix is no form."""
    if path.suffix.lower().removeprefix(".") not in FORMS:
        allowed = ", ".join(f".{name}" for name in FORMS)
        raise UserError(f"{path}: unknown suffix {path.suffix or '(none)'}; allowed are {allowed}")


def _write_csv(rows: Sequence[StanceShare], by: tuple[str, ...], out: TextIO) -> None:
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*by, *NUMBERS])
    writer.writerows([safe_cell(value) for value in _values(row, by).values()] for row in rows)


def _write_json(rows: Sequence[StanceShare], by: tuple[str, ...], out: TextIO) -> None:
    out.write(json.dumps([_values(row, by) for row in rows], ensure_ascii=False, indent=1) + "\n")


FORMS: Mapping[str, Callable[[Sequence[StanceShare], tuple[str, ...], TextIO], None]] = {
    "csv": _write_csv,
    "json": _write_json,
}


def _values(row: StanceShare, by: tuple[str, ...]) -> dict[str, Any]:
    """A row by column; shares to four decimals, since the last bits differ between processors."""
    numbers = dataclasses.asdict(row)
    groups = dict(zip(by, numbers.pop("group"), strict=True))
    rounded = {
        name: round(value, _DECIMALS) if isinstance(value, float) else value
        for name, value in numbers.items()
    }
    return groups | rounded


# --- the terminal ---------------------------------------------------------------------------------


def estimate_table(rows: Sequence[StanceShare], by: tuple[str, ...], level: float) -> Table:
    """The shares for a terminal; a group is named in its first row."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in by:
        table.add_column(name, overflow="fold")
    table.add_column("Stance")
    for column in ("labels", "by hand", "raw"):
        table.add_column(column, justify="right")
    table.add_column(f"corrected ({100 * level:g}%)", overflow="fold")
    table.add_column("hand labels alone", overflow="fold")
    for column in ("worth", "to halve"):
        table.add_column(column, justify="right")
    before = None
    for row in rows:
        _add_row(table, row, first=row.group != before)
        before = row.group
    return table


def _add_row(table: Table, row: StanceShare, first: bool) -> None:
    group = [Text(value if first else "") for value in row.group]
    counts = (f"{row.labels:,}", f"{row.hand_labels:,}") if first else ("", "")
    interval = _interval(row.corrected_share, row.lower, row.upper)
    note = row.note if first else ""
    table.add_row(
        *group,
        row.stance,
        *counts,
        f"{row.raw_share:.2f}",
        "\n".join(part for part in (interval, note) if part),
        _interval(row.hand_share, row.hand_lower, row.hand_upper),
        "" if row.effective_sample_size is None else f"{row.effective_sample_size:,}",
        "" if row.hand_labels_to_halve is None else f"{row.hand_labels_to_halve:,}",
        end_section=row.stance == "none",
    )


def _interval(share: float | None, lower: float | None, upper: float | None) -> str:
    """A share with its interval.

    >>> _interval(0.3, 0.21, 0.4), _interval(None, None, None)
    ('0.30 (0.21 to 0.40)', '')
    """
    return "" if share is None else f"{share:.2f} ({lower:.2f} to {upper:.2f})"
