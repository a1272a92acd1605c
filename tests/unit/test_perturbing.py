"""Changes of an article under which labels must stay."""

from __future__ import annotations

import pytest

from peacestance.evaluation.perturbing import (
    CHANGES,
    Changed,
    Person,
    PoolArticle,
    Text,
    exchange,
    insert,
    perturb,
    typographic_quotes,
    without_final_stops,
)
from peacestance.schema import UserError

ARTICLE = PoolArticle(
    "a",
    Text(
        (
            ('Vara Holt, of Nordland, said that it was "good" - or so it seemed.', "Holt left."),
            ('"Never," Emil Sund said.',),
        )
    ),
    (Person("Vara Holt", "woman", 0), Person("Emil Sund", "man", 1)),
    (("Nordland", "Nordlandic"), ("Sudria", "Sudrian")),
    number=1,
)
LISTS = {"far": {"women": ["Mei Lo", "Ana Roa"], "men": ["Tomi Vuk", "Ola Berg"]}}


def only(name: str, **options: object) -> Changed:
    """The one text that a change makes of the article."""
    (changed,) = perturb(ARTICLE, name, options)
    return changed


def test_spans_are_those_of_the_written_text() -> None:
    text = ARTICLE.text
    assert [str(text)[a:b] for a, b in text.spans()] == list(text.sentences)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        (
            "typographic-quotes",
            "Vara Holt, of Nordland, said that it was “good” - or so it seemed.",
            "“Never,” Emil Sund said.",
        ),
        (
            "typographic-dashes",
            'Vara Holt, of Nordland, said that it was "good" — or so it seemed.',
            '"Never," Emil Sund said.',
        ),
        (
            "upper-case",
            'VARA HOLT, OF NORDLAND, SAID THAT IT WAS "GOOD" - OR SO IT SEEMED.',
            '"NEVER," EMIL SUND SAID.',
        ),
        (
            "no-commas",
            'Vara Holt of Nordland said that it was "good" - or so it seemed.',
            '"Never," Emil Sund said.',
        ),
    ],
)
def test_marks_and_letters(name: str, first: str, last: str) -> None:
    sentences = only(name).text.sentences
    assert (sentences[0], sentences[-1]) == (first, last)


def test_an_apostrophe_and_a_single_quotation_mark_are_told_apart() -> None:
    assert typographic_quotes("The men's 'last' offer.") == "The men’s ‘last’ offer."


def test_final_stops_go_at_the_end_of_paragraphs_alone() -> None:
    text = without_final_stops(Text((("One.", "Two."), ('He wrote: "Three."',))))
    assert text.paragraphs == (("One.", "Two"), ('He wrote: "Three"',))


def test_each_verb_makes_a_text() -> None:
    texts = list(perturb(ARTICLE, "speech-verbs", {"verbs": ["noted", "told reporters"]}))
    assert [t.text.sentences[2] for t in texts] == [
        '"Never," Emil Sund noted.',
        '"Never," Emil Sund told reporters.',
    ]


def test_a_change_that_changes_nothing_makes_no_text() -> None:
    assert list(perturb(ARTICLE, "speech-verbs", {"verbs": ["said"]})) == []


def test_exchange_leaves_parts_of_words() -> None:
    assert exchange("Sund and Sunday.", {"Sund": "Vuk"}) == "Vuk and Sunday."


def test_new_names_follow_gender_and_surname_and_begin_at_the_articles_place() -> None:
    changed = only("new-names", lists=LISTS)
    assert changed.variant == "far"
    assert changed.text.sentences[0].startswith("Ana Roa, of Nordland")
    assert changed.text.sentences[1:] == ("Roa left.", '"Never," Ola Berg said.')
    assert set(changed.actors) == {"Ana Roa", "Ola Berg"}
    assert changed.renamed["Holt"] == "Roa"


@pytest.mark.parametrize(
    "lists",
    [{"far": {"women": ["Mei Lo"]}}, {"far": {"women": [], "men": ["Tomi Vuk"]}}, {"far": 1}],
)
def test_too_few_names_are_an_error(lists: dict[str, object]) -> None:
    with pytest.raises(UserError, match=r"'lists' has 0 names of .* article 'a' needs 1"):
        only("new-names", lists=lists)


def test_sides_exchange_names_and_people_change_sides() -> None:
    changed = only("exchange-sides")
    assert changed.text.sentences[0].startswith("Vara Holt, of Sudria,")
    assert changed.actors["Sudria"] == ("Sudria", "Sudrian", "Vara Holt")
    assert changed.actors["Nordland"] == ("Nordland", "Nordlandic", "Emil Sund")


def test_an_inserted_sentence_moves_those_behind_it() -> None:
    changed = insert(ARTICLE.text, 1, "It rained.")
    assert changed.text.paragraphs[0][2] == "It rained."
    assert [changed.text.sentences[p] for p in changed.places] == list(ARTICLE.text.sentences)


def test_nothing_can_be_inserted_behind_what_is_not_there() -> None:
    with pytest.raises(UserError, match="'after' is 3; the article has sentences 0 to 2"):
        insert(ARTICLE.text, 3, "It rained.")


def test_every_change_leaves_the_article_as_it_was() -> None:
    before = str(ARTICLE.text)
    options = {"verbs": ["noted"], "lists": LISTS, "after": 0, "sentence": "It rained."}
    for name in CHANGES:
        assert list(perturb(ARTICLE, name, options)), name
    assert str(ARTICLE.text) == before
