"""Chunks: nothing is lost, every sentence has one owner, long sentences are read in pieces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from peacestance.chunking import (
    ChunkingConfig,
    chunk_article,
    cut_windows,
    pad_chunks,
    token_span,
)

CONFIG = ChunkingConfig(
    max_tokens=16,
    overlap_sentences=2,
    cls_id=1,
    sep_id=2,
    pad_id=0,
    paragraph_id=98,
    sentence_id=99,
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    toy = Tokenizer(models.WordLevel({"[UNK]": 3, "peace": 4}, unk_token="[UNK]"))
    toy.pre_tokenizer = pre_tokenizers.Whitespace()
    return toy


def article(*lengths: int) -> tuple[str, list[tuple[int, int]]]:
    """A text of sentences with so many words each, one paragraph."""
    text, spans = "", []
    for length in lengths:
        start = len(text)
        text += " ".join(["peace"] * length)
        spans.append((start, len(text)))
        text += " "
    return text, spans


@given(st.lists(st.integers(min_value=1, max_value=40), max_size=12))
def test_every_sentence_is_owned_once_and_every_token_read(lengths: list[int]) -> None:
    toy = Tokenizer(models.WordLevel({"[UNK]": 3, "peace": 4}, unk_token="[UNK]"))
    toy.pre_tokenizer = pre_tokenizers.Whitespace()
    text, spans = article(*lengths)
    chunks = chunk_article(text, spans, toy, CONFIG)
    owned = [int(s) for c in chunks for s in c.sentence_of_piece[c.owned]]
    assert sorted(set(owned)) == list(range(len(lengths)))
    assert owned == sorted(owned)
    starts = {int(a) for c in chunks for a, b in c.char_offsets if b > 0}
    assert len(starts) == sum(lengths)
    assert all(len(chunk) <= CONFIG.max_tokens for chunk in chunks)


def test_no_sentence_gives_no_chunk(tokenizer: Tokenizer) -> None:
    assert chunk_article("", [], tokenizer, CONFIG) == []


def test_long_sentence_is_read_in_pieces_owned_once_each(tokenizer: Tokenizer) -> None:
    text, spans = article(30)
    chunks = chunk_article(text, spans, tokenizer, CONFIG)
    assert [len(chunk) for chunk in chunks] == [16, 16, 7]
    assert all(chunk.owned.all() and set(chunk.sentence_of_piece) == {0} for chunk in chunks)


def test_markers_tell_a_new_paragraph(tokenizer: Tokenizer) -> None:
    text = "peace peace\n\npeace peace"
    (chunk,) = chunk_article(text, [(0, 5), (6, 11), (13, 18), (19, 24)], tokenizer, CONFIG)
    assert chunk.token_ids[chunk.markers].tolist() == [98, 99, 98, 99]


def test_overlap_leaves_its_last_sentence_to_the_next_chunk(tokenizer: Tokenizer) -> None:
    text, spans = article(1, 1, 1, 1, 1, 1, 1, 1, 1)  # 2 tokens each, 7 fit
    first, second = chunk_article(text, spans, tokenizer, CONFIG)
    assert first.sentence_of_piece.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert second.sentence_of_piece.tolist()[0] == 6
    assert first.owned.all()  # one sentence of overlap: the earlier chunk keeps it


def test_windows_always_move_on() -> None:
    windows = cut_windows([13, 13, 13], CONFIG)
    assert windows == [(0, 1), (1, 2), (2, 3)]


def test_token_span_finds_the_tokens_of_characters(tokenizer: Tokenizer) -> None:
    text = "one two three"
    (chunk,) = chunk_article(text, [(0, 13)], tokenizer, CONFIG)
    span = token_span(chunk, 4, 13)
    assert span is not None
    assert chunk.char_offsets[span[0] : span[1] + 1].tolist() == [[4, 7], [8, 13]]
    assert token_span(chunk, 3, 4) is None


def test_padding_is_marked(tokenizer: Tokenizer) -> None:
    text, spans = article(9, 3, 9)
    batch = pad_chunks(chunk_article(text, spans, tokenizer, CONFIG), CONFIG.pad_id)
    assert batch["input_ids"].shape == batch["attention_mask"].shape
    assert np.array_equal(batch["attention_mask"] == 0, batch["input_ids"] == CONFIG.pad_id)
    assert (batch["piece_of_token"][batch["attention_mask"] == 0] == -1).all()
