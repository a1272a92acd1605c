"""The groups that labels are counted in: speakers, outlets, times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from peacestance.evaluation.coded_sheets import near_misses
from peacestance.evaluation.sampling import REPORTER
from peacestance.exchange.labelled import LabelRow
from peacestance.schema import UserError

_DATE_LENGTH, _MONTH_LENGTH, _YEAR_LENGTH = len("2025-10-14"), len("2025-10"), len("2025")


def iso_week(day: date) -> str:
    """The ISO 8601 week, whose year is not always that of the day.

    >>> iso_week(date(2025, 10, 14)), iso_week(date(2027, 1, 1))
    ('2025-W42', '2026-W53')
    """
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def time_of(written: str, unit: str) -> str:
    """The day, ISO week, month or year of a date; a time of day behind it makes no difference.

    >>> time_of("2025-10-14T09:30:00Z", "week"), time_of("2025-10", "month")
    ('2025-W42', '2025-10')

    Raises:
        ValueError: no ISO date, or one that does not tell the unit.
    """
    if unit == "year" and len(written) == _YEAR_LENGTH:
        return f"{date.fromisoformat(f'{written}-01-01'):%Y}"
    if unit in ("month", "year") and len(written) == _MONTH_LENGTH:
        return _TIMES[unit](date.fromisoformat(f"{written}-01"))
    return _TIMES[unit](date.fromisoformat(written[:_DATE_LENGTH]))


_TIMES: Mapping[str, Callable[[date], str]] = {
    "day": date.isoformat,
    "week": iso_week,
    "month": lambda day: day.isoformat()[:_MONTH_LENGTH],
    "year": lambda day: day.isoformat()[:_YEAR_LENGTH],
}

_FIELDS: Mapping[str, Callable[[LabelRow], str | None]] = {
    "speaker": lambda row: row.speaker or REPORTER,
    "outlet": lambda row: row.outlet,
    "source": lambda row: row.source,
    "date": lambda row: row.date,
    "model": lambda row: row.model,
}

GROUPS: tuple[str, ...] = (*_FIELDS, *_TIMES)
"""What labels can be grouped by. `date` is as the article gives it; the times are read from it."""


def parse_groups(written: str) -> tuple[str, ...]:
    """The names in a list parted by commas; an empty one is no group at all.

    >>> parse_groups("speaker, week"), parse_groups("")
    (('speaker', 'week'), ())

    Raises:
        UserError: an unknown name, or one that stands twice.
    """
    names = tuple(name.strip() for name in written.split(",")) if written.strip() else ()
    for name in names:
        if name not in GROUPS:
            near = near_misses(name, GROUPS) if name else []
            hint = f", did you mean {' or '.join(near)}?" if near else ";"
            raise UserError(f"unknown group {name!r}{hint} allowed are {', '.join(GROUPS)}")
    if len(set(names)) < len(names):
        raise UserError(f"a group is named twice in {written}; name each once")
    return names


def group_of(row: LabelRow, names: tuple[str, ...], place: str) -> tuple[str, ...]:
    """The group of a label: a value for each name, such as "(no date)" where there is none.

    Raises:
        UserError: a date that does not tell the day, week, month or year asked for.
    """
    return tuple(_value(row, name, place) for name in names)


def unknown(name: str) -> str:
    """The value of what the article does not give.

    >>> unknown("week"), unknown("outlet")
    ('(no date)', '(no outlet)')
    """
    return "(no date)" if name in _TIMES else f"(no {name})"


def _value(row: LabelRow, name: str, place: str) -> str:
    if name in _FIELDS:
        return _FIELDS[name](row) or unknown(name)
    if row.date is None:
        return unknown(name)
    try:
        return time_of(row.date, name)
    except ValueError:
        raise UserError(
            f"{place}: article {row.article_id!r}: no {name} can be read from the date"
            f" {row.date!r}; write dates as YYYY-MM-DD, or group by date"
        ) from None
