"""What a decision is made from, and what it says."""

from collections.abc import Collection
from typing import NamedTuple

from gto.core.snapshot import ArtifactState
from gto.core.tag import TagName


class NewTag(NamedTuple):
    """A tag to write, and the version that its event concerns."""

    name: TagName
    commit: str
    message: str
    version: str | None


class Plan(NamedTuple):
    """What to write and what to delete, all or nothing; `notes` are for the user's eyes."""

    create: tuple[NewTag, ...] = ()
    delete: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Context(NamedTuple):
    """What every decision needs: the artifact, all its tags (lightweight ones too), the clock, the manner."""

    artifact: ArtifactState
    taken: Collection[str]
    now: int
    """Seconds since 1970-01-01T00:00:00Z: the time that the new tags will carry."""
    simple: bool | None = None
    """True: without a counter; False: with one; None: as is usual for the kind of event."""
    force: bool = False
    message: str | None = None
    shared: bool = False
    """Whether others push to the same remote: a version then waits for a second of its own, so that it gets the plain
    name, which only one of them can create."""
