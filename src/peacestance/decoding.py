"""Arrays that the model returns to mentions, links and labels. Pure functions on numpy arrays.

Letters in shapes as in `modeling`: T tokens, S pieces, M mentions; column 0 is the reporter,
column 1 + m is mention m.
"""

from __future__ import annotations

import numpy as np

OUTSIDE = 0
"""Tag 0 is outside; 1 + 2 * kind begins a mention of a kind, 2 + 2 * kind goes on with it."""


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities over the last axis (Guo et al. 2017, section 4.2, for the temperature).

    >>> softmax(np.array([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    scaled = logits.astype(np.float64) / temperature
    exp = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=-1, keepdims=True))


def decode_spans(tags: np.ndarray, piece_of_token: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spans of BIO tags: runs of inside tags, none of which leaves its piece.

    A beginning within a run opens no span of its own: two mentions never touch in news (2 of
    22,491 in the corpus), so it is the model's doubt about where one mention begins ("The
    | envoy"). A run with a source tag anywhere is a source.

    Shape:
        tags, piece_of_token: [T]; returns spans [M, 2] (first and last token) and kinds [M].

    >>> tags, pieces = np.array([0, 1, 2, 0, 4, 4, 1]), np.array([0, 0, 0, 0, 0, 1, 1])
    >>> spans, kinds = decode_spans(tags, pieces)
    >>> spans.tolist(), kinds.tolist()
    ([[1, 2], [4, 4], [5, 6]], [0, 1, 0])
    """
    inside = tags != OUTSIDE
    leaves = piece_of_token[1:] != piece_of_token[:-1]
    first, last = inside.copy(), inside.copy()
    first[1:] &= ~inside[:-1] | leaves
    last[:-1] &= ~inside[1:] | leaves
    starts, ends = np.flatnonzero(first), np.flatnonzero(last)
    kinds = (tags - 1) // 2
    return np.stack([starts, ends], axis=1), np.array(
        [kinds[a : b + 1].min() for a, b in zip(starts, ends, strict=True)], dtype=np.int64
    )


def drop_special(tags: np.ndarray, char_offsets: np.ndarray) -> np.ndarray:
    """Tags with those of special and marker tokens set to outside. Shapes: [T], [T, 2]."""
    return np.where(char_offsets[:, 1] > 0, tags, OUTSIDE)


def snap_to_words(text: str, start: int, end: int) -> tuple[int, int]:
    r"""The span grown to whole words and freed of white space and punctuation at its ends.

    >>> text = 'Then "Merz\'s" spokeswoman, said'
    >>> start, end = snap_to_words(text, 7, 9)
    >>> text[start:end]
    'Merz'
    """
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    while start < end and not (text[start].isalnum() or text[start] in "$€£"):
        start += 1
    while end > start and not (text[end - 1].isalnum() or text[end - 1] in ".)%"):
        end -= 1
    return start, end


def speaker_masses(links: np.ndarray, speakers: np.ndarray, n_speakers: int) -> np.ndarray:
    """Link probabilities summed over the mentions of each speaker.

    The link head is trained on the marginal over a speaker's mentions, so the sum is what it means.

    Shape:
        links: [S, 1 + M]; speakers: [M], the speaker of each mention; returns [S, 1 + n_speakers].

    >>> speaker_masses(np.array([[0.2, 0.3, 0.5]]), np.array([0, 0]), 1).round(1).tolist()
    [[0.2, 0.8]]
    """
    membership = np.zeros((links.shape[1], 1 + n_speakers))
    membership[0, 0] = 1.0
    membership[1 + np.arange(len(speakers)), 1 + speakers] = 1.0
    return np.asarray(links[:, : 1 + len(speakers)] @ membership[: 1 + len(speakers)])


def choose_speakers(
    masses: np.ndarray, present: np.ndarray, threshold: float, reporter_bias: float = 0.0
) -> list[int]:
    """Columns of the speakers of one sentence: the likeliest, and others over the threshold.

    A further speaker must be named in the sentence itself; the reporter is never a second one.

    Shape:
        masses: [1 + N], column 0 is the reporter
        present: [N], whether the speaker has a mention in the sentence

    >>> choose_speakers(np.array([0.1, 0.5, 0.4]), np.array([True, True]), threshold=0.3)
    [1, 2]
    >>> choose_speakers(np.array([0.6, 0.4]), np.array([True]), threshold=0.3)
    [0]
    """
    biased = masses.copy()
    biased[0] += reporter_bias
    first = int(np.argmax(biased))
    if first == 0:
        return [0]
    others = np.flatnonzero(present & (masses[1:] >= threshold)) + 1
    return [first, *(int(c) for c in others if c != first)]
