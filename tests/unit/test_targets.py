"""Gold labels to training targets, on an article read by eye."""

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from peacestance.chunking import Chunk, ChunkingConfig, chunk_article
from peacestance.corpus import parse_article
from peacestance.schema import STANCES, LabelledArticle
from peacestance.training.targets import NAME, SOURCE, collate, gold_mentions, make_example

CONFIG = ChunkingConfig(64, 2, 1, 2, 0, 98, 99)
ARTICLE = """\
# id: t-1
# process: invented
# register: wire
# title: Talks
@ ada = Ada Brook
@ council = the council

The [council|council] met. => council none
Brook flew in. => - none
[She|ada] backed it; the [council|council] did not. => ada optimistic; council opposed
"It will hold." => ada optimistic
"""


@pytest.fixture(scope="module")
def labelled() -> LabelledArticle:
    return parse_article(ARTICLE, "t-1.txt")


@pytest.fixture(scope="module")
def chunk(labelled: LabelledArticle) -> Chunk:
    toy = Tokenizer(models.WordLevel({"[UNK]": 3}, unk_token="[UNK]"))
    toy.pre_tokenizer = pre_tokenizers.Whitespace()
    spans = [(s.start, s.end) for s in labelled.sentences]
    (only,) = chunk_article(labelled.text, spans, toy, CONFIG)
    return only


def test_names_that_are_not_marked_are_mentions_too(labelled: LabelledArticle) -> None:
    found = [(labelled.text[m.start : m.end], m.kind) for m in gold_mentions(labelled)]
    assert found == [("council", SOURCE), ("Brook", NAME), ("She", SOURCE), ("council", SOURCE)]


def test_tags_cover_the_mentions(labelled: LabelledArticle, chunk: Chunk) -> None:
    example = make_example(chunk, labelled, gold_mentions(labelled))
    assert sorted(example.tags[example.tags > 0].tolist()) == [1, 1, 1, 3]
    assert (example.tags[chunk.markers] == -100).all()


def test_links_lead_to_the_sentences_own_mention(labelled: LabelledArticle, chunk: Chunk) -> None:
    example = make_example(chunk, labelled, gold_mentions(labelled))
    rows = {
        (int(piece), STANCES[stance]): np.flatnonzero(right).tolist()
        for (piece, _), stance, right in zip(
            example.pairs, example.stances, example.links, strict=True
        )
    }
    assert rows == {
        (0, "none"): [1],
        (1, "none"): [0],  # the reporter
        (2, "optimistic"): [3],
        (2, "opposed"): [4],
        (3, "optimistic"): [2, 3],  # a running quotation: any mention of its speaker
    }


def test_pronoun_follows_the_name(labelled: LabelledArticle, chunk: Chunk) -> None:
    example = make_example(chunk, labelled, gold_mentions(labelled))
    assert np.flatnonzero(example.antecedents[2]).tolist() == [2]  # "She" -> "Brook"
    assert np.flatnonzero(example.antecedents[1]).tolist() == [0]  # "Brook" is new


def test_sentences_of_another_chunk_have_no_pairs(labelled: LabelledArticle, chunk: Chunk) -> None:
    chunk = Chunk(
        **{f: getattr(chunk, f) for f in Chunk.__slots__} | {"owned": chunk.owned & False}
    )
    assert len(make_example(chunk, labelled, gold_mentions(labelled)).pairs) == 0


def test_batch_is_padded_to_one_shape(labelled: LabelledArticle, chunk: Chunk) -> None:
    full = make_example(chunk, labelled, gold_mentions(labelled))
    bare = make_example(chunk, labelled, [])
    batch = collate([full, bare], pad_id=0)
    assert batch["mentions"].shape == (2, 4, 2)
    assert batch["antecedent_labels"].shape == (2, 4, 5)
    assert batch["link_labels"].shape == (2, 5, 5)
    assert (batch["mentions"][1] == -1).all()
