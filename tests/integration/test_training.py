"""From a corpus on disk to a bundle that labels an article, at a tiny size."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import peacestance  # noqa: E402
from peacestance.bundle import load_bundle  # noqa: E402
from peacestance.schema import UserError  # noqa: E402
from peacestance.training.run import train  # noqa: E402

RECIPE = """\
[model]
id = "tiny"
max_tokens = 128
head_dim = 16

[train]
epochs = 2
batch_chunks = 4
bf16 = "false"

[augment]
name_swap = 1.0
side_swap = 0.5
"""
PEACETALKS = Path(__file__).resolve().parents[2] / "datasets" / "peacetalks"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two articles of each split."""
    folder = tmp_path_factory.mktemp("corpus")
    splits = json.loads((PEACETALKS / "splits.json").read_text(encoding="utf-8"))
    kept = {name: ids[:2] if isinstance(ids, list) else ids for name, ids in splits.items()}
    (folder / "articles").mkdir()
    for ids in kept.values():
        for article in ids if isinstance(ids, list) else []:
            shutil.copy(PEACETALKS / "articles" / f"{article}.txt", folder / "articles")
    (folder / "splits.json").write_text(json.dumps(kept), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipes") / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(
    recipe: Path, corpus: Path, tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("runs") / "tiny"
    train(recipe, corpus, out, encoder=tiny_encoder)
    return out


def test_the_bundle_labels_an_article(run: Path) -> None:
    labeler = peacestance.load(run / "bundle")
    labelled = labeler.label('The talks ended. "We are close," Ada Brook said on Monday.')
    assert str(labelled.model).startswith("tiny@")
    assert len(labelled.sentences) == 2
    for sentence, label in labelled.labels():
        assert labelled.text[sentence.start : sentence.end].strip()
        assert sum(label.probabilities or ()) == pytest.approx(1.0)


def test_same_input_same_labels_whatever_comes_before(run: Path) -> None:
    labeler = peacestance.load(run / "bundle", threads=1)
    text = "Ada Brook said the talks would go on. She was hopeful."
    alone = labeler.label(text)
    _, beside = labeler.label_many(["Something else altogether. It is said.", text])
    assert alone.sentences == beside.sentences


def test_a_long_article_is_labelled_to_its_last_character(run: Path) -> None:
    labeler = peacestance.load(run / "bundle")
    endless = "peace talks " * 200 + "said Ada Brook."
    text = " ".join(f"Envoy {n} said that talks went on." for n in range(150)) + f"\n\n{endless}"
    labelled = labeler.label(text)
    assert labelled.sentences[-1].end == len(text)
    assert all(sentence.labels for sentence in labelled.sentences)
    covered = "".join(text[s.start : s.end] for s in labelled.sentences)
    assert covered.replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert [notice.code for notice in labelled.notices] == ["sentence-longer-than-chunk"]


@pytest.mark.parametrize("text", ["", " \n\t ", "Peace"])
def test_next_to_nothing_is_no_error(run: Path, text: str) -> None:
    labelled = peacestance.load(run / "bundle").label(text)
    codes = [notice.code for notice in labelled.notices]
    assert codes == (["language-not-english"] if text.strip() else ["no-sentence"])
    assert len(labelled.sentences) == bool(text.strip())


def test_the_run_keeps_its_recipe_scores_and_log(run: Path) -> None:
    resolved = (run / "recipe.toml").read_text(encoding="utf-8")
    assert "epochs = 2  # recipe.toml" in resolved
    assert "seed = 13  # default" in resolved
    scores = json.loads((run / "scores.json").read_text(encoding="utf-8"))
    assert set(scores) == {"dev", "test-seen", "test-unseen"}
    value, low, high = scores["dev"]["scores"]["joint_f1"]
    assert 0 <= low <= value <= high <= 1
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert sum("eval_joint_f1" in entry for entry in log) == 2


def test_the_card_is_written(run: Path) -> None:
    card = (run / "bundle" / "README.md").read_text(encoding="utf-8")
    assert load_bundle(run / "bundle").model_name in card
    assert "test-unseen" in card


def test_int8_and_fp32_bundles_agree_closely(run: Path) -> None:
    text = "Ada Brook said the talks would go on.\n\nThe minister had doubts. He left."
    int8 = peacestance.load(run / "bundle").label(text)
    fp32 = peacestance.load(run / "bundle-fp32").label(text)
    for (_, a), (_, b) in zip(int8.labels(), fp32.labels(), strict=True):
        assert a.probabilities == pytest.approx(b.probabilities, abs=0.02)


def test_a_second_run_in_the_same_folder_needs_resume(
    recipe: Path, corpus: Path, tiny_encoder: Path, run: Path
) -> None:
    with pytest.raises(UserError, match="--resume"):
        train(recipe, corpus, run, encoder=tiny_encoder)


def test_resuming_goes_on_from_the_last_checkpoint(
    recipe: Path, corpus: Path, tiny_encoder: Path, run: Path
) -> None:
    train(recipe, corpus, run, encoder=tiny_encoder, resume=True, overrides=["train.epochs=3"])
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [entry["epoch"] for entry in log if "eval_joint_f1" in entry] == [1.0, 2.0, 3.0]


def test_nothing_to_resume_is_said(
    recipe: Path, corpus: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="no checkpoint"):
        train(recipe, corpus, tmp_path / "new", encoder=tiny_encoder, resume=True)


def test_chunks_longer_than_the_encoder_are_refused(
    recipe: Path, corpus: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="max_tokens is 256"):
        train(
            recipe,
            corpus,
            tmp_path / "new",
            encoder=tiny_encoder,
            overrides=["model.max_tokens=256"],
        )


def test_a_student_with_fewer_layers_learns_from_a_finished_run(
    recipe: Path, corpus: Path, tiny_encoder: Path, run: Path, tmp_path: Path
) -> None:
    student = ["model.layers=1", f"model.start={run}", f"distill.teacher={run}", *UNVARIED]
    out = tmp_path / "student"
    train(
        recipe,
        corpus,
        out,
        encoder=tiny_encoder,
        overrides=[*student, "train.epochs=1", "train.batch_chunks=1"],
    )
    saved = json.loads((out / "model" / "config.json").read_text(encoding="utf-8"))
    assert saved["encoder"]["num_hidden_layers"] == 1
    assert "loss_teacher" in (out / "log.jsonl").read_text(encoding="utf-8")
    assert peacestance.load(out / "bundle").label("Ada Brook said yes.").sentences


UNVARIED = ("augment.name_swap=0.0", "augment.side_swap=0.0")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["model.layers=0,7"], "name layers from 0 to 1"),
        (["model.start=nowhere"], "give the folder of a finished run"),
        (["distill.teacher=nowhere", *UNVARIED], "give the folder of a finished run"),
        (["model.head_dim=8", "model.start=RUN"], "trained from another encoder"),
        (["distill.teacher=RUN"], "set augment.name_swap"),
    ],
)
def test_a_wrong_start_or_teacher_is_refused(
    recipe: Path,
    corpus: Path,
    tiny_encoder: Path,
    run: Path,
    tmp_path: Path,
    overrides: list[str],
    message: str,
) -> None:
    settings = [setting.replace("RUN", str(run)) for setting in overrides]
    with pytest.raises(UserError, match=message):
        train(recipe, corpus, tmp_path / "new", encoder=tiny_encoder, overrides=settings)
