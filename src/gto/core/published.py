"""The values that GTO 1.x publishes, key for key: events, versions, stages, state."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from gto.core import message
from gto.core.event import Event
from gto.core.signature import Signature
from gto.core.snapshot import ArtifactState, StageState, VersionState
from gto.core.tag import Kind
from gto.core.view import Row, VersionRow, journal

Published = dict[str, object]


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

    def __str__(self) -> str:
        """Say what happened."""
        return message.happened(self.kind, self.artifact, self.version, self.stage)

    def dict_state(self, exclude: frozenset[str] | set[str] | None = None) -> Published:
        """Return the event as GTO 1.x prints it in JSON, without the keys in `exclude`."""
        state: Published = {
            "priority": self.priority,
            "addition": self.addition,
            **self._own(),
            "event": self.event,
            **({} if self.signature is None else {"signature": signature(self.signature)}),
        }
        return {key: value for key, value in state.items() if key not in (exclude or ())}

    def _own(self) -> Published:
        fields: Published = {
            "artifact": self.artifact,
            "created_at": self.created_at,
            "author": self.author,
            "author_email": self.author_email,
            "message": self.message,
            "commit_hexsha": self.commit_hexsha,
            "tag": self.ref,
        }
        if self.version is not None:
            fields["version"] = self.version
        if self.stage is not None:
            fields["stage"] = self.stage
        return fields


class Commit(NamedTuple):
    """The facts of a commit that tables and JSON show."""

    oid: str
    author: str
    author_email: str
    committer: str
    committer_email: str
    created_at: datetime
    """The committer's time."""
    message: str


def published(event: Event, version: str | None) -> PublishedEvent:
    """Return an event in its published form; `version` is the one that it concerns."""
    who = event.tagger
    return PublishedEvent(
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


def _event(event: Event, version: str | None, *, named: bool) -> Published:
    return published(event, version).dict_state(None if named else {"event"})


def _enrichment(name: str, version: str, commit: Commit, details: Sequence[Published]) -> Published:
    return {
        "priority": 0,
        "addition": True,
        "artifact": name,
        "created_at": commit.created_at,
        "author": commit.author,
        "author_email": commit.author_email,
        "message": commit.message,
        "commit_hexsha": commit.oid,
        "version": version,
        "enrichments": list(details),
        "committer": commit.committer,
        "committer_email": commit.committer_email,
    }


class Enriched(NamedTuple):
    """What the commits of an artifact's versions add to its JSON: facts of the commit, and annotations there."""

    commits: Mapping[str, Commit]
    details: Mapping[str, Sequence[Published]]

    def of(self, name: str, version: VersionState) -> list[Published]:
        """Return the enrichments of a version, in their published form."""
        commit = self.commits.get(version.commit)
        if commit is None:
            return []
        return [_enrichment(name, version.name, commit, self.details.get(version.commit, ()))]


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


def _activated_at(version: VersionState, commits: Mapping[str, Commit]) -> datetime | None:
    if version.registrations:
        return version.registrations[0].created_at
    times = [event.created_at for event in version.events[:1]]
    commit = commits.get(version.commit)
    return min([*times, *([commit.created_at] if commit else [])], default=None)


def _stage(name: str, state: StageState) -> Published:
    author = state.author
    return {
        **_stage_events(name, state, named=True),
        "is_active": state.is_active,
        "activated_at": state.newest.created_at if state.is_active else None,
        "created_at": author.created_at,
        "author": author.author,
        "author_email": author.author_email,
        "message": author.message,
        "ref": author.ref,
    }


def _stage_events(name: str, state: StageState, *, named: bool) -> Published:
    return {
        "artifact": name,
        "commit_hexsha": state.commit,
        "version": state.version,
        "stage": state.stage,
        "assignments": [_event(event, state.version, named=named) for event in state.assignments],
        "unassignments": [_event(event, state.version, named=named) for event in state.unassignments],
    }


def version(name: str, row: VersionRow, enriched: Enriched) -> Published:
    """Return a version as `gto show NAME --json` prints it."""
    state = row.version
    source = origin(state, enriched.commits)
    return {
        "artifact": name,
        "commit_hexsha": state.commit,
        "version": state.name,
        "enrichments": enriched.of(name, state),
        "registrations": [_event(event, state.name, named=False) for event in state.registrations],
        "deregistrations": [_event(event, state.name, named=False) for event in state.deregistrations],
        "stages": [_stage(name, stage) for stage in row.stages],
        "is_active": state.is_active,
        "activated_at": _activated_at(state, enriched.commits),
        "created_at": source.created_at if source else None,
        "author": source.author if source else "",
        "author_email": source.author_email if source else "",
        "message": source.message if source else "",
        "ref": source.ref if source else state.commit,
        "discovered": not (state.registrations or state.deregistrations),
    }


def row(line: Row, stages: Sequence[str]) -> Published:
    """Return an artifact as `gto show --json` prints it."""
    return {
        "version": line.latest,
        "stage": {stage: ", ".join(line.stages[stage]) or None for stage in stages},
        "registered": line.registered,
        "active": line.active,
    }


def artifact(state: ArtifactState, enriched: Enriched) -> Published:
    """Return an artifact as the hidden `gto print-state` prints it."""
    return {
        "artifact": state.name,
        "versions": [
            {
                "artifact": state.name,
                "commit_hexsha": one.commit,
                "version": one.name,
                "enrichments": enriched.of(state.name, one),
                "registrations": [_event(event, one.name, named=False) for event in one.registrations],
                "deregistrations": [_event(event, one.name, named=False) for event in one.deregistrations],
                "stages": {s.stage: _stage_events(state.name, s, named=False) for s in one.stages},
            }
            for one in state.versions
        ],
        "creations": [],
        "deprecations": [_event(event, None, named=False) for event in state.deprecations],
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


class PublishedStage(NamedTuple):
    """A stage that a version is in, as callers of `gto.api` get it."""

    artifact: str
    version: str
    stage: str
    commit_hexsha: str
    is_active: bool
    created_at: datetime
    author: str
    author_email: str
    message: str
    ref: str


class PublishedVersion(NamedTuple):
    """A version, as callers of `gto.api` get it."""

    artifact: str
    version: str
    commit_hexsha: str
    is_active: bool
    is_registered: bool
    created_at: datetime | None
    author: str
    author_email: str
    message: str
    ref: str
    stages: tuple[PublishedStage, ...]


def published_stage(name: str, state: StageState) -> PublishedStage:
    """Return a stage of a version in its published form."""
    source = state.author
    return PublishedStage(
        name,
        state.version,
        state.stage,
        state.commit,
        state.is_active,
        source.created_at,
        source.author,
        source.author_email,
        source.message,
        source.ref,
    )


def published_version(name: str, row_: VersionRow, commits: Mapping[str, Commit]) -> PublishedVersion:
    """Return a version in its published form."""
    state = row_.version
    source = origin(state, commits)
    return PublishedVersion(
        name,
        state.name,
        state.commit,
        state.is_active,
        state.is_registered,
        source.created_at if source else None,
        source.author if source else "",
        source.author_email if source else "",
        source.message if source else "",
        source.ref if source else state.commit,
        tuple(published_stage(name, stage) for stage in row_.stages),
    )
