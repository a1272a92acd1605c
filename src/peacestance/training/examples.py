"""The training set: chunks with targets, their names swapped anew in every epoch."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from torch.utils.data import Dataset

from peacestance.chunking import ChunkingConfig, chunk_article, cut_windows, make_pieces
from peacestance.schema import LabelledArticle
from peacestance.training.augment import swap_names, swap_sides
from peacestance.training.targets import Example, gold_mentions, make_example

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from peacestance.training.recipe import AugmentRecipe


@dataclasses.dataclass(frozen=True, slots=True)
class _Place:
    """Which chunk an item is: article, number of the chunk, tokens it has without any swap."""

    article: int
    chunk: int
    tokens: int


class ChunkDataset(Dataset[Example]):
    """Chunks of labelled articles; `set_epoch` draws new names.

    The windows of sentences are those of the article as written, so the number of items and their
    rough lengths stay fixed. Where other names would make a chunk too long, the article is left
    as it is in that epoch.
    """

    def __init__(
        self,
        articles: Sequence[LabelledArticle],
        tokenizer: Tokenizer,
        chunking: ChunkingConfig,
        augment: AugmentRecipe,
        seed: int,
    ) -> None:
        self.articles = articles
        self.tokenizer = tokenizer
        self.chunking = chunking
        self.augment = augment
        self.seed = seed
        self.epoch = 0
        self._windows = [self._cut(labelled) for labelled in articles]
        self.places = [
            _Place(a, c, len(example.chunk))
            for a, labelled in enumerate(articles)
            for c, example in enumerate(self._examples(labelled, a))
        ]
        self._of_article = lru_cache(maxsize=len(articles))(self._draw)

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> Example:
        place = self.places[index]
        return self._of_article(place.article)[place.chunk]

    @property
    def lengths(self) -> list[int]:
        """Tokens of each item, for batches of like lengths."""
        return [place.tokens for place in self.places]

    def set_epoch(self, epoch: int) -> None:
        """Draw other names for this epoch; the same seed and epoch give the same names."""
        self.epoch = epoch
        self._of_article.cache_clear()

    def _cut(self, labelled: LabelledArticle) -> list[tuple[int, int]]:
        spans = [(s.start, s.end) for s in labelled.sentences]
        pieces = make_pieces(labelled.text, spans, self.tokenizer, self.chunking)
        return cut_windows([len(piece) for piece in pieces], self.chunking)

    def _draw(self, number: int) -> list[Example]:
        labelled = self.articles[number]
        rng = random.Random(f"{self.seed}/{self.epoch}/{labelled.article.id}")
        changed = labelled
        if rng.random() < self.augment.name_swap:  # first: names are searched once per article
            changed = swap_names(changed, rng)
        if rng.random() < self.augment.side_swap:
            changed = swap_sides(changed, rng)
        examples = self._examples(changed, number)
        if max(len(example.chunk) for example in examples) > self.chunking.max_tokens:
            return self._examples(labelled, number)
        return examples

    def _examples(self, labelled: LabelledArticle, number: int) -> list[Example]:
        spans = [(s.start, s.end) for s in labelled.sentences]
        chunks = chunk_article(
            labelled.text,
            spans,
            self.tokenizer,
            self._with_other_pseudonyms(number),
            self._windows[number],
        )
        mentions = gold_mentions(labelled)
        return [make_example(chunk, labelled, mentions) for chunk in chunks]

    def _with_other_pseudonyms(self, number: int) -> ChunkingConfig:
        """Persons stand behind other pseudonyms in every epoch: none of them may mean anything."""
        ids = list(self.chunking.pseudonym_ids)
        random.Random(f"{self.seed}/{self.epoch}/{number}").shuffle(ids)
        return dataclasses.replace(self.chunking, pseudonym_ids=tuple(ids))
