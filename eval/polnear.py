"""Who says each sentence of PolNeAR (Newell et al. 2018), a corpus the models never saw.

    python eval/polnear.py DEV.jsonl.gz [--model MODEL] [--out FILE]

A gold sentence's source is that of the attribution whose content covers most of it; a sentence
that no content touches is the reporter's. The predicted speaker is right where it is named by a
mention of the gold source's coreference chain: the mention overlaps one, or one's words hold the
speaker's name (or the other way round). Intervals resample articles. Only scores are stored.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from reporting import store

import peacestance
from peacestance.evaluation.metrics import same_speaker
from peacestance.schema import Article, LabelledArticle, Sentence

Span = tuple[int, int]


def main(argv: Sequence[str] | None = None) -> None:
    """Label, score, print and store."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("gold", type=Path)
    parser.add_argument("--model", default=None)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(argv)
    with gzip.open(args.gold, "rt", encoding="utf-8") as lines:
        gold = [json.loads(line) for line in lines]
    labeler = peacestance.load(args.model)
    labelled = labeler.label_many(Article(row["id"], row["text"]) for row in gold)
    each = [count(row, article) for row, article in zip(gold, labelled, strict=True)]
    report = {
        "model": labeler.model_name,
        "gold_sha256": hashlib.sha256(args.gold.read_bytes()).hexdigest(),
        "articles": len(each),
        "sentences": int(sum(len(rows) for rows in each)),
        "scores": {"accuracy": interval(each, False), "attributed": interval(each, True)},
    }
    for name, (value, low, high) in report["scores"].items():
        print(f"{name:12s} {value:.3f}  [{low:.3f}, {high:.3f}]")
    store(report, "polnear", args.out)


def count(row: dict[str, Any], article: LabelledArticle) -> np.ndarray:
    """Per gold sentence whether it is attributed and whether its speaker is right. [S, 2]."""
    rows = []
    for sentence in row["sentences"]:
        span = (sentence["start"], sentence["end"])
        source = gold_source(span, row["attributions"])
        partner = max(article.sentences, key=lambda s: overlap((s.start, s.end), span))
        right = is_right(source, partner, article, row)
        rows.append((source is not None, right))
    return np.array(rows, dtype=bool).reshape(-1, 2)


def gold_source(sentence: Span, attributions: Sequence[dict[str, Any]]) -> Span | None:
    """The source of the attribution whose content covers most of a sentence."""
    covered = [
        (sum(overlap(sentence, part) for part in attribution["content"]), attribution)
        for attribution in attributions
        if attribution["source"]
    ]
    most, best = max(covered, key=lambda pair: pair[0], default=(0, {}))
    return tuple(best["source"][0]) if most else None


def overlap(a: Sequence[int], b: Sequence[int]) -> int:
    """Characters that two half-open spans share."""
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))


def is_right(
    source: Span | None, sentence: Sentence, article: LabelledArticle, row: dict[str, Any]
) -> bool:
    """Whether one of the predicted speakers is the gold source, or both are the reporter."""
    if source is None:
        return any(label.speaker is None for label in sentence.labels)
    chain = next((c for c in row["coref"] if any(overlap(m, source) for m in c)), [])
    spans = [source, *((m[0], m[1]) for m in chain)]
    names = {row["text"][start:end] for start, end in spans}
    return any(
        (
            label.mention is not None
            and any(overlap(m, (label.mention.start, label.mention.end)) for m in spans)
        )
        or any(same_speaker(article.speakers[label.speaker].name, name) for name in names)
        for label in sentence.labels
        if label.speaker is not None
    )


def interval(each: Sequence[np.ndarray], only_attributed: bool) -> tuple[float, float, float]:
    """Share of right sentences with its 95% bootstrap interval over articles."""
    kept = [rows[rows[:, 0]] if only_attributed else rows for rows in each]
    hits = np.array([rows[:, 1].sum() for rows in kept])
    totals = np.array([len(rows) for rows in kept])
    picks = np.random.default_rng(0).integers(len(kept), size=(2000, len(kept)))
    draws = hits[picks].sum(1) / totals[picks].sum(1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(hits.sum() / totals.sum()), float(low), float(high)


if __name__ == "__main__":
    main()
