"""JSONL, CSV, TSV and Parquet as the contract has them."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from peacestance.exchange import COLUMNS, json_form, write_labelled, write_to_stream
from peacestance.schema import (
    Article,
    Label,
    LabelledArticle,
    Mention,
    Notice,
    Sentence,
    Speaker,
    Stance,
    UserError,
)

TEXT = "=Envoys met. Ivo Marsh was, he said, unsure."
MENTION = Mention(13, 22, "Ivo Marsh")
ARTICLE = LabelledArticle(
    article=Article("a1", TEXT, date="2025-01-02", outlet="-O", source="a1.txt"),
    sentences=(
        Sentence(0, 12, (Label(None, Stance.NONE, None, (0.1, 0.1, 0.1, 0.7)),)),
        Sentence(13, 44, (Label(0, Stance.CAUTIOUS, MENTION, (0.1, 0.712345678, 0.1, 0.1)),)),
    ),
    speakers=(Speaker(0, "Ivo Marsh", (MENTION,)),),
    notices=(Notice("code", "Message."),),
    model="m@1",
    language="en",
)


def as_text(form: str) -> str:
    stream = io.StringIO()
    write_to_stream([ARTICLE], stream, form)
    return stream.getvalue()


def test_json_form_is_the_contract_with_four_decimals() -> None:
    form = json_form(ARTICLE)
    assert list(form) == [
        "id", "source", "title", "date", "outlet", "model", "language",
        "sentences", "speakers", "notices",
    ]  # fmt: skip
    assert form["sentences"][1]["labels"] == [
        {
            "speaker": {"id": 0, "name": "Ivo Marsh", "mention": MENTION.to_dict()},
            "stance": "cautious",
            "confidence": 0.7123,
            "probabilities": {"optimistic": 0.1, "cautious": 0.7123, "opposed": 0.1, "none": 0.1},
        }
    ]


def test_jsonl_is_one_article_a_line_and_the_same_bytes_each_time() -> None:
    assert [json.loads(line) for line in as_text("jsonl").splitlines()] == [json_form(ARTICLE)]
    assert as_text("jsonl") == as_text("jsonl")


@pytest.mark.parametrize(("form", "mark"), [("csv", ","), ("tsv", "\t")])
def test_table_has_one_row_per_label(form: str, mark: str) -> None:
    rows = list(csv.DictReader(io.StringIO(as_text(form)), delimiter=mark))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["speaker"] for row in rows] == ["", "Ivo Marsh"]
    assert rows[1] == {
        "article_id": "a1", "source": "a1.txt", "date": "2025-01-02", "outlet": "'-O",
        "sentence_index": "1", "start": "13", "end": "44", "text": TEXT[13:44],
        "speaker": "Ivo Marsh", "mention": "Ivo Marsh", "stance": "cautious",
        "confidence": "0.7123", "p_optimistic": "0.1", "p_cautious": "0.7123",
        "p_opposed": "0.1", "p_none": "0.1", "model": "m@1",
    }  # fmt: skip


@pytest.mark.parametrize("mark", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(mark: str) -> None:
    text = f"{mark}SUM(A1)"
    labelled = LabelledArticle(
        Article("a", text), (Sentence(0, len(text), (Label(None, Stance.NONE),)),)
    )
    stream = io.StringIO(newline="")
    write_to_stream([labelled], stream, "csv")
    [row] = csv.DictReader(io.StringIO(stream.getvalue(), newline=""))
    assert row["text"] == f"'{text}"


def test_parquet_has_the_same_rows(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    assert write_labelled([ARTICLE, ARTICLE], tmp_path / "out.parquet") == 2
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert list(rows[0]) == list(COLUMNS)
    assert [row["speaker"] for row in rows] == [None, "Ivo Marsh"] * 2
    assert rows[0]["text"] == "=Envoys met."
    assert rows[1]["p_cautious"] == 0.7123


def test_parquet_of_nothing_has_the_columns(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    assert write_labelled([], tmp_path / "out.parquet") == 0
    assert pq.read_table(tmp_path / "out.parquet").column_names == list(COLUMNS)


def test_articles_are_written_as_they_come() -> None:
    stream = io.StringIO()

    def articles() -> Iterator[LabelledArticle]:
        yield ARTICLE
        assert stream.getvalue().count("\n") == 1
        yield ARTICLE

    assert write_to_stream(articles(), stream, "jsonl") == 2


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.parquet"])
def test_a_failure_half_way_leaves_nothing(tmp_path: Path, name: str) -> None:
    def articles() -> Iterator[LabelledArticle]:
        yield ARTICLE
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_labelled(articles(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_unknown_suffix_lists_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"unknown suffix \.xlsx; allowed are \.jsonl, \.csv"):
        write_labelled([], tmp_path / "out.xlsx")


def test_the_format_may_be_named_instead(tmp_path: Path) -> None:
    write_labelled([ARTICLE], tmp_path / "out.txt", "jsonl")
    assert json.loads((tmp_path / "out.txt").read_text())["id"] == "a1"
    with pytest.raises(UserError, match="unknown format 'xlsx'"):
        write_labelled([], tmp_path / "out.txt", "xlsx")


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.parquet"])
def test_text_that_is_no_unicode_names_its_article(tmp_path: Path, name: str) -> None:
    bad = LabelledArticle(Article("odd", "\ud800"), (Sentence(0, 1, (Label(None, Stance.NONE),)),))
    with pytest.raises(UserError, match="article 'odd': cannot be written as UTF-8"):
        write_labelled([bad], tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_parquet_without_its_extra_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    def articles() -> Iterator[LabelledArticle]:
        pytest.fail("nothing may be labelled")
        yield ARTICLE

    with pytest.raises(UserError, match=r"pip install 'peacestance\[archive\]'"):
        write_labelled(articles(), tmp_path / "out.parquet")


def test_parquet_is_no_stream() -> None:
    with pytest.raises(UserError, match=r"-o FILE\.parquet"):
        write_to_stream([], io.StringIO(), "parquet")
