"""Blind sheets, their key, and sheets that came back."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from peacestance.evaluation.coded_sheets import Code, Coder, check_coders, read_coders
from peacestance.evaluation.sampling import Drawn, Sample
from peacestance.evaluation.sheets import read_key, write_sheet
from peacestance.exchange.labelled import LabelRow
from peacestance.schema import STANCES, Stance, UserError

FIELDS = ["row", "article_id", "before", "sentence", "after", "speaker"]
HEADER = "row,article_id,sentence,stance,speaker_right"


def drawn(
    number: int, *, speaker: str | None = "Ivo", text: str | None = None, title: str | None = None
) -> Drawn:
    label = LabelRow(
        article_id=f"a{number}", source="archive.csv", date="2025-01-02", outlet="Post",
        sentence_index=number, start=0, end=9, text=text or f"Sentence\nof {number}.",
        speaker=speaker, mention=speaker, stance=Stance.OPPOSED, confidence=0.7,
        probabilities=(0.1, 0.1, 0.7, 0.1), model="m@1",
    )  # fmt: skip
    return Drawn(label, 0, title, "Before.", "After.", "stance=opposed", 0.25)


def sample(*labels: Drawn) -> Sample:
    return Sample(labels, {"stance=opposed": (4 * len(labels), len(labels))})


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


# --- writing --------------------------------------------------------------------------------------


def test_a_sheet_has_what_the_coder_needs(tmp_path: Path) -> None:
    write_sheet(sample(drawn(1), drawn(2, speaker=None)), tmp_path / "sheet.csv")
    first, second = rows_of(tmp_path / "sheet.csv")
    assert first == {
        "row": "1", "article_id": "a1", "before": "Before.", "sentence": "Sentence of 1.",
        "after": "After.", "speaker": "Ivo", "stance": "", "speaker_right": "", "comment": "",
    }  # fmt: skip
    assert second["speaker"] == "(reporter)"


@pytest.mark.parametrize("name", ["sheet.csv", "sheet.jsonl", "sheet.json"])
def test_a_sheet_is_blind(tmp_path: Path, name: str) -> None:
    write_sheet(sample(drawn(1), drawn(2)), tmp_path / name)
    text = (tmp_path / name).read_text(encoding="utf-8-sig")
    assert not any(secret in text for secret in ("opposed", "0.7", "0.25", "m@1", "stratum"))


def test_the_key_has_the_answers(tmp_path: Path) -> None:
    write_sheet(sample(drawn(1), drawn(2)), tmp_path / "sheet.csv")
    first = json.loads((tmp_path / "sheet.key.jsonl").read_text().splitlines()[0])
    assert first == {
        "row": 1, "article_id": "a1", "sentence_index": 1, "label": 0, "text": "Sentence of 1.",
        "speaker": "Ivo", "stance": "opposed",
        "probabilities": {"optimistic": 0.1, "cautious": 0.1, "opposed": 0.7, "none": 0.1},
        "stratum": "stance=opposed", "inclusion_probability": 0.25, "model": "m@1",
    }  # fmt: skip
    key = read_key(tmp_path / "sheet.key.jsonl")
    assert (key[2].article_id, key[2].stance, key[2].inclusion_probability) == (
        "a2",
        Stance.OPPOSED,
        0.25,
    )


def test_titles_are_a_column_where_there_are_any(tmp_path: Path) -> None:
    write_sheet(sample(drawn(1), drawn(2, title="Talks")), tmp_path / "sheet.csv")
    assert [row["title"] for row in rows_of(tmp_path / "sheet.csv")] == ["", "Talks"]


def test_excel_is_told_that_a_sheet_is_utf8(tmp_path: Path) -> None:
    write_sheet(sample(drawn(1)), tmp_path / "sheet.csv")
    assert (tmp_path / "sheet.csv").read_bytes().startswith(b"\xef\xbb\xbfrow,")


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    write_sheet(sample(drawn(1, text="=1+1 met.", speaker="@ivo")), tmp_path / "sheet.csv")
    [row] = rows_of(tmp_path / "sheet.csv")
    assert (row["sentence"], row["speaker"]) == ("'=1+1 met.", "'@ivo")


def test_tasks_and_configuration_for_label_studio(tmp_path: Path) -> None:
    paths = write_sheet(sample(drawn(1)), tmp_path / "sheet.json")
    assert [path.name for path in paths] == [
        "sheet.json",
        "sheet.key.jsonl",
        "sheet.label-studio.xml",
    ]
    [task] = json.loads(paths[0].read_text())
    assert list(task) == ["data"]
    assert list(task["data"]) == FIELDS
    config = ET.fromstring(paths[2].read_text())
    shown = {str(tag.get("value")).removeprefix("$") for tag in config.iter("Text")}
    assert shown == {"before", "sentence", "after", "speaker"}
    choices = {tag.get("name"): [c.get("value") for c in tag] for tag in config.iter("Choices")}
    assert choices == {"stance": list(STANCES), "speaker_right": ["yes", "no"]}


def test_a_coders_work_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_text("hours of work")
    with pytest.raises(UserError, match="is there already, and may hold a coder's work"):
        write_sheet(sample(drawn(1)), tmp_path / "sheet.csv")
    assert (tmp_path / "sheet.csv").read_text() == "hours of work"


def test_a_key_is_never_overwritten_either(tmp_path: Path) -> None:
    (tmp_path / "sheet.key.jsonl").write_text("{}")
    with pytest.raises(UserError, match=r"sheet.key.jsonl: is there already"):
        write_sheet(sample(drawn(1)), tmp_path / "sheet.csv")
    assert not (tmp_path / "sheet.csv").exists()


def test_an_unknown_form_of_sheet(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"unknown suffix \.xlsx; allowed are \.csv, \.jsonl"):
        write_sheet(sample(drawn(1)), tmp_path / "sheet.xlsx")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"inclusion_probability": 0}, "inclusion_probability is 0.0; it must be above 0"),
        ({"stance": "wary"}, "stance is 'wary'"),
        ({"row": 1}, "row 1 stands there twice"),
    ],
)
def test_a_key_that_cannot_be(tmp_path: Path, change: dict[str, Any], found: str) -> None:
    write_sheet(sample(drawn(1), drawn(2)), tmp_path / "sheet.csv")
    path = tmp_path / "sheet.key.jsonl"
    first, second = map(json.loads, path.read_text().splitlines())
    path.write_text(f"{json.dumps(first)}\n{json.dumps(second | change)}\n")
    with pytest.raises(UserError, match=f"key.jsonl:2: {found}"):
        read_key(path)


# --- reading --------------------------------------------------------------------------------------


def write_rows(path: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding=encoding)
    return path


def read_one(path: Path) -> tuple[Coder, list[str]]:
    [coder], problems = read_coders([(None, path)])
    return coder, problems


def test_a_sheet_comes_back_in_any_order(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "anna.csv", "2,a,Two.,none,", "1,a,One.,cautious,no")
    coder, problems = read_one(path)
    assert (coder.name, problems) == ("anna", [])
    assert coder.codes[1] == Code(1, f"{path}:3", "a", "One.", Stance.CAUTIOUS, False)
    assert coder.codes[2].speaker_right is None


@pytest.mark.parametrize(
    ("mark", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-16"), (",", "utf-8")]
)
def test_what_spreadsheets_write(tmp_path: Path, mark: str, encoding: str) -> None:
    rows = (row.replace(",", mark) for row in ("1,a,One.,none,yes", ",,,,", ",,,,"))
    path = write_rows(
        tmp_path / "anna.csv", *rows, header=HEADER.replace(",", mark), encoding=encoding
    )
    coder, problems = read_one(path)
    assert [(c.stance, c.speaker_right) for c in coder.codes.values()] == [(Stance.NONE, True)]
    assert problems == []


def test_case_and_space_are_forgiven(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "anna.csv", "1,a,One., Opposed ,YES", "2,a,Two.,NONE,")
    coder, problems = read_one(path)
    assert [c.stance for c in coder.codes.values()] == [Stance.OPPOSED, Stance.NONE]
    assert problems == []


def test_a_written_sheet_is_read_as_it_is(tmp_path: Path) -> None:
    write_sheet(sample(drawn(1), drawn(2)), tmp_path / "sheet.jsonl")
    coder, problems = read_one(tmp_path / "sheet.jsonl")
    assert [c.stance for c in coder.codes.values()] == [None, None]
    assert problems == []


def test_every_problem_is_listed(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "anna.csv",
        "1,a,One.,optimstic,", "2,a,Two.,o,", "3,a,Three.,wrong,", "4,a,Four.,none,maybe",
        "4,a,Four.,none,", "x,a,Five.,none,", "7,,Seven.,none,",
    )  # fmt: skip
    _, problems = read_one(path)
    allowed = "allowed are optimistic, cautious, opposed, none"
    assert problems == [
        f"{path}:2: row 1: stance 'optimstic', did you mean optimistic? {allowed}",
        f"{path}:3: row 2: stance 'o', did you mean optimistic or opposed? {allowed}",
        f"{path}:4: row 3: stance 'wrong'; {allowed}",
        f"{path}:5: row 4: speaker_right 'maybe'; allowed are yes, no",
        f"{path}:6: row 4 stands there twice, first at {path}:5; keep one",
        f"{path}:7: row is 'x'; leave this column as it was",
        f"{path}:8: article_id is None; leave this column as it was",
    ]


def test_a_missing_column(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "anna.csv", "1,a", header="row,article_id")
    with pytest.raises(UserError, match="no column 'stance'; its columns are: row, article_id"):
        read_one(path)


def test_the_key_is_no_sheet(tmp_path: Path) -> None:
    write_sheet(sample(drawn(1)), tmp_path / "sheet.csv")
    with pytest.raises(UserError, match="is the key of a sheet; give it with --key"):
        read_one(tmp_path / "sheet.key.jsonl")


def test_two_coders_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    paths = [tmp_path / "sheet.csv", tmp_path / "x" / "sheet.csv"]
    for path in paths:
        write_rows(path, "1,a,One.,none,")
    with pytest.raises(UserError, match=r"a second coder 'sheet'.*--coder NAME="):
        read_coders([(None, path) for path in paths])
    coders, _ = read_coders([("anna", paths[0]), (None, paths[1])])
    assert [coder.name for coder in coders] == ["anna", "sheet"]


# --- Label Studio ---------------------------------------------------------------------------------


def task(number: int, *annotations: dict[str, Any]) -> dict[str, Any]:
    data = {"row": number, "article_id": "a", "sentence": "One."}
    return {"id": 70 + number, "data": data, "annotations": list(annotations)}


def annotation(person: object, *, cancelled: bool = False, **choices: str) -> dict[str, Any]:
    result = [
        {"from_name": name, "to_name": "sentence", "type": "choices", "value": {"choices": [value]}}
        for name, value in choices.items()
    ]
    result.append({"from_name": "comment", "type": "textarea", "value": {"text": ["hm"]}})
    return {"completed_by": person, "was_cancelled": cancelled, "result": result}


def write_export(path: Path, tasks: Sequence[object]) -> Path:
    path.write_text(json.dumps(tasks))
    return path


def test_an_export_of_one_person(tmp_path: Path) -> None:
    tasks = [
        task(1, annotation(3, stance="cautious", speaker_right="no")),
        task(2, annotation(3, cancelled=True, stance="none")),
        task(3),
    ]
    coder, problems = read_one(write_export(tmp_path / "anna.json", tasks))
    assert (coder.name, problems) == ("anna", [])
    stances = {row: code.stance for row, code in sorted(coder.codes.items())}
    assert stances == {1: Stance.CAUTIOUS, 2: None, 3: None}
    assert coder.codes[1].speaker_right is False


def test_an_export_of_several_people_has_several_coders(tmp_path: Path) -> None:
    one, other = annotation({"id": 3, "email": "a@x.org"}, stance="none"), annotation(4)
    coders, _ = read_coders([(None, write_export(tmp_path / "p.json", [task(1, one, other)]))])
    assert [coder.name for coder in coders] == ["p 4", "p a@x.org"]


def test_a_flat_export(tmp_path: Path) -> None:
    tasks = [{"row": 1, "article_id": "a", "stance": "none", "annotator": 1, "id": 9}]
    coder, _ = read_one(write_export(tmp_path / "anna.json", tasks))
    assert coder.codes[1].stance is Stance.NONE


@pytest.mark.parametrize(
    ("tasks", "found"),
    [
        ({}, "no list of tasks; export from Label Studio as JSON"),
        ([{"data": {"text": "x"}}], "task 1: no field 'row'; import into Label Studio the tasks"),
    ],
)
def test_an_export_of_something_else(tmp_path: Path, tasks: Any, found: str) -> None:
    with pytest.raises(UserError, match=found):
        read_one(write_export(tmp_path / "anna.json", tasks))


# --- together -------------------------------------------------------------------------------------


def coded(tmp_path: Path, name: str, *rows: str) -> Coder:
    coder, problems = read_one(write_rows(tmp_path / f"{name}.csv", *rows))
    assert problems == []
    return coder


def test_rows_that_the_key_has_not(tmp_path: Path) -> None:
    write_sheet(sample(drawn(1)), tmp_path / "s.csv")
    key = read_key(tmp_path / "s.key.jsonl")
    anna = coded(tmp_path, "anna", "1,a1,Sentence of 1.,none,", "8,a1,Other.,none,")
    assert check_coders([anna], key) == [
        f"{anna.path}:3: row 8 is not in the key; was another sheet meant?"
    ]


def test_sheets_of_different_samples(tmp_path: Path) -> None:
    anna = coded(tmp_path, "anna", "1,a,One went.,none,", "2,a,Two went.,none,")
    ben = coded(tmp_path, "ben", "1,b,Ivo stayed.,none,", "2,b,Ivo left.,none,")
    [problem] = check_coders([anna, ben], None)
    assert problem.startswith(f"{ben.path}:2: row 1 has another sentence than in {anna.path}:2")


def test_what_a_spreadsheet_does_to_a_sentence_is_no_difference(tmp_path: Path) -> None:
    anna = coded(tmp_path, "anna", "1,a,“Ivó” paid 1.5 on 3/4.,none,")
    ben = coded(tmp_path, "ben", "1,a,â€œIvÃ³â€ paid  1.50 on 03.04.,none,")
    assert check_coders([anna, ben], None) == []


def test_too_few_to_agree(tmp_path: Path) -> None:
    anna = coded(tmp_path, "anna", "1,a,One.,none,")
    with pytest.raises(UserError, match="one coder only: agreement needs two, or the model's key"):
        check_coders([anna], None)
    with pytest.raises(UserError, match="no sheet; name the sheets"):
        check_coders([], None)


def test_a_coder_who_filled_nothing(tmp_path: Path) -> None:
    coders = [coded(tmp_path, "anna", "1,a,One.,none,"), coded(tmp_path, "ben", "1,a,One.,,")]
    with pytest.raises(UserError, match="coder 'ben' filled no row"):
        check_coders(coders, None)


def test_a_coder_is_not_called_model(tmp_path: Path) -> None:
    write_sheet(sample(drawn(1)), tmp_path / "s.csv")
    model = coded(tmp_path, "model", "1,a1,Sentence of 1.,none,")
    with pytest.raises(UserError, match="a coder 'model' beside the model"):
        check_coders([model], read_key(tmp_path / "s.key.jsonl"))
