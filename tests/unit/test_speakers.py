"""Mentions of an article become its speakers. `[...]` marks the mentions of a test's text."""

import random
import re
from collections.abc import Sequence

import pytest

from peacestance.schema import Mention, Speaker
from peacestance.speakers import Alias, Aliases, Link, resolve


def read(marked: str) -> tuple[str, list[Mention]]:
    """A text with its mentions in brackets -> text and mentions."""
    text, mentions = "", []
    for piece in re.split(r"(\[[^\]]*\])", marked):
        if piece.startswith("["):
            mentions.append(Mention(len(text), len(text) + len(piece) - 2, piece[1:-1]))
            piece = piece[1:-1]
        text += piece
    return text, mentions


def speakers_of(
    marked: str, links: Sequence[tuple[int, int, float]] = (), aliases: Aliases | None = None
) -> list[str]:
    """The name of each mention's speaker, in order of mention."""
    text, mentions = read(marked)
    speakers, ids = resolve(text, mentions, [Link(*link) for link in links], aliases)
    return [speakers[id_].name for id_ in ids]


def test_surnames_and_titles_join_the_full_name() -> None:
    marked = "[Poland's Donald Tusk] spoke. [Tusk] left. [Prime Minister Tusk] came back."
    assert speakers_of(marked) == ["Donald Tusk"] * 3


def test_a_surname_before_the_full_name_joins_it() -> None:
    assert speakers_of("[Tusk] spoke. [Donald Tusk] left.") == ["Donald Tusk"] * 2


def test_a_surname_is_completed_from_the_article() -> None:
    assert speakers_of("Donald Tusk arrived. Later [Tusk] spoke.") == ["Donald Tusk"]


@pytest.mark.parametrize(
    ("marked", "name"),
    [
        ("[Russia's chief delegate], Roman Chernyshov, praised it.", "Roman Chernyshov"),
        ("So said [the council's vice-chairman], Sao Khun Pan.", "Sao Khun Pan"),
        ("[The head of the army delegation], Maj. Gen. Osman Bakheet, said no.", "Osman Bakheet"),
        ("[The mediator], former Danish judge Birgit Aalund, praised it.", "Birgit Aalund"),
        ("[The mediator], Foreign Minister Birgit Aalund, praised it.", "Birgit Aalund"),
        ("[The mediator], said Judge Birgit Aalund, was late.", "the mediator"),
        ("[The British minister], in Oslo on Monday, said no.", "the British minister"),
        ("[The chief delegate], Tusk, said no.", "the chief delegate"),
        ("[Two lawmakers], Ann Lee, and Bo Ray, said no.", "two lawmakers"),
    ],
)
def test_a_name_in_apposition_is_that_of_the_description(marked: str, name: str) -> None:
    assert speakers_of(marked) == [name]


def test_a_name_in_apposition_and_the_surname_later_are_one_speaker() -> None:
    marked = "[The chief delegate], Roman Chernyshov, praised it. [Chernyshov] left."
    assert speakers_of(marked) == ["Roman Chernyshov"] * 2


def test_a_surname_of_two_people_in_the_article_stays_short() -> None:
    assert speakers_of("Donald Trump and Melania Trump came. [Trump] spoke.") == ["Trump"]


def test_of_two_people_with_one_surname_the_nearest_earlier_is_meant() -> None:
    marked = "[Ilham Sanogo] spoke. [Moussa Sanogo] left. [Sanogo] waved."
    assert speakers_of(marked) == ["Ilham Sanogo", "Moussa Sanogo", "Moussa Sanogo"]


def test_a_title_tells_two_people_with_one_surname_apart() -> None:
    marked = "[President Ilham Sanogo] spoke. [Moussa Sanogo] left. [President Sanogo] waved."
    assert speakers_of(marked)[2] == "Ilham Sanogo"


def test_a_courtesy_title_tells_he_from_she() -> None:
    marked = "[Mrs Ada Sanogo] spoke. [Mr Moussa Sanogo] left. [Mrs Sanogo] waved."
    assert speakers_of(marked)[2] == "Ada Sanogo"


def test_different_given_names_never_join() -> None:
    assert speakers_of("[Donald Tusk] and [Jan Tusk]", [(0, 1, 1.0)]) == ["Donald Tusk", "Jan Tusk"]


def test_spelling_variants_of_a_name_join() -> None:
    names = speakers_of("[Volodymyr Zelensky] spoke. [Volodymyr Zelenskyy] left. [Zelenskiy] came.")
    assert len(set(names)) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Russia", "Russia's foreign ministry"),
        ("the Kremlin", "Russia"),
        ("the Kremlin", "Kremlin spokesman Dmitry Peskov"),
        ("Ukraine's general staff", "Ukraine's air force"),
    ],
)
def test_different_entities_stay_apart_whatever_a_link_says(a: str, b: str) -> None:
    assert len(set(speakers_of(f"[{a}] spoke. [{b}] spoke.", [(0, 1, 1.0)]))) == 2


def test_a_body_in_other_dress_is_one_and_keeps_its_longest_form() -> None:
    marked = "[The Russian Defense Ministry] spoke. [Russia’s defence ministry] spoke."
    assert speakers_of(marked) == ["Russia’s defence ministry"] * 2


def test_a_generic_body_goes_to_the_nearest_of_its_kind() -> None:
    marked = "[Turkey's foreign ministry] spoke. [The ministry] added. [Norway] left."
    assert speakers_of(marked) == ["Turkey's foreign ministry"] * 2 + ["Norway"]


def test_a_declared_acronym_joins_its_long_form() -> None:
    marked = "[The Rapid Relief Council] (RRC) spoke. [The RRC] left."
    assert speakers_of(marked) == ["the Rapid Relief Council"] * 2


def test_initials_join_without_a_declaration() -> None:
    assert len(set(speakers_of("[The Rapid Relief Council] spoke. [RRC] left."))) == 1


def test_a_repeated_description_is_one_speaker() -> None:
    marked = "[A U.S. official] spoke. [A French diplomat] left. [The official] added."
    assert speakers_of(marked) == ["a U.S. official", "a French diplomat", "a U.S. official"]


def test_a_description_that_names_another_country_is_somebody_else() -> None:
    assert len(set(speakers_of("[A U.S. official] spoke. [The Russian official] left."))) == 2


def test_another_official_is_another_speaker() -> None:
    speakers, _ = resolve(*read("[Another official] spoke. [Another official] left."))
    assert len(speakers) == 2


def test_a_role_said_of_a_name_is_found_again() -> None:
    marked = "[Oleh Tverdyk], a lawmaker from Sumy, spoke. [Norway] left. [The lawmaker] added."
    assert speakers_of(marked)[2] == "Oleh Tverdyk"


def test_a_plain_description_goes_to_the_person_just_named() -> None:
    assert speakers_of("[Oleh Tverdyk] spoke. [The 61-year-old] left.") == ["Oleh Tverdyk"] * 2


@pytest.mark.parametrize(
    ("pronoun", "name"), [("he", "Donald Tusk"), ("it", "the Kremlin"), ("they", "residents")]
)
def test_a_pronoun_without_links_goes_to_the_nearest_that_fits(pronoun: str, name: str) -> None:
    marked = f"[Donald Tusk], [the Kremlin] and [residents] spoke. Then [{pronoun}] left."
    assert speakers_of(marked)[3] == name


def test_he_and_she_are_never_one() -> None:
    marked = "[Government spokeswoman Inna Tark] spoke. [He] left."
    assert speakers_of(marked, [(0, 1, 0.9)]) == ["Inna Tark", "he"]


def test_i_and_we_fit_nobody() -> None:
    assert speakers_of("[Donald Tusk] spoke. [We] left.") == ["Donald Tusk", "we"]


def test_a_link_beats_the_nearest() -> None:
    marked = "[Donald Tusk] met [Jan Kos]. [He] left."
    assert speakers_of(marked, [(0, 2, 0.8), (1, 2, 0.1)])[2] == "Donald Tusk"


def test_a_weak_link_chooses_among_those_that_fit() -> None:
    marked = "[Donald Tusk] met [Jan Kos]. [He] left."
    assert speakers_of(marked, [(0, 2, 0.3)])[2] == "Donald Tusk"


def test_weak_links_to_one_speaker_add_up() -> None:
    marked = "[Donald Tusk] spoke. [Tusk] left. [Jan Kos] came. [A senior envoy] waved."
    assert speakers_of(marked, [(0, 3, 0.3), (1, 3, 0.3), (2, 3, 0.3)])[3] == "Donald Tusk"


def test_the_stronger_of_two_contradicting_links_counts() -> None:
    marked = "[Donald Tusk] met [Jan Kos]. [The premier] left."
    assert speakers_of(marked, [(0, 2, 0.6), (1, 2, 0.7)])[2] == "Jan Kos"


def test_a_name_is_better_than_a_description_linked_to_it() -> None:
    marked = "[A senior Kremlin official] spoke. [Kremlin spokesman Dmitry Peskov] added."
    assert speakers_of(marked, [(0, 1, 0.9)]) == ["Dmitry Peskov"] * 2


def test_names_are_shown_as_inside_a_sentence() -> None:
    marked = "[A senior official in Kyiv]'s view. [He]."
    assert speakers_of(marked)[0] == "a senior official in Kyiv"
    assert speakers_of("[The Kremlin] spoke.") == ["the Kremlin"]


def test_speakers_come_in_order_of_mention_and_hold_their_mentions() -> None:
    text, mentions = read("[Norway] spoke. [Donald Tusk] left. [Tusk] came.")
    speakers, ids = resolve(text, mentions)
    assert ids == (0, 1, 1)
    assert speakers[1] == Speaker(1, "Donald Tusk", (mentions[1], mentions[2]))


def test_an_article_without_mentions_has_no_speakers() -> None:
    assert resolve("Nothing.", []) == ((), ())


TUSK = Aliases((Alias("Donald Tusk", ("Tusk", "the Polish premier"), "Poland"),))


def test_an_alias_names_and_joins_and_gives_the_side() -> None:
    text, mentions = read("[Tusk] spoke. [The Polish premier] left. [Norway] stayed.")
    speakers, ids = resolve(text, mentions, aliases=TUSK)
    assert [(s.name, s.side) for s in speakers] == [("Donald Tusk", "Poland"), ("Norway", None)]
    assert ids == (0, 0, 1)


def test_an_alias_holds_for_every_mention_of_the_speaker() -> None:
    marked = "[Poland's Donald Tusk] spoke. [He] left. [The Polish premier] came."
    assert speakers_of(marked, [(0, 1, 0.9)], TUSK) == ["Donald Tusk"] * 3


def test_two_entries_of_the_alias_file_never_join() -> None:
    aliases = Aliases((Alias("Tusk senior"), Alias("Tusk junior")))
    marked = "[Tusk senior] spoke. [Tusk junior] left."
    assert speakers_of(marked, [(0, 1, 1.0)], aliases) == ["Tusk senior", "Tusk junior"]


@pytest.mark.parametrize(
    "link", [Link(1, 0, 0.5), Link(0, 0, 0.5), Link(0, 2, 0.5), Link(0, 1, 1.5), Link(-1, 1, 0.5)]
)
def test_a_link_that_does_not_fit_is_refused(link: Link) -> None:
    text, mentions = read("[Norway] and [Sweden]")
    with pytest.raises(ValueError, match="not a link"):
        resolve(text, mentions, [link])


def test_unsorted_or_repeated_mentions_are_refused() -> None:
    text, mentions = read("[Norway] and [Sweden]")
    with pytest.raises(ValueError, match="sorted"):
        resolve(text, mentions[::-1])
    with pytest.raises(ValueError, match="sorted"):
        resolve(text, [mentions[0], mentions[0]])


def test_the_order_of_the_links_does_not_matter() -> None:
    marked = "[Donald Tusk] met [Jan Kos]. [He] left. [The premier] came. [He] spoke."
    text, mentions = read(marked)
    shuffler = random.Random(1)
    links = [Link(i, j, shuffler.choice((0.3, 0.5, 0.7))) for j in range(2, 5) for i in range(j)]
    expected = resolve(text, mentions, links)
    for _ in range(10):
        shuffler.shuffle(links)
        assert resolve(text, mentions, links) == expected
