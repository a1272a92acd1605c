"""Near-duplicate articles: a test article that training has seen in other clothes measures nothing.

The measure is the containment of word shingles (Broder, "On the resemblance and containment of
documents", 1997): the share of the shorter article's runs of five words that the other has too.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations

from peacestance.schema import LabelledArticle

SHINGLE_WORDS = 5
# Unrelated articles on one event share up to a tenth of their runs (set phrases of the trade);
# a reprint with a new first paragraph shares well over half.
THRESHOLD = 0.2


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class NearDuplicate:
    """Two article ids and the share, in (0, 1], of the shorter one's shingles that both have."""

    containment: float
    first: str
    second: str


def near_duplicates(
    articles: Iterable[LabelledArticle], threshold: float = THRESHOLD
) -> list[NearDuplicate]:
    """Find the pairs of articles that share at least `threshold` of their shingles.

    Args:
        articles: articles with different ids.
        threshold: the least containment, in (0, 1].

    Returns:
        The pairs, the most alike first. Time grows with the shared shingles, not with the pairs.
    """
    shingles = {article.article.id: shingles_of(article.text) for article in articles}
    holders: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for key, found in shingles.items():
        for shingle in found:
            holders[shingle].append(key)
    shared = Counter(pair for keys in holders.values() for pair in combinations(keys, 2))
    pairs = (
        NearDuplicate(count / min(len(shingles[a]), len(shingles[b])), a, b)
        for (a, b), count in shared.items()
    )
    return sorted((pair for pair in pairs if pair.containment >= threshold), reverse=True)


def shingles_of(text: str, words: int = SHINGLE_WORDS) -> set[tuple[str, ...]]:
    """The runs of `words` words in a text, in lower case and without punctuation.

    >>> sorted(shingles_of("To be, or not", words=3))
    [('be', 'or', 'not'), ('to', 'be', 'or')]
    """
    found = re.findall(r"\w+", text.lower())
    return {tuple(found[i : i + words]) for i in range(len(found) - words + 1)}
