"""Behaviour suites: their files, what passes, and what the report says."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from peacestance.evaluation.suite_files import Case, load_cases, read_pool
from peacestance.evaluation.suites import run_cases, run_suites, wilson
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
from peacestance.text import split_sentences

SUITES = Path(__file__).parents[2] / "eval" / "suites"
POOL = {
    "id": "a",
    "paragraphs": [["Vara Holt, of Nordland, said yes.", "It rained."], ["Sudria said no."]],
    "people": [{"name": "Vara Holt", "gender": "woman", "side": 0}],
    "sides": [["Nordland"], ["Sudria"]],
}
EXPECTED: dict[str, Any] = {
    "id": "one",
    "suite": "toy",
    "kind": "expected",
    "note": "A note.",
    "texts": [
        {
            "paragraphs": [["Holt said yes."]],
            "expect": [{"sentence": 0, "stance": "optimistic", "speaker": "Holt"}],
        }
    ],
}
INVARIANT: dict[str, Any] = {
    "id": "two",
    "suite": "toy",
    "kind": "invariant",
    "note": "A note.",
    "article": "a",
    "changes": [{"name": "exchange-sides"}],
}


STANCE_WORDS = {"yes": Stance.OPTIMISTIC, "no": Stance.OPPOSED, "maybe": Stance.CAUTIOUS}


class ByWord:
    """Labels a sentence by its last word; who says it is its first word.

    `biased` gives every sentence with a name in it a stance of its own.
    """

    def __init__(self, biased: Mapping[str, Stance] | None = None) -> None:
        self.biased = biased or {}
        self.calls = 0

    def label(self, article: Article) -> LabelledArticle:
        """Every sentence with one label."""
        self.calls += 1
        sentences, speakers = [], []
        for start, end in split_sentences(article.text):
            words = article.text[start:end].strip(".").split()
            stance = STANCE_WORDS.get(words[-1].lower(), Stance.NONE)
            stance = next((s for name, s in self.biased.items() if name in words), stance)
            speaker = None if words[0] == "It" else len(speakers)
            if speaker is not None:
                speakers.append(Speaker(speaker, words[0] if words[1] == "said" else "Vara Holt"))
            probabilities = tuple(float(s == stance) for s in STANCES)
            sentences.append(Sentence(start, end, (Label(speaker, stance, None, probabilities),)))
        return LabelledArticle(article, tuple(sentences), tuple(speakers))


def write(folder: Path, *cases: Mapping[str, Any], pool: Mapping[str, Any] = POOL) -> Path:
    """A suite beside a pool of one article."""
    (folder / "articles.jsonl").write_text(json.dumps(pool) + "\n", "utf-8")
    path = folder / "toy.jsonl"
    path.write_text("".join(json.dumps(case) + "\n" for case in cases), "utf-8")
    return path


def changed(case: Mapping[str, Any], *path: str | int, to: Any) -> dict[str, Any]:
    """A case with one value replaced."""
    copy: dict[str, Any] = json.loads(json.dumps(case))
    *way, last = path
    inner: Any = copy
    for step in way:
        inner = inner[step]
    inner[last] = to
    return copy


def expecting(*expect: Mapping[str, Any], text: str = "Holt said yes.") -> dict[str, Any]:
    return {**EXPECTED, "texts": [{"paragraphs": [[text]], "expect": list(expect)}]}


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (changed(EXPECTED, "kind", to="expcted"), "'kind' is 'expcted'; allowed are expected, inv"),
        (changed(EXPECTED, "note", to=""), "'note' is ''; it must be a string, not empty"),
        (changed(EXPECTED, "extra", to=1), "'extra' is not known; allowed are suite, id,"),
        (
            changed(EXPECTED, "texts", 0, "expect", 0, "stance", to="optimist"),
            r"'texts\[0\].expect\[0\].stance' is 'optimist'; .*\(did you mean 'optimistic'\?\)",
        ),
        (
            changed(EXPECTED, "texts", 0, "expect", 0, "sentence", to=1),
            r"'texts\[0\].expect\[0\].sentence' is 1; the text has sentences 0 to 0",
        ),
        (
            changed(EXPECTED, "texts", 0, "expect", 0, "sentence", to=True),
            "is True; it must be a whole number",
        ),
        (
            changed(EXPECTED, "texts", 0, "paragraphs", to=["Holt said yes."]),
            r"'texts\[0\].paragraphs\[0\]' is 'Holt said yes.'; it must list sentences",
        ),
        (
            changed(EXPECTED, "texts", 0, "paragraphs", 0, 0, to="Holt said\nyes."),
            r"'texts\[0\].paragraphs\[0\]\[0\]' is .*; it must be a sentence without line breaks",
        ),
        (changed(EXPECTED, "texts", 0, to=3), r"'texts\[0\]' is 3; it must be an object"),
        (
            changed(EXPECTED, "kind", to="invariant"),
            r"'texts\[0\].expect' is not known; allowed are paragraphs",
        ),
        (changed(INVARIANT, "article", to="b"), "'article' is 'b', which articles.jsonl does not"),
        (
            changed(INVARIANT, "changes", 0, "name", to="upper-cas"),
            r"'changes\[0\].name' is 'upper-cas'; .*did you mean 'upper-case'",
        ),
        (
            changed(INVARIANT, "changes", to=[{"name": "insert", "after": 9, "sentence": "So."}]),
            "'changes' cannot be made: 'after' is 9; the article has sentences 0 to 2",
        ),
        (
            changed(INVARIANT, "changes", to=[{"name": "typographic-dashes"}]),
            "'changes' leave article 'a' as it is",
        ),
        ({**EXPECTED, **{"article": "*", "changes": []}}, r"'article' is '\*'"),
    ],
)
def test_a_wrong_case_is_named_by_line_and_field(
    case: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = write(tmp_path, {**EXPECTED, "id": "first"}, case)
    with pytest.raises(UserError, match=message) as error:
        load_cases([path])
    assert str(error.value).startswith(f"{path}:2: field '")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        (
            changed(POOL, "people", 0, "name", to="Ann Roe"),
            r"'people\[0\].name' is 'Ann Roe', which",
        ),
        (changed(POOL, "people", 0, "side", to=2), r"'people\[0\].side' is 2; it must be 0 or 1"),
        (
            changed(POOL, "people", 0, "gender", to="w"),
            "'people.0..gender' is 'w'; allowed are woman",
        ),
        (changed(POOL, "sides", 1, to=["Sudria", "Sudrian"]), "'sides' must be two lists with the"),
        (changed(POOL, "sides", to=["Nordland", "Sudria"]), "'sides' must be two lists with the"),
    ],
)
def test_a_wrong_article_is_named_by_line_and_field(
    pool: dict[str, Any], message: str, tmp_path: Path
) -> None:
    write(tmp_path, INVARIANT, pool=pool)
    with pytest.raises(UserError, match=message) as error:
        load_cases([tmp_path])
    assert str(error.value).startswith(f"{tmp_path / 'articles.jsonl'}:1: field '")


def test_an_id_is_taken_once(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"toy\.jsonl:2: field 'id' is 'one', which is taken"):
        load_cases([write(tmp_path, EXPECTED, EXPECTED)])


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: no such file or folder"):
        load_cases([tmp_path / "nowhere"])


def test_a_folder_without_cases_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no case found"):
        load_cases([tmp_path])


def test_a_star_is_a_case_for_every_article_that_changes(tmp_path: Path) -> None:
    names = [{"name": "typographic-dashes"}, {"name": "upper-case"}]
    cases = load_cases([write(tmp_path, {**INVARIANT, "article": "*", "changes": names})])
    assert [case.id for case in cases] == ["two-a"]
    assert [one.variant for one in cases[0].changed] == ["upper case"]


def test_places_say_where_sentences_went(tmp_path: Path) -> None:
    original = {"paragraphs": [["Holt said yes."]]}
    moved = {"paragraphs": [["It rained.", "Holt said yes."]]}
    case = {k: v for k, v in INVARIANT.items() if k not in ("article", "changes")}
    with pytest.raises(UserError, match=r"'texts\[1\].places' is \[2\]; it must say for 1 sent"):
        load_cases([write(tmp_path, {**case, "texts": [original, {**moved, "places": [2]}]})])
    good = write(tmp_path, {**case, "texts": [original, {**moved, "places": [1]}]})
    assert run_suites(ByWord(), [good]).suites["toy"].passed.sentences.value == 1.0


# --- what passes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expect", "stance_right", "right"),
    [
        ({"stance": "optimistic"}, True, True),
        ({"stance": "optimistic", "speaker": "Vara Holt"}, True, True),
        ({"stance": "optimistic", "speaker": "Sund"}, True, False),
        ({"stance": "optimistic", "speaker": None}, True, False),
        ({"stance": "opposed", "speaker": "Holt"}, False, False),
    ],
)
def test_a_sentence_must_have_the_stance_and_the_speaker_where_one_is_given(
    expect: dict[str, Any], stance_right: bool, right: bool, tmp_path: Path
) -> None:
    path = write(tmp_path, expecting({"sentence": 0, **expect}))
    passed = run_suites(ByWord(), [path]).suites["toy"].passed
    assert (passed.stances.count, passed.sentences.count, passed.cases.count) == (
        stance_right,
        right,
        right,
    )


def test_a_stance_more_than_expected_does_not_pass(tmp_path: Path) -> None:
    def twice(article: Article) -> LabelledArticle:
        labels = (Label(None, Stance.OPTIMISTIC), Label(None, Stance.NONE))
        return LabelledArticle(article, (Sentence(0, len(article.text), labels),))

    cases = load_cases([write(tmp_path, expecting({"sentence": 0, "stance": "optimistic"}))])
    assert run_cases(twice, cases).suites["toy"].passed.stances.count == 0


def test_labels_stay_when_only_names_change(tmp_path: Path) -> None:
    report = run_suites(ByWord(), [write(tmp_path, INVARIANT)]).suites["toy"]
    assert (report.passed.sentences.count, report.passed.sentences.of) == (3, 3)
    assert {name: (share.count, share.of) for name, share in report.flips.items()} == {
        "Nordland": (0, 1),
        "Sudria": (0, 1),
    }


def test_a_stance_that_goes_with_a_name_is_a_flip_of_that_name(tmp_path: Path) -> None:
    biased = ByWord({"Sudria": Stance.CAUTIOUS})
    report = run_suites(biased, [write(tmp_path, INVARIANT)]).suites["toy"]
    assert report.flips["Nordland"].value == 1.0
    found = report.to_dict()["flips"]["Nordland"]["examples"]
    assert found == [{"case": "two", "variant": "sides exchanged", "sentence": 2}]
    (failure,) = report.to_dict()["failures"]
    assert failure["text"] == "Nordland said no."
    assert failure["original"] == "Sudria said no."
    assert failure["expected"][0] == {
        "speaker": "Nordland",
        "stance": "cautious",
        "probabilities": {"optimistic": 0.0, "cautious": 1.0, "opposed": 0.0, "none": 0.0},
    }
    assert failure["found"][0]["stance"] == "opposed"


def test_a_part_of_a_name_is_renamed_like_the_whole(tmp_path: Path) -> None:
    def first_word(article: Article) -> LabelledArticle:
        speaker = Speaker(0, article.text.split()[0])
        sentence = Sentence(0, len(article.text), (Label(0, Stance.OPPOSED),))
        return LabelledArticle(article, (sentence,), (speaker,))

    pool = {"id": "a", "paragraphs": [["North Bank said no."]]}
    pool |= {"sides": [["North Bank"], ["South Bank"]]}
    cases = load_cases([write(tmp_path, INVARIANT, pool=pool)])
    assert run_cases(first_word, cases).suites["toy"].failures == ()


def test_a_text_is_labelled_once(tmp_path: Path) -> None:
    labeler = ByWord()
    run_suites(labeler, [write(tmp_path, INVARIANT, {**INVARIANT, "id": "three"})])
    assert labeler.calls == 2


# --- the report -----------------------------------------------------------------------------------


def pair(id: str, *stances: str) -> dict[str, Any]:
    texts = [
        {
            "variant": variant,
            "paragraphs": [["Holt said yes."]],
            "expect": [{"sentence": 0, "stance": stance}],
        }
        for variant, stance in zip(("plain", "negated"), stances, strict=True)
    ]
    return {**EXPECTED, "id": id, "texts": texts}


def test_a_case_passes_when_all_its_texts_do(tmp_path: Path) -> None:
    good, bad = "optimistic", "opposed"
    path = write(tmp_path, pair("x", good, bad), pair("y", good, good), pair("z", bad, good))
    report = run_suites(ByWord(), [path]).suites["toy"]
    assert (report.passed.cases.count, report.passed.cases.of) == (1, 3)
    assert (report.passed.sentences.count, report.passed.sentences.of) == (4, 6)
    assert report.variants["plain"].cases.count == 2
    assert [(failure.case, failure.variant) for failure in report.failures] == [
        ("x", "negated"),
        ("z", "plain"),
    ]


def test_the_report_is_json_and_always_the_same(tmp_path: Path) -> None:
    path = write(tmp_path, EXPECTED, INVARIANT, pair("x", "none", "optimistic"))
    first, second = (json.dumps(run_suites(ByWord(), [path]).to_dict()) for _ in range(2))
    assert first == second


def test_intervals_hold_their_share() -> None:
    for count, of in ((0, 7), (3, 7), (7, 7)):
        share = wilson(count, of)
        assert 0.0 <= share.low <= share.value <= share.high <= 1.0
        assert share.high > share.low


def test_the_interval_is_that_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    for count, of in ((0, 7), (3, 7), (29, 30)):
        theirs = stats.binomtest(count, of).proportion_ci(method="wilson")
        ours = wilson(count, of)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


# --- the suites of the repository -----------------------------------------------------------------


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return load_cases([SUITES])


def test_the_suites_are_large_enough(cases: list[Case]) -> None:
    sizes = {
        suite: sum(case.suite == suite for case in cases) for suite in {c.suite for c in cases}
    }
    pairs = ("negation", "hedging", "tense", "intensity")
    assert {suite for suite in pairs if sizes[suite] < 25} == set()
    assert sizes["tone"] >= 40
    assert {len(case.expected) for case in cases if case.suite in pairs} == {2}


def test_written_sentences_are_those_that_the_splitter_finds(cases: list[Case]) -> None:
    """Else a sentence's labels would be compared with those of a half or a double one."""
    texts = {text.text for case in cases for text in case.expected}
    texts |= {case.original for case in cases if case.original}
    assert [str(text) for text in texts if split_sentences(str(text)) != text.spans()] == []


def test_speakers_that_are_expected_stand_in_their_texts(cases: list[Case]) -> None:
    texts = (text for case in cases for text in case.expected)
    wanted = ((e.speaker, str(text.text)) for text in texts for e in text.expectations)
    assert [name for name, text in wanted if name and name.lower() not in text.lower()] == []


def test_new_names_stand_in_no_article() -> None:
    pool = "\n".join(str(article.text) for article in read_pool(SUITES / "articles.jsonl").values())
    row = json.loads((SUITES / "name-swap.jsonl").read_text("utf-8"))
    lists = row["changes"][0]["lists"].values()
    names = itertools.chain.from_iterable((*part["women"], *part["men"]) for part in lists)
    assert [name for name in names if name.split()[-1] in pool] == []
