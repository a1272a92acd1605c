"""Labelled data: the text form, JSONL, Parquet, splits, checks, and `datasets.Dataset`."""

from peacestance.corpus.checking import Summary, check_corpus, summarise, summary_tables
from peacestance.corpus.reading import read_corpus
from peacestance.corpus.splits import SPLITS, load_split, load_splits, read_split_ids
from peacestance.corpus.tables import (
    export_corpus,
    from_dataset,
    load_corpus,
    to_dataset,
)
from peacestance.corpus.textform import Problem, format_article, parse_article

__all__ = [
    "SPLITS",
    "Problem",
    "Summary",
    "check_corpus",
    "export_corpus",
    "format_article",
    "from_dataset",
    "load_corpus",
    "load_split",
    "load_splits",
    "parse_article",
    "read_corpus",
    "read_split_ids",
    "summarise",
    "summary_tables",
    "to_dataset",
]
