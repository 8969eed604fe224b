"""Small files of Git's on their way: those that stand after one in its directory are read along, by one process."""

from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from threading import Lock

from gto.git.blob_stream import have_blobs, stream_blobs
from gto.git.repo import Repo
from gto.storage.fetcher import Fetcher
from gto.storage.location import Content, GitBlob

SMALL = 256 << 10
"""Bytes up to which a file is read along with others."""
_AHEAD = 4 << 20  # bytes that are read at once
_MOST_FILES = 100  # that are read at once
_KEPT = 32 << 20  # bytes of all versions


class BlobMemory:
    """The small files that were read last, of whatever version.

    They are kept by the repository that has them: a tree may name objects that are another's.
    """

    def __init__(self) -> None:
        self._bodies: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def find(self, repository: str, oid: str) -> bytes | None:
        """Return the bytes of an object that is kept."""
        with self._lock:
            body = self._bodies.get((repository, oid))
            if body is not None:
                self._bodies.move_to_end((repository, oid))
            return body

    def keep(self, repository: str, oid: str, body: bytes) -> None:
        """Keep an object; those that nobody asked for since are forgotten."""
        with self._lock:
            if (repository, oid) not in self._bodies:
                self._bodies[repository, oid] = body
                self._size += len(body)
            while self._size > _KEPT:
                self._size -= len(self._bodies.popitem(last=False)[1])


class SmallBlobs:
    """The small files of one version."""

    def __init__(
        self, memory: BlobMemory, address: str, repository: Repo, files: Sequence[tuple[str, Content]]
    ) -> None:
        """`address` is what no other repository has."""
        self._memory = memory
        self._address = address
        self._repository = repository
        self._sizes = dict(_small(files))
        self._turn = Lock()

    def find(self, oid: str) -> bytes | None:
        """Return the bytes of an object, and read what comes after it; None where it is large, or not of Git's."""
        if oid not in self._sizes:
            return None
        with self._turn:  # who asks at the same time wants what is being read
            body = self._memory.find(self._address, oid)
            if body is None:
                wanted = self._ahead(oid)
                have_blobs(self._repository, wanted)
                read = dict(zip(wanted, self._read(wanted), strict=True))
                for one, data in read.items():
                    self._memory.keep(self._address, one, data)
                body = read[oid]
        return body

    def _ahead(self, oid: str) -> list[str]:
        """Return an object and those after it that are not kept, as many as are read at once."""
        every = list(self._sizes)
        wanted, size = [oid], self._sizes[oid]
        for one in every[every.index(oid) + 1 :][: _MOST_FILES - 1]:
            size += self._sizes[one]
            if size > _AHEAD:
                break
            if self._memory.find(self._address, one) is None:
                wanted.append(one)
        return wanted

    def _read(self, oids: Sequence[str]) -> Iterator[bytes]:
        with closing(stream_blobs(self._repository, oids)) as blobs:
            for _, chunks in blobs:
                yield b"".join(chunks)


def _small(files: Sequence[tuple[str, Content]]) -> Iterator[tuple[str, int]]:
    for _, content in files:
        source = content.sources[0] if content.sources else None
        if isinstance(source, GitBlob) and source.repo is None and content.size is not None and content.size <= SMALL:
            yield source.oid, content.size


class AheadFetcher(Fetcher):
    """Brings files as its base does, and reads small ones of Git's along with others."""

    def __init__(self, repository: Repo, small: SmallBlobs) -> None:
        super().__init__(repository, lambda _: None)
        self._small = small

    def blob(self, source: GitBlob) -> Generator[tuple[int, Generator[bytes, None, None]], None, None]:
        """Yield once the size and the bytes of a blob."""
        body = self._small.find(source.oid) if source.repo is None else None
        if body is None:
            yield from super().blob(source)
        else:
            yield len(body), _whole(body)


def _whole(body: bytes) -> Generator[bytes, None, None]:
    if body:
        yield body
