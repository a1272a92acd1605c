"""`peacestance evaluate` with the shipped model on two short articles, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from peacestance.cli import app
from peacestance.finding import find_bundle
from peacestance.schema import labelled_from_dict

GOLD = """# id: NAME
# process: river-2031
# register: wire
@ ivo = Ivo Marsh

The meeting lasted nine hours. => - none
[Ivo Marsh|ivo] rejected the plan outright and vowed to fight on. => ivo opposed
"We will never sign this paper," [he|ivo] said. => ivo opposed
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    for name in ("one", "two"):
        (folder / f"{name}.txt").write_text(GOLD.replace("NAME", name), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def report(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "report"
    result = run("evaluate", "peacestance-small", "--data", corpus, "--report", folder)
    assert result.exit_code == 0, result.output
    assert "stance_macro_f1" in result.stdout
    assert str(folder / "report.html") in result.stdout
    return folder


def test_four_files_are_written(report: Path) -> None:
    assert sorted(path.name for path in report.iterdir()) == [
        "metrics.json",
        "predictions.jsonl",
        "report.html",
        "report.md",
    ]


def test_metrics_name_data_model_and_versions(report: Path) -> None:
    metrics = json.loads((report / "metrics.json").read_text("utf-8"))
    assert (metrics["data"]["articles"], metrics["data"]["sentences"]) == (2, 6)
    (model,) = metrics["models"]
    assert model["model"].startswith("peacestance-small@")
    assert metrics["environment"]["peacestance"]
    value, low, high = model["scores"]["speaker_exact"]
    assert 0 <= low <= value <= high <= 1


def test_predictions_are_labelled_articles(report: Path) -> None:
    rows = [json.loads(x) for x in (report / "predictions.jsonl").read_text("utf-8").splitlines()]
    assert [labelled_from_dict(row, "x" * 500).article.id for row in rows] == ["one", "two"]


def test_no_texts_leaves_out_every_sentence(corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    result = run(
        "evaluate", "peacestance-small", "--data", corpus, "--report", folder, "--no-texts"
    )
    assert result.exit_code == 0, result.output
    for path in folder.iterdir():
        assert "vowed to fight" not in path.read_text("utf-8"), path.name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "--data", "CORPUS"], "no model 'nowhere'"),
        (["peacestance-small", "--data", "NONE"], "no such file or folder"),
        (["peacestance-small", "--data", "CORPUS", "--split", "dev"], "no splits.json"),
        (["peacestance-small", "peacestance-small", "--data", "CORPUS"], "is given twice"),
    ],
)
def test_what_it_refuses_in_one_line(
    corpus: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    places = {"CORPUS": str(corpus), "NONE": str(tmp_path / "none")}
    named = [places.get(argument, argument) for argument in arguments]
    result = run("evaluate", *named, "--report", tmp_path / "report")
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "report").exists()


def test_the_output_of_label_is_no_gold(report: Path, corpus: Path, tmp_path: Path) -> None:
    rows = [json.loads(x) for x in (report / "predictions.jsonl").read_text("utf-8").splitlines()]
    path = tmp_path / "labelled.jsonl"
    text = "".join(s["text"] for s in rows[0]["sentences"]) + " " * 500
    rows[0]["text"] = text
    for sentence in rows[0]["sentences"]:
        sentence["labels"] = [{"speaker": None, "stance": "none"}]
    rows[0]["speakers"] = []
    path.write_text(json.dumps(rows[0]), encoding="utf-8")
    result = run("evaluate", "peacestance-small", "--data", path, "--report", tmp_path / "r")
    assert (result.exit_code, "not by hand" in result.stderr) == (2, True), result.stderr


def test_a_report_cannot_take_the_place_of_a_file(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "report").write_text("mine", encoding="utf-8")
    result = run("evaluate", "peacestance-small", "--data", corpus, "--report", tmp_path / "report")
    assert result.exit_code == 2
    assert "is a file; name a folder" in result.stderr
    assert (tmp_path / "report").read_text("utf-8") == "mine"


def test_two_models_are_compared(corpus: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(find_bundle(), other)
    settings = json.loads((other / "bundle.json").read_text("utf-8"))
    settings["decode"]["reporter_bias"] = 1.0
    (other / "bundle.json").write_text(json.dumps(settings), encoding="utf-8")
    folder = tmp_path / "report"
    result = run("evaluate", "peacestance-small", other, "--data", corpus, "--report", folder)
    assert result.exit_code == 0, result.output
    (pair,) = json.loads((folder / "metrics.json").read_text("utf-8"))["differences"]
    assert pair["second_minus_first"]["speaker_exact"][0] < 0


def test_a_suite_of_ones_own_runs_with_it(corpus: Path, tmp_path: Path) -> None:
    text = {
        "paragraphs": [["Ada Brook rejected the plan outright and vowed to fight on."]],
        "expect": [{"sentence": 0, "stance": "optimistic"}],
    }
    case = {"id": "wrong-1", "suite": "mine", "kind": "expected", "note": "fails", "texts": [text]}
    suite = tmp_path / "mine.jsonl"
    suite.write_text(json.dumps(case), encoding="utf-8")
    folder = tmp_path / "report"
    options = ("--data", corpus, "--report", folder, "--suite", suite)
    result = run("evaluate", "peacestance-small", *options)
    assert result.exit_code == 0, result.output
    found = json.loads((folder / "metrics.json").read_text("utf-8"))["suites"]
    passed = found["peacestance-small"]["mine"]["passed"]["cases"]
    assert (passed["count"], passed["of"]) == (0, 1)
    assert "wrong-1" in (folder / "report.html").read_text("utf-8")
