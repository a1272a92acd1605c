"""Write the table of agreement into the data card: `python datasets/peacetalks/agreement.py`.

Reads `annotators.jsonl`: the labels of the two annotators as they were before their differences
were settled. Only the settled labels are in `articles/`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from peacestance.corpus.card import markdown_table, update_block
from peacestance.evaluation.agreement import Coded, agreement, alpha_intervals, read_coded
from peacestance.schema import UserError

HERE = Path(__file__).resolve().parent
HEADER = ["articles", "sentences", "speaker", "stance", "stance, same speaker", "equal"]


def main() -> None:
    """Update the card; with --check, say whether it is up to date."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if stale")
    arguments = parser.parse_args()
    try:
        text = agreement_table(read_coded(HERE / "annotators.jsonl"))
        fresh = update_block(HERE / "README.md", "agreement", text, check_only=arguments.check)
    except UserError as error:
        sys.exit(f"agreement.py: {error}")
    if arguments.check and not fresh:
        sys.exit("README.md: the table of agreement is stale; run datasets/peacetalks/agreement.py")


def agreement_table(coded: list[Coded]) -> str:
    """Alphas with their intervals, for each wave of articles."""
    later = {c.article_id for c in coded if c.article_id.startswith("n")}
    waves = {
        "second wave, all": [c for c in coded if c.article_id in later],
        "first wave, a sample": [c for c in coded if c.article_id not in later],
    }
    rows = [row(name, wave) for name, wave in waves.items() if wave]
    return "\n".join(markdown_table(["wave", *HEADER], rows))


def row(name: str, coded: list[Coded]) -> list[str]:
    """The cells of one wave."""
    found = agreement(coded)
    alphas = [
        f"{found[alpha]:.3f} ({low:.3f} to {high:.3f})"
        for alpha, (low, high) in alpha_intervals(coded).items()
    ]
    n_articles = len({c.article_id for c in coded})
    return [name, f"{n_articles:,}", f"{len(coded):,}", *alphas, f"{found['same']:.1%}"]


if __name__ == "__main__":
    main()
