"""What a result was made with: versions, machine, command, hashes. Standard library only."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LIBRARIES = ("peacestance", "torch", "transformers", "onnx", "onnxruntime", "tokenizers", "numpy")


def environment(libraries: Iterable[str] = LIBRARIES) -> dict[str, str]:
    """Versions of Python and of the libraries that are installed, and the processor."""
    versions = {"python": platform.python_version(), "machine": platform.machine()}
    for library in libraries:
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def command_line() -> str:
    """The command that runs, as it can be given to a shell again."""
    program = Path(sys.argv[0]).name if sys.argv else ""
    name = "peacestance" if program in ("", "__main__.py", "peacestance") else program
    return shlex.join([name, *sys.argv[1:]])


def checksum(value: Any) -> str:
    """SHA-256 (hexadecimal) of plain values, whatever the order of their keys.

    >>> checksum({"a": 1, "b": 2}) == checksum({"b": 2, "a": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
