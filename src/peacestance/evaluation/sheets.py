"""Blind coding sheets of a sample, and the key that stays with the researcher.

A coder sees a sentence, its context and the speaker whose stance to code, never an answer of the
model. The key has those answers; `row` joins the two.
"""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from peacestance.evaluation.sampling import REPORTER, Drawn, Sample
from peacestance.exchange.labelled import Fields
from peacestance.exchange.table import safe_cell
from peacestance.files import replacing
from peacestance.records import read_records
from peacestance.schema import STANCES, Stance, UserError

ANSWERS = ("yes", "no")
"""What a coder may write into `speaker_right`."""

TO_FILL = ("stance", "speaker_right", "comment")
"""The columns that a coder fills."""

# The names of the controls are the columns of a sheet, so that an export is read like one.
_CONFIG = f"""<View>
  <Header value="Before"/>
  <Text name="before" value="$before"/>
  <Header value="Sentence"/>
  <Text name="sentence" value="$sentence"/>
  <Header value="After"/>
  <Text name="after" value="$after"/>
  <Header value="Speaker"/>
  <Text name="speaker" value="$speaker"/>
  <Header value="Which stance does the speaker take here? If it is another's: which one is it?"/>
  <Choices name="stance" toName="sentence" choice="single" required="true">
    {"".join(f'<Choice value="{stance}"/>' for stance in STANCES)}
  </Choices>
  <Header value="Are these the words or the position of this speaker?"/>
  <Choices name="speaker_right" toName="sentence" choice="single">
    {"".join(f'<Choice value="{answer}"/>' for answer in ANSWERS)}
  </Choices>
  <Header value="Comment"/>
  <TextArea name="comment" toName="sentence" editable="true"/>
</View>
"""


# --- writing --------------------------------------------------------------------------------------


def sheet_paths(path: Path) -> tuple[Path, ...]:
    """The files of a sheet: itself, its key and, for Label Studio, the labelling configuration.

    Raises:
        UserError: an unknown suffix, or a file that is there already.
    """
    if path.suffix.lower() not in _WRITERS:
        raise UserError(
            f"{path}: unknown suffix {path.suffix or '(none)'}; allowed are"
            f" {', '.join(_WRITERS)} (.json: tasks for Label Studio)"
        )
    paths = [path, path.with_name(f"{path.stem}.key.jsonl")]
    if path.suffix.lower() == ".json":
        paths.append(path.with_name(f"{path.stem}.label-studio.xml"))
    for each in paths:
        if each.exists():
            raise UserError(f"{each}: is there already, and may hold a coder's work; name another")
    return tuple(paths)


def write_sheet(sample: Sample, path: str | Path) -> tuple[Path, ...]:
    """Write the sheet of a sample and its key, in the sample's order; both or neither.

    Returns:
        The files written: the sheet, the key, and for `.json` the labelling configuration.

    Raises:
        UserError: an unknown suffix, a file that is there already or cannot be written.
    """
    paths = sheet_paths(Path(path))
    with ExitStack() as stack:
        temporary = [stack.enter_context(replacing(each)) for each in paths]
        _WRITERS[paths[0].suffix.lower()](sample.drawn, temporary[0])
        _write_lines(temporary[1], (_key_row(at, d) for at, d in enumerate(sample.drawn, 1)))
        for config in temporary[2:]:
            config.write_text(_CONFIG, encoding="utf-8")
    return paths


def _sheet_rows(drawn: Sequence[Drawn]) -> Iterator[dict[str, Any]]:
    """What the coder sees. Line breaks within a sentence would break a cell into lines."""
    titled = any(each.title for each in drawn)
    for row, each in enumerate(drawn, 1):
        yield {
            "row": row,
            "article_id": each.label.article_id,
            **({"title": each.title} if titled else {}),
            "before": _one_line(each.before),
            "sentence": _one_line(each.label.text),
            "after": _one_line(each.after),
            "speaker": each.label.speaker or REPORTER,
        }


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _write_csv(drawn: Sequence[Drawn], path: Path) -> None:
    rows = [row | dict.fromkeys(TO_FILL, "") for row in _sheet_rows(drawn)]
    # With the mark, Excel reads the file as UTF-8; without it quotation marks and accents break.
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(rows[0])
        writer.writerows([safe_cell(value) for value in row.values()] for row in rows)


def _write_jsonl(drawn: Sequence[Drawn], path: Path) -> None:
    _write_lines(path, (row | dict.fromkeys(TO_FILL) for row in _sheet_rows(drawn)))


def _write_tasks(drawn: Sequence[Drawn], path: Path) -> None:
    """Tasks as Label Studio imports them: a list of objects with the fields under `data`."""
    tasks = [{"data": row} for row in _sheet_rows(drawn)]
    path.write_text(json.dumps(tasks, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_lines(path: Path, objects: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as out:
        for each in objects:
            out.write(json.dumps(each, ensure_ascii=False) + "\n")


_WRITERS: Mapping[str, Callable[[Sequence[Drawn], Path], None]] = {
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
    ".json": _write_tasks,
}


# --- the key --------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class KeyRow:
    """What the model says of a row of the sheet, and how likely the row was to be drawn."""

    row: int
    article_id: str
    text: str
    stance: Stance
    inclusion_probability: float
    model: str | None


def _key_row(row: int, drawn: Drawn) -> dict[str, Any]:
    label = drawn.label
    probabilities = label.probabilities
    return {
        "row": row,
        "article_id": label.article_id,
        "sentence_index": label.sentence_index,
        "label": drawn.label_number,
        "text": _one_line(label.text),
        "speaker": label.speaker,
        "stance": label.stance.value,
        "probabilities": dict(zip(STANCES, probabilities, strict=True)) if probabilities else None,
        "stratum": drawn.stratum,
        "inclusion_probability": drawn.inclusion_probability,
        "model": label.model,
    }


def read_key(path: str | Path) -> dict[int, KeyRow]:
    """The key that `write_sheet` wrote, by row.

    Raises:
        UserError: no such file, a field that is missing or cannot be, a row that stands twice.
    """
    path = Path(path)
    columns = ("row", "article_id", "text", "stance", "inclusion_probability", "model")
    key: dict[int, KeyRow] = {}
    for record in read_records(path, columns):
        fields = Fields(record.place, record.values)
        probability = fields.share("inclusion_probability")
        if not probability:
            raise UserError(
                f"{record.place}: inclusion_probability is {probability}; it must be above 0"
            )
        row = fields.whole("row")
        if row in key:
            raise UserError(f"{record.place}: row {row} stands there twice; keep one")
        key[row] = KeyRow(
            row,
            fields.text("article_id"),
            fields.text("text"),
            fields.stance("stance"),
            probability,
            fields.optional("model"),
        )
    if not key:
        raise UserError(f"{path}: no row in this key; give the file that `sample` wrote")
    return key
