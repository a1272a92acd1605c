"""Writing a file so that it is there whole or not at all. Standard library only."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peacestance.schema import UserError


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path in the same folder, which takes the place of `path` on success.

    On any exception, an interruption included, the temporary file is removed and `path` stays as
    it was. A symbolic link is followed. What is no regular file (a pipe, /dev/stdout) is given
    itself, since it cannot be replaced.

    Raises:
        UserError: the folder does not exist or cannot be written to, `path` is a folder, or the
            disk is full.
    """
    path = Path(path)
    target = _target(path)
    if target.exists() and not target.is_file():
        with _one_line(path):
            yield target
        return
    with _one_line(path):
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def _target(path: Path) -> Path:
    """The file that a path leads to, in a folder that exists."""
    with _one_line(path):
        if not path.parent.is_dir():
            raise UserError(
                f"{path}: the folder {path.parent} does not exist; create it first: mkdir -p"
                f" {path.parent}"
            )
        if path.is_dir():
            raise UserError(f"{path}: is a folder; name a file in it")
        # /dev/stdout leads to "pipe:[n]", a name that cannot be opened: such paths stay as given.
        return path if path.exists() and not path.is_file() else path.resolve()


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """Turn a failed write into a `UserError`; a broken pipe is no failure and passes through."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        hint = "; free some space and run again" if error.errno == errno.ENOSPC else ""
        reason = " ".join((error.strerror or str(error)).split())
        raise UserError(f"{path}: cannot be written: {reason}{hint}; nothing was left") from error


def _umask() -> int:
    """The process's umask; mkstemp ignores it and makes files for the owner only."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
