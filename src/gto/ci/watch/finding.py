"""What a look at a repository brings: the new events in their order, and the tags that need nothing more."""

from collections.abc import Mapping
from contextlib import suppress
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from gto.ci.watch.cursor import Cursor, Held, Mark, done
from gto.ci.watch.notice import Pending
from gto.ci.watch.wanted import Wanted
from gto.core import tag
from gto.core.event import SortKey
from gto.core.snapshot import Snapshot, fold
from gto.exceptions import BadFile, RefNotFound
from gto.registry import annotation
from gto.registry.registry import Registry

_FEW = 8  # artifacts: so many are read one by one faster than a large registry as a whole
_NAMED = 3  # tags that a note names

Tags = Mapping[str, str]
"""The object ids of tags, by name."""


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


class Asked(NamedTuple):
    """What is looked for."""

    repo: str
    """The repository's address without anything secret."""
    wanted: Wanted = Wanted()
    since: Since | None = None
    """Only the first look of a watcher asks for what was passed over."""
    dead: bool = False
    """Whether the dead letters are looked for, and nothing else."""


class Found(NamedTuple):
    """What a look brought."""

    new: tuple[Pending, ...] = ()
    handled: tuple[Held, ...] = ()
    """Tags that need nothing more."""
    passed: int = 0
    """How many tags were there before the watcher, and are not wanted."""
    notes: tuple[str, ...] = ()


def find(registry: Registry, cursor: Cursor, waiting: set[str], asked: Asked) -> Found:
    """Return what is new in a repository; `waiting` are the keys of events that were found and not handled yet."""
    first = asked.since.bound(registry) if asked.since is not None else (-1, 0, 0, "")
    names = {ref: name for _, ref in registry.listing if (name := tag.find(ref)) is not None}
    there = {ref: oid for oid, ref in registry.listing if ref in names}
    known = cursor.names()
    moved = {ref: oid for ref, oid in there.items() if known.get(ref, oid) != oid}
    gone = {ref: oid for ref, oid in known.items() if ref not in there}
    handled = [*_held(moved, Mark.DONE), *_held(gone, Mark.GONE)]
    if cursor.is_new:
        handled += _held(there, Mark.PASSED)
    left = {ref: oid for ref, oid in there.items() if ref not in moved and oid not in waiting}
    fresh = {ref: oid for ref, oid in left.items() if _is_asked(cursor, ref, oid, asked)}
    new, unwanted, notes = _read(registry, fresh, asked, first)
    with suppress(BadFile):  # a broken .gto: events are delivered without annotations
        annotation.fetch(registry, ((one.event.artifact, one.event.commit) for one in new))
    handled += [one for one in unwanted if (one.ref, one.oid) not in cursor.held]
    passed = sum(map(asked.wanted.takes, names.values())) - len(new) if cursor.is_new else 0
    told = (*_note(moved, "moved: that is no event"), *_note(gone, "gone: that is no event"), *notes)
    return Found(tuple(new), tuple(handled), passed, told)


def _held(tags: Tags, mark: Mark) -> list[Held]:
    return done(((oid, ref) for ref, oid in tags.items()), mark)


def _is_asked(cursor: Cursor, ref: str, oid: str, asked: Asked) -> bool:
    held = cursor.held.get((ref, oid))
    if asked.dead:
        return held is not None and held.mark is Mark.DEAD
    if held is None:
        return not cursor.is_new or asked.since is not None
    return held.mark is Mark.PASSED and asked.since is not None


def _read(registry: Registry, fresh: Tags, asked: Asked, first: SortKey) -> tuple[list[Pending], list[Held], list[str]]:
    """Read tags, and return the events that are wanted, those that are not, and what is to be said of others."""
    if not fresh:
        return [], [], []
    found = _snapshot(registry, fresh)
    new, unwanted, seen = [], [], set()
    for event in sorted(chain.from_iterable(one.events for one in found.artifacts.values()), key=attrgetter("key")):
        if fresh.get(event.ref) != event.oid:
            continue
        seen.add(event.ref)
        if asked.dead or (event.key >= first and asked.wanted.takes(event.tag)):
            new.append(Pending(event, found.artifacts[event.artifact], registry, asked.repo))
        else:
            unwanted.append(Held(Mark.PASSED, event.oid, event.ref))
    reasons = {one.subject: one.reason for one in found.problems} | dict(registry.ignored)
    others = sorted(fresh.keys() - seen)
    hidden = "it is left out: `gto verify` says why"
    return new, unwanted, [f"'{ref}' is not delivered: {reasons.get(ref, hidden)}" for ref in others]


def _snapshot(registry: Registry, fresh: Tags) -> Snapshot:
    """Read the artifacts of tags."""
    names = {found.artifact for ref in fresh if (found := tag.find(ref)) is not None}
    if len(names) > _FEW:
        return registry.snapshot()
    return fold(item for name in names for item in registry.items(name) if item.artifact == name)


def _note(tags: Tags, words: str) -> list[str]:
    if not tags:
        return []
    more = f" and {len(tags) - _NAMED} more" if len(tags) > _NAMED else ""
    named = ", ".join(f"'{ref}'" for ref in sorted(tags)[:_NAMED])
    return [f"{named}{more} {'was' if len(tags) == 1 else 'were'} {words}"]
