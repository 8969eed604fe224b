"""How the event tags of a repository differ from those that a watcher found before."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gto.ci.watch.cursor import Cursor
from gto.ci.watch.held import Held, Mark, held
from gto.core import tag
from gto.core.tag import TagName
from gto.exceptions import TagsReplaced
from gto.registry.registry import Registry

_NAMED = 3  # tags that a note names
_MANY = 20  # known tags: of so many, half do not go at once in the life of a registry

Tags = Mapping[str, str]
"""The object ids of tags, by name."""


class Changes(NamedTuple):
    """The event tags of a look."""

    there: Tags
    names: Mapping[str, TagName]
    lines: Sequence[Held]
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
