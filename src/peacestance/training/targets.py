"""Gold labels to the tensors that the model is trained on."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from peacestance.chunking import Chunk, pad_chunks, pad_rows, token_span
from peacestance.schema import STANCES, LabelledArticle, Speaker

SOURCE, NAME = 0, 1
"""Kinds of mentions: the source of a sentence's label; another place that names a speaker."""

_NEVER = -1e4  # the logit of a mention that is not there
_PRONOUN = re.compile(r"(?i)^(he|she|they|it|we|i|his|her|their|its|him|them)$")


@dataclasses.dataclass(frozen=True, slots=True)
class GoldMention:
    """A span that names a speaker of the article."""

    start: int
    end: int
    speaker: int
    kind: int


@dataclasses.dataclass(frozen=True, slots=True)
class Example:
    """A chunk with its targets. M mentions, P (sentence, speaker) pairs.

    Shape:
        tags: [T], -100 for special and marker tokens
        mentions: [M, 2], first and last token; kinds: [M]
        pairs: [P, 2], (piece, column)
        links: [P, 1 + M], 1 in each column that is right; all 0 where the speaker is out of sight
        antecedents: [M, 1 + M], 1 for each right antecedent, column 0: a new entity
        stances: [P], index into STANCES
        answers: a teacher's logits of tags [T, 5], links [S, 1 + M] and stances [P, 4], or none
    """

    chunk: Chunk
    tags: np.ndarray
    mentions: np.ndarray
    kinds: np.ndarray
    pairs: np.ndarray
    links: np.ndarray
    antecedents: np.ndarray
    stances: np.ndarray
    answers: tuple[np.ndarray, ...] = ()


def gold_mentions(labelled: LabelledArticle) -> list[GoldMention]:
    """Marked mentions, and every other place where a speaker's name stands, in reading order.

    The text form marks a speaker only where it is the source of a sentence. A pronoun may stand
    for a name that occurs only elsewhere, so these places are candidates as well.
    """
    found = [
        GoldMention(mention.start, mention.end, speaker.id, SOURCE)
        for speaker in labelled.speakers
        for mention in speaker.mentions
    ]
    taken = sorted((m.start, m.end) for m in found)
    for pattern, speaker in _name_patterns(labelled.speakers):
        for match in pattern.finditer(labelled.text):
            start, end = match.span()
            if all(end <= a or start >= b for a, b in taken):
                found.append(GoldMention(start, end, speaker, NAME))
                taken.append((start, end))
    return sorted(found, key=lambda m: (m.start, m.end))


def _name_patterns(speakers: Sequence[Speaker]) -> list[tuple[re.Pattern[str], int]]:
    """One pattern per name of a speaker, longest first; names of two speakers are left out."""
    owners: dict[str, set[int]] = {}
    for speaker in speakers:
        for name in _names(speaker):
            owners.setdefault(name, set()).add(speaker.id)
    return [
        (re.compile(rf"(?<!\w){re.escape(name)}(?!\w)"), next(iter(ids)))
        for name, ids in sorted(owners.items(), key=lambda item: (-len(item[0]), item[0]))
        if len(ids) == 1
    ]


def _names(speaker: Speaker) -> set[str]:
    surfaces = {speaker.name, *(mention.text for mention in speaker.mentions)}
    names = {s for s in surfaces if s[:1].isupper() and not _PRONOUN.match(s)}
    words = speaker.name.split()
    if len(words) in (2, 3) and all(word[:1].isupper() for word in words):
        names.add(words[-1])
    return {name for name in names if len(name) > 2}


def make_example(
    chunk: Chunk, labelled: LabelledArticle, mentions: Sequence[GoldMention]
) -> Example:
    """The targets of one chunk; `mentions` are those of the whole article."""
    seen = [(m, span) for m in mentions if (span := token_span(chunk, m.start, m.end))]
    spans = np.array([span for _, span in seen], dtype=np.int64).reshape(-1, 2)
    speakers = np.array([m.speaker for m, _ in seen], dtype=np.int64)
    kinds = np.array([m.kind for m, _ in seen], dtype=np.int64)
    where = chunk.piece_of_token[spans[:, 0]]
    pairs, links, stances = _pair_targets(chunk, labelled, speakers, kinds, where)
    return Example(
        chunk=chunk,
        tags=_tag_targets(chunk, spans, kinds),
        mentions=spans,
        kinds=kinds,
        pairs=pairs,
        links=links,
        antecedents=_antecedent_targets(speakers),
        stances=stances,
    )


def _tag_targets(chunk: Chunk, spans: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    tags = np.zeros(len(chunk), dtype=np.int64)
    for (first, last), kind in zip(spans, kinds, strict=True):
        tags[first : last + 1] = 2 + 2 * kind
        tags[first] = 1 + 2 * kind
    tags[chunk.char_offsets[:, 1] == 0] = -100
    return tags


def _antecedent_targets(speakers: np.ndarray) -> np.ndarray:
    same = np.tril(speakers[:, None] == speakers[None, :], k=-1).astype(np.int64)
    return np.concatenate([same.sum(1, keepdims=True) == 0, same], axis=1).astype(np.int64)


def _pair_targets(
    chunk: Chunk,
    labelled: LabelledArticle,
    speakers: np.ndarray,
    kinds: np.ndarray,
    where: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One row per label of each owned piece: (piece, column), right columns, stance."""
    pairs, links, stances = [], [], []
    for piece in np.flatnonzero(chunk.owned):
        for label in labelled.sentences[chunk.sentence_of_piece[piece]].labels:
            right = np.zeros(1 + len(speakers), dtype=np.int64)
            if label.speaker is None:
                right[0] = 1
            else:
                right[1:] = _right_mentions(label.speaker, int(piece), speakers, kinds, where)
            pairs.append((piece, _nearest(right, int(piece), where)))
            links.append(right)
            stances.append(STANCES.index(label.stance))
    return (
        np.array(pairs, dtype=np.int64).reshape(-1, 2),
        np.array(links, dtype=np.int64).reshape(-1, 1 + len(speakers)),
        np.array(stances, dtype=np.int64),
    )


def _right_mentions(
    speaker: int, piece: int, speakers: np.ndarray, kinds: np.ndarray, where: np.ndarray
) -> np.ndarray:
    """Mentions that a sentence of this speaker may be linked to.

    Its own marked mention where it has one (or any of its own), else every mention of the speaker:
    which of them the quotation is read from does not matter.
    """
    mine: np.ndarray = speakers == speaker
    own: np.ndarray = mine & (where == piece)
    marked: np.ndarray = own & (kinds == SOURCE)
    if marked.any():
        return marked
    return own if own.any() else mine


def _nearest(right: np.ndarray, piece: int, where: np.ndarray) -> int:
    """The column nearest to the piece among the right ones, earlier before later; 0 if none."""
    columns = np.flatnonzero(right[1:])
    if not len(columns):
        return 0
    distance = np.abs(where[columns] - piece) * 2 + (where[columns] > piece)
    return int(columns[np.argmin(distance)]) + 1


def collate(examples: Sequence[Example], pad_id: int) -> dict[str, np.ndarray]:
    """One padded batch, named as the arguments of `PeacestanceModel.forward`."""
    widest = max(1, *(len(e.mentions) for e in examples))
    batch = pad_chunks([e.chunk for e in examples], pad_id)
    mentions = [_widen(e.mentions, widest, axis=0, value=-1) for e in examples]
    if all(example.answers for example in examples):
        tags, links, stances = zip(*(example.answers for example in examples), strict=True)
        batch |= {
            "teacher_tags": pad_rows(list(tags), 0.0),
            "teacher_links": pad_rows([_widen(x, widest + 1, 1, _NEVER) for x in links], 0.0),
            "teacher_stances": pad_rows(list(stances), 0.0),
        }
    return batch | {
        "mentions": np.stack(mentions),
        "kinds": np.stack([_widen(e.kinds, widest, axis=0, value=0) for e in examples]),
        "pairs": pad_rows([e.pairs for e in examples], -1),
        "tag_labels": pad_rows([e.tags for e in examples], -100),
        "link_labels": pad_rows([_widen(e.links, widest + 1, 1, 0) for e in examples], 0),
        "antecedent_labels": np.stack(
            [_widen(_widen(e.antecedents, widest + 1, 1, 0), widest, 0, 0) for e in examples]
        ),
        "stance_labels": pad_rows([e.stances for e in examples], -100),
    }


def _widen(array: np.ndarray, size: int, axis: int, value: float) -> np.ndarray:
    widths = [(0, 0)] * array.ndim
    widths[axis] = (0, size - array.shape[axis])
    return np.pad(array, widths, constant_values=value)
