"""One repository's registry, opened and read; what is read is read once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from gto.core import names
from gto.core.event import UNREAD, Event, Problem
from gto.core.snapshot import ArtifactState, Snapshot, fold
from gto.exceptions import BadFile, NoRepo
from gto.fs.regular_file import is_within
from gto.git import tag_reader
from gto.git.commit_files import Files, may_stand_for_another, read_small
from gto.git.objects import TOO_LARGE
from gto.git.repo import Repo, open_repo
from gto.registry_config import FILE, Config, read_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gto.git.command import Git
    from gto.git.session import Session

    Sift = Callable[[Iterable[Event | Problem]], Iterable[Event | Problem]]


class ArtifactTags(NamedTuple):
    """One artifact, the names and object ids of all its tags, and those tags of which git cannot read the object."""

    state: ArtifactState
    tags: dict[str, str]
    unread: tuple[Problem, ...] = ()
    lightweight: tuple[str, ...] = ()
    """Tags that are called as events are, and hold none: a CI's checkout puts them in the place of the events' tags."""


class Registry:
    """One repository's artifacts; `rev` is the revision that the repository was opened with."""

    def __init__(self, repo: Repo, rev: str = "HEAD", session: Session | None = None) -> None:
        self.repo = repo
        self.session = session
        """What is kept between readings of repositories that a URL names; None for nothing beyond each."""
        self.rev = rev
        # No cached_property: before Python 3.12 its lock is one for all registries, and threads read many at once.
        self._config: Config | None = None
        self._listing: tag_reader.Listing | None = None
        self.sifts: tuple[Sift, ...] = ()
        """Each lets those events through that a reader accepts; where there is one, nothing that was kept counts."""
        self.ignored: dict[str, str] = {}
        """The tags that the sifts let fall, and why."""

    @classmethod
    def open(
        cls,
        path: object = ".",
        rev: str = "HEAD",
        *,
        offline: bool = False,
        seconds: float | None = None,
        session: Session | None = None,
    ) -> Registry:
        """Open the repository around `path`: a path, a URL, or an object with `root_dir`; `rev` is resolved on the way.

        A URL is read through a mirror in the user's cache directory, which is brought up to date first unless
        `offline`. `seconds` bounds each git process. Who opens repositories again and again hands a `session` in, which
        keeps what was read, up to a size.
        """
        place = path_of(path)
        if os.path.isdir(place):
            opened = cls(open_repo(place, rev, seconds), rev, session)
        else:
            found = _open_url(place, rev, offline=offline, seconds=seconds, session=session)
            opened = cls(found, rev, session)
        if rev != "HEAD":  # a repository without a commit has none yet
            opened.commit()
        return opened

    @property
    def git(self) -> Git:
        """The git executable in this repository."""
        return self.repo.git

    @property
    def config(self) -> Config:
        """The configuration, from the work tree; from HEAD where there is no work tree."""
        if self._config is None:
            self._config = read_config(self._config_file(), FILE, os.environ)
        return self._config

    def _config_file(self) -> bytes | None:
        if self.repo.top is None:
            head = (self.repo.rev if self.rev == "HEAD" else None) or "HEAD"
            # A mirror fetches them all at once; the annotations are asked for next.
            found = self.repo.read([f"{head}:{name}" for name in (FILE, "artifacts.yaml", "dvc.yaml")])[0]
            if found is None or found.type != "blob":
                return None
            if found.body is None:
                raise BadFile(FILE, TOO_LARGE)
            if may_stand_for_another(found.body):
                from gto.dvc.checkout import Checkout  # only where it may be a link, or a pointer of Git LFS

                return Checkout(Files(self.repo), self.repo.resolve(head)).load(FILE)
            return found.body
        place = os.path.join(self.repo.top, FILE)
        if not is_within(place, self.repo.top):
            raise BadFile(FILE, "it is a link out of the repository")
        return read_small(place, FILE)

    def commit(self, rev: str | None = None) -> str:
        """Return the commit of a revision; of the one that the repository was opened with, if none is named."""
        if rev is not None and rev != self.rev:
            return self.repo.resolve(rev)
        return self.repo.rev or self.repo.resolve(self.rev)  # which says why there is none

    # --- reading

    @property
    def listing(self) -> tag_reader.Listing:
        """All tag refs."""
        if self._listing is None:
            self._listing = tag_reader.list_tags(self.git)
        return self._listing

    @listing.deleter
    def listing(self) -> None:
        self._listing = None  # it is read anew

    def items(self, name: str | None = None) -> Iterable[Event | Problem]:
        """Read the events and what was set aside, all or those of one artifact."""
        read = (
            tag_reader.read_tags(self.git, self.listing)
            if name is None
            else tag_reader.read_artifact(self.git, name)[1]
        )
        return self.sifted(read)

    def sifted(self, items: Iterable[Event | Problem]) -> Iterable[Event | Problem]:
        """Return those of the items that all sifts let through; what one lets fall, the next does not see."""
        for sift in self.sifts:
            items = sift(items)
        return items

    def snapshot(self, until: int | None = None) -> Snapshot:
        """Read the whole registry; with `until`, as it was at that second."""
        found = fold(_upto(self.items(), until))
        if any(one.code in UNREAD for one in found.problems) and self.repo.mend():
            del self.listing
            return self.snapshot(until)
        return found

    def artifact(self, name: str, until: int | None = None) -> ArtifactState:
        """Read one artifact; one without events is empty."""
        return self.read_artifact(name, until).state

    def read_artifact(self, name: str, until: int | None = None) -> ArtifactTags:
        """Read one artifact and all its tags."""
        if not names.is_artifact(name):
            return ArtifactTags(ArtifactState(name), {})
        taken, items = tag_reader.read_artifact(self.git, name)
        found = found_in(name, taken, _upto(self.sifted(items), until))
        return self.read_artifact(name, until) if found.unread and self.repo.mend() else found


def _open_url(place: str, rev: str, *, offline: bool, seconds: float | None, session: Session | None) -> Repo:
    from gto.git import remote  # only where a URL may be

    if not remote.is_url(place):
        raise NoRepo(place)
    from gto.git.mirror_objects import open_mirror

    return open_mirror(remote.parse(place), rev, offline=offline, seconds=seconds, session=session)


def found_in(name: str, taken: dict[str, str], items: Iterable[Event | Problem]) -> ArtifactTags:
    """Fold what the tags of one artifact say."""
    snapshot = fold(item for item in items if item.artifact == name)
    unread = tuple(one for one in snapshot.problems if one.code in UNREAD)
    lightweight = tuple(one.subject for one in snapshot.problems if one.code == "tag-lightweight")
    return ArtifactTags(snapshot.artifact(name), taken, unread, lightweight)


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
