"""Digests of files, taken while their bytes pass, and written down where all of them came."""

import hashlib
import logging
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from gto.storage.fetcher import Fetcher
from gto.storage.location import Content
from gto.studio.downloads.file_bytes import read_size
from gto.studio.downloads.located_version import LocatedVersion
from gto.studio.index.database import reason_of
from gto.studio.lasting.stored_objects import KnownObject, ObjectBook, ObjectFacts, key_of

LOG = logging.getLogger("gto.studio")

MOST_SMALL = 10 << 20
"""Bytes up to which a file's id in Git and its MD5 are taken too: who asks for those of larger ones has SHA-256."""

_MANY = 100  # files of which digests are written down together


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None:
        """Take more bytes."""

    def hexdigest(self) -> str:
        """Return the digest."""


class DigestTaker:
    """Reads whole files of one version, and writes down which digests their bytes have."""

    def __init__(self, found: LocatedVersion, fetcher: Fetcher, contents: Iterable[Content]) -> None:
        self._book: ObjectBook = found.objects
        self._verified = found.kept.verified
        self._fetcher = fetcher
        self._read: dict[str, ObjectFacts] = {}
        self._known: dict[str, KnownObject] = {}
        try:
            self._known = self._book.known(contents)
        except (OSError, SQLAlchemyError) as error:
            _warn(error)

    def size(self, content: Content) -> int | None:
        """Return how many bytes a file has; where neither Git nor who read it says so, its places are asked."""
        known = self._known.get(key_of(content) or "")
        if content.size is None and known is not None and known.is_read and known.facts.size is not None:
            return known.facts.size
        return read_size(self._fetcher, content)

    def read(self, content: Content, size: int | None) -> Generator[bytes, None, None]:
        """Yield all bytes of a file, the last of them only when all are what was promised."""
        chunks = self._verified.read(self._fetcher, content, size)
        key = key_of(content)
        known = self._known.get(key or "")
        if key is None or size is None or known is None or (known.is_read and known.facts.sha256):
            return chunks
        return self._take(key, known, chunks, size)

    def _take(
        self, key: str, known: KnownObject, chunks: Generator[bytes, None, None], size: int
    ) -> Generator[bytes, None, None]:
        hashes = _hashes(known.facts, size)
        with closing(chunks):
            for chunk in chunks:
                for one in hashes.values():
                    one.update(chunk)
                yield chunk
        # All of them came, and are what the key promises: it is raised otherwise.
        self._read[key] = ObjectFacts(size, **{name: one.hexdigest() for name, one in hashes.items()}).over(known.facts)
        if len(self._read) >= _MANY:
            self.close()

    def close(self) -> None:
        """Write down what was read; a download does not fail because that cannot be."""
        read, self._read = self._read, {}
        remember(self._book, read)


def remember(book: ObjectBook, read: Mapping[str, ObjectFacts]) -> None:
    """Write down what was read; where that cannot be, the log says so."""
    try:
        book.remember_read(read)
    except (OSError, SQLAlchemyError) as error:
        _warn(error)


def _hashes(known: ObjectFacts, size: int) -> dict[str, _Hash]:
    """Return what computes the digests that are not known."""
    found: dict[str, _Hash] = {} if known.sha256 else {"sha256": hashlib.sha256()}
    if size <= MOST_SMALL and not known.git:
        found["git"] = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    if size <= MOST_SMALL and not known.md5:
        found["md5"] = hashlib.md5(usedforsecurity=False)
    return found


def _warn(error: Exception) -> None:
    LOG.warning("digests of files cannot be kept: %s", reason_of(error))


def digests_of(found: LocatedVersion) -> dict[str, ObjectFacts]:
    """Return by path what is known of a version's files, without reading any; of one of a plain URL nothing is."""
    known = found.objects.known(content for _, content in found.files)
    facts = {path: known.get(key_of(content) or "") for path, content in found.files}
    return {path: one.facts if one else ObjectFacts() for path, one in facts.items()}


def digest_files(found: LocatedVersion) -> int:
    """Read the files of a version whose SHA-256 is not known, each whole, and return how many that were.

    It may take hours: it is work of a job, which may be ended and begun again. What is wrong with a file is raised as
    `gto get` raises it.
    """
    known = found.objects.known(content for _, content in found.files)
    missing: dict[str, Content] = {}
    for _, content in found.files:
        key = key_of(content)
        if key is not None and not known[key].facts.sha256:
            missing.setdefault(key, content)
    fetcher = Fetcher(found.repository, lambda _: None)
    fetcher.prepare(missing.values())
    taker = DigestTaker(found, fetcher, missing.values())
    try:
        for content in missing.values():
            with closing(taker.read(content, taker.size(content))) as chunks:
                for _ in chunks:
                    pass
    finally:
        taker.close()
    return len(missing)
