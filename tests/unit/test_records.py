"""Tables of any columns, read row by row; every problem names its place."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from peacestance.records import read_records
from peacestance.schema import UserError

ROWS = [{"id": "a", "stance": "none"}, {"id": "b", "stance": "opposed"}]


def written(path: Path) -> Path:
    """The rows above in the form that the suffix names."""
    suffix = path.name.removesuffix(".gz").rpartition(".")[2]
    mark = "\t" if suffix == "tsv" else ","
    text = {
        "jsonl": "".join(json.dumps(row) + "\n\n" for row in ROWS),
        "csv": "id,stance\r\na,none\r\n\r\nb,opposed\r\n",
        "tsv": "id\tstance\na\tnone\nb\topposed\n",
        "txt": f"id{mark}stance",
    }[suffix]
    raw = text.encode()
    path.write_bytes(gzip.compress(raw) if path.name.endswith(".gz") else raw)
    return path


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.tsv", "x.csv.gz"])
def test_every_form_gives_the_same_records(tmp_path: Path, name: str) -> None:
    assert [r.values for r in read_records(written(tmp_path / name), ["id"])] == ROWS


def test_parquet_gives_the_same_records(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "x.parquet")
    assert [r.values for r in read_records(tmp_path / "x.parquet", ["id"])] == ROWS


def test_places_are_lines_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv")
    assert [r.place for r in read_records(path)] == [f"{path}:2", f"{path}:4"]


def test_semicolons_and_a_byte_order_mark_of_a_spreadsheet_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes('\ufeffid;name\na;"Brook; Ada"\n'.encode())
    assert [r.values for r in read_records(path, ["id"])] == [{"id": "a", "name": "Brook; Ada"}]


def test_short_rows_are_filled_and_guards_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,speaker,stance\n1,'-\n2,'tis\n", encoding="utf-8")
    assert [list(r.values.values()) for r in read_records(path)] == [
        ["1", "-", None],
        ["2", "'tis", None],
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"id,text\n1,a\n", r"no column 'stance'; its columns are: id, text"),
        ("x.csv", b"", r"no column 'stance'; its columns are: \(none\)"),
        ("x.csv", b"stance\na,b\n", r"x\.csv:2: 2 cells where the header has 1"),
        ("x.csv", b'stance\n"a\n', r"x\.csv:2: malformed CSV"),
        ("x.csv", b"stance\n\xff\n", r"x\.csv:2: not valid utf-8"),
        ("x.csv", b"PK\x03\x04", r"binary, not text \(ZIP or Office data\)"),
        ("x.csv.gz", b"stance", r"cannot be read: Not a gzipped file"),
        ("x.jsonl", b'{"stance": 1}\n[]\n', r"x\.jsonl:2: found a JSON list"),
        ("x.jsonl", b"{", r"x\.jsonl:1: malformed JSON"),
        ("x.jsonl", b"{}", r"x\.jsonl:1: no column 'stance'"),
        ("x.parquet", b"no", r"not a readable Parquet file"),
        ("x.xlsx", b"", r"unknown suffix \.xlsx; allowed are \.csv, \.tsv, \.jsonl, \.parquet"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        list(read_records(path, ["stance"]))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x\.csv: cannot be read: No such file"):
        list(read_records(tmp_path / "x.csv"))
