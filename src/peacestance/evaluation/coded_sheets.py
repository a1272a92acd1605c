"""Coding sheets that came back filled in: tables, and exports of Label Studio.

What is wrong in them is listed, all of it, so that a coder can mend a sheet in one go.
"""

from __future__ import annotations

import dataclasses
import difflib
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from peacestance.evaluation.sheets import ANSWERS, KeyRow
from peacestance.records import Record, bare, read_records, reason_of, suffix_of
from peacestance.schema import STANCES, Stance, UserError

MODEL = "model"
"""The name of the model among the coders."""

COLUMNS = ("row", "article_id", "stance")
"""What a sheet must have; `sentence` and `speaker_right` are read where they are there."""


@dataclasses.dataclass(frozen=True, slots=True)
class Code:
    """What a coder wrote into one row; `None`: nothing. `place` is where it stands."""

    row: int
    place: str
    article_id: str
    sentence: str | None
    stance: Stance | None
    speaker_right: bool | None


@dataclasses.dataclass(frozen=True, slots=True)
class Coder:
    """A coder with the rows of the sheet, by number."""

    name: str
    path: Path
    codes: Mapping[int, Code]


def read_coders(
    sheets: Iterable[tuple[str | None, Path]], *, encoding: str | None = None
) -> tuple[list[Coder], list[str]]:
    """The coders of some sheets, and every problem with what they wrote.

    Args:
        sheets: the coder's name (`None`: the file's name without suffix) and the file. An export of
            Label Studio by several people gives a coder for each, named after file and person.
        encoding: of a text file; by default UTF-8, or UTF-16 where its mark says so.

    Raises:
        UserError: a file that cannot be read, a missing column, two coders of one name.
    """
    coders: list[Coder] = []
    problems: list[str] = []
    for name, path in sheets:
        for coder, records in _by_coder(name or bare(path.name), path, encoding).items():
            twin = next((known for known in coders if known.name == coder), None)
            if twin is not None:
                raise UserError(
                    f"{path}: a second coder {coder!r}, after {twin.path}; name one of them:"
                    f" --coder NAME={path}"
                )
            coders.append(Coder(coder, path, _codes(records, problems)))
    return coders, problems


def check_coders(coders: Sequence[Coder], key: Mapping[int, KeyRow] | None) -> list[str]:
    """What does not fit together: rows that the key has not, sheets of different samples.

    Raises:
        UserError: a coder who filled no row, or too few coders.
    """
    for coder in coders:
        if coder.name == MODEL and key is not None:
            raise UserError(
                f"{coder.path}: a coder {MODEL!r} beside the model; name the coder:"
                f" --coder NAME={coder.path}"
            )
        if not any(code.stance for code in coder.codes.values()):
            raise UserError(
                f"{coder.path}: coder {coder.name!r} filled no row; write stances into the column"
                " 'stance'"
            )
    if len(coders) < 2 and key is None:
        raise UserError(
            "one coder only: agreement needs two, or the model's key with --key"
            if coders
            else "no sheet; name the sheets that coders filled in"
        )
    known = {row: ("the key", each.text) for row, each in (key or {}).items()}
    return [problem for coder in coders for problem in _misfits(coder, known, key is not None)]


def _misfits(coder: Coder, known: dict[int, tuple[str, str]], has_key: bool) -> Iterator[str]:
    """Unknown rows, and the first row with another sentence than elsewhere."""
    differing = False
    for code in coder.codes.values():
        if has_key and code.row not in known:
            yield f"{code.place}: row {code.row} is not in the key; was another sheet meant?"
        if code.sentence is None:
            continue
        where, sentence = known.setdefault(code.row, (code.place, code.sentence))
        if not differing and _letters(sentence) != _letters(code.sentence):
            differing = True  # one line is enough: it is the wrong sheet, not a wrong cell
            yield (
                f"{code.place}: row {code.row} has another sentence than in {where}; give sheets"
                " and key of one sample"
            )


def _letters(text: str) -> str:
    """What is left of a sentence whatever a spreadsheet did to its numbers, quotes and accents."""
    return re.sub(r"[^a-z]", "", text.lower())


# --- one row --------------------------------------------------------------------------------------


def _codes(records: Iterable[Record], problems: list[str]) -> dict[int, Code]:
    """The rows by number; problems are added to the list."""
    codes: dict[int, Code] = {}
    for record in records:
        row = _row_number(record.values.get("row"))
        spoilt = "row" if row is None else "article_id"
        if row is None or record.values.get("article_id") is None:
            problems.append(
                f"{record.place}: {spoilt} is {record.values.get(spoilt)!r}; leave this column as"
                " it was"
            )
        elif row in codes:
            problems.append(
                f"{record.place}: row {row} stands there twice, first at {codes[row].place}; keep"
                " one"
            )
        else:
            codes[row] = _code(row, record, problems)
    return codes


def _row_number(value: object) -> int | None:
    """The number of a row; a spreadsheet may have made `12` of it, or `12.0`."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _code(row: int, record: Record, problems: list[str]) -> Code:
    place, values = record.place, record.values
    stance = _choice("stance", STANCES, row, record, problems)
    answer = _choice("speaker_right", ANSWERS, row, record, problems)
    sentence = values.get("sentence")
    return Code(
        row=row,
        place=place,
        article_id=str(values.get("article_id")),
        sentence=None if sentence is None else str(sentence),
        stance=Stance(stance) if stance else None,
        speaker_right=answer == "yes" if answer else None,
    )


def _choice(
    column: str, allowed: Sequence[str], row: int, record: Record, problems: list[str]
) -> str | None:
    """The value of a column that takes few; case and space around it do not matter."""
    value = record.values.get(column)
    written = "" if value is None else str(value).strip()
    if not written or written.lower() in allowed:
        return written.lower() or None
    near = " or ".join(near_misses(written.lower(), allowed))
    problems.append(
        f"{record.place}: row {row}: {column} {written!r}"
        f"{f', did you mean {near}?' if near else ';'} allowed are {', '.join(allowed)}"
    )
    return None


def near_misses(written: str, allowed: Sequence[str]) -> list[str]:
    """The allowed words that one begins, or else the one that it is most like.

    >>> near_misses("optimstic", STANCES), near_misses("o", STANCES), near_misses("x", STANCES)
    (['optimistic'], ['optimistic', 'opposed'], [])
    """
    begun = [str(word) for word in allowed if word.startswith(written)]
    return begun or [str(word) for word in difflib.get_close_matches(written, allowed, n=1)]


# --- files ----------------------------------------------------------------------------------------


def _by_coder(name: str, path: Path, encoding: str | None) -> dict[str, list[Record]]:
    """The filled rows of a sheet by coder: one, but for an export of several people."""
    if suffix_of(path) != ".json":
        found = list(read_records(path, COLUMNS, encoding=encoding))
        if found and "inclusion_probability" in found[0].values:
            raise UserError(f"{path}: is the key of a sheet; give it with --key {path}")
        # Spreadsheets leave rows of nothing but delimiters behind.
        return {name: [record for record in found if any(record.values.values())]}
    by_person: dict[str, list[Record]] = {}
    for person, record in _label_studio(path):
        by_person.setdefault(person, []).append(record)
    uncoded = by_person.pop("", [])
    if len(by_person) < 2:
        return {name: [*itertools.chain(*by_person.values()), *uncoded]}
    return {f"{name} {person}": [*by_person[person], *uncoded] for person in sorted(by_person)}


def _label_studio(path: Path) -> Iterator[tuple[str, Record]]:
    """Who coded a task, and the task as a row; from the export JSON or JSON-MIN."""
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {reason_of(error)}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: malformed JSON: {reason_of(error)}") from None
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise UserError(f"{path}: no list of tasks; export from Label Studio as JSON or JSON-MIN")
    for number, task in enumerate(tasks, 1):
        place = f"{path}, task {number}"
        data = task["data"] if isinstance(task.get("data"), dict) else task
        if "row" not in data:
            raise UserError(
                f"{place}: no field 'row'; import into Label Studio the tasks that `sample` wrote"
            )
        if "annotations" not in task:
            yield str(task.get("annotator", "")), Record(place, data)
            continue
        done = [each for each in _objects(task["annotations"]) if not each.get("was_cancelled")]
        if not done:
            yield "", Record(place, data)
        for annotation in done:
            values = {**data, **_answers(annotation.get("result"))}
            yield _person(annotation.get("completed_by")), Record(place, values)


def _answers(result: object) -> dict[str, Any]:
    """What was chosen, by the name of the control."""
    chosen = {}
    for region in _objects(result):
        value = region.get("value")
        choices = value.get("choices") if isinstance(value, dict) else None
        if isinstance(choices, list) and choices:
            chosen[str(region.get("from_name"))] = choices[0]
    return chosen


def _objects(values: object) -> list[dict[str, Any]]:
    """The objects of a list, should it be one."""
    return [v for v in values if isinstance(v, dict)] if isinstance(values, list) else []


def _person(completed_by: object) -> str:
    """Who made an annotation: an id, or an object with id and e-mail address."""
    if isinstance(completed_by, dict):
        completed_by = completed_by.get("email") or completed_by.get("id")
    return str(completed_by or "?")
