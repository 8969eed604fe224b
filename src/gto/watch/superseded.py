"""Which events are still to be delivered, dead letters among them, and which were overtaken by later ones."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from gto.core import tag_signature
from gto.core.event import Event
from gto.core.snapshot import ArtifactState, Snapshot
from gto.core.tag import Kind
from gto.git.objects import read_objects
from gto.registry.registry import Registry
from gto.watch.journal import HandledTag, Mark


class Letters(NamedTuple):
    """Dead letters, sorted."""

    events: list[Event]
    """To be delivered, in their order."""
    over: list[HandledTag]
    """To be passed over for good; the reason says why."""
    notes: list[str]


def still_to_deliver(dead: Iterable[HandledTag], found: Snapshot, there: Mapping[str, str]) -> Letters:
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


def stale(registry: Registry, found: Snapshot, anew: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return why events under names that were handled before, given with the ids of those objects, are not new.

    Who may push tags but has no key can wrap a signature anew, or push an older tag that somebody signed: what was
    signed decides, and an event that others overtook changes nothing any more.
    """
    if not anew:
        return {}
    oids = dict.fromkeys(oid for before in anew.values() for oid in before)
    read = zip(oids, read_objects(registry.repo.git, list(oids)), strict=True)
    told = {oid: tag_signature.cut(one.body).payload for oid, one in read if one is not None and one.body is not None}
    events = (event for state in found.artifacts.values() for event in state.events if event.ref in anew)
    reasons: dict[str, str] = {}
    for event in events:
        if tag_signature.cut(event.body).payload in {told.get(oid) for oid in anew[event.ref]}:
            reasons[event.ref] = "it was handled before, and only its signature is another"
        elif reason := overtaken(found.artifact(event.artifact), event):
            reasons[event.ref] = reason
    return reasons


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
