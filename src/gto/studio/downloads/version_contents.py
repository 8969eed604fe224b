"""What can be downloaded of a version: one file, or all of them as an archive."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from urllib.parse import quote

from gto.exceptions import GTOException, NotFound
from gto.storage import urls as store_urls
from gto.storage.fetcher import Fetcher, shown
from gto.storage.location import Content, StoreObject
from gto.storage.store_kinds import open_store
from gto.studio.addresses import artifact_url, url
from gto.studio.downloads.archive_formats import KINDS, ArchiveFile, ArchiveKind, check_names
from gto.studio.downloads.file_bytes import FileReader
from gto.studio.downloads.file_digests import DigestTaker, remember
from gto.studio.downloads.located_version import ChosenVersion, LocatedVersion
from gto.studio.downloads.sending import Sendable, etag_of
from gto.studio.downloads.small_blobs import AheadFetcher
from gto.studio.lasting.stored_objects import ObjectFacts, key_of

SIGNED_SECONDS = 3600
"""How long a link holds that needs no login."""

_BYTES = "application/octet-stream"  # whatever it is: nothing is shown, all is saved


def file_of(found: LocatedVersion, path: str) -> Sendable:
    """Return one file of a version."""
    content = found.find(path)
    fetcher = _fetcher(found)
    asked = DigestTaker(found, fetcher, [content]) if content.size is None else None
    size = asked.size(content) if asked else content.size
    mark = key_of(content)

    def read_all() -> Iterator[bytes]:
        fetcher.prepare([content])
        taker = asked or DigestTaker(found, fetcher, [content])
        with closing(taker.read(content, size)) as chunks:
            yield from chunks
        taker.close()

    def read_part(start: int, end: int) -> Iterator[bytes]:
        if (start, end) == (0, size):
            return read_all()
        fetcher.prepare([content])
        return FileReader(fetcher, content, start, end).chunks()

    return Sendable(
        path,
        _BYTES,
        f'"{mark.replace(":", "-")}"' if mark else None,
        size,
        read_all,
        read_part,
    )


def archive_of(found: LocatedVersion, kind: ArchiveKind) -> Sendable:
    """Return all files of a version as an archive; UnsafePath where a name would lead out of it.

    Its size is known, and parts of it can be had, once it was made.
    """
    check_names(path for path, _ in found.files)
    etag = _archive_tag(found, kind)
    read = partial(_noted, found, kind, etag)
    size = _known_archive(found, kind, etag).size
    name = f"{found.chosen.label}.{kind.ending}"
    return Sendable(name, kind.media_type, etag, size, read, partial(_part_of, read) if size is not None else None)


def archive_digest(found: LocatedVersion, kind: ArchiveKind) -> str:
    """Return the SHA-256 of an archive; all of it is made where that is not known."""
    check_names(path for path, _ in found.files)
    etag = _archive_tag(found, kind)
    known, digest = _known_archive(found, kind, etag).sha256, hashlib.sha256()
    if known is None:
        for chunk in _noted(found, kind, etag):
            digest.update(chunk)
    return known or digest.hexdigest()


def _archive_tag(found: LocatedVersion, kind: ArchiveKind) -> str | None:
    marks = [key_of(content) for _, content in found.files]
    paths = [path for path, _ in found.files]
    return etag_of(kind.ending, found.chosen.commit, *paths, *(str(mark) for mark in marks)) if all(marks) else None


def _archive_key(kind: ArchiveKind, etag: str) -> str:
    """Return under which key an archive is known: another zlib makes other bytes of the same files."""
    packer = f"-{zlib.ZLIB_RUNTIME_VERSION}" if kind.ending.endswith("gz") else ""
    return f"archive:{etag.strip(chr(34))}{packer}"


def _known_archive(found: LocatedVersion, kind: ArchiveKind, etag: str | None) -> ObjectFacts:
    """Return what is known of an archive that was made before."""
    return found.objects.read_facts(_archive_key(kind, etag)) if etag else ObjectFacts()


def _noted(found: LocatedVersion, kind: ArchiveKind, etag: str | None) -> Iterator[bytes]:
    """Yield an archive, and write down what it was."""
    digest, size = hashlib.sha256(), 0
    for chunk in _packed(found, kind):
        digest.update(chunk)
        size += len(chunk)
        yield chunk
    if etag:
        remember(found.objects, {_archive_key(kind, etag): ObjectFacts(size, digest.hexdigest())})


def _part_of(read: Callable[[], Iterator[bytes]], start: int, end: int) -> Iterator[bytes]:
    """Yield a part of what is made from its beginning each time; nothing for each step of the way there."""
    at = 0
    for chunk in read():
        yield chunk[max(start - at, 0) : max(end - at, 0)]
        at += len(chunk)
        if at >= end:
            return


def _packed(found: LocatedVersion, kind: ArchiveKind) -> Iterator[bytes]:
    fetcher = _fetcher(found)
    contents = [content for _, content in found.files]
    fetcher.prepare(contents)
    taker = DigestTaker(found, fetcher, contents)
    files = (_archived(taker, path, content) for path, content in found.files)
    try:
        yield from (chunk for chunk in kind.pack(files, found.time) if chunk)
    finally:
        taker.close()


def _archived(taker: DigestTaker, path: str, content: Content) -> ArchiveFile:
    return ArchiveFile(
        path,
        content.is_executable,
        partial(taker.size, content),
        partial(taker.read, content),
        shown(content.sources[0]) if content.sources else path,
    )


def _fetcher(found: LocatedVersion) -> Fetcher:
    return AheadFetcher(found.repository, found.small)


def archive_kind(ending: str) -> ArchiveKind:
    """Return the format of an ending, or raise NotFound."""
    found = next((one for one in KINDS if one.ending == ending), None)
    if found is None:
        raise NotFound(f"There is no archive '.{ending}'", f"one of {', '.join(one.ending for one in KINDS)}")
    return found


def presigned(found: LocatedVersion, path: str, seconds: int) -> str | None:
    """Return a URL at which a store has a file itself, signed for so long; None where it cannot, or has it not."""
    for source in found.find(path).sources:
        if not isinstance(source, StoreObject) or source.version or not store_urls.scheme(source.store.url):
            continue
        try:
            store = open_store(source.store)
            signed = store.sign(source.key, seconds)
            if signed is not None:
                store.stat(source.key)
                return signed
        except GTOException:  # it is streamed, from wherever it is
            continue
    return None


def file_url(chosen: ChosenVersion, path: str) -> str:
    """Return the address of a file."""
    page = f"file/{quote(path, errors='replace')}"
    return url(artifact_url(chosen.repo, chosen.name, page), version=chosen.version)


def archive_url(chosen: ChosenVersion, kind: ArchiveKind) -> str:
    """Return the address of an archive."""
    return url(artifact_url(chosen.repo, chosen.name, f"archive.{kind.ending}"), version=chosen.version)
