"""Score models and simple baselines on the same articles with the same yardstick.

    python eval/compare.py --news GOLD.jsonl --model small=models/peacestance-small \
        --seeds small=runs/a/bundle,runs/b/bundle,runs/c/bundle

Writes eval/reports/comparison.json and the table made from it, comparison.md. Every baseline
learns from the train split of datasets/peacetalks, of which --articles takes those whose ids start
so: by default the second wave, on which the released models were last trained. Those of stance get
their speakers from the nearest-name rule, so that they can be scored on speaker and stance alike.
--news adds gold articles that are not in the repository (form: eval/real_news.py); nothing of their
text is stored.
--seeds gives the mean and the range of runs of one recipe that differ in their seed alone.
--table only writes the table anew.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from baselines.nearest import nearest_speakers
from baselines.stances import (
    Classify,
    frozen_embeddings,
    majority,
    sentence_transformer,
    tfidf,
)
from real_news import gold_article
from reporting import REPORTS, ROOT, write

import peacestance
from peacestance.bundle import load_bundle
from peacestance.corpus import load_splits
from peacestance.corpus.card import markdown_table
from peacestance.evaluation.metrics import bootstrap, evaluate
from peacestance.evaluation.sections import interval
from peacestance.schema import Label, LabelledArticle, Sentence, Speaker, Stance
from peacestance.training.encoders import find_encoder
from peacestance.training.run import chosen

CORPUS = ROOT / "datasets/peacetalks"
ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
SHOWN = ("stance_macro_f1", "joint_f1", "joint_f1_stance", "speaker_exact")

TIMED_ARTICLES, ROUNDS = 10, 3

HEAD = """# Comparison

Made by `eval/compare.py`. In brackets: 95% bootstrap intervals that resample articles.
"""

Splits = dict[str, list[LabelledArticle]]
LabelOne = Callable[[LabelledArticle], LabelledArticle]


def main(argv: Sequence[str] | None = None) -> None:
    """Fit, label, score and store, then write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--news", type=Path)
    parser.add_argument("--model", action="append", default=[], metavar="NAME=BUNDLE")
    parser.add_argument("--seeds", action="append", default=[], metavar="NAME=BUNDLE,...")
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--articles", default="n", help="first letters of ids, or all")
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args(argv)
    path = REPORTS / "comparison.json"
    if not args.table:
        train, splits = articles(args.news, args.articles)
        report = {
            "baselines": compare_baselines(train, splits, args.encoder or find_encoder(ENCODER)),
            "models": dict(compare_models(args.model, splits)),
            "seeds": dict(compare_seeds(args.seeds, splits)),
            "cost": cost(args.model, splits["test-seen"]),
        }
        write(path, json.dumps(report, indent=1) + "\n")
    write(path.with_suffix(".md"), table(json.loads(path.read_text("utf-8"))))


def articles(news: Path | None, prefixes: str) -> tuple[list[LabelledArticle], Splits]:
    """The articles to learn from, and the sets to score on."""
    splits = {name: list(found) for name, found in load_splits(CORPUS).items()}
    train = chosen(splits.pop("train"), prefixes)
    del splits["dev"]  # on which settings were chosen
    if news:
        lines = news.read_text("utf-8").splitlines()
        splits["real news"] = [gold_article(json.loads(line)) for line in lines]
    return train, splits


def compare_baselines(
    train: Sequence[LabelledArticle], splits: Splits, encoder: Path
) -> dict[str, Any]:
    """Scores of every baseline, name -> split -> report."""
    texts, stances = sentences_and_stances(train)
    fits = {
        "majority stance, nearest name": majority,
        "TF-IDF + logistic regression": tfidf,
        "frozen all-MiniLM-L6-v2 embeddings + logistic regression": frozen_embeddings(encoder),
        "all-MiniLM-L6-v2 fine-tuned, sentence by sentence": sentence_transformer(encoder),
    }
    report = {}
    for name, fit in fits.items():
        report[name] = score(name, splits, partial(label_baseline, classify=fit(texts, stances)))
    return report


def compare_models(named: Sequence[str], splits: Splits) -> Iterator[tuple[str, Any]]:
    """Scores of released models, given as NAME=BUNDLE."""
    for name, _, folder in (entry.partition("=") for entry in named):
        bundle = load_bundle(Path(folder))
        found = score(name, splits, partial(label_model, labeler=peacestance.load(folder)))
        yield name, {"model": bundle.model_name, "splits": found}


def cost(named: Sequence[str], articles: Sequence[LabelledArticle]) -> dict[str, Any]:
    """Size of each model and its speed, the models in turn so that a busy machine slows all."""
    folders = dict(entry.split("=", 1) for entry in named)
    labelers = {name: peacestance.load(folder) for name, folder in folders.items()}
    timed = [article.article for article in articles[:TIMED_ARTICLES]]
    sentences = sum(len(article.sentences) for article in articles[:TIMED_ARTICLES])
    seconds: dict[str, list[float]] = {name: [] for name in folders}
    for _ in range(1 + ROUNDS):
        for name, labeler in labelers.items():
            start = time.perf_counter()
            for article in timed:
                labeler.label(article)
            seconds[name].append(time.perf_counter() - start)
    return {
        name: {
            "megabytes": load_bundle(Path(folders[name])).total_bytes / 1e6,
            "sentences_per_s": sentences / statistics.median(taken[1:]),  # the first one warms up
        }
        for name, taken in seconds.items()
    }


def compare_seeds(named: Sequence[str], splits: Splits) -> Iterator[tuple[str, Any]]:
    """Mean, lowest and highest score of runs that differ in their seed."""
    for name, _, folders in (entry.partition("=") for entry in named):
        labelers = [peacestance.load(folder) for folder in folders.split(",")]
        found = {}
        for split, gold in splits.items():
            runs = [evaluate(gold, [use.label(a.article) for a in gold]) for use in labelers]
            found[split] = {metric: [run[metric] for run in runs] for metric in SHOWN}
            print(f"{name:40s} {split:12s}", found[split])
        yield name, found


def score(name: str, splits: Splits, label: LabelOne) -> dict[str, Any]:
    """Scores with intervals on every set."""
    found = {}
    for split, gold in splits.items():
        scores = bootstrap(gold, [label(article) for article in gold])
        found[split] = {"articles": len(gold), "scores": scores}
        print(f"{name:40s} {split:12s}", *(f"{m} {scores[m][0]:.3f}" for m in SHOWN))
    return found


def sentences_and_stances(articles: Sequence[LabelledArticle]) -> tuple[list[str], list[str]]:
    """Every label of the articles as (sentence, stance)."""
    pairs = [
        (article.article.text[sentence.start : sentence.end], str(label.stance))
        for article in articles
        for sentence in article.sentences
        for label in sentence.labels
    ]
    return [text for text, _ in pairs], [stance for _, stance in pairs]


def label_baseline(gold: LabelledArticle, classify: Classify) -> LabelledArticle:
    """The article with the baseline's labels; sentence boundaries are given."""
    text = gold.article.text
    places = [(sentence.start, sentence.end) for sentence in gold.sentences]
    names = nearest_speakers(text, places)
    stances = classify([text[start:end] for start, end in places])
    ids = {name: k for k, name in enumerate(dict.fromkeys(name for name in names if name))}
    sentences = tuple(
        Sentence(start, end, (Label(ids[name] if name else None, Stance(stance)),))
        for (start, end), name, stance in zip(places, names, stances, strict=True)
    )
    return LabelledArticle(
        gold.article, sentences, tuple(Speaker(k, name, ()) for name, k in ids.items())
    )


def label_model(gold: LabelledArticle, labeler: peacestance.Labeler) -> LabelledArticle:
    """The article with the model's labels."""
    return labeler.label(gold.article)


def table(report: dict[str, Any]) -> str:
    """The report as Markdown: a table for each set, and one of the seeds."""
    rows = report["baselines"] | {n: m["splits"] for n, m in report["models"].items()}
    blocks = []
    for split, first in next(iter(rows.values())).items():
        blocks.append(f"## {split} ({first['articles']} articles)\n")
        cells = [
            [name, *(interval(found[split]["scores"][metric]) for metric in SHOWN)]
            for name, found in rows.items()
        ]
        blocks.append("\n".join(markdown_table(["", *SHOWN], cells)))
    if report["cost"]:
        blocks.append("## Size, and speed in turn on one machine\n")
        cells = [
            [name, f"{found['megabytes']:.0f}", f"{found['sentences_per_s']:.0f}"]
            for name, found in report["cost"].items()
        ]
        blocks.append("\n".join(markdown_table(["", "MB", "sentences/s"], cells)))
    if report["seeds"]:
        blocks.append("## Runs that differ in their seed: mean (lowest to highest)\n")
        cells = [
            [f"{name}, {split}", *(spread(found[metric]) for metric in SHOWN)]
            for name, splits in report["seeds"].items()
            for split, found in splits.items()
        ]
        blocks.append("\n".join(markdown_table(["", *SHOWN], cells)))
    return "\n".join([HEAD, *blocks]).rstrip() + "\n"


def spread(values: Sequence[float]) -> str:
    """Mean, lowest and highest.

    >>> spread([0.5, 0.4, 0.6])
    '0.500 (0.400 to 0.600)'
    """
    return interval([sum(values) / len(values), min(values), max(values)])


if __name__ == "__main__":
    main()
