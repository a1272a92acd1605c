"""Where reports are kept: `eval/reports/MODEL-ID/NAME.json`, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from peacestance.files import replacing

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ROOT / "eval/reports"


def store(report: dict[str, Any], name: str, out: Path | None = None) -> Path:
    """Write a report.

    Args:
        report: names its model under "model", as "ID@HASH".
        name: of the report, such as "real-news".
        out: file to write instead.

    Returns:
        The file.
    """
    path = out or REPORTS / str(report["model"]).partition("@")[0] / f"{name}.json"
    write(path, json.dumps(report, indent=1) + "\n")
    return path


def write(path: Path, text: str) -> None:
    """Write a report whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
