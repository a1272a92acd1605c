"""Agreement of two annotators who read the same articles without seeing each other's labels.

The second annotator gets a *blind sheet*: the article with numbered sentences and nothing else.
It comes back as lines `number => Speaker's name stance; ...`, `-` being the reporter.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import krippendorff
import numpy as np
import numpy.typing as npt

from peacestance.evaluation.metrics import Named, name_words, named_labels, same_speaker
from peacestance.files import replacing
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
        found[number] = _read_labels(match[2], f"{path}:{at}")
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

    A name of the second that is one of a speaker's mentions becomes that speaker's name: who is
    "the envoy" to one may be "Anna Ruiz, special envoy" to the other.

    Raises:
        ValueError: the two differ in the number of sentences.
    """
    owners = _owners(labelled)
    return [
        Coded(
            labelled.article.id,
            number,
            tuple(named_labels(labelled, sentence)),
            tuple((_owner(name, owners), stance) for name, stance in labels),
        )
        for number, (sentence, labels) in enumerate(zip(labelled.sentences, second, strict=True))
    ]


def _owners(labelled: LabelledArticle) -> dict[tuple[str, ...], str]:
    """Words of mentions -> name of the speaker, where all such mentions are of one speaker."""
    found: dict[tuple[str, ...], set[str]] = {}
    for speaker in labelled.speakers:
        for text in (speaker.name, *(mention.text for mention in speaker.mentions)):
            found.setdefault(_words(text), set()).add(speaker.name)
    return {words: names.pop() for words, names in found.items() if words and len(names) == 1}


def _owner(name: str | None, owners: Mapping[tuple[str, ...], str]) -> str | None:
    return None if name is None else owners.get(_words(name), name)


def _words(name: str) -> tuple[str, ...]:
    return tuple(sorted(name_words(name)))


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


def write_coded(path: str | Path, coded: Iterable[Coded]) -> None:
    """Store both annotators' labels as JSON Lines, an article a line, as `read_coded` reads them.

    A line is `{"id": ..., "first": [...], "second": [...]}`, the labels of a sentence written as
    on a sheet: `"Donald Tusk cautious; - none"`.
    """
    rows: dict[str, dict[str, list[str]]] = {}
    for c in coded:
        row = rows.setdefault(c.article_id, {"first": [], "second": []})
        row["first"].append(_written(c.first))
        row["second"].append(_written(c.second))
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as out:
        for article_id, row in rows.items():
            out.write(json.dumps({"id": article_id, **row}, ensure_ascii=False) + "\n")


def read_coded(path: str | Path) -> list[Coded]:
    """The labels of two annotators that `write_coded` stored.

    Raises:
        UserError: no such file, a line that is not such a row, or sentences of one annotator only.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    coded = []
    for at, line in enumerate(lines, 1):
        where = f"{path}:{at}"
        try:
            row = json.loads(line)
            pairs = list(zip(row["first"], row["second"], strict=True))
        except (ValueError, TypeError, KeyError) as error:
            what = 'write {"id": ..., "first": [...], "second": [...]} with as many sentences'
            raise UserError(f"{where}: not a coded article ({error}); {what}") from None
        coded += [
            Coded(row["id"], number, _read_labels(first, where), _read_labels(second, where))
            for number, (first, second) in enumerate(pairs)
        ]
    return coded


def _written(labels: Iterable[Named]) -> str:
    return "; ".join(f"{name or REPORTER} {stance}" for name, stance in labels)


def _read_labels(written: str, where: str) -> tuple[Named, ...]:
    return tuple(_read_label(part, where) for part in written.split(";"))


def agreement(coded: Sequence[Coded]) -> dict[str, float]:
    """Krippendorff's alpha (nominal; Krippendorff 2011) and shares of equal sentences.

    A sentence is a unit. Its value for `alpha_speaker` is the set of its speakers, for
    `alpha_stance` the stances in order; two sentences with one label in common still differ.
    `alpha_stance_same_speaker` counts only the sentences whose speakers are agreed.

    Returns:
        sentences, alpha_speaker, alpha_stance, alpha_stance_same_speaker, and the share of
        sentences without any difference, same.
    """
    return {
        "sentences": len(coded),
        **{name: _alpha(pairs) for name, (_, pairs) in _values(coded).items()},
        "same": float(np.mean([not differs(c) for c in coded])),
    }


def alpha_intervals(
    coded: Sequence[Coded], *, rounds: int = 2000, seed: int = 0, level: float = 0.95
) -> dict[str, tuple[float, float]]:
    """The percentile bootstrap interval of each alpha; articles are resampled, as in scores.

    Returns:
        name of `agreement` -> (lower end, upper end).
    """
    names = list(dict.fromkeys(c.article_id for c in coded))
    picks = np.random.default_rng(seed).integers(len(names), size=(rounds, len(names)))
    tail = (1 - level) / 2
    intervals = {}
    for alpha, (articles, pairs) in _values(coded).items():
        tables = _coincidences([names.index(article) for article in articles], pairs, len(names))
        drawn = [_alpha_of_table(tables[pick].sum(0)) for pick in picks]
        low, high = np.nanquantile(drawn, [tail, 1 - tail])
        intervals[alpha] = (float(low), float(high))
    return intervals


def _values(coded: Sequence[Coded]) -> dict[str, tuple[list[str], list[tuple[str, str]]]]:
    """For each alpha, the articles of its sentences and what both annotators say of them."""
    articles = [c.article_id for c in coded]
    speakers = _speakers(coded)
    stances = [(_stances(c.first), _stances(c.second)) for c in coded]
    same = [at for at, (a, b) in enumerate(speakers) if a == b]
    agreed = ([articles[at] for at in same], [stances[at] for at in same])
    return {
        "alpha_speaker": (articles, speakers),
        "alpha_stance": (articles, stances),
        "alpha_stance_same_speaker": agreed,
    }


def _speakers(coded: Sequence[Coded]) -> list[tuple[str, str]]:
    """Both sets of speakers of each sentence, as strings.

    A speaker's value is its number in the article, in order of appearance; the reporter's is the
    same in all. Names would make a value of every person of the corpus, so that nothing were ever
    agreed by chance, and alpha higher.
    """
    known: dict[str, list[str]] = {}
    pairs = []
    for c in coded:
        names = known.setdefault(c.article_id, [])
        pairs.append((_numbered(c.first, names), _numbered(c.second, names)))
    return pairs


def _numbered(labels: Sequence[Named], known: list[str]) -> str:
    """The speakers of a sentence as numbers into `known`, which takes in new names."""
    return "; ".join(sorted(REPORTER if n is None else _number(n, known) for n, _ in labels))


def _number(name: str, known: list[str]) -> str:
    """The number of the known name that means the same speaker; the same words win over fewer."""
    equal = (i for i, k in enumerate(known) if name_words(k) == name_words(name))
    alike = (i for i, k in enumerate(known) if same_speaker(k, name))
    number = next(equal, next(alike, None))
    if number is None:
        known.append(name)
        return str(len(known) - 1)
    return str(number)


def _stances(labels: Sequence[Named]) -> str:
    return "; ".join(sorted(stance for _, stance in labels))


def _alpha(pairs: Sequence[tuple[str, str]]) -> float:
    """Alpha of two annotators; NaN where all units have one value, which leaves it undefined."""
    codes = _codes(pairs)
    if codes.max(initial=0) == 0:
        return float("nan")
    return float(krippendorff.alpha(reliability_data=codes.T, level_of_measurement="nominal"))


def _codes(pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int64]:
    """The values as numbers from 0, units x annotators."""
    distinct = dict.fromkeys(value for pair in pairs for value in pair)
    numbers = {value: number for number, value in enumerate(distinct)}
    return np.array([[numbers[value] for value in pair] for pair in pairs], dtype=np.int64)


def _coincidences(
    articles: Sequence[int], pairs: Sequence[tuple[str, str]], n_articles: int
) -> npt.NDArray[np.int64]:
    """How often two values meet in a unit of an article, articles x values x values."""
    codes = _codes(pairs)
    n_values = int(codes.max(initial=0)) + 1
    tables = np.zeros((n_articles, n_values, n_values), dtype=np.int64)
    np.add.at(tables, (np.array(articles), codes[:, 0], codes[:, 1]), 1)
    return tables + tables.transpose(0, 2, 1)


def _alpha_of_table(table: npt.NDArray[np.int64]) -> float:
    """Nominal alpha of a table of coincidences (Krippendorff 2011, section C).

    The library's alpha of the same units, without their units x values x values array, which
    makes a thousand resamples affordable.
    """
    totals = table.sum(0)
    n = totals.sum()
    expected = n * n - (totals * totals).sum()
    if not expected:
        return float("nan")
    return float(1 - (n - 1) * (n - table.trace()) / expected)
