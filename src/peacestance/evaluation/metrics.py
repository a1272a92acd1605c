"""Scores of predicted labels against gold ones.

A gold sentence is compared with the predicted sentence that overlaps it most, so the two may be
cut differently. Labels of one sentence are paired by speaker; names are equal when the words of
one are all within the other's ("Tusk", "Donald Tusk").
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from peacestance.schema import STANCES, Label, LabelledArticle, Sentence, Stance

Named = tuple[str | None, Stance]
"""A label as it is compared: the speaker's name (`None`: the reporter) and the stance."""

METRICS = (
    "joint_f1",
    "joint_f1_stance",
    "stance_macro_f1",
    *(f"f1_{stance}" for stance in STANCES),
    "speaker_exact",
    "speaker_f1",
)


@dataclasses.dataclass(frozen=True, slots=True)
class Counts:
    """Everything the scores of a set of articles are computed from; counts of articles add up.

    Shape:
        confusion: [4, 4], gold stance by predicted stance, in the order of `STANCES`
    """

    totals: Counter[str]
    confusion: np.ndarray

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.totals + other.totals, self.confusion + other.confusion)


def name_words(name: str) -> frozenset[str]:
    """The comparable words of a name: lower case, without article and possessive.

    >>> sorted(name_words("the Kremlin's spokesman"))
    ['kremlin', 'spokesman']
    """
    plain = re.sub(r"[’']s?\b", "", name.lower()).strip()
    return frozenset(re.findall(r"\w+", re.sub(r"^(the|a|an)\s+", "", plain)))


def same_speaker(a: str | None, b: str | None) -> bool:
    """Whether two names mean one speaker.

    >>> same_speaker("Donald Tusk", "Tusk"), same_speaker(None, "Tusk"), same_speaker(None, None)
    (True, False, True)
    """
    if a is None or b is None:
        return a is b
    x, y = name_words(a), name_words(b)
    return bool(x and y) and (x <= y or y <= x)


def count(gold: LabelledArticle, predicted: LabelledArticle) -> Counts:
    """Compare one article."""
    totals: Counter[str] = Counter()
    confusion = np.zeros((4, 4), dtype=np.int64)
    for sentence, partner in aligned(gold, predicted):
        _count_sentence(
            named_labels(gold, sentence),
            named_labels(predicted, partner) if partner else [],
            totals,
            confusion,
        )
    return Counts(totals, confusion)


def aligned(
    gold: LabelledArticle, predicted: LabelledArticle
) -> Iterator[tuple[Sentence, Sentence | None]]:
    """Each gold sentence with the predicted one that overlaps it most; `None` where none does."""
    at = 0
    for sentence in gold.sentences:
        while at + 1 < len(predicted.sentences) and predicted.sentences[at].end <= sentence.start:
            at += 1
        yield sentence, _most_overlapping(sentence, predicted.sentences[at:])


def _most_overlapping(sentence: Sentence, candidates: Sequence[Sentence]) -> Sentence | None:
    best, most = None, 0
    for candidate in candidates:
        if candidate.start >= sentence.end:
            break
        shared = min(candidate.end, sentence.end) - max(candidate.start, sentence.start)
        if shared > most:
            best, most = candidate, shared
    return best


def named_labels(article: LabelledArticle, sentence: Sentence) -> list[Named]:
    """The labels of a sentence as they are compared, in order."""
    return [(name_of(article, label), label.stance) for label in sentence.labels]


def name_of(article: LabelledArticle, label: Label) -> str | None:
    """The name of a label's speaker; `None` for the reporter."""
    speaker = article.speaker_of(label)
    return speaker.name if speaker else None


def _count_sentence(
    gold: Sequence[Named], predicted: Sequence[Named], totals: Counter[str], confusion: np.ndarray
) -> None:
    rest = list(predicted)
    first = predicted[0][1] if predicted else Stance.NONE
    hits = 0
    for name, stance in gold:
        partner = next((p for p in rest if same_speaker(name, p[0])), None)
        if partner is not None:
            rest.remove(partner)
            hits += 1
            totals["joint"] += partner[1] == stance
            totals["joint_stance"] += partner[1] == stance != Stance.NONE
        met = partner[1] if partner is not None else first
        confusion[STANCES.index(stance), STANCES.index(met)] += 1
    totals["sentences"] += 1
    totals["gold"] += len(gold)
    totals["predicted"] += len(predicted)
    totals["speaker"] += hits
    totals["speaker_exact"] += hits == len(gold) and not rest
    totals["gold_stance"] += sum(stance != Stance.NONE for _, stance in gold)
    totals["predicted_stance"] += sum(stance != Stance.NONE for _, stance in predicted)


def scores(counts: Counts) -> dict[str, float]:
    """The scores named in `METRICS`, each in [0, 1].

    joint_f1: micro F1 over (sentence, speaker, stance); joint_f1_stance: over labels with a stance
    other than none; stance_macro_f1: mean F1 of the stances, where a gold label meets the predicted
    label of its speaker or, if that speaker was not found, the first one of the sentence;
    speaker_exact: share of sentences with the right set of speakers; speaker_f1: micro F1 over
    (sentence, speaker), the reporter included.
    """
    t = counts.totals
    per_stance = [
        _f1(counts.confusion[k, k], counts.confusion[k].sum(), counts.confusion[:, k].sum())
        for k in range(len(STANCES))
    ]
    return {
        "joint_f1": _f1(t["joint"], t["gold"], t["predicted"]),
        "joint_f1_stance": _f1(t["joint_stance"], t["gold_stance"], t["predicted_stance"]),
        "stance_macro_f1": float(np.mean(per_stance)),
        **{f"f1_{stance}": f1 for stance, f1 in zip(STANCES, per_stance, strict=True)},
        "speaker_exact": t["speaker_exact"] / max(t["sentences"], 1),
        "speaker_f1": _f1(t["speaker"], t["gold"], t["predicted"]),
    }


def _f1(hits: int, gold: int, predicted: int) -> float:
    return float(2 * hits / (gold + predicted)) if gold + predicted else 0.0


def evaluate(
    gold: Sequence[LabelledArticle], predicted: Sequence[LabelledArticle]
) -> dict[str, float]:
    """Scores of articles given in the same order.

    Raises:
        ValueError: the two differ in length.
    """
    pairs = zip(gold, predicted, strict=True)
    return scores(sum((count(g, p) for g, p in pairs), Counts(Counter(), np.zeros((4, 4), int))))


def bootstrap(
    gold: Sequence[LabelledArticle],
    predicted: Sequence[LabelledArticle],
    *,
    rounds: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, tuple[float, float, float]]:
    """Each score with its percentile bootstrap interval (Efron and Tibshirani 1993, chapter 13).

    Articles are resampled, not sentences: sentences of one article depend on each other.

    Returns:
        name -> (score, lower end, upper end).
    """
    each = [count(g, p) for g, p in zip(gold, predicted, strict=True)]
    keys = sorted({key for c in each for key in c.totals})
    totals = np.array([[c.totals[key] for key in keys] for c in each])
    confusion = np.array([c.confusion for c in each])
    rng = np.random.default_rng(seed)
    draws: dict[str, list[float]] = {name: [] for name in METRICS}
    for _ in range(rounds):
        pick = rng.integers(len(each), size=len(each))
        summed = Counter(dict(zip(keys, totals[pick].sum(0).tolist(), strict=True)))
        for name, value in scores(Counts(summed, confusion[pick].sum(0))).items():
            draws[name].append(value)
    tail = (1 - level) / 2
    point = evaluate(gold, predicted)
    return {
        name: (point[name], float(np.quantile(drawn, tail)), float(np.quantile(drawn, 1 - tail)))
        for name, drawn in draws.items()
    }
