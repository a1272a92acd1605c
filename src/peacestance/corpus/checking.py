"""Every problem of a corpus at once, and a summary of what it holds."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peacestance.corpus.reading import read_collecting
from peacestance.corpus.splits import has_splits, read_split_ids
from peacestance.corpus.textform import Problem
from peacestance.schema import STANCES, LabelledArticle, UserError

if TYPE_CHECKING:
    from rich.table import Table

NOT_GIVEN = "(not given)"
_Counts = dict[str, dict[str, int]]


@dataclasses.dataclass(frozen=True, slots=True)
class Summary:
    """What a corpus holds. The stance tables count labels: group -> stance -> number."""

    articles: int
    sentences: int
    labels: int
    speakers: int
    mentions: int
    reporter_labels: int
    two_speaker_sentences: int
    running_quotation_labels: int
    stances: dict[str, int]
    by_register: _Counts
    by_process: _Counts
    articles_by_register: dict[str, int]
    articles_by_process: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain JSON values."""
        return dataclasses.asdict(self)


def check_corpus(path: str | Path) -> tuple[list[Problem], Summary]:
    """Check every rule of a corpus and sum up the articles that hold to them.

    Args:
        path: a folder, or a .txt, .jsonl or .parquet file. The splits file of a folder is checked
            with it where there is one.

    Returns:
        Every problem, sorted by file and line (none: the corpus is fine), and the summary.

    Raises:
        UserError: no such path, a suffix that no corpus has, or a missing extra.
    """
    articles, problems = read_collecting(path)
    folder = Path(path)
    if has_splits(folder):
        problems += _splits_problems(folder, {article.article.id for article in articles})
    return sorted(problems), summarise(articles)


def _splits_problems(folder: Path, known: set[str]) -> Iterator[Problem]:
    try:
        ids_of = read_split_ids(folder)
    except UserError as error:
        yield Problem(str(folder), 0, str(error))
        return
    named = {key for ids in ids_of.values() for key in ids}
    for key in sorted(named - known):
        yield Problem(str(folder), 0, f"the splits name {key!r}, but no valid article has this id")
    for key in sorted(known - named):
        yield Problem(str(folder), 0, f"article {key!r} is in no split; add it to one")


def summarise(articles: Iterable[LabelledArticle]) -> Summary:
    """Count articles, sentences, labels, speakers, mentions, and stances by register and process.

    A label with a speaker but no mention in its sentence counts as a running quotation.
    """
    articles = list(articles)
    sentences = [sentence for article in articles for sentence in article.sentences]
    labels = [label for sentence in sentences for label in sentence.labels]
    running = sum(
        label.speaker is not None
        and not (label.mention and sentence.start <= label.mention.start < sentence.end)
        for sentence in sentences
        for label in sentence.labels
    )
    return Summary(
        articles=len(articles),
        sentences=len(sentences),
        labels=len(labels),
        speakers=sum(len(article.speakers) for article in articles),
        mentions=sum(len(s.mentions) for article in articles for s in article.speakers),
        reporter_labels=sum(label.speaker is None for label in labels),
        two_speaker_sentences=sum(len(sentence.labels) > 1 for sentence in sentences),
        running_quotation_labels=running,
        stances=_stance_counts(articles),
        by_register=_counts_by(articles, register_of),
        by_process=_counts_by(articles, process_of),
        articles_by_register=dict(sorted(Counter(map(register_of, articles)).items())),
        articles_by_process=dict(sorted(Counter(map(process_of, articles)).items())),
    )


def register_of(labelled: LabelledArticle) -> str:
    """The register of an article, or a word for "none given"."""
    return labelled.article.register or NOT_GIVEN


def process_of(labelled: LabelledArticle) -> str:
    """The peace process of an article, or a word for "none given"."""
    return labelled.article.process or NOT_GIVEN


def _stance_counts(articles: Iterable[LabelledArticle]) -> dict[str, int]:
    counts = Counter(label.stance for article in articles for _, label in article.labels())
    return {stance.value: counts[stance] for stance in STANCES}


def _counts_by(
    articles: Iterable[LabelledArticle], group_of: Callable[[LabelledArticle], str]
) -> _Counts:
    groups: dict[str, list[LabelledArticle]] = {}
    for article in articles:
        groups.setdefault(group_of(article), []).append(article)
    return {name: _stance_counts(groups[name]) for name in sorted(groups)}


def summary_tables(summary: Summary) -> list[Table]:
    """The summary as rich tables: totals, stances by register, stances by process."""
    from rich.table import Table

    totals = Table(title="Corpus", show_header=False)
    totals.add_column()
    totals.add_column(justify="right")
    for field in dataclasses.fields(summary):
        value = getattr(summary, field.name)
        if isinstance(value, int):
            totals.add_row(field.name.replace("_", " "), f"{value:,}")
    everything = {"all": summary.stances}
    return [
        totals,
        _stance_table("Register", summary.articles_by_register, summary.by_register | everything),
        _stance_table("Process", summary.articles_by_process, summary.by_process | everything),
    ]


def _stance_table(title: str, articles: dict[str, int], counts: _Counts) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=f"Labels by {title.lower()} and stance", box=box.SIMPLE)
    table.padding = (0, 1, 0, 0)
    table.add_column(title, no_wrap=True, min_width=min(30, max(map(len, counts))))
    for name in ("articles", "labels", *STANCES):
        table.add_column(name, justify="right")
    for name, row in counts.items():
        table.add_row(name, *stance_cells(articles.get(name, sum(articles.values())), row))
    return table


def stance_cells(articles: int, row: dict[str, int]) -> list[str]:
    """The cells of one row: articles, labels and the share of each stance.

    >>> stance_cells(2, {"optimistic": 1, "cautious": 2, "opposed": 0, "none": 5})
    ['2', '8', '12.5%', '25.0%', '0.0%', '62.5%']
    """
    total = sum(row.values())
    shares = (f"{row[stance] / total:.1%}" if total else "-" for stance in STANCES)
    return [f"{articles:,}", f"{total:,}", *shares]
