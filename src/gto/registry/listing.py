"""Which tags of a repository are events, and which are not."""

from gto.core.event import Event, read
from gto.registry.registry import Registry


def tags(registry: Registry, *, other: bool) -> list[str]:
    """Return the names of the event tags, or of all other tags, in git's order."""
    snapshot_refs = {record.name for record in registry.records() if isinstance(read(record), Event)}
    return [ref for _, ref in registry.listing if (ref in snapshot_refs) is not other]
