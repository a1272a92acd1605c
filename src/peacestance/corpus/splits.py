"""The fixed splits of a corpus folder: `splits.json` maps each split to its article ids."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from peacestance.corpus.reading import read_corpus
from peacestance.corpus.textform import near_miss
from peacestance.schema import LabelledArticle, UserError

SPLITS = ("train", "dev", "test-seen", "test-unseen")


def load_split(folder: str | Path, split: str) -> list[LabelledArticle]:
    """The articles of one split of a corpus folder, in the order of its splits file.

    Args:
        folder: a corpus folder with `splits.json` (or `splits.toml`).
        split: one of `SPLITS`.

    Raises:
        UserError: unknown split, no or broken splits file, or an id without an article.
    """
    return load_splits(folder, (split,))[split]


def load_splits(
    folder: str | Path, splits: tuple[str, ...] = SPLITS
) -> dict[str, list[LabelledArticle]]:
    """Like `load_split` for several splits, reading the corpus once."""
    for split in splits:
        if split not in SPLITS:
            hint = near_miss(split, SPLITS)
            raise UserError(f"unknown split {split!r}; allowed: {', '.join(SPLITS)}{hint}")
    ids_of = read_split_ids(folder)
    by_id = {article.article.id: article for article in read_corpus(folder)}
    out: dict[str, list[LabelledArticle]] = {}
    for split in splits:
        missing = [key for key in ids_of[split] if key not in by_id]
        if missing:
            raise UserError(f"{folder}: no article has id {missing[0]!r} of split {split!r}")
        out[split] = [by_id[key] for key in ids_of[split]]
    return out


def read_split_ids(folder: str | Path) -> dict[str, list[str]]:
    """The article ids of each split, checked: every split is there and no id is in two.

    Raises:
        UserError: no splits file, a broken one, a missing split, or an id in two splits.
    """
    path, data = _read_splits_file(Path(folder))
    owner: dict[str, str] = {}
    for split in SPLITS:
        ids = data.get(split)
        if not isinstance(ids, list) or not all(isinstance(key, str) for key in ids):
            raise UserError(f"{path}: {split!r} must be a list of article ids")
        for key in ids:
            if key in owner:
                raise UserError(f"{path}: {key!r} is in {owner[key]!r} and in {split!r}; keep one")
            owner[key] = split
    return {split: data[split] for split in SPLITS}


def has_splits(folder: Path) -> bool:
    """Whether a path is a corpus folder with a splits file."""
    return any((folder / name).is_file() for name in ("splits.json", "splits.toml"))


def _read_splits_file(folder: Path) -> tuple[Path, dict[str, Any]]:
    json_path, toml_path = folder / "splits.json", folder / "splits.toml"
    try:
        if json_path.is_file():
            path, data = json_path, json.loads(json_path.read_text(encoding="utf-8"))
        elif toml_path.is_file():
            path, data = toml_path, tomllib.loads(toml_path.read_text(encoding="utf-8"))
        else:
            raise UserError(
                f"{folder}: no splits.json; write one that maps {', '.join(SPLITS)} to article ids"
            )
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{folder}: the splits file cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise UserError(f"{path}: must be an object that maps each split to article ids")
    return path, data
