"""Events in words: who did what to which version, and when."""

from typing import NamedTuple

from gto.core import semver
from gto.core.event import Event
from gto.core.snapshot import ArtifactState
from gto.core.tag import Kind
from gto.core.transitions import Transition, steps


class HistoryLine(NamedTuple):
    """One event, as a page tells it."""

    verb: str
    """One of the words of VERBS, or `rolled back`."""
    artifact: str
    version: str
    stage: str
    before: str
    """The version in whose place it came; empty for none."""
    author: str
    author_email: str
    time: int
    ref: str
    commit: str
    message: str

    @property
    def short(self) -> str:
        """The version, a hash cut short."""
        return self.version if semver.parse(self.version) else self.version[:7]


VERBS = {
    Kind.CREATION: "created",
    Kind.DEPRECATION: "deprecated",
    Kind.REGISTRATION: "registered",
    Kind.DEREGISTRATION: "deregistered",
    Kind.ASSIGNMENT: "assigned",
    Kind.UNASSIGNMENT: "unassigned",
}
"""What happened, in the past tense."""


def history_lines(state: ArtifactState) -> list[HistoryLine]:
    """Return the events of an artifact, the newest first."""
    found = steps(state)
    return [_line(one, found[one.ref]) for one in reversed(state.events)]


def _line(one: Event, step: Transition) -> HistoryLine:
    version = one.tag.version or step.version
    is_back = one.kind is Kind.ASSIGNMENT and _is_lower(version, step.before)
    return HistoryLine(
        "rolled back" if is_back else VERBS[one.kind],
        one.artifact,
        version,
        one.tag.stage or "",
        step.before,
        one.author,
        one.author_email,
        one.time,
        one.ref,
        one.commit,
        one.message,
    )


def _is_lower(version: str, before: str) -> bool:
    here, there = semver.parse(version), semver.parse(before)
    return here is not None and there is not None and here.key < there.key
