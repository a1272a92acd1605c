"""Gold sentences beside what a model made of them, and the groups that scores are split by."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from peacestance.evaluation.metrics import (
    Named,
    aligned,
    count,
    matched,
    name_of,
    name_words,
    named_labels,
)
from peacestance.schema import STANCES, Label, LabelledArticle, Sentence, Stance
from peacestance.speaker_words import PRONOUNS

KINDS = ("reporter", "named", "pronoun", "role", "running quotation")
"""How a sentence tells who speaks."""

NOT_GIVEN = "(not given)"
_WORD = re.compile(r"[^\W\d_]+")
_QUOTE = re.compile(r"[\"“”„«»]")
LONG_CHARACTERS = (80, 160)
"""Sentences up to the first length are short, above the second long."""


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """One gold label and what the model made of it.

    Attributes:
        speaker: gold name; `None` is the reporter.
        kind: one of `KINDS`.
        found_speaker: speaker of the predicted label that it meets: that of its own speaker, or the
            first of the sentence where that speaker was not found.
        found: the stance of that label; `None` where nothing was predicted.
        probabilities: of that label, in the order of `STANCES`.
        speaker_right: whether its own speaker was found.
    """

    speaker: str | None
    stance: Stance
    kind: str
    found_speaker: str | None
    found: Stance | None
    probabilities: tuple[float, ...] | None
    speaker_right: bool

    @property
    def right(self) -> bool:
        """Whether speaker and stance are right."""
        return self.speaker_right and self.found == self.stance

    @property
    def confidence(self) -> float:
        """The probability of the stance that was found; 0 where there is none."""
        if self.found is None or self.probabilities is None:
            return 0.0
        return self.probabilities[STANCES.index(self.found)]


@dataclasses.dataclass(frozen=True, slots=True)
class SentenceOutcome:
    """One gold sentence with an `Outcome` for each of its labels.

    Attributes:
        article: number of the article in the set.
        groups: slice -> the group that the sentence is in.
    """

    article: int
    article_id: str
    index: int
    text: str
    outcomes: tuple[Outcome, ...]
    groups: Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Outcomes:
    """All gold sentences of a set of articles.

    Shape:
        counts: [sentence, `metrics.N_COUNTS`]; article: [sentence]
    """

    sentences: tuple[SentenceOutcome, ...]
    counts: np.ndarray
    n_articles: int

    @property
    def article(self) -> np.ndarray:
        """The number of each sentence's article."""
        return np.array([sentence.article for sentence in self.sentences], dtype=np.int64)

    def by_article(self, rows: np.ndarray, chosen: np.ndarray | None = None) -> np.ndarray:
        """Sums of rows over the sentences of each article.

        Args:
            rows: one for each sentence.
            chosen: the sentences that count; all by default.

        Shape:
            rows: [sentence, ...]; chosen: [sentence], bool; returns [article, ...]
        """
        if chosen is not None:
            rows = rows * chosen.reshape(-1, *[1] * (rows.ndim - 1))
        sums = np.zeros((self.n_articles, *rows.shape[1:]), dtype=rows.dtype)
        np.add.at(sums, self.article, rows)
        return sums


def compare(gold: Sequence[LabelledArticle], predicted: Sequence[LabelledArticle]) -> Outcomes:
    """Put predicted articles beside gold ones, given in the same order.

    Raises:
        ValueError: the two differ in length.
    """
    pairs = list(zip(gold, predicted, strict=True))
    sentences = [s for number, (g, p) in enumerate(pairs) for s in _sentences(number, g, p)]
    counts = [count(g, p) for g, p in pairs]
    return Outcomes(tuple(sentences), np.concatenate(counts), len(pairs))


def _sentences(
    number: int, gold: LabelledArticle, predicted: LabelledArticle
) -> Iterator[SentenceOutcome]:
    for index, (sentence, partner) in enumerate(aligned(gold, predicted)):
        found = partner.labels if partner else ()
        named = named_labels(predicted, partner) if partner else []
        outcomes = tuple(
            _outcome(gold, sentence, sentence.labels[k], found, named, met)
            for k, met in matched(named_labels(gold, sentence), named)
        )
        yield SentenceOutcome(
            number,
            gold.article.id,
            index,
            gold.text[sentence.start : sentence.end],
            outcomes,
            groups_of(gold, sentence),
        )


def _outcome(
    gold: LabelledArticle,
    sentence: Sentence,
    label: Label,
    found: Sequence[Label],
    named: Sequence[Named],
    met: int | None,
) -> Outcome:
    partner = found[met or 0] if found else None
    return Outcome(
        speaker=name_of(gold, label),
        stance=label.stance,
        kind=speaker_kind(gold, sentence, label),
        found_speaker=named[met or 0][0] if found else None,
        found=partner.stance if partner else None,
        probabilities=partner.probabilities if partner else None,
        speaker_right=met is not None,
    )


# --- kinds of speakers ----------------------------------------------------------------------------


def speaker_kind(gold: LabelledArticle, sentence: Sentence, label: Label) -> str:
    """How the sentence tells who speaks: one of `KINDS`.

    By the label's mention where the gold data marks it. Where it does not, by the words of the
    sentence: a word of the name, a pronoun of the third person outside quotation marks, or neither,
    which is taken for a running quotation.
    """
    name = name_of(gold, label)
    if name is None:
        return "reporter"
    text = gold.text[sentence.start : sentence.end]
    mention = label.mention
    if mention is not None:
        inside = sentence.start <= mention.start < sentence.end
        return mention_kind(mention.text, name) if inside else "running quotation"
    if name_words(name) & name_words(text):
        return mention_kind(name, name)
    unquoted = " ".join(_QUOTE.split(text)[::2])
    return "pronoun" if _third_person(unquoted) else "running quotation"


def mention_kind(mention: str, name: str) -> str:
    """Whether a mention is a name, a pronoun or a role.

    >>> [mention_kind(m, "Ada Brook") for m in ("Brook", "She", "the envoy")]
    ['named', 'pronoun', 'role']
    >>> mention_kind("a senior official", "a senior official")
    'role'
    """
    words = _WORD.findall(mention)
    if words and all(word.lower() in PRONOUNS for word in words):
        return "pronoun"
    capitals = {word.lower() for word in words if word[0].isupper()} - {"the"}
    return "named" if capitals & name_words(name) else "role"


def _third_person(text: str) -> bool:
    return any(word.lower() in ("he", "she", "they", "it") for word in _WORD.findall(text))


# --- groups ---------------------------------------------------------------------------------------


def groups_of(gold: LabelledArticle, sentence: Sentence) -> dict[str, str]:
    """The group of a sentence in each slice."""
    return {name: group(gold, sentence) for name, group in SLICES.items()}


def _length(gold: LabelledArticle, sentence: Sentence) -> str:
    """Short, medium or long, in characters."""
    short, long = LONG_CHARACTERS
    length = sentence.end - sentence.start
    if length <= short:
        return f"up to {short} characters"
    return f"{short + 1} to {long} characters" if length <= long else f"over {long} characters"


def _speech(gold: LabelledArticle, sentence: Sentence) -> str:
    """By quotation marks and by who speaks."""
    if _QUOTE.search(gold.text[sentence.start : sentence.end]):
        return "direct speech"
    return "indirect speech" if any(x.speaker is not None for x in sentence.labels) else "reporter"


def _speakers(gold: LabelledArticle, sentence: Sentence) -> str:
    number = sum(label.speaker is not None for label in sentence.labels)
    return ("reporter only", "one speaker")[number] if number < 2 else "two speakers or more"


SLICES: Mapping[str, Callable[[LabelledArticle, Sentence], str]] = {
    "register": lambda gold, _: gold.article.register or NOT_GIVEN,
    "process": lambda gold, _: gold.article.process or NOT_GIVEN,
    "outlet": lambda gold, _: gold.article.outlet or NOT_GIVEN,
    "stance": lambda _, sentence: sentence.labels[0].stance.value if sentence.labels else "none",
    "length": _length,
    "speech": _speech,
    "speakers": _speakers,
}
"""Slice -> the group of a sentence; a sentence with two stances is in the group of the first."""
