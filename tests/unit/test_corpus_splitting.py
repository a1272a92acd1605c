"""Drawing splits and finding near-duplicates."""

from __future__ import annotations

import pytest

from peacestance.corpus.duplicates import near_duplicates
from peacestance.corpus.splitting import add_articles, draw_splits
from peacestance.schema import Article, LabelledArticle, UserError


def made(key: str, process: str = "p", register: str = "wire", text: str = "") -> LabelledArticle:
    return LabelledArticle(Article(key, text, process=process, register=register), ())


def many() -> list[LabelledArticle]:
    common = [made(f"w{i}", "big") for i in range(40)]
    common += [made(f"n{i}", "other", "notes") for i in range(40)]
    return [*common, made("u1", "far"), made("u2", "far"), made("lone", "rare")]


def test_whole_processes_are_unseen() -> None:
    assert draw_splits(many(), ["far"], 4)["test-unseen"] == ["u1", "u2"]


def test_every_article_is_in_one_split() -> None:
    splits = draw_splits(many(), ["far"], 4)
    drawn = [key for ids in splits.values() for key in ids]
    assert sorted(drawn) == sorted(article.article.id for article in many())
    assert (len(splits["dev"]), len(splits["test-seen"])) == (4, 4)


def test_each_stratum_has_its_share() -> None:
    splits = draw_splits(many(), ["far"], 4, "big")
    for name in ("dev", "test-seen"):
        assert sorted(key[0] for key in splits[name]) == ["n", "n", "w", "w"]


def test_order_of_the_articles_does_not_matter() -> None:
    assert draw_splits(many()[::-1], ["far"], 4) == draw_splits(many(), ["far"], 4)


def test_rare_process_stays_in_train() -> None:
    assert "lone" in draw_splits(many(), ["far"], 40 - 1)["train"]


def test_unknown_unseen_process_is_refused() -> None:
    with pytest.raises(UserError, match="'atlantis'"):
        draw_splits(many(), ["atlantis"], 4)


def test_too_few_articles_are_refused() -> None:
    with pytest.raises(UserError, match="cannot hold out 2 x 40 of 80"):
        draw_splits(many(), ["far"], 40)


def test_later_articles_leave_the_tests_as_they_are() -> None:
    old = draw_splits(many(), ["far"], 4)
    later = [made(f"x{i}", "big") for i in range(20)] + [made("y", "new process")]
    splits = add_articles(old, [*many(), *later], 10)
    for name in ("test-seen", "test-unseen"):
        assert splits[name] == old[name]
    assert len(splits["dev"]) == len(old["dev"]) + 2
    assert len(splits["train"]) == len(old["train"]) + 19
    assert "y" in splits["train"]


def test_a_later_article_of_an_unseen_process_is_refused() -> None:
    with pytest.raises(UserError, match="x1: the process far is in test-unseen"):
        add_articles(draw_splits(many(), ["far"], 4), [*many(), made("x1", "far")], 10)


LONG = "one two three four five six seven eight nine ten eleven twelve"


def test_reprint_is_found_whatever_its_punctuation() -> None:
    again = "A new start, then: " + LONG.replace(" five", ", Five").upper()
    found = near_duplicates([made("a", text=LONG), made("b", text=again)])
    assert [(pair.first, pair.second, pair.containment) for pair in found] == [("a", "b", 1.0)]


def test_excerpt_is_found_by_the_shorter_article() -> None:
    more = LONG + " " + " ".join(f"w{i}" for i in range(500))
    assert near_duplicates([made("a", text=LONG), made("b", text=more)])[0].containment == 1.0


def test_other_articles_are_not_near_duplicates() -> None:
    other = "one two three four five " + " ".join(f"w{i}" for i in range(40))
    assert near_duplicates([made("a", text=LONG), made("b", text=other)]) == []
