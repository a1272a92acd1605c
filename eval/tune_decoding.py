"""Try values of the decoding on dev, on the articles that are like real news.

    python eval/tune_decoding.py MODEL [--articles n]

The encoder reads each article once; then every pair of `second_speaker_threshold` and
`reporter_bias` is decoded and scored, and the stance temperature fitted on these articles alone.
What is chosen goes into the recipe's [decode] table by hand. Real news is not looked at.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from reporting import ROOT

from peacestance.bundle import load_bundle
from peacestance.corpus import load_split
from peacestance.engines import Engine, OnnxEngine
from peacestance.evaluation.calibration import (
    expected_calibration_error,
    fit_temperature,
    matched_stances,
)
from peacestance.evaluation.metrics import evaluate
from peacestance.finding import find_bundle
from peacestance.labeler import Labeler
from peacestance.training.run import chosen

THRESHOLDS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
BIASES = (-0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2)
SHOWN = ("joint_f1", "joint_f1_stance", "stance_macro_f1", "speaker_exact")


class Remembering:
    """An engine that runs the encoder and the links once for each input."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._known: dict[bytes, Any] = {}

    def encode(self, input_ids: np.ndarray, attention_mask: np.ndarray) -> tuple[Any, np.ndarray]:
        """See `Engine.encode`."""
        key = input_ids.tobytes()
        if key not in self._known:
            self._known[key] = self.engine.encode(input_ids, attention_mask)
        return self._known[key]  # type: ignore[no-any-return]

    def links(self, hidden: Any, *arrays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `Engine.links`."""
        return self.engine.links(hidden, *arrays)

    def stances(self, hidden: Any, *arrays: np.ndarray) -> np.ndarray:
        """See `Engine.stances`."""
        return self.engine.stances(hidden, *arrays)


def main(argv: Sequence[str] | None = None) -> None:
    """Score every pair of settings, then the temperatures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--articles", default="n", help="first letters of ids, or all")
    args = parser.parse_args(argv)
    bundle = load_bundle(find_bundle(args.model))
    dev = chosen(load_split(ROOT / "datasets/peacetalks", "dev"), args.articles)
    labeler = Labeler.from_bundle(bundle, Remembering(OnnxEngine(bundle.path)))
    kept = labeler.settings
    for threshold, bias in itertools.product(THRESHOLDS, BIASES):
        labeler.settings = dataclasses.replace(
            kept, second_speaker_threshold=threshold, reporter_bias=bias
        )
        found = evaluate(dev, [labeler.label(article.article) for article in dev])
        print(f"{threshold:.2f} {bias:+.2f}", *(f"{m} {found[m]:.4f}" for m in SHOWN), flush=True)
    labeler.settings = dataclasses.replace(kept, temperatures={**kept.temperatures, "stance": 1.0})
    matches = matched_stances(dev, [labeler.label(article.article) for article in dev])
    print(f"temperature in use {kept.temperature('stance')}")
    print(f"best on these articles {fit_temperature(*matches):.3f}")
    print(f"calibration error at temperature 1: {expected_calibration_error(*matches):.3f}")


if __name__ == "__main__":
    main()
