"""Write the list of words that are no personal names: `pseudonyms.py` reads it.

    python -m peacestance.training.ordinary datasets/peacetalks

The words of the train split, less those of its speakers' personal names and of the name lists;
with them the places, titles and bodies of the word lists. Held-out articles are not looked at.
"""

from __future__ import annotations

import calendar
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources

from peacestance.corpus import load_split
from peacestance.files import replacing
from peacestance.schema import LabelledArticle
from peacestance.speaker_words import NATIONS, PARTICLES
from peacestance.training.names import data_file, find_person, place_words, word_list

LIST = "ordinary_words.txt"
_SPLIT = re.compile(r"[\W\d_]+")
_ALWAYS = {  # an archive has more of these than a corpus
    *(name.casefold() for name in (*calendar.month_name, *calendar.day_name) if name),
    *("i", "we", "you", "he", "she", "it", "they", "mr", "mrs", "ms", "dr"),
}


def words_of(text: str) -> list[str]:
    """The runs of letters of a text.

    >>> words_of("Mr. O'Brien's anti-war talk")
    ['Mr', 'O', 'Brien', 's', 'anti', 'war', 'talk']
    """
    return [word for word in _SPLIT.split(text) if word]


def ordinary(articles: Iterable[LabelledArticle]) -> list[str]:
    """The list, sorted: see the head of this module.

    A word that is a name and an ordinary word ("will", "grace") is what the articles have more of.
    """
    small: Counter[str] = Counter()
    large: Counter[str] = Counter()
    names = set(_listed_names())
    for labelled in articles:
        for word in words_of(labelled.text):
            (small if word[0].islower() else large)[word.casefold()] += 1
        for speaker in labelled.speakers:
            person = find_person(speaker)
            names |= {word.casefold() for word in words_of(person.full)} if person else set()
    always = _ALWAYS | set(_listed_words())
    found = {word for word in small | large if word not in names or small[word] > large[word]}
    return sorted(found | always)


def _listed_names() -> Iterator[str]:
    lists = data_file("names.toml")
    for group in lists["groups"].values():
        for kind in ("male", "female", "surnames"):
            yield from (word.casefold() for name in group[kind] for word in words_of(name))
    for entry in lists["figures"]:
        yield from (word.casefold() for name in entry["names"] for word in words_of(name))


def _listed_words() -> Iterator[str]:
    for phrases in (place_words(), word_list("titles"), word_list("bodies"), NATIONS, PARTICLES):
        yield from (word.casefold() for phrase in phrases for word in words_of(phrase))


def main(argv: Sequence[str]) -> None:
    """Write the list into the package."""
    path = resources.files("peacestance").joinpath(LIST)
    with resources.as_file(path) as target, replacing(target) as temporary:
        temporary.write_text("\n".join(ordinary(load_split(argv[0], "train"))) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
