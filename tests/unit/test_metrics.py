"""Scores on articles small enough to count by hand."""

import pytest

from peacestance.evaluation.metrics import bootstrap, evaluate, same_speaker
from peacestance.schema import Article, Label, LabelledArticle, Sentence, Speaker, Stance

TEXT = "Aaaa aaaa. Bbbb bbbb. Cccc cccc."
SPANS = ((0, 10), (11, 21), (22, 32))
Row = list[tuple[str | None, str]]


def labelled(*rows: Row, spans: tuple[tuple[int, int], ...] = SPANS) -> LabelledArticle:
    names = list(dict.fromkeys(name for row in rows for name, _ in row if name))
    return LabelledArticle(
        Article("a", TEXT),
        tuple(
            Sentence(
                *span,
                tuple(Label(names.index(n) if n else None, Stance(s)) for n, s in row),
            )
            for span, row in zip(spans, rows, strict=True)
        ),
        tuple(Speaker(k, name) for k, name in enumerate(names)),
    )


GOLD = labelled([("Donald Tusk", "cautious")], [(None, "none")], [("Donald Tusk", "opposed")])


def test_perfect_labels_score_one() -> None:
    scores = evaluate([GOLD], [GOLD])
    assert scores["joint_f1"] == scores["joint_f1_stance"] == scores["speaker_exact"] == 1.0
    assert scores["stance_macro_f1"] == pytest.approx(3 / 4)  # no sentence is optimistic


def test_part_of_a_name_is_the_same_speaker() -> None:
    predicted = labelled([("Tusk", "cautious")], [(None, "none")], [("Tusk's", "none")])
    scores = evaluate([GOLD], [predicted])
    assert scores["speaker_exact"] == 1.0
    assert scores["joint_f1"] == pytest.approx(2 / 3)
    assert scores["joint_f1_stance"] == pytest.approx(2 * 1 / (2 + 1))


def test_wrong_speaker_still_lends_its_stance() -> None:
    predicted = labelled([("Merz", "cautious")], [(None, "none")], [("Tusk", "opposed")])
    scores = evaluate([GOLD], [predicted])
    assert scores["stance_macro_f1"] == pytest.approx(3 / 4)
    assert scores["joint_f1"] == pytest.approx(2 / 3)
    assert scores["speaker_exact"] == pytest.approx(2 / 3)


def test_one_speaker_too_many_is_not_exact() -> None:
    predicted = labelled(
        [("Tusk", "cautious"), ("Merz", "none")], [(None, "none")], [("Tusk", "opposed")]
    )
    scores = evaluate([GOLD], [predicted])
    assert scores["speaker_exact"] == pytest.approx(2 / 3)
    assert scores["joint_f1"] == pytest.approx(2 * 3 / (3 + 4))


def test_sentences_cut_otherwise_are_paired_by_overlap() -> None:
    predicted = labelled([("Tusk", "cautious")], [("Tusk", "opposed")], spans=((0, 20), (20, 32)))
    scores = evaluate([GOLD], [predicted])
    assert scores["speaker_exact"] == pytest.approx(2 / 3)


def test_an_article_without_predictions_scores_zero() -> None:
    scores = evaluate([GOLD], [labelled(spans=())])
    assert scores["joint_f1"] == scores["speaker_exact"] == 0.0


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("the Kremlin", "Kremlin", True),
        ("Russia", "Russia’s foreign ministry", True),
        ("Tusk", "Merz", False),
        (None, None, True),
    ],
)
def test_names_are_compared_by_words(a: str | None, b: str | None, same: bool) -> None:
    assert same_speaker(a, b) is same


def test_interval_holds_the_score_and_shrinks_to_it_for_equal_articles() -> None:
    predicted = labelled([("Tusk", "cautious")], [(None, "none")], [("Tusk", "none")])
    for value, low, high in bootstrap([GOLD] * 5, [predicted] * 5, rounds=50).values():
        assert value == pytest.approx(low) == pytest.approx(high)


def test_interval_is_wide_for_unequal_articles() -> None:
    bad = labelled([(None, "none")], [("Tusk", "none")], [(None, "none")])
    value, low, high = bootstrap([GOLD] * 4, [GOLD, GOLD, bad, bad], rounds=200)["speaker_exact"]
    assert low < value < high


def test_article_counts_must_agree() -> None:
    with pytest.raises(ValueError, match="zip"):
        evaluate([GOLD, GOLD], [GOLD])
