"""Gold sentences beside predicted ones, and the groups they fall into."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from peacestance.corpus import parse_article
from peacestance.evaluation.metrics import count
from peacestance.evaluation.outcomes import compare, groups_of, speaker_kind
from peacestance.schema import Label, LabelledArticle, Stance

LONG = (
    "and [the union|union] refused it outright and said that it would never sign a paper that left "
    "out the night shift, its pay and its overtime. => brook optimistic; union opposed"
)
TEXT = f"""\
# id: ferry-1
# process: strait-2031
# register: wire
# outlet: Harbour Post
@ brook = Ada Brook
@ union = dockers' union

The ferry talks went on for a second day. => - none
[Ada Brook|brook] called the draft "a fair one", {LONG}
[She|brook] hoped for a signature. => brook optimistic
"We can do it this week." => brook optimistic
[Dock leaders|union] shook their heads. => union opposed
"""


@pytest.fixture
def gold() -> LabelledArticle:
    return parse_article(TEXT)


def stripped(article: LabelledArticle) -> LabelledArticle:
    """The same labels without their mentions, as a plain gold file has them."""
    sentences = [
        dataclasses.replace(s, labels=tuple(dataclasses.replace(x, mention=None) for x in s.labels))
        for s in article.sentences
    ]
    return dataclasses.replace(article, sentences=tuple(sentences))


def kinds(article: LabelledArticle) -> list[str]:
    return [speaker_kind(article, s, label) for s, label in article.labels()]


def test_kinds_by_mention(gold: LabelledArticle) -> None:
    assert kinds(gold) == [
        "reporter",
        "named",
        "role",
        "pronoun",
        "running quotation",
        "role",
    ]


def test_kinds_by_words_where_no_mention_is_marked(gold: LabelledArticle) -> None:
    found = kinds(stripped(gold))
    assert found[:2] == ["reporter", "named"]
    assert found[3:5] == ["pronoun", "running quotation"]


def test_every_sentence_has_a_group_in_each_slice(gold: LabelledArticle) -> None:
    first, second, *_ = (groups_of(gold, s) for s in gold.sentences)
    assert first == {
        "register": "wire",
        "process": "strait-2031",
        "outlet": "Harbour Post",
        "stance": "none",
        "length": "up to 80 characters",
        "speech": "reporter",
        "speakers": "reporter only",
    }
    assert second["speech"] == "direct speech"
    assert second["speakers"] == "two speakers or more"
    assert second["length"] == "over 160 characters"


def test_an_outcome_meets_the_label_of_its_speaker_or_the_first(gold: LabelledArticle) -> None:
    probabilities = (0.1, 0.2, 0.6, 0.1)
    sentence = dataclasses.replace(
        gold.sentences[1],
        labels=(Label(1, Stance.OPPOSED, None, probabilities),),
    )
    sentences = (gold.sentences[0], sentence, *gold.sentences[2:])
    found = compare([gold], [dataclasses.replace(gold, sentences=sentences)])
    brook, union = found.sentences[1].outcomes
    assert (brook.speaker_right, brook.found, brook.right) == (False, Stance.OPPOSED, False)
    assert (union.speaker_right, union.right, union.confidence) == (True, True, 0.6)


def test_counts_of_chosen_sentences_add_up_by_article(gold: LabelledArticle) -> None:
    found = compare([gold, gold], [gold, gold])
    assert np.array_equal(found.by_article(found.counts)[1], count(gold, gold).sum(0))
    chosen = np.array([s.groups["stance"] == "none" for s in found.sentences])
    assert found.by_article(found.counts, chosen)[:, 0].tolist() == [1, 1]


def test_nothing_predicted_is_an_outcome_without_stance(gold: LabelledArticle) -> None:
    found = compare([gold], [dataclasses.replace(gold, sentences=())])
    outcome = found.sentences[0].outcomes[0]
    assert (outcome.found, outcome.confidence, outcome.right) == (None, 0.0, False)
