"""The corpus that the released models are trained on."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from peacestance.corpus import SPLITS, check_corpus, format_article, load_splits
from peacestance.corpus.card import update_card
from peacestance.corpus.duplicates import near_duplicates
from peacestance.corpus.splitting import add_articles, draw_splits
from peacestance.schema import LabelledArticle

FOLDER = Path(__file__).parents[2] / "datasets" / "peacetalks"


@pytest.fixture(scope="module")
def splits() -> dict[str, list[LabelledArticle]]:
    return load_splits(FOLDER)


def processes(articles: list[LabelledArticle]) -> set[str | None]:
    return {labelled.article.process for labelled in articles}


def test_corpus_holds_to_every_rule() -> None:
    problems, summary = check_corpus(FOLDER)
    assert problems == []
    assert summary.articles == 1535


def test_the_table_of_agreement_is_what_its_command_writes() -> None:
    command = [sys.executable, str(FOLDER / "agreement.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_file_is_byte_for_byte_what_the_objects_say(
    splits: dict[str, list[LabelledArticle]],
) -> None:
    for articles in splits.values():
        for labelled in articles:
            path = FOLDER / (labelled.article.source or "")
            assert format_article(labelled) == path.read_bytes().decode("utf-8")


def test_unseen_processes_are_in_no_other_split(splits: dict[str, list[LabelledArticle]]) -> None:
    unseen = processes(splits["test-unseen"])
    assert 65 <= len(splits["test-unseen"]) <= 75
    for name in ("train", "dev", "test-seen"):
        assert not unseen & processes(splits[name])


def test_seen_processes_are_in_train(splits: dict[str, list[LabelledArticle]]) -> None:
    seen = processes(splits["dev"]) | processes(splits["test-seen"])
    assert seen <= processes(splits["train"])


def test_no_near_duplicate_crosses_splits(splits: dict[str, list[LabelledArticle]]) -> None:
    split_of = {a.article.id: name for name, articles in splits.items() for a in articles}
    everything = [labelled for articles in splits.values() for labelled in articles]
    crossing = [p for p in near_duplicates(everything) if split_of[p.first] != split_of[p.second]]
    assert crossing == []


def test_splits_are_those_that_were_released() -> None:
    ids = json.loads((FOLDER / "splits.json").read_text(encoding="utf-8"))
    assert {name: len(ids[name]) for name in SPLITS} == {
        "train": 1284,
        "dev": 130,
        "test-seen": 50,
        "test-unseen": 71,
    }


def test_drawing_again_gives_the_same_splits(splits: dict[str, list[LabelledArticle]]) -> None:
    choices = tomllib.loads((FOLDER / "processes.toml").read_text(encoding="utf-8"))
    everything = [labelled for articles in splits.values() for labelled in articles]
    first = [labelled for labelled in everything if not labelled.article.id.startswith("n")]
    drawn = draw_splits(first, choices["unseen"]["processes"], 50, "ukraine")
    drawn = add_articles(drawn, everything, 10)
    assert drawn == json.loads((FOLDER / "splits.json").read_text(encoding="utf-8"))


def test_data_card_is_up_to_date() -> None:
    assert update_card(FOLDER, check_only=True), "run: python -m peacestance.corpus.card"


def test_folder_cannot_hide_the_library() -> None:
    assert list(FOLDER.parent.rglob("__init__.py")) == []
