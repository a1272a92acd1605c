"""`peacestance sample` and `peacestance agreement`: validation on the user's own texts."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peacestance.cli.app import app, complain, refuse
from peacestance.cli.label import Encoding, IdColumn, ModelName, TextColumn, Threads
from peacestance.schema import UserError

if TYPE_CHECKING:
    from peacestance.evaluation.sampling import Sample
    from peacestance.readers import ReadOptions

_SHOWN_STRATA = 30


# --- sample ---------------------------------------------------------------------------------------


@app.command(
    epilog="Example: peacestance sample labelled.jsonl -n 300 --strata stance -o sheet.csv"
)
def sample(
    articles: Annotated[
        list[str],
        typer.Argument(
            metavar="ARTICLES", help="Outputs of label, or articles as label takes them."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Sheet to write: .csv, .jsonl, or .json for Label Studio."
        ),
    ],
    n: Annotated[int, typer.Option("-n", help="How many labels to draw.")] = 300,
    strata: Annotated[
        str,
        typer.Option(help="stance, speaker, outlet, date, source, confidence; parted by commas."),
    ] = "",
    seed: Annotated[int, typer.Option(min=0, help="Of the draw and the order.")] = 0,
    model: ModelName = None,
    text_column: TextColumn = "text",
    id_column: IdColumn = "id",
    encoding: Encoding = None,
    threads: Threads = None,
) -> None:
    """Draw labels at random for people to code without seeing the model's answers.

    Writes a blind sheet and, beside it, the key with the model's answers: NAME.key.jsonl. Within
    strata equally many are drawn, as far as each goes.
    """
    from peacestance.evaluation.sampling import draw_sample
    from peacestance.evaluation.sheets import sheet_paths, write_sheet
    from peacestance.readers import ReadOptions

    sheet_paths(output)  # before any work
    names = [name.strip() for name in strata.split(",")] if strata else []
    options = ReadOptions(text_field=text_column, id_field=id_column, encoding=encoding)
    with _label_files(articles, model, threads, options) as files:
        drawn = draw_sample(files, n, names, seed=seed)
    written = write_sheet(drawn, output)
    _report_sample(drawn, n, written)


@contextmanager
def _label_files(
    inputs: Sequence[str], model: str | None, threads: int | None, options: ReadOptions
) -> Iterator[Sequence[str | Path]]:
    """The inputs, if they are labelled; else a file of them labelled, for as long as it is needed.

    Raises:
        UserError: labelled and other inputs side by side, a model for what is labelled.
    """
    from peacestance.exchange.labelled import is_labelled

    labelled = [path for path in inputs if is_labelled(path)]
    others = [path for path in inputs if path not in labelled]
    if labelled and others:
        raise UserError(
            f"{labelled[0]} is labelled and {others[0]} is not; label the rest first: peacestance"
            f" label {others[0]} -o FILE"
        )
    if not labelled:
        with tempfile.TemporaryDirectory() as folder:
            yield [_labelled_file(inputs, Path(folder), model, threads, options)]
        return
    if model is not None:
        raise UserError(f"{labelled[0]} is labelled already; leave --model {model} away")
    yield labelled


def _labelled_file(
    inputs: Sequence[str],
    folder: Path,
    model: str | None,
    threads: int | None,
    options: ReadOptions,
) -> Path:
    from peacestance import labeler
    from peacestance.exchange import write_labelled
    from peacestance.readers import find_files, read_articles

    find_files(inputs)  # its errors come before the model loads
    loaded = labeler.load(model, threads=threads)
    path = folder / "labelled.jsonl"
    articles = read_articles(inputs, options)
    write_labelled(loaded.label_many(articles, progress=sys.stderr.isatty()), path)
    return path


def _report_sample(sample: Sample, n: int, written: Sequence[Path]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if n > sample.labels:
        complain(f"only {sample.labels:,} labels where {n:,} were asked for: all are taken")
    typer.echo(f"{written[0]}: {len(sample.drawn):,} of {sample.labels:,} labels")
    typer.echo(f"{written[1]}: the model's answers; keep it from the coders")
    for path in written[2:]:
        typer.echo(f"{path}: the labelling configuration of the project")
    if len(sample.strata) < 2:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Stratum", overflow="fold")
    table.add_column("labels", justify="right")
    table.add_column("drawn", justify="right")
    for name, (size, taken) in list(sample.strata.items())[:_SHOWN_STRATA]:
        table.add_row(Text(name), f"{size:,}", f"{taken:,}")
    if len(sample.strata) > _SHOWN_STRATA:
        table.add_row(f"and {len(sample.strata) - _SHOWN_STRATA:,} more", "", "")
    Console(highlight=False).print(table)


# --- agreement ------------------------------------------------------------------------------------


@app.command(epilog="Example: peacestance agreement anna.csv ben.csv --key sheet.key.jsonl")
def agreement(
    sheets: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="SHEET",
            help="Sheets filled in, one per coder, or exports of Label Studio (.json).",
        ),
    ] = None,
    coder: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="A sheet with its coder's name; may be repeated."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="The sheet's key: the model becomes one more coder.")
    ] = None,
    encoding: Encoding = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Compare coders with each other and with the model: alpha, kappa, shares, with intervals.

    Exit status 2 if something in a sheet cannot be; each problem is a line on standard error.
    """
    from peacestance.evaluation.coded_sheets import check_coders, read_coders
    from peacestance.evaluation.sheets import read_key

    named = [(None, path) for path in sheets or []] + [_named(each) for each in coder or []]
    answers = read_key(key) if key is not None else None
    coders, problems = read_coders(named, encoding=encoding)
    refuse(problems)
    refuse(check_coders(coders, answers))
    _need_libraries()
    from peacestance.evaluation import coders as comparing

    found = comparing.agreement(coders, answers)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from peacestance.evaluation.coder_tables import agreement_tables

    console = Console(highlight=False)
    for part in agreement_tables(found):
        console.print(part)


def _named(written: str) -> tuple[str | None, Path]:
    name, mark, path = written.partition("=")
    if not (name.strip() and mark and path):
        raise UserError(f"--coder {written!r}: write NAME=FILE, for example anna=sheet.csv")
    return name.strip(), Path(path)


def _need_libraries() -> None:
    try:
        import krippendorff  # noqa: F401
        import sklearn  # noqa: F401
    except ModuleNotFoundError as error:
        raise UserError(
            f"agreement needs an extra ({error.name} is missing): pip install 'peacestance[report]'"
        ) from None
