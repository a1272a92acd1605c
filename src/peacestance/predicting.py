"""One article through an engine: chunks, mentions, speakers, labels.

Every chunk goes through the encoder alone. Dynamic int8 takes its scales from the whole batch, so
in a batch the labels of an article would depend on its neighbours; alone they never do, and no
padding is computed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from peacestance import decoding
from peacestance.chunking import Chunk, ChunkingConfig, chunk_article
from peacestance.engines import Engine
from peacestance.schema import (
    STANCES,
    Label,
    LabelledArticle,
    Mention,
    Sentence,
    Speaker,
    UserError,
)
from peacestance.speakers import Aliases, Link, resolve

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from peacestance.schema import Article


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """How a model's arrays are read; stored in its bundle.

    Attributes:
        second_speaker_threshold: link probability from which a further speaker is added.
        reporter_bias: added to the reporter's link probability before the likeliest is taken.
        temperatures: per head, divides its logits.
    """

    second_speaker_threshold: float = 0.3
    reporter_bias: float = 0.0
    temperatures: Mapping[str, float] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_bundle(
        cls, decode: Mapping[str, Any], temperatures: Mapping[str, float], place: Path
    ) -> Settings:
        """Settings as a bundle stores them.

        Raises:
            UserError: a key that this version does not know, or a value that is no number.
        """
        known = ("second_speaker_threshold", "reporter_bias")
        for key, value in decode.items():
            if key not in known or not isinstance(value, int | float):
                raise UserError(
                    f"{place / 'bundle.json'}: decode holds {key!r}: {value!r}; allowed are "
                    f"numbers for {', '.join(known)}; fetch the model again or update peacestance"
                )
        return cls(**decode, temperatures=temperatures)

    def temperature(self, head: str) -> float:
        """What the logits of a head are divided by."""
        return self.temperatures.get(head, 1.0)


@dataclasses.dataclass(slots=True)
class _Read:
    """A chunk after the encoder and the link head.

    Shape:
        spans: [M, 2] tokens; mention_ids: [M], into the article's mentions
        links: [S, 1 + M] probabilities
    """

    chunk: Chunk
    hidden: Any
    spans: np.ndarray
    mention_ids: np.ndarray
    links: np.ndarray

    def tensors(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """piece_of_token, markers and mentions with a batch axis; at least one mention row."""
        spans = self.spans if len(self.spans) else np.full((1, 2), -1, dtype=np.int64)
        return self.chunk.piece_of_token[None], self.chunk.markers[None], spans[None]


def predict(
    article: Article,
    sentences: Sequence[tuple[int, int]],
    engine: Engine,
    tokenizer: Tokenizer,
    config: ChunkingConfig,
    settings: Settings,
    aliases: Aliases | None = None,
) -> LabelledArticle:
    """Label every sentence; each has at least one label.

    Args:
        article: the article.
        sentences: half-open character offsets of its sentences.
        engine: runs the model's graphs.
        tokenizer: the model's own.
        config: the model's chunking.
        settings: how its arrays are read.
        aliases: the user's names for speakers.
    """
    mentions: list[Mention] = []
    links: list[Link] = []
    reads = [
        _read_chunk(chunk, article.text, engine, settings, mentions, links)
        for chunk in chunk_article(article.text, sentences, tokenizer, config)
    ]
    speakers, speaker_of = _resolve(article.text, mentions, links, aliases)
    votes: list[list[_Vote]] = [[] for _ in sentences]
    for read in reads:
        for vote in _label_chunk(read, engine, settings, speaker_of, len(speakers)):
            votes[vote.sentence].append(vote)
    labelled = [
        Sentence(start, end, _labels_of(votes[k], mentions, (start, end)))
        for k, (start, end) in enumerate(sentences)
    ]
    return _only_speaking(article, labelled, speakers)


def _read_chunk(
    chunk: Chunk,
    text: str,
    engine: Engine,
    settings: Settings,
    mentions: list[Mention],
    links: list[Link],
) -> _Read:
    """Run encoder and links; adds the chunk's mentions and antecedent links to the article's."""
    ids = chunk.token_ids[None]
    hidden, tag_logits = engine.encode(ids, np.ones_like(ids))
    tags = decoding.drop_special(tag_logits[0].argmax(-1), chunk.char_offsets)
    spans, kinds = decoding.decode_spans(tags, chunk.piece_of_token)
    spans, kinds, mention_ids = _register(chunk, text, spans, kinds, mentions)
    read = _Read(chunk, hidden, spans, mention_ids, np.zeros(0))
    piece_of_token, markers, padded = read.tensors()
    padded_kinds = kinds if len(kinds) else np.zeros(1, dtype=np.int64)
    link_logits, antecedent_logits = engine.links(
        hidden, piece_of_token, markers, padded, padded_kinds[None]
    )
    read.links = decoding.softmax(link_logits[0], settings.temperature("link"))
    antecedents = decoding.softmax(antecedent_logits[0], settings.temperature("coreference"))
    links.extend(
        Link(int(mention_ids[i]), int(mention_ids[j]), float(antecedents[j, 1 + i]))
        for j in range(len(mention_ids))
        for i in range(j)
        if antecedents[j, 1 + i] > 0.05 and mention_ids[i] != mention_ids[j]
    )
    return read


def _register(
    chunk: Chunk, text: str, spans: np.ndarray, kinds: np.ndarray, mentions: list[Mention]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number the spans as mentions of the article; one seen in an earlier chunk keeps its number.

    Spans without a word in them are dropped.
    """
    known = {position: k for k, m in enumerate(mentions) for position in range(m.start, m.end)}
    kept, ids = [], []
    for k, (first, last) in enumerate(spans):
        start, end = decoding.snap_to_words(
            text, int(chunk.char_offsets[first, 0]), int(chunk.char_offsets[last, 1])
        )
        if start >= end:
            continue
        seen = next((known[p] for p in range(start, end) if p in known), None)
        if seen is None:
            seen = len(mentions)
            mentions.append(Mention(start, end, text[start:end]))
            known.update(dict.fromkeys(range(start, end), seen))
        kept.append(k)
        ids.append(seen)
    return spans[kept], kinds[kept], np.array(ids, dtype=np.int64)


def _resolve(
    text: str, mentions: list[Mention], links: list[Link], aliases: Aliases | None
) -> tuple[tuple[Speaker, ...], np.ndarray]:
    """Speakers of the article, and the speaker of each mention in the order of `mentions`."""
    order = sorted(range(len(mentions)), key=lambda k: mentions[k])
    rank = {k: r for r, k in enumerate(order)}
    ranked = []
    for link in links:
        earlier, later = sorted((rank[link.antecedent], rank[link.mention]))
        ranked.append(Link(earlier, later, link.probability))
    speakers, ids = resolve(text, [mentions[k] for k in order], ranked, aliases)
    speaker_of = np.zeros(len(mentions), dtype=np.int64)
    speaker_of[order] = ids
    return speakers, speaker_of


@dataclasses.dataclass(frozen=True, slots=True)
class _Vote:
    """What one piece of a sentence says: a speaker (`None`: reporter), a mention, stances [4]."""

    sentence: int
    speaker: int | None
    mention: int | None
    mass: float
    stances: np.ndarray
    tokens: int


def _label_chunk(
    read: _Read, engine: Engine, settings: Settings, speaker_of: np.ndarray, n_speakers: int
) -> list[_Vote]:
    """The votes of every piece that the chunk owns."""
    chunk = read.chunk
    here = speaker_of[read.mention_ids]
    masses = decoding.speaker_masses(read.links, here, n_speakers)
    where = chunk.piece_of_token[read.spans[:, 0]]
    pairs, speakers = [], []
    for piece in np.flatnonzero(chunk.owned):
        present = np.zeros(n_speakers, dtype=bool)
        present[here[where == piece]] = True
        for column in decoding.choose_speakers(
            masses[piece], present, settings.second_speaker_threshold, settings.reporter_bias
        ):
            pairs.append((piece, _best_mention(read.links[piece], here, column)))
            speakers.append(column)
    if not pairs:
        return []
    logits = engine.stances(read.hidden, *read.tensors(), np.array([pairs], dtype=np.int64))
    stances = decoding.softmax(logits[0], settings.temperature("stance"))
    sizes = np.bincount(chunk.piece_of_token[chunk.piece_of_token >= 0])
    return [
        _Vote(
            sentence=int(chunk.sentence_of_piece[piece]),
            speaker=None if speaker == 0 else speaker - 1,
            mention=None if speaker == 0 else int(read.mention_ids[column - 1]),
            mass=float(masses[piece, speaker]),
            stances=stances[k],
            tokens=int(sizes[piece]),
        )
        for k, ((piece, column), speaker) in enumerate(zip(pairs, speakers, strict=True))
    ]


def _best_mention(links: np.ndarray, speakers: np.ndarray, column: int) -> int:
    """The column of the likeliest mention of a speaker; 0 for the reporter."""
    if column == 0:
        return 0
    mine = np.flatnonzero(speakers == column - 1) + 1
    return int(mine[np.argmax(links[mine])])


def _labels_of(
    votes: Sequence[_Vote], mentions: Sequence[Mention], span: tuple[int, int]
) -> tuple[Label, ...]:
    """The labels of a sentence. Pieces of one sentence agree on speakers by token-weighted votes.

    A sentence of one piece takes its votes as they are. Of a longer one the speakers named in any
    piece are kept, or the reporter where no piece has one; stances are averaged by tokens.
    """
    by_speaker: dict[int | None, list[_Vote]] = {}
    for vote in votes:
        by_speaker.setdefault(vote.speaker, []).append(vote)
    if len(by_speaker) > 1:
        by_speaker.pop(None, None)
    labels = []
    for speaker, mine in by_speaker.items():
        weights = np.array([vote.tokens for vote in mine], dtype=float)
        stances = np.average([vote.stances for vote in mine], axis=0, weights=weights)
        best = max(mine, key=lambda vote: vote.mass)
        mention = None if best.mention is None else mentions[best.mention]
        probabilities = tuple(float(p) for p in stances)
        labels.append(Label(speaker, STANCES[int(np.argmax(stances))], mention, probabilities))
    return tuple(sorted(labels, key=lambda label: _position(label, span)))


def _position(label: Label, span: tuple[int, int]) -> tuple[bool, int]:
    """Speakers named in the sentence first, in the order of their mentions."""
    if label.mention is None:
        return (True, 0)
    return (not span[0] <= label.mention.start < span[1], label.mention.start)


def _only_speaking(
    article: Article, sentences: Sequence[Sentence], speakers: Sequence[Speaker]
) -> LabelledArticle:
    """Leave out entities that speak nowhere, and number the rest in order of first mention."""
    speaking = (label.speaker for sentence in sentences for label in sentence.labels)
    used = sorted({speaker for speaker in speaking if speaker is not None})
    number = {old: new for new, old in enumerate(used)}
    return LabelledArticle(
        article=article,
        sentences=tuple(
            dataclasses.replace(
                sentence,
                labels=tuple(
                    dataclasses.replace(label, speaker=number[label.speaker])
                    if label.speaker is not None
                    else label
                    for label in sentence.labels
                ),
            )
            for sentence in sentences
        ),
        speakers=tuple(dataclasses.replace(speakers[old], id=new) for old, new in number.items()),
    )
