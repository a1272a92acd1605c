"""Sentences of a text with exact offsets, and whether the text is English.

All offsets are half-open character offsets: `text[start:end]` is the sentence, always.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sentencex

# Every line break that Python's `str.splitlines` knows ends a sentence.
_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
# sentencex needs valid UTF-8; a lone surrogate is replaced by one character, so offsets hold.
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# sentencex pairs quotation marks in time that grows with the square of a line: read long lines
# in windows. A window that holds no boundary at all grows up to the second number.
_WINDOW, _WINDOW_MAX = 8_192, 65_536


def split_sentences(text: str, language: str = "en") -> list[tuple[int, int]]:
    """Cut a text into sentences.

    The library sentencex finds the boundaries within a line (its abbreviation lists are those of
    `language`); the end of a line always ends a sentence. A quotation of several sentences stays
    with its attribution where sentencex keeps it.

    Args:
        text: Any text; may be empty.
        language: ISO 639-1 code for the abbreviation lists.

    Returns:
        Spans (start, end) in characters, in order, without overlap, trimmed of white space; every
        character that is not white space lies in exactly one of them.

    >>> text = 'Mr. Roe met Lt. Gen. Day on Feb. 1. "We agree. It works," he said.'
    >>> [text[a:b] for a, b in split_sentences(text)]
    ['Mr. Roe met Lt. Gen. Day on Feb. 1.', '"We agree. It works," he said.']
    """
    clean = _SURROGATE.sub("\ufffd", text)
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(clean):
        for start, end in _line_spans(line.group(), language):
            span = _trimmed(clean, line.start() + start, line.start() + end)
            if span is not None:
                spans.append(span)
    return spans


def _line_spans(line: str, language: str) -> Iterator[tuple[int, int]]:
    """Spans that tile one line, read in windows so that the time grows with its length only."""
    start, size = 0, _WINDOW
    while start < len(line):
        window = line[start : start + size]
        ends = [b["end_index"] for b in sentencex.get_sentence_boundaries(language, window)]
        if start + size < len(line):
            if len(ends) < 2 and size < _WINDOW_MAX:
                size *= 2
                continue
            ends = ends[:-1] or ends  # the window may cut its last sentence: read that one again
        previous = 0
        for end in ends:
            yield start + previous, start + end
            previous = end
        start, size = start + previous, _WINDOW


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span without white space at its ends; `None` where nothing is left."""
    body = text[start:end]
    start += len(body) - len(body.lstrip())
    end -= len(body) - len(body.rstrip())
    return (start, end) if start < end else None
