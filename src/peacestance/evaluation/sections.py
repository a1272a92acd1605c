"""A report as sections of prose, tables and pictures: what the page and the Markdown both show."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from peacestance.evaluation.metrics import METRICS
from peacestance.evaluation.pictures import (
    confusion_picture,
    reliability_picture,
    risk_coverage_picture,
    scores_picture,
)
from peacestance.schema import STANCES

MAIN = ("stance_macro_f1", "joint_f1", "joint_f1_stance", "speaker_exact")
REPORTER = "(reporter)"
SHOWN_FAILURES = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A table of texts; the first column names the row. `wide`: a column holds sentences."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    wide: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """What a picture shows in words, and what draws it as SVG: Markdown has no use for it."""

    caption: str
    draw: Callable[[], str]


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """A part of the report."""

    title: str
    text: str = ""
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()


def sections(report: Mapping[str, Any]) -> list[Section]:
    """The whole report, most wanted first."""
    models = {model["name"]: model for model in report["models"]}
    parts = [_scores(models)]
    if report["differences"]:
        parts.append(_differences(report["differences"]))
    parts += [_stances(models), _speakers(models), _calibration(models), _selective(models)]
    if report.get("suites"):
        parts.append(_suites(report["suites"]))
    for name, model in models.items():
        of = f" of {name}" if len(models) > 1 else ""
        parts += [_slices(model, of), _errors(model, of, report["texts"])]
    return [*parts, _unread(models), _made_with(report)]


# --- scores ---------------------------------------------------------------------------------------


def _scores(models: Mapping[str, Any]) -> Section:
    names = [*METRICS, "stance_accuracy"]
    rows = [[name, *(interval(m["scores"][name]) for m in models.values())] for name in names]
    picture = partial(scores_picture, {name: m["scores"] for name, m in models.items()}, names)
    return Section(
        "Scores",
        "In brackets: 95% bootstrap intervals that resample articles. stance_macro_f1 is the mean "
        "F1 of the four stances; joint_f1 counts (sentence, speaker, stance), joint_f1_stance the "
        "same where the stance is not none; speaker_exact is the share of sentences with exactly "
        "the right speakers, speaker_f1 counts (sentence, speaker), so that of two speakers one "
        "may be right; stance_accuracy is the share of labels with the right stance.",
        [Table("", ["score", *models], rows)],
        [Picture("Scores with their intervals.", picture)],
    )


def _differences(found: Sequence[Mapping[str, Any]]) -> Section:
    names = list(found[0]["second_minus_first"])
    rows = [
        [
            f"{pair['second']} minus {pair['first']}",
            *(interval(pair["second_minus_first"][name], sign=True) for name in names),
        ]
        for pair in found
    ]
    return Section(
        "Differences between the models",
        "Both models are scored on the same draws of articles (paired bootstrap). An interval that "
        "excludes 0 is marked *.",
        [Table("", ["models", *names], rows)],
    )


def _stances(models: Mapping[str, Any]) -> Section:
    header = ["stance", "gold", "predicted", "precision", "recall", "F1"]
    tables, pictures = [], []
    for name, model in models.items():
        rows = [
            [
                stance,
                f"{row['gold']:,}",
                f"{row['predicted']:,}",
                *(interval(row[score]) for score in ("precision", "recall", "f1")),
            ]
            for stance, row in model["stances"].items()
        ]
        tables.append(Table(name, header, rows))
        matrix = [
            [gold, *map(str, row)] for gold, row in zip(STANCES, model["confusion"], strict=True)
        ]
        tables.append(Table(f"{name}: gold by predicted", ["gold", *STANCES], matrix))
        draw = partial(confusion_picture, model["confusion"])
        pictures.append(Picture(f"{name}: confusion of the stances", draw))
    return Section(
        "Stances",
        "A gold label meets the predicted label of its speaker or, where that speaker was not "
        "found, the first one of the sentence.",
        tables,
        pictures,
    )


def _speakers(models: Mapping[str, Any]) -> Section:
    tables = [
        Table(
            name,
            ["the sentence tells by", "labels", "speaker right", "speaker and stance right"],
            [
                [
                    kind,
                    f"{row['labels']:,}",
                    interval(row["speaker_right"]),
                    interval(row["both_right"]),
                ]
                for kind, row in model["speakers"].items()
            ],
        )
        for name, model in models.items()
    ]
    return Section(
        "Speakers",
        "A running quotation names its speaker in another sentence. Where the gold data marks no "
        "mentions, the kind is read from the words of the sentence and is rough.",
        tables,
    )


def _suites(behaviour: Mapping[str, Any]) -> Section:
    """Shares of each suite and variant; failing cases stand in metrics.json."""
    names = list(behaviour)
    rows = []
    for suite, first in behaviour[names[0]].items():
        shares = [behaviour[name][suite]["passed"] for name in names]
        rows.append(_suite_row(suite, shares))
        for variant in first["variants"]:
            shares = [behaviour[name][suite]["variants"][variant] for name in names]
            rows.append(_suite_row(f"{suite}: {variant}", shares))
    columns = ("cases passed", "stance right or kept")
    header = ["suite", *(f"{name}: {column}" for name in names for column in columns)]
    failures = [
        [
            f"{name}: {failure['case']}",
            _readings(failure["expected"]),
            _readings(failure["found"]),
            failure["text"],
        ]
        for name in names
        for suite in behaviour[name].values()
        for failure in suite["failures"][:SHOWN_FAILURES]
    ]
    return Section(
        "Behaviour",
        "Minimal pairs that must have certain stances, and changes that must not matter. The first "
        f"{SHOWN_FAILURES} failures of each suite follow; metrics.json has all.",
        [
            Table("", header, rows),
            Table("failures", ["case", "expected", "found", "text"], failures, wide=True),
        ],
    )


def _suite_row(title: str, shares: Sequence[Mapping[str, Any]]) -> list[str]:
    cells = []
    for share in shares:
        cases, stances = share["cases"], share["stances"]
        cells += [
            f"{cases['count']}/{cases['of']}",
            interval((stances["share"], stances["low"], stances["high"])),
        ]
    return [title, *cells]


def _readings(readings: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{r['speaker'] or REPORTER}: {r['stance']}" if "speaker" in r else r["stance"]
        for r in readings
    )


# --- probabilities --------------------------------------------------------------------------------


def _calibration(models: Mapping[str, Any]) -> Section:
    rows = [
        [
            name,
            interval(model["calibration"]["expected_calibration_error"]),
            interval(model["calibration"]["brier_score"]),
        ]
        for name, model in models.items()
    ]
    picture = partial(reliability_picture, {name: m["calibration"] for name, m in models.items()})
    return Section(
        "Do the probabilities mean what they say?",
        "The expected calibration error is the mean gap between confidence and accuracy over ten "
        "bins (0 is best); the Brier score is the mean squared distance from the truth (0 to 2).",
        [Table("", ["model", "expected calibration error", "Brier score"], rows)],
        [
            Picture(
                "Reliability: on the dotted line, a confidence is the share of right labels.",
                picture,
            )
        ],
    )


def _selective(models: Mapping[str, Any]) -> Section:
    rows = [
        [
            name,
            f"{row['accuracy']:.0%}",
            number(row["min_confidence"], "none reaches it"),
            number(row["coverage"], ""),
        ]
        for name, model in models.items()
        for row in model["selective"]["thresholds"]
    ]
    picture = partial(risk_coverage_picture, {name: m["selective"] for name, m in models.items()})
    return Section(
        "What leaving unsure labels to a person gains",
        "Labels at or above the threshold (label --min-confidence) have the wanted share of right "
        "stances on this data; coverage is the share of labels that reach it. The threshold was "
        "read off the same data, so expect a little less on new articles.",
        [Table("", ["model", "wanted", "threshold", "coverage"], rows)],
        [Picture("Share of right stances among the labels kept.", picture)],
    )


# --- where it errs --------------------------------------------------------------------------------


def _slices(model: Mapping[str, Any], of: str) -> Section:
    tables = []
    for name, groups in model["slices"].items():
        scores = list(next(iter(groups.values()))["scores"])
        rows = [
            [
                group,
                f"{row['articles']:,}",
                f"{row['sentences']:,}",
                *(interval(row["scores"][score]) for score in scores),
            ]
            for group, row in groups.items()
        ]
        tables.append(Table(name, [name, "articles", "sentences", *scores], rows))
    return Section(
        f"Slices{of}",
        "The same scores for parts of the sentences. Few articles make wide intervals, and with "
        "one article there is none to speak of.",
        tables,
    )


def _errors(model: Mapping[str, Any], of: str, texts: bool) -> Section:
    header = ["article", "sentence", *(["text"] if texts else []), "gold", "found", "confidence"]
    rows = [
        [
            error["article_id"],
            str(error["sentence_index"] + 1),
            *([error["text"]] if texts else []),
            _label(error["gold"]),
            _label(error["found"]),
            f"{error['confidence']:.2f}",
        ]
        for error in model["errors"]
    ]
    return Section(
        f"The most confident errors{of}",
        "Labels that are wrong in speaker or stance, the surest first. Some of them may be right, "
        "and the gold label wrong.",
        [Table("", header, rows, wide=texts)] if rows else [],
    )


def _label(label: Mapping[str, Any]) -> str:
    return f"{label['speaker'] or REPORTER}: {label['stance'] or 'nothing'}"


def _unread(models: Mapping[str, Any]) -> Section:
    rows = [
        [name, str(model["unread"]["sentences_without_label"]), _notices(model["unread"])]
        for name, model in models.items()
    ]
    return Section(
        "What was not read",
        "Gold sentences that got no label, and what the model noted about the articles.",
        [Table("", ["model", "sentences without a label", "notices"], rows)],
    )


def _notices(unread: Mapping[str, Any]) -> str:
    return ", ".join(f"{n} {code}" for code, n in unread["notice_counts"].items()) or "none"


def _made_with(report: Mapping[str, Any]) -> Section:
    data = [[key, str(value)] for key, value in report["data"].items() if value is not None]
    keys = ("model", "fingerprint", "encoder", "guide", "precision", "bytes", "created_by")
    rows = [[key, *(str(m[key]) for m in report["models"])] for key in keys]
    versions = [list(pair) for pair in report["environment"].items()]
    return Section(
        "Made with",
        "",
        [
            Table("command", ["", "command"], [["", report["command"]]]),
            Table("data", ["", "gold data"], data),
            Table("models", ["", *(m["name"] for m in report["models"])], rows),
            Table("environment", ["", "version"], versions),
        ],
    )


# --- numbers --------------------------------------------------------------------------------------


def interval(score: Sequence[float], *, sign: bool = False) -> str:
    """A score with its interval; with `sign`, a difference, marked where 0 lies outside.

    >>> interval([0.5, 0.4, 0.613]), interval([0.1, 0.02, 0.2], sign=True)
    ('0.500 (0.400 to 0.613)', '+0.100 (+0.020 to +0.200) *')
    """
    value, low, high = score
    form = "+.3f" if sign else ".3f"
    text = f"{value:{form}} ({low:{form}} to {high:{form}})"
    return f"{text} *" if sign and (low > 0 or high < 0) else text


def number(value: float | None, otherwise: str) -> str:
    """A number with three decimals, or what is said where there is none."""
    return otherwise if value is None else f"{value:.3f}"


def summary(report: Mapping[str, Any]) -> Iterator[str]:
    """The main scores in a line for each model, for a terminal."""
    for model in report["models"]:
        scores = (f"{name} {interval(model['scores'][name])}" for name in MAIN)
        yield f"{model['name']}: " + ", ".join(scores)
