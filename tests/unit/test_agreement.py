"""Blind sheets, and agreement of two annotators."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest

from peacestance.corpus import parse_article
from peacestance.evaluation.agreement import (
    Coded,
    agreement,
    alpha_intervals,
    blind_sheet,
    code,
    differs,
    read_coded,
    read_sheet,
    write_coded,
)
from peacestance.schema import Stance, UserError

ARTICLE = parse_article(
    """# id: a
# process: p
# register: wire
# title: Talks
@ tusk = Donald Tusk

[Tusk|tusk] said no. => tusk opposed
It rained. => - none

[He|tusk] left. => tusk none
"""
)
SAME = ["1 => Donald Tusk opposed", "2 => - none", "3 => Tusk none"]


def test_the_blind_sheet_tells_no_label() -> None:
    sheet = blind_sheet(ARTICLE)
    assert sheet.splitlines()[3:] == ["1 Tusk said no.", "2 It rained.", "", "3 He left."]
    assert "opposed" not in sheet
    assert "|" not in sheet


def test_a_sheet_comes_back_in_any_order() -> None:
    labels = read_sheet(reversed(SAME), 3, "sheet")
    assert labels[0] == (("Donald Tusk", Stance.OPPOSED),)
    assert labels[1] == ((None, Stance.NONE),)


def test_two_labels_of_a_sentence() -> None:
    (labels,) = read_sheet(["1 => Tusk opposed; the Kremlin none"], 1, "sheet")
    assert labels == (("Tusk", Stance.OPPOSED), ("the Kremlin", Stance.NONE))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["1 => Tusk angry"], "sheet:1: found 'Tusk angry'"),
        (["1 Tusk none"], "sheet:1: found '1 Tusk none'"),
        (["1 => - none", "1 => - none"], "sheet:2: sentence 1 stands there twice"),
        (["2 => - none"], "sheet:1: sentence 2 is not in 1..1"),
        ([], "no labels for sentence 1"),
    ],
)
def test_a_broken_sheet_says_where(lines: list[str], message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        read_sheet(lines, 1, "sheet")


def test_equal_labels_agree_whatever_form_the_name_has() -> None:
    coded = code(ARTICLE, read_sheet(SAME, 3, "sheet"))
    assert not any(differs(c) for c in coded)
    found = agreement(coded)
    assert found["alpha_speaker"] == found["alpha_stance"] == found["same"] == 1.0


def test_a_mention_stands_for_its_speaker() -> None:
    envoy = parse_article(
        """# id: a
# process: p
# register: wire
# title: Talks
@ ruiz = Anna Ruiz, special envoy
@ bank = the Russian central bank

[The envoy|ruiz] agreed. => ruiz optimistic
[The bank in Moscow|bank] sued. => bank none
"""
    )
    coded = code(envoy, read_sheet(["1 => the envoy optimistic", "2 => a lawyer none"], 2, "s"))
    assert [differs(c) for c in coded] == [False, True]
    assert coded[0].second == (("Anna Ruiz, special envoy", Stance.OPTIMISTIC),)


def test_alpha_of_a_known_table() -> None:
    sheet = ["1 => Tusk opposed", "2 => - none", "3 => Tusk opposed"]
    found = agreement(code(ARTICLE, read_sheet(sheet, 3, "sheet")))
    assert found["same"] == pytest.approx(2 / 3)
    assert found["alpha_speaker"] == 1.0
    # Values opposed/opposed, none/none, none/opposed: observed 1/3, expected 2*3*3/(6*5).
    assert found["alpha_stance"] == pytest.approx(1 - (1 / 3) / (18 / 30))


def test_alpha_is_undefined_where_nothing_varies() -> None:
    sheet = ["1 => - none", "2 => - none", "3 => - none"]
    coded = [c for c in code(ARTICLE, read_sheet(sheet, 3, "sheet")) if c.sentence == 1]
    assert math.isnan(agreement(coded)["alpha_stance"])


def random_coding(articles: int, sentences: int) -> list[Coded]:
    """Two annotators who differ in about a third of the sentences."""
    rng = np.random.default_rng(0)
    named = [(name, stance) for name in (None, "Donald Tusk", "Iryna Lysenko") for stance in Stance]
    coded = []
    for article, sentence in itertools.product(range(articles), range(sentences)):
        first, other = rng.integers(len(named), size=2)
        second = other if rng.random() < 1 / 3 else first
        coded.append(Coded(f"a{article}", sentence, (named[first],), (named[second],)))
    return coded


def test_the_table_gives_the_librarys_alpha() -> None:
    coded = random_coding(1, 200)
    # One article: every resample is the article itself.
    for name, (low, high) in alpha_intervals(coded, rounds=3).items():
        assert low == high == pytest.approx(agreement(coded)[name])


def test_intervals_narrow_with_articles() -> None:
    few, many = (alpha_intervals(random_coding(n, 20), rounds=300) for n in (8, 80))
    for name, (low, high) in many.items():
        assert low < agreement(random_coding(80, 20))[name] < high
        assert high - low < few[name][1] - few[name][0]


def test_coded_articles_come_back_from_a_file(tmp_path: Path) -> None:
    coded = random_coding(3, 5)
    write_coded(tmp_path / "coded.jsonl", coded)
    assert read_coded(tmp_path / "coded.jsonl") == coded


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("?", "coded.jsonl:1: not a coded article"),
        ('{"id": "a", "first": ["- none"], "second": []}', "coded.jsonl:1: not a coded article"),
        ('{"id": "a", "first": ["- none"], "second": ["-"]}', "coded.jsonl:1: found '-'"),
    ],
)
def test_a_broken_file_of_coded_articles_says_where(
    tmp_path: Path, line: str, message: str
) -> None:
    (tmp_path / "coded.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(message)):
        read_coded(tmp_path / "coded.jsonl")


def test_a_missing_file_of_coded_articles_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_coded(tmp_path / "none.jsonl")
