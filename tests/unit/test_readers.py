"""Files, folders and standard input -> articles; every bad input gets one line that helps."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from peacestance.readers import ReadOptions, read_articles
from peacestance.schema import Article, UserError

TEXT = "Envoys met. They left.\n"


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def jsonl(path: Path, *records: object) -> Path:
    return write(path, "".join(json.dumps(record) + "\n" for record in records))


def read(*paths: Path | str, **options: Any) -> list[Article]:
    return list(read_articles(paths, ReadOptions(**options)))


def problem(*paths: Path | str, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        read(*paths, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


# --- what is read --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["talks.txt", "talks.md", "talks.TXT"])
def test_a_text_file_is_one_article_named_after_it(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, TEXT)
    assert read(path) == [Article(id="talks", text=TEXT, source=str(path))]


def test_characters_are_kept_as_they_are(tmp_path: Path) -> None:
    text = "One.\r\n\r\nTwo é “q”.\u2028 Three."
    assert read(write(tmp_path / "a.txt", text))[0].text == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_mark_is_understood_and_dropped(tmp_path: Path, encoding: str) -> None:
    assert read(write(tmp_path / "a.txt", TEXT.encode(encoding)))[0].text == TEXT


def test_compressed_text(tmp_path: Path) -> None:
    path = write(tmp_path / "talks.txt.gz", gzip.compress(TEXT.encode()))
    assert read(path) == [Article(id="talks", text=TEXT, source=str(path))]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert read("-") == [Article(id="stdin", text=TEXT, source="-")]


def test_jsonl_takes_metadata_and_passes_blank_lines(tmp_path: Path) -> None:
    record = {"id": 7, "text": TEXT, "title": "T", "date": "2025-01-02", "outlet": "O", "x": 1}
    path = write(tmp_path / "a.jsonl", f"{json.dumps(record)}\n\n{json.dumps({'text': TEXT})}")
    assert read(path) == [
        Article("7", TEXT, "T", "2025-01-02", "O", source=str(path)),
        Article("a-3", TEXT, source=str(path)),
    ]


def test_jsonl_is_read_line_by_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", json.dumps({"text": TEXT}) + "\nnot json\n")
    articles = read_articles([path])
    assert next(articles).text == TEXT
    with pytest.raises(UserError, match="malformed"):
        next(articles)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_csv_of_any_common_delimiter(tmp_path: Path, mark: str) -> None:
    rows = [mark.join(("\ufeffid", "body")), mark.join(("x", f'"One, two; three | ""q""\n{TEXT}"'))]
    path = write(tmp_path / "a.csv", "\r\n".join(rows) + "\r\n")
    [article] = read(path, text_field="body")
    assert (article.id, article.text) == ("x", f'One, two; three | "q"\n{TEXT}')


def test_csv_takes_an_article_longer_than_the_library_allows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", f"text\n{'word ' * 40_000}\n")
    assert len(read(path)[0].text) == 200_000


def test_names_of_columns_can_be_given(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "key,headline,body\nk,H,Envoys met.\n")
    [article] = read(path, text_field="body", id_field="key", title_field="headline")
    assert (article.id, article.title) == ("k", "H")


def test_parquet(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [1, None], "text": [TEXT, TEXT], "other": [0, 0]}), path)
    assert [article.id for article in read(path)] == ["1", "a-2"]


def test_html(tmp_path: Path) -> None:
    pytest.importorskip("trafilatura")
    body = "".join(f"<p>Envoys met in the city on day {n}, they said.</p>" for n in range(6))
    page = f"<html><head><title>Talks</title></head><body><article>{body}</article></body></html>"
    [article] = read(write(tmp_path / "a.html", page))
    assert article.text.startswith("Envoys met in the city on day 0, they said.\n\nEnvoys met")


def test_a_folder_is_read_in_order_without_hidden_and_foreign_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", ".hidden.txt", ".git/c.txt", "sub/a.txt", "photo.jpg"):
        write(tmp_path / name, TEXT)
    ids = [article.id for article in read(tmp_path)]
    assert ids == ["a", "b", (tmp_path / "sub" / "a").as_posix()]


# --- bad input -----------------------------------------------------------------------------------


def test_missing_file(tmp_path: Path) -> None:
    assert "no such file or folder" in problem(tmp_path / "none.txt")


def test_folder_without_articles(tmp_path: Path) -> None:
    write(tmp_path / "photo.jpg", b"x")
    assert "no articles in this folder" in problem(tmp_path)


def test_unknown_suffix_lists_what_is_allowed(tmp_path: Path) -> None:
    message = problem(write(tmp_path / "a.docx", b"x"))
    assert "unknown suffix .docx" in message
    assert ".jsonl" in message


def test_every_input_is_checked_before_the_first_is_read(tmp_path: Path) -> None:
    good = write(tmp_path / "a.txt", TEXT)
    with pytest.raises(UserError, match="no such file"):
        next(read_articles([good, tmp_path / "none.txt"]))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "the text is empty"),
        (b"\xef\xbb\xbf", "the text is empty"),
        (b" \n\t", "the text is only white space"),
        (b"\x00\x01\x02", "binary, not text (a NUL byte at offset 0)"),
        (b"abc" * 9000 + b"\0", "binary, not text (a NUL byte at offset 27000)"),
        (b"%PDF-1.7 ...", "binary, not text (PDF data)"),
        (b"Caf\xe9 talks", "not valid utf-8 (byte 0xe9 at offset 3)"),
    ],
)
def test_text_that_cannot_be_read(tmp_path: Path, content: bytes, found: str) -> None:
    path = write(tmp_path / "a.txt", content)
    assert f"{path}: {found}" in problem(path)


def test_the_encoding_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", b"Caf\xe9 talks")
    assert "--encoding" in problem(path)
    assert read(path, encoding="cp1252")[0].text == "Café talks"
    assert "unknown encoding 'klingon'" in problem(path, encoding="klingon")


def test_byte_offset_counts_from_the_start_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", b'{"text": "a"}\n{"text": "\xe9"}\n')
    assert f"{path}:2: not valid utf-8 (byte 0xe9 at offset 24)" in problem(path)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('{"text": "a"', "malformed JSON"),
        ("[1]", "found a JSON list"),
        ('{"body": "a"}', "no field 'text'; found: body"),
        ('{"text": 3}', "the text is of type int; it must be a string"),
        ('{"text": null}', "the text is of type NoneType; it must be a string"),
        ('{"text": ""}', "the text is empty"),
        ('{"text": "a \\ud800"}', "half a surrogate pair (U+D800) at character 2"),
        ('{"text": "a\\u0000"}', "binary"),
        ('{"text": "a", "title": ["x"]}', "field 'title' must be a text or a number"),
        ("[" * 100_000, "malformed JSON"),
    ],
)
def test_bad_jsonl_line_is_named_and_can_be_skipped(tmp_path: Path, line: str, found: str) -> None:
    path = write(tmp_path / "a.jsonl", f'{{"text": "One."}}\n{line}\n{{"text": "Two."}}\n')
    message = problem(path)
    assert message.startswith(f"{path}:2: ")
    assert found in message
    skipped: list[str] = []
    articles = read(path, skip_bad=True, on_skip=skipped.append)
    assert [article.text for article in articles] == ["One.", "Two."]
    assert skipped == [message]


def test_duplicate_ids_name_both_places(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", {"id": "x", "text": "A."}, {"id": "x", "text": "B."})
    message = problem(path)
    assert f"{path}:2: duplicate id 'x', already used at {path}:1" in message
    assert len(read(path, skip_bad=True)) == 1


def test_one_file_given_twice_is_a_duplicate(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", TEXT)
    assert "duplicate" in problem(path, path)


def test_csv_without_text_column_lists_columns_even_if_bad_is_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,body\n1,Envoys met.\n")
    message = problem(path, skip_bad=True)
    assert "no column 'text'; its columns are: id, body" in message
    assert "--text-column" in message


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("text,id\na,b,c\n", ":2: 3 cells where the header has 2 columns"),
        ("text,id\n,b\n", ":2: the text is empty"),
        ('text,id\n"never closed,b\n', "malformed CSV"),
        ("", "no column 'text'"),
    ],
)
def test_bad_csv(tmp_path: Path, content: str, found: str) -> None:
    assert found in problem(write(tmp_path / "a.csv", content))


def test_damaged_gzip(tmp_path: Path) -> None:
    packed = gzip.compress(TEXT.encode() * 100)
    assert "cannot be read" in problem(write(tmp_path / "a.txt.gz", packed[:-20]))
    assert "cannot be read" in problem(write(tmp_path / "b.txt.gz", b"plain"))


def test_damaged_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    assert "not a readable Parquet file" in problem(write(tmp_path / "a.parquet", b"nonsense"))


def test_page_without_an_article(tmp_path: Path) -> None:
    pytest.importorskip("trafilatura")
    assert "no article text found" in problem(write(tmp_path / "a.html", "<html></html>"))


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [("a.parquet", "pyarrow", "archive"), ("a.html", "trafilatura", "web")],
)
def test_missing_extra_gives_its_install_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    path = write(tmp_path / name, b"x")
    assert f"pip install 'peacestance[{extra}]'" in problem(path, skip_bad=True)


def test_an_unreadable_file_is_an_error_of_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.txt", TEXT)

    def refuse(*_: object, **__: object) -> Iterator[None]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read: Permission denied" in problem(path)
