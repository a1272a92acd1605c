"""The generated model card as a whole. To renew the golden file: UPDATE_GOLDEN=1 pytest <this>."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("torch")  # the package peacestance.training needs it

from peacestance.bundle import DECIDING_FILES, Bundle, FileRecord
from peacestance.chunking import ChunkingConfig
from peacestance.provenance import environment
from peacestance.training.card import model_card

GOLDEN = Path(__file__).parents[1] / "golden" / "model_card.md"


def bundle() -> Bundle:
    return Bundle(
        path=Path("models/peacestance-small"),
        id="peacestance-small",
        encoder="sentence-transformers/all-MiniLM-L6-v2",
        guide="peacetalks-1",
        precision="int8",
        created_by="peacestance 0.1.0",
        chunking=ChunkingConfig(512, 4, 101, 102, 0, 30522, 30523),
        decode={"second_speaker_threshold": 0.3},
        temperatures={"source": 1.0, "link": 1.1, "coreference": 1.0, "stance": 1.3},
        files={name: FileRecord(1234567, "0a" * 32) for name in DECIDING_FILES},
    )


SCORES = {
    "dev": {"articles": 50, "scores": {"joint_f1": [0.7, 0.65, 0.75], "only_dev": [1, 1, 1]}},
    "test-seen": {"articles": 60, "scores": {"joint_f1": [0.61234, 0.55, 0.66]}},
}
RECIPE = {"model": {"id": "peacestance-small", "max_tokens": 512}, "train": {"seed": 13}}


def test_the_whole_card() -> None:
    card = model_card(bundle(), RECIPE, SCORES, {"python": "3.11.7", "torch": "2.13.0"})
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(card, encoding="utf-8")
    assert card == GOLDEN.read_text(encoding="utf-8")


def test_without_scores_the_card_says_so() -> None:
    assert "Not evaluated." in model_card(bundle(), RECIPE, {}, {})


def test_the_environment_of_this_machine_is_the_default() -> None:
    assert environment()["torch"] in model_card(bundle(), RECIPE, SCORES)
