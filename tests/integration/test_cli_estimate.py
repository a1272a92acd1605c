"""`peacestance estimate`: from labelled articles over a coded sheet to corrected shares."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from peacestance.cli import app
from peacestance.exchange import write_labelled
from peacestance.schema import STANCES, Article, Label, LabelledArticle, Sentence, Speaker

SPEAKER = Speaker(0, "=Ada Brook")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def labelled(number: int) -> LabelledArticle:
    """Twelve sentences, of the reporter and of a speaker in turn, all stances as often."""
    texts = [f"Ferry {chr(97 + at)} of {number}." for at in range(12)]
    sentences, start = [], 0
    for at, text in enumerate(texts):
        label = Label(0 if at % 2 else None, STANCES[(at + number) % 4])
        sentences.append(Sentence(start, start + len(text), (label,)))
        start += len(text) + 1
    article = Article(f"a{number}", " ".join(texts), date=f"2025-{number % 2 + 1:02}-03")
    return LabelledArticle(article, tuple(sentences), (SPEAKER,), model="m@1")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.jsonl"
    write_labelled(map(labelled, range(20)), path)
    return path


@pytest.fixture
def sheet(archive: Path, tmp_path: Path) -> Path:
    """A sample of 120 that a coder filled in; what the model calls opposed is cautious."""
    path = tmp_path / "sheet.csv"
    assert run("sample", archive, "-n", "120", "-o", path).exit_code == 0
    key = map(json.loads, path.with_name("sheet.key.jsonl").read_text().splitlines())
    stances = {str(each["row"]): each["stance"] for each in key}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["stance"] = stances[row["row"]].replace("opposed", "cautious")
    save(path, rows)
    return path


def save(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def check_error(result: Result, *parts: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1, result.stderr
    for part in parts:
        assert part in result.stderr


def test_shares_in_a_pipe_are_csv(archive: Path, sheet: Path) -> None:
    result = run("estimate", archive, "--gold", sheet)
    assert result.exit_code == 0, result.output
    rows = {row["stance"]: row for row in csv.DictReader(io.StringIO(result.stdout))}
    assert list(rows) == list(STANCES)
    assert rows["opposed"]["raw_share"] == "0.25"
    assert float(rows["opposed"]["corrected_share"]) < 0.05
    assert float(rows["cautious"]["lower"]) < 0.5 < float(rows["cautious"]["upper"])
    assert rows["none"]["hand_labels"] == "120"


def test_groups_in_a_csv_file(archive: Path, sheet: Path, tmp_path: Path) -> None:
    output = tmp_path / "shares.csv"
    result = run("estimate", archive, "--gold", sheet, "--by", "speaker,month", "-o", output)
    assert result.exit_code == 0, result.output
    assert result.stderr == f"{output}: 4 groups\n"
    with output.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [*rows[0]][:4] == ["speaker", "month", "stance", "labels"]
    assert {row["speaker"] for row in rows} == {"(reporter)", "'=Ada Brook"}


def test_groups_in_a_json_file(archive: Path, sheet: Path, tmp_path: Path) -> None:
    output = tmp_path / "shares.json"
    options = ("--by", "week", "--without-reporter", "--beyond", "--level", "0.9")
    assert run("estimate", archive, "--gold", sheet, *options, "-o", output).exit_code == 0
    rows = json.loads(output.read_text())
    assert [row["week"] for row in rows[::4]] == ["2025-W01", "2025-W06"]
    assert sum(row["labels"] for row in rows[::4]) == 120
    found = [row for row in rows if row["raw_share"] and row["stance"] != "opposed"]
    assert all(row["lower"] < row["corrected_share"] < row["upper"] for row in found)


def test_same_input_gives_the_same_bytes(archive: Path, sheet: Path) -> None:
    first, second = (run("estimate", archive, "--gold", sheet, "--by", "speaker") for _ in "12")
    assert first.stdout == second.stdout


def test_table(archive: Path, sheet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    by = ("--by", "speaker,day", "--format", "table")
    result = run("estimate", archive, "--gold", sheet, *by)
    assert result.exit_code == 0, result.output
    assert "corrected (95%)" in result.stdout
    assert result.stdout.count("=Ada Brook") == 2


def test_few_hand_labels_and_pooling(archive: Path, sheet: Path) -> None:
    with sheet.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    save(sheet, rows[:15])
    result = run("estimate", archive, "--gold", sheet, "--by", "speaker")
    assert result.exit_code == 0, result.output
    assert "105 of 120 rows are blank" in result.stderr
    few = list(csv.DictReader(io.StringIO(result.stdout)))
    assert "too few hand labels: " in few[0]["note"] + few[4]["note"]
    pooled = run("estimate", archive, "--gold", sheet, "--by", "speaker", "--pool")
    assert "; pooled over all groups" in pooled.stdout


def test_problems_of_the_sheet_are_all_named(archive: Path, sheet: Path) -> None:
    sheet.write_text(sheet.read_text().replace(",none,", ",non,", 2))
    result = run("estimate", archive, "--gold", sheet)
    assert result.exit_code == 2
    assert result.stderr.count("stance 'non', did you mean none?") == 2
    assert "2 problems" in result.stderr


def test_labels_of_another_model(archive: Path, sheet: Path) -> None:
    archive.write_text(archive.read_text().replace("m@1", "m@2"))
    result = run("estimate", archive, "--gold", sheet)
    check_error(result, "was labelled by m@2, when it was drawn by m@1 (and 119 more)")


def test_options_that_cannot_be(archive: Path, sheet: Path, tmp_path: Path) -> None:
    good = ("estimate", archive, "--gold", sheet)
    check_error(run(*good, "--by", "weak"), "unknown group 'weak', did you mean week?")
    check_error(run(*good, "--level", "95"), "--level 95: must be between 0 and 1")
    check_error(run(*good, "-o", tmp_path / "shares.xlsx"), "unknown suffix .xlsx")
    check_error(run(*good, "-o", sheet), "sheet.csv: is one of the inputs")
    check_error(run(*good, "--by", "outlet"), "--by outlet: no outlet in the input")
    check_error(run("estimate", tmp_path / "no.csv", "--gold", sheet), "no.csv: cannot be read")
    check_error(run("estimate", archive, "--gold", tmp_path / "no.csv"), "no.key.jsonl: no such")


def test_a_table_without_a_needed_column(sheet: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("article_id,text\r\na1,Ferry.\r\n")
    check_error(run("estimate", table, "--gold", sheet), "table.csv: no column 'sentence_index'")
