"""`peacestance label` as a process: streams, exit statuses, one-line errors; with a fake model."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

# Stands in for the model: one sentence, one cautious speaker; "slow" interrupts, "full" fills the
# disk. Loading the real one is another test's business.
FAKE = """
import sys, types
from peacestance.schema import *

class Fake:
    def describe(self):
        return {"name": "m@1", "fingerprint": "1", "guide": "g"}

    def label_many(self, articles, *, progress=False):
        for article in articles:
            if article.id == "slow":
                raise KeyboardInterrupt
            if article.id == "full":
                raise OSError(28, "No space left on device")
            mention = Mention(0, 3, article.text[:3])
            label = Label(0, Stance.CAUTIOUS, mention, (0.0, 0.9, 0.0, 0.1))
            sentence = Sentence(0, len(article.text.rstrip()), (label,))
            yield LabelledArticle(article, (sentence,), (Speaker(0, "Ivo", (mention,)),), (), "m@1")

module = types.ModuleType("peacestance.labeler")
module.load = lambda model=None, **_: Fake()
sys.modules["peacestance.labeler"] = module
from peacestance.cli import main
main()
"""


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fake") / "fake.py"
    path.write_text(textwrap.dedent(FAKE))
    return path


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "talks.txt"
    path.write_text("Ivo was unsure.\n")
    return path


class Run:
    def __init__(self, script: Path, *arguments: str | Path, stdin: str = "") -> None:
        command = [sys.executable, str(script), *map(str, arguments)]
        environment = os.environ | {"COLUMNS": "100", "PYTHONIOENCODING": "ascii"}
        done = subprocess.run(
            command,
            input=stdin.encode(),
            capture_output=True,
            env=environment,
            timeout=60,
            check=False,
        )
        self.status, self.out, self.err = (
            done.returncode,
            done.stdout.decode(),
            done.stderr.decode(),
        )

    def check_error(self, *parts: str, status: int = 2) -> None:
        assert self.status == status, self.err
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("peacestance: "), self.err
        for part in parts:
            assert part in self.err


def test_a_pipe_gets_jsonl(script: Path, article: Path) -> None:
    run = Run(script, "label", article)
    assert run.status == 0, run.err
    assert [json.loads(line)["id"] for line in run.out.splitlines()] == ["talks"]
    assert run.err == ""


def test_standard_input_in_any_locale(script: Path) -> None:
    run = Run(script, "label", "-", stdin="Ivó was “unsure”.")
    assert json.loads(run.out)["sentences"][0]["text"] == "Ivó was “unsure”."


def test_table_on_demand(script: Path, article: Path) -> None:
    run = Run(script, "label", article, "--format", "table")
    assert run.status == 0, run.err
    assert "~ cautious" in run.out


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.tsv"])
def test_output_by_suffix(script: Path, article: Path, name: str) -> None:
    run = Run(script, "label", article, "-o", article.parent / name)
    assert (run.status, run.out) == (0, ""), run.err
    text = (article.parent / name).read_text()
    if name == "out.jsonl":
        assert json.loads(text)["model"] == "m@1"
    else:
        mark = "," if name == "out.csv" else "\t"
        assert [row["speaker"] for row in csv.DictReader(text.splitlines(), delimiter=mark)] == [
            "Ivo"
        ]


def test_same_input_same_bytes(script: Path, article: Path) -> None:
    assert Run(script, "label", article).out == Run(script, "label", article).out


def test_skipped_records_are_named_and_counted(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "One."}\nbroken\n{"text": "Two."}\n')
    Run(script, "label", path).check_error(f"error: {path}:2: malformed JSON")
    run = Run(script, "label", path, "--skip-bad")
    assert run.status == 0
    assert len(run.out.splitlines()) == 2
    assert f"skipped: {path}:2: malformed JSON" in run.err
    assert "labelled 2 articles, skipped 1 bad records" in run.err


def test_missing_input_is_one_line(script: Path) -> None:
    Run(script, "label", "none.txt").check_error("error: none.txt: no such file or folder")


def test_input_without_any_record(script: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("\n")
    Run(script, "label", tmp_path / "a.jsonl").check_error("no article in it that could be read")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["-o", "none/out.csv"], "mkdir -p none"),
        (["-o", "out.xlsx"], "unknown suffix .xlsx"),
        (["--format", "parquet"], "-o FILE.parquet"),
        (["-o", "out.csv", "--format", "table"], "--format table is for the terminal"),
        (["--encoding", "klingon"], "unknown encoding 'klingon'"),
    ],
)
def test_options_that_cannot_be(
    script: Path, article: Path, arguments: list[str], found: str
) -> None:
    Run(script, "label", article, *arguments).check_error(found)


def test_an_input_is_never_overwritten(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "One."}\n')
    Run(script, "label", tmp_path, "-o", path).check_error("is one of the inputs")
    assert path.read_text() == '{"text": "One."}\n'


@pytest.mark.parametrize(
    ("last_id", "status", "found"), [("slow", 130, "interrupted"), ("full", 2, "No space left")]
)
def test_nothing_half_written(
    script: Path, tmp_path: Path, last_id: str, status: int, found: str
) -> None:
    path = tmp_path / "a.jsonl"
    records = [{"id": name, "text": "Ivo went."} for name in ("a", "b", last_id)]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    output = tmp_path / "out.jsonl"
    output.write_text("old")
    Run(script, "label", path, "-o", output).check_error(found, status=status)
    assert output.read_text() == "old"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.jsonl", "out.jsonl"]


def test_a_reader_that_has_enough_gets_no_traceback(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"text": "Ivo {n}. {"x" * 2000}"}}\n' for n in range(500)))
    command = [sys.executable, str(script), "label", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("to_file", [True, False])
def test_a_full_disk_is_one_line(script: Path, article: Path, to_file: bool) -> None:
    command = [sys.executable, str(script), "label", str(article)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, "-o", "/dev/full", "--format", "csv"] if to_file else command,
            stdout=subprocess.DEVNULL if to_file else full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr
