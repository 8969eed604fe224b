"""The events and rows that GTO 1.x publishes, key for key."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple

from gto.core import tag, wording
from gto.core.commit_facts import Commit
from gto.core.event import Event
from gto.core.snapshot import ArtifactState, VersionState
from gto.core.tag import Kind
from gto.core.tag_signature import Signature
from gto.core.view import Row, journal

Published = dict[str, object]
Exclude = AbstractSet[str] | None
EventKey = tuple[datetime, int, int, str]
_SHARED = (
    *("priority", "addition", "artifact", "created_at"),
    *("author", "author_email", "message", "commit_hexsha"),
)


class PublishedEvent(NamedTuple):
    """An event as callers of `gto.api` get it; `version` and `stage` are None where it has none."""

    event: str
    artifact: str
    version: str | None
    stage: str | None
    commit_hexsha: str
    ref: str
    created_at: datetime
    author: str
    author_email: str
    message: str
    kind: Kind
    signature: Signature | None = None
    """What the tag's signature is worth; None where that was not asked for."""

    @property
    def tag(self) -> str:
        """The tag's name, the same as `ref`."""
        return self.ref

    @property
    def priority(self) -> int:
        """The place of such events among others of one second."""
        return int(self.kind)

    @property
    def addition(self) -> bool:
        """Whether the event adds, rather than takes back."""
        return self.kind.is_addition

    @property
    def key(self) -> EventKey:
        """What events are sorted by: time, counter, kind, name."""
        name = tag.find(self.ref) if "#" in self.ref else None
        return self.created_at, (name.counter or 0) if name else 0, self.priority, self.ref

    def __str__(self) -> str:
        """Say what happened."""
        return wording.happened(self.kind, self.artifact, self.version, self.stage)

    def dict_state(self, exclude: Exclude = None) -> Published:
        """Return the event as GTO 1.x prints it in JSON, without the keys in `exclude`."""
        state: Published = {
            **self.model_dump(),
            "event": self.event,
            **({} if self.signature is None else {"signature": signature(self.signature)}),
        }
        return without(state, exclude)

    def model_dump(self, exclude: Exclude = None) -> Published:
        """Return the event as it stands among the events of a version: without its kind's name."""
        fields: Published = {**shared_fields(self), "tag": self.ref}
        if self.version is not None:
            fields["version"] = self.version
        if self.stage is not None:
            fields["stage"] = self.stage
        return without(fields, exclude)


def shared_fields(event: object) -> Published:
    """Return the fields that each event has in JSON, whatever it is about."""
    return {field: getattr(event, field) for field in _SHARED}


def without(state: Published, exclude: Exclude) -> Published:
    """Return a state without the keys in `exclude`."""
    return {key: value for key, value in state.items() if key not in exclude} if exclude else state


class CreationEvent(PublishedEvent):
    """Nothing writes or reads one: GTO has no event 'created'."""

    __slots__ = ()


class DeprecationEvent(PublishedEvent):
    """An artifact was deprecated."""

    __slots__ = ()


class RegistrationEvent(PublishedEvent):
    """A version was registered."""

    __slots__ = ()


class DeregistrationEvent(PublishedEvent):
    """A version was deregistered."""

    __slots__ = ()


class AssignmentEvent(PublishedEvent):
    """A stage was assigned to a version."""

    __slots__ = ()


class UnassignmentEvent(PublishedEvent):
    """A stage was taken off a version."""

    __slots__ = ()


EVENTS: Mapping[Kind, type[PublishedEvent]] = {
    Kind.CREATION: CreationEvent,
    Kind.DEPRECATION: DeprecationEvent,
    Kind.REGISTRATION: RegistrationEvent,
    Kind.DEREGISTRATION: DeregistrationEvent,
    Kind.ASSIGNMENT: AssignmentEvent,
    Kind.UNASSIGNMENT: UnassignmentEvent,
}
"""The class of each kind's events."""


def published(event: Event, version: str | None) -> PublishedEvent:
    """Return an event in its published form; `version` is the one that it concerns."""
    who = event.tagger
    return EVENTS[event.kind](
        event.kind.noun,
        event.artifact,
        version,
        event.tag.stage,
        event.commit,
        event.ref,
        who.moment(event.time),
        who.name,
        who.email,
        event.message,
        event.kind,
    )


class Origin(NamedTuple):
    """Where a version comes from: its newest registration, else its newest stage event, else its commit."""

    created_at: datetime
    author: str
    author_email: str
    message: str
    ref: str


def origin(version: VersionState, commits: Mapping[str, Commit]) -> Origin | None:
    """Return where a version comes from; None where nothing tells."""
    events = version.registrations or version.events
    if events:
        event = events[-1]
        who = event.tagger
        return Origin(who.moment(event.time), who.name, who.email, event.message, event.ref)
    commit = commits.get(version.commit)
    if commit is None:
        return None
    return Origin(commit.created_at, commit.author, commit.author_email, commit.message, commit.oid)


def row(line: Row, stages: Sequence[str]) -> Published:
    """Return an artifact as `gto show --json` prints it."""
    return {
        "version": line.latest,
        "stage": {stage: ", ".join(line.stages[stage]) or None for stage in stages},
        "registered": line.registered,
        "active": line.active,
    }


def history_line(event: PublishedEvent) -> Published:
    """Return an event as `gto history --json` prints it."""
    return {
        "timestamp": event.created_at,
        "artifact": event.artifact,
        "event": event.event,
        "priority": event.priority,
        "version": event.version,
        "stage": event.stage,
        "commit": event.commit_hexsha,
        "author": event.author,
        "author_email": event.author_email,
        "message": event.message,
        "ref": event.ref,
        **({} if event.signature is None else {"signature": signature(event.signature)}),
    }


def signature(found: Signature) -> Published:
    """Return what a signature is worth, as `gto verify --json` prints it."""
    return {"verdict": found.trust.value, "signer": found.signer, "key": found.key, "reason": found.reason}


def find_event(state: ArtifactState, ref: str) -> PublishedEvent | None:
    """Return the event of one tag, or None where the tag is none of the artifact's events."""
    return next((published(line.event, line.version) for line in journal(state) if line.event.ref == ref), None)
