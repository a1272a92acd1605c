"""Models and gold articles in; a folder with the report out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from peacestance.bundle import Bundle, load_bundle
from peacestance.corpus import load_split, read_corpus
from peacestance.engines import OnnxEngine
from peacestance.evaluation.report import assess, differences
from peacestance.evaluation.suite_files import load_cases
from peacestance.evaluation.suites import run_cases
from peacestance.exchange import json_form
from peacestance.files import replacing
from peacestance.finding import find_bundle
from peacestance.labeler import Labeler
from peacestance.provenance import checksum, command_line, environment
from peacestance.schema import LabelledArticle, UserError

FORMAT = 1
METRICS_FILE, PREDICTIONS_FILE = "metrics.json", "predictions.jsonl"
PAGE_FILE, TEXT_FILE = "report.html", "report.md"


@dataclasses.dataclass(frozen=True, slots=True)
class Evaluation:
    """The report as plain values, and what each model predicted, by its name in the report."""

    report: dict[str, Any]
    predicted: Mapping[str, Sequence[LabelledArticle]]


def read_gold(path: str | Path, split: str | None = None) -> list[LabelledArticle]:
    """Gold articles: a corpus (folder, .txt, .jsonl, .parquet), or one split of a corpus folder.

    Raises:
        UserError: a broken corpus, an unknown split, or an output of `label` in place of gold data.
    """
    gold = load_split(path, split) if split else read_corpus(path)
    labelled = next((article for article in gold if article.model), None)
    if labelled is not None:
        raise UserError(
            f"{path}: article {labelled.article.id!r} was labelled by {labelled.model}, not by "
            "hand; --data takes gold labels"
        )
    return gold


def evaluate_models(
    models: Sequence[str | Path],
    gold: Sequence[LabelledArticle],
    *,
    data: Mapping[str, Any],
    texts: bool = True,
    suites: Sequence[str | Path] = (),
    threads: int | None = None,
    progress: Callable[[str, Iterable[LabelledArticle]], Iterable[LabelledArticle]] | None = None,
) -> Evaluation:
    """Label the gold articles with every model and measure.

    Args:
        models: folders, ids of shipped models or hub ids.
        gold: at least one article.
        data: what is said of the gold data, such as its path and split.
        texts: whether the report quotes sentences.
        suites: files or folders of behaviour suites.
        threads: threads of ONNX Runtime.
        progress: wraps the articles of a model while they are labelled.

    Raises:
        UserError: no such model, the same model twice, a broken suite.
    """
    bundles = [load_bundle(find_bundle(model)) for model in models]
    names = _distinct(bundles)
    cases = load_cases(suites) if suites else []
    predicted: dict[str, list[LabelledArticle]] = {}
    behaviour: dict[str, Any] = {}
    for name, bundle in zip(names, bundles, strict=True):
        labeler = Labeler.from_bundle(bundle, OnnxEngine(bundle.path, threads))
        shown = progress(name, gold) if progress else gold
        predicted[name] = [labeler.label(article.article) for article in shown]
        if cases:
            behaviour[name] = run_cases(labeler.label, cases).to_dict()
    return Evaluation(
        {
            "format": FORMAT,
            "command": command_line(),
            "environment": environment(),
            "data": {**data, **describe_gold(gold)},
            "texts": texts,
            "models": [
                {"name": name, **describe_bundle(b), **assess(gold, predicted[name], texts=texts)}
                for name, b in zip(names, bundles, strict=True)
            ],
            "differences": differences(gold, predicted),
            "suites": behaviour,
        },
        predicted,
    )


def _distinct(bundles: Sequence[Bundle]) -> list[str]:
    """The ids of the models, with the checksum where two share one.

    Raises:
        UserError: one model twice.
    """
    full = [bundle.model_name for bundle in bundles]
    if twice := next((name for name in full if full.count(name) > 1), None):
        raise UserError(f"{twice} is given twice; name each model once")
    ids = [bundle.id for bundle in bundles]
    return [b.id if ids.count(b.id) == 1 else b.model_name for b in bundles]


def describe_gold(gold: Sequence[LabelledArticle]) -> dict[str, Any]:
    """Size and checksum of gold data; the checksum is that of its content, not of a file."""
    return {
        "sha256": checksum([article.to_dict() for article in gold]),
        "articles": len(gold),
        "sentences": sum(len(article.sentences) for article in gold),
        "labels": sum(len(s.labels) for article in gold for s in article.sentences),
    }


def describe_bundle(bundle: Bundle) -> dict[str, Any]:
    """What identifies a model."""
    return {
        "model": bundle.model_name,
        "fingerprint": bundle.fingerprint,
        "encoder": bundle.encoder,
        "guide": bundle.guide,
        "precision": bundle.precision,
        "bytes": bundle.total_bytes,
        "created_by": bundle.created_by,
    }


def write_report(evaluation: Evaluation, folder: str | Path) -> Path:
    """Write metrics.json, report.html, report.md and predictions.jsonl; each whole or not at all.

    Args:
        evaluation: what to write.
        folder: made if it is not there; files of an earlier report in it are replaced.

    Raises:
        UserError: a missing extra, a folder that cannot be written to.
    """
    from peacestance.evaluation.pages import html_page, markdown_page

    folder = Path(folder)
    report = evaluation.report
    pages = {PAGE_FILE: html_page(report), TEXT_FILE: markdown_page(report)}
    if folder.is_file():
        raise UserError(f"{folder}: is a file; name a folder for the report")
    if not folder.absolute().parent.is_dir():
        raise UserError(
            f"{folder}: the folder {folder.parent} does not exist; create it first: mkdir -p "
            f"{folder.parent}"
        )
    folder.mkdir(exist_ok=True)
    for name, text in {**pages, METRICS_FILE: _json(report)}.items():
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    _write_predictions(evaluation, folder / PREDICTIONS_FILE)
    return folder


def _json(report: Mapping[str, Any]) -> str:
    return json.dumps(report, ensure_ascii=False, indent=1) + "\n"


def _write_predictions(evaluation: Evaluation, path: Path) -> None:
    """One labelled article a line, model after model."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        for articles in evaluation.predicted.values():
            for article in articles:
                row = json_form(article)
                if not evaluation.report["texts"]:
                    row = without_texts(row)
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


def without_texts(value: Any) -> Any:
    """Plain values without the fields that hold text of the article.

    >>> without_texts({"start": 0, "text": "Yes.", "labels": [{"mention": {"text": "Ada"}}]})
    {'start': 0, 'labels': [{'mention': {}}]}
    """
    if isinstance(value, Mapping):
        return {k: without_texts(v) for k, v in value.items() if k not in ("text", "title")}
    return [without_texts(item) for item in value] if isinstance(value, list) else value
