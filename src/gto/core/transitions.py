"""What came after what: of each event of an artifact its version, and the one in whose place it came."""

from typing import NamedTuple

from gto.core.event import Event
from gto.core.indexed_replay import IndexedReplay
from gto.core.snapshot import ArtifactState
from gto.core.tag import Kind


class Transition(NamedTuple):
    """The versions that one event is about; empty texts where it is about none."""

    version: str = ""
    """The version, as later events name it too; the whole hash of a commit without one."""
    before: str = ""
    """Of an assignment the version that held the stage before, of a registration the latest version before."""


def steps(state: ArtifactState, most: int | None = None) -> dict[str, Transition]:
    """Return the step of each event of an artifact, by the name of its tag; the time grows as their number does.

    What was before an event is what fold() makes of the earlier events alone. `most` asks for the newest events alone.
    """
    events = state.events
    first = 0 if most is None else max(0, len(events) - most)
    past = IndexedReplay()
    past.begin(events[:first])
    found = [(event.ref, _before(past, event), past.add(event)) for event in events[first:]]
    return {ref: Transition(version.name if version else "", before) for ref, before, version in found}


def _before(past: IndexedReplay, event: Event) -> str:
    match event.kind:
        case Kind.ASSIGNMENT:
            before = past.holder(event.tag.stage or "")
        case Kind.REGISTRATION:
            before = past.latest
        case _:
            return ""
    return before.name if before else ""
