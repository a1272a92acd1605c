"""Print the scores of the shipped models as Markdown, or write their model cards anew.

    python eval/summary.py             # the table of README.md
    python eval/summary.py --checks    # the table of other measurements in README.md
    python eval/summary.py --speed     # the sentence on speed in README.md
    python eval/summary.py --card      # models/*/README.md

Reads eval/reports/MODEL-ID/: scores.json (written by training), real-news.json (by
eval/real_news.py), name-swap.json and polnear.json (by the scripts of those names) and bench.json
(by eval/bench.py). Refuses reports of another model.
"""

from __future__ import annotations

import functools
import json
import operator
import sys
from pathlib import Path
from typing import Any

from reporting import REPORTS, ROOT

from peacestance.bundle import Bundle, load_bundle
from peacestance.corpus.card import markdown_table
from peacestance.finding import find_bundle
from peacestance.training.release import describe

CHECKS = (
    (
        "stances kept when names are exchanged, real news",
        "name-swap.json",
        ("real news", "same"),
    ),
    ("the same, test-unseen", "name-swap.json", ("test-unseen", "same")),
    ("right source of a sentence, PolNeAR dev", "polnear.json", ("scores", "accuracy")),
    (
        "expected calibration error of the stances, real news",
        "real-news.json",
        ("calibration_error",),
    ),
)
"""Rows of the table of other measurements: what, the report, where the value stands in it."""

SHOWN = ("stance_macro_f1", "joint_f1", "joint_f1_stance", "speaker_exact")


def shipped() -> list[Bundle]:
    """The models of the repository, the default first."""
    default = load_bundle(find_bundle())
    folders = sorted(path.parent for path in (ROOT / "models").glob("*/bundle.json"))
    others = [load_bundle(folder) for folder in folders if folder.name != default.id]
    return [default, *others]


def report(bundle: Bundle, name: str) -> dict[str, Any]:
    """One stored report; where it names a model, it must be this one."""
    path: Path = REPORTS / bundle.id / name
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if data.get("model", bundle.model_name) != bundle.model_name:
        sys.exit(f"{path} is about {data['model']}, not {bundle.model_name}; measure it again")
    return data


def scores(bundle: Bundle) -> dict[str, dict[str, Any]]:
    """Scores by set of articles, real news first."""
    return {"real news": report(bundle, "real-news.json"), **report(bundle, "scores.json")}


def table() -> str:
    """The main scores with their 95% intervals."""
    lines = ["| model | articles | " + " | ".join(f"`{name}`" for name in SHOWN) + " |"]
    lines.append("|---|---|" + "---|" * len(SHOWN))
    for bundle in shipped():
        for name, split in scores(bundle).items():
            cells = [
                "{:.2f} ({:.2f} to {:.2f})".format(*split["scores"][metric]) for metric in SHOWN
            ]
            head = f"| `{bundle.id}` | {name} ({split['articles']}) | "
            lines.append(head + " | ".join(cells) + " |")
    return "\n".join(lines)


def checks() -> str:
    """What else was measured of each model, with 95% intervals."""
    models = shipped()
    rows = []
    for what, name, keys in CHECKS:
        found = [functools.reduce(operator.getitem, keys, report(b, name)) for b in models]
        rows.append([what, *("{:.3f} ({:.3f} to {:.3f})".format(*value) for value in found)])
    return "\n".join(markdown_table(["", *(f"`{b.id}`" for b in models)], rows))


def speed() -> str:
    """How fast one pass of the default model is, from the benchmark."""
    bench = report(shipped()[0], "bench.json")
    first, *_ = bench["sentences_per_s"].values()
    low, high = bench["ratio_range"]
    return (
        f"Measured on two cores: {first:.0f} sentences per second, {bench['ratio']:.1f} times as "
        f"fast as the same encoder run on each sentence with two sentences of context on either "
        f"side ({low:.1f} to {high:.1f} in {bench['rounds']} rounds)."
    )


if __name__ == "__main__":
    if "--card" in sys.argv:
        for model in shipped():
            describe(model, scores(model))
    else:
        part = speed if "--speed" in sys.argv else checks if "--checks" in sys.argv else table
        print(part())
