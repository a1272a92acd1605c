"""The vocabulary of the package as plain, immutable objects: article, sentence, speaker, label.

Standard library only, so that every other module may import it at no cost. All offsets are
half-open character offsets into `Article.text`: `text[start:end]` is exact, always.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


class Stance(enum.StrEnum):
    """A speaker's stance toward the peace plan, as ANNOTATION.md defines it."""

    OPTIMISTIC = "optimistic"
    CAUTIOUS = "cautious"
    OPPOSED = "opposed"
    NONE = "none"


STANCES: tuple[Stance, ...] = tuple(Stance)

UNSURE_LABEL = "unsure-label"
"""Code of the notice that stands for a label below a wanted confidence."""


class UserError(ValueError):
    """Something the user can mend. The message is one line and says how; the CLI exits with 2."""


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Mention:
    """A span that names a source: `text == article.text[start:end]`."""

    start: int
    end: int
    text: str

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of the contract (docs/formats.md)."""
        return {"start": self.start, "end": self.end, "text": self.text}


@dataclasses.dataclass(frozen=True, slots=True)
class Speaker:
    """An entity of one article to which words or positions are attributed.

    `key` is the short id that the text form of a corpus gives the speaker; `side` comes from an
    alias file. Both are absent from the JSON form when not set.
    """

    id: int
    name: str
    mentions: tuple[Mention, ...] = ()
    key: str | None = None
    side: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of the contract (docs/formats.md)."""
        out: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "mentions": [mention.to_dict() for mention in self.mentions],
        }
        return out | _present(self, "key", "side")


@dataclasses.dataclass(frozen=True, slots=True)
class Label:
    """One (speaker, stance) of a sentence. `speaker` is an index into `LabelledArticle.speakers`.

    `speaker is None` means the reporter. `mention` is the span that the speaker was read from; it
    may stand in another sentence (a running quotation) and is `None` for the reporter.
    `probabilities` has one value per stance, in the order of `STANCES`; gold labels have none.
    """

    speaker: int | None
    stance: Stance
    mention: Mention | None = None
    probabilities: tuple[float, ...] | None = None

    @property
    def confidence(self) -> float | None:
        """The probability of the label's own stance; `None` for a gold label."""
        if self.probabilities is None:
            return None
        return self.probabilities[STANCES.index(self.stance)]


@dataclasses.dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the article with its labels: at least one once it is labelled."""

    start: int
    end: int
    labels: tuple[Label, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Notice:
    """Something noteworthy about how an article was read: a stable code and a plain message."""

    code: str
    message: str


@dataclasses.dataclass(frozen=True, slots=True)
class Article:
    """A news article as it comes in. `source` says where it was read from (a path, `-`).

    `process` (the peace effort) and `register` (wire, broadcast, ...) are known for corpora only.
    """

    id: str
    text: str
    title: str | None = None
    date: str | None = None
    outlet: str | None = None
    source: str | None = None
    process: str | None = None
    register: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class LabelledArticle:
    """An article with its sentences labelled, by a model (`model` is set) or by hand."""

    article: Article
    sentences: tuple[Sentence, ...]
    speakers: tuple[Speaker, ...] = ()
    notices: tuple[Notice, ...] = ()
    model: str | None = None
    language: str | None = None

    @property
    def text(self) -> str:
        """The article's text, into which all offsets point."""
        return self.article.text

    def speaker_of(self, label: Label) -> Speaker | None:
        """The speaker of a label of this article; `None` for the reporter."""
        return None if label.speaker is None else self.speakers[label.speaker]

    def labels(self) -> Iterator[tuple[Sentence, Label]]:
        """Every label with its sentence, in reading order."""
        for sentence in self.sentences:
            for label in sentence.labels:
                yield sentence, label

    def board(self) -> dict[str | None, dict[Stance, int]]:
        """Counts of labels per speaker name (`None` = the reporter) and stance."""
        board: dict[str | None, dict[Stance, int]] = {}
        for _, label in self.labels():
            speaker = self.speaker_of(label)
            row = board.setdefault(speaker.name if speaker else None, dict.fromkeys(STANCES, 0))
            row[label.stance] += 1
        return board

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of the contract (docs/formats.md); gold articles also keep their text."""
        article = self.article
        out: dict[str, Any] = {
            "id": article.id,
            "source": article.source,
            "title": article.title,
            "date": article.date,
            "outlet": article.outlet,
            **_present(article, "process", "register"),
            "model": self.model,
            "language": self.language,
        }
        if self.model is None:
            out["text"] = self.text
        out["sentences"] = [self._sentence_dict(sentence) for sentence in self.sentences]
        out["speakers"] = [speaker.to_dict() for speaker in self.speakers]
        out["notices"] = [dataclasses.asdict(notice) for notice in self.notices]
        return out

    def _sentence_dict(self, sentence: Sentence) -> dict[str, Any]:
        return {
            "start": sentence.start,
            "end": sentence.end,
            "text": self.text[sentence.start : sentence.end],
            "labels": [self._label_dict(label) for label in sentence.labels],
        }

    def _label_dict(self, label: Label) -> dict[str, Any]:
        speaker = self.speaker_of(label)
        out: dict[str, Any] = {"speaker": None, "stance": label.stance.value}
        if speaker is not None:
            mention = label.mention.to_dict() if label.mention else None
            out["speaker"] = {"id": speaker.id, "name": speaker.name, "mention": mention}
        if label.probabilities is not None:
            out["confidence"] = label.confidence
            out["probabilities"] = dict(
                zip((s.value for s in STANCES), label.probabilities, strict=True)
            )
        return out


def _present(thing: object, *fields: str) -> dict[str, Any]:
    """The named fields of a thing that are not `None`."""
    return {name: value for name in fields if (value := getattr(thing, name)) is not None}


def labelled_from_dict(data: Mapping[str, Any], text: str | None = None) -> LabelledArticle:
    """Read the JSON form back. `text` must be given where the form does not carry it.

    Raises:
        KeyError, ValueError, TypeError: when the form is not that of `LabelledArticle.to_dict`.
    """
    article = Article(
        id=data["id"],
        text=data["text"] if text is None else text,
        **{key: data.get(key) for key in _META},
    )
    return LabelledArticle(
        article=article,
        sentences=tuple(_sentence_from(sentence) for sentence in data["sentences"]),
        speakers=tuple(_speaker_from(speaker) for speaker in data["speakers"]),
        notices=tuple(Notice(**notice) for notice in data.get("notices", ())),
        model=data.get("model"),
        language=data.get("language"),
    )


_META: Sequence[str] = ("title", "date", "outlet", "source", "process", "register")


def _mention_from(data: Mapping[str, Any]) -> Mention:
    return Mention(data["start"], data["end"], data["text"])


def _speaker_from(data: Mapping[str, Any]) -> Speaker:
    mentions = tuple(_mention_from(mention) for mention in data["mentions"])
    return Speaker(data["id"], data["name"], mentions, data.get("key"), data.get("side"))


def _sentence_from(data: Mapping[str, Any]) -> Sentence:
    return Sentence(data["start"], data["end"], tuple(_label_from(x) for x in data["labels"]))


def _label_from(data: Mapping[str, Any]) -> Label:
    speaker = data["speaker"]
    mention = speaker["mention"] if speaker else None
    probabilities = data.get("probabilities")
    return Label(
        speaker=speaker["id"] if speaker else None,
        stance=Stance(data["stance"]),
        mention=_mention_from(mention) if mention else None,
        probabilities=tuple(probabilities[s] for s in STANCES) if probabilities else None,
    )
