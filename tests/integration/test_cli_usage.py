"""A slip on the command line is one line and status 2."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["lable", "x.txt"], "lable"),
        (["label"], "INPUT"),
        (["label", "x.txt", "--format", "xml"], "xml"),
        (["label", "x.txt", "--threads", "0"], "threads"),
        (["label", "--colour", "x.txt"], "--colour"),
    ],
)
def test_a_slip_is_one_line(arguments: list[str], expected: str) -> None:
    command = [sys.executable, "-m", "peacestance", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("peacestance: error: ")
    assert expected in done.stderr
    assert "--help" in done.stderr
