"""`peacestance reproduce`: an output made again with the shipped model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from peacestance.cli import app

TEXT = "The talks went on. Ada Brook rejected the plan outright, and vowed to fight it.\n"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An article and its labels with a manifest."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "talks.txt").write_text(TEXT, encoding="utf-8")
    result = run("label", folder / "talks.txt", "-o", folder / "out.jsonl")
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """The same in another place, with paths to match."""
    for path in folder.iterdir():
        text = path.read_text("utf-8").replace(str(folder), str(tmp_path))
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_manifest_names_model_guide_version_and_files(folder: Path) -> None:
    found = json.loads((folder / "out.jsonl.manifest.json").read_text("utf-8"))
    assert found["model"]["name"].startswith("peacestance-small@")
    assert found["model"]["guide"]
    assert found["environment"]["peacestance"]
    assert found["files"][str(folder / "talks.txt")]["bytes"] == len(TEXT)
    assert found["output"]["articles"] == 1


def test_the_same_bytes_again(folder: Path) -> None:
    result = run("reproduce", folder / "out.jsonl")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("the same ")


def test_a_changed_result_is_told_with_status_1(copy: Path) -> None:
    manifest = copy / "out.jsonl.manifest.json"
    data = json.loads(manifest.read_text("utf-8"))
    data["output"]["sha256"] = "0" * 64
    manifest.write_text(json.dumps(data), encoding="utf-8")
    result = run("reproduce", manifest)
    assert result.exit_code == 1
    assert "peacestance: differs: " in result.stderr


def test_a_changed_input_is_named(copy: Path) -> None:
    (copy / "talks.txt").write_text(TEXT + "More.\n", encoding="utf-8")
    result = run("reproduce", copy / "out.jsonl")
    assert result.exit_code == 2
    assert f"{copy / 'talks.txt'}: has changed since" in result.stderr


def test_another_model_is_refused(copy: Path) -> None:
    manifest = copy / "out.jsonl.manifest.json"
    data = json.loads(manifest.read_text("utf-8"))
    data["model"]["name"] = "other@123"
    manifest.write_text(json.dumps(data), encoding="utf-8")
    result = run("reproduce", manifest)
    assert (result.exit_code, "made with other@123" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no manifest there"),
        ("{", "not a manifest: "),
        ("[]", "not a manifest of format 1"),
        ('{"format": 1}', "has no inputs, files, model, options, output"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "out.csv.manifest.json").write_text(content, encoding="utf-8")
    result = run("reproduce", tmp_path / "out.csv")
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr
    assert result.stderr.count("\n") == 1


def test_options_are_kept(folder: Path) -> None:
    output = folder / "sure.csv"
    result = run("label", folder / "talks.txt", "-o", output, "--min-confidence", "0.7")
    assert result.exit_code == 0, result.output
    assert "labels to a person" in result.stderr
    assert run("reproduce", output).exit_code == 0


def test_standard_input_cannot_be_read_again(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    done = CliRunner().invoke(app, ["label", "-", "-o", str(output)], input=TEXT)
    assert done.exit_code == 0, done.output
    result = run("reproduce", output)
    assert (result.exit_code, "standard input was read" in result.stderr) == (2, True)
