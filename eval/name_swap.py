"""How often a sentence keeps its stance when the speakers' names are exchanged.

    python eval/name_swap.py [--news GOLD.jsonl] [--model MODEL] [--out FILE]

Every article of test-unseen (and of GOLD, form: eval/real_news.py) is read twice with the same
sentence boundaries: as it is, and with the personal names of its speakers replaced everywhere by
each other's or by listed ones. A sentence counts as the same when it gets the same stances.
Intervals resample articles; nothing of the articles' text is stored.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from real_news import gold_article
from reporting import store

import peacestance
from peacestance.corpus import load_split
from peacestance.labeler import Labeler
from peacestance.predicting import predict
from peacestance.schema import LabelledArticle
from peacestance.training.augment import swap_names

ROOT = Path(__file__).resolve().parents[1]
SEED = 7


def main(argv: Sequence[str] | None = None) -> None:
    """Swap, label twice, compare, print and store."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--news", type=Path)
    parser.add_argument("--model", default=None)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(argv)
    sets = {"test-unseen": list(load_split(ROOT / "datasets/peacetalks", "test-unseen"))}
    if args.news:
        lines = args.news.read_text("utf-8").splitlines()
        sets["real news"] = [gold_article(json.loads(line)) for line in lines]
    labeler = peacestance.load(args.model)
    report: dict[str, Any] = {"model": labeler.model_name}
    for name, articles in sets.items():
        rng = random.Random(SEED)
        pairs = [(article, swap_names(article, rng)) for article in articles]
        swapped = [(a, b) for a, b in pairs if a.text != b.text]
        same = [compare(stances(labeler, a), stances(labeler, b)) for a, b in swapped]
        report[name] = {"articles": len(swapped), "same": interval(same)}
        value, low, high = report[name]["same"]
        print(f"{name:12s} {len(swapped)} articles: {value:.3f}  [{low:.3f}, {high:.3f}]")
    store(report, "name-swap", args.out)


def stances(labeler: Labeler, gold: LabelledArticle) -> list[list[str]]:
    """The stances of each sentence, sorted; the article's own sentence boundaries are used."""
    labelled = predict(
        gold.article,
        [(s.start, s.end) for s in gold.sentences],
        labeler.engine,
        labeler.tokenizer,
        labeler.chunking,
        labeler.settings,
    )
    return [sorted(label.stance for label in s.labels) for s in labelled.sentences]


def compare(before: list[list[str]], after: list[list[str]]) -> tuple[int, int]:
    """How many sentences have the same stances, and how many there are."""
    same = sum(a == b for a, b in zip(before, after, strict=True))
    return same, len(before)


def interval(counts: Sequence[tuple[int, int]]) -> tuple[float, float, float]:
    """The share with its 95% bootstrap interval over articles."""
    table = np.array(counts)
    picks = np.random.default_rng(0).integers(len(table), size=(2000, len(table)))
    drawn = table[picks].sum(1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return float(table[:, 0].sum() / table[:, 1].sum()), float(low), float(high)


if __name__ == "__main__":
    main()
