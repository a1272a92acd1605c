"""Labelled articles as rows: JSONL, Parquet and `datasets.Dataset`, losing nothing either way.

A row is the JSON form of an article made rectangular: every key is there, a label's `speaker` is
the speaker's number (the name stands once, under `speakers`), and `None` stays `None`.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peacestance.corpus.splits import load_splits
from peacestance.corpus.textform import format_article
from peacestance.files import replacing
from peacestance.schema import (
    STANCES,
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

if TYPE_CHECKING:
    import datasets
    import pyarrow as pa

_STRINGS = ("title", "date", "outlet", "source", "process", "register", "model", "language")
_FILE_NAME = re.compile(r"[^\w.-]")


def export_corpus(articles: Iterable[LabelledArticle], path: str | Path) -> None:
    """Write articles to .jsonl, to .parquet, or, without a suffix, to a folder in the text form.

    JSONL and Parquet read back to equal objects; the text form keeps what it can express.

    Raises:
        UserError: unknown suffix, an article that the form cannot hold, or a failed write.
    """
    path, articles = Path(path), list(articles)
    if path.suffix == ".jsonl":
        with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
            for article in articles:
                # A model's output leaves its text out; a corpus must carry it.
                row = article.to_dict() | {"text": article.text}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    elif path.suffix == ".parquet":
        _write_parquet(articles, path)
    elif not path.suffix:
        _write_folder(articles, path)
    else:
        raise UserError(f"{path}: export to .jsonl, .parquet, or a folder name without a suffix")


def _write_folder(articles: Iterable[LabelledArticle], folder: Path) -> None:
    texts: dict[str, str] = {}
    for article in articles:
        name = f"{_FILE_NAME.sub('_', article.article.id)}.txt"
        if name in texts:
            raise UserError(f"{folder}: two articles would be {name}; give them different ids")
        texts[name] = format_article(article)
    if folder.is_file():
        raise UserError(f"{folder}: is a file; name a folder, or end the path in .jsonl")
    if not folder.parent.is_dir():
        raise UserError(f"{folder}: the folder {folder.parent} does not exist; create it first")
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def to_row(labelled: LabelledArticle) -> dict[str, Any]:
    """One article as a row of plain values; stances by name."""
    article = labelled.article
    values = {name: getattr(article, name, None) for name in _STRINGS}
    values |= {"model": labelled.model, "language": labelled.language}
    return {
        "id": article.id,
        "text": article.text,
        **values,
        "sentences": [_sentence_row(sentence) for sentence in labelled.sentences],
        "speakers": [dataclasses.asdict(speaker) for speaker in labelled.speakers],
        "notices": [dataclasses.asdict(notice) for notice in labelled.notices],
    }


def _sentence_row(sentence: Sentence) -> dict[str, Any]:
    labels = [
        {
            "speaker": label.speaker,
            "stance": label.stance.value,
            "mention": label.mention.to_dict() if label.mention else None,
            "probabilities": list(label.probabilities) if label.probabilities else None,
        }
        for label in sentence.labels
    ]
    return {"start": sentence.start, "end": sentence.end, "labels": labels}


def from_row(row: Mapping[str, Any]) -> LabelledArticle:
    """The inverse of `to_row`; a stance may also be its number in `STANCES`.

    Raises:
        KeyError, ValueError, TypeError, IndexError: when the row has another form.
    """
    article = {name: row[name] for name in _STRINGS if name not in ("model", "language")}
    return LabelledArticle(
        article=Article(row["id"], row["text"], **article),
        sentences=tuple(
            Sentence(s["start"], s["end"], tuple(_label(label) for label in s["labels"]))
            for s in row["sentences"]
        ),
        speakers=tuple(
            Speaker(s["id"], s["name"], tuple(map(_some, s["mentions"])), s["key"], s["side"])
            for s in row["speakers"]
        ),
        notices=tuple(Notice(n["code"], n["message"]) for n in row["notices"]),
        model=row["model"],
        language=row["language"],
    )


def _label(row: Mapping[str, Any]) -> Label:
    stance = row["stance"]
    return Label(
        speaker=row["speaker"],
        stance=STANCES[stance] if isinstance(stance, int) else Stance(stance),
        mention=_mention(row["mention"]),
        probabilities=tuple(row["probabilities"]) if row["probabilities"] else None,
    )


def _mention(row: Mapping[str, Any] | None) -> Mention | None:
    # Arrow may give a struct of nulls for a null struct.
    return None if row is None or row["start"] is None else _some(row)


def _some(row: Mapping[str, Any]) -> Mention:
    return Mention(row["start"], row["end"], row["text"])


def _arrow_schema() -> pa.Schema:
    import pyarrow as pa

    mention = pa.struct({"start": pa.int64(), "end": pa.int64(), "text": pa.string()})
    label = pa.struct(
        {
            "speaker": pa.int64(),
            "stance": pa.string(),
            "mention": mention,
            "probabilities": pa.list_(pa.float64()),
        }
    )
    sentence = pa.struct({"start": pa.int64(), "end": pa.int64(), "labels": pa.list_(label)})
    speaker = pa.struct(
        {
            "id": pa.int64(),
            "name": pa.string(),
            "mentions": pa.list_(mention),
            "key": pa.string(),
            "side": pa.string(),
        }
    )
    notice = pa.struct({"code": pa.string(), "message": pa.string()})
    strings = {name: pa.string() for name in ("id", "text", *_STRINGS)}
    nested = {"sentences": sentence, "speakers": speaker, "notices": notice}
    return pa.schema(strings | {name: pa.list_(kind) for name, kind in nested.items()})


def _write_parquet(articles: Iterable[LabelledArticle], path: Path) -> None:
    _need("pyarrow", "archive", path)
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [to_row(article) for article in articles]
    with replacing(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=_arrow_schema()), temporary)


def read_parquet(path: str | Path) -> list[LabelledArticle]:
    """Read the articles of a Parquet file that `export_corpus` or `Dataset.to_parquet` wrote.

    Raises:
        UserError: no Parquet file, another form, or pyarrow is missing.
    """
    _need("pyarrow", "archive", path)
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path}: cannot be read as Parquet: {error}") from error
    missing = [name for name in _arrow_schema().names if name not in table.column_names]
    if missing:
        raise UserError(
            f"{path}: no labelled articles: missing columns {', '.join(missing)};"
            f" found {', '.join(table.column_names)}"
        )
    try:
        return [from_row(row) for row in table.to_pylist()]
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise UserError(f"{path}: a row is no labelled article: {error!r}") from error


def features() -> datasets.Features:
    """The typed columns of `to_dataset`: stances are a `ClassLabel` in the order of `STANCES`."""
    from datasets import ClassLabel, Features, Value

    text, number = Value("string"), Value("int64")
    mention = {"start": number, "end": number, "text": text}
    label = {
        "speaker": number,
        "stance": ClassLabel(names=[stance.value for stance in STANCES]),
        "mention": mention,
        "probabilities": [Value("float64")],
    }
    speaker = {"id": number, "name": text, "mentions": [mention], "key": text, "side": text}
    return Features(
        dict.fromkeys(("id", "text", *_STRINGS), text)
        | {
            "sentences": [{"start": number, "end": number, "labels": [label]}],
            "speakers": [speaker],
            "notices": [{"code": text, "message": text}],
        }
    )


def to_dataset(articles: Iterable[LabelledArticle]) -> datasets.Dataset:
    """The articles as a `datasets.Dataset` with the columns of `features()`, one row each.

    Raises:
        UserError: the library `datasets` is missing.
    """
    _need("datasets", "train", "to_dataset")
    import datasets

    rows = [to_row(article) for article in articles]
    columns = {name: [row[name] for row in rows] for name in features()}
    # Not from_list(), which loses the columns where there is no row.
    return datasets.Dataset.from_dict(columns, features=features())


def from_dataset(dataset: datasets.Dataset) -> list[LabelledArticle]:
    """The inverse of `to_dataset`."""
    return [from_row(row) for row in dataset]


def load_corpus(folder: str | Path) -> datasets.DatasetDict:
    """A corpus folder with a splits file as a `datasets.DatasetDict`, one dataset a split.

    Raises:
        UserError: a broken corpus or splits file, or the library `datasets` is missing.
    """
    _need("datasets", "train", folder)
    import datasets

    splits = load_splits(folder)
    return datasets.DatasetDict({name: to_dataset(rows) for name, rows in splits.items()})


def _need(library: str, extra: str, what: str | Path) -> None:
    """Answer a missing extra with the line that installs it."""
    from importlib.util import find_spec

    if find_spec(library) is None:
        raise UserError(f"{what}: needs {library}; run: pip install 'peacestance[{extra}]'")
