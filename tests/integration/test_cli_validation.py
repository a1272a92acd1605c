"""`peacestance sample` and `peacestance agreement`, from articles on; with a fake model."""

from __future__ import annotations

import csv
import json
import sys
import time
import types
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from peacestance.cli import app
from peacestance.exchange import write_labelled
from peacestance.schema import STANCES, Article, Label, LabelledArticle, Sentence

pytest.importorskip("krippendorff")
pytest.importorskip("sklearn")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def check_error(result: Result, *parts: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1, result.stderr
    for part in parts:
        assert part in result.stderr


def labelled(article: Article, model: str = "m@1") -> LabelledArticle:
    """Each word a sentence, their stances in turn."""
    sentences, end = [], 0
    for number, word in enumerate(article.text.split()):
        start = article.text.index(word, end)
        end = start + len(word)
        stance = STANCES[number % 4]
        shares = tuple(0.7 if s == stance else 0.1 for s in STANCES)
        sentences.append(Sentence(start, end, (Label(None, stance, None, shares),)))
    return LabelledArticle(article, tuple(sentences), model=model)


def articles(number: int, words: int = 12) -> list[Article]:
    return [
        Article(f"a{k}", " ".join(f"w{chr(97 + w)}." for w in range(words)), outlet=f"Post {k % 2}")
        for k in range(number)
    ]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.jsonl"
    write_labelled(map(labelled, articles(10)), path)
    return path


@pytest.fixture
def fake_model(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Stands in for `peacestance.labeler`; gives the models that were asked for."""
    asked: list[str | None] = []

    class Fake:
        def label_many(
            self, given: Iterable[Article], *, progress: bool = False
        ) -> Iterator[LabelledArticle]:
            yield from map(labelled, given)

    def load(model: str | None = None, *, threads: int | None = None) -> Fake:
        asked.append(model)
        return Fake()

    module = types.ModuleType("peacestance.labeler")
    module.load = load  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "peacestance.labeler", module)
    import peacestance

    monkeypatch.setattr(peacestance, "labeler", module, raising=False)
    return asked


def fill(sheet: Path, to: Path, wrong: int = 0, mark: str = ",") -> Path:
    """Code a sheet as its key has it, but for the first `wrong` rows, in reverse order."""
    lines = sheet.with_name(f"{sheet.stem}.key.jsonl").read_text().splitlines()
    stances = {each["row"]: each["stance"] for each in map(json.loads, lines)}
    with sheet.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        stance = stances[int(row["row"])]
        other = STANCES[STANCES.index(stance) - 1]
        row["stance"] = (other if int(row["row"]) <= wrong else stance).title()
        row["speaker_right"] = "yes"
    with to.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=mark)
        writer.writeheader()
        writer.writerows(reversed(rows))
    return to


def test_from_a_sample_to_agreement(archive: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    result = run("sample", archive, "-n", 40, "--strata", "stance,outlet", "-o", sheet)
    assert result.exit_code == 0, result.output
    assert "40 of 120 labels" in result.stdout
    assert "stance=opposed, outlet=Post 1" in result.stdout
    coders = [fill(sheet, tmp_path / "anna.csv", 4), fill(sheet, tmp_path / "ben.csv", 8, ";")]
    result = run("agreement", *coders, "--key", tmp_path / "sheet.key.jsonl")
    assert result.exit_code == 0, result.output
    assert "anna, ben" in result.stdout
    assert "of all 120 labels" in " ".join(result.stdout.split())
    result = run("agreement", *coders, "--key", tmp_path / "sheet.key.jsonl", "--json")
    found = json.loads(result.stdout)
    same = {tuple(p["coders"]): p["same"]["value"] for p in found["stance"]["pairs"]}
    assert same == {("anna", "ben"): 0.9, ("anna", "model"): 0.9, ("ben", "model"): 0.8}
    assert [each["coder"] for each in found["weighted"]] == ["anna", "ben"]


def test_raw_articles_are_labelled_on_the_way(
    archive: Path, tmp_path: Path, fake_model: list[str | None]
) -> None:
    raw = tmp_path / "raw.jsonl"
    with raw.open("w") as out:
        for each in articles(10):
            out.write(json.dumps({"id": each.id, "text": each.text, "outlet": each.outlet}) + "\n")
    result = run("sample", raw, "-n", 9, "--model", "mine", "-o", tmp_path / "raw.csv")
    assert result.exit_code == 0, result.output
    assert fake_model == ["mine"]
    assert run("sample", archive, "-n", 9, "-o", tmp_path / "done.csv").exit_code == 0
    assert (tmp_path / "raw.csv").read_bytes() == (tmp_path / "done.csv").read_bytes()


def test_label_studio_and_back(archive: Path, tmp_path: Path) -> None:
    assert run("sample", archive, "-n", 8, "-o", tmp_path / "s.json").exit_code == 0
    assert (tmp_path / "s.label-studio.xml").exists()
    tasks = json.loads((tmp_path / "s.json").read_text())
    for number, task in enumerate(tasks):
        value = {"choices": [STANCES[number % 4]]}
        result = [{"from_name": "stance", "type": "choices", "value": value}]
        task["annotations"] = [{"completed_by": 1, "result": result}]
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    key = tmp_path / "s.key.jsonl"
    found = run("agreement", "--coder", f"anna={tmp_path / 'export.json'}", "--key", key, "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["coders"][0] == {
        "name": "anna", "file": str(tmp_path / "export.json"), "coded": 8, "missing": [],
    }  # fmt: skip


def test_the_same_input_gives_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run("sample", archive, "-n", 20, "--seed", 5, "-o", tmp_path / f"{name}.csv")
    for suffix in ("csv", "key.jsonl"):
        one, two = (tmp_path / f"{name}.{suffix}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_more_than_there_is(archive: Path, tmp_path: Path) -> None:
    result = run("sample", archive, "-n", 999, "-o", tmp_path / "s.csv")
    assert result.exit_code == 0
    assert "only 120 labels where 999 were asked for: all are taken" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["-n", "0"], "a sample of 0 labels cannot be drawn; give -n 1 or more"),
        (["--strata", "mood"], "unknown stratum 'mood'; allowed are stance, speaker"),
        (["--strata", "source"], "all 120 labels are in one stratum"),
        (["--model", "mine"], "is labelled already; leave --model mine away"),
        (["-o", "s.xlsx"], "unknown suffix .xlsx; allowed are .csv, .jsonl, .json"),
    ],
)
def test_samples_that_cannot_be(
    archive: Path, tmp_path: Path, arguments: list[str], found: str
) -> None:
    check_error(run("sample", archive, "-o", tmp_path / "s.csv", *arguments), found)
    assert [path.name for path in tmp_path.iterdir()] == ["archive.jsonl"]


def test_no_articles(tmp_path: Path, fake_model: list[str | None]) -> None:
    (tmp_path / "empty").mkdir()
    output = tmp_path / "s.csv"
    check_error(run("sample", tmp_path / "empty", "-o", output), "no articles in this folder")
    check_error(run("sample", tmp_path / "none.csv", "-o", output), "no such file or folder")
    (tmp_path / "empty.jsonl").write_text("")
    check_error(run("sample", tmp_path / "empty.jsonl", "-o", output), "no label in the input")


def test_labelled_and_raw_side_by_side(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "talks.txt").write_text("Ivo went.")
    result = run("sample", archive, tmp_path / "talks.txt", "-o", tmp_path / "s.csv")
    check_error(result, "archive.jsonl is labelled and", "label the rest first")


def test_a_coders_work_is_safe(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("work")
    check_error(run("sample", archive, "-o", tmp_path / "s.csv"), "may hold a coder's work")
    assert (tmp_path / "s.csv").read_text() == "work"


def test_every_typing_error_is_a_line(archive: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    run("sample", archive, "-n", 12, "-o", sheet)
    anna, ben = (fill(sheet, tmp_path / f"{name}.csv") for name in ("anna", "ben"))
    anna.write_text(anna.read_text().replace("Optimistic", "optimstic", 1))
    ben.write_text(ben.read_text().replace("Opposed", "o", 1))
    result = run("agreement", anna, ben)
    assert result.exit_code == 2
    first, second, last = result.stderr.splitlines()
    assert first.startswith(f"{anna}:")
    assert "stance 'optimstic', did you mean optimistic?" in first
    assert "stance 'o', did you mean optimistic or opposed?" in second
    assert last == "peacestance: error: 2 problems; each line above names one"
    assert result.stdout == ""


def test_one_typing_error_is_the_error(archive: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    run("sample", archive, "-n", 12, "-o", sheet)
    anna = fill(sheet, tmp_path / "anna.csv")
    anna.write_text(anna.read_text().replace("Optimistic", "optimstic", 1))
    result = run("agreement", anna, "--key", tmp_path / "sheet.key.jsonl")
    check_error(result, f"peacestance: error: {anna}:", "did you mean optimistic?")


def test_agreements_that_cannot_be(archive: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    run("sample", archive, "-n", 12, "-o", sheet)
    anna = fill(sheet, tmp_path / "anna.csv")
    check_error(run("agreement", anna), "one coder only: agreement needs two, or the model's key")
    check_error(run("agreement"), "no sheet; name the sheets")
    check_error(run("agreement", anna, sheet), "coder 'sheet' filled no row")
    check_error(run("agreement", anna, anna), "a second coder 'anna'", "--coder NAME=")
    check_error(run("agreement", "--coder", "anna"), "--coder 'anna': write NAME=FILE")
    check_error(run("agreement", anna, "--key", sheet), "no column")


def test_agreement_without_its_extra(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = tmp_path / "sheet.csv"
    run("sample", archive, "-n", 12, "-o", sheet)
    coders = [fill(sheet, tmp_path / f"{name}.csv") for name in ("anna", "ben")]
    monkeypatch.setitem(sys.modules, "krippendorff", None)
    check_error(run("agreement", *coders), "pip install 'peacestance[report]'")


@pytest.mark.slow
def test_five_thousand_rows_take_seconds(tmp_path: Path) -> None:
    write_labelled(map(labelled, articles(600, 26)), tmp_path / "big.jsonl")
    sheet = tmp_path / "big.csv"
    start = time.process_time()
    result = run("sample", tmp_path / "big.jsonl", "-n", 5000, "--strata", "stance", "-o", sheet)
    assert result.exit_code == 0, result.output
    coders = [fill(sheet, tmp_path / f"{name}.csv", 900) for name in ("anna", "ben")]
    result = run("agreement", *coders, "--key", tmp_path / "big.key.jsonl")
    assert result.exit_code == 0, result.output
    assert time.process_time() - start < 20


@pytest.mark.parametrize("command", ["sample", "agreement"])
def test_help_has_an_example(command: str) -> None:
    assert f"peacestance {command}" in run(command, "--help").stdout.split("Options")[-1]
