"""Print the scores of the shipped model as Markdown, or write its model card anew.

    python eval/summary.py             # the table of README.md
    python eval/summary.py --speed     # the sentence on speed in README.md
    python eval/summary.py --card      # models/peacestance-small/README.md

Reads eval/reports/peacestance-small/: scores.json (written by training), real-news.json (by
eval/real_news.py) and bench.json (by eval/bench.py). Refuses reports of another model.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from peacestance.bundle import load_bundle
from peacestance.finding import find_bundle
from peacestance.training.release import describe

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ROOT / "eval/reports/peacestance-small"
SHOWN = ("stance_macro_f1", "joint_f1", "joint_f1_stance", "speaker_exact")


def report(name: str) -> dict[str, Any]:
    """One stored report; those that name a model must name the shipped one."""
    data: dict[str, Any] = json.loads((REPORTS / name).read_text("utf-8"))
    shipped = load_bundle(find_bundle()).model_name
    if data.get("model", shipped) != shipped:
        sys.exit(f"{REPORTS / name} is about {data['model']}, not {shipped}; measure it again")
    return data


def scores() -> dict[str, dict[str, Any]]:
    """Scores by set of articles, real news first."""
    return {"real news": report("real-news.json"), **report("scores.json")}


def table() -> str:
    """The main scores with their 95% intervals."""
    lines = ["| articles | " + " | ".join(f"`{name}`" for name in SHOWN) + " |"]
    lines.append("|---|" + "---|" * len(SHOWN))
    for name, split in scores().items():
        cells = ["{:.2f} ({:.2f} to {:.2f})".format(*split["scores"][metric]) for metric in SHOWN]
        lines.append(f"| {name} ({split['articles']}) | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def speed() -> str:
    """How fast one pass is, from the benchmark."""
    bench = report("bench.json")
    first, *_ = bench["sentences_per_s"].values()
    low, high = bench["ratio_range"]
    return (
        f"Measured on two cores: {first:.0f} sentences per second, {bench['ratio']:.1f} times as "
        f"fast as the same encoder run on each sentence with two sentences of context on either "
        f"side ({low:.1f} to {high:.1f} in {bench['rounds']} rounds)."
    )


if __name__ == "__main__":
    if "--card" in sys.argv:
        describe(load_bundle(find_bundle()), scores())
    else:
        print(speed() if "--speed" in sys.argv else table())
