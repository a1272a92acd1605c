"""Agreement of coders with each other and with the model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("krippendorff")
pytest.importorskip("sklearn")

import krippendorff
from rich.console import Console
from sklearn.metrics import cohen_kappa_score

from peacestance.evaluation.coded_sheets import Code, Coder
from peacestance.evaluation.coder_statistics import (
    MISSING,
    Resampling,
    alphas,
    coincidences,
    confusions,
    kappas,
    shares,
)
from peacestance.evaluation.coder_tables import agreement_tables
from peacestance.evaluation.coders import Agreement, agreement
from peacestance.evaluation.sheets import KeyRow
from peacestance.schema import STANCES, Stance

LETTERS = {"o": Stance.OPTIMISTIC, "c": Stance.CAUTIOUS, "x": Stance.OPPOSED, "n": Stance.NONE}


def coder(name: str, stances: str, right: str = "", articles: str = "") -> Coder:
    """A coder with a letter per row: o c x n and . for a blank; y n . whether the speaker is right.

    Each row is of an article of its own, or of that of `articles`.
    """
    codes = {}
    for number, letter in enumerate(stances):
        answer = right[number : number + 1]
        article = articles[number] if articles else f"a{number}"
        said = {"y": True, "n": False}.get(answer)
        codes[number + 1] = Code(number + 1, "", article, None, LETTERS.get(letter), said)
    return Coder(name, Path(f"{name}.csv"), codes)


def key(stances: str, probabilities: list[float] | None = None) -> dict[int, KeyRow]:
    chances = probabilities or [1.0] * len(stances)
    return {
        row: KeyRow(row, f"a{row}", "", LETTERS[letter], chances[row - 1], "m@1")
        for row, letter in enumerate(stances, 1)
    }


def random_units(seed: int, coders: int, rows: int = 60) -> np.ndarray:
    rng = np.random.default_rng(seed)
    units = rng.integers(4, size=(coders, rows))
    units[1:] = np.where(rng.random((coders - 1, rows)) < 0.6, units[0], units[1:])
    units[rng.random(units.shape) < 0.2] = MISSING
    return units


# --- statistics -----------------------------------------------------------------------------------


def test_alpha_of_a_published_example() -> None:
    """Krippendorff 2011, section C: four observers, twelve units, missing values; 0.743."""
    rows = ["123321412***", "1233224125*3", "*3332342251*", "12332441251*"]
    units = np.array([[MISSING if c == "*" else int(c) - 1 for c in row] for row in rows])
    assert float(alphas(coincidences(units, 5).sum(0))) == pytest.approx(0.743, abs=0.0005)


@pytest.mark.parametrize("coders", [2, 3, 5])
def test_alpha_of_counts_is_the_librarys(coders: int) -> None:
    units = random_units(coders, coders)
    data = np.where(units == MISSING, np.nan, units)
    expected = krippendorff.alpha(data, level_of_measurement="nominal")
    assert float(alphas(coincidences(units, 4).sum(0))) == pytest.approx(expected)


def test_kappa_of_counts_is_the_librarys() -> None:
    units = random_units(7, 2)
    first, second = units[:, (units != MISSING).all(0)]
    table = confusions(units, 4).sum(0)
    assert float(kappas(table)) == pytest.approx(cohen_kappa_score(first, second))
    assert float(shares(table)) == pytest.approx((first == second).mean())


def test_intervals_resample_articles_not_rows() -> None:
    same = np.array([1.0, 0.0] * 10)
    each = np.stack([same, np.ones(20)], axis=-1)

    def width(articles: list[str]) -> float:
        found = Resampling(articles).estimate(0.5, lambda t: t[..., 0] / t[..., 1], each, None)
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    apart = [str(number) for number in range(20)]
    halves = [str(number % 2) for number in range(20)]  # all right, or all wrong
    assert width(apart) < 0.6
    assert width(halves) == pytest.approx(1.0)


def test_the_interval_is_that_of_a_plain_bootstrap() -> None:
    rng = np.random.default_rng(3)
    articles = [str(number) for number in rng.integers(40, size=200)]
    hits = (rng.random(200) < 0.7).astype(float)
    each = np.stack([hits, np.ones(200)], axis=-1)
    found = Resampling(articles).estimate(0.7, lambda t: t[..., 0] / t[..., 1], each, None)
    members = [np.flatnonzero(np.array(articles) == name) for name in sorted(set(articles))]
    drawn = []
    for _ in range(2000):
        picked = np.concatenate([members[at] for at in rng.integers(len(members), size=40)])
        drawn.append(hits[picked].mean())
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.015)


# --- comparing ------------------------------------------------------------------------------------


def test_two_coders() -> None:
    found = agreement([coder("anna", "ocxnn.o"), coder("ben", "ocnnnc.")])
    groups, [pair] = found.stance
    assert groups == ()
    assert (pair.coders, pair.rows, pair.same.value) == (("anna", "ben"), 5, 0.8)
    assert pair.confusion["opposed"] == {"optimistic": 0, "cautious": 0, "opposed": 0, "none": 1}
    assert pair.values["none"].value == pytest.approx(2 * 2 / 5)
    assert (found.labels, found.model, found.weighted) == (None, None, ())


def test_blanks_and_absent_rows_are_missing() -> None:
    short = coder("ben", "oc")
    found = agreement([coder("anna", "o.nn"), short])
    assert [(c.name, c.coded, c.missing) for c in found.coders] == [
        ("anna", 3, (2,)),
        ("ben", 2, (3, 4)),
    ]
    assert found.stance[1][0].rows == 1


def test_the_model_is_one_more_coder() -> None:
    coders = [coder("anna", "ocxn"), coder("ben", "ocnn"), coder("cleo", "ocxo")]
    groups, pairs = agreement(coders, key("ocxc")).stance
    assert [group.coders for group in groups] == [
        ("anna", "ben", "cleo"),
        ("anna", "ben", "cleo", "model"),
    ]
    assert [pair.coders for pair in pairs] == [
        ("anna", "ben"), ("anna", "cleo"), ("ben", "cleo"),
        ("anna", "model"), ("ben", "model"), ("cleo", "model"),
    ]  # fmt: skip
    assert pairs[3].same.value == 0.75


def test_one_coder_and_the_model() -> None:
    found = agreement([coder("anna", "ocxn")], key("ocxo"))
    assert [pair.coders for pair in found.stance[1]] == [("anna", "model")]
    assert found.model == "m@1"


def test_the_speaker_is_judged_by_those_who_answered() -> None:
    anna, ben = coder("anna", "ocxn", "yyn."), coder("ben", "ocxn", "ynny")
    cleo = coder("cleo", "ocxn")
    groups, [pair] = agreement([anna, ben, cleo], key("ocxn")).speaker_right
    assert groups == ()
    assert (pair.coders, pair.rows) == (("anna", "ben"), 3)
    assert pair.same.value == pytest.approx(2 / 3)
    assert agreement([anna, cleo]).speaker_right == ((), ())


def test_shares_of_the_model_are_weighted() -> None:
    """Rows 1 and 2 stand for ten labels each, 3 and 4 for one: right are 10 + 1 of 22."""
    anna = coder("anna", "onxx", "ynyy")
    found = agreement([anna], key("occx", [0.1, 0.1, 1.0, 1.0]))
    [weighted] = found.weighted
    assert weighted.stance_right.value == pytest.approx(11 / 22)
    assert weighted.speaker_right.value == pytest.approx(12 / 22)
    assert weighted.both_right.value == pytest.approx(11 / 22)
    assert found.labels == 22
    assert found.stance[1][0].same.value == 0.5


def test_a_blank_takes_its_weight_with_it() -> None:
    found = agreement([coder("anna", "o.xx")], key("occx", [0.1, 0.1, 1.0, 1.0]))
    assert found.weighted[0].stance_right.value == pytest.approx(11 / 12)
    assert found.weighted[0].speaker_right.why == "no row was answered"


def test_one_stance_only_is_said_plainly() -> None:
    [pair] = agreement([coder("anna", "nnn"), coder("ben", "nnn")]).stance[1]
    for estimate in (pair.alpha, pair.kappa):
        assert (estimate.value, estimate.why) == (None, "every row has the same stance")
    assert pair.same.value == 1.0
    assert pair.values["opposed"].why == "nobody used it"


def test_a_value_that_one_coder_used_alone_does_not_count() -> None:
    """Only rows coded twice can be compared, and in those every stance is none."""
    [pair] = agreement([coder("anna", "nno"), coder("ben", "nn.")]).stance[1]
    assert pair.alpha.why == "every row has the same stance"


def test_no_row_in_common() -> None:
    [pair] = agreement([coder("anna", "oc.."), coder("ben", "..xn")]).stance[1]
    for estimate in (pair.alpha, pair.kappa, pair.same):
        assert (estimate.value, estimate.why) == (None, "no row was coded by two")


def test_one_article_has_no_interval() -> None:
    coders = [coder("anna", "ocxn", articles="aaaa"), coder("ben", "ocxo", articles="aaaa")]
    [pair] = agreement(coders).stance[1]
    assert (pair.same.value, pair.same.low) == (0.75, None)
    assert pair.same.why == "all rows are of one article"


def test_the_same_numbers_each_time() -> None:
    coders = [coder("anna", "ocxnocxn"), coder("ben", "ocxoocnn")]
    assert agreement(coders) == agreement(coders)


# --- showing --------------------------------------------------------------------------------------


def as_text(found: Agreement) -> str:
    console = Console(width=100, highlight=False)
    with console.capture() as captured:
        for part in agreement_tables(found):
            console.print(part)
    return " ".join(captured.get().split())


def test_tables_say_everything() -> None:
    coders = [coder("anna", "ocx.....", "yn"), coder("[b]en[/b]", "ocnnnooo", "yy")]
    text = as_text(agreement(coders, key("ocxnnooo", [0.5] * 8)))
    assert "8 rows of 8 articles; model: m@1" in text
    assert "4, 5, 6, 7, 8" in text
    assert "anna, [b]en[/b]" in text
    assert "anna (down) and model (across)" in text
    assert "only the weighted shares are of all 16 labels" in text


def test_tables_say_what_cannot_be_given() -> None:
    text = as_text(agreement([coder("anna", "nnn"), coder("ben", "nnn")]))
    assert "cannot be given" in text
    assert "nan" not in text


def test_json_has_no_nan_and_every_part() -> None:
    coders = [coder("anna", "nnn", "yyy"), coder("ben", "nnn", "yyy")]
    found = json.loads(json.dumps(agreement(coders, key("nnn")).to_dict(), allow_nan=False))
    assert list(found["stance"]) == ["groups", "pairs"]
    assert found["stance"]["pairs"][0]["alpha"]["why"] == "every row has the same stance"
    assert found["speaker_right"]["pairs"][0]["alpha"]["why"] == "every row has the same answer"
    assert set(found["stance"]["pairs"][0]["confusion"]) == set(STANCES)
