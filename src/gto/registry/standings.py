"""Where every artifact stands, read anew or, of a large registry, as far as its tags changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gto.core.event import UNREAD, Event
from gto.core.snapshot import fold_artifact
from gto.core.view import Standing, standing
from gto.fs.cache_dir import digest
from gto.git import tag_reader
from gto.registry import annotation_lookup, standings_cache

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gto.registry.registry import Registry


def past(registry: Registry, until: int) -> list[Standing]:
    """Sum all artifacts up as they were at a second."""
    return [standing(state) for state in registry.snapshot(until).artifacts.values() if state.newest]


class Standings(NamedTuple):
    """Where every artifact stands, and the names that the annotations of HEAD give."""

    standings: list[Standing]
    names: list[str]


def standings(registry: Registry, from_tags: int = standings_cache.FROM_TAGS) -> list[Standing]:
    """Sum all artifacts up; of a registry of `from_tags` tags or more, only those whose tags changed are read."""
    if not _is_kept(registry, from_tags):
        return _sum_up(registry, registry.listing)[0]
    old = standings_cache.load(registry.repo.common_dir)
    new, found = _brought_up(registry, old)
    if new is not old:
        standings_cache.save(registry.repo.common_dir, new)
    return found


def known(registry: Registry, from_tags: int = standings_cache.FROM_TAGS) -> Standings:
    """Do as standings(), and name what HEAD annotates: of the same registries, read only where HEAD has moved."""
    if not _is_kept(registry, from_tags):
        found = _sum_up(registry, registry.listing)[0]
        return Standings(found, annotation_lookup.in_tables(registry, [one.name for one in found]))
    old = standings_cache.load(registry.repo.common_dir)
    new, found = _brought_up(registry, old)
    names = [one.name for one in found]
    head = _head(registry, names)
    if not head or head != old.head:
        new = new._replace(head=head, names=tuple(annotation_lookup.in_tables(registry, names)))
    if new != old:
        standings_cache.save(registry.repo.common_dir, new)
    return Standings(found, list(new.names))


def _is_kept(registry: Registry, from_tags: int) -> bool:
    if registry.sifts:  # what is kept is of all events
        return False
    return registry.config.cache and (not registry.repo.is_own or len(registry.listing) >= from_tags)


def _head(registry: Registry, names: Iterable[str]) -> str:
    """Return the digest of what decides which names are annotated; empty where that is read each time."""
    if registry.repo.rev is None:
        return ""
    places = annotation_lookup.places_in_tables(registry, names)
    return digest("\0".join([registry.repo.rev, *places]).encode("utf-8", "surrogateescape"))


def _brought_up(registry: Registry, old: standings_cache.Cached) -> tuple[standings_cache.Cached, list[Standing]]:
    """Return what to keep from now on, the same object if nothing changed, and all standings."""
    listing = registry.listing
    whole = digest(listing.text)
    if old.whole == whole:
        return old, [one for _, one in old.standings.values() if one is not None]
    groups = standings_cache.group(listing.text)
    keys = {one.name: one.digest for one in groups}
    kept = {name: old.standings[name] for name, key in keys.items() if old.standings.get(name, ("",))[0] == key}
    changed = [one for one in groups if one.name not in kept]
    found, unsure = _sum_up(registry, tag_reader.Listing(b"".join(line for one in changed for line in one.lines)))
    if unsure and registry.repo.mend():
        del registry.listing
        return _brought_up(registry, standings_cache.Cached())
    new = {one.name: one for one in found}
    kept |= {one.name: (one.digest, new.get(one.name)) for one in changed if one.name not in unsure}
    every = [*(one for _, one in kept.values() if one is not None), *(one for one in found if one.name in unsure)]
    return old._replace(whole="" if unsure else whole, standings=kept), every


def _sum_up(registry: Registry, listing: tag_reader.Listing) -> tuple[list[Standing], set[str]]:
    """Read these tags and sum their artifacts up; second come those of which git could not read an object."""
    events: dict[str, list[Event]] = {}
    aside: dict[str, int] = {}
    unsure: set[str] = set()
    for item in registry.sifted(tag_reader.read_tags(registry.git, listing)):
        if isinstance(item, Event):
            name = item.tag.artifact
            if name in events:
                events[name].append(item)
            else:
                events[name] = [item]
        elif item.artifact:
            aside[item.artifact] = aside.get(item.artifact, 0) + 1
            if item.code in UNREAD:
                unsure.add(item.artifact)
    states = [fold_artifact(name, found) for name, found in events.items()]
    return [standing(state, aside.get(state.name, 0)) for state in states if state.newest], unsure
