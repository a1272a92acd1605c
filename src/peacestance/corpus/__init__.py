"""Labelled data: the text form, JSONL, Parquet, splits and checks."""

from peacestance.corpus.reading import read_corpus
from peacestance.corpus.splits import SPLITS, load_split, load_splits, read_split_ids
from peacestance.corpus.textform import Problem, format_article, parse_article

__all__ = [
    "SPLITS",
    "Problem",
    "format_article",
    "load_split",
    "load_splits",
    "parse_article",
    "read_corpus",
    "read_split_ids",
]
