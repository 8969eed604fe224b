"""Events in words: who did what to which version, and when."""

from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from gto.core import semver, tag, wording
from gto.core.event import Event
from gto.core.snapshot import ArtifactState
from gto.core.tag import Kind
from gto.core.transitions import Transition, steps
from gto.output.published import Published
from gto.studio.index.verdicts import EventVerdict, Verdicts
from gto.studio.words import short

_NONE: Verdicts = MappingProxyType({})


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
    created_at: datetime
    """The same moment, in the author's zone."""
    event: str
    """The kind, as `gto history --json` names it."""
    ref: str
    commit: str
    message: str
    proof: EventVerdict | None = None
    """What its signature is worth, and why the policy refuses it; None where it was not judged yet."""

    @property
    def short(self) -> str:
        """The version, a hash cut short."""
        return short(self.version)

    @property
    def said(self) -> str:
        """The message, where a person wrote one: what gto writes without one says nothing new."""
        name = tag.find(self.ref)
        usual = {wording.default_message(name, version) for version in (self.version, self.commit)} if name else set()
        return "" if self.message in usual else self.message

    @property
    def sentence(self) -> str:
        """What happened, in words."""
        if self.verb == "rolled back":
            return f"rolled {self.stage} back to {self.short}"
        if self.stage:
            return f"{self.verb} {self.stage} {'to' if self.verb == VERBS[Kind.ASSIGNMENT] else 'from'} {self.short}"
        return f"{self.verb} {self.short}".strip()

    def as_dict(self) -> Published:
        """Return it with the keys of `gto history --json`, as far as they are known here, and what it replaced."""
        return {
            "timestamp": self.created_at,
            "artifact": self.artifact,
            "event": self.event,
            "version": self.version or None,
            "stage": self.stage or None,
            "commit": self.commit,
            "author": self.author,
            "author_email": self.author_email,
            "message": self.message,
            "ref": self.ref,
            "before": self.before or None,
            "signature": self.proof and self.proof.as_dict(),
            "refusal": self.proof and self.proof.refusal,
            "was_fine": self.proof and self.proof.was_fine,
        }


VERBS = {
    Kind.CREATION: "created",
    Kind.DEPRECATION: "deprecated",
    Kind.REGISTRATION: "registered",
    Kind.DEREGISTRATION: "deregistered",
    Kind.ASSIGNMENT: "assigned",
    Kind.UNASSIGNMENT: "unassigned",
}
"""What happened, in the past tense."""


def history_lines(state: ArtifactState, verdicts: Verdicts = _NONE, most: int | None = None) -> list[HistoryLine]:
    """Return the events of an artifact, the newest first, with what is said of each; `most` bounds how many."""
    found = steps(state, most)
    return [line_of(one, found[one.ref], verdicts.get(one.ref)) for one in islice(reversed(state.events), most)]


def line_of(one: Event, step: Transition, proof: EventVerdict | None) -> HistoryLine:
    """Return what is said of an event."""
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
        one.created_at,
        one.kind.noun,
        one.ref,
        one.commit,
        one.message,
        proof,
    )


def _is_lower(version: str, before: str) -> bool:
    here, there = semver.parse(version), semver.parse(before)
    return here is not None and there is not None and here.key < there.key
