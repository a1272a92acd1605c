"""The gold of a sample: a coding sheet that a person filled in, joined with its key."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from peacestance.evaluation.coded_sheets import check_coders, read_coders
from peacestance.evaluation.sheets import KeyRow, read_key
from peacestance.exchange.labelled import Fields, LabelRow
from peacestance.records import read_records
from peacestance.schema import Stance, UserError

Where = tuple[str, int, int]
"""Which label: the article's id, the sentence's index, the label's number in the sentence."""


@dataclasses.dataclass(frozen=True, slots=True)
class GoldLabel:
    """A label of the sample as a person coded it.

    Attributes:
        place: where it stands in the sheet.
        stance: what the person says; `None`: the row is blank.
        speaker_right: what the person says of the speaker; `None`: nothing.
        speaker, key: what the model says.
    """

    place: str
    where: Where
    stance: Stance | None
    speaker_right: bool | None
    speaker: str | None
    stratum: str
    key: KeyRow


@dataclasses.dataclass(frozen=True, slots=True)
class Gold:
    """All labels of a sample, those of blank rows too."""

    path: Path
    labels: tuple[GoldLabel, ...]

    @property
    def size(self) -> float:
        """How many labels the sample was drawn from: the sum of 1 / probability."""
        return sum(1 / label.key.inclusion_probability for label in self.labels)

    @property
    def coded(self) -> tuple[GoldLabel, ...]:
        """Those that are not blank."""
        return tuple(label for label in self.labels if label.stance is not None)

    def probabilities(self) -> list[float]:
        """Of each coded label, to have been drawn and coded.

        Blank rows are taken for a random part of their stratum: the order of a sheet is random, so
        whoever stops halfway leaves such a part.
        """
        drawn = Counter(label.stratum for label in self.labels)
        coded = Counter(label.stratum for label in self.coded)
        return [
            label.key.inclusion_probability * coded[label.stratum] / drawn[label.stratum]
            for label in self.coded
        ]

    def uncoded_strata(self) -> list[str]:
        """Strata all of whose rows are blank; nothing is known of their labels."""
        coded = {label.stratum for label in self.coded}
        return sorted({label.stratum for label in self.labels} - coded)


def key_beside(sheet: Path) -> Path:
    """Where `sample` puts the key of a sheet.

    >>> key_beside(Path("codes/sheet.csv")).as_posix()
    'codes/sheet.key.jsonl'
    """
    return sheet.with_name(f"{sheet.stem}.key.jsonl")


def read_gold(sheet: Path, key: Path | None = None) -> tuple[Gold, list[str]]:
    """A filled sheet with its key, and every problem with what was written into the sheet.

    Args:
        sheet: as `sample` wrote it, or an export of Label Studio by one person.
        key: its key; by default the file that `sample` wrote beside the sheet.

    Raises:
        UserError: a file that cannot be read, a sheet of two people, or one without any stance.
    """
    key = key or key_beside(sheet)
    if not key.exists():
        raise UserError(
            f"{key}: no such file; name the key that `peacestance sample` wrote with --key FILE"
        )
    answers = read_key(key)
    coders, problems = read_coders([(None, sheet)])
    if len(coders) > 1:
        raise UserError(
            f"{sheet}: codes of {len(coders)} people; settle on one stance for each row, and give"
            " a sheet of these"
        )
    codes = coders[0].codes
    problems += check_coders(coders, answers) if not problems else []
    labels = []
    for row, (where, speaker, stratum) in _drawn_labels(key).items():
        code = codes.get(row)
        labels.append(
            GoldLabel(
                place=code.place if code else f"{key}, row {row}",
                where=where,
                stance=code.stance if code else None,
                speaker_right=code.speaker_right if code else None,
                speaker=speaker,
                stratum=stratum,
                key=answers[row],
            )
        )
    return Gold(sheet, tuple(labels)), problems


def _drawn_labels(key: Path) -> dict[int, tuple[Where, str | None, str]]:
    """By row of the key: which label it is, its speaker and its stratum."""
    found = {}
    for record in read_records(key, ("sentence_index", "label", "speaker", "stratum")):
        fields = Fields(record.place, record.values)
        where = (fields.text("article_id"), fields.whole("sentence_index"), fields.whole("label"))
        found[fields.whole("row")] = (where, fields.optional("speaker"), fields.text("stratum"))
    return found


def difference(gold: GoldLabel, row: LabelRow) -> str | None:
    """How a label differs from the one that was drawn, if it does."""
    name = f"sentence {row.sentence_index} of article {row.article_id!r}"
    if row.model != gold.key.model:
        return f"{name} was labelled by {row.model}, when it was drawn by {gold.key.model}"
    if " ".join(row.text.split()) != gold.key.text:
        return f"{name} is another sentence than when it was drawn"
    if row.speaker != gold.speaker:
        return f"the speaker of {name} is {row.speaker!r}, when it was drawn {gold.speaker!r}"
    if row.stance != gold.key.stance:
        return f"the stance of {name} is {row.stance}, when it was drawn {gold.key.stance}"
    return None


def by_where(gold: Gold) -> Mapping[Where, int]:
    """The number among all labels of the sample of each label drawn."""
    return {label.where: number for number, label in enumerate(gold.labels)}
