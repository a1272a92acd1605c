"""JSONL, Parquet and datasets.Dataset: out and in again without loss."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from peacestance.corpus import (
    export_corpus,
    from_dataset,
    load_corpus,
    parse_article,
    read_corpus,
    to_dataset,
)
from peacestance.schema import Label, LabelledArticle, Mention, Notice, Stance, UserError

TEXT = """\
# id: a
# process: p
# register: wire
# date: 2026-01-02
@ ann = Ann Orrel
@ bo = Bo

The hall was full. => - none
[Ann Orrel|ann] and [Bo|bo] backed it. => ann optimistic; bo cautious
"It “will” hold – 100 %." => bo opposed
"""


def gold() -> LabelledArticle:
    return parse_article(TEXT, "a.txt")


def predicted() -> LabelledArticle:
    """What a model gives: probabilities, a mention in another sentence, a side, a notice."""
    article = gold()
    first, second, third = article.sentences
    mention = Mention(19, 28, "Ann Orrel")
    label = Label(0, Stance.OPPOSED, mention, (0.1, 0.2, 0.6000000000000001, 0.1))
    ann = dataclasses.replace(article.speakers[0], side="north", key=None)
    return dataclasses.replace(
        article,
        article=dataclasses.replace(article.article, id="b", register=None),
        sentences=(first, second, dataclasses.replace(third, labels=(label,))),
        speakers=(ann, article.speakers[1]),
        notices=(Notice("long-sentence", "one was long"),),
        model="small@0123",
        language="en",
    )


ARTICLES = [gold(), predicted()]


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_export_and_import_lose_nothing(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"c{suffix}"
    export_corpus(ARTICLES, path)
    assert read_corpus(path) == ARTICLES
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_text_form_folder_reads_back(tmp_path: Path) -> None:
    export_corpus([gold()], tmp_path / "out")
    assert (tmp_path / "out" / "a.txt").read_text(encoding="utf-8") == TEXT
    assert read_corpus(tmp_path / "out") == [gold()]


def test_dataset_loses_nothing() -> None:
    assert from_dataset(to_dataset(ARTICLES)) == ARTICLES


def test_dataset_has_typed_stances() -> None:
    label = to_dataset(ARTICLES).features["sentences"].feature["labels"].feature
    assert label["stance"].names == ["optimistic", "cautious", "opposed", "none"]


def test_parquet_of_the_datasets_library_is_read(tmp_path: Path) -> None:
    to_dataset(ARTICLES).to_parquet(tmp_path / "d.parquet")
    assert read_corpus(tmp_path / "d.parquet") == ARTICLES


def test_corpus_folder_becomes_a_dataset_dict(tmp_path: Path) -> None:
    export_corpus([gold()], tmp_path / "c")
    (tmp_path / "c" / "splits.json").write_text(
        '{"train": ["a"], "dev": [], "test-seen": [], "test-unseen": []}'
    )
    loaded = load_corpus(tmp_path / "c")
    assert {name: len(rows) for name, rows in loaded.items()} == {
        "train": 1,
        "dev": 0,
        "test-seen": 0,
        "test-unseen": 0,
    }
    assert from_dataset(loaded["train"]) == [gold()]
    assert loaded["dev"].features == loaded["train"].features


def test_foreign_parquet_names_what_is_missing(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"id": ["a"], "body": ["x"]}), tmp_path / "f.parquet")
    with pytest.raises(UserError, match=r"missing columns text, .*found id, body"):
        read_corpus(tmp_path / "f.parquet")


def test_damaged_parquet_is_told(tmp_path: Path) -> None:
    (tmp_path / "f.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(UserError, match="cannot be read as Parquet"):
        read_corpus(tmp_path / "f.parquet")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("c.xlsx", "export to .jsonl, .parquet"),
        ("no/c.jsonl", "does not exist"),
        ("no/c", "does not exist"),
    ],
)
def test_export_to_a_wrong_place_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        export_corpus([gold()], tmp_path / name)


def test_failed_export_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text("old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("peacestance.corpus.tables.json.dumps", full)
    with pytest.raises(UserError, match="No space left on device"):
        export_corpus([gold()], path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_ids_that_would_be_one_file_are_refused(tmp_path: Path) -> None:
    named = [
        dataclasses.replace(gold(), article=dataclasses.replace(gold().article, id=key))
        for key in ("a/b", "a b")
    ]
    with pytest.raises(UserError, match=r"two articles would be a_b\.txt"):
        export_corpus(named, tmp_path / "out")


def test_missing_library_is_answered_with_its_install_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"pip install 'peacestance\[archive\]'"):
        export_corpus([gold()], tmp_path / "c.parquet")


def test_import_is_light() -> None:
    code = (
        "import sys, peacestance.corpus as c;"
        "print({'torch', 'datasets', 'pyarrow', 'rich', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
