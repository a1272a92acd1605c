"""Whether two personal names are one name in two spellings. Standard library only.

Names reach English news through several transliterations ("Zelensky", "Zelenskyy"). The rules
are conservative: long surnames only, and a given name that contradicts is enough to refuse.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

_SHORTEST_SURNAME = 5  # letters; shorter surnames must be equal ("Kim", "Kima")
_SHORTEST_NEAR_MISS = 7  # letters; from here on one differing letter is a spelling, not a name
_SHORTEST_SKELETON = 4  # consonants; "Mohammed" and "Muhammad", but not "Ivan" and "Yvonne"
_SOUNDS = (
    ("ph", "f"), ("kh", "h"), ("gh", "g"), ("ck", "k"), ("ou", "u"), ("x", "ks"), ("q", "k"),
    ("w", "v"), ("y", "i"), ("j", "i"),
)  # fmt: skip


@functools.lru_cache(maxsize=8192)
def sound(word: str) -> str:
    """A folded word with the usual transliterations of one sound written alike.

    >>> {sound(word) for word in ("zelensky", "zelenskyy", "zelenskiy", "zelenskyi")}
    {'zelenski'}
    """
    for spelling, plain in _SOUNDS:
        word = word.replace(spelling, plain)
    word = re.sub(r"(.)\1+", r"\1", word)
    return re.sub(r"^i(?=[aeou])", "", word) if word.startswith("ie") else word


def same_surname(a: str, b: str) -> bool:
    """Whether two folded surnames are one, or two spellings of one.

    >>> same_surname("netanyahu", "netanyahou"), same_surname("ivanov", "ivanova")
    (True, False)
    """
    if a == b:
        return True
    if min(len(a), len(b)) < _SHORTEST_SURNAME:
        return False
    x, y = sound(a), sound(b)
    return x == y or (min(len(x), len(y)) >= _SHORTEST_NEAR_MISS and _near_miss(x, y))


def _near_miss(x: str, y: str) -> bool:
    """One letter changed, added or left out inside the word; the ends often mark the gender."""
    if x[0] != y[0] or x[-1] != y[-1] or abs(len(x) - len(y)) > 1:
        return False
    shortest = min(len(x), len(y))
    at = next((i for i in range(shortest) if x[i] != y[i]), shortest)
    return x[at + (len(x) >= len(y)) :] == y[at + (len(y) >= len(x)) :]


def same_given(a: str, b: str) -> bool:
    """Whether two folded given names do not contradict each other.

    >>> same_given("volodymyr", "vladimir"), same_given("j", "john"), same_given("steve", "steven")
    (True, True, True)
    >>> same_given("donald", "melania"), same_given("alexander", "alexandra")
    (False, False)
    """
    if a == b or sound(a) == sound(b):
        return True
    if min(len(a), len(b)) == 1:
        return a[0] == b[0]
    if (a[-1] in "ae") != (b[-1] in "ae") and not a.startswith(b) and not b.startswith(a):
        return False
    if a[-1] == "a" or b[-1] == "a":
        return a[-1] == b[-1] and _skeleton(a) == _skeleton(b) != ""
    short, long = sorted((a, b), key=len)
    return (len(short) >= 3 and long.startswith(short)) or _skeleton(a) == _skeleton(b) != ""


def _skeleton(word: str) -> str:
    """The consonants of a word where there are enough to tell it by, else the empty string."""
    consonants = re.sub(r"[aeiou]", "", sound(word))
    return consonants if len(consonants) >= _SHORTEST_SKELETON else ""


def same_person(a: Sequence[str], b: Sequence[str]) -> bool:
    """Whether two names (`names.name_words`) may be one person's.

    Full names need one surname and given names that agree, or one name inside the other with the
    same first word. A single word must be a word of the other name.

    >>> same_person(("donald", "tusk"), ("tusk",)), same_person(("donald", "tusk"), ("jan", "tusk"))
    (True, False)
    """
    short, long = sorted((tuple(a), tuple(b)), key=len)
    if len(short) == 1:
        return short[0] in long or same_surname(short[0], long[-1])
    if same_surname(short[-1], long[-1]) and same_given(short[0], long[0]):
        return True
    return short[0] == long[0] and set(short) <= set(long)
