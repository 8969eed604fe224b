"""What is wrong with the events of a registry, by themselves and beside each other."""

from collections.abc import Collection, Iterable, Iterator

from gto.core.event import Event, Problem, looks_old, moment
from gto.core.snapshot import Snapshot
from gto.exceptions import duration

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
