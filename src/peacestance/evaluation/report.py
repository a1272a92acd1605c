"""Everything that is said of a model on gold articles, as plain values ready for JSON.

Every score is `[value, lower, upper]`, with a 95% bootstrap interval that resamples articles.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from peacestance.evaluation.calibration import (
    BINS,
    brier_score,
    calibration_error_of,
    matched_stances,
    reliability,
)
from peacestance.evaluation.metrics import (
    Interval,
    confusion,
    count_each,
    resampled,
    scores,
    stance_scores,
    with_interval,
)
from peacestance.evaluation.outcomes import (
    KINDS,
    NOT_GIVEN,
    SLICES,
    Outcome,
    Outcomes,
    SentenceOutcome,
    compare,
)
from peacestance.evaluation.selective import Curve, risk_coverage
from peacestance.schema import LabelledArticle

ROUNDS = 2000
SEED = 0
SHOWN_ERRORS = 40
WANTED_ACCURACIES = (0.75, 0.8, 0.85, 0.9, 0.95)
CURVE_POINTS = 200
SLICE_SCORES = ("joint_f1", "joint_f1_stance", "stance_accuracy", "speaker_exact")
COMPARED = ("stance_macro_f1", "joint_f1", "joint_f1_stance", "speaker_exact", "stance_accuracy")


def assess(
    gold: Sequence[LabelledArticle], predicted: Sequence[LabelledArticle], *, texts: bool = True
) -> dict[str, Any]:
    """All measurements of one model.

    Args:
        gold: at least one article.
        predicted: what the model made of them, in the same order.
        texts: whether the errors quote their sentences.

    Returns:
        scores, stances, confusion, speakers, calibration, selective, slices, errors, unread.
    """
    found = compare(gold, predicted)
    each = found.by_article(found.counts)
    drawn = resampled(each, ROUNDS, SEED)
    return {
        "scores": _score_intervals(each.sum(0), drawn),
        "stances": _stance_table(each.sum(0), drawn),
        "confusion": confusion(each.sum(0)).tolist(),
        "speakers": _speaker_table(found),
        "calibration": _calibration(gold, predicted),
        "selective": _selective(found),
        "slices": _slices(found),
        "errors": _errors(found, texts),
        "unread": _unread(found, predicted),
    }


def differences(
    gold: Sequence[LabelledArticle], predicted: Mapping[str, Sequence[LabelledArticle]]
) -> list[dict[str, Any]]:
    """Every pair of models with the differences of their scores.

    The bootstrap is paired: both models are scored on the same draws of articles. A difference
    whose interval excludes 0 is unlikely to come from the choice of articles.
    """
    each = {name: count_each(gold, labelled) for name, labelled in predicted.items()}
    drawn = {name: all_scores(resampled(counts, ROUNDS, SEED)) for name, counts in each.items()}
    point = {name: all_scores(counts.sum(0)) for name, counts in each.items()}
    names = list(predicted)
    return [
        {
            "first": a,
            "second": b,
            "second_minus_first": {
                metric: with_interval(
                    float(point[b][metric] - point[a][metric]), drawn[b][metric] - drawn[a][metric]
                )
                for metric in COMPARED
            },
        }
        for k, a in enumerate(names)
        for b in names[k + 1 :]
    ]


def all_scores(counts: np.ndarray) -> dict[str, np.ndarray]:
    """The scores of `metrics.scores` and the share of labels with the right stance.

    Shape:
        counts: [..., `metrics.N_COUNTS`]; each score is [...]
    """
    table = confusion(counts)
    total = np.maximum(table.sum((-2, -1)), 1)
    accuracy = np.trace(table, axis1=-2, axis2=-1) / total
    return {**scores(counts), "stance_accuracy": accuracy}


# --- the parts ------------------------------------------------------------------------------------


def _score_intervals(total: np.ndarray, drawn: np.ndarray) -> dict[str, Interval]:
    draws = all_scores(drawn)
    return {
        name: with_interval(float(value), draws[name]) for name, value in all_scores(total).items()
    }


def _stance_table(total: np.ndarray, drawn: np.ndarray) -> dict[str, Any]:
    draws, table = stance_scores(drawn), confusion(total)
    rows: dict[str, Any] = {}
    for k, (stance, found) in enumerate(stance_scores(total).items()):
        intervals = {
            name: with_interval(float(value), draws[stance][name]) for name, value in found.items()
        }
        rows[stance.value] = {
            **intervals,
            "gold": int(table[k].sum()),
            "predicted": int(table[:, k].sum()),
        }
    return rows


def _speaker_table(found: Outcomes) -> dict[str, Any]:
    """For each kind of speaker its gold labels, and the shares with the right speaker and both."""
    rows = np.array([[_by_kind(s, kind) for kind in KINDS] for s in found.sentences])
    each = found.by_article(rows.reshape(len(found.sentences), len(KINDS), 3))
    total, drawn = each.sum(0), resampled(each, ROUNDS, SEED)
    return {
        kind: {
            "labels": int(total[k, 0]),
            "speaker_right": _ratio(total[k, 1], total[k, 0], drawn[:, k, 1], drawn[:, k, 0]),
            "both_right": _ratio(total[k, 2], total[k, 0], drawn[:, k, 2], drawn[:, k, 0]),
        }
        for k, kind in enumerate(KINDS)
        if total[k, 0]
    }


def _by_kind(sentence: SentenceOutcome, kind: str) -> list[int]:
    chosen = [x for x in sentence.outcomes if x.kind == kind]
    return [len(chosen), sum(x.speaker_right for x in chosen), sum(x.right for x in chosen)]


def _ratio(hits: int, total: int, drawn_hits: np.ndarray, drawn_total: np.ndarray) -> Interval:
    """A share and its interval; draws without anything to count do not count."""
    drawn = np.where(drawn_total > 0, drawn_hits / np.maximum(drawn_total, 1), np.nan)
    return with_interval(float(hits / total), drawn)


def _calibration(
    gold: Sequence[LabelledArticle], predicted: Sequence[LabelledArticle]
) -> dict[str, Any]:
    matches = [matched_stances([g], [p]) for g, p in zip(gold, predicted, strict=True)]
    sums = np.array([reliability(*match) for match in matches])
    # Brier scores as sums, so that a long article weighs more, as it does in every other score.
    brier = np.array([[_total_brier(*match), len(match[1])] for match in matches])
    drawn, drawn_brier = resampled(sums, ROUNDS, SEED), resampled(brier, ROUNDS, SEED)
    total = sums.sum(0)
    labels = brier[:, 1].sum()
    return {
        "expected_calibration_error": with_interval(
            float(calibration_error_of(total)), calibration_error_of(drawn)
        ),
        "brier_score": _ratio(brier[:, 0].sum(), max(labels, 1), *drawn_brier.T),
        "bins": [
            {
                "lower": k / BINS,
                "upper": (k + 1) / BINS,
                "labels": int(n),
                "confidence": float(confidence / n),
                "accuracy": float(hits / n),
            }
            for k, (n, confidence, hits) in enumerate(total)
            if n
        ],
    }


def _total_brier(probabilities: np.ndarray, right: np.ndarray) -> float:
    return brier_score(probabilities, right) * len(right) if len(right) else 0.0


def _selective(found: Outcomes) -> dict[str, Any]:
    """Coverage against accuracy of the stance, and the thresholds for wanted accuracies."""
    outcomes = [x for s in found.sentences for x in s.outcomes if x.found is not None]
    confidence = np.array([round(x.confidence, 4) for x in outcomes])
    curve = risk_coverage(confidence, np.array([x.found == x.stance for x in outcomes], dtype=int))
    return {
        "of": "the stance of each gold label",
        "area_under_risk_coverage": curve.area,
        "thresholds": [_threshold(curve, wanted) for wanted in WANTED_ACCURACIES],
        "curve": _thinned(curve),
    }


def _threshold(curve: Curve, wanted: float) -> dict[str, Any]:
    found = curve.threshold_for(wanted)
    confidence, coverage = found or (None, None)
    return {"accuracy": wanted, "min_confidence": confidence, "coverage": coverage}


def _thinned(curve: Curve) -> list[list[float]]:
    """At most `CURVE_POINTS` points of the curve: coverage, accuracy, threshold."""
    points = np.stack([curve.coverage, curve.accuracy, curve.threshold], axis=1)
    chosen = np.unique(np.linspace(0, len(points) - 1, min(len(points), CURVE_POINTS)).astype(int))
    return [[round(float(x), 4) for x in points[k]] for k in chosen]


def _slices(found: Outcomes) -> dict[str, Any]:
    """Scores of the sentences of each group; slices of which nothing is known are left out."""
    table: dict[str, Any] = {}
    for name in SLICES:
        group_of = np.array([sentence.groups[name] for sentence in found.sentences])
        groups = dict.fromkeys(group_of.tolist())
        if list(groups) != [NOT_GIVEN]:
            table[name] = {group: _slice(found, group_of == group) for group in sorted(groups)}
    return table


def _slice(found: Outcomes, chosen: np.ndarray) -> dict[str, Any]:
    each = found.by_article(found.counts, chosen)
    intervals = _score_intervals(each.sum(0), resampled(each, ROUNDS, SEED))
    return {
        "articles": int((each[:, 0] > 0).sum()),
        "sentences": int(chosen.sum()),
        "scores": {name: intervals[name] for name in SLICE_SCORES},
    }


def _errors(found: Outcomes, texts: bool) -> list[dict[str, Any]]:
    """The most confident of the labels that are wrong, in speaker or stance."""
    wrong = [(s, x) for s in found.sentences for x in s.outcomes if not x.right]
    wrong.sort(key=lambda pair: (-round(pair[1].confidence, 6), pair[0].article, pair[0].index))
    return [_error(sentence, outcome, texts) for sentence, outcome in wrong[:SHOWN_ERRORS]]


def _error(sentence: SentenceOutcome, outcome: Outcome, texts: bool) -> dict[str, Any]:
    return {
        "article_id": sentence.article_id,
        "sentence_index": sentence.index,
        **({"text": sentence.text} if texts else {}),
        "gold": {"speaker": outcome.speaker, "stance": outcome.stance.value},
        "found": {
            "speaker": outcome.found_speaker,
            "stance": outcome.found.value if outcome.found else None,
        },
        "confidence": round(outcome.confidence, 4),
        "kind": outcome.kind,
        "wrong": _wrong(outcome),
    }


def _wrong(outcome: Outcome) -> str:
    if outcome.speaker_right:
        return "stance"
    return "speaker" if outcome.found == outcome.stance else "speaker and stance"


def _unread(found: Outcomes, predicted: Sequence[LabelledArticle]) -> dict[str, Any]:
    """Gold sentences that no predicted sentence overlaps, and the notices of the articles."""
    without = [s for s in found.sentences if s.outcomes and s.outcomes[0].found is None]
    return {
        "sentences_without_label": len(without),
        "notices": [
            {"article_id": article.article.id, **dataclasses.asdict(notice)}
            for article in predicted
            for notice in article.notices
        ],
        "notice_counts": dict(Counter(n.code for article in predicted for n in article.notices)),
    }
