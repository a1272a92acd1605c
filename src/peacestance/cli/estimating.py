"""`peacestance estimate`: shares of stances, corrected for the model's errors."""

from __future__ import annotations

import enum
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peacestance.cli.app import app, complain, refuse
from peacestance.schema import UserError

if TYPE_CHECKING:
    from peacestance.evaluation.estimating import Options, StanceShare


class EstimateFormat(enum.StrEnum):
    """What `estimate --format` takes."""

    CSV = "csv"
    JSON = "json"
    TABLE = "table"


Labelled = Annotated[
    list[Path],
    typer.Argument(metavar="LABELLED", help="The outputs of label that sample drew from."),
]
GoldSheet = Annotated[Path, typer.Option(help="The sheet that sample wrote, filled in.")]
Key = Annotated[Path | None, typer.Option(help="Its key; by default the one beside it.")]
By = Annotated[
    str,
    typer.Option(
        help="Groups, parted by commas: speaker, outlet, source, date, day, week, month, year,"
        " model."
    ),
]
Level = Annotated[float, typer.Option(help="Of the intervals.")]
WithoutReporter = Annotated[
    bool, typer.Option("--without-reporter", help="Count labels of speakers only.")
]
Pool = Annotated[
    bool,
    typer.Option(
        "--pool",
        help="Correct groups with too few hand labels by those of all groups: right where the"
        " model errs alike in all of them.",
    ),
]
Beyond = Annotated[
    bool,
    typer.Option(
        "--beyond",
        help="The articles are a sample of more; wider intervals, of the share in all of them.",
    ),
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File: .csv or .json.")]
Form = Annotated[
    EstimateFormat | None,
    typer.Option("--format", help="On standard output; by default a table on a terminal."),
]


@app.command(
    epilog="Example: peacestance estimate labelled.jsonl --gold sheet.csv --by speaker,month"
)
def estimate(
    labelled: Labelled,
    gold: GoldSheet,
    key: Key = None,
    by: By = "",
    level: Level = 0.95,
    without_reporter: WithoutReporter = False,
    pool: Pool = False,
    beyond: Beyond = False,
    output: Output = None,
    form: Form = None,
) -> None:
    """Estimate the share of each stance, corrected by labels that people coded.

    Without -o a terminal gets a table, and a pipe gets CSV. Exit status 2 if sheet and labels do
    not fit together; each problem is a line on standard error.
    """
    from peacestance.evaluation.estimate_tables import check_suffix, write_estimates
    from peacestance.evaluation.estimating import Options
    from peacestance.evaluation.grouping import parse_groups

    if not 0 < level < 1:
        raise UserError(f"--level {level:g}: must be between 0 and 1, such as 0.95")
    if output is not None:
        check_suffix(output)  # before any work
        _check_output(output, [*labelled, gold])
    options = Options(parse_groups(by), level, not without_reporter, pool, beyond)
    rows = _estimated(labelled, gold, key, options)
    if output is None:
        _show(rows, options.by, level, form)
        return
    write_estimates(rows, options.by, output)
    typer.echo(f"{output}: {len({row.group for row in rows}):,} groups", err=True)


def _check_output(output: Path, inputs: Sequence[Path]) -> None:
    """Refuse to write over what is read: a coded sheet is hours of work."""
    if output.exists() and any(path.exists() and path.samefile(output) for path in inputs):
        raise UserError(f"{output}: is one of the inputs and would be overwritten; choose another")


def _estimated(
    labelled: Sequence[Path], sheet: Path, key: Path | None, options: Options
) -> list[StanceShare]:
    from peacestance.evaluation import estimating
    from peacestance.evaluation.gold import read_gold

    gold, problems = read_gold(sheet, key)
    refuse(problems)
    population, problems = estimating.read_population(labelled, gold, options)
    refuse(problems)
    for notice in estimating.notices(gold):
        complain(notice)
    return estimating.estimate(population, gold, options)


def _show(
    rows: Sequence[StanceShare], by: tuple[str, ...], level: float, form: EstimateFormat | None
) -> None:
    from peacestance.evaluation.estimate_tables import FORMS, estimate_table

    if form is None:
        form = EstimateFormat.TABLE if sys.stdout.isatty() else EstimateFormat.CSV
    if form is not EstimateFormat.TABLE:
        FORMS[form.value](rows, by, sys.stdout)
        return
    from rich.console import Console

    Console(highlight=False).print(estimate_table(rows, by, level))
