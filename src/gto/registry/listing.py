"""Which tags of a repository are events, and which are not."""

from gto.core import approval
from gto.core.event import Event
from gto.registry.registry import Registry


def tags(registry: Registry, *, other: bool) -> list[str]:
    """Return the names of the event tags, or of those that are neither events nor approvals, in git's order."""
    events = {item.ref for item in registry.items() if isinstance(item, Event)}
    if not other:
        return [ref for _, ref in registry.listing if ref in events]
    return [ref for _, ref in registry.listing if ref not in events and approval.find(ref) is None]
