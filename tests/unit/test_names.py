"""What a mention says by its words alone."""

import pytest

from peacestance.names import content_words, core_name, kind_of, read_form
from peacestance.spelling import same_given, same_person, same_surname

PERSONS = {
    "Poland's Donald Tusk": "Donald Tusk",
    "Germany’s Friedrich Merz": "Friedrich Merz",
    "U.S. President Donald Trump": "Donald Trump",
    "Kremlin spokesman Dmitry Peskov": "Dmitry Peskov",
    "Lt. Gen. Keith Kellogg": "Keith Kellogg",
    "French Foreign Minister Jean-Noël Barrot": "Jean-Noël Barrot",
    "Foreign Minister Barrot": "Barrot",
    "Secretary of State Marco Rubio": "Marco Rubio",
    "Ukrainian President Volodymyr Zelenskyy": "Volodymyr Zelenskyy",
    "Hamas official Osama Hamdan": "Osama Hamdan",
    "President Emmanuel Macron of France": "Emmanuel Macron",
    "Oleh Tverdokhlib, a lawmaker from Ternopil": "Oleh Tverdokhlib",
    "Rwanda's foreign minister, Solange Mukarugwiza": "Solange Mukarugwiza",
    "One of them, a teacher called Alina Popa": "Alina Popa",
    "Zelensky's chief of staff Andriy Yermak": "Andriy Yermak",
    "Ursula von der Leyen’s": "Ursula von der Leyen",
    "JD Vance": "JD Vance",
    "TOVA RABIN": "Tova Rabin",
    "Israel Katz": "Israel Katz",
    "John Major": "John Major",
    "K. P. Unnikrishnan": "K. P. Unnikrishnan",
    "Tusk": "Tusk",
}
BODIES = [
    "Russia’s Defense Ministry",
    "the Kremlin",
    "European Commission",
    "the Ukrainian army's general staff",
    "Turkey's foreign ministry",
    "The Hostage and Missing Families Forum",
    "the Trump administration",
    "Doctors Without Borders",
    "South Korea's Joint Chiefs of Staff",
    "Kyiv",
    "EU",
]
DESCRIPTIONS = [
    "a U.S. official",
    "Krasnodar officials",
    "White House officials",
    "an adviser to President Trump",
    "the 61-year-old",
    "the Norwegian",
    "one Syrian in Aleppo",
    "Officials",
    "the Kremlin spokesman",
    "Britain, Norway and the US",
]


@pytest.mark.parametrize(("surface", "core"), PERSONS.items())
def test_the_name_of_a_person_stands_without_title_and_apposition(surface: str, core: str) -> None:
    assert (kind_of(surface), core_name(surface)) == ("name", core)


@pytest.mark.parametrize("surface", BODIES)
def test_a_body_stays_whole(surface: str) -> None:
    assert (kind_of(surface), core_name(surface)) == ("body", surface)


@pytest.mark.parametrize("surface", DESCRIPTIONS)
def test_a_description_stays_whole(surface: str) -> None:
    assert (kind_of(surface), core_name(surface)) == ("description", surface)


@pytest.mark.parametrize("surface", ["He", "she", "they", "It", "his", "we", "I"])
def test_a_pronoun_is_a_pronoun(surface: str) -> None:
    assert kind_of(surface) == "pronoun"


def test_a_closing_possessive_is_no_part_of_a_description() -> None:
    assert core_name("a senior official in Kyiv’s") == "a senior official in Kyiv"


def test_an_apposition_names_the_body_that_a_kind_introduces() -> None:
    assert core_name("the talks' host, the African Union") == "the African Union"


@pytest.mark.parametrize("surface", ["", "  ", "'s", ",", "—", "’", "2", "@handle", "(", "the"])
def test_odd_surfaces_are_read_without_an_error(surface: str) -> None:
    assert isinstance(read_form(surface).core, str)


def test_title_and_nation_of_a_name_are_kept() -> None:
    form = read_form("Kremlin spokeswoman Inna Tarkhova")
    assert (form.roles, form.modifiers, form.gender) == ({"spokeswoman"}, {"kremlin"}, "f")


def test_a_nation_and_its_adjective_are_one_content_word() -> None:
    assert set(content_words("the Foreign Ministry of Russia")) == {"foreign", "ministry", "russia"}
    assert set(content_words("Russian foreign ministry")) == {"foreign", "ministry", "russia"}


@pytest.mark.parametrize("other", ["zelenskyy", "zelenskiy", "zelenskyi"])
def test_transliterations_of_a_surname_are_one(other: str) -> None:
    assert same_surname("zelensky", other)


@pytest.mark.parametrize(
    ("a", "b"), [("ivanov", "ivanova"), ("kim", "kima"), ("merz", "mertz"), ("lavrov", "lvova")]
)
def test_surnames_that_differ_stay_two(a: str, b: str) -> None:
    assert not same_surname(a, b)


def test_an_initial_agrees_with_its_given_name_only() -> None:
    assert same_given("j", "john")
    assert not same_given("j", "peter")


def test_a_middle_name_may_be_left_out() -> None:
    assert same_person(
        ("mohammed", "bin", "abdulrahman"), ("mohammed", "bin", "abdulrahman", "thani")
    )
    assert same_person(("john", "thune"), ("john", "randolph", "thune"))
