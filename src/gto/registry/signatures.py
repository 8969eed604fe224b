"""What the signatures of the events are worth that a reader meets, and whose keys count."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from gto.core.event import Event, Problem
from gto.exceptions import WrongArgs
from gto.registry import remote_check
from gto.signing.tag_signatures import SignedTag, Trusted, read_trusted, verify_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gto.core.approval import Approval
    from gto.core.snapshot import ArtifactState
    from gto.core.tag_signature import Signature
    from gto.core.view import VersionRow
    from gto.output.published import PublishedEvent
    from gto.registry.registry import Registry


def whom_to_trust(registry: Registry, allowed_signers: bytes | None = None) -> Trusted:
    """Return whose keys count: those that the caller names, else the policy's, else those of git's configuration."""
    if allowed_signers is None and registry.repo.is_own and remote_check.may_have_policy(registry):
        from gto.registry.policy import check, sources  # only where a policy may be

        with suppress(WrongArgs):  # the default branch is not known: what is checked out does not vouch for itself
            return sources.trusted(registry, check.own_source(registry))
    return read_trusted(registry.git, allowed_signers, own=registry.repo.is_own)


def as_signed(item: Event | Approval) -> SignedTag:
    """Return what of an event or an approval its signature is about."""
    return SignedTag(item.ref, item.oid, item.body, item.commit, item.time)


class Signatures:
    """The signatures of a registry's events, each checked once; with `required` a reader meets no others than good."""

    def __init__(self, registry: Registry, trusted: Trusted, *, required: bool = False) -> None:
        self._registry = registry
        self._trusted = trusted
        self._required = required
        self._known: dict[str, Signature] = {}
        self._events: dict[str, Event] = {}
        self.left_out: dict[str, Signature] = {}
        """The events that a reader does not meet, by tag."""
        registry.sifts = (*registry.sifts, self._sift)

    def _sift(self, items: Iterable[Event | Problem]) -> list[Event | Problem]:
        """Remember the events that are read, and let those through that the reader may meet."""
        read = list(items)
        events = [item for item in read if isinstance(item, Event)]
        if self._required:
            judged = zip(events, self._of(events), strict=True)
            self.left_out |= {event.ref: one for event, one in judged if not one.is_good}
        self._events |= {event.ref: event for event in events if event.ref not in self.left_out}
        return [item for item in read if not isinstance(item, Event) or item.ref not in self.left_out]

    def _of(self, events: Sequence[Event]) -> list[Signature]:
        new = [as_signed(event) for event in events if event.oid not in self._known]
        if new:
            self._known |= verify_tags(self._registry.git, new, self._trusted)
        return [self._known[event.oid] for event in events]

    def on(self, events: Sequence[PublishedEvent]) -> list[PublishedEvent]:
        """Return events that were read, with their signatures."""
        found = self._of([self._events[event.ref] for event in events])
        return [event._replace(signature=one) for event, one in zip(events, found, strict=True)]

    def under_versions(self, rows: Iterable[VersionRow]) -> list[Signature | None]:
        """Return for each row the signature that speaks for the events that it rests on; None where there is no event.

        One that is not good speaks for all.
        """
        under = [under_version(row) for row in rows]
        self._of([event for events in under for event in events])  # all at once
        return [self._speaker(events) for events in under]

    def under_artifacts(self, until: int | None = None) -> dict[str, Signature | None]:
        """Return as much for each artifact as the overview shows it; with `until`, as it was at that second."""
        states = self._registry.snapshot(until).artifacts
        under = {name: under_artifact(state) for name, state in states.items()}
        self._of([event for events in under.values() for event in events])  # all at once
        return {name: self._speaker(events) for name, events in under.items()}

    def _speaker(self, events: Sequence[Event]) -> Signature | None:
        return speaker(list(zip(events, self._of(events), strict=True)))


def speaker(pairs: Sequence[tuple[Event, Signature]]) -> Signature | None:
    """Return the signature that speaks for all of these events: the first that is not good, if one is not."""
    if not pairs:
        return None
    event, found = next((pair for pair in pairs if not pair[1].is_good), pairs[0])
    return found if found.is_good else found._replace(reason=f"'{event.ref}': {found.reason}")


def under_version(row: VersionRow) -> list[Event]:
    """Return the events that made a version, and put it into the stages that are shown."""
    version = row.version
    made = [*version.registrations[:1], *version.registrations[1:][-1:], *version.deregistrations[-1:]]
    return [*made, *(event for state in row.stages for event in state.assignments[-1:])]


def under_artifact(state: ArtifactState) -> list[Event]:
    """Return the events that made the highest version, filled the stages, and deprecated the artifact."""
    made = [*state.latest.registrations[:1], *state.latest.registrations[1:][-1:]] if state.latest else []
    held = [event for stage in state.standing for event in stage.assignments[-1:]]
    return [*made, *held, *(state.deprecations[-1:] if not state.is_active else ())]
