"""The commands around corpora and recipes, and what the command line says of itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from peacestance.cli import app

GOOD = """# id: one
# process: river-2025
# register: wire
@ ivo = Ivo Marsh

The meeting lasted nine hours. => - none
[Ivo Marsh|ivo] was unsure that peace was closer. => ivo cautious
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "one.txt").write_text(GOOD)
    return tmp_path / "corpus"


def test_check_sums_up_a_good_corpus(corpus: Path) -> None:
    result = run("check", corpus)
    assert result.exit_code == 0, result.output
    assert "river-2025" in result.output


def test_check_as_json(corpus: Path) -> None:
    found = json.loads(run("check", corpus, "--json").stdout)
    assert (found["articles"], found["sentences"], found["problems"]) == (1, 2, [])


def test_check_names_each_problem_and_fails(corpus: Path) -> None:
    (corpus / "two.txt").write_text(GOOD.replace("one", "two").replace("cautious", "wary"))
    result = run("check", corpus)
    assert result.exit_code == 2
    assert "two.txt:7: " in result.stderr
    assert "peacestance: error: " in result.stderr.splitlines()[-1]


def test_export_and_check_what_was_exported(corpus: Path, tmp_path: Path) -> None:
    output = tmp_path / "corpus.jsonl"
    assert run("export", corpus, "-o", output).exit_code == 0
    assert run("check", output).exit_code == 0


def test_export_of_nothing_there() -> None:
    result = run("export", "none", "-o", "out.jsonl")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_training_without_its_extra(monkeypatch: pytest.MonkeyPatch, corpus: Path) -> None:
    monkeypatch.delitem(sys.modules, "peacestance.training.run", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    result = run("train", "any", "--data", corpus, "--out", "out")
    assert result.exit_code == 2
    assert "pip install 'peacestance[train]'" in result.stderr


def test_recipes_are_listed_and_printed() -> None:
    names = run("recipe").stdout.split()
    assert "peacestance-small" in names
    assert "[train]" in run("recipe", "peacestance-small").stdout


def test_unknown_recipe_lists_the_known() -> None:
    result = run("recipe", "large")
    assert result.exit_code == 2
    assert "peacestance-small" in result.stderr


@pytest.mark.parametrize("command", ["label", "check", "export", "train", "recipe"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    assert command in run("--help").stdout
    assert f"peacestance {command}" in run(command, "--help").stdout.split("Options")[-1]


def test_version() -> None:
    assert run("--version").stdout.startswith("peacestance ")


@pytest.mark.parametrize("module", ["peacestance", "peacestance.cli", "peacestance.readers"])
def test_importing_is_light(module: str) -> None:
    heavy = ("numpy", "onnxruntime", "torch", "transformers", "pyarrow", "datasets", "trafilatura")
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
