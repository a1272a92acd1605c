"""Articles to chunks of token ids with sentence markers, and back.

A chunk is a run of whole sentences that the encoder reads at once:
`[CLS] <marker> sentence <marker> sentence ... [SEP]`. There are two markers: one before a sentence
that opens a paragraph, one before any other. Neighbouring chunks overlap by a few sentences, so
that a running quotation keeps its context, and every sentence is *owned* by exactly one chunk. A
sentence longer than a chunk is read in pieces, so no character is ever left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from peacestance.pseudonyms import find_names, hide_names

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Offsets = tuple[int, int]


@dataclasses.dataclass(frozen=True, slots=True)
class ChunkingConfig:
    """What an encoder needs to know about its input; stored in the bundle.

    `max_tokens` counts every token of a chunk, the special ones included. `pseudonym_ids` are the
    tokens that stand for persons (`pseudonyms.py`); without any, names are read as written.
    """

    max_tokens: int
    overlap_sentences: int
    cls_id: int
    sep_id: int
    pad_id: int
    paragraph_id: int
    sentence_id: int
    pseudonym_ids: tuple[int, ...] = ()

    @property
    def capacity(self) -> int:
        """Tokens that a chunk has room for between `[CLS]` and `[SEP]`."""
        return self.max_tokens - 2


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, or a part of one that is longer than a chunk, as token ids."""

    sentence: int
    new_paragraph: bool
    ids: tuple[int, ...]
    offsets: tuple[Offsets, ...]

    def __len__(self) -> int:
        return len(self.ids) + 1  # the marker


@dataclasses.dataclass(frozen=True, slots=True)
class Chunk:
    """What goes through the encoder at once. T tokens, P pieces.

    Shape:
        token_ids: [T]
        piece_of_token: [T], index of the token's piece in this chunk, -1 for special tokens
        char_offsets: [T, 2], offsets into the article's text; (0, 0) for special and marker tokens
        markers: [P], position of each piece's marker token
        sentence_of_piece: [P], index of the sentence in the article
        owned: [P], True where this chunk decides the labels of the piece
    """

    token_ids: np.ndarray
    piece_of_token: np.ndarray
    char_offsets: np.ndarray
    markers: np.ndarray
    sentence_of_piece: np.ndarray
    owned: np.ndarray

    def __len__(self) -> int:
        return len(self.token_ids)


def chunk_article(
    text: str,
    sentences: Sequence[Offsets],
    tokenizer: Tokenizer,
    config: ChunkingConfig,
    windows: Sequence[tuple[int, int]] | None = None,
) -> list[Chunk]:
    """Cut an article into chunks; every sentence is owned by one (its pieces by one each).

    Args:
        text: the article's text.
        sentences: half-open character offsets of its sentences, in order.
        tokenizer: the encoder's own; only its ids and offsets are used.
        config: sizes and special ids.
        windows: ranges of pieces to cut at; by default as long as fit. With given windows a chunk
            may grow beyond `config.max_tokens`: the caller looks.
    """
    pieces = make_pieces(text, sentences, tokenizer, config)
    if windows is None:
        windows = cut_windows([len(piece) for piece in pieces], config)
    chunks = []
    owned_from = 0
    for k, (first, last) in enumerate(windows):
        overlap = last - windows[k + 1][0] if k + 1 < len(windows) else 0
        # The last sentence of an overlap is left to the next chunk: there it has what follows.
        owned_to = last - 1 if overlap >= 2 else last
        owned = [owned_from <= j < owned_to for j in range(first, last)]
        chunks.append(_assemble(pieces[first:last], owned, config))
        owned_from = owned_to
    return chunks


def make_pieces(
    text: str, sentences: Sequence[Offsets], tokenizer: Tokenizer, config: ChunkingConfig
) -> list[Piece]:
    """Tokenise every sentence, names hidden; one too long for a chunk becomes several pieces."""
    names = find_names(text) if config.pseudonym_ids else []
    longest = config.capacity - 1
    encodings = tokenizer.encode_batch(
        [text[start:end] for start, end in sentences], add_special_tokens=False
    )
    pieces = []
    previous_end = 0
    for index, ((start, end), encoding) in enumerate(zip(sentences, encodings, strict=True)):
        new_paragraph = index == 0 or "\n" in text[previous_end:start]
        ids: Sequence[int] = encoding.ids
        offsets = [(start + a, start + b) for a, b in encoding.offsets]
        if names:
            ids, offsets = hide_names(ids, offsets, names, config.pseudonym_ids)
        for at in range(0, max(len(offsets), 1), longest):
            part = slice(at, at + longest)
            pieces.append(
                Piece(index, new_paragraph and at == 0, tuple(ids[part]), tuple(offsets[part]))
            )
        previous_end = end
    return pieces


def cut_windows(lengths: Sequence[int], config: ChunkingConfig) -> list[tuple[int, int]]:
    """Half-open ranges of pieces, each within the capacity, each after the first overlapping.

    The overlap is at most `overlap_sentences` pieces and a quarter of the capacity.

    >>> config = ChunkingConfig(12, 1, 0, 0, 0, 0, 0)
    >>> cut_windows([2, 6, 2, 4, 4], config)
    [(0, 3), (2, 5)]
    """
    windows = []
    first = 0
    while first < len(lengths):
        last, room = first, config.capacity
        while last < len(lengths) and lengths[last] <= room:
            room -= lengths[last]
            last += 1
        windows.append((first, last))
        if last == len(lengths):
            break
        first = _step_back(lengths, first, last, config)
    return windows


def _step_back(lengths: Sequence[int], first: int, last: int, config: ChunkingConfig) -> int:
    """Where the next window starts: `last` less the overlap, with room for at least one more."""
    start, room = last, min(config.capacity // 4, config.capacity - lengths[last])
    while start - 1 > first and last - start < config.overlap_sentences:
        room -= lengths[start - 1]
        if room < 0:
            break
        start -= 1
    return start


def _assemble(pieces: Sequence[Piece], owned: Sequence[bool], config: ChunkingConfig) -> Chunk:
    ids, piece_of_token = [config.cls_id], [-1]
    offsets: list[Offsets] = [(0, 0)]
    markers = []
    for k, piece in enumerate(pieces):
        markers.append(len(ids))
        ids += [config.paragraph_id if piece.new_paragraph else config.sentence_id, *piece.ids]
        piece_of_token += [k] * len(piece)
        offsets += [(0, 0), *piece.offsets]
    return Chunk(
        token_ids=np.array([*ids, config.sep_id], dtype=np.int64),
        piece_of_token=np.array([*piece_of_token, -1], dtype=np.int64),
        char_offsets=np.array([*offsets, (0, 0)], dtype=np.int64),
        markers=np.array(markers, dtype=np.int64),
        sentence_of_piece=np.array([piece.sentence for piece in pieces], dtype=np.int64),
        owned=np.array(owned, dtype=bool),
    )


def token_span(chunk: Chunk, start: int, end: int) -> tuple[int, int] | None:
    """First and last token (inclusive) that overlap `text[start:end]`; `None` if none does."""
    begins, ends = chunk.char_offsets[:, 0], chunk.char_offsets[:, 1]
    inside = np.flatnonzero((begins < end) & (ends > start))
    return (int(inside[0]), int(inside[-1])) if len(inside) else None


def pad_chunks(chunks: Sequence[Chunk], pad_id: int) -> dict[str, np.ndarray]:
    """Stack chunks into one batch. B chunks, T tokens and S pieces of the longest.

    Returns:
        input_ids, attention_mask, piece_of_token: [B, T] (padding: `pad_id`, 0, -1);
        markers: [B, S] (padding: -1).
    """
    return {
        "input_ids": pad_rows([c.token_ids for c in chunks], pad_id),
        "attention_mask": pad_rows([np.ones_like(c.token_ids) for c in chunks], 0),
        "piece_of_token": pad_rows([c.piece_of_token for c in chunks], -1),
        "markers": pad_rows([c.markers for c in chunks], -1),
    }


def pad_rows(rows: Sequence[np.ndarray], value: float) -> np.ndarray:
    """Stack rows of different lengths (first axis) into one array: int64, or float32 of floats.

    >>> pad_rows([np.array([1, 2]), np.array([3])], 0).tolist()
    [[1, 2], [3, 0]]
    """
    longest = max((len(row) for row in rows), default=0)
    tail = rows[0].shape[1:] if rows else ()
    is_float = bool(rows) and np.issubdtype(rows[0].dtype, np.floating)
    kind = np.float32 if is_float else np.int64
    out = np.full((len(rows), longest, *tail), value, dtype=kind)
    for k, row in enumerate(rows):
        out[k, : len(row)] = row
    return out
