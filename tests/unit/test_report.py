"""The report on articles small enough to count by hand, and its pages."""

from __future__ import annotations

import dataclasses
import json
import re
from html.parser import HTMLParser

import pytest

from peacestance.corpus import parse_article
from peacestance.evaluation.evaluating import describe_gold, without_texts
from peacestance.evaluation.pages import html_page, markdown_page
from peacestance.evaluation.report import assess, differences
from peacestance.schema import STANCES, Label, LabelledArticle, Notice, Stance

TEXT = """\
# id: NAME
# process: strait-2031
# register: wire
@ brook = Ada Brook
@ union = dockers' union

The ferry talks went on for a second day. => - none
[Ada Brook|brook] called the draft fair. => brook optimistic
[She|brook] hoped for a signature. => brook optimistic
[The union|union] says <script>alert(1)</script> and =HYPERLINK("x") | no. => union opposed
"""


def gold(name: str = "ferry-1") -> LabelledArticle:
    return parse_article(TEXT.replace("NAME", name))


def predicted(article: LabelledArticle, stances: list[str], sure: float = 0.9) -> LabelledArticle:
    """The gold speakers with other stances, each with the given confidence."""
    sentences = []
    for sentence, stance in zip(article.sentences, stances, strict=True):
        rest = (1 - sure) / 3
        probabilities = tuple(sure if s == stance else rest for s in STANCES)
        label = Label(sentence.labels[0].speaker, Stance(stance), None, probabilities)
        sentences.append(dataclasses.replace(sentence, labels=(label,)))
    return dataclasses.replace(article, sentences=tuple(sentences), model="m@1")


GOLD = gold()
ONE_WRONG = predicted(GOLD, ["none", "optimistic", "optimistic", "none"])
ALL_RIGHT = predicted(GOLD, ["none", "optimistic", "optimistic", "opposed"])


def report(**models: LabelledArticle) -> dict:
    return {
        "format": 1,
        "command": "peacestance evaluate tiny",
        "environment": {"python": "3.11"},
        "data": {"path": "gold.jsonl", "split": None, **describe_gold([GOLD])},
        "texts": True,
        "models": [
            {
                **dict.fromkeys(("model", "fingerprint", "encoder", "guide"), "x"),
                **{"precision": "int8", "bytes": 1, "created_by": "x"},
                **assess([GOLD], [found]),
                "name": name,
            }
            for name, found in models.items()
        ],
        "differences": differences([GOLD], {name: [x] for name, x in models.items()}),
    }


def test_scores_and_tables_can_be_counted_by_hand() -> None:
    found = assess([GOLD], [ONE_WRONG])
    assert found["scores"]["stance_accuracy"] == (0.75, 0.75, 0.75)
    assert found["stances"]["none"]["precision"][0] == 0.5
    assert found["stances"]["opposed"] | {"precision": 0, "recall": 0, "f1": 0} == {
        "gold": 1,
        "predicted": 0,
        "precision": 0,
        "recall": 0,
        "f1": 0,
    }
    assert found["confusion"][2] == [0, 0, 0, 1]
    assert found["speakers"]["pronoun"]["labels"] == 1
    assert found["speakers"]["role"]["both_right"][0] == 0.0


def test_calibration_and_coverage() -> None:
    found = assess([GOLD], [ONE_WRONG])
    assert found["calibration"]["expected_calibration_error"][0] == pytest.approx(0.15)
    assert found["calibration"]["bins"] == [
        {
            "lower": 0.9,
            "upper": 1.0,
            "labels": 4,
            "confidence": pytest.approx(0.9),
            "accuracy": 0.75,
        }
    ]
    wanted = {row["accuracy"]: row["min_confidence"] for row in found["selective"]["thresholds"]}
    assert wanted == {0.75: 0.9, 0.8: None, 0.85: None, 0.9: None, 0.95: None}


def test_the_surest_error_comes_first_with_its_text() -> None:
    unsure = predicted(gold("ferry-2"), ["opposed", "optimistic", "optimistic", "opposed"], 0.6)
    errors = assess([GOLD, gold("ferry-2")], [ONE_WRONG, unsure])["errors"]
    assert [(e["article_id"], e["confidence"]) for e in errors] == [
        ("ferry-1", 0.9),
        ("ferry-2", 0.6),
    ]
    assert errors[0]["gold"] == {"speaker": "dockers' union", "stance": "opposed"}
    assert "HYPERLINK" in errors[0]["text"]


def test_without_texts_no_sentence_is_quoted() -> None:
    found = assess([GOLD], [ONE_WRONG], texts=False)
    assert "HYPERLINK" not in json.dumps(found)
    assert "HYPERLINK" not in json.dumps(without_texts(GOLD.to_dict()))


def test_slices_leave_out_what_is_not_given() -> None:
    slices = assess([GOLD], [ONE_WRONG])["slices"]
    assert "outlet" not in slices
    assert slices["register"]["wire"]["sentences"] == 4
    assert slices["speech"]["reporter"]["scores"]["stance_accuracy"][0] == 1.0


def test_what_was_not_read_is_counted() -> None:
    half = dataclasses.replace(
        ALL_RIGHT,
        sentences=ALL_RIGHT.sentences[:1],
        notices=(Notice("language-not-english", "no"),),
    )
    unread = assess([GOLD], [half])["unread"]
    assert unread["sentences_without_label"] == 3
    assert unread["notice_counts"] == {"language-not-english": 1}


def test_a_difference_is_paired() -> None:
    golds = [gold(f"ferry-{k}") for k in range(6)]
    wrong = [predicted(g, ["none", "optimistic", "optimistic", "none"]) for g in golds]
    right = [predicted(g, ["none", "optimistic", "optimistic", "opposed"]) for g in golds]
    (pair,) = differences(golds, {"a": wrong, "b": right})
    assert (pair["first"], pair["second"]) == ("a", "b")
    # Equal in every article, so every draw of articles gives the same difference.
    assert pair["second_minus_first"]["stance_accuracy"] == pytest.approx((0.25, 0.25, 0.25))


class Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [v or "" for k, v in attrs if k in ("src", "href", "xlink:href")]
        self.ids += [v or "" for k, v in attrs if k == "id"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_escapes_articles_and_needs_nothing_else() -> None:
    page = html_page(report(small=ONE_WRONG, base=ALL_RIGHT))
    seen = Texts()
    seen.feed(page)
    assert "script" not in seen.tags
    assert "<script>alert(1)</script>" in seen.text
    assert [a for a in seen.addresses if not a.startswith(("#", "data:"))] == []
    assert len(seen.ids) == len(set(seen.ids))
    assert "url(http" not in page
    assert "@import" not in page


def test_two_models_are_compared_on_the_page() -> None:
    page = html_page(report(small=ONE_WRONG, base=ALL_RIGHT))
    assert "base minus small" in page
    assert "base minus small" not in html_page(report(small=ONE_WRONG))


def test_a_report_without_errors_is_a_page_too() -> None:
    assert "The most confident errors" in html_page(report(base=ALL_RIGHT))


def test_pages_are_the_same_bytes_every_time() -> None:
    assert html_page(report(a=ONE_WRONG)) == html_page(report(a=ONE_WRONG))


def test_markdown_rows_keep_their_columns() -> None:
    text = markdown_page(report(small=ONE_WRONG))
    (row,) = (line for line in text.splitlines() if "HYPERLINK" in line)
    header = next(line for line in text.splitlines() if line.startswith("| article |"))
    assert len(re.findall(r"(?<!\\)\|", row)) == len(re.findall(r"(?<!\\)\|", header))
    assert "<script>" not in text
