"""Scores of predicted labels against gold ones.

A gold sentence is compared with the predicted sentence that overlaps it most, so the two may be
cut differently. Labels of one sentence are paired by speaker; names are equal when the words of
one are all within the other's ("Tusk", "Donald Tusk").
"""

from __future__ import annotations

import re
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

TOTALS = (
    "sentences",
    "gold",
    "predicted",
    "gold_stance",
    "predicted_stance",
    "joint",
    "joint_stance",
    "speaker",
    "speaker_exact",
)
"""What is counted of a sentence, before the confusion matrix: see `count`."""

N_COUNTS = len(TOTALS) + len(STANCES) ** 2

Interval = tuple[float, float, float]
"""A score and the ends of its interval."""


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


def count(gold: LabelledArticle, predicted: LabelledArticle) -> np.ndarray:
    """Everything the scores are computed from, a row for each gold sentence; rows add up.

    Columns are those of `TOTALS` (sentences; labels, gold and predicted, and those of them with a
    stance other than none; hits of speaker and stance, those with a stance, hits of the speaker;
    sentences with exactly the right speakers), then the confusion matrix, gold stance by predicted
    stance, row after row.

    Shape:
        returns [sentence, `N_COUNTS`]
    """
    rows = [
        _count_sentence(
            named_labels(gold, sentence), named_labels(predicted, partner) if partner else []
        )
        for sentence, partner in aligned(gold, predicted)
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, N_COUNTS)


def count_each(gold: Sequence[LabelledArticle], predicted: Sequence[LabelledArticle]) -> np.ndarray:
    """The counts of each article, given in the same order.

    Shape:
        returns [article, `N_COUNTS`]

    Raises:
        ValueError: the two differ in length.
    """
    rows = [count(g, p).sum(0) for g, p in zip(gold, predicted, strict=True)]
    return np.array(rows, dtype=np.int64).reshape(-1, N_COUNTS)


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


def matched(gold: Sequence[Named], predicted: Sequence[Named]) -> list[tuple[int, int | None]]:
    """For each gold label the number of the predicted label of its speaker, `None` without one.

    >>> none = Stance.NONE
    >>> matched([("Donald Tusk", none), (None, none)], [("Merz", none), ("Tusk", none)])
    [(0, 1), (1, None)]
    """
    rest = list(range(len(predicted)))
    pairs: list[tuple[int, int | None]] = []
    for number, (name, _) in enumerate(gold):
        partner = next((k for k in rest if same_speaker(name, predicted[k][0])), None)
        if partner is not None:
            rest.remove(partner)
        pairs.append((number, partner))
    return pairs


def _count_sentence(gold: Sequence[Named], predicted: Sequence[Named]) -> list[int]:
    pairs = matched(gold, predicted)
    first = predicted[0][1] if predicted else Stance.NONE
    confusion = np.zeros((4, 4), dtype=np.int64)
    joint = joint_stance = hits = 0
    for number, partner in pairs:
        stance = gold[number][1]
        met = first if partner is None else predicted[partner][1]
        confusion[STANCES.index(stance), STANCES.index(met)] += 1
        hits += partner is not None
        right = partner is not None and met == stance
        joint += right
        joint_stance += right and stance != Stance.NONE
    values = {
        "sentences": 1,
        "gold": len(gold),
        "predicted": len(predicted),
        "gold_stance": sum(stance != Stance.NONE for _, stance in gold),
        "predicted_stance": sum(stance != Stance.NONE for _, stance in predicted),
        "joint": joint,
        "joint_stance": joint_stance,
        "speaker": hits,
        "speaker_exact": int(hits == len(gold) == len(predicted)),
    }
    return [*(int(values[name]) for name in TOTALS), *confusion.ravel().tolist()]


def scores(counts: np.ndarray) -> dict[str, np.ndarray]:
    """The scores named in `METRICS`, each in [0, 1].

    joint_f1: micro F1 over (sentence, speaker, stance); joint_f1_stance: over labels with a stance
    other than none; stance_macro_f1: mean F1 of the stances, where a gold label meets the predicted
    label of its speaker or, if that speaker was not found, the first one of the sentence;
    speaker_exact: share of sentences with the right set of speakers; speaker_f1: micro F1 over
    (sentence, speaker), the reporter included.

    Shape:
        counts: [..., `N_COUNTS`], sums of rows of `count`; each score is [...]
    """
    t = {name: counts[..., k] for k, name in enumerate(TOTALS)}
    f1 = [found["f1"] for found in stance_scores(counts).values()]
    return {
        "joint_f1": _f1(t["joint"], t["gold"], t["predicted"]),
        "joint_f1_stance": _f1(t["joint_stance"], t["gold_stance"], t["predicted_stance"]),
        "stance_macro_f1": np.mean(f1, axis=0),
        **{f"f1_{stance}": found for stance, found in zip(STANCES, f1, strict=True)},
        "speaker_exact": _share(t["speaker_exact"], t["sentences"]),
        "speaker_f1": _f1(t["speaker"], t["gold"], t["predicted"]),
    }


def stance_scores(counts: np.ndarray) -> dict[Stance, dict[str, np.ndarray]]:
    """Precision, recall and F1 of each stance, labels being met as for `stance_macro_f1`.

    Shape:
        counts: as for `scores`
    """
    table = confusion(counts)
    found = {}
    for k, stance in enumerate(STANCES):
        hits, gold, predicted = table[..., k, k], table[..., k, :].sum(-1), table[..., k].sum(-1)
        found[stance] = {
            "precision": _share(hits, predicted),
            "recall": _share(hits, gold),
            "f1": _f1(hits, gold, predicted),
        }
    return found


def confusion(counts: np.ndarray) -> np.ndarray:
    """Gold stance by predicted stance, in the order of `STANCES`.

    Shape:
        counts: [..., `N_COUNTS`]; returns [..., 4, 4]
    """
    return counts[..., len(TOTALS) :].reshape(*counts.shape[:-1], len(STANCES), len(STANCES))


def _share(hits: np.ndarray, total: np.ndarray) -> np.ndarray:
    """0 where there is nothing to count."""
    share: np.ndarray = hits / np.maximum(total, 1)
    return share


def _f1(hits: np.ndarray, gold: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return _share(2 * hits, gold + predicted)


def evaluate(
    gold: Sequence[LabelledArticle], predicted: Sequence[LabelledArticle]
) -> dict[str, float]:
    """Scores of articles given in the same order.

    Raises:
        ValueError: the two differ in length.
    """
    total = count_each(gold, predicted).sum(0)
    return {name: float(value) for name, value in scores(total).items()}


def bootstrap(
    gold: Sequence[LabelledArticle],
    predicted: Sequence[LabelledArticle],
    *,
    rounds: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Each score with its percentile bootstrap interval (Efron and Tibshirani 1993, chapter 13).

    Articles are resampled, not sentences: sentences of one article depend on each other.

    Returns:
        name -> (score, lower end, upper end).
    """
    each = count_each(gold, predicted)
    drawn = scores(resampled(each, rounds, seed))
    return {
        name: with_interval(float(point), drawn[name], level)
        for name, point in scores(each.sum(0)).items()
    }


def resampled(each: np.ndarray, rounds: int, seed: int) -> np.ndarray:
    """Sums over articles drawn with replacement, as many as there are.

    Two arrays of one length are drawn alike, which makes their differences paired.

    Shape:
        each: [article, ...]; returns [round, ...]
    """
    picks = np.random.default_rng(seed).integers(len(each), size=(rounds, len(each)))
    # As weights: the rows themselves would be [round, article, ...].
    weights = np.stack([np.bincount(pick, minlength=len(each)) for pick in picks])
    return np.tensordot(weights, each, axes=1)


def with_interval(point: float, drawn: np.ndarray, level: float = 0.95) -> Interval:
    """A score with the percentile interval of its draws; draws that are NaN do not count.

    Shape:
        drawn: [round]
    """
    tail = (1 - level) / 2
    if np.isnan(drawn).all():
        return point, float("nan"), float("nan")
    low, high = np.nanquantile(drawn, [tail, 1 - tail])
    return point, float(low), float(high)
