"""How this corpus was made: `python datasets/peacetalks/build.py [--drafts FOLDER]`.

With --drafts, the articles are taken over from a folder of drafts in the text form: the lines in
`corrections.toml` are mended, processes get the names of `processes.toml`, and headers their fixed
order. With or without it, the splits are drawn again (the same articles give the same splits),
near-duplicates across splits are looked for, and the tables of the data card are written.
The logic is the package's; this file holds only the choices made for this corpus.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

from peacestance.corpus import export_corpus, parse_article, read_corpus
from peacestance.corpus.card import update_card
from peacestance.corpus.duplicates import near_duplicates
from peacestance.corpus.splitting import add_articles, draw_splits
from peacestance.files import replacing
from peacestance.schema import LabelledArticle, UserError

HERE = Path(__file__).resolve().parent
HELD_OUT = 50  # articles of the first wave in dev and in test-seen, each
DEV_SHARE = 10  # every tenth article of a later wave goes to dev
LATER = ("n",)  # first letters of ids of later waves


def main() -> None:
    """Build the corpus; a problem is one line on stderr."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--drafts", type=Path, help="folder of .txt files to take over")
    arguments = parser.parse_args()
    processes = tomllib.loads((HERE / "processes.toml").read_text(encoding="utf-8"))
    try:
        if arguments.drafts:
            take_over(arguments.drafts, processes["same"])
        articles = read_corpus(HERE / "articles")
        splits = drawn(articles, processes["unseen"]["processes"])
        refuse_leaks(articles, splits)
        with replacing(HERE / "splits.json") as temporary:
            temporary.write_text(json.dumps(splits, indent=1) + "\n", encoding="utf-8")
        update_card(HERE)
    except UserError as error:
        sys.exit(f"build.py: {error}")
    print({name: len(ids) for name, ids in splits.items()})


def take_over(drafts: Path, same: dict[str, str]) -> None:
    """Mend the drafts, normalise their headers and write them to `articles/`."""
    lines = tomllib.loads((HERE / "corrections.toml").read_text(encoding="utf-8"))["line"]
    articles = []
    for path in sorted(drafts.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        for line in lines:
            if line["article"] == path.stem:
                text = mend(text, line["found"], line["now"], path)
        labelled = parse_article(text, path)
        process = normal_process(labelled.article.process or "", same)
        articles.append(replace(labelled, article=replace(labelled.article, process=process)))
    export_corpus(articles, HERE / "articles")


def mend(text: str, found: str, now: str, path: Path) -> str:
    """Replace the one place where `found` stands."""
    if text.count(found) != 1:
        raise UserError(f"{path}: {found!r} stands there {text.count(found)} times, not once")
    return text.replace(found, now)


def normal_process(name: str, same: dict[str, str]) -> str:
    """Drop a year at the end, then look the name up."""
    name = re.sub(r"-\d{4}$", "", name)
    return same.get(name, name)


def drawn(articles: list[LabelledArticle], unseen: list[str]) -> dict[str, list[str]]:
    """Splits of the first wave, which later waves leave as they are; then the later waves."""
    first = [a for a in articles if not a.article.id.startswith(LATER)]
    return add_articles(draw_splits(first, unseen, HELD_OUT, "ukraine"), articles, DEV_SHARE)


def refuse_leaks(articles: list[LabelledArticle], splits: dict[str, list[str]]) -> None:
    """Refuse splits in which a near-duplicate of a training article is a test article."""
    split_of = {key: name for name, ids in splits.items() for key in ids}
    for pair in near_duplicates(articles):
        if split_of[pair.first] != split_of[pair.second]:
            raise UserError(f"{pair.first} and {pair.second} are near-duplicates in two splits")


if __name__ == "__main__":
    main()
