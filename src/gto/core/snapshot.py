"""The registry as its events made it: `fold(events) -> Snapshot`, whatever order the events come in."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

from gto.core import semver
from gto.core.event import Event, Problem, SortKey
from gto.core.semver import SemVer
from gto.core.tag import Kind

_key = attrgetter("key")
_new = tuple.__new__  # makes a named tuple without the call of its own constructor
# Looked up once: the fold asks for each event, and an enumeration's members are slow to look up.
_DEPRECATION, _DEREGISTRATION = Kind.DEPRECATION, Kind.DEREGISTRATION
_ASSIGNMENT, _UNASSIGNMENT = Kind.ASSIGNMENT, Kind.UNASSIGNMENT


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


class _Draft:
    """A version while it is being folded."""

    __slots__ = ("commit", "deregistrations", "name", "registrations", "stages")

    def __init__(self, name: str, commit: str) -> None:
        self.name = name
        self.commit = commit
        self.registrations: list[Event] = []
        self.deregistrations: list[Event] = []
        self.stages: dict[str, tuple[list[Event], list[Event]]] = {}

    def is_active_at(self, key: SortKey) -> bool:
        on = max((e.key for e in self.registrations if e.key < key), default=None)
        return on is not None and not any(on < e.key < key for e in self.deregistrations)

    def freeze(self) -> VersionState:
        name, commit = self.name, self.commit
        stages = [_new(StageState, (s, name, commit, tuple(on), tuple(off))) for s, (on, off) in self.stages.items()]
        parsed = semver.parse(name) if self.registrations else None
        return VersionState(name, commit, parsed, tuple(self.registrations), tuple(self.deregistrations), tuple(stages))


def fold_artifact(name: str, events: Iterable[Event]) -> ArtifactState:
    """Make one artifact of its own events."""
    ordered = sorted(events, key=_key)
    problems: list[Problem] = []
    drafts: dict[str, _Draft] = {}
    deprecations: list[Event] = []
    versioned: list[Event] = []
    staged: list[Event] = []
    for event in ordered:
        kind = event.tag.kind
        if kind is _ASSIGNMENT or kind is _UNASSIGNMENT:
            staged.append(event)
        elif kind is _DEPRECATION:
            deprecations.append(event)
        elif (problem := _fold_version(event, drafts)) is not None:
            problems.append(problem)
        else:
            versioned.append(event)
    by_commit: dict[str, list[_Draft]] = {}
    for draft in drafts.values():
        by_commit.setdefault(draft.commit, []).append(draft)
    for event in staged:
        _fold_stage(event, by_commit)
    versions = tuple([draft.freeze() for group in by_commit.values() for draft in group])
    problems.extend(_crowded(name, by_commit))
    kinds = (deprecations, versioned, staged)
    newest = max((group[-1] for group in kinds if group), key=_key, default=None)
    last = ordered[-1].key if ordered else None
    return ArtifactState(name, versions, tuple(deprecations), tuple(problems), newest, _rank(name, kinds), last)


def _rank(name: str, kinds: Sequence[Sequence[Event]]) -> tuple[int, int, str]:
    """Return the artifact's place: GTO 1.x reads deprecations first, then versions, then stages, each by time."""
    for place, group in enumerate(kinds):
        if group:
            return place, group[0].time, group[0].ref
    return len(kinds), 0, name


def _fold_version(event: Event, drafts: dict[str, _Draft]) -> Problem | None:
    version = event.tag.version or ""
    draft = drafts.get(version)
    undo = event.tag.kind is _DEREGISTRATION
    if draft is None:
        if undo:
            reason = f"it deregisters {version}, which no earlier tag registers"
            return _misplaced("deregistration-without-version", event, reason)
        draft = drafts[version] = _Draft(version, event.commit)
    elif draft.commit != event.commit:
        reason = f"it is on commit {event.commit[:7]}, but {version} is registered on commit {draft.commit[:7]}"
        return _misplaced("deregistration-elsewhere" if undo else "version-moved", event, reason)
    (draft.deregistrations if undo else draft.registrations).append(event)
    return None


def _misplaced(code: str, event: Event, reason: str) -> Problem:
    return Problem(code, event.ref, reason, f"`git tag -d '{event.ref}'` if it is a mistake", event.artifact)


def _fold_stage(event: Event, by_commit: dict[str, list[_Draft]]) -> None:
    candidates = by_commit.get(event.commit)
    if candidates is None:
        candidates = by_commit[event.commit] = [_Draft(event.commit, event.commit)]
    stages = (candidates[0] if len(candidates) == 1 else _version_at(event, candidates)).stages
    stage = event.tag.stage or ""
    on_off = stages.get(stage)
    if on_off is None:
        on_off = stages[stage] = ([], [])
    on_off[event.tag.kind is _UNASSIGNMENT].append(event)


def _version_at(event: Event, candidates: list[_Draft]) -> _Draft:
    """Choose between versions of one commit: the newest active at that time, else the newest before, else the next."""
    before = [d for d in candidates if d.registrations[0].key < event.key]
    active = [d for d in before if d.is_active_at(event.key)]
    if before:
        return max(active or before, key=lambda d: max(e.key for e in d.registrations if e.key < event.key))
    return min(candidates, key=lambda d: d.registrations[0].key)


def _crowded(name: str, by_commit: Mapping[str, list[_Draft]]) -> Iterable[Problem]:
    for commit, group in by_commit.items():
        if len(group) > 1:
            refs = ", ".join(f"'{event.ref}'" for draft in group for event in draft.registrations)
            reason = f"commit {commit[:7]} carries {len(group)} versions of '{name}': {refs}"
            hint = "GTO 1.10 fails on the whole repository: keep one, delete the tags of the others"
            yield Problem("two-versions", group[-1].registrations[0].ref, reason, hint, name)
