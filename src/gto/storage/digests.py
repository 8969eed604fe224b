"""SHA-256 of files wherever they are: known where that was promised, else of bytes that stream by once."""

import hashlib
from collections.abc import Sequence
from contextlib import closing
from threading import Lock

from gto.git.repo import Repo
from gto.storage.download import JOBS, Progress
from gto.storage.fetcher import Fetcher, is_here, shown, verify
from gto.storage.hashing import Hasher, hasher
from gto.storage.location import Content, GitBlob


def sha256_of(contents: Sequence[Content], repo: Repo | None, progress: Progress | None = None) -> dict[str, str]:
    """Return the SHA-256 of files by path, each read at most once and held against what was promised of it.

    ChecksumMismatch is raised where a file is not what its own digest says.
    """
    unread = [one for one in contents if one.digest is None or one.digest.algorithm != "sha256"]
    known = {one.path: one.digest.value for one in contents if one.digest and one.digest.algorithm == "sha256"}
    return known | (_DigestReader(repo, unread, progress).read() if unread else {})


class _DigestReader:
    """One reading of files."""

    def __init__(self, repo: Repo | None, contents: Sequence[Content], progress: Progress | None) -> None:
        self._contents = contents
        self._progress = progress
        self._lock = Lock()
        self._fetcher = Fetcher(repo, self._advance)
        if progress is not None:
            sizes = [one.size for one in contents]
            progress.total = None if None in sizes else sum(size or 0 for size in sizes)

    def read(self) -> dict[str, str]:
        """Read them all: the blobs of Git by one process, what comes from afar by many threads."""
        blobs = [one for one in self._contents if _is_blob(one)]
        others = [one for one in self._contents if not _is_blob(one)]
        self._fetcher.prepare(others)
        found = self._read_blobs(blobs) if blobs else {}
        if len(others) <= 1 or all(map(is_here, others)):
            return {**found, **{one.path: self._read_one(one) for one in others}}
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(JOBS, thread_name_prefix="gto-sha256") as pool:
            try:
                digests = list(pool.map(self._read_one, others))
            except BaseException:
                self._fetcher.stop.set()
                raise
        return {**found, **dict(zip((one.path for one in others), digests, strict=True))}

    def _read_one(self, content: Content) -> str:
        part = _HashedPart(content)
        self._fetcher.fill(part)
        return part.sha256()

    def _read_blobs(self, contents: Sequence[Content]) -> dict[str, str]:
        from gto.git.blob_stream import have_blobs, stream_blobs

        found: dict[str, str] = {}
        groups: dict[str, tuple[Repo, list[tuple[Content, GitBlob]]]] = {}
        for one in contents:
            blob = one.sources[0]
            assert isinstance(blob, GitBlob)  # noqa: S101  the caller chose them so
            repo = self._fetcher.repo_of(blob)
            groups.setdefault(repo.common_dir, (repo, []))[1].append((one, blob))
        for repo, members in groups.values():
            oids = [blob.oid for _, blob in members]
            have_blobs(repo, oids)
            with closing(stream_blobs(repo, oids)) as blobs:
                for (one, blob), (size, chunks) in zip(members, blobs, strict=True):
                    part = _HashedPart(one)
                    self._fetcher.take_blob(part, size, chunks)
                    verify(part, shown(blob))
                    found[one.path] = part.sha256()
        return found

    def _advance(self, count: int) -> None:
        if self._progress is not None and count:
            with self._lock:
                self._progress.advance(count)


def _is_blob(content: Content) -> bool:
    return bool(content.sources) and isinstance(content.sources[0], GitBlob)


class _HashedPart:
    """A file of which only the digests are kept."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.path = content.path
        self.restart()

    def restart(self) -> None:
        self.size = 0
        self._sha256 = hashlib.sha256()
        self._promised: Hasher | None = None

    def expect(self, size: int) -> None:
        if self._promised is None and self.content.digest is not None:
            self._promised = hasher(self.content.digest, size)

    def append(self, data: bytes) -> None:
        self.size += len(data)
        self._sha256.update(data)
        if self._promised is not None:
            self._promised.update(data)

    def digest(self) -> str | None:
        return self._promised.hexdigest() if self._promised is not None else None

    def sha256(self) -> str:
        return self._sha256.hexdigest()
