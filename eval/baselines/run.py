"""Score simple baselines on the same articles and with the same yardstick as the models.

    python eval/baselines/run.py [--news GOLD.jsonl] [--encoder FOLDER] [--out FILE]

Every baseline learns from the train split of datasets/peacetalks. Those of stance get their
speakers from the nearest-name rule, so that they can be scored on speaker and stance together.
--news adds gold articles that are not in the repository (form: eval/real_news.py). Nothing of
their text is stored.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from baselines.nearest import nearest_speakers
from baselines.stances import (
    Classify,
    frozen_embeddings,
    majority,
    sentence_transformer,
    tfidf,
)
from real_news import gold_article

from peacestance.corpus import load_splits
from peacestance.evaluation.metrics import bootstrap
from peacestance.schema import Label, LabelledArticle, Sentence, Speaker, Stance
from peacestance.training.encoders import find_encoder

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "datasets/peacetalks"
ENCODER = "sentence-transformers/all-MiniLM-L6-v2"


def main(argv: Sequence[str] | None = None) -> None:
    """Fit, label, score, print and store."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--news", type=Path)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "eval/reports/baselines.json")
    args = parser.parse_args(argv)
    splits = {name: list(articles) for name, articles in load_splits(CORPUS).items()}
    train = splits.pop("train")
    if args.news:
        lines = args.news.read_text("utf-8").splitlines()
        splits["real news"] = [gold_article(json.loads(line)) for line in lines]
    texts, stances = sentences_and_stances(train)
    report: dict[str, dict[str, Any]] = {}
    for name, fit in baselines(args.encoder or find_encoder(ENCODER)).items():
        classify = fit(texts, stances)
        report[name] = {}
        for split, gold in splits.items():
            scores = bootstrap(gold, [label(article, classify) for article in gold])
            report[name][split] = {"articles": len(gold), "scores": scores}
            joint, macro = scores["joint_f1"][0], scores["stance_macro_f1"][0]
            exact = scores["speaker_exact"][0]
            print(f"{name:24s} {split:12s} joint {joint:.3f} macro {macro:.3f} exact {exact:.3f}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def baselines(encoder: Path) -> dict[str, Any]:
    """Name -> what makes a stance classifier from texts and stances."""
    return {
        "majority": majority,
        "tf-idf": tfidf,
        "frozen embeddings": frozen_embeddings(encoder),
        "sentence by sentence": sentence_transformer(encoder),
    }


def sentences_and_stances(articles: Sequence[LabelledArticle]) -> tuple[list[str], list[str]]:
    """Every label of the articles as (sentence, stance)."""
    pairs = [
        (article.article.text[sentence.start : sentence.end], str(label.stance))
        for article in articles
        for sentence in article.sentences
        for label in sentence.labels
    ]
    return [text for text, _ in pairs], [stance for _, stance in pairs]


def label(gold: LabelledArticle, classify: Classify) -> LabelledArticle:
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


if __name__ == "__main__":
    main()
