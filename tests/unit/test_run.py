"""Which articles a run is trained on."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from peacestance.schema import Article, LabelledArticle, UserError
from peacestance.training.run import chosen

ARTICLES = [LabelledArticle(Article(name, ""), (), ()) for name in ("a-01", "m-02", "n1-03")]


@pytest.mark.parametrize(
    ("prefixes", "ids"),
    [("all", ["a-01", "m-02", "n1-03"]), ("n", ["n1-03"]), ("a, n", ["a-01", "n1-03"])],
)
def test_articles_are_chosen_by_the_start_of_their_ids(prefixes: str, ids: list[str]) -> None:
    assert [article.article.id for article in chosen(ARTICLES, prefixes)] == ids


def test_a_start_that_no_id_has_is_refused() -> None:
    with pytest.raises(UserError, match=r"train.articles is 'z', but no id of the 3"):
        chosen(ARTICLES, "z")
