"""Score a model, read through the command line, on gold articles that are not in the repository.

    python eval/real_news.py GOLD.jsonl [--model MODEL] [--torch FOLDER] [--out FILE]

GOLD holds one article a line: {"id", "text", "sentences": [{"start", "end", "labels":
[{"speaker": NAME or null, "stance"}]}]}. Intervals are 95% bootstrap intervals that resample
articles. With --torch FOLDER (`model/` of a training run), also the share of sentences whose
labels, speakers and stances, are the same when torch runs the model in fp32. Nothing of the
articles' text is stored, only scores and the file's checksum.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reporting import store

from peacestance.bundle import load_bundle
from peacestance.evaluation.calibration import calibration_error
from peacestance.evaluation.metrics import bootstrap, named_labels
from peacestance.finding import find_bundle
from peacestance.schema import (
    Article,
    Label,
    LabelledArticle,
    Sentence,
    Speaker,
    Stance,
    labelled_from_dict,
)

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> None:
    """Label, score, print and store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gold", type=Path)
    parser.add_argument("--model", default=None)
    parser.add_argument("--torch", type=Path, default=None)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(argv)
    gold = [gold_article(json.loads(line)) for line in args.gold.read_text("utf-8").splitlines()]
    model = find_bundle(args.model)
    predicted = label_by_command(gold, model)
    report: dict[str, Any] = {
        "model": load_bundle(model).model_name,
        "gold_sha256": hashlib.sha256(args.gold.read_bytes()).hexdigest(),
        "articles": len(gold),
        "sentences": sum(len(article.sentences) for article in gold),
        "scores": bootstrap(gold, predicted),
        "calibration_error": calibration_error(gold, predicted),
    }
    if args.torch is not None:
        report["same_labels_as_torch"] = agreement(
            predicted, label_by_torch(gold, model, args.torch)
        )
    for name, (value, low, high) in report["scores"].items():
        print(f"{name:16s} {value:.3f}  [{low:.3f}, {high:.3f}]")
    print("{:16s} {:.3f}  [{:.3f}, {:.3f}]".format("calibration err", *report["calibration_error"]))
    if args.torch is not None:
        print(f"same labels as torch in fp32: {report['same_labels_as_torch']:.4f} of sentences")
    store(report, "real-news", args.out)


def gold_article(data: dict[str, Any]) -> LabelledArticle:
    """A gold line as objects; equal names are one speaker."""
    labels = [label for sentence in data["sentences"] for label in sentence["labels"]]
    names = list(dict.fromkeys(label["speaker"] for label in labels if label["speaker"]))
    return LabelledArticle(
        Article(data["id"], data["text"]),
        tuple(
            Sentence(
                sentence["start"],
                sentence["end"],
                tuple(
                    Label(
                        names.index(label["speaker"]) if label["speaker"] else None,
                        Stance(label["stance"]),
                    )
                    for label in sentence["labels"]
                ),
            )
            for sentence in data["sentences"]
        ),
        tuple(Speaker(number, name) for number, name in enumerate(names)),
    )


def label_by_command(gold: Sequence[LabelledArticle], model: Path) -> list[LabelledArticle]:
    """What `peacestance label` makes of the raw texts."""
    with tempfile.TemporaryDirectory() as folder:
        texts, out = Path(folder) / "texts.jsonl", Path(folder) / "out.jsonl"
        lines = [json.dumps({"id": a.article.id, "text": a.text}) for a in gold]
        texts.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "peacestance", "label", str(texts), "-o", str(out)]
        subprocess.run([*command, "--model", str(model)], check=True)
        rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    return [labelled_from_dict(row, a.text) for row, a in zip(rows, gold, strict=True)]


def label_by_torch(
    gold: Sequence[LabelledArticle], model: Path, weights: Path
) -> list[LabelledArticle]:
    """The same with the model that the bundle was exported from, in fp32."""
    from transformers import AutoModel

    import peacestance.modeling  # noqa: F401  (registers the model with AutoModel)
    from peacestance.labeler import Labeler
    from peacestance.torch_engine import TorchEngine

    engine = TorchEngine(AutoModel.from_pretrained(weights))
    labeler = Labeler.from_bundle(load_bundle(model), engine)
    return [labeler.label(article.article) for article in gold]


def agreement(left: Sequence[LabelledArticle], right: Sequence[LabelledArticle]) -> float:
    """Share of sentences with the same speakers and stances."""
    same = total = 0
    for a, b in zip(left, right, strict=True):
        for x, y in zip(a.sentences, b.sentences, strict=True):
            total += 1
            same += named_labels(a, x) == named_labels(b, y)
    return same / total


if __name__ == "__main__":
    main()
