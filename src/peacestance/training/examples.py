"""The training set: chunks with targets, their names swapped anew in every epoch."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from torch.utils.data import Dataset

from peacestance.chunking import ChunkingConfig, chunk_article, cut_windows, make_pieces
from peacestance.schema import LabelledArticle, UserError
from peacestance.training.augment import swap_names, swap_sides
from peacestance.training.distill import Teacher, ask
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
        self._answers: list[tuple[np.ndarray, ...]] = []
        self._of_article = lru_cache(maxsize=len(articles))(self._draw)

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> Example:
        place = self.places[index]
        example = self._of_article(place.article)[place.chunk]
        if self._answers:
            return dataclasses.replace(example, answers=self._answers[index])
        return example

    def ask(self, teacher: Teacher) -> None:
        """Give every item a teacher's answers.

        Raises:
            UserError: articles are varied, so that one answer would not fit every epoch.
        """
        if self.augment.name_swap or self.augment.side_swap or not self.chunking.pseudonym_ids:
            raise UserError(
                "distill.teacher answers once for all epochs; set augment.name_swap and "
                "augment.side_swap to 0 and model.hide_names to true"
            )
        self._answers = [ask(teacher, self[index]).answers for index in range(len(self))]

    @property
    def lengths(self) -> list[int]:
        """Tokens of each item, for batches of like lengths."""
        return [place.tokens for place in self.places]

    def set_epoch(self, epoch: int) -> None:
        """Draw other names for this epoch; the same seed and epoch give the same names."""
        self.epoch = epoch
        self._of_article.cache_clear()

    def _cut(self, labelled: LabelledArticle) -> list[tuple[int, int]]:
        return cut_windows(self._lengths(labelled), self.chunking)

    def _lengths(self, labelled: LabelledArticle) -> list[int]:
        """Tokens of each piece, its marker included."""
        spans = [(s.start, s.end) for s in labelled.sentences]
        pieces = make_pieces(labelled.text, spans, self.tokenizer, self.chunking)
        return [len(piece) for piece in pieces]

    def _draw(self, number: int) -> list[Example]:
        labelled = self.articles[number]
        rng = random.Random(f"{self.seed}/{self.epoch}/{labelled.article.id}")
        changed = labelled
        if rng.random() < self.augment.name_swap:  # first: names are searched once per article
            changed = swap_names(changed, rng)
        if rng.random() < self.augment.side_swap:
            changed = swap_sides(changed, rng)
        return self._examples(changed if self._fits(changed, number) else labelled, number)

    def _fits(self, changed: LabelledArticle, number: int) -> bool:
        """Whether the windows of the article as written hold it with other names too."""
        lengths = self._lengths(changed)
        windows = self._windows[number]
        return len(lengths) == windows[-1][1] and all(
            sum(lengths[first:last]) <= self.chunking.capacity for first, last in windows
        )

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
