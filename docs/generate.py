"""Fill the generated parts of Markdown files with what their commands print.

A part stands between two comments; `text` is put into a code block, `markdown` as it is:

    <!-- generated text: peacestance label examples/salt-marsh-talks.txt --format table -->
    <!-- end generated -->

usage: python docs/generate.py [--check] [FILE ...]     FILE: README.md and docs/*.md
With --check nothing is written; the exit status is 1 where a part is not what its command prints.
Commands run in the root of the checkout, with the programs of this Python's environment first.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PART = re.compile(
    r"(?P<begin>^<!-- generated (?P<form>text|markdown): (?P<command>.+?) -->\n)"
    r"(?P<body>.*?)(?P<end>^<!-- end generated -->$)",
    re.MULTILINE | re.DOTALL,
)


def output_of(command: str) -> str:
    """What a shell command prints, at a width of 100 columns and without colours."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    env = {**os.environ, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(
        command, shell=True, cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"docs/generate.py: `{command}` failed: {done.stderr.strip()}")
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())


def regenerated(markdown: str) -> str:
    """The text with each generated part written anew."""

    def fill(part: re.Match[str]) -> str:
        output = output_of(part["command"])
        body = f"```text\n{output}\n```" if part["form"] == "text" else output
        return f"{part['begin']}{body}\n{part['end']}"

    return PART.sub(fill, markdown)


def main() -> int:
    """Regenerate or check the files named on the command line."""
    parser = argparse.ArgumentParser(description="Fill the generated parts of Markdown files.")
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 where stale")
    parser.add_argument("files", nargs="*", type=Path)
    args = parser.parse_args()
    stale = 0
    for file in args.files or [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        old = file.read_text("utf-8")
        new = regenerated(old)
        if new == old:
            continue
        stale += 1
        print(f"{file}: {'stale; run make docs' if args.check else 'written'}")
        if not args.check:
            file.write_text(new, "utf-8")
    return int(args.check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
