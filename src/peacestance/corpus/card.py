"""The tables of a corpus's data card, generated between markers so that they cannot go stale."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from peacestance.corpus.checking import Summary, stance_cells, summarise
from peacestance.corpus.splits import load_splits
from peacestance.files import replacing
from peacestance.schema import STANCES, UserError

SHARES = "shares"


def update_card(folder: str | Path, *, check_only: bool = False) -> bool:
    """Write the corpus's tables into its README.md.

    Args:
        folder: a corpus folder with splits and a README.md that has the block `SHARES`.
        check_only: leave the file alone.

    Returns:
        Whether the card was up to date before.

    Raises:
        UserError: no README.md, no markers in it, or a broken corpus.
    """
    path = Path(folder) / "README.md"
    return update_block(path, SHARES, card_tables(folder), check_only=check_only)


def update_block(path: Path, block: str, text: str, *, check_only: bool = False) -> bool:
    """Write `text` between the lines of a Markdown file that begin and end the named block.

    Args:
        path: the file, with the lines `<!-- begin generated: BLOCK -->` and `<!-- end ... -->`.
        block: name of the block.
        text: Markdown that ends with a line break.
        check_only: leave the file alone.

    Returns:
        Whether the block was up to date before.

    Raises:
        UserError: no file, or not exactly one such block in it.
    """
    begin, end = f"<!-- begin generated: {block} -->", f"<!-- end generated: {block} -->"
    if not path.is_file():
        raise UserError(f"{path}: no such file; create it with the lines {begin} and {end}")
    old = path.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(begin) + r".*?" + re.escape(end), re.DOTALL)
    new, count = pattern.subn(lambda _: f"{begin}\n{text}{end}", old)
    if count != 1:
        raise UserError(f"{path}: needs the lines {begin} and {end} once; found them {count} times")
    if new != old and not check_only:
        with replacing(path) as temporary:
            temporary.write_text(new, encoding="utf-8")
    return new == old


def card_tables(folder: str | Path) -> str:
    """Markdown tables of a corpus: shares of stances by split, by register and by process."""
    splits = load_splits(folder)
    everything = summarise([article for articles in splits.values() for article in articles])
    by_split = {name: summarise(articles) for name, articles in splits.items()}
    rows = [
        [name, *_total_cells(summary), *stance_cells(summary.articles, summary.stances)[2:]]
        for name, summary in (by_split | {"all": everything}).items()
    ]
    processes = [
        [f"`{name}`", *(str(s.articles_by_process.get(name, "")) for s in by_split.values())]
        for name in everything.by_process
    ]
    totals = ["split", "articles", "sentences", "labels", "speakers", "mentions", "two speakers"]
    return "\n".join(
        [
            *markdown_table([*totals, *STANCES], rows),
            *_group_table("register", everything.articles_by_register, everything.by_register),
            *_group_table("process", everything.articles_by_process, everything.by_process),
            *markdown_table(["articles of process", *by_split], processes),
        ]
    )


def _total_cells(summary: Summary) -> list[str]:
    numbers = (
        summary.articles,
        summary.sentences,
        summary.labels,
        summary.speakers,
        summary.mentions,
        summary.two_speaker_sentences,
    )
    return [f"{number:,}" for number in numbers]


def _group_table(
    title: str, articles: dict[str, int], counts: dict[str, dict[str, int]]
) -> list[str]:
    rows = [[f"`{name}`", *stance_cells(articles[name], row)] for name, row in counts.items()]
    return markdown_table([title, "articles", "labels", *STANCES], rows)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table, first column left, the others right, and a blank line."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return [*(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows)), ""]


if __name__ == "__main__":
    import sys

    try:
        update_card(sys.argv[1])
    except (UserError, IndexError) as error:
        sys.exit(f"usage: python -m peacestance.corpus.card FOLDER\n{error}")
