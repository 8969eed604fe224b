"""The files of a version, found: which version is asked for, and where its files are; kept for a while."""

import time
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from gto.catalog.parallel import Way, open_place
from gto.catalog.repositories import CatalogRepository
from gto.core.event import commit_time
from gto.delivery import get
from gto.dvc.dvc_config import RepositoryTrust
from gto.exceptions import NotFound, NotMirrored, VersionNotFound
from gto.git import command
from gto.git.mirror_objects import with_network
from gto.git.repo import Repo
from gto.registry.registry import Registry
from gto.storage.location import Content
from gto.studio.context import StudioContext
from gto.studio.downloads.packed_files import PackedFiles
from gto.studio.downloads.small_blobs import BlobMemory, SmallBlobs
from gto.studio.downloads.unchanged_files import UnchangedFiles
from gto.studio.index import events, lookup
from gto.studio.index.database import Reader
from gto.studio.lasting.stored_objects import ObjectBook
from gto.studio.pages.version_detail import choose

_SECONDS = 30.0  # in which the files are found
_LONGEST = 6 * 3600.0  # seconds that git has to give one file to a slow client
_KEPT_SECONDS = 60.0
_MOST = 64  # versions that are kept
_MOST_BYTES = 32 << 20  # of all versions that are kept


class ChosenVersion(NamedTuple):
    """A version of an artifact, by the index."""

    repo: str
    name: str
    version: str
    commit: str

    @property
    def label(self) -> str:
        """The name of an archive of it, without its kind."""
        safe = "".join(one if one.isalnum() or one in "._-+" else "-" for one in f"{self.name}-{self.version}")
        return safe.lstrip(".-") or "version"


class KeptBytes(NamedTuple):
    """What one Studio remembers of the bytes that it sent, whatever version they are of."""

    blobs: BlobMemory
    verified: UnchangedFiles


class LocatedVersion(NamedTuple):
    """The files of a version."""

    chosen: ChosenVersion
    repository: Repo
    """What has the blobs, and the settings for Git LFS."""
    files: PackedFiles
    """By path, sorted; the one file of an artifact that is a file has its own name."""
    time: int
    """When it was committed."""
    objects: ObjectBook
    """What is written down of the bytes of files."""
    small: SmallBlobs
    """Those of its files that are read along with each other."""
    kept: KeptBytes
    directory: str = ""
    """What the directory is called that the files lie in; empty where the artifact is one file."""

    def find(self, path: str) -> Content:
        """Return a file, or raise NotFound."""
        if (content := self.files.find(path)) is not None:
            return content
        where = f"{self.chosen.name}@{self.chosen.version}"
        raise NotFound(f"'{where}' has no file '{path}'", "the page of its files lists them")


def choose_version(database: Reader, repo: str, name: str, asked: str) -> ChosenVersion:
    """Return the version that is asked for by name, the latest without one; NotFound where there is none."""
    with database.read() as connection:
        found = lookup.find_repository(connection, repo)
        lookup.find_artifact(connection, found, name)
        version = choose(events.artifact_state(connection, found.id, name), asked)
    if version is None:
        raise VersionNotFound(f"'{name}' has no version", "register one first")
    return ChosenVersion(repo, name, version.name, version.commit)


_Key = tuple[CatalogRepository, ChosenVersion, bool]


class FoundFilesCache:
    """The files of versions that were asked for last: who downloads asks again and again."""

    def __init__(self) -> None:
        self._found: OrderedDict[_Key, tuple[float, LocatedVersion]] = OrderedDict()
        self._turns: dict[_Key, Lock] = {}
        self._lock = Lock()
        self._bytes = KeptBytes(BlobMemory(), UnchangedFiles())

    def recall(self, studio: StudioContext, place: CatalogRepository, chosen: ChosenVersion) -> LocatedVersion | None:
        """Return where the files of a version are, where that was found before; None elsewhere, without waiting."""
        key = (place, chosen, studio.team is None)
        with self._lock:
            kept = self._found.get(key)
            if kept is None or time.monotonic() - kept[0] >= _KEPT_SECONDS:
                return None
            self._found.move_to_end(key)
            return kept[1]

    def locate(self, studio: StudioContext, place: CatalogRepository, chosen: ChosenVersion) -> LocatedVersion:
        """Return where the files of a version are; listings of directories are fetched, and nothing else is."""
        if (known := self.recall(studio, place, chosen)) is not None:
            return known
        key = (place, chosen, studio.team is None)
        with self._lock:
            turn = self._turns.setdefault(key, Lock())
        with turn:  # who asks at the same time wants what is being found
            try:
                return self.recall(studio, place, chosen) or self._find(studio, key)
            finally:
                with self._lock:
                    self._turns.pop(key, None)

    def _find(self, studio: StudioContext, key: _Key) -> LocatedVersion:
        place, chosen, believes = key
        now = time.monotonic()
        book = ObjectBook(
            studio.worker.database.lasting, studio.lasting_name(place), is_limited=place.stores is not None
        )
        found = _locate(place, chosen, (book, self._bytes), offline=studio.way.offline, believes=believes)
        if found.files.size > _MOST_BYTES:
            return found
        with self._lock:
            self._found[key] = (now, found)
            while len(self._found) > _MOST or sum(one.files.size for _, one in self._found.values()) > _MOST_BYTES:
                self._found.popitem(last=False)
        return found


def _locate(
    place: CatalogRepository,
    chosen: ChosenVersion,
    kept: tuple[ObjectBook, KeptBytes],
    *,
    offline: bool,
    believes: bool,
) -> LocatedVersion:
    """Find the files; without `believes` the repository is a stranger's, although it is one of this machine.

    Whoever may push to a repository says where its files are. One's own repositories may lead to any path of one's own
    machine; those of a team must not lead everybody to any path of the server.
    """
    with command.within(_SECONDS):
        registry = _open(place, offline=offline)
        trust = RepositoryTrust(is_own=registry.repo.is_own and believes, follow_imports=believes)
        _, located = get.find(registry, chosen.name, chosen.commit, trust)
        moment = registry.git.run(["show", "--no-patch", "--format=%ct", chosen.commit])
    files = PackedFiles((one.path or located.name, one) for one in located.contents)
    book, memory = kept
    small = SmallBlobs(memory.blobs, place.address, registry.repo, files)
    directory = located.name if located.is_directory else ""
    return LocatedVersion(chosen, registry.repo, files, commit_time(moment), book, small, memory, directory)


def _open(place: CatalogRepository, *, offline: bool) -> Registry:
    """Open a repository as it was fetched last; a file that a mirror lacks is fetched, unless all is offline."""
    try:
        registry = open_place(place, Way(_LONGEST, offline=True))
    except NotMirrored:
        if offline:
            raise
        return open_place(place, Way(_LONGEST))
    if not offline:
        registry.repo = with_network(registry.repo)
    return registry
