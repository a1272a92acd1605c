"""The command line: one thin command per verb. Heavy modules are imported inside the commands."""

import sys

from peacestance.cli import (  # noqa: F401  (commands join the app)
    corpora,
    estimating,
    evaluating,
    label,
    reproducing,
    training,
    validation,
)
from peacestance.cli.app import app

__all__ = ["app", "main"]


def main() -> None:
    """The entry point `peacestance`. Output is UTF-8 with its line ends as written, everywhere."""
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    app(prog_name="peacestance")
