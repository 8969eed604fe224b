"""The one replay of an artifact's events, oldest first: of what each is about, and what the events so far made."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from gto.core.event import Event, Problem
from gto.core.tag import Kind

_key = attrgetter("key")
# Looked up once: the replay asks for each event, and an enumeration's members are slow to look up.
_DEPRECATION, _REGISTRATION, _DEREGISTRATION = Kind.DEPRECATION, Kind.REGISTRATION, Kind.DEREGISTRATION
_ASSIGNMENT, _UNASSIGNMENT = Kind.ASSIGNMENT, Kind.UNASSIGNMENT


class Draft:
    """A version as the events so far made it; without a registration it is a commit that has stages."""

    __slots__ = ("commit", "deregistrations", "is_active", "name", "registrations", "stages")

    def __init__(self, name: str, commit: str) -> None:
        self.name = name
        self.commit = commit
        self.is_active = True
        self.registrations: list[Event] = []
        self.deregistrations: list[Event] = []
        self.stages: dict[str, tuple[list[Event], list[Event]]] = {}
        """Of each stage that it was ever in, the assignments and the unassignments."""

    def put_on(self, stage: str) -> Event | None:
        """Return the assignment by which it is in a stage, or would be if it counted; None where it is not."""
        on, off = self.stages.get(stage, ((), ()))
        return on[-1] if on and (not off or on[-1].key > off[-1].key) else None


class _Crowd:
    """The versions of a commit that carries more than one, each by its newest registration, oldest first."""

    __slots__ = ("_registered", "last", "versions")

    def __init__(self, first: Draft) -> None:
        self.versions = [first]
        self.last = first
        # By registration, the newest last. One deregistered since stays until it comes up: each is taken off once.
        self._registered = [first]

    def take(self, draft: Draft) -> Draft:
        """Take note of a registration or a deregistration; return the version that a stage counts for from now on."""
        if draft.is_active:
            self._registered.append(draft)
            self.last = draft
        while self._registered and not self._registered[-1].is_active:
            self._registered.pop()
        return self._registered[-1] if self._registered else self.last


class Replay:
    """The versions of one artifact and their stages, after the events so far."""

    __slots__ = ("_crowds", "_current", "_named", "deprecations", "newest")

    def __init__(self) -> None:
        self.deprecations: list[Event] = []
        self.newest: Event | None = None
        """The newest of the events that count."""
        self._named: dict[str, Draft] = {}
        self._current: dict[str, Draft] = {}  # commit: the version that a stage counts for
        self._crowds: dict[str, _Crowd] = {}  # commit: its versions, where it carries several

    def add_all(self, ordered: Iterable[Event]) -> list[Problem]:
        """Add events, oldest first; return the problems that some of them are."""
        problems = []
        newest = self.newest
        for event in ordered:
            kind = event.tag.kind
            if kind is _ASSIGNMENT or kind is _UNASSIGNMENT:
                self._move(event)
            elif kind is _DEPRECATION:
                self.deprecations.append(event)
            elif (problem := self.misfit(event)) is not None:
                problems.append(problem)
                continue
            else:
                self._turn(event)
            newest = event
        self.newest = newest
        return problems

    @property
    def rank(self) -> tuple[int, Event] | None:
        """Return 0 and the first deprecation, else 1 and the first registration, else 2 and the first of a stage."""
        if self.deprecations:
            return 0, self.deprecations[0]
        if self._named:
            return 1, next(iter(self._named.values())).registrations[0]
        for draft in self._current.values():
            return 2, min((events[0] for both in draft.stages.values() for events in both if events), key=_key)
        return None

    def misfit(self, event: Event) -> Problem | None:
        """Return why an event is set aside, if it comes next; None for one that counts."""
        version = event.tag.version
        if version is None:
            return None
        draft = self._named.get(version)
        undo = event.tag.kind is _DEREGISTRATION
        if draft is None and undo:
            reason = f"it deregisters {version}, which no earlier tag registers"
            return _misplaced("deregistration-without-version", event, reason)
        if draft is None or draft.commit == event.commit:
            return None
        reason = f"it is on commit {event.commit[:7]}, but {version} is registered on commit {draft.commit[:7]}"
        return _misplaced("deregistration-elsewhere" if undo else "version-moved", event, reason)

    def subject(self, event: Event) -> Draft | None:
        """Return the version that an event would be about, if it comes next; None where it makes it, or for none."""
        version = event.tag.version
        if version is None:
            return self._current.get(event.commit)
        found = self._named.get(version)
        if found is None and (bare := self._current.get(event.commit)) is not None and not bare.registrations:
            return bare
        return found

    def version(self, name: str) -> Draft | None:
        """Return a registered version, deregistered or not."""
        return self._named.get(name)

    def on_commit(self, commit: str) -> Sequence[Draft]:
        """Return the registered versions of a commit."""
        crowd, one = self._crowds.get(commit), self._current.get(commit)
        return crowd.versions if crowd is not None else [one] if one is not None and one.registrations else []

    def versions(self) -> Iterator[Draft]:
        """Yield all versions, those of one commit together."""
        for commit, draft in self._current.items():
            crowd = self._crowds.get(commit)
            if crowd is None:
                yield draft
            else:
                yield from crowd.versions

    def crowds(self) -> Iterator[Sequence[Draft]]:
        """Yield the versions of each commit that carries more than one."""
        return (crowd.versions for crowd in self._crowds.values())

    def _turn(self, event: Event) -> Draft:
        """Add a registration or a deregistration that fits."""
        draft = self._named.get(event.tag.version or "") or self._begin(event)
        draft.is_active = event.tag.kind is _REGISTRATION
        (draft.registrations if draft.is_active else draft.deregistrations).append(event)
        crowd = self._crowds.get(draft.commit) if self._crowds else None
        if crowd is not None:
            self._current[draft.commit] = crowd.take(draft)
        return draft

    def _begin(self, event: Event) -> Draft:
        """Make a version; the first on a commit takes over what the commit had without one."""
        name, commit = event.tag.version or "", event.commit
        here = self._current.pop(commit, None)
        if here is None or here.registrations:
            draft = Draft(name, commit)
        else:
            draft, draft.name = here, name
        if here is not None and here is not draft:
            crowd = self._crowds.setdefault(commit, _Crowd(here))
            crowd.versions.append(draft)
        self._named[name] = self._current[commit] = draft
        return draft

    def _move(self, event: Event) -> Draft:
        """Add an assignment or an unassignment."""
        draft = self._current.get(event.commit)
        if draft is None:
            draft = self._current[event.commit] = Draft(event.commit, event.commit)
        stage = event.tag.stage or ""
        on_off = draft.stages.get(stage)
        if on_off is None:
            on_off = draft.stages[stage] = ([], [])
        on_off[event.tag.kind is _UNASSIGNMENT].append(event)
        return draft


def _misplaced(code: str, event: Event, reason: str) -> Problem:
    return Problem(code, event.ref, reason, f"`git tag -d '{event.ref}'` if it is a mistake", event.artifact)
