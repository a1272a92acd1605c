"""Name swap and side swap: what is replaced, what stays, and that every offset is exact."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from peacestance.corpus import format_article, parse_article, read_corpus
from peacestance.schema import Article, LabelledArticle, Mention, Sentence, Speaker
from peacestance.training import augment
from peacestance.training.augment import swap_names, swap_sides
from peacestance.training.edits import Edit, Shift
from peacestance.training.names import PersonName, find_person, gender_of, name_table

CORPUS = Path(__file__).parents[2] / "datasets" / "peacetalks" / "articles"


def article(body: str, **speakers: str) -> LabelledArticle:
    head = "".join(f"@ {key} = {name}\n" for key, name in speakers.items())
    return parse_article(f"# id: t\n# process: p\n# register: wire\n{head}\n{body}\n", "t.txt")


def plain(text: str, **speakers: str) -> LabelledArticle:
    """An article with a sentence per line and no labels; its speakers have no mentions."""
    sentences = [Sentence(m.start(), m.end()) for m in re.finditer(".+", text)]
    people = [Speaker(i, name, (), key) for i, (key, name) in enumerate(speakers.items())]
    return LabelledArticle(Article("t", text), tuple(sentences), tuple(people))


@pytest.fixture
def renamed(monkeypatch):
    """Swap with a fixed new name for the first speaker and return the article's text."""

    def swap(body: str, name: PersonName, **speakers: str) -> str:
        labelled = plain(body, **speakers)
        others = [PersonName(f"Given{i}", f"Sur{i}") for i in range(1, len(speakers))]
        monkeypatch.setattr(augment, "_choose", lambda cast, rng: [name, *others])
        return swap_names(labelled, random.Random(0)).text

    return swap


ORLOV = PersonName("Ivan", "Orlov")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Donald Tusk spoke.", "Ivan Orlov spoke."),
        ("Prime Minister Tusk spoke.", "Prime Minister Orlov spoke."),
        ("Tusk's plan and Tusk’s view.", "Orlov's plan and Orlov’s view."),
        ("Poland's Donald Tusk spoke.", "Poland's Ivan Orlov spoke."),
        ("Donald  Tusk and Donald Tusk.", "Ivan  Orlov and Ivan Orlov."),
        ('"No," said Tusk. "Donald agrees."', '"No," said Orlov. "Ivan agrees."'),
        ("'Tusk stays,' they said.", "'Orlov stays,' they said."),
        ("A Tusk aide met a Tusk ally.", "An Orlov aide met an Orlov ally."),
        ("The Tusk-led team is anti-Tusk.", "The Orlov-led team is anti-Orlov."),
        ("Tuskville, Tusk-Meyer and O'Tusk.", "Tuskville, Tusk-Meyer and O'Tusk."),
        ("Tuskén and łTusk.", "Tuskén and łTusk."),
        ("Donald Duck and Donald al-Badri.", "Donald Duck and Donald al-Badri."),
        ("Maria Tusk spoke.", "Maria Orlov spoke."),
    ],
)
def test_a_name_is_replaced_in_all_its_forms_and_nowhere_else(renamed, before, after):
    assert renamed(before, ORLOV, t="Donald Tusk") == after


def test_two_speakers_joined_by_a_hyphen_are_both_replaced(renamed):
    text = renamed("The Tusk-Merz plan.", ORLOV, t="Donald Tusk", m="Friedrich Merz")
    assert text == "The Orlov-Sur1 plan."


def test_a_surname_with_particles_starts_a_sentence_with_a_capital(renamed):
    new = PersonName("Ursula", "von der Leyen")
    text = renamed('Tusk met Tusk.\n"Tusk won."', new, t="Donald Tusk")
    assert text == 'Von der Leyen met von der Leyen.\n"Von der Leyen won."'


def test_an_arabic_surname_is_found_with_and_without_its_article(renamed):
    text = renamed("Al-Badri, al-Badri, Badri.", ORLOV, b="Nasser al-Badri")
    assert text == "Orlov, Orlov, Orlov."


def test_a_name_with_the_surname_first_keeps_its_order(renamed):
    new = PersonName("Park", "Ji-woo", surname_first=True)
    text = renamed("Donald Tusk left. Tusk and Donald spoke.", new, t="Donald Tusk")
    assert text == "Park Ji-woo left. Park and Ji-woo spoke."


def test_a_bare_possessive_gets_its_s(renamed):
    text = renamed("Barnes' plan and Barnes’ wish.", ORLOV, b="Ann Barnes")
    assert text == "Orlov's plan and Orlov’s wish."


def test_a_first_name_that_is_a_word_of_the_text_stays(renamed):
    text = renamed("Will they? Thorne will.", ORLOV, w="Will Thorne")
    assert text == "Will they? Orlov will."


def test_a_first_name_of_two_speakers_stays(renamed):
    names = {"a": "Stepan Kravets", "b": "Stepan Kovtun"}
    assert renamed("Stepan met Kravets.", ORLOV, **names) == "Stepan met Orlov."


def test_people_of_one_surname_keep_one_surname():
    labelled = article(
        "[Andriy Kovalchuk|a] and [Sofiia Kovalchuk|b] spoke. => a none; b none",
        a="Andriy Kovalchuk",
        b="Sofiia Kovalchuk",
    )
    for seed in range(20):
        people = [find_person(s) for s in swap_names(labelled, random.Random(seed)).speakers]
        assert len({person.surname for person in people if person}) == 1
        assert len({person.full for person in people if person}) == 2


def test_speaker_names_and_the_title_follow():
    source = article("[Tusk|t] spoke. => t none", t="Prime Minister Donald Tusk, Tusk's own")
    labelled = LabelledArticle(
        Article("t", source.text, title="Tusk speaks"), source.sentences, source.speakers
    )
    swapped = swap_names(labelled, random.Random(1))
    assert "Tusk" not in swapped.text + swapped.speakers[0].name + (swapped.article.title or "")
    assert swapped.speakers[0].name.startswith("Prime Minister ")
    assert swapped.speakers[0].mentions[0].text in swapped.speakers[0].name


def test_a_permuted_name_goes_only_to_the_same_gender(monkeypatch):
    monkeypatch.setattr(augment, "FROM_ARTICLE", 1.0)
    body = "[{0} Ax|a] said [he|a] may. => a none\n[{1} Bx|b] said [he|b] may. => b none\n"
    body += "[{2} Cx|c] said [she|c] may. => c none\n[{3} Dx|d] said [she|d] may. => d none"
    names = {"a": "Qa Ax", "b": "Qb Bx", "c": "Qc Cx", "d": "Qd Dx"}
    labelled = article(body.format("Qa", "Qb", "Qc", "Qd"), **names)
    swapped = swap_names(labelled, random.Random(0))
    assert [s.name for s in swapped.speakers] == ["Qb Bx", "Qa Ax", "Qd Dx", "Qc Cx"]


def test_a_name_of_the_list_fits_the_pronouns(monkeypatch):
    monkeypatch.setattr(augment, "FROM_ARTICLE", 0.0)
    labelled = article("[Qc Cx|c] said [she|c] may. => c none", c="Qc Cx")
    figures = {name.full for name in name_table().figures["female"]}
    for seed in range(50):
        name = swap_names(labelled, random.Random(seed)).speakers[0].name
        genders = {name_table().gender_of.get(word) for word in name.split()}
        assert name in figures or "female" in genders


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("Polish Prime Minister Donald Tusk", "Donald Tusk"),
        ("Donald Tusk, host of the talks", "Donald Tusk"),
        ("US Secretary of State Ann Lee", "Ann Lee"),
        ("Bishop Ramon Ruiz of Cotabato", "Ramon Ruiz"),
        ("Lebanon's delegate, Karim Abillama", "Karim Abillama"),
        ("Pieter van der Hoeven", "Pieter van der Hoeven"),
        ("Rasha Abu Daqqa, mother", "Rasha Abu Daqqa"),
        ("Denys, drone operator", "Denys"),
        ("the Kremlin", None),
        ("a resident of Abu Salim", None),
        ("Saudi Arabia", None),
        ("Human Rights Watch", None),
        ("Russia's foreign ministry", None),
        ("Ukrainian Railways", None),
        ("NATO", None),
    ],
)
def test_people_are_told_from_bodies_and_places(name, person):
    found = find_person(Speaker(0, name))
    assert (found.full if found else None) == person


def test_contradicting_pronouns_give_no_gender():
    mentions = (Mention(0, 2, "he"), Mention(3, 6, "she"))
    assert gender_of(Speaker(0, "Sam Roe", mentions)) is None


def test_an_article_without_people_stays_as_it_is():
    labelled = article("[The Kremlin|k] agreed. => k optimistic", k="the Kremlin")
    assert swap_names(labelled, random.Random(0)) == labelled


@pytest.mark.parametrize("swap", [swap_names, swap_sides])
def test_probability_nought_changes_nothing(swap):
    labelled = article("[Donald Tusk|t] left Moscow. => t none", t="Donald Tusk")
    assert swap(labelled, random.Random(0), probability=0.0) is labelled


def test_a_span_that_cuts_a_replaced_word_grows_to_the_whole_word():
    shift = Shift([Edit(2, 6, "abcdefgh")])
    assert shift.span(3, 5) == (2, 10)
    assert shift.span(0, 2) == (0, 2)
    assert shift.span(6, 8) == (10, 12)


@pytest.fixture
def moved(monkeypatch):
    """Swap sides by a fixed plan, such as {"Russia": "France"}, and return the text."""
    from peacestance.training import sides

    def swap(body: str, plan: dict[str, str]) -> str:
        index = {c.name.removeprefix("the "): i for i, c in enumerate(sides._atlas().countries)}
        table = {index[old]: index[new] for old, new in plan.items()}
        monkeypatch.setattr(sides, "_assign", lambda *_: table)
        return swap_sides(plain(body), random.Random(0)).text

    return swap


RU_UA = {"Russia": "Ukraine", "Ukraine": "Russia"}
TO_US = {"Russia": "United States"}
FROM_US = {"United States": "Iran"}


@pytest.mark.parametrize(
    ("plan", "before", "after"),
    [
        (RU_UA, "Russia met Ukraine in Moscow.", "Ukraine met Russia in Kyiv."),
        (RU_UA, "Russians and Ukrainians met.", "Ukrainians and Russians met."),
        (RU_UA, "The Kremlin said Kiev lied.", "Bankova said Moscow lied."),
        (RU_UA, "Bankova said no.", "The Kremlin said no."),
        (RU_UA, "Kremlin spokesman, pro-Russian.", "Bankova spokesman, pro-Ukrainian."),
        (RU_UA, "A Russian-Ukrainian deal.", "A Ukrainian-Russian deal."),
        ({"Russia": "Iran"}, "A Russian met a Russian envoy.", "An Iranian met an Iranian envoy."),
        ({"Iran": "Ukraine"}, "An Iranian plan.", "A Ukrainian plan."),
        (TO_US, "Russia said Russia's offer.", "The United States said the United States' offer."),
        (TO_US, "A Russia-led force.", "A United States-led force."),
        (FROM_US, "The US said the US envoy left.", "Iran said the Iranian envoy left."),
        (FROM_US, "The United States' offer.", "Iran's offer."),
        (FROM_US, "U.S. officials left the U.S.", "Iranian officials left Iran."),
        (FROM_US, "Latin America and Americans.", "Latin America and Iranians."),
        (FROM_US, "The White House agreed.", "Tehran agreed."),
        ({"Germany": "Ireland"}, "German Chancellor Roe.", "Irish Taoiseach Roe."),
        ({"Sudan": "India"}, "South Sudan and Sudan met.", "South Sudan and India met."),
        (
            {"Mali": "India"},
            "Malibu and Somali talks in Mali.",
            "Malibu and Somali talks in India.",
        ),
    ],
)
def test_all_words_for_a_country_are_replaced_together(moved, plan, before, after):
    assert moved(before, plan) == after


def test_no_two_countries_become_one_and_none_stays():
    labelled = plain("Russia, Iran, Mali and India met.")
    for seed in range(30):
        text = swap_sides(labelled, random.Random(seed)).text
        new = re.split(r", | and ", text.removesuffix(" met."))
        assert len(set(new)) == 4
        assert all(a != b for a, b in zip(new, ["Russia", "Iran", "Mali", "India"], strict=True))


def test_a_country_in_a_persons_name_stays():
    labelled = article("[Israel Roe|r] left Israel. => r none", r="Israel Roe, lawmaker")
    assert swap_sides(labelled, random.Random(0)).text.startswith("Israel Roe left")


@pytest.fixture(scope="module")
def corpus():
    return read_corpus(CORPUS)[::7]


@pytest.mark.parametrize("swap", [swap_names, swap_sides])
def test_on_the_corpus_offsets_are_exact_and_labels_stay(corpus, swap):
    for seed, before in enumerate(corpus):
        form = format_article(before)
        after = swap(before, random.Random(seed))
        _check_offsets(after)
        assert _labels(after) == _labels(before)
        assert [s.key for s in after.speakers] == [s.key for s in before.speakers]
        assert format_article(before) == form, "the input was changed"
        again = parse_article(format_article(after), "again.txt")
        assert (again.text, again.sentences) == (after.text, after.sentences)
        assert again.speakers == after.speakers


@pytest.mark.parametrize("swap", [swap_names, swap_sides])
def test_the_same_random_state_gives_the_same_article(corpus, swap):
    one, two = (swap(corpus[0], random.Random(5)) for _ in range(2))
    assert one == two
    assert one != swap(corpus[0], random.Random(6))


def test_on_the_corpus_no_surname_of_a_speaker_is_left(corpus, monkeypatch):
    monkeypatch.setattr(augment, "FROM_ARTICLE", 0.0)
    people = 0
    for seed, before in enumerate(corpus):
        text = swap_names(before, random.Random(seed)).text
        for person in filter(None, map(find_person, before.speakers)):
            people += 1
            last = person.surname.split()[-1]
            assert not re.search(rf"(?<!\w){re.escape(last)}(?!\w)", text), (
                before.article.id,
                last,
            )
    assert people > 300


def _labels(labelled: LabelledArticle) -> list[list[tuple[int | None, str]]]:
    return [[(x.speaker, x.stance) for x in s.labels] for s in labelled.sentences]


def _check_offsets(labelled: LabelledArticle) -> None:
    text = labelled.text
    mentions = [m for speaker in labelled.speakers for m in speaker.mentions]
    mentions += [label.mention for _, label in labelled.labels() if label.mention]
    assert all(text[m.start : m.end] == m.text == m.text.strip() != "" for m in mentions)
    pieces = [text[s.start : s.end] for s in labelled.sentences]
    assert all(piece == piece.strip() != "" for piece in pieces)
    gaps = zip(labelled.sentences, labelled.sentences[1:], strict=False)
    assert all(not text[a.end : b.start].strip() for a, b in gaps)
