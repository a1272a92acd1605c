"""Labelled articles -> files that others read: JSONL, CSV, TSV, Parquet, and the terminal."""

from peacestance.exchange.table import COLUMNS, json_form, rows
from peacestance.exchange.writers import FORMATS, format_of, write_labelled, write_to_stream

__all__ = [
    "COLUMNS",
    "FORMATS",
    "format_of",
    "json_form",
    "rows",
    "write_labelled",
    "write_to_stream",
]
