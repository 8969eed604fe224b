"""What is wrong with the events of a registry: by themselves, beside each other, beside those of a remote."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from gto.core import beside, names, tag
from gto.core.event import Event, Problem, looks_old, moment
from gto.core.snapshot import Snapshot
from gto.exceptions import duration
from gto.git.commit import read_reach
from gto.registry.registry import Registry

SKEW = 86400
"""Seconds by which the clock of another machine may be ahead before its events are said to be of the future."""


def old_stages(events: Iterable[Event]) -> Iterator[Problem]:
    """Yield the stages that look like those of GTO 0.x."""
    for event in events:
        old = looks_old(event.ref) if event.kind.of_stage and event.tag.counter is None else None
        if old is not None:
            artifact, stage = old
            reason = f"GTO 0.x meant stage '{stage}' of '{artifact}'; GTO 1.x reads stage '{event.tag.stage}'"
            hint = "if it is of GTO 0.x: assign the stage again with gto, then delete this tag"
            yield Problem("tag-of-gto-0", event.ref, reason, hint, event.artifact)


def bad_zones(events: Iterable[Event]) -> Iterator[Problem]:
    """Yield the events whose time is in no zone."""
    for event in events:
        if event.has_bad_zone:
            reason = "the zone of the tag's time is none: the time is shown in UTC"
            hint = "GTO 1.10 fails on the whole repository: make the tag again with gto, or delete it"
            yield Problem("tag-bad-zone", event.ref, reason, hint, event.artifact)


def of_the_future(events: Iterable[Event], now: float) -> Iterator[Problem]:
    """Yield the events that are more than a day ahead of `now`, in seconds since 1970."""
    for event in events:
        ahead = event.time - now
        if ahead > SKEW:
            reason = f"it is of {moment(event.time).isoformat()}, {duration(ahead)} ahead of the clock here"
            hint = (
                f"correct the clock that is wrong; until that time '{event.artifact}' takes new events only by --force"
            )
            yield Problem("time-in-future", event.ref, reason, hint, event.artifact)


def clashes(snapshot: Snapshot) -> Iterator[Problem]:
    """Yield the artifacts whose names differ in case alone."""
    by_fold: dict[str, list[str]] = {}
    for name in snapshot.artifacts:
        by_fold.setdefault(name.casefold(), []).append(name)
    for group in by_fold.values():
        if len(group) > 1:
            reason = f"{', '.join(repr(name) for name in group)} differ only in upper and lower case"
            hint = "file systems that fold case cannot hold the tags of both: rename one"
            yield Problem("names-clash", group[0], reason, hint, group[0])


def outside(snapshot: Snapshot, allowed: Collection[str] | None) -> Iterator[Problem]:
    """Yield the artifacts in stages that the configuration does not allow."""
    if allowed is None:
        return
    for name, artifact in snapshot.artifacts.items():
        for stage in sorted({state.stage for state in artifact.standing} - set(allowed)):
            reason = f"'{name}' is in stage '{stage}', which the configuration does not list"
            hint = f"add '{stage}' to `stages` in .gto, or `gto deprecate {name} VERSION {stage}`"
            yield Problem("stage-not-allowed", name, reason, hint, name)


def reserved(snapshot: Snapshot) -> list[str]:
    """Return a note for each stage in use that clients of other tools cannot ask for by its name."""
    stages = {state.stage for artifact in snapshot.artifacts.values() for state in artifact.standing}
    return [names.note_reserved(stage) for stage in sorted(stages & names.RESERVED_STAGES)]


SHALLOW = "this clone is shallow: whether branches reach the versions' commits was not looked at"


def unreached(registry: Registry, snapshot: Snapshot) -> Iterator[Problem]:
    """Yield the active versions whose commit is missing, or reached by no branch."""
    head = registry.repo.rev
    versions = [
        (artifact.name, version)
        for artifact in snapshot.artifacts.values()
        for version in artifact.versions
        if version.is_registered and version.is_active
    ]
    if head is None or registry.repo.is_shallow or not versions:
        return
    reach = read_reach(registry.git, (version.commit for _, version in versions), head)
    for name, version in versions:
        ref, commit = version.registrations[-1].ref, version.commit
        if commit in reach.missing:
            reason = f"the commit of {version.name}, {commit[:7]}, is not in this repository"
            hint = f"`git fetch origin {commit}` may bring it; `gto deprecate {name} {version.name}` gives it up"
            yield Problem("commit-missing", ref, reason, hint, name)
        elif commit in reach.unreached:
            reason = f"no branch reaches the commit of {version.name}, {commit[:7]}: only tags keep it"
            hint = f"`git branch keep-{commit[:7]} {commit[:7]}` keeps it; push that branch too"
            yield Problem("version-unreached", ref, reason, hint, name)


class RemoteComparison(NamedTuple):
    """Tags that name other objects on the remote, and a note for each kind of tag that only one side has."""

    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def compare(here: Mapping[str, str], there: Mapping[str, str], remote: str) -> RemoteComparison:
    """Compare the tags named like events, and like those beside them; both map names to object ids."""
    mine = {ref: oid for ref, oid in here.items() if tag.find(ref) or beside.find(ref)}
    theirs = {ref: oid for ref, oid in there.items() if tag.find(ref) or beside.find(ref)}
    differ = [ref for ref in mine if ref in theirs and mine[ref] != theirs[ref]]
    notes = []
    if unsent := mine.keys() - theirs.keys():
        notes.append(f"{_count(unsent)} here not on '{remote}', '{min(unsent)}' for one")
    if unfetched := theirs.keys() - mine.keys():
        notes.append(f"{_count(unfetched)} on '{remote}' not here, '{min(unfetched)}' for one")
    return RemoteComparison(
        tuple(_differs(ref, mine[ref], theirs[ref], remote) for ref in sorted(differ)), tuple(notes)
    )


def _count(tags: "set[str]") -> str:
    return "1 event tag is" if len(tags) == 1 else f"{len(tags)} event tags are"


def _differs(ref: str, here: str, there: str, remote: str) -> Problem:
    reason = f"here it is object {here[:7]}, on '{remote}' {there[:7]}: somebody made it twice, or moved it"
    hint = f"find out which is right; `git fetch {remote} '+refs/tags/{ref}:refs/tags/{ref}'` takes the remote's"
    name = tag.find(ref) or beside.find(ref)
    return Problem("tag-differs", ref, reason, hint, name.artifact if name else "")
