"""The registry as its events made it: `fold(events) -> Snapshot`, whatever order the events come in."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

from gto.core import semver
from gto.core.event import Event, Problem, SortKey
from gto.core.replay import Draft, Replay
from gto.core.semver import SemVer
from gto.core.tag import Kind

_key = attrgetter("key")
_new = tuple.__new__  # makes a named tuple without the call of its own constructor


class StageState(NamedTuple):
    """One stage of one version: what put it there, what took it away, oldest first."""

    stage: str
    version: str
    commit: str
    assignments: tuple[Event, ...]
    unassignments: tuple[Event, ...]

    @property
    def newest(self) -> Event:
        """The newest of its events."""
        return max(self.assignments[-1:] + self.unassignments[-1:], key=_key)

    @property
    def is_active(self) -> bool:
        """Whether the version is in the stage."""
        if not self.assignments:
            return False
        return not self.unassignments or self.assignments[-1].key > self.unassignments[-1].key

    @property
    def author(self) -> Event:
        """The newest assignment; the newest event where nothing but an unassignment is left."""
        return self.assignments[-1] if self.assignments else self.unassignments[-1]


class VersionState(NamedTuple):
    """One version of an artifact; a commit that has stages but no registration is one too, named by its hash."""

    name: str
    commit: str
    semver: SemVer | None
    registrations: tuple[Event, ...] = ()
    deregistrations: tuple[Event, ...] = ()
    stages: tuple[StageState, ...] = ()

    @property
    def is_registered(self) -> bool:
        """Whether a registration names it, undone or not."""
        return bool(self.registrations)

    @property
    def is_active(self) -> bool:
        """Whether it counts: registered and not deregistered since, or a commit with stages."""
        if not self.registrations:
            return True
        return not self.deregistrations or self.registrations[-1].key > self.deregistrations[-1].key

    @property
    def events(self) -> tuple[Event, ...]:
        """All events of the version and its stages, oldest first."""
        stages = [event for stage in self.stages for event in stage.assignments + stage.unassignments]
        return tuple(sorted((*self.registrations, *self.deregistrations, *stages), key=_key))

    @property
    def origin(self) -> Event:
        """The newest registration; of a commit without one the first event."""
        return self.registrations[-1] if self.registrations else self.events[0]

    def stage(self, name: str) -> StageState | None:
        """Return the state of a stage that this version was ever in."""
        return next((stage for stage in self.stages if stage.stage == name), None)


class ArtifactState(NamedTuple):
    """One artifact: its versions in no order, its deprecations, and the tags that were set aside."""

    name: str
    versions: tuple[VersionState, ...] = ()
    deprecations: tuple[Event, ...] = ()
    problems: tuple[Problem, ...] = ()
    newest: Event | None = None
    """The newest of the events that count."""
    rank: tuple[int, int, str] = (0, 0, "")
    """The place among the artifacts, in the order in which GTO 1.x lists them in JSON."""
    last: SortKey | None = None
    """The key of the newest event, one that was set aside too: what is new must sort behind it."""

    @property
    def is_active(self) -> bool:
        """Whether it counts: some event, and the newest is no deprecation."""
        return self.newest is not None and self.newest.kind is not Kind.DEPRECATION

    @property
    def events(self) -> tuple[Event, ...]:
        """All events, oldest first."""
        return tuple(sorted((*self.deprecations, *(e for v in self.versions for e in v.events)), key=_key))

    @property
    def latest(self) -> VersionState | None:
        """The highest active registered version, in SemVer's order."""
        ranked = [(v.semver, v) for v in self.versions if v.semver is not None and v.is_active]
        return max(ranked, key=lambda pair: pair[0].key)[1] if ranked else None

    @property
    def standing(self) -> tuple[StageState, ...]:
        """The stages that active versions are in, the newest assignment first."""
        active = [s for v in self.versions if v.stages and v.is_active for s in v.stages if s.is_active]
        return tuple(sorted(active, key=lambda stage: stage.assignments[-1].key, reverse=True))

    def holder(self, stage: str) -> StageState | None:
        """Return the stage as its present version holds it, or None where no active version is in it."""
        return next((state for state in self.standing if state.stage == stage), None)

    def version(self, name: str) -> VersionState | None:
        """Return a version by its name: a SemVer, or for a version without registration the whole commit hash."""
        return next((version for version in self.versions if version.name == name), None)

    def at_commit(self, commit: str) -> tuple[VersionState, ...]:
        """Return the registered versions of a commit; the first is the one that a new stage event would count for."""
        found = [v for v in self.versions if v.commit == commit and v.is_registered]
        return tuple(sorted(found, key=lambda v: (v.is_active, v.registrations[-1].key), reverse=True))


class Snapshot(NamedTuple):
    """All artifacts that have events, by name, and the tags that were set aside."""

    artifacts: Mapping[str, ArtifactState]
    problems: tuple[Problem, ...] = ()

    def artifact(self, name: str) -> ArtifactState:
        """Return an artifact; one without events is empty."""
        return self.artifacts.get(name) or ArtifactState(name)


def fold(read: Iterable[Event | Problem]) -> Snapshot:
    """Make the registry of what was read from tags."""
    groups: dict[str, list[Event]] = defaultdict(list)
    problems = []
    for item in read:
        if isinstance(item, Event):
            groups[item.artifact].append(item)
        else:
            problems.append(item)
    artifacts = {name: fold_artifact(name, events) for name, events in sorted(groups.items())}
    found = (*problems, *(p for state in artifacts.values() for p in state.problems))
    return Snapshot(MappingProxyType(artifacts), tuple(sorted(found, key=attrgetter("subject", "code"))))


def fold_artifact(name: str, events: Iterable[Event]) -> ArtifactState:
    """Make one artifact of its own events."""
    ordered = sorted(events, key=_key)
    replay = Replay()
    problems = replay.add_all(ordered)
    drafts = list(replay.versions())
    if any(not draft.registrations for draft in drafts):  # commits without a version come last
        drafts.sort(key=lambda draft: not draft.registrations)
    problems.extend(crowded(name, group) for group in replay.crowds())
    last = ordered[-1].key if ordered else None
    versions = tuple([_freeze(draft) for draft in drafts])
    rank = _rank(name, replay)
    return ArtifactState(name, versions, tuple(replay.deprecations), tuple(problems), replay.newest, rank, last)


def _freeze(draft: Draft) -> VersionState:
    name, commit, on, off = draft.name, draft.commit, draft.registrations, draft.deregistrations
    stages = [_new(StageState, (s, name, commit, tuple(a), tuple(z))) for s, (a, z) in draft.stages.items()]
    return VersionState(name, commit, semver.parse(name) if on else None, tuple(on), tuple(off), tuple(stages))


def _rank(name: str, replay: Replay) -> tuple[int, int, str]:
    """Return the artifact's place: GTO 1.x reads deprecations first, then versions, then stages, each by time."""
    found = replay.rank
    return (found[0], found[1].time, found[1].ref) if found else (3, 0, name)


def crowded(name: str, versions: Sequence[Draft]) -> Problem:
    """Return the problem that several versions on one commit are."""
    commit = versions[0].commit
    refs = ", ".join(f"'{event.ref}'" for draft in versions for event in draft.registrations)
    reason = f"commit {commit[:7]} carries {len(versions)} versions of '{name}': {refs}"
    hint = "GTO 1.10 fails on the whole repository: keep one, delete the tags of the others"
    return Problem("two-versions", versions[-1].registrations[0].ref, reason, hint, name)
