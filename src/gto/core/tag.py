"""The grammar of event tags: text to `TagName`, `TagName` to text."""

import re
from collections.abc import Sequence
from enum import Enum, IntEnum
from typing import NamedTuple

from gto.core import names, semver
from gto.core.names import ArtifactName
from gto.exceptions import InvalidTagName


class Action(Enum):
    """What a tag does, under the names that GTO 1.x publishes."""

    CREATE = "create"
    DEPRECATE = "deprecate"
    REGISTER = "register"
    DEREGISTER = "deregister"
    ASSIGN = "assign"
    UNASSIGN = "unassign"


class Kind(IntEnum):
    """What happened; the numbers order events of one second and are those that GTO 1.x publishes as `priority`."""

    CREATION = 1
    DEPRECATION = 2
    REGISTRATION = 3
    DEREGISTRATION = 4
    ASSIGNMENT = 5
    UNASSIGNMENT = 6

    @property
    def noun(self) -> str:
        """The published name of such an event."""
        return self.name.lower()

    @property
    def action(self) -> Action:
        """The published name of what such a tag does."""
        return list(Action)[self - 1]

    @property
    def is_addition(self) -> bool:
        """Whether the event adds to the registry, rather than taking back."""
        return self in _ADDITIONS

    @property
    def of_version(self) -> bool:
        """Whether the tag names a version."""
        return self in {Kind.REGISTRATION, Kind.DEREGISTRATION}

    @property
    def of_stage(self) -> bool:
        """Whether the tag names a stage."""
        return self in {Kind.ASSIGNMENT, Kind.UNASSIGNMENT}


_ADDITIONS = frozenset({Kind.CREATION, Kind.REGISTRATION, Kind.ASSIGNMENT})

PATTERN = (
    rf"((?:{names.DIRECTORY}+=)?{names.PLAIN})"  # `++` never gives back: no `=` is in a directory
    rf"(?:(?:\#({names.PLAIN})|@({semver.PATTERN}))(!?)|@(deprecated|created))(?:\#([0-9]+))?"
)
"""A regular expression of event tags: artifact, stage, version, `!`, another event's word, counter."""
_TAG_RE = re.compile(PATTERN)
MOST_DIGITS = 18  # of a counter: it fits 64 bits
MOST_COUNTER = 10**MOST_DIGITS - 1


_new = tuple.__new__  # makes a named tuple without the call of its own constructor: this is done for every tag
# Looked up once, for the same reason.
_REGISTRATION, _DEREGISTRATION = Kind.REGISTRATION, Kind.DEREGISTRATION
_ASSIGNMENT, _UNASSIGNMENT = Kind.ASSIGNMENT, Kind.UNASSIGNMENT


class TagName(NamedTuple):
    """The parts of an event tag's name: `version` or `stage` by kind, neither for a deprecation."""

    kind: Kind
    artifact: ArtifactName
    version: str | None = None
    stage: str | None = None
    counter: int | None = None

    def __str__(self) -> str:
        """Write the tag's name."""
        event = {
            Kind.CREATION: "@created",
            Kind.DEPRECATION: "@deprecated",
            Kind.REGISTRATION: f"@{self.version}",
            Kind.DEREGISTRATION: f"@{self.version}!",
            Kind.ASSIGNMENT: f"#{self.stage}",
            Kind.UNASSIGNMENT: f"#{self.stage}!",
        }[self.kind]
        counter = "" if self.counter is None else f"#{self.counter}"
        return f"{names.to_tag(self.artifact)}{event}{counter}"


def find(text: str) -> TagName | None:
    """Return the parts of a tag's name, or None where it is no event."""
    match = _TAG_RE.fullmatch(text)
    return None if match is None else from_groups(match.groups())


def from_groups(groups: Sequence[str | None]) -> TagName | None:
    """Return the name that the groups of PATTERN make; None where a number in it is too long."""
    artifact, stage, version, cancelled, other, digits = groups
    if digits is not None and len(digits) > MOST_DIGITS:
        return None
    if stage is not None:
        kind = _UNASSIGNMENT if cancelled else _ASSIGNMENT
    elif version is not None:
        if semver.parse(version) is None:
            return None
        kind = _DEREGISTRATION if cancelled else _REGISTRATION
    else:
        kind = Kind.DEPRECATION if other == "deprecated" else Kind.CREATION
    counter = None if digits is None else int(digits)
    return _new(TagName, (kind, names.from_tag(artifact or ""), version, stage, counter))


def find_oversized(text: str) -> ArtifactName | None:
    """Return the artifact of a tag that has the form of an event, but a version or counter beyond every bound."""
    match = _TAG_RE.fullmatch(text)
    return names.from_tag(match[1]) if match is not None and find(text) is None else None


def parse(text: str) -> TagName:
    """Return the parts of an event tag's name, or raise InvalidTagName."""
    name = find(text)
    if name is None:
        raise InvalidTagName(text)
    return name


def parts(name: TagName) -> dict[str, object]:
    """Return the parts that a tag's name has, under the keys of GTO 1.x."""
    found = {
        "name": name.artifact,
        "version": name.version,
        "stage": name.stage,
        "action": None if name.kind is Kind.CREATION else name.kind.action,  # as GTO 1.x, which does nothing with it
        "counter": name.counter,
    }
    return {key: value for key, value in found.items() if value is not None}
