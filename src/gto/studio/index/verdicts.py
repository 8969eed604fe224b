"""What keys and the policy say of events, as the last synchronisation judged them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from gto.core.event import Event
from gto.core.tag_signature import Signature, Trust
from gto.output import published
from gto.output.published import Published
from gto.registry.signatures import speaker
from gto.studio.index.schema import event


class EventVerdict(NamedTuple):
    """What an event's signature is worth, and why the policy refuses it."""

    verdict: str
    """A value of Trust."""
    signer: str
    key: str
    reason: str
    refusal: str | None = None
    """None where the policy lets it through, or there is none."""
    was_fine: bool | None = None
    """Whether the policy of its time let it through, or there was none yet; None where it is not refused."""

    @property
    def is_good(self) -> bool:
        """Whether the signature proves who made the tag."""
        return self.verdict == Trust.GOOD.value

    @property
    def is_against(self) -> bool:
        """Whether it is against the policy, and was so when it was written."""
        return self.refusal is not None and not self.was_fine

    @property
    def signature(self) -> Signature:
        """The signature, as the registry has it."""
        return Signature(Trust(self.verdict), self.signer, self.key, self.reason)

    def as_dict(self) -> Published:
        """Return what `gto verify --json` says of the signature."""
        return published.signature(self.signature)


Verdicts = Mapping[str, EventVerdict]
"""By tag; what was not judged yet is missing."""


VERDICT = [event.c[name] for name in EventVerdict._fields]
"""What verdict_of() makes a verdict of."""


def verdict_of(columns: Sequence[Any]) -> EventVerdict | None:
    """Return what is said of an event; None where it was not judged yet."""
    return None if columns[0] is None else EventVerdict._make(columns)


def find_verdicts(connection: Connection, repository_id: int, artifact: str) -> dict[str, EventVerdict]:
    """Return what is said of the events of an artifact."""
    same = (event.c.repository_id == repository_id) & (event.c.artifact == artifact) & event.c.verdict.is_not(None)
    return {row[0]: EventVerdict(*row[1:]) for row in connection.execute(select(event.c.ref, *VERDICT).where(same))}


def speaks(events: Sequence[Event], verdicts: Verdicts) -> EventVerdict | None:
    """Return what speaks for all of these events; None where there is none, or one was not judged yet."""
    known = [(one, verdicts[one.ref].signature) for one in events if one.ref in verdicts]
    found = speaker(known) if len(known) == len(events) else None
    if found is None:
        return None
    refused = [one for event in events if (one := verdicts[event.ref]).refusal]
    worst = min(refused, key=lambda one: not one.is_against, default=None)
    refusal, was_fine = (worst.refusal, worst.was_fine) if worst else (None, None)
    return EventVerdict(found.trust.value, found.signer, found.key, found.reason, refusal, was_fine)
