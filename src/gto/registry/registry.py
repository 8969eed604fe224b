"""One repository's registry, opened and read; what is read is read once."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from gto.config import FILE, Config, Parsed, read_config
from gto.core import names
from gto.core.event import UNREAD, Event, Problem
from gto.core.snapshot import ArtifactState, Snapshot, fold
from gto.exceptions import NoRepo
from gto.git import tags
from gto.git.repo import Repo, open_repo, read_objects

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gto.git.command import Git


class Found(NamedTuple):
    """One artifact, the names and object ids of all its tags, and those tags of which git cannot read the object."""

    state: ArtifactState
    tags: dict[str, str]
    unread: tuple[Problem, ...] = ()


class Registry:
    """One repository's artifacts; `rev` is the revision that the repository was opened with."""

    def __init__(self, repo: Repo, rev: str = "HEAD") -> None:
        self.repo = repo
        self.rev = rev

    @classmethod
    def open(cls, path: object = ".", rev: str = "HEAD") -> Registry:
        """Open the repository around `path`: a path, or an object with `root_dir`; `rev` is resolved on the way."""
        place = path_of(path)
        if not os.path.isdir(place):
            raise NoRepo(place, "clone it first: this release reads local repositories only" if _is_url(place) else "")
        return cls(open_repo(place, rev), rev)

    @property
    def git(self) -> Git:
        """The git executable in this repository."""
        return self.repo.git

    @cached_property
    def config(self) -> Config:
        """The configuration, from the work tree; from HEAD where there is no work tree."""
        return read_config(self._config_file(), FILE, os.environ, _parse)

    def _config_file(self) -> bytes | None:
        if self.repo.top is None:
            found = read_objects(self.git, [f"HEAD:{FILE}"])[0]
            return found.body if found and found.type == "blob" else None
        try:
            with open(os.path.join(self.repo.top, FILE), "rb") as file:
                return file.read(1 << 20)
        except (FileNotFoundError, IsADirectoryError):
            return None

    def commit(self, rev: str | None = None) -> str:
        """Return the commit of a revision; of the one that the repository was opened with, if none is named."""
        if rev is not None and rev != self.rev:
            return self.repo.resolve(rev)
        return self.repo.rev or self.repo.resolve(self.rev)  # which says why there is none

    # --- reading

    @cached_property
    def listing(self) -> tags.Listing:
        """All tag refs."""
        return tags.list_tags(self.git)

    def items(self, name: str | None = None) -> Iterable[Event | Problem]:
        """Read the events and what was set aside, all or those of one artifact."""
        return tags.read_tags(self.git, self.listing) if name is None else tags.read_artifact(self.git, name)[1]

    def snapshot(self, until: int | None = None) -> Snapshot:
        """Read the whole registry; with `until`, as it was at that second."""
        return fold(_upto(self.items(), until))

    def artifact(self, name: str, until: int | None = None) -> ArtifactState:
        """Read one artifact; one without events is empty."""
        return self.read_artifact(name, until).state

    def read_artifact(self, name: str, until: int | None = None) -> Found:
        """Read one artifact and all its tags."""
        if not names.is_artifact(name):
            return Found(ArtifactState(name), {})
        taken, items = tags.read_artifact(self.git, name)
        snapshot = fold(item for item in _upto(items, until) if item.artifact == name)
        unread = tuple(one for one in snapshot.problems if one.code in UNREAD)
        return Found(snapshot.artifact(name), taken, unread)


def _parse(data: bytes, path: str) -> Parsed:
    from gto.annotations.document import load  # YAML is read only where there is a file of it

    document = load(data, path)
    return Parsed(document.value, document.line)


def _is_url(place: str) -> bool:
    return "://" in place or (":" in place and not os.path.exists(place))


def path_of(place: object) -> str:
    """Return the path that a caller means: a path, or the `root_dir` of an object such as scmrepo's Git."""
    path = getattr(place, "root_dir", place)
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"a path, or an object with `root_dir`, was expected, not {type(place).__name__}")
    return os.fspath(path)


def _upto(items: Iterable[Event | Problem], until: int | None) -> Iterable[Event | Problem]:
    if until is None:
        return items
    return (item for item in items if not isinstance(item, Event) or item.time <= until)
