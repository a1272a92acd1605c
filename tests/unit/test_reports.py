"""Every figure that a document quotes is the one in the report it comes from."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("torch")

from peacestance.training.card import score_table

ROOT = Path(__file__).parents[2]
PART = re.compile(r"<!-- generated markdown: (.+?) -->\n(.*?)\n<!-- end generated -->", re.DOTALL)


@pytest.fixture(scope="module")
def summary() -> Iterator[ModuleType]:
    """The module eval/summary.py, which is no part of the package."""
    sys.path.insert(0, str(ROOT / "eval"))
    yield importlib.import_module("summary")
    sys.path.remove(str(ROOT / "eval"))


def test_the_readme_quotes_the_reports(summary: ModuleType) -> None:
    parts = dict(PART.findall((ROOT / "README.md").read_text("utf-8")))
    assert parts["python eval/summary.py"] == summary.table()
    assert parts["python eval/summary.py --checks"] == summary.checks().rstrip()
    assert parts["python eval/summary.py --speed"] == summary.speed()


def test_no_other_number_of_the_readme_looks_like_a_score() -> None:
    prose = PART.sub("", (ROOT / "README.md").read_text("utf-8"))
    prose = re.sub(r"```.*?```", "", prose, flags=re.DOTALL)
    prose = re.sub(r"`[^`]*`", "", prose)
    assert re.findall(r"\b0\.\d\d+\b", prose) == []


def test_the_cards_quote_the_reports(summary: ModuleType) -> None:
    for bundle in summary.shipped():
        card = (bundle.path / "README.md").read_text("utf-8")
        assert score_table(summary.scores(bundle)) in card, (
            f"python eval/summary.py --card: {bundle.id}"
        )


def test_a_report_of_another_model_is_refused(
    summary: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = summary.shipped()[0]
    monkeypatch.setattr(type(bundle), "model_name", property(lambda _: "other@1"))
    with pytest.raises(SystemExit, match="measure it again"):
        summary.report(bundle, "real-news.json")
