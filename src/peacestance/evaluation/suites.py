"""Behaviour tests: texts that must have certain labels, or keep them when they are changed.

Two kinds, after CheckList (Ribeiro et al. 2020, section 2.2): *expected* (minimal functionality:
a sentence must have this stance, and this speaker where one is given) and *invariant* (a changed
text must get the labels of the original, sentence by sentence).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import Any, Protocol

import numpy as np

from peacestance.evaluation.metrics import (
    aligned,
    matched,
    name_of,
    name_words,
    resampled,
    same_speaker,
    with_interval,
)
from peacestance.evaluation.perturbing import Changed, Text, exchange
from peacestance.evaluation.suite_files import Case, Expectation, ExpectedText, load_cases
from peacestance.schema import STANCES, Article, LabelledArticle, Sentence, Stance

LabelOne = Callable[[Article], LabelledArticle]
ROUNDS = 2000
_EXAMPLES = 3
_DECIMALS = 4


class Labels(Protocol):
    """What labels an article, such as `peacestance.Labeler`."""

    def label(self, article: Article) -> LabelledArticle:
        """The article with its labels."""
        ...


# --- what is found and what is asked for ----------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """A label of one sentence; `speaker` is `None` for the reporter.

    `names_speaker` is false where a case asks for a stance alone. `probabilities` are in the order
    of `STANCES`.
    """

    speaker: str | None
    stance: Stance
    probabilities: tuple[float, ...] | None = None
    names_speaker: bool = True

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        out: dict[str, Any] = {"speaker": self.speaker} if self.names_speaker else {}
        out["stance"] = self.stance.value
        if self.probabilities is not None:
            rounded = (round(float(p), _DECIMALS) for p in self.probabilities)
            out["probabilities"] = dict(zip(map(str, STANCES), rounded, strict=True))
        return out


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """One sentence of a case: what was asked for, what was found.

    `variant` says which text of the case, `original` is the sentence before the change, `actors`
    are those who speak it in the place of others.
    """

    suite: str
    case: str
    variant: str
    sentence: int
    text: str
    expected: tuple[Reading, ...]
    found: tuple[Reading, ...]
    stance_right: bool
    right: bool
    original: str | None = None
    actors: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of a failure."""
        out: dict[str, Any] = {"case": self.case, "variant": self.variant}
        out |= {"sentence": self.sentence, "text": self.text}
        if self.original not in (None, self.text):
            out["original"] = self.original
        if self.actors:
            out["actors"] = list(self.actors)
        out["stance_right"] = self.stance_right
        out["expected"] = [reading.to_dict() for reading in self.expected]
        out["found"] = [reading.to_dict() for reading in self.found]
        return out


# --- running --------------------------------------------------------------------------------------


def run_suites(labeler: Labels, paths: Sequence[str | Path]) -> SuitesReport:
    """Run the suites of files or folders on a model.

    Args:
        labeler: what labels an article, such as `peacestance.load()`.
        paths: suite files (.jsonl) or folders of them.

    Raises:
        UserError: no such path, no case, a case that cannot be read.
    """
    return run_cases(labeler.label, load_cases(paths))


def run_cases(label: LabelOne, cases: Sequence[Case]) -> SuitesReport:
    """Run cases with any function that labels an article; every text is labelled once."""
    read = cache(lambda text: _read(label, text))
    outcomes = [outcome for case in cases for outcome in _outcomes(case, read)]
    suites = dict.fromkeys(case.suite for case in cases)
    return SuitesReport(
        {suite: _report([o for o in outcomes if o.suite == suite]) for suite in suites}
    )


def _read(label: LabelOne, text: Text) -> list[tuple[Reading, ...]]:
    """The labels of each sentence; those of the predicted sentence that overlaps it most."""
    article = Article(id="text", text=str(text))
    gold = LabelledArticle(article, tuple(Sentence(start, end) for start, end in text.spans()))
    found = label(article)
    return [
        tuple(Reading(name_of(found, one), one.stance, one.probabilities) for one in partner.labels)
        if partner
        else ()
        for _, partner in aligned(gold, found)
    ]


def _outcomes(case: Case, read: Callable[[Text], list[tuple[Reading, ...]]]) -> Iterator[Outcome]:
    for text in case.expected:
        yield from _expected_outcomes(case, text, read(text.text))
    if case.original is not None:
        for changed in case.changed:
            yield from _kept_outcomes(case, changed, read(case.original), read(changed.text))


def _expected_outcomes(
    case: Case, text: ExpectedText, readings: Sequence[tuple[Reading, ...]]
) -> Iterator[Outcome]:
    """An outcome for every sentence that something is expected of."""
    by_sentence: dict[int, list[Expectation]] = {}
    for expectation in text.expectations:
        by_sentence.setdefault(expectation.sentence, []).append(expectation)
    for number, expectations in by_sentence.items():
        wanted = tuple(
            Reading(e.speaker, e.stance, names_speaker=e.names_speaker) for e in expectations
        )
        found = readings[number]
        stance_right = {w.stance for w in wanted} == {f.stance for f in found}
        right = stance_right and all(_is_met(w, found) for w in wanted)
        sentence = text.text.sentences[number]
        yield Outcome(
            case.suite, case.id, text.variant, number, sentence, wanted, found, stance_right, right
        )


def _is_met(wanted: Reading, found: Iterable[Reading]) -> bool:
    """Whether the stance was found, with the speaker where one is asked for."""
    return any(
        f.stance == wanted.stance
        and (not wanted.names_speaker or same_speaker(wanted.speaker, f.speaker))
        for f in found
    )


def _kept_outcomes(
    case: Case,
    changed: Changed,
    before: Sequence[tuple[Reading, ...]],
    after: Sequence[tuple[Reading, ...]],
) -> Iterator[Outcome]:
    """An outcome for every sentence of the original."""
    assert case.original is not None
    for original, readings, place in zip(
        case.original.sentences, before, changed.places, strict=True
    ):
        wanted, found = tuple(_renamed(r, changed.renamed) for r in readings), after[place]
        yield Outcome(
            case.suite,
            case.id,
            changed.variant,
            place,
            changed.text.sentences[place],
            wanted,
            found,
            stance_right=sorted(w.stance for w in wanted) == sorted(f.stance for f in found),
            right=_same_labels(wanted, found),
            original=original,
            actors=tuple(a for a, names in changed.actors.items() if _speaks(names, found)),
        )


def _renamed(reading: Reading, names: Mapping[str, str]) -> Reading:
    """The label with its speaker under the new name, also where only a part of the old was read."""
    if reading.speaker is None:
        return reading
    new = exchange(reading.speaker, names)
    if new == reading.speaker:
        words = name_words(new)
        new = next((to for old, to in names.items() if words and words <= name_words(old)), new)
    return dataclasses.replace(reading, speaker=new)


def _same_labels(wanted: Sequence[Reading], found: Sequence[Reading]) -> bool:
    pairs = matched([(w.speaker, w.stance) for w in wanted], [(f.speaker, f.stance) for f in found])
    return len(wanted) == len(found) and all(
        k is not None and wanted[i].stance == found[k].stance for i, k in pairs
    )


def _speaks(names: Iterable[str], found: Iterable[Reading]) -> bool:
    return any(same_speaker(name, reading.speaker) for name in names for reading in found)


# --- the report -----------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with a 95% interval of the share."""

    count: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself."""
        return self.count / self.of

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"share": self.value} | dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True)
class Shares:
    """What passed: cases with every label right, sentences with right labels, right stances."""

    cases: Share
    sentences: Share
    stances: Share

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name).to_dict() for name in ("cases", "sentences", "stances")}


@dataclasses.dataclass(frozen=True, slots=True)
class SuiteReport:
    """The result of one suite.

    Attributes:
        passed: shares over all texts.
        variants: the same for each kind of text or change.
        flips: for each actor the share of the sentences that they speak in the place of
            another whose stances are no longer the same.
        failures: the sentences that did not pass.
    """

    passed: Shares
    variants: Mapping[str, Shares]
    flips: Mapping[str, Share]
    failures: tuple[Outcome, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "passed": self.passed.to_dict(),
            "variants": {name: shares.to_dict() for name, shares in self.variants.items()},
            "flips": {
                actor: share.to_dict() | {"examples": self._examples(actor)}
                for actor, share in self.flips.items()
            },
            "failures": [failure.to_dict() for failure in self.failures],
        }

    def _examples(self, actor: str) -> list[dict[str, Any]]:
        """The first flips of an actor, which stand in full among the failures."""
        flipped = [f for f in self.failures if actor in f.actors and not f.stance_right]
        return [
            {"case": f.case, "variant": f.variant, "sentence": f.sentence}
            for f in flipped[:_EXAMPLES]
        ]


@dataclasses.dataclass(frozen=True, slots=True)
class SuitesReport:
    """The results of all suites, by name."""

    suites: Mapping[str, SuiteReport]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: report.to_dict() for name, report in self.suites.items()}


def _report(outcomes: Sequence[Outcome]) -> SuiteReport:
    variants = list(dict.fromkeys(o.variant for o in outcomes))
    actors = sorted({actor for o in outcomes for actor in o.actors})
    return SuiteReport(
        _shares(outcomes),
        {v: _shares([o for o in outcomes if o.variant == v]) for v in variants if v},
        {a: _clustered([o for o in outcomes if a in o.actors], _is_flip) for a in actors},
        tuple(o for o in outcomes if not o.right),
    )


def _is_flip(outcome: Outcome) -> bool:
    return not outcome.stance_right


def _shares(outcomes: Sequence[Outcome]) -> Shares:
    whole: dict[str, bool] = {}
    for o in outcomes:
        whole[o.case] = whole.get(o.case, True) and o.right
    return Shares(
        wilson(sum(whole.values()), len(whole)),
        _clustered(outcomes, lambda o: o.right),
        _clustered(outcomes, lambda o: o.stance_right),
    )


def wilson(count: int, of: int, level: float = 0.95) -> Share:
    """A share with its score interval (Wilson 1927), which holds at 0 and 1 too.

    (scipy's `binomtest` has it; the core does without scipy.)

    >>> [round(end, 3) for end in (wilson(9, 10).low, wilson(9, 10).high)]
    [0.596, 0.982]
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    p, spread = count / of, z * z / of
    middle = (p + spread / 2) / (1 + spread)
    reach = z * ((p * (1 - p) + spread / 4) / of) ** 0.5 / (1 + spread)
    return Share(count, of, middle - reach if count else 0.0, middle + reach if count < of else 1.0)


def _clustered(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> Share:
    """The share of sentences for which something holds, with an interval that resamples cases.

    Sentences of one case depend on each other. Where it holds for all or for none, resampling
    cannot vary; the interval is then Wilson's for as many trials as there are cases.
    """
    counts: dict[str, list[int]] = {}
    for outcome in outcomes:
        row = counts.setdefault(outcome.case, [0, 0])
        row[0] += holds(outcome)
        row[1] += 1
    each = np.array(list(counts.values()))
    count, of = (int(total) for total in each.sum(0))
    if count in (0, of):
        bound = wilson(len(each) if count else 0, len(each))
        return Share(count, of, bound.low, bound.high)
    drawn = resampled(each, ROUNDS, seed=0)
    _, low, high = with_interval(count / of, drawn[:, 0] / drawn[:, 1])
    return Share(count, of, low, high)
