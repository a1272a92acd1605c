"""The application that the commands hang on, and what it makes of errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from peacestance.schema import UserError

STATUS_USER_ERROR, STATUS_INTERRUPTED, STATUS_BROKEN_PIPE = 2, 130, 141


# Typer carries its own copy of click in newer versions: this base class is found in either.
_UsageError: Any = typer.BadParameter.__mro__[1]


class _OneLineErrors(TyperGroup):
    """Runs a command and turns what a user can mend into one line and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except UserError as error:
            complain(f"error: {error}")
            raise typer.Exit(STATUS_USER_ERROR) from None
        except _UsageError as error:
            where = error.ctx.command_path if error.ctx else ctx.command_path
            complain(f"error: {error.format_message()} See: {where} --help")
            raise typer.Exit(STATUS_USER_ERROR) from None
        except KeyboardInterrupt:
            complain("interrupted; no output file was changed")
            raise typer.Exit(STATUS_INTERRUPTED) from None
        except BrokenPipeError:  # `| head` has read enough
            _silence_stdout()
            raise typer.Exit(STATUS_BROKEN_PIPE) from None
        except OSError as error:  # such as a full disk behind `> out.jsonl`
            _silence_stdout()
            where = f"{error.filename}: " if error.filename else ""
            complain(f"error: {where}{error.strerror or error}")
            raise typer.Exit(STATUS_USER_ERROR) from None
        return result


def complain(message: str) -> None:
    """Say it in one line on standard error."""
    one_line = " ".join(message.split("\n"))
    typer.echo(f"peacestance: {one_line}", err=True)


def refuse(problems: Sequence[str]) -> None:
    """Say every problem in a line of its own, and stop."""
    if len(problems) == 1:
        raise UserError(problems[0])
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise UserError(f"{len(problems):,} problems; each line above names one")


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
