"""The rule a newcomer would write first: the nearest named person speaks.

A sentence with quotation marks or a speech verb is given to the named person nearest to the verb
(or to the start of the sentence); without a name in it, to the person who spoke last. Every other
sentence is the reporter's. A named person is a run of two to four capitalised words seen in the
article, or the last word of one.
"""

from __future__ import annotations

import re

SPEECH = re.compile(
    r"\b(said|says|told|added|adds|warned|insisted|called|stressed|argued|wrote|claimed|announced|"
    r"declared|noted|rejected|welcomed|urged|vowed|according to)\b"
)
QUOTE = re.compile(r"[\"“”]")
FULL_NAME = re.compile(r"\b[A-Z][\w'’-]+(?: (?:[A-Z][\w'’-]+|al-\w+|de|van|von)){1,3}")
TITLES = re.compile(
    r"^(?:(?:The|A|In|On|At|But|And|President|Prime|Foreign|Defen[cs]e|Minister|General|Mr|Ms|Mrs|"
    r"Secretary|Chancellor|Spokes\w+|King|Senator) )+"
)


def named_persons(text: str) -> dict[str, str]:
    """Surnames of the people an article names -> full names, first naming first."""
    found: dict[str, str] = {}
    for match in FULL_NAME.finditer(text):
        name = TITLES.sub("", match.group())
        if " " in name:
            found.setdefault(name.split()[-1], name)
    return found


def nearest_speakers(text: str, sentences: list[tuple[int, int]]) -> list[str | None]:
    """One speaker per sentence, by the rule; `None` is the reporter."""
    persons = named_persons(text)
    last: str | None = None
    speakers: list[str | None] = []
    for start, end in sentences:
        sentence = text[start:end]
        verb = SPEECH.search(sentence)
        if verb is None and not QUOTE.search(sentence):
            speakers.append(None)
            continue
        at = verb.start() if verb else 0
        places = [
            (abs(match.start() - at), full)
            for surname, full in persons.items()
            for match in re.finditer(rf"\b{re.escape(surname)}\b", sentence)
        ]
        last = min(places)[1] if places else last
        speakers.append(last)
    return speakers
