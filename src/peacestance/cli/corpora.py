"""`peacestance check` and `peacestance export`: labelled corpora."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peacestance.cli.app import app
from peacestance.schema import UserError

if TYPE_CHECKING:
    from peacestance.corpus import Problem, Summary


@app.command(epilog="Example: peacestance check my-corpus/")
def check(
    corpus: Annotated[Path, typer.Argument(help="Folder, or .txt, .jsonl or .parquet file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Check a labelled corpus against every rule of its form, and sum it up.

    Exit status 2 if a rule is broken; each problem is a line on standard error.
    """
    from peacestance.corpus import check_corpus

    problems, summary = check_corpus(corpus)
    _print_summary(problems, summary, as_json)
    for problem in problems:
        typer.echo(str(problem), err=True)
    if problems:
        raise UserError(f"{corpus}: {len(problems):,} problems; each line above names one")


def _print_summary(problems: Sequence[Problem], summary: Summary, as_json: bool) -> None:
    if as_json:
        found = {"problems": [str(problem) for problem in problems]}
        typer.echo(json.dumps(summary.to_dict() | found, ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from peacestance.corpus import summary_tables

    console = Console(highlight=False)
    for table in summary_tables(summary):
        console.print(table)


@app.command(epilog="Example: peacestance export my-corpus/ -o my-corpus.parquet")
def export(
    corpus: Annotated[Path, typer.Argument(help="Folder, or .txt, .jsonl or .parquet file.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help=".jsonl, .parquet, or a folder for the text form."),
    ],
) -> None:
    """Write a labelled corpus in another form, losing nothing."""
    from peacestance.corpus import export_corpus, read_corpus

    articles = read_corpus(corpus)
    export_corpus(articles, output)
    typer.echo(f"{output}: {len(articles):,} articles", err=True)
