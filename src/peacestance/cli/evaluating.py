"""`peacestance evaluate`: models against gold labels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from peacestance.cli.app import app
from peacestance.schema import LabelledArticle


@app.command(
    epilog="Example: peacestance evaluate peacestance-small --data my-corpus --split test-unseen"
    " --report report/"
)
def evaluate(
    models: Annotated[
        list[str],
        typer.Argument(metavar="MODEL", help="Model folders, ids of shipped models, or hub ids."),
    ],
    data: Annotated[
        Path, typer.Option(help="Gold labels: a corpus folder, or a .txt, .jsonl, .parquet file.")
    ],
    report: Annotated[
        Path, typer.Option(help="Folder for report.html, report.md, metrics.json, predictions.")
    ],
    split: Annotated[
        str | None, typer.Option(help="One split of a corpus folder; by default all articles.")
    ] = None,
    suite: Annotated[
        list[Path] | None,
        typer.Option(help="Behaviour suite to run too: a file or folder; may be repeated."),
    ] = None,
    texts: Annotated[
        bool, typer.Option("--texts/--no-texts", help="Whether the report quotes the articles.")
    ] = True,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Processor threads; by default all.")
    ] = None,
) -> None:
    """Measure models on gold labels and write a report.

    Several models are compared on the same articles, with intervals of their differences.
    """
    from peacestance.evaluation import evaluating
    from peacestance.evaluation.sections import summary

    gold = evaluating.read_gold(data, split)
    done = evaluating.evaluate_models(
        models,
        gold,
        data={"path": data.name or str(data), "split": split},
        texts=texts,
        suites=suite or (),
        threads=threads,
        progress=_with_progress,
    )
    folder = evaluating.write_report(done, report)
    for line in summary(done.report):
        typer.echo(line)
    typer.echo(f"{folder / evaluating.PAGE_FILE}")


def _with_progress(name: str, articles: Iterable[LabelledArticle]) -> Iterable[LabelledArticle]:
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(articles, description=name, console=console, disable=not console.is_terminal)
