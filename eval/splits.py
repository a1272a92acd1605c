"""Score a model anew on dev, test-seen and test-unseen, as training does at its end.

    python eval/splits.py [--model MODEL] [--out FILE]

Needed where decoding or the joining of speakers has changed since the model was trained.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from reporting import REPORTS, ROOT, write

from peacestance.bundle import load_bundle
from peacestance.finding import find_bundle
from peacestance.training.release import score_bundle


def main(argv: Sequence[str] | None = None) -> None:
    """Label, score, print and store."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default=None)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(argv)
    bundle = load_bundle(find_bundle(args.model))
    scores = score_bundle(bundle, ROOT / "datasets/peacetalks")
    for split, found in scores.items():
        for name, (value, low, high) in found["scores"].items():
            print(f"{split:12s} {name:16s} {value:.3f}  [{low:.3f}, {high:.3f}]")
    write(args.out or REPORTS / bundle.id / "scores.json", json.dumps(scores, indent=1) + "\n")


if __name__ == "__main__":
    main()
