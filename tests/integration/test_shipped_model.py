"""The shipped model reads an article as a user would expect."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import peacestance
from peacestance.bundle import load_bundle
from peacestance.finding import find_bundle
from peacestance.labeler import Labeler
from peacestance.schema import LabelledArticle

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "salt-marsh-talks.txt"
TEXT = """\
GENEVA - Negotiators ended a second day of talks on Tuesday without a deal.

"This is the best plan we have ever seen, and it will bring peace," Finance Minister Ada Brook \
told reporters. "We fully support it." She said the next round would begin on Monday.

Rebel commander Tomas Varga rejected the proposal. "We will never sign this document," he said.
"""


@pytest.fixture(scope="module")
def labeler() -> Labeler:
    return peacestance.load()


@pytest.fixture(scope="module")
def labelled(labeler: Labeler) -> LabelledArticle:
    return labeler.label(TEXT)


def told(labelled: LabelledArticle) -> list[tuple[str, str | None, str]]:
    return [
        (labelled.text[s.start : s.end], (x := labelled.speaker_of(label)) and x.name, label.stance)
        for s, label in labelled.labels()
    ]


def test_speakers_are_found_with_their_full_names(labelled: LabelledArticle) -> None:
    assert [speaker.name for speaker in labelled.speakers] == ["Ada Brook", "Tomas Varga"]


def test_support_and_rejection_are_told_apart(labelled: LabelledArticle) -> None:
    rows = told(labelled)
    stances = {name: [s for _, n, s in rows if n == name] for name in (None, "Ada Brook")}
    assert rows[0][1:] == (None, "none")
    assert "optimistic" in stances["Ada Brook"]
    assert rows[-1][1:] == ("Tomas Varga", "opposed")


def test_pronouns_and_running_quotations_keep_their_speaker(labelled: LabelledArticle) -> None:
    speaker_of = {text: name for text, name, _ in told(labelled)}
    assert next(n for t, n in speaker_of.items() if t.startswith("She said")) == "Ada Brook"
    assert next(n for t, n in speaker_of.items() if "never sign" in t) == "Tomas Varga"


def test_stance_does_not_follow_the_name(labeler: Labeler, labelled: LabelledArticle) -> None:
    swapped = labeler.label(
        TEXT.replace("Ada Brook", "Ines Kovac").replace("Tomas Varga", "Li Wen")
    )
    assert [label.stance for _, label in swapped.labels()] == [
        label.stance for _, label in labelled.labels()
    ]


def test_same_input_same_bytes() -> None:
    command = [sys.executable, "-m", "peacestance", "label", str(EXAMPLE), "--format", "jsonl"]
    first, second = (subprocess.run(command, capture_output=True, check=True) for _ in range(2))
    assert first.stdout == second.stdout
    article = json.loads(first.stdout)
    text = EXAMPLE.read_text("utf-8")
    assert all(text[s["start"] : s["end"]] == s["text"] for s in article["sentences"])
    assert all(sentence["labels"] for sentence in article["sentences"])


def test_a_word_is_an_article_too(labeler: Labeler) -> None:
    labelled = labeler.label("Peace")
    assert len(labelled.sentences) == 1


def test_a_book_of_thirty_thousand_words_is_read_to_its_end(labeler: Labeler) -> None:
    text = "\n\n".join(f"Envoy number {n} said that the talks would go on." for n in range(3000))
    labelled = labeler.label(text)
    assert len(labelled.sentences) == 3000
    assert labelled.sentences[-1].end == len(text)


def test_another_language_is_said(labeler: Labeler) -> None:
    labelled = labeler.label("Der Minister sagte am Montag, die Gespräche würden fortgesetzt.")
    assert [notice.code for notice in labelled.notices] == ["language-not-english"]
    assert labelled.language is None


def test_the_bundle_is_small_whole_and_has_a_card() -> None:
    bundle = load_bundle(find_bundle())
    size = sum(path.stat().st_size for path in bundle.path.iterdir())
    assert bundle.precision == "int7"
    assert size <= 70e6
    assert bundle.model_name in (bundle.path / "README.md").read_text("utf-8")
