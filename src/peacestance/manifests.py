"""A manifest says what an output was made from and with, so that it can be made again.

It stands beside the output as `NAME.manifest.json`. Paths are as they were given, so `reproduce` is
run from the same folder. Standard library only.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from peacestance.files import replacing
from peacestance.provenance import command_line, environment
from peacestance.records import STDIN
from peacestance.schema import UserError

FORMAT = 1
SUFFIX = ".manifest.json"
_BLOCK_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Manifest:
    """What `peacestance label` read, used and wrote.

    Attributes:
        inputs: the inputs as given: files and folders.
        files: size and SHA-256 of every file that was read, by its path; None for standard input.
        model: name, fingerprint and guide of the model, and the name it was asked for by.
        options: what changes the output, by the name of the option.
        output: path, form, size and SHA-256 of what was written, and the number of articles.
    """

    inputs: list[str]
    files: dict[str, dict[str, Any] | None]
    model: dict[str, Any]
    options: dict[str, Any]
    output: dict[str, Any]


def manifest_path(output: Path) -> Path:
    """Where the manifest of an output stands."""
    return output.with_name(output.name + SUFFIX)


def file_record(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of a file."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
            size += len(block)
    return {"bytes": size, "sha256": digest.hexdigest()}


def input_records(files: Iterable[Path]) -> dict[str, dict[str, Any] | None]:
    """A record of each input file; of standard input there is none."""
    return {str(path): None if str(path) == STDIN else file_record(path) for path in files}


def write_manifest(manifest: Manifest, output: Path) -> Path:
    """Write the manifest of an output beside it, with versions and the command."""
    data = {
        "format": FORMAT,
        "command": command_line(),
        "environment": environment(),
        **dataclasses.asdict(manifest),
    }
    path = manifest_path(output)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return path


def read_manifest(path: Path) -> Manifest:
    """Read a manifest, or that of an output.

    Raises:
        UserError: no such file, or no manifest of this version.
    """
    path = path if path.name.endswith(SUFFIX) else manifest_path(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"{path}: no manifest there ({error.strerror}); name an output of `label -o`, or its "
            f"{SUFFIX} file"
        ) from None
    except ValueError as error:
        raise UserError(f"{path}: not a manifest: {error}") from None
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise UserError(f"{path}: not a manifest of format {FORMAT}; label again with -o")
    names = [field.name for field in dataclasses.fields(Manifest)]
    missing = [name for name in names if name not in data]
    if missing:
        raise UserError(f"{path}: the manifest has no {', '.join(missing)}; label again with -o")
    return Manifest(**{name: data[name] for name in names})


def changed_inputs(manifest: Manifest) -> list[str]:
    """What stands in the way of making the output again, a line each."""
    problems = []
    for name, record in manifest.files.items():
        path = Path(name)
        if record is None:
            problems.append("standard input was read, which is gone")
        elif not path.is_file():
            problems.append(f"{name}: is not there; run in the folder that `label` was run in")
        elif file_record(path) != record:
            problems.append(f"{name}: has changed since")
    return problems
