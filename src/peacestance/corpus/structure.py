"""What must hold of any labelled article, whatever file it came from."""

from __future__ import annotations

from collections.abc import Iterator

from peacestance.schema import LabelledArticle, Mention, Sentence


def structure_problems(labelled: LabelledArticle) -> Iterator[str]:
    """Say what is wrong with the offsets, speakers and labels of an article, if anything.

    The text form cannot break these rules; JSON and Parquet made elsewhere can.
    """
    if not labelled.article.id:
        yield "the article has an empty id"
    if not labelled.sentences:
        yield "the article has no sentence"
    for index, speaker in enumerate(labelled.speakers):
        if speaker.id != index:
            yield f"speakers[{index}] has id {speaker.id}; ids count from 0 in order"
        for mention in speaker.mentions:
            yield from _mention_problems(labelled, mention, f"speaker {speaker.name!r}")
    end = 0
    for index, sentence in enumerate(labelled.sentences):
        where = f"sentences[{index}]"
        if not end <= sentence.start < sentence.end <= len(labelled.text):
            yield (
                f"{where} is {sentence.start}:{sentence.end}; it must start at {end} or later, not"
                f" be empty, and end within the text of {len(labelled.text)} characters"
            )
        end = max(end, sentence.end)
        yield from _label_problems(labelled, sentence, where)


def _label_problems(labelled: LabelledArticle, sentence: Sentence, where: str) -> Iterator[str]:
    if not sentence.labels:
        yield f"{where} has no label; a sentence without a speaker has the reporter's (null) label"
    seen: set[int | None] = set()
    for label in sentence.labels:
        if label.speaker in seen:
            yield f"{where} has two labels for speaker {label.speaker}; keep one"
        seen.add(label.speaker)
        if label.speaker is not None and not 0 <= label.speaker < len(labelled.speakers):
            allowed = f"0 to {len(labelled.speakers) - 1}" if labelled.speakers else "none declared"
            yield f"{where} names speaker {label.speaker}; allowed: {allowed}"
        if label.mention is not None:
            yield from _mention_problems(labelled, label.mention, where)


def _mention_problems(labelled: LabelledArticle, mention: Mention, where: str) -> Iterator[str]:
    found = labelled.text[max(mention.start, 0) : max(mention.end, 0)]
    if found != mention.text or not found:
        yield (
            f"{where}: mention {mention.start}:{mention.end} says {mention.text!r},"
            f" but the text there is {found!r}"
        )
