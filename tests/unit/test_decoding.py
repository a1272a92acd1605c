"""Arrays to spans and speakers."""

import numpy as np
import pytest

from peacestance.decoding import (
    choose_speakers,
    decode_spans,
    drop_special,
    snap_to_words,
    softmax,
    speaker_masses,
)


def spans_of(*tags: int) -> list[list[int]]:
    spans, _ = decode_spans(np.array(tags), np.zeros(len(tags), dtype=int))
    return spans.tolist()


def test_tags_side_by_side_are_one_mention() -> None:
    assert spans_of(1, 2, 1, 2) == [[0, 3]]


def test_a_mention_ends_with_its_piece() -> None:
    spans, _ = decode_spans(np.array([1, 2, 2]), np.array([0, 0, 1]))
    assert spans.tolist() == [[0, 1], [2, 2]]


def test_inside_without_beginning_opens_a_span() -> None:
    assert spans_of(0, 2, 2, 0) == [[1, 2]]


def test_a_mention_with_a_source_tag_is_a_source() -> None:
    spans, kinds = decode_spans(np.array([3, 2, 0, 3, 4]), np.zeros(5, dtype=int))
    assert spans.tolist() == [[0, 1], [3, 4]]
    assert kinds.tolist() == [0, 1]


def test_no_tags_no_spans() -> None:
    spans, kinds = decode_spans(np.zeros(3, dtype=int), np.zeros(3, dtype=int))
    assert spans.shape == (0, 2)
    assert kinds.shape == (0,)


def test_special_tokens_are_never_mentions() -> None:
    assert drop_special(np.array([1, 1]), np.array([[0, 0], [0, 3]])).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("part", "expected"),
    [("us", "Tusk"), (" Tusk,", "Tusk"), ("U.S. envo", "U.S. envoy"), (" ,", "")],
)
def test_spans_snap_to_words(part: str, expected: str) -> None:
    text = "The Tusk, U.S. envoy , said"
    at = text.index(part)
    start, end = snap_to_words(text, at, at + len(part))
    assert text[start:end] == expected


def test_softmax_is_stable_and_softened_by_temperature() -> None:
    sharp, soft = softmax(np.array([1000.0, 0.0])), softmax(np.array([2.0, 0.0]), temperature=2.0)
    assert sharp.tolist() == [1.0, 0.0]
    assert soft[0] == pytest.approx(1 / (1 + np.exp(-1.0)))


def test_masses_add_up_over_the_mentions_of_a_speaker() -> None:
    links = np.array([[0.1, 0.2, 0.3, 0.4]])
    assert speaker_masses(links, np.array([1, 0, 1]), 2)[0].tolist() == pytest.approx(
        [0.1, 0.3, 0.6]
    )


def test_masses_without_mentions_are_the_reporters() -> None:
    masses = speaker_masses(np.array([[0.9, 0.1]]), np.zeros(0, dtype=int), 0)
    assert masses.tolist() == [[0.9]]


def test_second_speaker_must_be_named_in_the_sentence() -> None:
    masses = np.array([0.0, 0.6, 0.4])
    assert choose_speakers(masses, np.array([True, False]), threshold=0.3) == [1]


def test_reporter_bias_keeps_a_doubtful_sentence_with_the_reporter() -> None:
    masses = np.array([0.4, 0.6])
    present = np.array([True])
    assert choose_speakers(masses, present, 0.3) == [1]
    assert choose_speakers(masses, present, 0.3, reporter_bias=0.3) == [0]
