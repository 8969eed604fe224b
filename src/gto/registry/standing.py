"""Where every artifact stands, read anew or, of a large registry, as far as its tags changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gto.core.event import Event
from gto.core.snapshot import fold_artifact
from gto.core.view import Standing, standing
from gto.git import cache, tags

if TYPE_CHECKING:
    from gto.registry.registry import Registry


def past(registry: Registry, until: int) -> list[Standing]:
    """Sum all artifacts up as they were at a second."""
    return [standing(state) for state in registry.snapshot(until).artifacts.values() if state.newest]


def standings(registry: Registry) -> list[Standing]:
    """Sum all artifacts up; of a large registry, only those whose tags changed are read."""
    listing = registry.listing
    if not registry.config.cache or len(listing) < cache.FROM_TAGS:
        return _sum_up(registry, listing)[0]
    whole = cache.digest(listing.text)
    known = cache.load(registry.repo.common_dir)
    if known.whole == whole:
        return [one for _, one in known.standings.values() if one is not None]
    groups = cache.group(listing.text)
    keys = {one.name: one.digest for one in groups}
    kept = {name: known.standings[name] for name, key in keys.items() if known.standings.get(name, ("",))[0] == key}
    changed = [one for one in groups if one.name not in kept]
    found, unsure = _sum_up(registry, tags.Listing(b"".join(line for one in changed for line in one.lines)))
    new = {one.name: one for one in found}
    kept |= {one.name: (one.digest, new.get(one.name)) for one in changed if one.name not in unsure}
    cache.save(registry.repo.common_dir, cache.Cached("" if unsure else whole, kept))
    return [*(one for _, one in kept.values() if one is not None), *(one for one in found if one.name in unsure)]


def _sum_up(registry: Registry, listing: tags.Listing) -> tuple[list[Standing], set[str]]:
    """Read these tags and sum their artifacts up; second come those of which git could not read an object."""
    events: dict[str, list[Event]] = {}
    aside: dict[str, int] = {}
    unsure: set[str] = set()
    for item in tags.read_tags(registry.git, listing):
        if isinstance(item, Event):
            name = item.tag.artifact
            if name in events:
                events[name].append(item)
            else:
                events[name] = [item]
        elif item.artifact:
            aside[item.artifact] = aside.get(item.artifact, 0) + 1
            if item.code in {"tag-missing", "tag-corrupt"}:
                unsure.add(item.artifact)
    states = [fold_artifact(name, found) for name, found in events.items()]
    return [standing(state, aside.get(state.name, 0)) for state in states if state.newest], unsure
