"""The bytes of one file, from the first of its sources that has them right."""

import os
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from threading import Event, Lock
from typing import TYPE_CHECKING, Protocol

from gto.backoff import Backoff
from gto.exceptions import (
    ChecksumMismatch,
    ContentMissing,
    FileTooLarge,
    GTOException,
    RemoteUnreachable,
    TargetUnwritable,
)
from gto.git.repo import Repo
from gto.storage.location import Content, GitBlob, LfsObject, Source, StoreAddress, StoreObject
from gto.storage.store import Store
from gto.storage.store_kinds import open_store

if TYPE_CHECKING:
    from gto.storage.lfs_server import LfsServers

TRIES = 5
"""How often in a row a store is asked again that brings nothing new."""
_PROGRESS = 64 << 10  # bytes: a try that brought less brought nothing
_FIRST_WAIT, _LONGEST_WAIT = 0.3, 7.5  # seconds


class Stopped(Exception):
    """The download ends because another file of it failed."""


class FilePart(Protocol):
    """Bytes of one file that grow to what it must be: on disk, or in memory."""

    content: Content
    path: str
    """For errors: where the file will be."""

    @property
    def size(self) -> int:
        """Bytes that are there."""

    def append(self, data: bytes) -> None:
        """Take more bytes."""

    def restart(self) -> None:
        """Forget all bytes."""

    def expect(self, size: int) -> None:
        """Take note of how many bytes there will be."""

    def digest(self) -> str | None:
        """Return the digest of all bytes; None where nobody promised one."""


class Fetcher:
    """Fills parts; many threads use one."""

    def __init__(self, repo: Repo | None, advance: Callable[[int], None]) -> None:
        self.notes: list[str] = []
        """What went wrong on the way, although the download goes on."""
        self.stop = Event()
        self._repo = repo
        self._advance = advance
        self._lock = Lock()
        self._stores: dict[object, Store] = {}
        self._lfs: LfsServers | None = None

    def prepare(self, contents: Iterable[Content]) -> None:
        """Ask each Git LFS server once for all that it will be asked for."""
        missing = [one for one in contents if not is_here(one)]
        objects = [source for one in missing for source in one.sources if isinstance(source, LfsObject)]
        if objects:
            self._servers().prepare(objects)

    def _servers(self) -> "LfsServers":
        if self._lfs is None:
            from gto.storage.lfs_server import LfsServers  # it speaks HTTP, which takes ten milliseconds to import

            self._lfs = LfsServers(self._repo)
        return self._lfs

    def fill(self, part: FilePart) -> None:
        """Bring all bytes of a part; those of a source that is wrong are thrown away, and the next is tried."""
        self._advance(part.size)
        name = part.content.path or os.path.basename(part.path)
        failures: list[GTOException] = []
        for source in part.content.sources:
            try:
                self._fill_from(part, source)
            except (FileTooLarge, TargetUnwritable):
                raise
            except GTOException as error:
                failures.append(error)
                if not isinstance(error, ContentMissing) and source != part.content.sources[-1]:
                    self.notes.append(f"{error.message}; the next place is tried")
            else:
                return
        raise telling(failures) or ContentMissing(name, "nothing says where it is")

    def chunks(
        self, source: StoreObject | LfsObject, start: int, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """Yield what a store has of a file from `start` on, up to before `end`."""
        if isinstance(source, StoreObject):
            found = self._store(source.store).read(source.key, source.version, start, end)
        else:
            found = self._servers().read(source, start, end)
        with closing(found):  # a server is let go of at once, also where the rest is not wanted any more
            yield from found

    def size(self, source: StoreObject) -> int | None:
        """Return how many bytes a store says that a file has; None where it does not tell."""
        return self._store(source.store).stat(source.key, source.version)

    def blob(self, source: GitBlob) -> Generator[tuple[int, Generator[bytes, None, None]], None, None]:
        """Yield once the size and the bytes of a blob, which is fetched where the clone lacks it."""
        from gto.git.blob_stream import have_blobs, stream_blobs

        repo = self.repo_of(source)
        have_blobs(repo, [source.oid])
        with closing(stream_blobs(repo, [source.oid])) as blobs:
            yield next(blobs)

    def repo_of(self, blob: GitBlob) -> Repo:
        """Return the repository that has a blob."""
        found = blob.repo or self._repo
        if found is None:
            raise ContentMissing(f"git:{blob.oid}", "open the repository that has it")
        return found

    def _fill_from(self, part: FilePart, source: Source) -> None:
        was_there = part.size
        self._pour_all(part, source)
        try:
            verify(part, shown(source))
        except ChecksumMismatch:
            self.restart(part)
            if not was_there:
                raise
            # What an earlier run left may be what is wrong.
            self._pour_all(part, source)
            try:
                verify(part, shown(source))
            except ChecksumMismatch:
                self.restart(part)
                raise

    def _pour_all(self, part: FilePart, source: Source) -> None:
        tries = 0
        while True:
            before = part.size
            try:
                self._pour(part, source)
            except RemoteUnreachable as error:
                tries = 1 if part.size - before >= _PROGRESS else tries + 1
                if not error.passing or tries >= TRIES:
                    raise
                if self.stop.wait(pause(tries)):
                    raise Stopped from error
            else:
                return

    def _pour(self, part: FilePart, source: Source) -> None:
        """Append what a source has beyond what is there."""
        size = part.content.size
        if size is not None and part.size > size:
            self.restart(part)
        if size is not None and part.size == size and size:
            return
        if isinstance(source, GitBlob):
            with closing(self.blob(source)) as blobs:
                self.take_blob(part, *next(blobs))
            return
        if isinstance(source, StoreObject) and part.size and part.content.digest is None and source.version is None:
            self.restart(part)  # it may be another file by now, and no hash would tell
        with closing(self.chunks(source, part.size)) as chunks:
            self._take(part, chunks, size)

    def take_blob(self, part: FilePart, size: int, chunks: Iterable[bytes]) -> None:
        """Fill a part with a blob, from its beginning."""
        self.restart(part)
        part.expect(size)
        self._take(part, chunks, size)

    def _take(self, part: FilePart, chunks: Iterable[bytes], size: int | None) -> None:
        if size is not None or (part.content.digest and part.content.digest.algorithm != "git"):
            part.expect(size or 0)
        for chunk in chunks:
            if self.stop.is_set():
                raise Stopped
            part.append(chunk)
            self._advance(len(chunk))
            if size is not None and part.size > size:
                return  # it is wrong already; there may be no end of it

    def restart(self, part: FilePart) -> None:
        """Throw away what came."""
        self._advance(-part.size)
        part.restart()

    def _store(self, where: StoreAddress) -> Store:
        key = (where.url, tuple(sorted(where.options.items())), where.trusted, where.allow_local, where.allowed)
        with self._lock:
            if key not in self._stores:
                self._stores[key] = open_store(where)
            return self._stores[key]


def is_here(content: Content) -> bool:
    """Tell whether the first place to look is a file of this machine, or a directory that has one of that name."""
    first = content.sources[0] if content.sources else None
    if not isinstance(first, StoreObject) or not os.path.isabs(first.store.url):
        return False
    return os.path.isfile(os.path.join(first.store.url, *filter(None, first.key.split("/"))))


def pause(tries: int) -> float:
    """Return how many seconds a store that failed is left alone, after so many tries."""
    return Backoff(_FIRST_WAIT, _LONGEST_WAIT).wait(tries)


def telling(failures: Sequence[GTOException]) -> GTOException | None:
    """Return what says most of why no source had a file: the first that says more than that one has it not."""
    others = [error for error in failures if not isinstance(error, ContentMissing)]
    return next(iter([*others, *failures[-1:]]), None)


def verify(part: FilePart, place: str) -> None:
    """Raise ChecksumMismatch where a part is not what was promised."""
    size, digest = part.content.size, part.content.digest
    if size is not None and part.size != size:
        found = f"more than {size} bytes" if part.size > size else f"{part.size} bytes"
        raise ChecksumMismatch(place, f"{size} bytes", found)
    value = part.digest()
    if digest is not None and value != digest.value:
        raise ChecksumMismatch(place, f"{digest.algorithm} {digest.value}", f"{digest.algorithm} {value}")


def shown(source: Source) -> str:
    """Return the address of a source, without what is secret."""
    from gto.storage import urls

    match source:
        case GitBlob():
            return f"git:{source.oid}"
        case StoreObject():
            return urls.join(urls.shown(source.store.url), source.key)
        case LfsObject():
            return f"{urls.shown(source.endpoint)}/objects/{source.oid}"
