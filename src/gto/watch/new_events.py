"""What a look at a repository brings: the new events in their order, and the tags that need nothing more."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from gto.core import tag
from gto.core.event import Event, SortKey
from gto.core.snapshot import Snapshot, fold
from gto.core.tag import TagName
from gto.core.transitions import steps
from gto.exceptions import BadFile, RefNotFound, TagsReplaced
from gto.registry import annotation_lookup
from gto.registry.registry import Registry
from gto.watch.journal import Cursor, HandledTag, Mark, held
from gto.watch.payload import Annotations, Pending
from gto.watch.superseded import stale, still_to_deliver


class EventFilter(NamedTuple):
    """Filters, of which each must take an event; one that is empty takes all."""

    artifacts: tuple[str, ...] = ()
    """Names, in which `*` stands for anything."""
    kinds: tuple[str, ...] = ()
    """As `registration`."""
    stages: tuple[str, ...] = ()
    """An event without a stage is in none of them."""

    def takes(self, tag: TagName) -> bool:
        """Tell whether the event of a tag is to be handed on."""
        return (
            (not self.artifacts or any(fnmatchcase(tag.artifact, one) for one in self.artifacts))
            and (not self.kinds or tag.kind.noun in self.kinds)
            and (not self.stages or tag.stage in self.stages)
        )


_NAMED = 3  # tags that a note names
_MANY = 20  # known tags: of so many, half do not go at once in the life of a registry

Tags = Mapping[str, str]
"""The object ids of tags, by name."""


class Changes(NamedTuple):
    """The event tags of a look."""

    there: Tags
    names: Mapping[str, TagName]
    lines: Sequence[HandledTag]
    """What the journal is to know of those that came back, were made anew or are gone."""
    anew: Mapping[str, Sequence[str]]
    """The names that were known of other objects, with the ids of those."""
    notes: Sequence[str]


def compare(registry: Registry, cursor: Cursor) -> Changes:
    """Compare the tags of a repository with those of the journal.

    A tag of a known name that names another object may be a new event: GTO uses a counter again once its tag was
    deleted, and whether somebody looked in between makes no difference. TagsReplaced where most tags went at once: then
    the repository was written anew, or is another, and what it has is no news.
    """
    names = {ref: name for _, ref in registry.listing if (name := tag.find(ref)) is not None}
    there = {ref: oid for oid, ref in registry.listing if ref in names}
    known = cursor.names()
    old = {ref: oid for ref, oid in known.items() if there.get(ref, oid) != oid}
    gone = {ref: oid for ref, oid in known.items() if ref not in there}
    lost = len(old) + len(gone)
    if len(known) >= _MANY and 2 * lost > len(known):
        raise TagsReplaced(cursor.path, lost, len(known))
    back = cursor.returned(there)
    lines = (*held(old, Mark.GONE), *held(gone, Mark.GONE), *back)
    return Changes(there, names, lines, cursor.before(there), note(list(gone), "gone: that is no event"))


def note(refs: Sequence[str], words: str) -> list[str]:
    """Return a line that names some of the tags and says what they were; none of no tags."""
    if not refs:
        return []
    more = f" and {len(refs) - _NAMED} more" if len(refs) > _NAMED else ""
    named = ", ".join(f"'{ref}'" for ref in sorted(refs)[:_NAMED])
    return [f"{named}{more} {'was' if len(refs) == 1 else 'were'} {words}"]


_FEW = 8  # artifacts: so many are read one by one faster than a large registry as a whole
_FIRST: SortKey = (-1, 0, 0, "")  # before every event


class Since(NamedTuple):
    """From which event on those are wanted that were there before the watcher."""

    second: int = 0
    """Since 1970."""
    ref: str = ""
    """The name of a tag in the place of the time."""

    def bound(self, registry: Registry) -> SortKey:
        """Return the place in the order of events from which on they are wanted."""
        if not self.ref:
            return (self.second, -1, 0, "")
        name = tag.parse(self.ref)
        found = next((one for one in registry.artifact(name.artifact).events if one.ref == self.ref), None)
        if found is None:
            error = RefNotFound(self.ref)
            error.hint = f"`gto history {name.artifact}` lists its events; name a tag as 'churn#prod#3', or a date"
            raise error
        return found.key


class WatchQuery(NamedTuple):
    """What is looked for."""

    repo: str
    """The repository's address without anything secret."""
    wanted: EventFilter = EventFilter()
    since: Since | None = None
    """Only the first look of a watcher asks for what was passed over."""
    dead: bool = False
    """Whether the dead letters are looked for, and nothing else."""


class NewEvents(NamedTuple):
    """What a look brought."""

    new: tuple[Pending, ...] = ()
    handled: tuple[HandledTag, ...] = ()
    """Tags that need nothing more."""
    passed: int = 0
    """How many tags were there before the watcher, and are not wanted."""
    notes: tuple[str, ...] = ()


class _Read(NamedTuple):
    """What tags say."""

    snapshot: Snapshot
    events: Sequence[Event] = ()
    """In their order."""
    notes: Sequence[str] = ()
    """Of the tags that are none."""


def find(registry: Registry, cursor: Cursor, waiting: set[str], asked: WatchQuery) -> NewEvents:
    """Return what is new in a repository; `waiting` are the keys of events that were found and not handled yet."""
    changes = compare(registry, cursor)
    asked, first, said = _begin(registry, cursor, asked)
    left = {ref: oid for ref, oid in changes.there.items() if oid not in waiting}
    read = _read(registry, {ref: oid for ref, oid in left.items() if _is_asked(cursor, ref, oid, asked)})
    if asked.dead:
        letters = still_to_deliver(cursor.dead(), read.snapshot, changes.there)
        new, handled, notes = letters.events, letters.over, [*letters.notes, *read.notes]
    else:
        old = stale(registry, read.snapshot, changes.anew)
        news = [one for one in read.events if one.key >= first and asked.wanted.takes(one.tag)]
        new = [one for one in news if one.ref not in old]
        handled, notes = _marked(cursor, read.events, new), [*_of_anew(new, changes, old), *read.notes]
    if cursor.is_new:
        wanted = {one.ref for one in new}
        handled = held({ref: oid for ref, oid in changes.there.items() if ref not in wanted}, Mark.PASSED)
    passed = sum(map(asked.wanted.takes, changes.names.values())) - len(new) if cursor.is_new else 0
    pending = _pending(registry, cursor, read.snapshot, new, asked.repo)
    return NewEvents(tuple(pending), (*changes.lines, *handled), passed, (*notes, *changes.notes, *said))


def _begin(registry: Registry, cursor: Cursor, asked: WatchQuery) -> tuple[WatchQuery, SortKey, Sequence[str]]:
    """Return what is looked for, and from which event on; where `--since` names a tag that went since, what is new."""
    if asked.since is None:
        return asked, _FIRST, ()
    try:
        return asked, asked.since.bound(registry), ()
    except RefNotFound:
        if cursor.is_new:
            raise
        note = f"'{asked.since.ref}' is not there any more, so nothing is delivered that was passed over"
        return asked._replace(since=None), _FIRST, (note,)


def _of_anew(new: Sequence[Event], changes: Changes, old: Mapping[str, str]) -> list[str]:
    """Return what is noted of names that were handled before, for another object."""
    passed = [f"'{ref}' was made anew, and is passed over: {reason}" for ref, reason in old.items()]
    return [*note([one.ref for one in new if one.ref in changes.anew], "made anew: that is a new event"), *passed]


def _marked(cursor: Cursor, events: Sequence[Event], new: Sequence[Event]) -> list[HandledTag]:
    """Return what the journal is to know of events before any is handed on: a kill then changes nothing."""
    refs = {one.ref for one in new}
    waiting = {one.ref: one.oid for one in new if (one.ref, one.oid) in cursor.held}
    others = {one.ref: one.oid for one in events if one.ref not in refs and (one.ref, one.oid) not in cursor.held}
    return [*held(waiting, Mark.TRY), *held(others, Mark.PASSED)]


def _pending(registry: Registry, cursor: Cursor, found: Snapshot, new: Sequence[Event], repo: str) -> Iterator[Pending]:
    """Make events ready to be told of."""
    with suppress(BadFile):  # a broken .gto: events are delivered without annotations
        annotation_lookup.fetch(registry, ((one.artifact, one.commit) for one in new))
    annotations = Annotations(registry)
    told = {name: steps(found.artifacts[name]) for name in {one.artifact for one in new}}
    for one in new:
        yield Pending(one, told[one.artifact][one.ref], annotations, repo, cursor.tried.get((one.ref, one.oid)))


def _is_asked(cursor: Cursor, ref: str, oid: str, asked: WatchQuery) -> bool:
    found = cursor.held.get((ref, oid))
    if asked.dead:
        return found is not None and found.mark is Mark.DEAD
    if found is None:
        return not cursor.is_new or asked.since is not None
    return found.mark is Mark.PASSED and asked.since is not None


def _read(registry: Registry, fresh: Tags) -> _Read:
    """Read tags."""
    if not fresh:
        return _Read(Snapshot({}))
    found = _snapshot(registry, fresh)
    events = chain.from_iterable(one.events for one in found.artifacts.values())
    sound = sorted((one for one in events if fresh.get(one.ref) == one.oid), key=attrgetter("key"))
    reasons = {one.subject: one.reason for one in found.problems} | {
        ref: f"refused: {reason}" for ref, reason in registry.ignored.items()
    }
    others = sorted(fresh.keys() - {one.ref for one in sound})
    hidden = "it is left out: `gto verify` says why"
    return _Read(found, sound, [f"'{ref}' is not delivered: {reasons.get(ref, hidden)}" for ref in others])


def _snapshot(registry: Registry, fresh: Tags) -> Snapshot:
    """Read the artifacts of tags."""
    names = {found.artifact for ref in fresh if (found := tag.find(ref)) is not None}
    if len(names) > _FEW:
        return registry.snapshot()
    return fold(item for name in names for item in registry.items(name) if item.artifact == name)
