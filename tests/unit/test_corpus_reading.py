"""Reading a corpus from disk: forms, refused files, splits, and the check of the whole."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from peacestance.corpus import (
    SPLITS,
    check_corpus,
    export_corpus,
    load_split,
    parse_article,
    read_corpus,
    summary_tables,
)
from peacestance.schema import UserError


def article_text(key: str, process: str = "p", register: str = "wire") -> str:
    return (
        f"# id: {key}\n# process: {process}\n# register: {register}\n@ ann = Ann Orrel\n\n"
        "The hall was full. => - none\n"
        f"[Ann Orrel|ann] backed the plan of {key}. => ann optimistic\n"
        '"It will hold." => ann optimistic\n'
    )


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    (folder / "articles").mkdir(parents=True)
    for key in "abcd":
        (folder / "articles" / f"{key}.txt").write_text(article_text(key), encoding="utf-8")
    (folder / "README.md").write_text("no article")
    (folder / "LICENSE.txt").write_text("no article")
    splits = dict(zip(SPLITS, (["a"], ["b"], ["c"], ["d"]), strict=True))
    (folder / "splits.json").write_text(json.dumps(splits))
    return folder


def test_folder_is_read_recursively_without_its_notes(corpus: Path) -> None:
    assert [a.article.id for a in read_corpus(corpus)] == ["a", "b", "c", "d"]


def test_source_does_not_depend_on_where_the_corpus_lies(corpus: Path) -> None:
    assert read_corpus(corpus)[0].article.source == "articles/a.txt"


def test_single_file_is_a_corpus(corpus: Path) -> None:
    assert [a.article.id for a in read_corpus(corpus / "articles" / "b.txt")] == ["b"]


def test_byte_order_mark_is_no_part_of_the_article(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(article_text("a"), encoding="utf-8-sig")
    assert read_corpus(tmp_path)[0].article.id == "a"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.txt: the file is empty"),
        (b" \n\t\n", "a.txt: the file is empty"),
        (b"# id: a\n\0\1\2", "a.txt: not text but binary"),
        (b"# id: a\n# title: caf\xe9\n", "a.txt:2: byte 0xe9 is not UTF-8"),
    ],
)
def test_file_that_is_no_text_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(UserError) as error:
        read_corpus(tmp_path)
    assert message in str(error.value)


def test_duplicate_id_names_both_files(corpus: Path) -> None:
    (corpus / "articles" / "z.txt").write_text(article_text("a"))
    problems, _ = check_corpus(corpus)
    assert [Path(p.path).name for p in problems] == ["z.txt"]
    assert "'a' is also in" in problems[0].message
    assert "a.txt" in problems[0].message


@pytest.mark.parametrize(
    ("name", "message"), [("nothing", "no such file or folder"), ("x.docx", "a corpus is a folder")]
)
def test_wrong_path_is_told(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "x.docx").write_bytes(b"x")
    with pytest.raises(UserError, match=message):
        check_corpus(tmp_path / name)


def test_folder_without_articles_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no article here"):
        read_corpus(tmp_path)


def test_broken_jsonl_lines_are_told_with_their_number(corpus: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    export_corpus(read_corpus(corpus), path)
    lines = path.read_text().splitlines()
    row = json.loads(lines[1])
    row["sentences"][1]["labels"][0]["stance"] = "neutral"
    wrong = json.loads(lines[2])
    wrong["speakers"][0]["mentions"][0]["start"] = 0
    del (bare := json.loads(lines[3]))["sentences"]
    path.write_text("\n".join([lines[0], "{oops", *map(json.dumps, (row, wrong, bare))]) + "\n[]")
    problems, summary = check_corpus(path)
    assert [p.line for p in problems] == [2, 3, 4, 5, 6]
    expected = [
        "not JSON",
        "'neutral'",
        "says 'Ann Orrel', but",
        "no field 'sentences'",
        "labelled",
    ]
    for problem, message in zip(problems, expected, strict=True):
        assert message in problem.message
    assert summary.articles == 1


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("sentences", 0, "end"), 9999, "end within the text"),
        (("sentences", 1, "start"), 0, "must start at 18"),
        (("sentences", 0, "labels"), [], "has no label"),
        (("sentences", 1, "labels", 0, "speaker", "id"), 7, "names speaker 7; allowed: 0 to 0"),
        (("speakers", 0, "id"), 3, "ids count from 0"),
        (("sentences",), [], "no sentence"),
        (("id",), "", "empty id"),
    ],
)
def test_structure_of_json_is_checked(
    tmp_path: Path, path: tuple[str | int, ...], value: object, message: str
) -> None:
    row = parse_article(article_text("a")).to_dict()
    place = row
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]
    place[path[-1]] = value  # type: ignore[index]
    (tmp_path / "c.jsonl").write_text(json.dumps(row))
    problems, _ = check_corpus(tmp_path / "c.jsonl")
    assert any(message in p.message for p in problems), problems


def test_sound_corpus_has_no_problem_and_a_summary(corpus: Path) -> None:
    problems, summary = check_corpus(corpus)
    assert problems == []
    assert (summary.articles, summary.sentences, summary.labels) == (4, 12, 12)
    assert (summary.speakers, summary.mentions, summary.reporter_labels) == (4, 4, 4)
    assert (summary.running_quotation_labels, summary.two_speaker_sentences) == (4, 0)
    assert summary.by_register == {
        "wire": {"optimistic": 8, "cautious": 0, "opposed": 0, "none": 4}
    }
    assert json.loads(json.dumps(summary.to_dict()))["articles_by_process"] == {"p": 4}


def test_summary_can_be_shown(corpus: Path) -> None:
    from rich.console import Console

    console = Console(width=100, record=True, file=io.StringIO())
    for table in summary_tables(check_corpus(corpus)[1]):
        console.print(table)
    shown = console.export_text()
    assert "66.7%" in shown
    assert "sentences" in shown


def test_split_is_loaded_in_the_order_of_the_file(corpus: Path) -> None:
    splits = {"train": ["c", "a"], "dev": ["b"], "test-seen": [], "test-unseen": ["d"]}
    (corpus / "splits.json").write_text(json.dumps(splits))
    assert [a.article.id for a in load_split(corpus, "train")] == ["c", "a"]


def test_toml_splits_are_read(corpus: Path) -> None:
    (corpus / "splits.json").unlink()
    lines = ('train = ["a"]', 'dev = ["b"]', 'test-seen = ["c"]', 'test-unseen = ["d"]')
    (corpus / "splits.toml").write_text("\n".join(lines))
    assert [a.article.id for a in load_split(corpus, "test-unseen")] == ["d"]


def test_unknown_split_is_told_with_a_guess(corpus: Path) -> None:
    with pytest.raises(UserError, match=r"allowed: train, dev.*did you mean 'test-seen'"):
        load_split(corpus, "testseen")


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ('{"train": ["a"]}', "'dev' must be a list"),
        ('{"train": ["a"], "dev": ["a"], "test-seen": [], "test-unseen": []}', "'a' is in 'train'"),
        ('{"train": ["q"], "dev": [], "test-seen": [], "test-unseen": []}', "'q'"),
        ("[]", "must be an object"),
        ("{", "cannot be read"),
    ],
)
def test_broken_splits_file_is_told(corpus: Path, splits: str, message: str) -> None:
    (corpus / "splits.json").write_text(splits)
    with pytest.raises(UserError, match=message):
        load_split(corpus, "train")


def test_missing_splits_file_is_told(corpus: Path) -> None:
    (corpus / "splits.json").unlink()
    with pytest.raises(UserError, match=r"no splits\.json"):
        load_split(corpus, "train")


def test_check_finds_articles_without_split_and_ids_without_article(corpus: Path) -> None:
    splits = {"train": ["a", "q"], "dev": ["b"], "test-seen": ["c"], "test-unseen": []}
    (corpus / "splits.json").write_text(json.dumps(splits))
    messages = [p.message for p in check_corpus(corpus)[0]]
    assert any("'q'" in m for m in messages)
    assert any("'d' is in no split" in m for m in messages)


def test_jsonl_may_name_speakers_in_the_labels_alone(tmp_path: Path) -> None:
    sentence = {"start": 0, "end": 3, "labels": [{"speaker": "Ada", "stance": "none"}]}
    reporter = {"start": 4, "end": 7, "labels": [{"speaker": None, "stance": "none"}]}
    row = {"id": "a", "text": "Yes and yes", "sentences": [sentence, reporter]}
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")
    (article,) = read_corpus(path)
    assert [speaker.name for speaker in article.speakers] == ["Ada"]
    assert [label.speaker for _, label in article.labels()] == [0, None]


def test_a_speaker_that_is_no_name_is_told(tmp_path: Path) -> None:
    sentence = {"start": 0, "end": 3, "labels": [{"speaker": 3, "stance": "none"}]}
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "Yes", "sentences": [sentence]}), "utf-8")
    with pytest.raises(UserError, match=r"c\.jsonl:1: .*speaker is 3; without 'speakers'"):
        read_corpus(path)
