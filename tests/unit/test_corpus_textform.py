"""The text form: what it means, every rule of it, and the way back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peacestance.corpus import format_article, parse_article
from peacestance.corpus.textform import parse_collecting
from peacestance.schema import Label, LabelledArticle, Mention, Speaker, Stance, UserError

GOOD = """\
# id: ex-1
# process: salt-marsh
# register: wire
# title: Talks end: progress and questions
@ tusk = Donata Tuskova
@ merz = Fridolin Merzig

The meeting lasted nine hours. => - none
[Donata Tuskova|tusk] was unsure, [Fridolin Merzig|merz] hoped. => tusk cautious; merz optimistic

"It will take months." => merz cautious
[He|merz] left "the [old] plan" behind. => merz opposed
"""


def test_text_is_sentences_joined_by_space_and_paragraphs_by_an_empty_line() -> None:
    article = parse_article(GOOD)
    assert article.text == (
        "The meeting lasted nine hours. Donata Tuskova was unsure, Fridolin Merzig hoped.\n\n"
        '"It will take months." He left "the [old] plan" behind.'
    )


def test_headers_become_fields() -> None:
    article = parse_article(GOOD + "", "a.txt").article
    assert (article.id, article.process, article.register) == ("ex-1", "salt-marsh", "wire")
    assert article.title == "Talks end: progress and questions"
    assert (article.date, article.outlet, article.source) == (None, None, "a.txt")


def test_speakers_are_numbered_in_order_with_all_their_mentions() -> None:
    article = parse_article(GOOD)
    merz = article.speakers[1]
    assert (merz.id, merz.key, merz.name) == (1, "merz", "Fridolin Merzig")
    assert [mention.text for mention in merz.mentions] == ["Fridolin Merzig", "He"]


def test_offsets_are_exact() -> None:
    article = parse_article(GOOD)
    for speaker in article.speakers:
        for mention in speaker.mentions:
            assert article.text[mention.start : mention.end] == mention.text
    assert [article.text[s.start : s.end] for s in article.sentences][2] == '"It will take months."'


def test_label_takes_the_mention_of_its_own_sentence() -> None:
    second = parse_article(GOOD).sentences[1]
    assert [label.mention and label.mention.text for label in second.labels] == [
        "Donata Tuskova",
        "Fridolin Merzig",
    ]


def test_running_quotation_and_reporter_have_no_mention() -> None:
    sentences = parse_article(GOOD).sentences
    assert sentences[0].labels == (Label(None, Stance.NONE),)
    assert sentences[2].labels == (Label(1, Stance.CAUTIOUS),)


def test_first_of_two_marks_is_the_mention() -> None:
    twice = GOOD.replace("[He|merz] left", "[He|merz], said [Merzig|merz], left")
    label = parse_article(twice).sentences[3].labels[0]
    assert label.mention is not None
    assert label.mention.text == "He"
    assert len(parse_article(twice).speakers[1].mentions) == 3


def test_lines_are_taken_too() -> None:
    assert parse_article(GOOD.splitlines(keepends=True)) == parse_article(GOOD)


def test_windows_line_ends_change_nothing() -> None:
    assert parse_article(GOOD.replace("\n", "\r\n")) == parse_article(GOOD)


def test_arrow_in_the_sentence_belongs_to_the_sentence() -> None:
    article = parse_article(GOOD.replace("nine hours.", "9 => 10 hours."))
    assert "lasted 9 => 10 hours." in article.text


def test_line_separator_character_does_not_cut_a_sentence() -> None:
    article = parse_article(GOOD.replace("nine hours", "nine\u2028hours"))
    assert len(article.sentences) == 4


def test_unknown_process_is_none_and_comes_back() -> None:
    text = GOOD.replace("process: salt-marsh", "process: unknown")
    assert parse_article(text).article.process is None
    assert format_article(parse_article(text)) == text


BROKEN = [
    ("merz cautious\n", "merz cautius\n", 11, "did you mean 'cautious'"),
    ("merz cautious\n", "merz cautius\n", 11, "allowed: optimistic, cautious, opposed, none"),
    ("merz cautious\n", "mertz cautious\n", 11, "did you mean 'merz'"),
    ("[He|merz]", "[He|merzz]", 12, "speaker 'merzz' is not declared; declared: tusk, merz"),
    ("@ merz", "@ kim = Kim\n@ merz", 6, "speaker 'kim' is declared but has no label"),
    ("@ merz = Fr", "@ tusk = Fr", 6, "speaker 'tusk' is already declared on line 5"),
    ("@ merz =", "@ m:z =", 6, "speaker id 'm:z'"),
    ("[He|merz]", "[He|merz", 12, "unbalanced bracket"),
    ("[He|merz]", "He|merz]", 12, "unbalanced bracket"),
    ("[He|merz]", "[|merz]", 12, "must hold the words"),
    (" => - none", "", 8, "no ' => '"),
    (" => - none", " =>- none", 8, "labels after it"),
    (" => - none", " => none", 8, "label 'none' must be 'id stance'"),
    (" => - none", " => ", 8, "labels after it"),
    ("The meeting", "[The meeting|-]", 8, "the reporter ('-') is never marked"),
    ("tusk cautious; ", "", 9, "'tusk' is marked but has no label"),
    ("tusk cautious; merz", "merz cautious; merz", 9, "'merz' has two labels in one sentence"),
    ("The meeting lasted nine hours.", "", 8, "needs a sentence before it"),
    ("# id: ex-1\n", "", 0, "no header 'id'"),
    ("# register: wire\n", "", 0, "no header 'register'"),
    ("# title:", "# titel:", 4, "did you mean 'title'"),
    ("# title:", "# id:", 4, "header 'id' is given twice"),
    ("# id: ex-1", "# id:", 1, "header 'id' is empty"),
    ("# id: ex-1", "# id ex-1", 1, "neither a header"),
    ("[He|merz]", "@ x = Late\n[He|merz]", 12, "must stand before the first sentence"),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), BROKEN)
def test_each_broken_rule_is_told_with_its_line(
    old: str, new: str, line: int, message: str
) -> None:
    assert old in GOOD
    article, problems = parse_collecting(GOOD.replace(old, new, 1), "bad.txt")
    assert article is None
    told = [p for p in problems if message in p.message]
    assert told, [str(p) for p in problems]
    assert (told[0].path, told[0].line) == ("bad.txt", line)


def test_every_problem_is_collected_in_order() -> None:
    bad = GOOD.replace("merz opposed", "merz oposed").replace("- none", "- nothing")
    _, problems = parse_collecting(bad, "bad.txt")
    assert [p.line for p in problems] == [8, 12]


def test_error_names_file_and_line_and_counts_the_rest() -> None:
    bad = GOOD.replace("merz opposed", "merz oposed").replace("- none", "- nothing")
    with pytest.raises(UserError, match=r"^bad\.txt:8: unknown stance 'nothing'.*\(and 1 more\)$"):
        parse_article(bad, Path("bad.txt"))


def test_article_without_sentence_is_refused() -> None:
    with pytest.raises(UserError, match="no sentence"):
        parse_article("# id: a\n# process: p\n# register: r\n")


def test_formatting_is_the_inverse() -> None:
    assert format_article(parse_article(GOOD)) == GOOD


def test_headers_are_written_in_their_fixed_order() -> None:
    head, _, rest = GOOD.partition("# title")
    swapped = "\n".join(reversed(head.splitlines())) + "\n# title" + rest
    assert format_article(parse_article(swapped)) == GOOD


def test_speaker_without_key_gets_one_from_the_name() -> None:
    article = parse_article(GOOD)
    bare = [dataclasses.replace(speaker, key=None, name="A Merzig") for speaker in article.speakers]
    text = format_article(dataclasses.replace(article, speakers=tuple(bare)))
    assert "@ merzig = A Merzig\n@ merzigx = A Merzig\n" in text


def test_mention_of_a_speaker_who_says_nothing_there_is_not_marked() -> None:
    article = parse_article(GOOD)
    meeting = Mention(0, 11, "The meeting")
    tusk = article.speakers[0]
    more = dataclasses.replace(tusk, mentions=(meeting, *tusk.mentions))
    changed = dataclasses.replace(article, speakers=(more, article.speakers[1]))
    assert format_article(changed) == GOOD


def test_article_that_cannot_be_written_is_refused() -> None:
    silent = Speaker(2, "Silent", key="silent")
    article = parse_article(GOOD)
    with pytest.raises(
        UserError, match=r"cannot be written.*'silent' is declared but has no label"
    ):
        format_article(dataclasses.replace(article, speakers=(*article.speakers, silent)))


_WORDS = st.text(alphabet="abcé ,.'\"=>#@-;:", min_size=1).map(str.strip).filter(bool)


@given(st.lists(st.tuples(_WORDS, st.booleans(), st.booleans()), min_size=1, max_size=5))
def test_any_words_survive_the_round_trip(parts: list[tuple[str, bool, bool]]) -> None:
    body = ""
    for words, marked, new_paragraph in parts:
        sentence = f"So [{words}|x] spoke => x opposed" if marked else f"So {words} => - none"
        body += ("\n" if new_paragraph else "") + sentence + "\n"
    used = any(marked for _, marked, _ in parts)
    head = "# id: a\n# process: p\n# register: r\n" + ("@ x = X\n" if used else "")
    article: LabelledArticle = parse_article(head + "\n" + body)
    assert parse_article(format_article(article)) == article or "\n\n\n" in body
    assert [article.text[s.start : s.end] for s in article.sentences] == [
        f"So {words} spoke" if marked else f"So {words}" for words, marked, _ in parts
    ]
