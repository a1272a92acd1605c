"""Labels drawn at random within strata."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from peacestance.evaluation.sampling import allocate, draw_sample
from peacestance.exchange import write_labelled
from peacestance.schema import (
    STANCES,
    Article,
    Label,
    LabelledArticle,
    Sentence,
    Speaker,
    Stance,
    UserError,
)


def labelled(
    name: str,
    stances: list[Stance],
    *,
    outlet: str | None = None,
    date: str | None = None,
    confidences: list[float] | None = None,
) -> LabelledArticle:
    """An article of sentences `name 0.`, `name 1.`, ... with these stances."""
    text, sentences = "", []
    for number, stance in enumerate(stances):
        sure = confidences[number] if confidences else 0.7
        shares = tuple(sure if s == stance else (1 - sure) / 3 for s in STANCES)
        words = f"{name} {number}."
        label = Label(0 if number else None, stance, None, shares)
        sentences.append(Sentence(len(text), len(text) + len(words), (label,)))
        text += words + " "
    article = Article(name, text, outlet=outlet, date=date, title=f"About {name}")
    return LabelledArticle(article, tuple(sentences), (Speaker(0, "Ivo"),), model="m@1")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Ninety labels: 60 none, 20 cautious, 8 optimistic, 2 opposed."""
    stances = [Stance.NONE] * 60 + [Stance.CAUTIOUS] * 20 + [Stance.OPTIMISTIC] * 8
    stances += [Stance.OPPOSED] * 2
    articles = [labelled(f"a{k}", stances[k::9], outlet=f"Post {k % 2}") for k in range(9)]
    write_labelled(articles, tmp_path / "archive.jsonl")
    return tmp_path / "archive.jsonl"


def write(tmp_path: Path, *articles: LabelledArticle) -> Path:
    write_labelled(articles, tmp_path / "few.jsonl")
    return tmp_path / "few.jsonl"


def test_shares_are_equal_as_far_as_strata_go(archive: Path) -> None:
    sample = draw_sample([archive], 30, ["stance"])
    assert Counter(each.label.stance.value for each in sample.drawn) == {
        "none": 10, "cautious": 10, "optimistic": 8, "opposed": 2,
    }  # fmt: skip


def test_inclusion_probability_is_drawn_over_all_of_the_stratum(archive: Path) -> None:
    sample = draw_sample([archive], 30, ["stance"])
    assert {(e.stratum, e.inclusion_probability) for e in sample.drawn} == {
        ("stance=none", 10 / 60),
        ("stance=cautious", 10 / 20),
        ("stance=optimistic", 1.0),
        ("stance=opposed", 1.0),
    }
    assert sample.strata["stance=cautious"] == (20, 10)
    assert sum(1 / e.inclusion_probability for e in sample.drawn) == pytest.approx(90)


def test_nothing_is_drawn_twice(archive: Path) -> None:
    sample = draw_sample([archive], 80)
    places = {(e.label.article_id, e.label.sentence_index, e.label_number) for e in sample.drawn}
    assert len(places) == len(sample.drawn) == 80


def test_without_strata_each_label_is_as_likely(archive: Path) -> None:
    counts: Counter[tuple[str, int]] = Counter()
    for seed in range(300):
        sample = draw_sample([archive], 30, seed=seed)
        counts.update((e.label.article_id, e.label.sentence_index) for e in sample.drawn)
    # 300 draws with probability 1/3: mean 100, standard deviation 8
    assert len(counts) == 90
    assert min(counts.values()) > 65
    assert max(counts.values()) < 135


def test_the_seed_decides(archive: Path) -> None:
    one, same, other = (draw_sample([archive], 20, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_the_order_tells_nothing_of_the_stratum(archive: Path) -> None:
    drawn = draw_sample([archive], 30, ["stance"]).drawn
    assert [e.stratum for e in drawn] != sorted(e.stratum for e in drawn)
    assert [e.label.article_id for e in drawn] != sorted(e.label.article_id for e in drawn)


def test_jsonl_and_table_give_the_same_sample(archive: Path, tmp_path: Path) -> None:
    stances = [Stance.NONE, Stance.CAUTIOUS] * 10
    articles = [labelled("a", stances), labelled("b", stances)]
    write_labelled(articles, tmp_path / "x.jsonl")
    write_labelled(articles, tmp_path / "x.csv")
    one, other = (draw_sample([tmp_path / f"x.{f}"], 7, ["stance"]) for f in ("jsonl", "csv"))
    assert [e.label for e in one.drawn] == [e.label for e in other.drawn]


def test_all_are_taken_where_there_are_fewer(archive: Path) -> None:
    sample = draw_sample([archive], 500, ["stance"])
    assert len(sample.drawn) == sample.labels == 90
    assert {e.inclusion_probability for e in sample.drawn} == {1.0}


def test_context_is_two_sentences_before_and_one_after(tmp_path: Path) -> None:
    path = write(tmp_path, labelled("a", [Stance.NONE] * 5), labelled("b", [Stance.NONE] * 5))
    found = {e.label.text: (e.before, e.after) for e in draw_sample([path], 10).drawn}
    assert found["a 3."] == ("a 1. a 2.", "a 4.")
    assert found["a 1."] == ("a 0.", "a 2.")
    assert found["a 4."] == ("a 2. a 3.", "")
    assert found["b 0."] == ("", "b 1.")


def test_strata_combine(tmp_path: Path) -> None:
    a = labelled("a", [Stance.NONE, Stance.OPPOSED], outlet="Post", date="2025-01-30")
    b = labelled("b", [Stance.NONE, Stance.NONE], date="2025-02-01")
    sample = draw_sample([write(tmp_path, a, b)], 9, ["outlet", "stance"])
    assert dict(sample.strata) == {
        "outlet=(unknown), stance=none": (2, 2),
        "outlet=Post, stance=none": (1, 1),
        "outlet=Post, stance=opposed": (1, 1),
    }
    months = draw_sample([write(tmp_path, a, b)], 9, ["date"])
    assert set(months.strata) == {"date=2025-01", "date=2025-02"}
    speakers = draw_sample([write(tmp_path, a, b)], 9, ["speaker"])
    assert set(speakers.strata) == {"speaker=(reporter)", "speaker=Ivo"}


@pytest.mark.parametrize("date", ["2025-03-01T10:00:00Z", "20250301", "2025-03"])
def test_a_month_from_any_iso_date(tmp_path: Path, date: str) -> None:
    path = write(tmp_path, labelled("a", [Stance.NONE], date=date), labelled("b", [Stance.NONE]))
    assert set(draw_sample([path], 2, ["date"]).strata) == {"date=2025-03", "date=(unknown)"}


def test_confidence_falls_into_quarters(tmp_path: Path) -> None:
    sure = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
    path = write(tmp_path, labelled("a", [Stance.NONE] * 8, confidences=sure))
    sample = draw_sample([path], 8, ["confidence"])
    assert [size for size, _ in sample.strata.values()] == [2, 2, 2, 2]
    lowest = [e.label.confidence for e in sample.drawn if "1st" in e.stratum]
    assert sorted(lowest) == [0.3, 0.4]


def test_allocation_adds_up_and_leaves_no_stratum_out() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        sizes = {str(k): int(size) for k, size in enumerate(rng.integers(1, 50, size=7))}
        n = int(rng.integers(7, 300))
        taken = allocate(sizes, n)
        assert sum(taken.values()) == min(n, sum(sizes.values()))
        assert all(1 <= taken[name] <= sizes[name] for name in sizes)
        unfilled = [taken[name] for name in sizes if taken[name] < sizes[name]]
        assert not unfilled or max(taken.values()) - min(unfilled) <= 1


@pytest.mark.parametrize(
    ("n", "strata", "found"),
    [
        (0, [], "a sample of 0 labels cannot be drawn; give -n 1 or more"),
        (5, ["mood"], "unknown stratum 'mood'; allowed are stance, speaker, outlet, date, source"),
        (5, ["stance", "stance"], "a stratum is named twice"),
        (5, ["source"], r"all 90 labels are in one stratum \(source=\(unknown\)\); leave --strata"),
        (5, ["stance", "outlet"], "5 labels cannot be shared among 8 strata"),
    ],
)
def test_what_cannot_be_drawn(archive: Path, n: int, strata: list[str], found: str) -> None:
    with pytest.raises(UserError, match=found):
        draw_sample([archive], n, strata)


def test_no_label_at_all(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no label in the input"):
        draw_sample([write(tmp_path, labelled("a", []))], 5)


def test_a_date_that_is_none_is_not_guessed(tmp_path: Path) -> None:
    path = write(tmp_path, labelled("a", [Stance.NONE], date="3 May 2025"))
    with pytest.raises(UserError, match="article 'a': date '3 May 2025' cannot be a stratum"):
        draw_sample([path], 1, ["date"])


def test_an_id_in_two_files_is_refused(archive: Path) -> None:
    with pytest.raises(UserError, match=r"article 'a0' is in .* too; give each article an id"):
        draw_sample([archive, archive], 5)
