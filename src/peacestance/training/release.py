"""From a trained model to a bundle with its scores and card."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from peacestance.bundle import RECIPE_FILE, Bundle, update_settings, write_card
from peacestance.chunking import ChunkingConfig
from peacestance.corpus import load_split
from peacestance.engines import OnnxEngine
from peacestance.evaluation.calibration import fit_temperature, matched_stances
from peacestance.evaluation.metrics import bootstrap
from peacestance.files import replacing
from peacestance.labeler import Labeler
from peacestance.modeling import PeacestanceModel
from peacestance.schema import LabelledArticle
from peacestance.training.card import model_card
from peacestance.training.export import export_bundle
from peacestance.training.quantize import Precision
from peacestance.training.recipe import ResolvedRecipe

GUIDE = "peacetalks-1"
"""Version of the annotation guide, `datasets/peacetalks/ANNOTATION.md`."""

SCORED = ("dev", "test-seen", "test-unseen")

Scores = dict[str, dict[str, Any]]
"""Split -> {"articles": n, "scores": {metric: [value, lower, upper]}}."""


def release(
    model: PeacestanceModel,
    resolved: ResolvedRecipe,
    chunking: ChunkingConfig,
    data: Path,
    out: Path,
) -> Path:
    """Write `out/bundle` with its card, `out/bundle-fp32`, `out/model` and the scores.

    The scores are those of the small bundle, read from raw text as a user's article would be.
    """
    model.save_pretrained(out / "model")
    # Read back, its attention is the one that the exporter knows (see `training.attention`).
    model = PeacestanceModel.from_pretrained(out / "model")
    recipe = resolved.recipe
    in_use = dataclasses.replace(chunking, overlap_sentences=recipe.decode.overlap_sentences)
    forms: tuple[tuple[Precision, str], ...] = (
        ("fp32", "bundle-fp32"),
        (cast(Precision, recipe.model.precision), "bundle"),
    )
    bundles = [
        export_bundle(
            model,
            out / "tokenizer.json",
            out / name,
            id=recipe.model.id,
            encoder=resolved.encoder_name,
            guide=GUIDE,
            chunking=in_use,
            precision=precision,
            decode={
                "second_speaker_threshold": recipe.decode.second_speaker_threshold,
                "reporter_bias": recipe.decode.reporter_bias,
            },
            extra_files={RECIPE_FILE: out / RECIPE_FILE},
        )
        for precision, name in forms
    ]
    dev = load_split(data, "dev")
    bundle = calibrate(bundles[-1], unlike(dev, recipe.train.articles))
    update_settings(bundles[0], temperatures=bundle.temperatures)
    scores = score_bundle(bundle, data)
    with replacing(out / "scores.json") as path:
        path.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    describe(bundle, scores)
    return bundle.path


def unlike(dev: Sequence[LabelledArticle], prefixes: str) -> list[LabelledArticle]:
    """The dev articles of a kind that was not trained on; all of them where there is none.

    New text is unlike the training articles too, and a model is less right on it than it believes:
    a temperature fitted on articles of the kind it learnt from leaves it too sure.
    """
    starts = tuple(start.strip() for start in prefixes.split(","))
    return [a for a in dev if not a.article.id.startswith(starts)] or list(dev)


def calibrate(bundle: Bundle, dev: Sequence[LabelledArticle]) -> Bundle:
    """Fit the stance head's temperature on dev articles, as the bundle reads their raw texts."""
    bundle = update_settings(bundle, temperatures={**bundle.temperatures, "stance": 1.0})
    labeler = Labeler.from_bundle(bundle, OnnxEngine(bundle.path))
    found = matched_stances(dev, [labeler.label(article.article) for article in dev])
    return update_settings(
        bundle, temperatures={**bundle.temperatures, "stance": round(fit_temperature(*found), 3)}
    )


def score_bundle(bundle: Bundle, data: Path) -> Scores:
    """Scores of every split that the model was not trained on, with bootstrap intervals."""
    labeler = Labeler.from_bundle(bundle, OnnxEngine(bundle.path))
    return {split: score_articles(labeler, load_split(data, split)) for split in SCORED}


def score_articles(labeler: Labeler, gold: Sequence[LabelledArticle]) -> dict[str, Any]:
    """Scores of one set of gold articles, labelled anew from their text."""
    predicted = [labeler.label(article.article) for article in gold]
    return {"articles": len(gold), "scores": bootstrap(gold, predicted)}


def describe(bundle: Bundle, scores: Scores) -> None:
    """Write the model card from the bundle, its recipe and its scores."""
    recipe = tomllib.loads((bundle.path / RECIPE_FILE).read_text(encoding="utf-8"))
    write_card(bundle, model_card(bundle, recipe, scores))
