"""Run the behaviour suites of eval/suites on a model.

    python eval/behaviour.py [--model MODEL] [--suites PATH ...] [--threads N] [--out FILE]
    python eval/behaviour.py --table     # the stored reports of the shipped models as Markdown

A suite's cases are described in eval/suites/README.md. Stored are the shares that passed with
95% intervals, by suite and by variant, the flip rates of those whose names were exchanged, and
every sentence that failed, with what was expected and what was found.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reporting import REPORTS, ROOT, store
from summary import report, shipped

import peacestance
from peacestance.bundle import Bundle
from peacestance.corpus.card import markdown_table
from peacestance.evaluation.suites import Share, SuitesReport, run_suites

SUITES = ROOT / "eval/suites"
REPORT = "behaviour"


def main(argv: Sequence[str] | None = None) -> None:
    """Run, print and store; or print what is stored."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default=None)
    parser.add_argument("--suites", type=Path, nargs="+", default=[SUITES])
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args(argv)
    if args.table:
        print(table())
        return
    labeler = peacestance.load(args.model, threads=args.threads)
    found = run_suites(labeler, args.suites)
    show(found)
    store({"model": labeler.model_name, "suites": found.to_dict()}, REPORT, args.out)


def show(found: SuitesReport) -> None:
    """Print the shares of every suite and variant."""
    for name, suite in found.suites.items():
        rows = {name: suite.passed} | {f"  {v}": shares for v, shares in suite.variants.items()}
        for title, shares in rows.items():
            cells = (shares.cases, shares.sentences, shares.stances)
            print(f"{title:28s}", *(_line(share) for share in cells))
        for actor, flips in suite.flips.items():
            if flips.count:
                print(f"  flipped for {actor}: {flips.count} of {flips.of}")


def _line(share: Share) -> str:
    counts = f"{share.count}/{share.of}"
    return f"{counts:>9s} {share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"


def table() -> str:
    """Share of sentences with the right, or the same, stance, and of those with the speaker too.

    One row for each suite and for each of its variants, two columns for each shipped model that
    has a stored report.
    """
    models = [b for b in shipped() if (REPORTS / b.id / f"{REPORT}.json").is_file()]
    if not models:
        sys.exit(f"no {REPORT}.json in {REPORTS}; make one: python eval/behaviour.py")
    reports = [report(bundle, f"{REPORT}.json")["suites"] for bundle in models]
    header = ["suite", "cases", *(title for bundle in models for title in _titles(bundle))]
    rows = []
    for name, first in reports[0].items():
        rows.append(_row(f"**{name}**", [found[name]["passed"] for found in reports]))
        for variant in first["variants"]:
            rows.append(_row(variant, [found[name]["variants"][variant] for found in reports]))
    return "\n".join(markdown_table(header, rows))


def _titles(bundle: Bundle) -> Iterator[str]:
    yield f"`{bundle.id}`, stance"
    yield "with speaker"


def _row(title: str, shares: Sequence[dict[str, Any]]) -> list[str]:
    cells = [_cell(each[key]) for each in shares for key in ("stances", "sentences")]
    return [title, str(shares[0]["cases"]["of"]), *cells]


def _cell(share: dict[str, Any]) -> str:
    return "{share:.3f} ({low:.3f} to {high:.3f})".format(**share)


if __name__ == "__main__":
    main()
