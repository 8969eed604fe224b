"""Which dead letters are still to be delivered, and which were overtaken by later events."""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import NamedTuple

from gto.ci.watch.held import Held, Mark
from gto.core.event import Event
from gto.core.snapshot import ArtifactState, Snapshot
from gto.core.tag import Kind


class Letters(NamedTuple):
    """Dead letters, sorted."""

    events: list[Event]
    """To be delivered, in their order."""
    over: list[Held]
    """To be passed over for good; the reason says why."""
    notes: list[str]


def still_to_deliver(dead: Iterable[Held], found: Snapshot, there: Mapping[str, str]) -> Letters:
    """Sort dead letters; one whose tag is not there, which may be so for a while, stays one."""
    left = Letters([], [], [])
    events = {(one.ref, one.oid): one for state in found.artifacts.values() for one in state.events}
    for letter in dead:
        event = events.get((letter.ref, letter.oid))
        reason = event and overtaken(found.artifact(event.artifact), event)
        if there.get(letter.ref, letter.oid) != letter.oid:
            reason = "its tag was made anew"
        if letter.ref not in there:
            left.notes.append(f"'{letter.ref}' is not there, and stays a dead letter")
        elif reason:
            left.over.append(letter._replace(mark=Mark.DONE, reason=reason))
            left.notes.append(f"'{letter.ref}' is passed over: {reason}")
        elif event is not None:
            left.events.append(event)
    left.events.sort(key=attrgetter("key"))
    return left


def overtaken(state: ArtifactState, event: Event) -> str:
    """Return why an event is not to be acted on any more; empty where it still holds.

    To act on an old event after a newer one would put back what the newer one changed.
    """
    match event.kind:
        case Kind.ASSIGNMENT | Kind.UNASSIGNMENT:
            return _stage(state, event)
        case Kind.REGISTRATION | Kind.DEREGISTRATION:
            version = state.version(event.tag.version or "")
            is_active = version is not None and version.is_active
            if is_active is (event.kind is Kind.REGISTRATION):
                return ""
            return f"version '{event.tag.version}' is {'registered' if is_active else 'deregistered'} by now"
        case _:
            return f"artifact '{event.artifact}' is not deprecated by now" if state.is_active else ""


def _stage(state: ArtifactState, event: Event) -> str:
    stage = event.tag.stage or ""
    holder = state.holder(stage)
    if holder is None:
        return f"no version is in stage '{stage}' by now" if event.kind is Kind.ASSIGNMENT else ""
    changed = holder.commit != event.commit if event.kind is Kind.ASSIGNMENT else holder.assignments[-1].key > event.key
    return f"version '{holder.version}' is in stage '{stage}' by now" if changed else ""
