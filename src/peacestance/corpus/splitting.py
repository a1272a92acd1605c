"""Drawing fixed splits: whole processes unseen, the rest spread evenly over dev and test-seen."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from peacestance.corpus.checking import process_of, register_of
from peacestance.schema import LabelledArticle, UserError

# Articles of rarer processes stay in train, or a "seen" test could be on a process never seen.
SMALLEST_DRAWN = 4


def draw_splits(
    articles: Sequence[LabelledArticle],
    unseen: Collection[str],
    held_out: int,
    main_process: str | None = None,
) -> dict[str, list[str]]:
    """Draw the splits of a corpus; the same articles always give the same splits.

    Articles outside `unseen` are sorted by process group (`main_process` or other), register, and a
    hash of the id, and every n-th is held out (systematic sampling), so that each group and
    register has its share; the held-out ones go to dev and test-seen in turn.

    Args:
        articles: the corpus.
        unseen: the processes that make up test-unseen.
        held_out: how many articles dev and test-seen get, each.
        main_process: a process so frequent that it is a stratum of its own.

    Returns:
        split -> article ids, each list sorted.

    Raises:
        UserError: a process of `unseen` that no article has, or too few articles to hold out.
    """
    absent = sorted(set(unseen) - {process_of(article) for article in articles})
    if absent:
        raise UserError(f"no article has the process {absent[0]!r} that is to be unseen")
    sizes = Counter(map(process_of, articles))
    drawable = [
        article
        for article in articles
        if process_of(article) not in unseen and sizes[process_of(article)] >= SMALLEST_DRAWN
    ]
    if len(drawable) <= 2 * held_out:
        raise UserError(f"cannot hold out 2 x {held_out} of {len(drawable)} articles")

    def stratum(labelled: LabelledArticle) -> tuple[bool, str, str]:
        key = labelled.article.id
        digest = hashlib.sha256(key.encode()).hexdigest()
        return process_of(labelled) != main_process, register_of(labelled), digest

    ids = [article.article.id for article in sorted(drawable, key=stratum)]
    step = len(ids) / (2 * held_out) if held_out else 0
    drawn = [ids[int((i + 0.5) * step)] for i in range(2 * held_out)]
    unseen_ids = {a.article.id for a in articles if process_of(a) in unseen}
    return {
        "train": sorted({a.article.id for a in articles} - unseen_ids - set(drawn)),
        "dev": sorted(drawn[::2]),
        "test-seen": sorted(drawn[1::2]),
        "test-unseen": sorted(unseen_ids),
    }


def add_articles(
    splits: Mapping[str, Sequence[str]], articles: Sequence[LabelledArticle], dev_share: int
) -> dict[str, list[str]]:
    """The splits with articles that came later: the test splits stay as they are.

    Sorted by the hash of their ids, every `dev_share`-th new article goes to dev, the rest to
    train; one whose process is new to the corpus goes to train, so that dev stays seen.

    Raises:
        UserError: a new article belongs to a process that is to be unseen.
    """
    of_process: dict[str, set[str]] = {}
    split_of = {key: name for name, ids in splits.items() for key in ids}
    for article in articles:
        if article.article.id in split_of:
            of_process.setdefault(process_of(article), set()).add(split_of[article.article.id])
    new = [article for article in articles if article.article.id not in split_of]
    for article in new:
        if of_process.get(process_of(article)) == {"test-unseen"}:
            raise UserError(
                f"{article.article.id}: the process {process_of(article)} is in test-unseen; "
                "training must not see it: leave the article out"
            )
    known = [a.article.id for a in new if "train" in of_process.get(process_of(a), ())]
    by_hash = sorted(known, key=lambda key: hashlib.sha256(key.encode()).hexdigest())
    dev = set(by_hash[dev_share - 1 :: dev_share])
    train = {article.article.id for article in new} - dev
    return {name: list(ids) for name, ids in splits.items()} | {
        "train": sorted({*splits["train"], *train}),
        "dev": sorted({*splits["dev"], *dev}),
    }
