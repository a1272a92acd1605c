"""`peacestance label`."""

from __future__ import annotations

import enum
import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from peacestance.cli.app import app, complain
from peacestance.schema import UNSURE_LABEL, Article, LabelledArticle, UserError


class Format(enum.StrEnum):
    """What `label --format` takes: the forms of `exchange.FORMATS`, and the terminal's table."""

    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    TABLE = "table"


Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT",
        help="Files (.txt .md .html .jsonl .csv .tsv .parquet), folders, or - for standard input.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="File to write: .jsonl, .csv, .tsv or .parquet."),
]
OutputForm = Annotated[
    Format | None,
    typer.Option("--format", help="Form of the output, where the suffix does not say it."),
]
ModelName = Annotated[
    str | None, typer.Option(help="Model folder or hub id; by default the shipped model.")
]
AliasFile = Annotated[
    Path | None, typer.Option(help="TOML file of speakers' names, aliases and sides.")
]
TextColumn = Annotated[str, typer.Option(help="Column or field with the text.")]
IdColumn = Annotated[str, typer.Option(help="Column or field with the id.")]
Encoding = Annotated[str | None, typer.Option(help="Encoding of the input; by default UTF-8.")]
SkipBad = Annotated[
    bool, typer.Option("--skip-bad", help="Pass over records that cannot be read; count them.")
]
MinConfidence = Annotated[
    float,
    typer.Option(
        min=0.0, max=1.0, help="Leave labels below this confidence to a person, with a notice."
    ),
]
Progress = Annotated[
    bool | None,
    typer.Option("--progress/--no-progress", help="Progress bar; by default on a terminal."),
]
Threads = Annotated[int | None, typer.Option(min=1, help="Processor threads; by default all.")]


@app.command(epilog="Examples: peacestance label talks.txt · peacestance label archive/ -o out.csv")
def label(
    inputs: Inputs,
    output: Output = None,
    form: OutputForm = None,
    model: ModelName = None,
    aliases: AliasFile = None,
    text_column: TextColumn = "text",
    id_column: IdColumn = "id",
    encoding: Encoding = None,
    skip_bad: SkipBad = False,
    min_confidence: MinConfidence = 0.0,
    progress: Progress = None,
    threads: Threads = None,
) -> None:
    """Label articles: every sentence with its speaker and stance.

    Without -o a terminal gets a coloured table, and a pipe gets JSONL.
    """
    from peacestance import labeler
    from peacestance.readers import ReadOptions, read_articles

    form = _output_form(output, form)
    skipped, unsure = _Skipped(), _Unsure(min_confidence)
    options = ReadOptions(
        text_field=text_column,
        id_field=id_column,
        encoding=encoding,
        skip_bad=skip_bad,
        on_skip=skipped.add,
    )
    files = _check_paths(inputs, output)
    articles = _first_read(read_articles(inputs, options), inputs)
    shown = sys.stderr.isatty() and form is not Format.TABLE if progress is None else progress
    loaded = labeler.load(model, aliases=aliases, threads=threads, min_confidence=min_confidence)
    labelled = unsure.counted(loaded.label_many(articles, progress=shown))
    number = _write(labelled, output, form)
    if output is not None:
        used = {
            "text_column": text_column,
            "id_column": id_column,
            "encoding": encoding,
            "skip_bad": skip_bad,
            "min_confidence": min_confidence,
            "aliases": aliases and str(aliases),
        }
        made_by = {**loaded.describe(), "asked_for": model}
        read = [*files, aliases] if aliases else files
        _remember(inputs, read, made_by, used, {"form": form.value, "articles": number}, output)
    skipped.report(number)
    unsure.report()


class _Skipped:
    """Counts the records that --skip-bad passed over and shows the first of them."""

    _SHOWN = 5

    def __init__(self) -> None:
        self.number = 0

    def add(self, message: str) -> None:
        self.number += 1
        if self.number <= self._SHOWN:
            complain(f"skipped: {message}")

    def report(self, labelled: int) -> None:
        if self.number:
            complain(f"labelled {labelled:,} articles, skipped {self.number:,} bad records")


class _Unsure:
    """Counts the labels that --min-confidence left out."""

    def __init__(self, min_confidence: float) -> None:
        self.min_confidence, self.left_out, self.kept = min_confidence, 0, 0

    def counted(self, labelled: Iterable[LabelledArticle]) -> Iterator[LabelledArticle]:
        for article in labelled:
            self.left_out += sum(notice.code == UNSURE_LABEL for notice in article.notices)
            self.kept += sum(len(sentence.labels) for sentence in article.sentences)
            yield article

    def report(self) -> None:
        if self.min_confidence:
            total = self.left_out + self.kept
            complain(
                f"left {self.left_out:,} of {total:,} labels to a person (confidence below "
                f"{self.min_confidence:g}); JSONL names each in its notices"
            )


def _remember(
    inputs: Sequence[str],
    read: Sequence[Path],
    made_by: dict[str, Any],
    options: dict[str, Any],
    written: dict[str, Any],
    output: Path,
) -> None:
    """Write the manifest beside the output; a pipe or device gets none."""
    from peacestance.manifests import Manifest, file_record, input_records, write_manifest

    if output.is_file():
        written = {"path": str(output), **written, **file_record(output)}
        files = input_records(read)
        write_manifest(Manifest(list(inputs), files, made_by, options, written), output)


def _output_form(output: Path | None, form: Format | None) -> Format:
    from peacestance.exchange import format_of

    if output is None:
        if form is Format.PARQUET:
            raise UserError("parquet is not text; name a file for it: -o FILE.parquet")
        return form or (Format.TABLE if sys.stdout.isatty() else Format.JSONL)
    if form is Format.TABLE:
        raise UserError("--format table is for the terminal; leave -o away, or choose another form")
    return form or Format(format_of(output))


def _check_paths(inputs: Sequence[str], output: Path | None) -> list[Path]:
    """The input files. Refuses, before any work, an output that cannot be written or is one."""
    from peacestance.readers import find_files

    files = find_files(inputs)
    if output is None:
        return files
    if not output.parent.is_dir():
        raise UserError(
            f"{output}: the folder {output.parent} does not exist; create it first: mkdir -p"
            f" {output.parent}"
        )
    if output.is_file() and any(path.is_file() and path.samefile(output) for path in files):
        raise UserError(f"{output}: is one of the inputs and would be overwritten; choose another")
    return files


def _first_read(articles: Iterator[Article], inputs: Sequence[str]) -> Iterator[Article]:
    """The same articles with the first one read, so that its errors come before the model loads."""
    first = next(articles, None)
    if first is None:
        raise UserError(f"{', '.join(inputs)}: no article in it that could be read")
    return itertools.chain([first], articles)


def _write(labelled: Iterable[LabelledArticle], output: Path | None, form: Format) -> int:
    from peacestance.exchange import write_labelled, write_to_stream

    if output is not None:
        return write_labelled(labelled, output, form.value)
    if form is not Format.TABLE:
        return write_to_stream(labelled, sys.stdout, form.value)
    from rich.console import Console

    from peacestance.exchange.terminal import render_terminal

    console, number = Console(highlight=False), 0
    for article in labelled:
        render_terminal(article, console)
        number += 1
    return number
