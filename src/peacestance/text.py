"""Sentences of a text with exact offsets, and whether the text is English.

All offsets are half-open character offsets: `text[start:end]` is the sentence, always.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

import sentencex

# Every line break that Python's `str.splitlines` knows ends a sentence.
_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
# sentencex needs valid UTF-8; a lone surrogate is replaced by one character, so offsets hold.
_SURROGATE = re.compile(r"[\ud800-\udfff]")

_OPENING = "“„‟‘‚«‹「『"
_CLOSING = "”’»›」』"
# Marks that are masked before sentencex sees the line: its own pairing of them takes time that
# grows with the square of the line, and one stray mark makes it pair the wrong ones. Single marks
# are masked only where they cannot be an apostrophe, brackets only around whole sentences.
_QUOTE = re.compile(
    r"[\"“”„‟«»「」『』]"
    r"|(?<!\w)[‘‚‹'](?=\w)"
    r"|(?<=[.!?…,])[’›'](?!\w)"
    r"|(?<!\w)'(?!\w)"
)
_DOUBLE = re.compile('["“”„‟«»「」『』]')
# A quotation of several sentences is one unit with its attribution up to this many characters;
# a longer one (a speech) is cut at its sentences, each of which is labelled.
_QUOTATION_MAX = 400
# Words that sentencex takes for abbreviations: "in May. He", "said no. We", "on X. She".
_WORD = re.compile(r"(?<=[a-z,] )(?:May|no|me|X)\.(?=[\"”’]?\s+[\"“‘]?[A-Z])")
# The sign for an ellipsis ends a sentence as three points do: before a capital letter.
_ELLIPSIS = re.compile(r"…(?=[\"”’»]?\s+[\"“‘«]?[A-ZÀ-Þ])")
_BRACKETED = re.compile(r"(?:^|(?<=[.!?…] )|(?<=[.!?…][\"”] ))\([^()]{0,600}[.!?…]\)(?=\s|$)")
_GAP = frozenset(_OPENING + _CLOSING + "\"'()")

_MONTH = (
    r"(?:Jan(?:\.|uary)|Feb(?:\.|ruary)|Mar(?:\.|ch)|Apr(?:\.|il)|May|June?|July?|Aug(?:\.|ust)"
    r"|Sept?(?:\.|ember)|Oct(?:\.|ober)|Nov(?:\.|ember)|Dec(?:\.|ember))"
)
# "KYIV. January 14. Ukrinform." or "MINSK, 9 December.": part of the sentence that follows.
_DATELINE = re.compile(
    r"\s*[A-ZÀ-Þ][A-ZÀ-Þ'’ -]+(?:, [A-Z][\w ]+)?[.,] *"
    rf"(?:{_MONTH} \d{{1,2}}|\d{{1,2}} {_MONTH})\b(?:,? \d{{4}})?[.,]?"
    r"(?: *[/(]?[A-Z][\w-]+[/)]?\.)?"
)
# Abbreviations of the news that stand before a name or number and that sentencex lacks.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"“«-])(?:Dr|Mr|Mrs|Ms|Amb|Spc|Pfc|Pte|Cpl|Atty|Messrs|Mses|Cllr|Sec|approx|ca|vs"
    r"|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky|La|Md|Mass|Mich|Minn|Miss|Mo|Mont|Neb"
    r"|Nev|Okla|Ore|Pa|Tenn|Tex|Va|Vt|Wash|Wis|Wyo)\.$"
)
_LIST_NUMBER = re.compile(r"(?:\d{1,3}|[a-z])[.)]")
_LOWER = re.compile(r"[a-zß-öø-ÿ]+")
# Particles with which a name may begin a sentence in lower case: "al-Mansoori said".
_PARTICLE = re.compile(
    r"(?:(?:al|el|as|ash|ar|an|at|ad)-|(?:de|du|da|von|van|bin|ibn|ben) (?:\w+ )?)[A-Z]"
)
_SAID = (
    r"(?:said|says|asked|told|added|replied|wrote|shouted|warned|insisted|responded|declared"
    r"|exclaimed|wondered|demanded|answered|cried|yelled|tweeted|posted|joked|quipped|continued)"
)
# `"Why?" Trump asked.`: the words after a quotation that name who spoke it.
_ATTRIBUTION = re.compile(rf"(?:[A-Z][\w.'’-]*,? |(?:the|of|and|al-\w+) ){{1,7}}{_SAID}\b")


def split_sentences(text: str, language: str = "en") -> list[tuple[int, int]]:
    """Cut a text into sentences.

    The library sentencex finds the boundaries within a line (its abbreviation lists are those of
    `language`); the end of a line always ends a sentence. A quotation of several sentences stays
    whole, with its attribution, unless it is longer than 400 characters.

    Args:
        text: Any text; may be empty.
        language: ISO 639-1 code for the abbreviation lists.

    Returns:
        Spans (start, end) in characters, in order, without overlap, trimmed of white space; every
        character that is not white space lies in exactly one of them.

    >>> text = 'Mr. Roe met Lt. Gen. Day on Feb. 1. "We agree. It works," he said.'
    >>> [text[a:b] for a, b in split_sentences(text)]
    ['Mr. Roe met Lt. Gen. Day on Feb. 1.', '"We agree. It works," he said.']
    """
    clean = _SURROGATE.sub("\ufffd", text)
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(clean):
        start = line.start()
        for cut in (*_cuts(line.group(), language), len(line.group())):
            end = line.start() + cut
            span = _trimmed(clean, start, end)
            if span is not None:
                spans.append(span)
            start = end
    return spans


def _cuts(line: str, language: str) -> Iterator[int]:
    """Offsets inside one line at which a new sentence begins, in order."""
    dateline = _DATELINE.match(line)
    previous = dateline.end() if dateline else 0
    quotations = _quotations(line)
    seen = 0
    for boundary in sentencex.get_sentence_boundaries(language, _masked(line)):
        at = boundary["end_index"]
        if at <= seen:  # a second boundary in a gap that is dealt with
            continue
        left, seen = _gap(line, at)
        if left <= previous or seen == len(line) or _continues(line, previous, left, seen):
            continue
        cut = _cut_in_gap(line, left, seen)
        if not _inside(cut, quotations):
            previous = cut
            yield cut


def _masked(line: str) -> str:
    """The line as sentencex gets it, of the same length."""
    masked = _BRACKETED.sub(lambda m: m[0].replace("(", " ").replace(")", " "), line)
    masked = _ELLIPSIS.sub(".", masked)
    masked = _WORD.sub(lambda m: m[0][:-1] + "!", masked)
    return _QUOTE.sub(" ", masked)


def _quotations(line: str) -> deque[tuple[int, int]]:
    """Spans between paired double quotation marks that are kept whole, in order."""
    spans: deque[tuple[int, int]] = deque()
    opened: int | None = None
    for match in _DOUBLE.finditer(line):
        at, mark = match.start(), match.group()
        if mark in _CLOSING or (mark == '"' and not _opens(line, at)):
            if opened is not None and at - opened <= _QUOTATION_MAX:
                spans.append((opened, at))
            opened = None
        else:
            opened = at
    return spans


def _opens(line: str, at: int) -> bool:
    """Whether a straight mark opens a quotation: it touches the word after it only."""
    before, after = line[at - 1 : at] if at else "", line[at + 1 : at + 2]
    return bool(after.strip()) and (not before.strip() or before in "([-–—/'‘")


def _inside(cut: int, quotations: deque[tuple[int, int]]) -> bool:
    """Whether a cut falls within a quotation. Drops those that lie before it."""
    while quotations and quotations[0][1] < cut:
        quotations.popleft()
    return bool(quotations) and quotations[0][0] < cut


def _gap(line: str, at: int) -> tuple[int, int]:
    """The white space, quotation marks and brackets around a boundary, as a span."""
    left = right = at
    while left > 0 and (line[left - 1].isspace() or line[left - 1] in _GAP):
        left -= 1
    while right < len(line) and (line[right].isspace() or line[right] in _GAP):
        right += 1
    return left, right


def _continues(line: str, previous: int, left: int, right: int) -> bool:
    """Whether the sentence goes on over a gap at which sentencex would cut."""
    before, after = line[max(previous, left - 40) : left], line[right : right + 120]
    gap = line[left:right]
    if _ABBREVIATION.search(before) and not any(mark in gap for mark in '"”»'):
        return True
    if left - previous < 6 and _LIST_NUMBER.fullmatch(line[previous:left].strip()):
        return True
    if _LOWER.match(after) and not _PARTICLE.match(after):
        return True
    asked = line[left - 1] in "?!" and gap.rstrip() in {'"', "”", "»", "’", "'"}
    return asked and _ATTRIBUTION.match(after) is not None


def _cut_in_gap(line: str, left: int, right: int) -> int:
    """Where in the gap the next sentence begins: closing marks stay, opening marks go on.

    A straight mark belongs to the word that it touches.
    """
    gap = line[left:right]
    closers = max((gap.rfind(mark) for mark in _CLOSING + ")"), default=-1) + 1
    attached = len(gap) - len(gap.lstrip("\"'" + _CLOSING + ")"))
    return left + min(max(closers, attached), len(gap))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span without white space at its ends; `None` where nothing is left."""
    body = text[start:end]
    start += len(body) - len(body.lstrip())
    end -= len(body) - len(body.rstrip())
    return (start, end) if start < end else None


# The commonest function words of English news. About half of the words of English prose are in
# this list; in other Latin-script languages a few at most look like one of them ("in", "was").
_FUNCTION_WORDS = (
    "the of to and a in that is was for on it with as he be by at from his have has had not are but"
    " they this will would said who which their were been an or we its i you she her there if could"
    " than them when what after about more no so up out into only also over"
)
_STOP_WORDS = frozenset(_FUNCTION_WORDS.split())
_ENGLISH_SHARE = 0.20
_SAMPLE_CHARS = 20_000


def guess_language(text: str) -> str | None:
    """Tell English from everything else, by script and by function words.

    A deliberately small test, not a language identifier: "en" where at least 20% of the words in
    the first 20,000 characters are common English function words and most letters are Latin.

    Args:
        text: The article's text.

    Returns:
        "en", or `None` where the text does not look English or has too few words (under five) to
        tell.

    >>> guess_language("The minister said that the talks would go on after the weekend.")
    'en'
    >>> guess_language("Der Minister sagte, die Gespräche gingen nach dem Wochenende weiter.")
    """
    sample = text[:_SAMPLE_CHARS]
    letters = sum(character.isalpha() for character in sample)
    ascii_letters = sum(character.isascii() and character.isalpha() for character in sample)
    words = re.findall(r"[^\W\d_]+", sample.lower())
    if len(words) < 5 or ascii_letters < 0.8 * letters:
        return None
    share = sum(word in _STOP_WORDS for word in words) / len(words)
    return "en" if share >= _ENGLISH_SHARE else None
