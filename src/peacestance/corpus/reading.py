"""A corpus on disk (folder, .txt, .jsonl, .parquet) to labelled articles and its problems."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from peacestance.corpus.structure import structure_problems
from peacestance.corpus.textform import Problem, parse_collecting
from peacestance.schema import LabelledArticle, UserError, labelled_from_dict

CORPUS_SUFFIXES = (".txt", ".jsonl", ".parquet")
# Text files that lie beside the articles of a corpus and are none.
_NOT_ARTICLES = ("readme", "license", "licence", "notice", "authors", "changelog", "requirements")


def read_corpus(path: str | Path) -> list[LabelledArticle]:
    """Read a corpus: a folder of .txt files (recursively), or one .txt, .jsonl or .parquet file.

    `Article.source` is the path below the folder, or the file's name, so that it does not depend
    on where the corpus lies.

    Raises:
        UserError: the first problem, with file and line, and how many more there are.
    """
    articles, problems = read_collecting(path)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise UserError(f"{problems[0]}{more}")
    return articles


def read_collecting(path: str | Path) -> tuple[list[LabelledArticle], list[Problem]]:
    """Read what can be read of a corpus and return it with every problem found.

    Raises:
        UserError: no such path, a suffix that no corpus has, or a missing extra.
    """
    root = Path(path)
    articles: list[LabelledArticle] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for where, article, found in _read_all(root):
        problems += found
        if article is None:
            continue
        key = article.article.id
        if key in seen:
            problems.append(
                Problem(where, 0, f"article id {key!r} is also in {seen[key]}; ids must differ")
            )
            continue
        seen[key] = where
        articles.append(article)
    if not articles and not problems:
        problems.append(Problem(str(root), 0, "no article here; a corpus holds .txt files"))
    return articles, problems


_Found = tuple[str, LabelledArticle | None, list[Problem]]


def _read_all(root: Path) -> Iterator[_Found]:
    """Each article of the corpus with where it came from and its problems."""
    if root.is_dir():
        for file in _text_files(root):
            yield _read_text(file, file.relative_to(root).as_posix())
    elif not root.exists():
        raise UserError(f"{root}: no such file or folder")
    elif root.suffix == ".txt":
        yield _read_text(root, root.name)
    elif root.suffix == ".jsonl":
        yield from _read_jsonl(root)
    elif root.suffix == ".parquet":
        from peacestance.corpus.tables import read_parquet

        for article in read_parquet(root):
            where, kept, problems = _checked(article, "", str(root), 0)
            name = f"article {article.article.id!r}: "
            yield where, kept, [Problem(p.path, 0, name + p.message) for p in problems]
    else:
        raise UserError(
            f"{root}: a corpus is a folder or a file ending in {', '.join(CORPUS_SUFFIXES)}"
        )


def _text_files(root: Path) -> list[Path]:
    """The .txt files below a folder in a fixed order, without hidden ones and notes."""
    files = (path.relative_to(root) for path in root.rglob("*.txt") if path.is_file())
    return [
        root / path
        for path in sorted(files)
        if not any(part.startswith(".") for part in path.parts)
        and not path.stem.lower().startswith(_NOT_ARTICLES)
    ]


def _read_text(file: Path, source: str) -> _Found:
    where = str(file)
    content = file.read_bytes()
    if not content.strip():
        return where, None, [Problem(where, 0, "the file is empty")]
    if b"\0" in content:
        return where, None, [Problem(where, 0, "not text but binary; a corpus file is UTF-8 text")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        found = f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        return where, None, [Problem(where, line, found)]
    article, problems = parse_collecting(text, file, source)
    return where, article, problems


def _read_jsonl(file: Path) -> Iterator[_Found]:
    with file.open("rb") as handle:
        for number, raw in enumerate(handle, start=1):
            if raw.strip():
                article, message = _from_json(raw)
                yield _checked(article, message, str(file), number)


def _from_json(raw: bytes) -> tuple[LabelledArticle | None, str]:
    """An article of one JSONL line, or what is wrong with the line."""
    try:
        data = json.loads(raw)
        return labelled_from_dict(data if "speakers" in data else _with_speakers(data)), ""
    except UnicodeDecodeError:
        return None, "not UTF-8; save the file as UTF-8"
    except json.JSONDecodeError as error:
        return None, f"not JSON: {error}"
    except KeyError as error:
        return None, f"not a labelled article: no field {error}"
    except (ValueError, TypeError, AttributeError) as error:
        return None, f"not a labelled article: {error}"


def _with_speakers(data: dict[str, Any]) -> dict[str, Any]:
    """The short form, in which a label names its speaker; equal names are one speaker.

    Raises:
        KeyError, TypeError, AttributeError: another form.
    """
    ids: dict[str, int] = {}
    sentences = []
    for sentence in data["sentences"]:
        labels = []
        for label in sentence["labels"]:
            name = label["speaker"]
            if not isinstance(name, str | None):
                raise TypeError(f"speaker is {name!r}; without 'speakers' it is a name or null")
            known = name and {"id": ids.setdefault(name, len(ids)), "name": name, "mention": None}
            labels.append({**label, "speaker": known or None})
        sentences.append({**sentence, "labels": labels})
    speakers = [{"id": number, "name": name, "mentions": []} for name, number in ids.items()]
    return {**data, "sentences": sentences, "speakers": speakers}


def _checked(article: LabelledArticle | None, message: str, path: str, line: int) -> _Found:
    """An article together with the rules of structure that it breaks."""
    messages = [message] if article is None else list(structure_problems(article))
    problems = [Problem(path, line, message) for message in messages]
    where = f"{path}:{line}" if line else path
    return where, None if problems else article, problems
