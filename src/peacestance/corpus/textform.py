"""The text form of a labelled article (ANNOTATION.md) to objects and back.

The parser collects every problem of a file instead of stopping at the first, so that an annotator
sees them all at once; `parse_article` is the strict front door for code that wants objects.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike

from peacestance.schema import (
    STANCES,
    Article,
    Label,
    LabelledArticle,
    Mention,
    Sentence,
    Speaker,
    Stance,
    UserError,
)

ARROW = " => "
HEADERS = ("id", "process", "register", "title", "date", "outlet", "language")
REQUIRED_HEADERS = ("id", "process", "register")
# What a required header says when nobody knows: read as `None`, and written for `None`.
UNKNOWN = "unknown"

_HEADER = re.compile(r"#\s*([\w-]+)\s*:\s*(.*)")
_SPEAKER = re.compile(r"@\s*([^\s=]+)\s*=\s*(.+)")
_KEY = re.compile(r"[A-Za-z0-9_][\w.-]*")
_MARK = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A broken rule: where (`line` counts from 1; 0 is the whole file) and what to do about it."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.message}"


@dataclasses.dataclass(slots=True)
class _Draft:
    """A file while it is being read: what was found so far and what was wrong with it."""

    path: str
    problems: list[Problem] = dataclasses.field(default_factory=list)
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    names: dict[str, str] = dataclasses.field(default_factory=dict)
    declared_at: dict[str, int] = dataclasses.field(default_factory=dict)
    used: set[str] = dataclasses.field(default_factory=set)
    mentions: dict[str, list[Mention]] = dataclasses.field(default_factory=dict)
    sentences: list[Sentence] = dataclasses.field(default_factory=list)
    text: str = ""

    def complain(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.path, line, message))


def parse_article(
    text: str | Iterable[str], path: str | PathLike[str] = "<text>", source: str | None = None
) -> LabelledArticle:
    """Read one article in the text form.

    Args:
        text: the content of a file, or its lines.
        path: where it was read from, for messages.
        source: `Article.source` of the result; `path` when not given.

    Returns:
        The article. Its text is the sentences joined by a space within a paragraph and by an empty
        line between paragraphs. A label's `mention` is the first span of its sentence marked for
        its speaker, `None` where there is none.

    Raises:
        UserError: the first broken rule, with file and line, and how many more there are.
    """
    article, problems = parse_collecting(text, path, source)
    if article is None or problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise UserError(f"{problems[0]}{more}")
    return article


def parse_collecting(
    text: str | Iterable[str], path: str | PathLike[str] = "<text>", source: str | None = None
) -> tuple[LabelledArticle | None, list[Problem]]:
    """Like `parse_article`, but returns every problem; the article is `None` where there is one."""
    if isinstance(text, str):  # not splitlines(), which also cuts at U+2028 and form feeds
        text = re.split(r"\r\n|\r|\n", text)
    lines = [line.rstrip("\r\n") for line in text]
    draft = _Draft(str(path))
    body_from = _read_head(lines, draft)
    _read_body(lines, body_from, draft)
    _check_whole(draft)
    if draft.problems:
        return None, sorted(draft.problems)
    return _finish(draft, source if source is not None else str(path)), []


def _read_head(lines: Sequence[str], draft: _Draft) -> int:
    """Read headers and speakers; return the index of the first line of the body."""
    for index, raw in enumerate(lines):
        line, number = raw.strip().removeprefix("\ufeff"), index + 1
        if not line:
            continue
        if match := _HEADER.fullmatch(line):
            _read_header(match[1], match[2].strip(), number, draft)
        elif match := _SPEAKER.fullmatch(line):
            _read_speaker(match[1], match[2].strip(), number, draft)
        elif line.startswith(("# ", "@ ")) and ARROW not in line:
            draft.complain(
                number, f"{line[:60]!r} is neither a header '# key: value' nor '@ id = name'"
            )
        else:
            return index
    return len(lines)


def _read_header(key: str, value: str, number: int, draft: _Draft) -> None:
    if key not in HEADERS:
        hint = near_miss(key, HEADERS)
        draft.complain(number, f"unknown header {key!r}; allowed: {', '.join(HEADERS)}{hint}")
    elif key in draft.headers:
        draft.complain(number, f"header {key!r} is given twice; keep one")
    elif not value:
        draft.complain(number, f"header {key!r} is empty; give a value or drop the line")
    else:
        draft.headers[key] = value


def _read_speaker(key: str, name: str, number: int, draft: _Draft) -> None:
    if not _KEY.fullmatch(key):
        draft.complain(
            number, f"speaker id {key!r} may hold only letters, digits, '_', '.' and '-'"
        )
    elif key in draft.names:
        first = draft.declared_at[key]
        draft.complain(number, f"speaker {key!r} is already declared on line {first}")
    else:
        draft.names[key] = name
        draft.declared_at[key] = number


def _read_body(lines: Sequence[str], start: int, draft: _Draft) -> None:
    new_paragraph = False
    for index in range(start, len(lines)):
        line = lines[index].strip()
        if not line:
            new_paragraph = True
            continue
        if draft.text:
            draft.text += "\n\n" if new_paragraph else " "
        new_paragraph = False
        _read_sentence(line, index + 1, draft)


def _read_sentence(line: str, number: int, draft: _Draft) -> None:
    marked, arrow, labels = line.rpartition(ARROW)
    if not arrow:
        draft.complain(number, _no_arrow(line))
        return
    start = len(draft.text)
    surface, mentions = _strip_marks(marked.strip(), start, number, draft)
    draft.text += surface
    found = _read_labels(labels, mentions, number, draft)
    written = {part.split()[0] for part in labels.split(";") if part.split()}
    for key in mentions:
        if key not in written:
            draft.complain(
                number, f"{key!r} is marked but has no label; add '{key} STANCE' or drop the mark"
            )
    draft.sentences.append(Sentence(start, len(draft.text), tuple(found)))


def _no_arrow(line: str) -> str:
    if _HEADER.fullmatch(line) or _SPEAKER.fullmatch(line):
        return "headers and speakers must stand before the first sentence"
    if "=>" in line:
        return "'=>' needs a sentence before it and labels after it: 'sentence => id stance'"
    return "no ' => ' with labels: end the sentence with ' => id stance' or ' => - none'"


def _strip_marks(
    marked: str, start: int, number: int, draft: _Draft
) -> tuple[str, dict[str, list[Mention]]]:
    """Take the marks out of a sentence that begins at `start`; return it with the mentions."""
    surface, position = "", 0
    mentions: dict[str, list[Mention]] = {}
    for match in _MARK.finditer(marked):
        surface += _plain(marked[position : match.start()], number, draft)
        position = match.end()
        mention = Mention(start + len(surface), start + len(surface) + len(match[1]), match[1])
        surface += match[1]
        if _mark_is_fine(match[1], match[2], number, draft):
            mentions.setdefault(match[2], []).append(mention)
            draft.mentions.setdefault(match[2], []).append(mention)
    surface += _plain(marked[position:], number, draft)
    if not surface.strip():
        draft.complain(number, "the sentence is empty before ' => '")
    return surface, mentions


def _mark_is_fine(surface: str, key: str, number: int, draft: _Draft) -> bool:
    if not surface or surface != surface.strip():
        draft.complain(number, f"a mark must hold the words themselves: '[{surface}|{key}]'")
        return False
    if key == "-":
        draft.complain(number, f"'[{surface}|-]': the reporter ('-') is never marked; drop it")
        return False
    return _is_declared(key, number, draft)


def _is_declared(key: str, number: int, draft: _Draft) -> bool:
    if key in draft.names:
        return True
    known = ", ".join(draft.names) or "none"
    draft.complain(
        number,
        f"speaker {key!r} is not declared; declared: {known}{near_miss(key, draft.names)};"
        f" add '@ {key} = NAME' above",
    )
    return False


def _plain(text: str, number: int, draft: _Draft) -> str:
    """Text outside marks; brackets of its own ("[sic]") are fine when they close."""
    depth = 0
    for char in text:
        depth += (char == "[") - (char == "]")
        if depth not in (0, 1):
            break
    if depth:
        draft.complain(number, f"unbalanced bracket in {text.strip()[:60]!r}; write [words|id]")
    return text


def _read_labels(
    labels: str, mentions: dict[str, list[Mention]], number: int, draft: _Draft
) -> list[Label]:
    found: dict[str, Label] = {}
    keys = list(draft.names)
    for part in labels.split(";"):
        words = part.split()
        if len(words) != 2:
            draft.complain(number, f"label {part.strip()!r} must be 'id stance' or '- stance'")
            continue
        key, stance = words
        known = key == "-" or _is_declared(key, number, draft)
        draft.used.add(key)
        if not _is_stance(stance, number, draft) or not known:
            continue
        if key in found:
            draft.complain(number, f"{key!r} has two labels in one sentence; keep one")
            continue
        mention = mentions[key][0] if key in mentions else None
        found[key] = Label(None if key == "-" else keys.index(key), Stance(stance), mention)
    return list(found.values())


def _is_stance(stance: str, number: int, draft: _Draft) -> bool:
    if stance in STANCES:
        return True
    draft.complain(
        number,
        f"unknown stance {stance!r}; allowed: {', '.join(STANCES)}{near_miss(stance, STANCES)}",
    )
    return False


def near_miss(word: str, allowed: Iterable[str]) -> str:
    """A question that guesses the slip, or nothing.

    >>> near_miss("cautius", ["cautious", "opposed"])
    " (did you mean 'cautious'?)"
    >>> near_miss("xyz", ["cautious"])
    ''
    """
    close = difflib.get_close_matches(word.lower(), [str(name) for name in allowed], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _check_whole(draft: _Draft) -> None:
    for key in REQUIRED_HEADERS:
        if key not in draft.headers and not any(f"{key!r}" in p.message for p in draft.problems):
            draft.complain(0, f"no header {key!r}; add a line '# {key}: ...' at the top")
    for key, line in draft.declared_at.items():
        if key not in draft.used:
            draft.complain(line, f"speaker {key!r} is declared but has no label; drop the line")
    if not draft.sentences and not draft.problems:
        draft.complain(0, "no sentence; add lines 'sentence => id stance'")


def _finish(draft: _Draft, source: str) -> LabelledArticle:
    headers = {
        key: None if value == UNKNOWN else value
        for key, value in draft.headers.items()
        if key != "id"
    }
    language = headers.pop("language", None)
    speakers = tuple(
        Speaker(number, name, tuple(sorted(draft.mentions.get(key, ()))), key)
        for number, (key, name) in enumerate(draft.names.items())
    )
    return LabelledArticle(
        article=Article(draft.headers["id"], draft.text, source=source, **headers),
        sentences=tuple(draft.sentences),
        speakers=speakers,
        language=language,
    )


def format_article(labelled: LabelledArticle) -> str:
    """Write an article in the text form: the inverse of `parse_article`.

    A line break inside a sentence becomes a space, since a sentence is a line; a speaker without
    a short id gets one made from the name; a missing process or register is `unknown`. Mentions
    are marked only where their speaker has a label, as the guide has it. Probabilities, notices
    and the model are not part of the text form.

    Raises:
        UserError: when the article cannot be written so that it reads back.
    """
    keys = _keys_of(labelled.speakers)
    values = {key: getattr(labelled.article, key, None) for key in HEADERS}
    values["language"] = labelled.language
    values |= {key: UNKNOWN for key in REQUIRED_HEADERS if values[key] is None}
    head = [f"# {key}: {' '.join(v.split())}" for key, v in values.items() if v is not None]
    head += [f"@ {keys[s.id]} = {' '.join(s.name.split())}" for s in labelled.speakers]
    text = "\n".join([*head, "", *_body_lines(labelled, keys)]) + "\n"
    try:
        parse_article(text, labelled.article.source or labelled.article.id)
    except UserError as error:
        raise UserError(f"article cannot be written in the text form: {error}") from error
    return text


def _body_lines(labelled: LabelledArticle, keys: dict[int, str]) -> Iterator[str]:
    previous_end: int | None = None
    for sentence in labelled.sentences:
        if previous_end is not None and "\n\n" in labelled.text[previous_end : sentence.start]:
            yield ""
        previous_end = sentence.end
        labels = "; ".join(
            f"{'-' if label.speaker is None else keys[label.speaker]} {label.stance}"
            for label in sentence.labels
        )
        yield f"{_with_marks(labelled, sentence, keys)}{ARROW}{labels}"


def _with_marks(labelled: LabelledArticle, sentence: Sentence, keys: dict[int, str]) -> str:
    speaking = {label.speaker for label in sentence.labels}
    marks = sorted(
        (mention, keys[speaker.id])
        for speaker in labelled.speakers
        if speaker.id in speaking
        for mention in speaker.mentions
        if sentence.start <= mention.start and mention.end <= sentence.end
    )
    out, position = "", sentence.start
    for mention, key in marks:
        out += f"{labelled.text[position : mention.start]}[{mention.text}|{key}]"
        position = mention.end
    return re.sub(r"\s*\n\s*", " ", out + labelled.text[position : sentence.end])


def _keys_of(speakers: Sequence[Speaker]) -> dict[int, str]:
    """A short id for each speaker: its own, or one made from its name."""
    keys = {speaker.id: speaker.key for speaker in speakers if speaker.key}
    for speaker in speakers:
        if speaker.id in keys:
            continue
        stem = re.sub(r"\W+", "", speaker.name.split()[-1].lower()) if speaker.name.split() else ""
        key = stem or "speaker"
        while key in keys.values():
            key += "x"
        keys[speaker.id] = key
    return {speaker_id: key for speaker_id, key in keys.items() if key}
