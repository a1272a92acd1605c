"""Names are found by their form alone and hidden from the encoder."""

from __future__ import annotations

import pytest

from peacestance.pseudonyms import (
    PSEUDONYMS,
    NameSpan,
    find_names,
    hide_names,
    ordinary_words,
)


def found(text: str) -> list[tuple[str, int]]:
    return [(text[name.start : name.end], name.person) for name in find_names(text)]


def test_full_name_and_surname_are_one_person() -> None:
    assert found("Arkady Sedov came. Later Sedov left.") == [("Arkady Sedov", 0), ("Sedov", 0)]


def test_a_shared_surname_goes_to_the_last_bearer() -> None:
    text = "Anna Sedova spoke. Vera Sedova did not. Sedova left."
    assert [person for _, person in found(text)] == [0, 1, 1]


@pytest.mark.parametrize(
    "text",
    [
        "The Kremlin and the White House met on Tuesday in Moscow.",
        "NATO and the EU said that the Prime Minister of Poland would sign.",
        "It's over. I've said so. We'll see. May comes after April.",
        "",
    ],
)
def test_places_bodies_titles_and_days_are_no_names(text: str) -> None:
    assert found(text) == []


def test_titles_stay_outside_and_particles_inside() -> None:
    text = "President Ursula von der Leyen met Sheikh Hamad bin Jassim al-Thani."
    assert [name for name, _ in found(text)] == [
        "Ursula von der Leyen",
        "Hamad bin Jassim al-Thani",
    ]


def test_a_possessive_is_no_part_of_the_name() -> None:
    assert found("Sedov’s plan and Sedov's men") == [("Sedov", 0), ("Sedov", 0)]


@pytest.mark.parametrize("name", ["Ilhan Nur-Dirie", "Jean-Marc Roux", "Jean-Marc Roux-Weil"])
def test_a_name_with_a_hyphen_is_one_name(name: str) -> None:
    assert found(f"{name} spoke.") == [(name, 0)]


def test_two_people_with_a_hyphen_between_are_two() -> None:
    assert [person for _, person in found("the Sedov-Kovalchuk talks")] == [0, 1]


def test_names_are_found_by_form_not_by_who_is_named() -> None:
    one = "Donald Tusk said no. Tusk left with Friedrich Merz."
    other = "Keir Starmer said no. Starmer left with Ivan Gashkov."
    assert [p for _, p in found(one)] == [p for _, p in found(other)]


def test_each_person_is_one_token_that_covers_the_name() -> None:
    names = [NameSpan(0, 11, 0), NameSpan(16, 20, 1)]
    ids, offsets = hide_names(
        [1, 2, 3, 4, 5], [(0, 6), (7, 9), (9, 11), (12, 15), (16, 20)], names, [90, 91]
    )
    assert ids == [90, 4, 91]
    assert offsets == [(0, 11), (12, 15), (16, 20)]


def test_more_persons_than_pseudonyms_take_turns() -> None:
    assert hide_names([1], [(0, 3)], [NameSpan(0, 3, 5)], [90, 91])[0] == [91]


def test_the_word_lists_are_sane() -> None:
    assert len(set(PSEUDONYMS)) == len(PSEUDONYMS) >= 50
    words = ordinary_words()
    assert {"moscow", "kremlin", "hamas", "minister", "the", "june"} <= words
    assert not {"zelenskyy", "trump", "putin", "netanyahu"} & words
