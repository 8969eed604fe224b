"""A replay that knows after each event who is in which stage, and which version is the latest, in next to no time."""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from gto.core import semver
from gto.core.event import Event, SortKey
from gto.core.replay import Draft, Replay
from gto.core.tag import Kind

if TYPE_CHECKING:
    from gto.core.semver import Key


_WIDE = 100
"""Stages; with more a version stays in their lists when it stops to count, as going through them all takes its time."""


class IndexedReplay(Replay):
    """One artifact after the events so far; an event is added once misfit() has nothing against it."""

    __slots__ = ("_held", "_ranked")

    def __init__(self) -> None:
        super().__init__()
        self._held: dict[str, list[tuple[SortKey, Draft]]] = {}
        """Who is in a stage, by the newest assignment; of versions with many stages also those that do not count."""
        self._ranked: list[tuple[Key, str]] = []  # the active registered versions, in SemVer's order

    def begin(self, events: Iterable[Event]) -> None:
        """Add the first events, which are in order and count, all at once."""
        self.add_all(events)
        for draft in self.versions():
            parsed = semver.parse(draft.name) if draft.is_active and draft.registrations else None
            if parsed is not None:
                self._ranked.append((parsed.key, draft.name))
            for stage in draft.stages if draft.is_active or len(draft.stages) > _WIDE else ():
                on = draft.put_on(stage)
                if on is not None:
                    self._held.setdefault(stage, []).append((on.key, draft))
        self._ranked.sort()
        for there in self._held.values():
            there.sort(key=lambda pair: pair[0])

    def add(self, event: Event) -> Draft | None:
        """Add an event; return the version that it is about, None for a deprecation."""
        self.newest = event
        if event.kind.of_stage:
            draft = self.subject(event)
            self._leave(draft, event.tag.stage or "")
            draft = self._move(event)
            has_widened = len(draft.stages) == _WIDE + 1 and not draft.is_active
            self._enter_again(draft, draft.stages if has_widened else [event.tag.stage or ""])
            return draft
        if not event.kind.of_version:
            self.deprecations.append(event)
            return None
        draft = self.subject(event)
        was_active = draft is not None and draft.is_active
        was_latest = was_active and draft is not None and bool(draft.registrations)
        draft = self._turn(event)
        if draft.is_active != was_active and len(draft.stages) <= _WIDE:
            self._enter_again(draft, draft.stages)
        if draft.is_active != was_latest:
            self._rank(draft)
        return draft

    @property
    def is_deprecated(self) -> bool:
        """Whether the newest event deprecates the artifact."""
        return self.newest is not None and self.newest.kind is Kind.DEPRECATION

    @property
    def latest(self) -> Draft | None:
        """The highest active registered version, in SemVer's order."""
        return self.version(self._ranked[-1][1]) if self._ranked else None

    @property
    def stages(self) -> Collection[str]:
        """The stages that active versions may be in: holder() tells whether one is."""
        return self._held.keys()

    def holder(self, stage: str, but: Sequence[Draft | None] = ()) -> Draft | None:
        """Return the active version that was put into a stage last, some left out; None where there is none."""
        there = reversed(self._held.get(stage, ()))
        return next((draft for _, draft in there if draft.is_active and draft not in but), None)

    def holders(self, stage: str) -> list[Draft]:
        """Return the active versions in a stage, the newest assignment last."""
        return [draft for _, draft in self._held.get(stage, ()) if draft.is_active]

    def _enter_again(self, draft: Draft, stages: Iterable[str]) -> None:
        for stage in stages:
            self._leave(draft, stage)
            on = draft.put_on(stage)
            if on is not None and (draft.is_active or len(draft.stages) > _WIDE):
                insort(self._held.setdefault(stage, []), (on.key, draft))

    def _leave(self, draft: Draft | None, stage: str) -> None:
        """Take a version out of the list of a stage, where it is there."""
        on = draft.put_on(stage) if draft is not None else None
        there = self._held.get(stage)
        if on is None or there is None:
            return
        place = bisect_left(there, (on.key,))
        if place < len(there) and there[place][1] is draft:
            del there[place]
        if not there:
            del self._held[stage]

    def _rank(self, draft: Draft) -> None:
        parsed = semver.parse(draft.name)
        if parsed is None:
            return
        entry = (parsed.key, draft.name)
        if draft.is_active:
            insort(self._ranked, entry)
        else:
            del self._ranked[bisect_left(self._ranked, entry)]


def replay(events: Iterable[Event]) -> IndexedReplay:
    """Replay events that count, oldest first."""
    found = IndexedReplay()
    for event in events:
        found.add(event)
    return found
