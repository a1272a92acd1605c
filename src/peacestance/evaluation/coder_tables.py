"""The agreement of coders as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from peacestance.evaluation.coder_statistics import Estimate
from peacestance.evaluation.coders import Agreement, CoderSummary, Group, Pair, Weighted
from peacestance.schema import STANCES

_SHOWN = 5  # rows without a stance that are named


def agreement_tables(found: Agreement) -> Iterator[RenderableType]:
    """Everything that an agreement says, part by part."""
    yield _coder_table(found)
    yield _agreement_table("Agreement on the stance", *found.stance)
    yield _value_table(found.stance[1])
    for pair in found.stance[1]:
        yield _confusion_table(pair)
    if found.speaker_right[1]:
        title = "Agreement on whether the speaker is right"
        yield _agreement_table(title, *found.speaker_right)
    if found.weighted:
        yield _weighted_table(found.weighted)
    yield Text(_how_to_read(found), style="dim")


def _how_to_read(found: Agreement) -> str:
    """What the numbers are of."""
    said = "Below each number: the 95% interval of a bootstrap that resamples articles."
    if found.labels is None:
        return said
    return (
        f"{said} Alpha, kappa and shares are of the {found.rows:,} rows of the sheet; only the"
        f" weighted shares are of all {found.labels:,} labels that it was drawn from."
    )


def _table(title: str, *columns: str, numbers: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for column in numbers:
        table.add_column(column, justify="right")
    return table


def _named(coders: Sequence[str]) -> Text:
    """Names as they are, without markup; they come from files."""
    return Text(", ".join(coders))


def shown(estimate: Estimate) -> str:
    r"""An estimate over its interval, on two lines, or what stands in the way.

    >>> shown(Estimate(0.714, 0.6, 0.8)), shown(Estimate(None, why="no row was coded by two"))
    ('0.71\n0.60 to 0.80', 'cannot be given: no row was coded by two')
    """
    if estimate.value is None:
        return f"cannot be given: {estimate.why}"
    if estimate.low is None:
        return f"{estimate.value:z.2f}\nno interval: {estimate.why}"
    return f"{estimate.value:z.2f}\n{estimate.low:z.2f} to {estimate.high:z.2f}"


def _coder_table(found: Agreement) -> Table:
    title = f"{found.rows:,} rows of {found.articles:,} articles"
    if found.model:
        title += f"; model: {found.model}"
    table = _table(title, "Coder", "File", numbers=("coded", "missing"))
    table.add_column("rows without a stance", overflow="fold")
    for coder in found.coders:
        counts = (f"{coder.coded:,}", f"{len(coder.missing):,}")
        table.add_row(Text(coder.name), Text(coder.file), *counts, _first_rows(coder))
    return table


def _first_rows(coder: CoderSummary) -> str:
    rows = [str(row) for row in coder.missing]
    return ", ".join(rows[:_SHOWN]) + (", ..." if len(rows) > _SHOWN else "")


def _agreement_table(title: str, groups: Sequence[Group], pairs: Sequence[Pair]) -> Table:
    statistics = ("Krippendorff's alpha", "Cohen's kappa", "share the same")
    table = _table(title, "Coders", numbers=("rows", *statistics))
    for group in groups:
        table.add_row(_named(group.coders), f"{group.rows:,}", shown(group.alpha))
    for pair in pairs:
        table.add_row(
            _named(pair.coders),
            f"{pair.rows:,}",
            shown(pair.alpha),
            shown(pair.kappa),
            shown(pair.same),
        )
    return table


def _value_table(pairs: Sequence[Pair]) -> Table:
    table = _table("Agreement on each stance: 2 x both / (one + other)", "Coders")
    for stance in STANCES:
        table.add_column(str(stance), justify="right")
    for pair in pairs:
        table.add_row(_named(pair.coders), *(shown(pair.values[stance]) for stance in STANCES))
    return table


def _confusion_table(pair: Pair) -> Table:
    table = _table("", "", numbers=[str(stance) for stance in STANCES])
    table.title = Text(f"{pair.coders[0]} (down) and {pair.coders[1]} (across)")
    for stance in STANCES:
        counts = (pair.confusion[stance][other] for other in STANCES)
        table.add_row(str(stance), *(f"{count:,}" if count else "" for count in counts))
    return table


def _weighted_table(weighted: Sequence[Weighted]) -> Table:
    table = _table(
        "Share of all labels that the coder finds right, weighted by inclusion probability",
        "Coder",
        numbers=("rows", "stance right", "speaker right", "both right"),
    )
    for each in weighted:
        table.add_row(
            Text(each.coder),
            f"{each.rows:,}",
            shown(each.stance_right),
            shown(each.speaker_right),
            shown(each.both_right),
        )
    return table
