"""The questions that shells ask of a snapshot: who stands where, which versions, what happened when."""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from operator import itemgetter
from typing import NamedTuple, Protocol, TypeVar

from gto.core import semver
from gto.core.event import Event, SortKey
from gto.core.snapshot import ArtifactState, StageState, VersionState
from gto.exceptions import UsageError


class Sort(Enum):
    """What decides which version a stage shows first."""

    TIMESTAMP = "timestamp"
    SEMVER = "semver"


def parse_sort(sort: str | Enum) -> Sort:
    """Read a word, or a member of an enumeration that stands for one."""
    word = str(getattr(sort, "value", sort))
    try:
        return Sort(word.lower())
    except ValueError:
        raise UsageError(f"Cannot sort by '{word}'", f"one of {', '.join(s.value for s in Sort)}") from None


class Choice(NamedTuple):
    """What a reader wants to see; the defaults are those of `gto show`."""

    registered_only: bool = False
    deprecated: bool = False
    assignments_per_version: int = -1
    versions_per_stage: int = 1
    sort: Sort = Sort.TIMESTAMP


class _InStage(Protocol):
    @property
    def version(self) -> str: ...
    @property
    def stage(self) -> str: ...


InStage = TypeVar("InStage", bound=_InStage)


class Holding(NamedTuple):
    """One stage that one active version is in."""

    version: str
    stage: str


class Standing(NamedTuple):
    """All that the overview needs of one artifact, whatever its options."""

    name: str
    latest: str | None
    latest_commit: str | None
    active: bool
    rank: tuple[int, int, str]
    """The place among the artifacts, in the order in which GTO 1.x lists them in JSON."""
    holdings: tuple[Holding, ...]
    """The newest assignment first."""
    used: tuple[str, ...]
    """Every stage that an event names, sorted."""
    problems: int
    """How many tags of this artifact were set aside."""


class Row(NamedTuple):
    """One artifact as the overview shows it."""

    name: str
    latest: str | None
    stages: dict[str, tuple[str, ...]]
    registered: bool
    active: bool


def standing(artifact: ArtifactState, problems: int = 0) -> Standing:
    """Sum an artifact up; `problems` counts the tags set aside before folding."""
    latest = artifact.latest
    return Standing(
        name=artifact.name,
        latest=latest.name if latest else None,
        latest_commit=latest.commit if latest else None,
        active=artifact.is_active,
        rank=artifact.rank,
        holdings=tuple(Holding(stage.version, stage.stage) for stage in artifact.standing),
        used=tuple(sorted({stage.stage for version in artifact.versions for stage in version.stages})),
        problems=problems + len(artifact.problems),
    )


def by_stage(states: Sequence[InStage], choice: Choice) -> dict[str, list[InStage]]:
    """Group what is in stages, given newest first, by stage: per version the last N, then per stage the first M."""
    for name in ("assignments_per_version", "versions_per_stage"):
        if getattr(choice, name) < -1:
            raise UsageError(f"'{name}' must be >= -1", "-1 shows all")
    chosen = [state for state in states if not choice.registered_only or semver.parse(state.version)]
    if choice.assignments_per_version >= 0:
        chosen = list(_first_of_each(chosen, choice.assignments_per_version))
    if choice.sort is Sort.SEMVER:
        # Of one version the oldest assignment first, as GTO 1.x has it.
        oldest_first = chosen[::-1]
        chosen = sorted(oldest_first, key=lambda state: version_key(state.version), reverse=True)
    groups: dict[str, list[InStage]] = {}
    for state in chosen:
        group = groups.setdefault(state.stage, [])
        if choice.versions_per_stage < 0 or len(group) < choice.versions_per_stage:
            group.append(state)
    return groups


def _first_of_each(states: Iterable[InStage], count: int) -> Iterator[InStage]:
    seen: dict[str, int] = {}
    for state in states:
        seen[state.version] = seen.get(state.version, 0) + 1
        if seen[state.version] <= count:
            yield state


def version_key(name: str) -> tuple[bool, semver.Key | None, str]:
    """Return a key that sorts SemVer above hashes, each in their own order."""
    parsed = semver.parse(name)
    return (parsed is not None, parsed.key if parsed else None, "" if parsed else name)


def overview(standings: Iterable[Standing], columns: Sequence[str], choice: Choice) -> list[Row]:
    """Return a row for each artifact that is active, or deprecated and wanted, in the order of their ranks."""
    rows = []
    for one in sorted(standings, key=lambda standing: standing.rank):
        if one.active or choice.deprecated:
            groups = by_stage(one.holdings, choice)
            stages = {stage: tuple(h.version for h in groups.get(stage, ())) for stage in columns}
            rows.append(Row(one.name, one.latest, stages, registered=True, active=one.active))
    return rows


def stages_in_use(standings: Iterable[Standing]) -> list[str]:
    """Return the stages that some active version is in, sorted."""
    return sorted({holding.stage for one in standings for holding in one.holdings})


def stages_ever_used(standings: Iterable[Standing]) -> list[str]:
    """Return the stages that some event names, sorted."""
    return sorted({stage for one in standings for stage in one.used})


class VersionRow(NamedTuple):
    """One version as `gto show NAME` lists it, with those of its stages that the options leave."""

    version: VersionState
    stages: tuple[StageState, ...]


def versions(artifact: ArtifactState, choice: Choice) -> list[VersionRow]:
    """Return the versions, the highest first; none of a deprecated artifact unless it is wanted."""
    if artifact.newest is not None and not artifact.is_active and not choice.deprecated:
        return []
    shown = [v for v in artifact.versions if v.is_active or choice.deprecated]
    shown.sort(key=lambda one: (True, one.semver.key, "") if one.semver else (False, None, one.name), reverse=True)
    left: dict[tuple[str, str], list[StageState]] = {}
    for group in by_stage(artifact.standing, choice).values():
        for state in group:
            left.setdefault((state.version, state.commit), []).append(state)
    return [VersionRow(v, tuple(left.get((v.name, v.commit), ()))) for v in shown]


class JournalLine(NamedTuple):
    """An event and, where it has one, the version that it concerns."""

    event: Event
    version: str | None


def journal(artifact: ArtifactState) -> list[JournalLine]:
    """Return the events of one artifact, oldest first."""
    lines = [JournalLine(event, None) for event in artifact.deprecations]
    lines += [JournalLine(event, version.name) for version in artifact.versions for event in version.events]
    return sorted(lines, key=lambda line: line.event.key)


def merge_journals(journals: Iterable[list[JournalLine]], *, ascending: bool) -> list[JournalLine]:
    """Return the events of several artifacts in one order: by time, and those of one second as GTO 1.x lists them.

    That is by kind, then as the artifacts are given; but those of one artifact stay in the order in which they count.
    """
    keyed: list[tuple[tuple[int, int, int], JournalLine]] = []
    for place, lines in enumerate(journals):
        second, kind = -1, 0
        for line in lines:
            kind = max(kind, line.event.kind) if line.event.time == second else line.event.kind
            second = line.event.time
            keyed.append(((second, kind, place), line))
    keyed.sort(key=itemgetter(0))
    merged = [line for _, line in keyed]
    return merged if ascending else merged[::-1]


def previous_holder(artifact: ArtifactState, holder: StageState) -> StageState | None:
    """Return the version that was in the stage before `holder` came, if it still counts.

    Where nobody was in it at that moment, the one that had left it last is meant.
    """
    came = holder.assignments[-1].key
    past: list[tuple[bool, SortKey, StageState]] = []
    for version in artifact.versions:
        state = version.stage(holder.stage)
        if state is None or state is holder or not version.is_active:
            continue
        on = [event for event in state.assignments if event.key < came]
        if on:
            left = any(on[-1].key < event.key < came for event in state.unassignments)
            past.append((not left, on[-1].key, state))
    return max(past, key=lambda found: found[:2])[2] if past else None
