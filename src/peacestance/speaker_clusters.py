"""Groups of mentions that are one entity, and what forbids two groups to be one.

A union-find over mentions; every group carries what its mentions say together (names, gender,
number), so that a join can be refused. Standard library only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from peacestance import speaker_words as lists
from peacestance.names import Form, fold
from peacestance.spelling import same_person


@dataclasses.dataclass(slots=True)
class Profile:
    """What the mentions of one group say together.

    `names` are the folded words of its personal names, `bodies` those of its proper bodies;
    `roles` and `modifiers` gather what is said of a person or body ("minister", "polish").
    """

    members: list[int]
    names: set[tuple[str, ...]]
    bodies: set[tuple[str, frozenset[str]]]
    genders: set[str]
    roles: set[str]
    modifiers: set[str]
    person: bool
    thing: bool
    plural: bool
    alias: int | None = None

    def absorb(self, other: Profile) -> None:
        """Take over everything that the other group says."""
        self.members = sorted(self.members + other.members)
        for field in ("names", "bodies", "genders", "roles", "modifiers"):
            getattr(self, field).update(getattr(other, field))
        self.person |= other.person
        self.thing |= other.thing
        self.plural |= other.plural
        self.alias = other.alias if self.alias is None else self.alias


class Clusters:
    """Mentions 0..n-1, at first each a group of its own."""

    def __init__(self, forms: Sequence[Form]) -> None:
        self.forms = forms
        self._parent = list(range(len(forms)))
        self._profiles = {i: _profile(i, form) for i, form in enumerate(forms)}

    def __iter__(self) -> Iterator[Profile]:
        """Every group, in order of its first mention."""
        return iter(sorted(self._profiles.values(), key=lambda profile: profile.members[0]))

    def root(self, mention: int) -> int:
        """The mention that stands for its group: always the first one."""
        while self._parent[mention] != mention:
            self._parent[mention] = self._parent[self._parent[mention]]
            mention = self._parent[mention]
        return mention

    def of(self, mention: int) -> Profile:
        """What the group of a mention says."""
        return self._profiles[self.root(mention)]

    def together(self, a: int, b: int) -> bool:
        """Whether two mentions are in one group."""
        return self.root(a) == self.root(b)

    def join(self, a: int, b: int, known: bool = False) -> bool:
        """Make the groups of two mentions one, unless something forbids it; whether they are.

        `known` identity (an alias, a declared acronym) is forbidden by the alias file only.
        """
        first, second = sorted((self.root(a), self.root(b)))
        if first == second:
            return True
        one, other = self._profiles[first], self._profiles[second]
        if aliases_differ(one, other) or (not known and conflict(one, other)):
            return False
        self._parent[second] = first
        self._profiles[first].absorb(self._profiles.pop(second))
        return True


def _profile(index: int, form: Form) -> Profile:
    thing = form.kind == "body" or form.words == ("it",) or form.words == ("its",)
    proper = form.kind == "body" and not is_generic(form)
    return Profile(
        members=[index],
        names={form.words} if form.kind == "name" else set(),
        bodies={body_key(form)} if proper else set(),
        genders={form.gender} if form.gender else set(),
        roles=set(form.roles),
        modifiers=set(form.modifiers),
        person=form.sure,
        thing=thing,
        plural=form.plural,
    )


def body_key(form: Form) -> tuple[str, frozenset[str]]:
    """Head noun and content words of a body or description, as identity is judged."""
    return "".join(form.roles), frozenset(form.words)


def is_generic(form: Form) -> bool:
    """Whether a body is named by its kind alone ("the ministry", "the foreign ministry")."""
    words = fold(form.core).split()
    plain = form.core == form.core.lower() or form.core[1:] == form.core[1:].lower()
    known = set(form.words) <= lists.BODIES | lists.OFFICE_WORDS
    return words[0] in lists.DEFINITE and plain and known


def conflict(a: Profile, b: Profile) -> bool:
    """Whether two groups cannot be one entity.

    Refused are: two personal names that differ, a person and a body, two different bodies
    ("Russia" and "Russia's foreign ministry"), he and she, a person and "it", one person and
    several, and two entries of the alias file.
    """
    if a.alias is not None and a.alias == b.alias:
        return False
    return (
        aliases_differ(a, b)
        or (a.person and b.thing)
        or (a.thing and b.person)
        or bool(a.names and b.bodies)
        or bool(a.bodies and b.names)
        or len(a.genders | b.genders) > 1
        or (a.plural and b.person)
        or (a.person and b.plural)
        or _names_differ(a, b)
        or _bodies_differ(a, b)
    )


def aliases_differ(a: Profile, b: Profile) -> bool:
    """Whether two groups belong to different entries of the alias file."""
    return a.alias is not None and b.alias is not None and a.alias != b.alias


def _names_differ(a: Profile, b: Profile) -> bool:
    if not a.names or not b.names or a.names & b.names:
        return False
    return not same_person(_fullest(a.names), _fullest(b.names))


def _fullest(names: set[tuple[str, ...]]) -> tuple[str, ...]:
    return max(sorted(names), key=len)


def _bodies_differ(a: Profile, b: Profile) -> bool:
    """Whether no name of one body is a short or full form of a name of the other."""
    if not a.bodies or not b.bodies:
        return False
    return not any(
        head == other_head and (words <= other_words or other_words <= words)
        for head, words in a.bodies
        for other_head, other_words in b.bodies
    )
