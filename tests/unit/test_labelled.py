"""Outputs of `peacestance label` read back."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from peacestance.exchange import json_form, write_labelled
from peacestance.exchange.labelled import (
    LabelRow,
    is_labelled,
    label_numbers,
    read_label_articles,
    read_labels,
)
from peacestance.schema import (
    Article,
    Label,
    LabelledArticle,
    Mention,
    Sentence,
    Speaker,
    Stance,
    UserError,
)

TEXT = "=Envoys met. Ivo Marsh was unsure."
MENTION = Mention(13, 22, "Ivo Marsh")
SHARES = (0.1, 0.7, 0.1, 0.1)


def article(name: str = "a1", model: str | None = "m@1") -> LabelledArticle:
    return LabelledArticle(
        article=Article(name, TEXT, title="Talks", date="2025-01-02", outlet="Post", source="x"),
        sentences=(
            Sentence(0, 12, (Label(None, Stance.CAUTIOUS, None, SHARES),)),
            Sentence(
                13,
                34,
                (
                    Label(0, Stance.CAUTIOUS, MENTION, SHARES),
                    Label(None, Stance.CAUTIOUS, None, SHARES),
                ),
            ),
        ),
        speakers=(Speaker(0, "Ivo Marsh", (MENTION,)),),
        model=model,
    )


FORMS = ("jsonl", "csv", "tsv", "parquet")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_rows(tmp_path: Path, form: str) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    write_labelled([article()], tmp_path / f"out.{form}")
    rows = list(read_labels(tmp_path / f"out.{form}"))
    assert rows[0].text == "=Envoys met."
    assert rows[1] == LabelRow(
        article_id="a1", source="x", date="2025-01-02", outlet="Post", sentence_index=1, start=13,
        end=34, text="Ivo Marsh was unsure.", speaker="Ivo Marsh", mention="Ivo Marsh",
        stance=Stance.CAUTIOUS, confidence=0.7, probabilities=SHARES, model="m@1",
    )  # fmt: skip
    assert (rows[2].speaker, rows[2].mention, len(rows)) == (None, None, 3)


def test_compressed_output_is_read(tmp_path: Path) -> None:
    write_labelled([article()], tmp_path / "out.csv")
    packed = gzip.compress((tmp_path / "out.csv").read_bytes())
    (tmp_path / "out.csv.gz").write_bytes(packed)
    assert is_labelled(tmp_path / "out.csv.gz")
    assert list(read_labels(tmp_path / "out.csv.gz")) == list(read_labels(tmp_path / "out.csv"))


def test_rows_come_before_the_file_is_read_to_its_end(tmp_path: Path) -> None:
    write_labelled([article()], tmp_path / "out.jsonl")
    with (tmp_path / "out.jsonl").open("a") as out:
        out.write("broken\n")
    rows = read_labels(tmp_path / "out.jsonl")
    assert next(rows).article_id == "a1"
    with pytest.raises(UserError, match=r"out.jsonl:2: malformed JSON"):
        list(rows)


def test_labels_by_hand_have_no_probabilities(tmp_path: Path) -> None:
    form = article(model=None).to_dict()
    for sentence in form["sentences"]:
        for label in sentence["labels"]:
            del label["confidence"], label["probabilities"]
    (tmp_path / "hand.jsonl").write_text(json.dumps(form))
    row = next(read_labels(tmp_path / "hand.jsonl"))
    assert (row.model, row.confidence, row.probabilities) == (None, None, None)


def test_a_table_may_lack_what_is_not_needed(tmp_path: Path) -> None:
    columns = "article_id,sentence_index,start,end,text,speaker,stance"
    (tmp_path / "out.csv").write_text(f"{columns}\na,0,0,4,Ivo.,,none\n")
    [row] = read_labels(tmp_path / "out.csv")
    assert (row.outlet, row.confidence, row.probabilities, row.model) == (None,) * 4


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"stance": "wary"}, "out.csv:2: stance is 'wary'; it must be one of optimistic, cautious"),
        ({"sentence_index": "-1"}, "sentence_index is '-1'; it must be a whole number from 0"),
        ({"start": "x"}, "start is 'x'; it must be a whole number"),
        ({"text": ""}, "text is None; it must be a text"),
        ({"confidence": "0,9"}, "confidence is '0,9'; it must be a number from 0 to 1"),
        ({"confidence": "1.5"}, "confidence is '1.5'; it must be a number from 0 to 1"),
        ({"p_none": ""}, "p_none is None; it must be a number from 0 to 1, as its neighbours"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, changes: dict[str, str], found: str) -> None:
    row = {
        "article_id": "a", "sentence_index": "0", "start": "0", "end": "4", "text": "Ivo.",
        "speaker": "", "stance": "none", "confidence": "0.9", "p_optimistic": "0",
        "p_cautious": "0.1", "p_opposed": "0", "p_none": "0.9",
    } | changes  # fmt: skip
    cells = ";".join(row.values())
    (tmp_path / "out.csv").write_text(f"{';'.join(row)}\n{cells}\n")
    with pytest.raises(UserError) as caught:
        list(read_labels(tmp_path / "out.csv"))
    assert found in str(caught.value)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "out.tsv").write_text("article_id\ttext\na\tb\n")
    with pytest.raises(UserError, match=r"out.tsv: no column 'sentence_index', 'start'"):
        list(read_labels(tmp_path / "out.tsv"))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"sentences": 3}, "out.jsonl:1: sentences is 3; it must be a list of objects"),
        ({"sentences": [{}]}, "out.jsonl:1: article: labels is nothing; it must be a list"),
        ({"id": None}, "out.jsonl:1: id is None; it must be a text"),
        ({"outlet": ["x"]}, "outlet is ['x']; it must be a text"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, change: dict[str, Any], found: str) -> None:
    (tmp_path / "out.jsonl").write_text(json.dumps(json_form(article()) | change))
    with pytest.raises(UserError) as caught:
        list(read_labels(tmp_path / "out.jsonl"))
    assert found in str(caught.value)


def test_articles_have_their_rows_and_title(tmp_path: Path) -> None:
    write_labelled([article("a"), article("b")], tmp_path / "out.jsonl")
    write_labelled([article("a"), article("b")], tmp_path / "out.csv")
    for name, title in (("out.jsonl", "Talks"), ("out.csv", None)):
        found = list(read_label_articles(tmp_path / name))
        assert [(a.article_id, a.title, len(a.rows)) for a in found] == [
            ("a", title, 3),
            ("b", title, 3),
        ]


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv"])
def test_an_article_stands_in_one_place(tmp_path: Path, name: str) -> None:
    write_labelled([article("a"), article("b"), article("a")], tmp_path / name)
    with pytest.raises(UserError, match=r"article 'a' again, after .*keep the rows of an article"):
        list(read_label_articles(tmp_path / name))


def test_labels_are_numbered_within_their_sentence(tmp_path: Path) -> None:
    write_labelled([article()], tmp_path / "out.csv")
    [found] = read_label_articles(tmp_path / "out.csv")
    assert label_numbers(found.rows) == [0, 0, 1]


@pytest.mark.parametrize("form", ["jsonl", "csv", "tsv"])
def test_outputs_are_told_from_articles(tmp_path: Path, form: str) -> None:
    write_labelled([article()], tmp_path / f"out.{form}")
    assert is_labelled(tmp_path / f"out.{form}")
    raw = {"jsonl": '{"text": "One."}\n', "csv": "text,id\nOne.,1\n", "tsv": "text\tid\nOne.\t1\n"}
    (tmp_path / f"raw.{form}").write_text(raw[form])
    assert not is_labelled(tmp_path / f"raw.{form}")


def test_what_cannot_be_read_is_no_output(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    for name in ("none.csv", "empty.jsonl", "talks.txt", "-"):
        assert not is_labelled(tmp_path / name)
