"""The command line: one thin command per verb. Heavy modules are imported inside the commands."""

from __future__ import annotations

import enum
import itertools
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from peacestance.schema import Article, LabelledArticle, UserError

if TYPE_CHECKING:
    from peacestance.corpus import Problem, Summary

STATUS_USER_ERROR, STATUS_INTERRUPTED, STATUS_BROKEN_PIPE = 2, 130, 141


class Format(enum.StrEnum):
    """What `label --format` takes: the forms of `exchange.FORMATS`, and the terminal's table."""

    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    TABLE = "table"


# Typer carries its own copy of click in newer versions: this base class is found in either.
_UsageError: Any = typer.BadParameter.__mro__[1]


class _OneLineErrors(TyperGroup):
    """Runs a command and turns what a user can mend into one line and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except UserError as error:
            _complain(f"error: {error}")
            raise typer.Exit(STATUS_USER_ERROR) from None
        except _UsageError as error:
            where = error.ctx.command_path if error.ctx else ctx.command_path
            _complain(f"error: {error.format_message()} See: {where} --help")
            raise typer.Exit(STATUS_USER_ERROR) from None
        except KeyboardInterrupt:
            _complain("interrupted; no output file was changed")
            raise typer.Exit(STATUS_INTERRUPTED) from None
        except BrokenPipeError:  # `| head` has read enough
            _silence_stdout()
            raise typer.Exit(STATUS_BROKEN_PIPE) from None
        except OSError as error:  # such as a full disk behind `> out.jsonl`
            _silence_stdout()
            where = f"{error.filename}: " if error.filename else ""
            _complain(f"error: {where}{error.strerror or error}")
            raise typer.Exit(STATUS_USER_ERROR) from None
        return result


def _complain(message: str) -> None:
    one_line = " ".join(message.split("\n"))
    typer.echo(f"peacestance: {one_line}", err=True)


def _silence_stdout() -> None:
    """Let the interpreter's last flush go nowhere instead of into the broken pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    cls=_OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Labels each sentence of a news article with its speaker and that speaker's stance toward"
    " the peace plan.",
    epilog="Try: peacestance label talks.txt",
)


def main() -> None:
    """The entry point `peacestance`. Output is UTF-8 with its line ends as written, everywhere."""
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    app(prog_name="peacestance")


def _show_version(wanted: bool) -> None:
    if wanted:
        import peacestance

        typer.echo(f"peacestance {peacestance.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


# --- label ---------------------------------------------------------------------------------------


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
    progress: Progress = None,
    threads: Threads = None,
) -> None:
    """Label articles: every sentence with its speaker and stance.

    Without -o a terminal gets a coloured table, and a pipe gets JSONL.
    """
    from peacestance.readers import ReadOptions, read_articles

    form = _output_form(output, form)
    skipped = _Skipped()
    options = ReadOptions(
        text_field=text_column,
        id_field=id_column,
        encoding=encoding,
        skip_bad=skip_bad,
        on_skip=skipped.add,
    )
    _check_paths(inputs, output)
    articles = _first_read(read_articles(inputs, options), inputs)
    shown = sys.stderr.isatty() and form is not Format.TABLE if progress is None else progress
    labelled = _labelled(articles, model, aliases, threads, shown)
    number = _write(labelled, output, form)
    skipped.report(number)


class _Skipped:
    """Counts the records that --skip-bad passed over and shows the first of them."""

    _SHOWN = 5

    def __init__(self) -> None:
        self.number = 0

    def add(self, message: str) -> None:
        self.number += 1
        if self.number <= self._SHOWN:
            _complain(f"skipped: {message}")

    def report(self, labelled: int) -> None:
        if self.number:
            _complain(f"labelled {labelled:,} articles, skipped {self.number:,} bad records")


def _output_form(output: Path | None, form: Format | None) -> Format:
    from peacestance.exchange import format_of

    if output is None:
        if form is Format.PARQUET:
            raise UserError("parquet is not text; name a file for it: -o FILE.parquet")
        return form or (Format.TABLE if sys.stdout.isatty() else Format.JSONL)
    if form is Format.TABLE:
        raise UserError("--format table is for the terminal; leave -o away, or choose another form")
    return form or Format(format_of(output))


def _check_paths(inputs: Sequence[str], output: Path | None) -> None:
    """Refuse, before any work, an output that cannot be written or that is an input."""
    from peacestance.readers import find_files

    files = find_files(inputs)
    if output is None:
        return
    if not output.parent.is_dir():
        raise UserError(
            f"{output}: the folder {output.parent} does not exist; create it first: mkdir -p"
            f" {output.parent}"
        )
    if output.is_file() and any(path.is_file() and path.samefile(output) for path in files):
        raise UserError(f"{output}: is one of the inputs and would be overwritten; choose another")


def _first_read(articles: Iterator[Article], inputs: Sequence[str]) -> Iterator[Article]:
    """The same articles with the first one read, so that its errors come before the model loads."""
    first = next(articles, None)
    if first is None:
        raise UserError(f"{', '.join(inputs)}: no article in it that could be read")
    return itertools.chain([first], articles)


def _labelled(
    articles: Iterable[Article],
    model: str | None,
    aliases: Path | None,
    threads: int | None,
    progress: bool,
) -> Iterator[LabelledArticle]:
    from peacestance import labeler

    loaded = labeler.load(model, aliases=aliases, threads=threads)
    return loaded.label_many(articles, progress=progress)


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


# --- corpora -------------------------------------------------------------------------------------


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


# --- training ------------------------------------------------------------------------------------


@app.command(
    epilog="Example: peacestance train peacestance-mini --data my-corpus --out runs/mine"
    " --set train.epochs=5"
)
def train(
    recipe: Annotated[str, typer.Argument(help="A recipe's file, or the name of a built-in one.")],
    data: Annotated[Path, typer.Option(help="Corpus folder with splits.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints and the trained model.")],
    encoder: Annotated[
        str | None, typer.Option(help="Local folder or hub id instead of the recipe's encoder.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint in --out.")
    ] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a value; may be repeated."),
    ] = None,
) -> None:
    """Train a model on a labelled corpus; the result is a folder that label --model takes."""
    try:
        from peacestance.training.run import train as run_training
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("peacestance"):
            raise
        raise UserError(
            f"training needs an extra ({error.name} is missing): pip install 'peacestance[train]'"
        ) from None
    bundle = run_training(
        recipe, data, out, encoder=encoder, resume=resume, overrides=settings or ()
    )
    typer.echo(str(bundle))


@app.command(epilog="Example: peacestance recipe peacestance-mini > mine.toml")
def recipe(
    name: Annotated[
        str | None, typer.Argument(help="A built-in recipe; without it all names are listed.")
    ] = None,
) -> None:
    """List the built-in training recipes, or print one to start from."""
    from peacestance.training.recipe import builtin_recipes

    recipes = builtin_recipes()
    if name is None:
        for known in sorted(recipes):
            typer.echo(known)
    elif name in recipes:
        typer.echo(recipes[name].read_text(encoding="utf-8"), nl=False)
    else:
        raise UserError(f"no recipe {name!r}; there are: {', '.join(sorted(recipes))}")
