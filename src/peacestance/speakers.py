"""Mentions of an article -> its speakers: names, bodies, roles and pronouns joined, each named.

`resolve` joins in this order, and no step undoes an earlier one:

1. The alias file: mentions that equal a name or alias of one entry.
2. Equal names: the same full personal name, body or description in other dress ("Russia's
   defence ministry", "the Russian Defense Ministry").
3. Personal names: full names of one person (spelling variants, an initial, a middle name), then
   short names ("Tusk", "President Tusk") with the only full name they fit; of several, with
   those of the same title, then the nearest earlier one.
4. Acronyms: declared in the text, "European Union (EU)", or plain initials.
5. Learned links: single ones from 0.5 on, the strongest first; then, in reading order, groups
   whose links to a mention add up to 0.5.
6. Without evidence: a definite description goes to the nearest earlier mention it fits ("the
   official" after "a U.S. official"), else, if it is plain ("the lawmaker", "the 61-year-old"),
   to the person named just before; a pronoun to the best weak link, else to the nearest
   earlier mention it fits. I and we fit nobody; a mention that fits nobody is a new speaker.

What must never be joined is in `speaker_clusters.conflict`. The result is deterministic.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from peacestance import speaker_words as lists
from peacestance.aliases import Alias, Aliases, load_aliases
from peacestance.names import Form, content_words, core_name, fold, kind_of
from peacestance.schema import Mention, Speaker
from peacestance.speaker_clusters import Clusters, Profile, body_key, conflict, is_generic
from peacestance.speaker_names import display_name, form_in_context
from peacestance.spelling import same_person, sound

__all__ = ["Alias", "Aliases", "Link", "core_name", "kind_of", "load_aliases", "resolve"]

ENOUGH = 0.5  # probability from which a learned link joins
WEAK = 0.2  # from here on a link chooses among the antecedents that fit a pronoun
REACH = 200  # mentions looked back for an antecedent without evidence

_DECLARED = re.compile(r"((?:[\w’'-]+\s+){1,8})\(([A-Z][A-Za-z]{1,9})\)")
_SMALL_WORDS = ("of", "the", "for", "and", "in", "on", "to")


@dataclasses.dataclass(frozen=True, slots=True)
class Link:
    """Learned evidence that two mentions are one entity.

    Attributes:
        antecedent: Index of the earlier mention.
        mention: Index of the later mention.
        probability: In [0, 1].
    """

    antecedent: int
    mention: int
    probability: float


def resolve(
    text: str,
    mentions: Sequence[Mention],
    links: Sequence[Link] = (),
    aliases: Aliases | None = None,
) -> tuple[tuple[Speaker, ...], tuple[int, ...]]:
    """Join the mentions of an article into speakers.

    Args:
        text: The article's text.
        mentions: Sorted by offset, each span once.
        links: Learned evidence, in any order.
        aliases: The user's names, aliases and sides.

    Returns:
        The speakers in order of first mention (`id` is the index), and for each mention the id of
        its speaker.

    Raises:
        ValueError: The mentions are not sorted and unique, or a link does not fit them.

    >>> text = "Donald Tusk spoke. He left. A Kremlin official shrugged."
    >>> spans = [(0, 11), (19, 21), (28, 46)]
    >>> speakers, ids = resolve(text, [Mention(a, b, text[a:b]) for a, b in spans])
    >>> [speaker.name for speaker in speakers], ids
    (['Donald Tusk', 'a Kremlin official'], (0, 0, 1))
    """
    _check(mentions, links)
    aliases = aliases or Aliases()
    forms = [form_in_context(text, mention) for mention in mentions]
    clusters = Clusters(forms)
    _join_aliases(clusters, mentions, aliases)
    _join_equal(clusters)
    _join_full_names(clusters)
    _join_short_names(clusters)
    _join_acronyms(clusters, text)
    _join_links(clusters, links)
    _join_rest(clusters, links)
    return _speakers(clusters, text, mentions, aliases)


def _check(mentions: Sequence[Mention], links: Sequence[Link]) -> None:
    spans = [(mention.start, mention.end) for mention in mentions]
    if spans != sorted(set(spans)):
        raise ValueError("mentions must be sorted by offset, each span once")
    for link in links:
        inside = 0 <= link.antecedent < link.mention < len(mentions)
        if not inside or not 0.0 <= link.probability <= 1.0:
            raise ValueError(f"not a link between two of {len(mentions)} mentions: {link}")


def _join_aliases(clusters: Clusters, mentions: Sequence[Mention], aliases: Aliases) -> None:
    first: dict[int, int] = {}
    for i, mention in enumerate(mentions):
        entry = aliases.find(mention.text)
        entry = aliases.find(clusters.forms[i].core) if entry is None else entry
        if entry is not None:
            clusters.of(i).alias = entry
            clusters.join(first.setdefault(entry, i), i, known=True)


def _join_equal(clusters: Clusters) -> None:
    first: dict[object, int] = {}
    for i, form in enumerate(clusters.forms):
        key = _equality_key(form)
        if key is not None:
            clusters.join(first.setdefault(key, i), i)


def _equality_key(form: Form) -> object | None:
    """What makes two mentions equal by their words; `None` where words are not enough."""
    if form.kind == "name":
        return form.words if len(form.words) > 1 else None
    if form.kind == "body":
        return None if is_generic(form) else body_key(form)
    if form.kind == "pronoun" or form.roles & lists.QUANTITIES or "another" in fold(form.core):
        return None
    told_apart = len(form.words) > 1 or form.plural
    return (form.plural, body_key(form)) if told_apart else None


def _join_full_names(clusters: Clusters) -> None:
    """Spelling variants, initials and middle names of full personal names."""
    seen: defaultdict[str, dict[tuple[str, ...], int]] = defaultdict(dict)
    for i, form in enumerate(clusters.forms):
        if form.kind != "name" or len(form.words) < 2:
            continue
        keys = {form.words[0], sound(form.words[-1])[:3]}
        rivals = {words: j for key in sorted(keys) for words, j in seen[key].items()}
        if form.words not in rivals:
            for words, j in sorted(rivals.items(), key=lambda item: item[1]):
                if same_person(words, form.words) and clusters.join(j, i):
                    break
        for key in keys:
            seen[key].setdefault(form.words, i)


def _join_short_names(clusters: Clusters) -> None:
    """Surnames, and given names standing alone, in reading order."""
    full = [i for i, form in enumerate(clusters.forms) if _is_full_name(form)]
    by_word: defaultdict[str, list[int]] = defaultdict(list)
    for i in full:
        words = clusters.forms[i].words
        for word in {*words, sound(words[-1])}:
            by_word[word].append(i)
    alone: dict[str, int] = {}
    for i, form in enumerate(clusters.forms):
        if not _is_short_name(form):
            continue
        word = form.words[0]
        owner = _owner(clusters, i, by_word.get(word) or by_word.get(sound(word), []))
        if owner is None and form.kind == "name":
            owner = alone.setdefault(sound(word) if len(word) > 4 else word, i)
        if owner is not None:
            clusters.join(owner, i, known=form.kind == "body")


def _is_full_name(form: Form) -> bool:
    return form.kind == "name" and len(form.words) > 1


def _is_short_name(form: Form) -> bool:
    """A name of one word; also one in capitals that reads like an acronym ("ZUBAREV")."""
    if form.kind == "name":
        return len(form.words) == 1
    return form.kind == "body" and len(form.words) == 1 and form.core.isupper()


def _owner(clusters: Clusters, short: int, full: Sequence[int]) -> int | None:
    """Which of the full names that hold a short one's word it means, as a mention's index."""
    form = clusters.forms[short]
    word = form.words[0]
    open_ = [i for i in full if form.kind == "body" or not _barred(clusters, i, short)]
    surnames = [i for i in open_ if clusters.forms[i].words[-1] == word]
    fitting = surnames or open_
    titled = [i for i in fitting if clusters.of(i).roles & form.roles]
    groups = {clusters.root(i) for i in titled or fitting}
    if not groups:
        return None
    members = sorted({member for root in groups for member in clusters.of(root).members})
    return next((i for i in reversed(members) if i < short), members[0])


def _barred(clusters: Clusters, a: int, b: int) -> bool:
    return conflict(clusters.of(a), clusters.of(b))


def _join_acronyms(clusters: Clusters, text: str) -> None:
    declared = _declared(text)
    long_forms: defaultdict[str, list[int]] = defaultdict(list)
    for i, form in enumerate(clusters.forms):
        if form.kind == "body" and len(form.core.split()) > 1:
            for acronym in {_initials(form.core), *declared.get(body_key(form)[1], ())} - {""}:
                long_forms[acronym].append(i)
    for i, form in enumerate(clusters.forms):
        acronym = re.sub(r"^the ", "", form.core, flags=re.IGNORECASE).replace(".", "")
        groups = {clusters.root(j) for j in long_forms.get(acronym, ())}
        if form.kind in ("body", "name") and len(groups) == 1:
            clusters.join(groups.pop(), i, known=True)


def _declared(text: str) -> Mapping[frozenset[str], set[str]]:
    """Acronyms that the text gives in brackets, by the content words of their long forms."""
    out: defaultdict[frozenset[str], set[str]] = defaultdict(set)
    for match in _DECLARED.finditer(text):
        words = match[1].split()
        for size in range(2, len(words) + 1):
            long = words[-size:]
            if _initials(" ".join(long)).startswith(match[2].upper()[:2]):
                out[frozenset(content_words(" ".join(long)))].add(match[2])
    return out


def _initials(name: str) -> str:
    """The initials of a proper name of three words or more, without its small words."""
    words = [word for word in re.split(r"[\s-]+", name) if word.lower() not in _SMALL_WORDS]
    capitals = [word[0] for word in words if word[:1].isupper()]
    return "".join(capitals) if 2 <= len(capitals) == len(words) else ""


def _join_links(clusters: Clusters, links: Sequence[Link]) -> None:
    strong = [link for link in links if link.probability >= ENOUGH]
    strong.sort(key=lambda link: (-link.probability, link.mention, -link.antecedent))
    for link in strong:
        clusters.join(link.antecedent, link.mention)
    for mention, evidence in _by_mention(links):
        for total, group in _totals(clusters, evidence):
            if total >= ENOUGH and clusters.join(group, mention):
                break


def _by_mention(links: Iterable[Link]) -> Iterator[tuple[int, list[Link]]]:
    grouped: defaultdict[int, list[Link]] = defaultdict(list)
    for link in links:
        grouped[link.mention].append(link)
    return iter(sorted(grouped.items()))


def _totals(clusters: Clusters, evidence: Iterable[Link]) -> list[tuple[float, int]]:
    """The summed probability of each group of antecedents, best first."""
    totals: defaultdict[int, float] = defaultdict(float)
    for link in sorted(evidence, key=lambda link: link.antecedent):
        totals[clusters.root(link.antecedent)] += link.probability
    return sorted(((total, root) for root, total in totals.items()), key=lambda x: (-x[0], -x[1]))


def _join_rest(clusters: Clusters, links: Sequence[Link]) -> None:
    """Descriptions and pronouns that nothing has joined to an earlier mention, in order."""
    evidence = dict(_by_mention(links))
    for i, form in enumerate(clusters.forms):
        if clusters.root(i) != i or form.kind == "name":
            continue
        if form.kind == "pronoun":
            _join_pronoun(clusters, i, evidence.get(i, ()))
        elif form.definite:
            fitting = (j for j in _earlier(i) if _describes(clusters, i, j))
            if not _join_first(clusters, i, fitting):
                _join_last_person(clusters, i)


def _earlier(mention: int) -> range:
    return range(mention - 1, max(-1, mention - 1 - REACH), -1)


def _join_pronoun(clusters: Clusters, i: int, evidence: Iterable[Link]) -> None:
    if clusters.forms[i].words[0] in lists.SPEECH_PRONOUNS:
        return
    for total, group in _totals(clusters, evidence):
        if total >= WEAK and _stands_for(clusters, i, group) and clusters.join(group, i):
            return
    _join_first(clusters, i, (j for j in _earlier(i) if _stands_for(clusters, i, j)))


def _join_first(clusters: Clusters, i: int, candidates: Iterable[int]) -> bool:
    """Join a mention with the first candidate that nothing forbids; whether one was found."""
    return any(clusters.join(j, i) for j in candidates)


def _join_last_person(clusters: Clusters, i: int) -> bool:
    """Join "the lawmaker", "the 61-year-old" with the person named just before.

    A description that says more ("the Turkish foreign minister") often brings in somebody new.
    """
    form = clusters.forms[i]
    plain = not form.modifiers or any("year" in word for word in form.modifiers)
    if i == 0 or form.kind != "description" or form.plural or not plain:
        return False
    return bool(clusters.of(i - 1).names) and clusters.join(i - 1, i)


def _stands_for(clusters: Clusters, pronoun: int, j: int) -> bool:
    """Whether a pronoun may stand for the group of mention j: he, it and they by kind."""
    form, group = clusters.forms[pronoun], clusters.of(j)
    if form.sure:
        return group.person or bool(group.names)
    if form.words[0] in ("it", "its", "itself"):
        return group.thing
    return not form.plural or group.plural or group.thing


def _describes(clusters: Clusters, i: int, j: int) -> bool:
    """Whether a definite description fits the group of mention j: same noun, nothing new."""
    form, group = clusters.forms[i], clusters.of(j)
    if form.plural != group.plural or not form.modifiers <= group.modifiers:
        return False
    return bool(form.roles & group.roles) if form.roles else group.person  # "the Norwegian"


def _speakers(
    clusters: Clusters, text: str, mentions: Sequence[Mention], aliases: Aliases
) -> tuple[tuple[Speaker, ...], tuple[int, ...]]:
    groups: dict[str | int, list[Profile]] = {}
    names: dict[str | int, tuple[str, str | None]] = {}
    for profile in clusters:
        name = display_name([clusters.forms[i] for i in profile.members], text)
        entry = aliases.find(name) if profile.alias is None else profile.alias
        key = f"{profile.members[0]}" if entry is None else entry
        known = None if entry is None else aliases.entries[entry]
        names.setdefault(key, (known.name, known.side) if known else (name, None))
        groups.setdefault(key, []).append(profile)
    speakers, ids = [], [0] * len(mentions)
    for id_, (key, profiles) in enumerate(groups.items()):
        members = sorted(i for profile in profiles for i in profile.members)
        for i in members:
            ids[i] = id_
        own = tuple(mentions[i] for i in members)
        speakers.append(Speaker(id_, names[key][0], own, side=names[key][1]))
    return tuple(speakers), tuple(ids)
