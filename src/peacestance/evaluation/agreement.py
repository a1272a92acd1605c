"""Agreement of two annotators who read the same articles without seeing each other's labels.

The second annotator gets a *blind sheet*: the article with numbered sentences and nothing else.
It comes back as lines `number => Speaker's name stance; ...`, `-` being the reporter.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence

import krippendorff
import numpy as np

from peacestance.evaluation.metrics import Named, name_words, named_labels, same_speaker
from peacestance.schema import STANCES, LabelledArticle, Stance, UserError

REPORTER = "-"

_LINE = re.compile(r"\s*(\d+)\s*=>\s*(.+)")


@dataclasses.dataclass(frozen=True, slots=True)
class Coded:
    """One sentence as two annotators labelled it; `sentence` counts from 0."""

    article_id: str
    sentence: int
    first: tuple[Named, ...]
    second: tuple[Named, ...]


def blind_sheet(labelled: LabelledArticle) -> str:
    """The article for an annotator: title, numbered sentences, a blank line between paragraphs."""
    text = labelled.article.text
    lines = [f"# id: {labelled.article.id}", f"# title: {labelled.article.title or ''}", ""]
    end = 0
    for number, sentence in enumerate(labelled.sentences, 1):
        if number > 1 and "\n\n" in text[end : sentence.start]:
            lines.append("")
        lines.append(f"{number} {' '.join(text[sentence.start : sentence.end].split())}")
        end = sentence.end
    return "\n".join(lines) + "\n"


def read_sheet(lines: Iterable[str], n_sentences: int, path: str) -> list[tuple[Named, ...]]:
    """The labels of each sentence from a sheet that came back; lines may come in any order.

    Raises:
        UserError: a line that cannot be read, an unknown stance, a sentence without labels, with
            two lines or with a number the article has not.
    """
    found: dict[int, tuple[Named, ...]] = {}
    for at, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            raise UserError(
                f"{path}:{at}: found {line.strip()!r}; write NUMBER => NAME STANCE; ..."
            )
        number = int(match[1])
        if not 1 <= number <= n_sentences or number in found:
            why = "stands there twice" if number in found else f"is not in 1..{n_sentences}"
            raise UserError(f"{path}:{at}: sentence {number} {why}; write one line per sentence")
        found[number] = tuple(_read_label(part, f"{path}:{at}") for part in match[2].split(";"))
    missing = [str(n) for n in range(1, n_sentences + 1) if n not in found]
    if missing:
        raise UserError(f"{path}: no labels for sentence {', '.join(missing)}; add a line for each")
    return [found[number] for number in range(1, n_sentences + 1)]


def _read_label(written: str, where: str) -> Named:
    name, _, stance = written.strip().rpartition(" ")
    if not name or stance not in set(STANCES):
        raise UserError(
            f"{where}: found {written.strip()!r}; write a name (or - for the reporter) and one of "
            f"{', '.join(STANCES)}"
        )
    return (None if name.strip() == REPORTER else name.strip(), Stance(stance))


def code(labelled: LabelledArticle, second: Sequence[Sequence[Named]]) -> list[Coded]:
    """The labels of an article beside those of a second annotator, a sentence each.

    Raises:
        ValueError: the two differ in the number of sentences.
    """
    return [
        Coded(labelled.article.id, number, tuple(named_labels(labelled, sentence)), tuple(labels))
        for number, (sentence, labels) in enumerate(zip(labelled.sentences, second, strict=True))
    ]


def differs(coded: Coded) -> bool:
    """Whether the two name other speakers, or give a speaker another stance.

    >>> a, b = ("Donald Tusk", Stance.NONE), ("Tusk", Stance.NONE)
    >>> differs(Coded("x", 0, (a,), (b,))), differs(Coded("x", 0, (a,), (b, (None, Stance.NONE))))
    (False, True)
    """
    rest = list(coded.second)
    for name, stance in coded.first:
        partner = next((p for p in rest if same_speaker(name, p[0]) and p[1] == stance), None)
        if partner is None:
            return True
        rest.remove(partner)
    return bool(rest)


def agreement(coded: Sequence[Coded]) -> dict[str, float]:
    """Krippendorff's alpha (nominal; Krippendorff 2011) and shares of equal sentences.

    A sentence is a unit. Its value for `alpha_speaker` is the set of its speakers, for
    `alpha_stance` the stances in order; two sentences with one label in common still differ.
    `alpha_stance_same_speaker` counts only the sentences whose speakers are agreed.

    Returns:
        sentences, alpha_speaker, alpha_stance, alpha_stance_same_speaker, and the share of
        sentences without any difference, same.
    """
    speakers = [_speakers(c) for c in coded]
    stances = [tuple(_stances(labels) for labels in (c.first, c.second)) for c in coded]
    agreed = [pair for pair, (a, b) in zip(stances, speakers, strict=True) if a == b]
    return {
        "sentences": len(coded),
        "alpha_speaker": _alpha(speakers),
        "alpha_stance": _alpha(stances),
        "alpha_stance_same_speaker": _alpha(agreed),
        "same": float(np.mean([not differs(c) for c in coded])),
    }


def _speakers(coded: Coded) -> tuple[str, ...]:
    """Both sets of speakers as strings; names that mean one speaker are written alike.

    The same person in two articles is two values: nothing would be gained by chance.
    """
    known: list[str] = []

    def written(name: str | None) -> str:
        if name is None:
            return REPORTER
        same = next((k for k in known if same_speaker(k, name)), None)
        if same is None:
            known.append(name)
        return " ".join(sorted(name_words(same or name)))

    return tuple(
        "; ".join(sorted(written(name) for name, _ in labels))
        for labels in (coded.first, coded.second)
    )


def _stances(labels: Sequence[Named]) -> str:
    return "; ".join(sorted(stance for _, stance in labels))


def _alpha(pairs: Sequence[Sequence[str]]) -> float:
    """Alpha of two annotators; NaN where all units have one value, which leaves it undefined."""
    distinct = dict.fromkeys(value for pair in pairs for value in pair)
    values = {value: number for number, value in enumerate(distinct)}
    if len(values) < 2:
        return float("nan")
    data = np.array([[values[pair[annotator]] for pair in pairs] for annotator in (0, 1)])
    return float(krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"))
