"""The two forms of a labelled article: its JSON, and one table row per label. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from peacestance.records import FORMULA_MARKS
from peacestance.schema import STANCES, LabelledArticle

COLUMNS: tuple[str, ...] = (
    "article_id",
    "source",
    "date",
    "outlet",
    "sentence_index",
    "start",
    "end",
    "text",
    "speaker",
    "mention",
    "stance",
    "confidence",
    *(f"p_{stance}" for stance in STANCES),
    "model",
)
_DECIMALS = 4  # the last bits of a probability differ between processors; four decimals do not


def json_form(labelled: LabelledArticle) -> dict[str, Any]:
    """The JSON form of the contract with probabilities rounded to four decimals."""
    form = labelled.to_dict()
    for sentence in form["sentences"]:
        for label in sentence["labels"]:
            if "probabilities" in label:
                label["confidence"] = _rounded(label["confidence"])
                probabilities = label["probabilities"].items()
                label["probabilities"] = {key: _rounded(value) for key, value in probabilities}
    return form


def rows(labelled: LabelledArticle) -> Iterator[dict[str, Any]]:
    """One row per label, in reading order, with the keys of `COLUMNS`.

    `speaker` is `None` for the reporter. Values of a gold label that only a model gives
    (confidence and probabilities) are `None`. `sentence_index` counts from 0.
    """
    article = labelled.article
    for index, sentence in enumerate(labelled.sentences):
        for label in sentence.labels:
            speaker = labelled.speaker_of(label)
            probabilities = label.probabilities or (None,) * len(STANCES)
            values = (
                article.id,
                article.source,
                article.date,
                article.outlet,
                index,
                sentence.start,
                sentence.end,
                article.text[sentence.start : sentence.end],
                speaker.name if speaker else None,
                label.mention.text if label.mention else None,
                label.stance.value,
                _rounded(label.confidence),
                *(_rounded(value) for value in probabilities),
                labelled.model,
            )
            yield dict(zip(COLUMNS, values, strict=True))


def safe_cell(value: object) -> object:
    """A cell that a spreadsheet will not take for a formula.

    A text that begins with = + - @, a tab or a carriage return gets an apostrophe before it (the
    OWASP rule against CSV injection). Numbers stay numbers.

    >>> safe_cell("=1+1"), safe_cell("Talks"), safe_cell(-1)
    ("'=1+1", 'Talks', -1)
    """
    if isinstance(value, str) and value.startswith(FORMULA_MARKS):
        return f"'{value}"
    return value


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), _DECIMALS)
