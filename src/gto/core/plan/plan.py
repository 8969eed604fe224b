"""What is asked of a plan, and the plan: the tags to write."""

from collections.abc import Collection
from typing import NamedTuple

from gto.core import semver
from gto.core.snapshot import ArtifactState
from gto.core.tag import TagName
from gto.exceptions import InvalidVersion, UsageError


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


def check_version_or_commit(version: str | None, commit: str | None) -> None:
    """Refuse both and neither, and a version that is none; a whole hash names a version without registration."""
    if version is not None and not _is_commit(version):
        check_version(version)
    if (version is None) == (commit is None):
        raise UsageError("One and only one of (version, rev) must be specified.", "name a version or a commit")


def check_version(text: str) -> None:
    """Refuse what is no SemVer with a leading `v`."""
    if semver.parse(text) is None:
        raise InvalidVersion(f"Version '{text}' is not valid. Example of valid version: 'v1.0.0'")


def _is_commit(text: str) -> bool:
    return len(text) in {40, 64} and all(digit in "0123456789abcdef" for digit in text)
