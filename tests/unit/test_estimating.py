"""Groups, gold and corrected shares, from files on."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from peacestance.evaluation.estimating import (
    Options,
    StanceShare,
    estimate,
    notices,
    read_population,
)
from peacestance.evaluation.gold import Gold, key_beside, read_gold
from peacestance.evaluation.grouping import parse_groups, time_of
from peacestance.evaluation.sampling import draw_sample
from peacestance.evaluation.sheets import write_sheet
from peacestance.exchange import write_labelled
from peacestance.schema import (
    STANCES,
    Article,
    Label,
    LabelledArticle,
    Mention,
    Sentence,
    Speaker,
    UserError,
)

Row = dict[str, str]


def article(number: int, sentences: int = 10, date: str | None = "2025-10-14") -> LabelledArticle:
    """Sentences by Ada Brook, the reporter and Ivo Marsh in turn, and one by both at the end."""
    speakers = (
        Speaker(0, "Ada Brook", (Mention(0, 1, "S"),)),
        Speaker(1, "Ivo Marsh", (Mention(0, 1, "S"),)),
    )
    texts = [f"Sentence {chr(97 + at)} of {chr(97 + number)}." for at in range(sentences)]
    found, start = [], 0
    for at, text in enumerate(texts):
        who = (0, None, 1)[at % 3]
        stance = STANCES[(at * 7 + number * 3) % 4]
        labels = [Label(who, stance, speakers[who].mentions[0] if who is not None else None)]
        if at == sentences - 1:
            labels.append(Label(1, STANCES[number % 4], speakers[1].mentions[0]))
        found.append(Sentence(start, start + len(text), tuple(labels)))
        start += len(text) + 1
    written = Article(f"a{number}", " ".join(texts), date=date, outlet=f"Post {number % 2}")
    return LabelledArticle(written, tuple(found), speakers, model="m@1")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.csv"
    dates = ["2025-09-30", "2025-10-14T08:00:00Z", None]
    write_labelled((article(n, date=dates[n % 3]) for n in range(24)), path)
    return path


@pytest.fixture
def coded(archive: Path, tmp_path: Path) -> Callable[..., Path]:
    """Draws a sample and codes it as the key has it; `change` may change rows of the sheet."""

    def code(
        n: int = 120, strata: tuple[str, ...] = (), change: Callable[[list[Row]], object] = len
    ) -> Path:
        sheet = tmp_path / "sheet.csv"
        write_sheet(draw_sample([archive], n, strata), sheet)
        lines = key_beside(sheet).read_text().splitlines()
        stances = {str(each["row"]): each["stance"] for each in map(json.loads, lines)}
        with sheet.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        for row in rows:
            row["stance"] = stances[row["row"]]
        change(rows)
        with sheet.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return sheet

    return code


def gold_of(sheet: Path) -> Gold:
    gold, problems = read_gold(sheet)
    assert problems == []
    return gold


def shares(archive: Path, sheet: Path, options: Options | None = None) -> list[StanceShare]:
    options, gold = options or Options(), gold_of(sheet)
    population, problems = read_population([archive], gold, options)
    assert problems == []
    return estimate(population, gold, options)


def misfits(path: Path, sheet: Path) -> list[str]:
    return read_population([path], gold_of(sheet), Options())[1]


# --- groups ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "unit", "time"),
    [
        ("2025-10-14", "day", "2025-10-14"),
        ("2024-12-30", "week", "2025-W01"),
        ("2025-10-14 23:59", "month", "2025-10"),
        ("2025-10", "year", "2025"),
        ("2025", "year", "2025"),
    ],
)
def test_times_of_dates(date: str, unit: str, time: str) -> None:
    assert time_of(date, unit) == time


@pytest.mark.parametrize(
    ("date", "unit"), [("Oct. 14", "day"), ("2025", "month"), ("2025-13", "month"), ("x", "year")]
)
def test_dates_that_do_not_tell_the_time(date: str, unit: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month"):
        time_of(date, unit)


def test_unknown_group_is_refused_with_a_guess() -> None:
    with pytest.raises(UserError, match="unknown group 'speakr', did you mean speaker"):
        parse_groups("week,speakr")
    with pytest.raises(UserError, match="unknown group ''; allowed are speaker"):
        parse_groups("week,")
    with pytest.raises(UserError, match="named twice"):
        parse_groups("week,week")


def test_labels_without_a_date_are_a_group(archive: Path, coded: Callable[..., Path]) -> None:
    rows = shares(archive, coded(), Options(by=("month",)))
    assert [row.group for row in rows[::4]] == [("(no date)",), ("2025-09",), ("2025-10",)]
    assert sum(row.labels for row in rows[::4]) == 24 * 11


def test_reporter_is_a_group_or_left_out(archive: Path, coded: Callable[..., Path]) -> None:
    sheet = coded()
    everyone = shares(archive, sheet, Options(by=("speaker", "outlet")))
    names = {row.group[0] for row in everyone}
    assert names == {"(reporter)", "Ada Brook", "Ivo Marsh"}
    speakers = shares(archive, sheet, Options(reporter=False))
    assert speakers[0].labels == 24 * 8
    by_reporter = [row.hand_labels for row in everyone[::4] if row.group[0] == "(reporter)"]
    assert 0 < sum(by_reporter) == 120 - speakers[0].hand_labels


def test_a_date_that_cannot_be_read_is_named(tmp_path: Path, coded: Callable[..., Path]) -> None:
    gold, other = gold_of(coded()), tmp_path / "other.jsonl"
    write_labelled([article(0), article(1, date="Oct. 14")], other)
    wanted = r"other\.jsonl:2: article 'a1': no week can be read from the date 'Oct\. 14'"
    with pytest.raises(UserError, match=wanted):
        read_population([other], gold, Options(by=("week",)))


def test_a_group_of_which_nothing_is_known(tmp_path: Path, coded: Callable[..., Path]) -> None:
    gold, other = gold_of(coded()), tmp_path / "other.jsonl"
    write_labelled([article(0, date=None)], other)
    with pytest.raises(UserError, match="--by week: no date in the input"):
        read_population([other], gold, Options(by=("week",)))


# --- shares ---------------------------------------------------------------------------------------


def test_a_model_without_errors_is_right(archive: Path, coded: Callable[..., Path]) -> None:
    for strata in ((), ("stance",), ("speaker", "outlet")):
        key_beside(archive.with_name("sheet.csv")).unlink(missing_ok=True)
        archive.with_name("sheet.csv").unlink(missing_ok=True)
        rows = shares(archive, coded(strata=strata))
        for row in rows:
            assert row.corrected_share == pytest.approx(row.raw_share, abs=0.02)
            assert row.lower is not None
            assert row.upper is not None
            assert row.lower < row.raw_share < row.upper


def test_systematic_error_is_corrected(archive: Path, coded: Callable[..., Path]) -> None:
    """All that the model calls opposed is cautious to the coder."""

    def change(rows: list[Row]) -> None:
        for row in rows:
            row["stance"] = row["stance"].replace("opposed", "cautious")

    rows = {row.stance: row for row in shares(archive, coded(150, ("stance",), change))}
    true = rows["cautious"].raw_share + rows["opposed"].raw_share
    assert rows["opposed"].corrected_share == pytest.approx(0, abs=0.01)
    assert rows["cautious"].corrected_share == pytest.approx(true, abs=0.01)


def test_hand_labels_alone_are_worth_less(archive: Path, coded: Callable[..., Path]) -> None:
    row = shares(archive, coded())[0]
    assert row.hand_labels == 120
    assert row.effective_sample_size is not None
    assert row.effective_sample_size > 120
    assert row.hand_labels_to_halve is not None
    assert 0 < row.hand_labels_to_halve <= 24 * 11 - 120
    assert row.hand_lower is not None
    assert row.hand_upper is not None
    assert row.lower is not None
    assert row.upper is not None
    assert row.upper - row.lower < row.hand_upper - row.hand_lower


def test_few_hand_labels_are_said(archive: Path, coded: Callable[..., Path]) -> None:
    sheet = coded(20)
    row = shares(archive, sheet, Options(by=("speaker", "month")))[0]
    assert row.note == f"too few hand labels: {row.hand_labels}"
    assert row.corrected_share is None
    assert row.hand_share is None
    assert 0 < row.raw_share < 1


def test_hand_labels_of_few_articles_are_said(tmp_path: Path, coded: Callable[..., Path]) -> None:
    archive = tmp_path / "archive.csv"
    write_labelled([article(n, 40) for n in range(3)], archive)
    rows = shares(archive, coded(60))
    assert rows[0].note == "hand labels of too few articles: 3"


def test_pooling_is_asked_for_and_said(archive: Path, coded: Callable[..., Path]) -> None:
    sheet, by = coded(60), ("speaker", "month", "outlet")
    alone = shares(archive, sheet, Options(by=by))
    together = shares(archive, sheet, Options(by=by, pool=True))
    for before, after in zip(alone, together, strict=True):
        if before.corrected_share is None:
            assert after.note.endswith("; pooled over all groups")
            assert after.corrected_share == pytest.approx(after.raw_share, abs=1e-9)
        else:
            assert after == before


def test_pooling_without_enough_hand_labels(archive: Path, coded: Callable[..., Path]) -> None:
    rows = shares(archive, coded(6), Options(by=("speaker",), pool=True))
    assert {row.corrected_share for row in rows} == {None}
    assert rows[0].note.endswith("; too few in all")


# --- the sheet ------------------------------------------------------------------------------------


def test_blank_rows_are_counted_and_do_not_shift_the_weights(
    archive: Path, coded: Callable[..., Path]
) -> None:
    def change(rows: list[Row]) -> None:
        blank = [row for row in rows if row["stance"] == "opposed"][:20]
        for row in blank:
            row["stance"] = ""

    sheet = coded(120, ("stance",), change)
    assert "20 of 120 rows are blank" in notices(gold_of(sheet))[0]
    for row in shares(archive, sheet):
        assert row.hand_labels == 100
        assert row.hand_share == pytest.approx(row.raw_share)


def test_a_stratum_left_blank_is_named(coded: Callable[..., Path]) -> None:
    def change(rows: list[Row]) -> None:
        for row in rows:
            row["stance"] = row["stance"].replace("opposed", "")

    found = notices(gold_of(coded(120, ("stance",), change)))
    assert "no row of the stratum stance=opposed is coded" in found[1]


def test_wrong_speakers_are_counted(coded: Callable[..., Path]) -> None:
    def change(rows: list[Row]) -> None:
        rows[3]["speaker_right"] = "no"

    assert "1 say that the speaker is wrong" in notices(gold_of(coded(change=change)))[0]


def test_typing_errors_are_named_with_their_place(coded: Callable[..., Path]) -> None:
    def change(rows: list[Row]) -> None:
        rows[1]["stance"] = "optimstic"
        rows[4]["stance"] = "??"

    _, problems = read_gold(coded(change=change))
    assert len(problems) == 2
    assert "sheet.csv:3: row 2: stance 'optimstic', did you mean optimistic?" in problems[0]


def test_a_missing_key_is_named(tmp_path: Path, coded: Callable[..., Path]) -> None:
    sheet = coded()
    key_beside(sheet).rename(tmp_path / "elsewhere.jsonl")
    with pytest.raises(UserError, match=r"sheet\.key\.jsonl: no such file; name the key"):
        read_gold(sheet)
    assert read_gold(sheet, tmp_path / "elsewhere.jsonl")[1] == []


# --- sample and labels ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("m@1", "m@2", "was labelled by m@2, when it was drawn by m@1"),
        ("Sentence", "Statement", "is another sentence than when it was drawn"),
        ("Ada Brook", "Ada Brooks", "is 'Ada Brooks', when it was drawn 'Ada Brook'"),
        ("opposed", "cautious", "is cautious, when it was drawn opposed"),
        ("a1", "b1", "is not among the labels"),
    ],
)
def test_labels_that_changed_since_the_draw(
    archive: Path, coded: Callable[..., Path], old: str, new: str, problem: str
) -> None:
    sheet = coded()
    archive.write_text(archive.read_text().replace(old, new))
    (found,) = misfits(archive, sheet)
    assert problem in found
    assert "sheet.csv:" in found
    assert "more); give the labels that the sample was drawn from" in found


def test_a_label_that_is_gone(archive: Path, coded: Callable[..., Path]) -> None:
    sheet = coded(24 * 11)
    lines = archive.read_text().splitlines(keepends=True)
    archive.write_text("".join(line for line in lines if "Sentence j of a." not in line))
    (found,) = misfits(archive, sheet)
    assert "article 'a0' has no label 0 of sentence 9 (and 1 more)" in found


def test_more_labels_than_were_drawn_from(
    tmp_path: Path, archive: Path, coded: Callable[..., Path]
) -> None:
    gold, more = gold_of(coded()), tmp_path / "more.jsonl"
    write_labelled([article(30)], more)
    _, problems = read_population([archive, more], gold, Options())
    assert problems == [
        f"{gold.path}: drawn from 264 labels, but there are 275; give all files that the sample was"
        " drawn from, and no other"
    ]


def test_an_article_in_two_files(tmp_path: Path, archive: Path, coded: Callable[..., Path]) -> None:
    gold, again = gold_of(coded()), tmp_path / "again.jsonl"
    write_labelled([article(3)], again)
    with pytest.raises(UserError, match=r"again\.jsonl:1: article 'a3' is in .*archive\.csv too"):
        read_population([archive, again], gold, Options())


def test_numbers_of_articles_do_not_mix(archive: Path, coded: Callable[..., Path]) -> None:
    gold = gold_of(coded())
    population, _ = read_population([archive], gold, Options())
    assert len(np.unique(population.article)) == 24
    assert np.bincount(population.article).tolist() == [11] * 24
