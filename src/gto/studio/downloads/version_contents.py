"""What can be downloaded of a version: one file, or all of them as an archive."""

from collections.abc import Iterator
from functools import partial
from urllib.parse import quote

from gto.delivery.get import hash_of
from gto.exceptions import GTOException, NotFound
from gto.storage import urls as store_urls
from gto.storage.fetcher import Fetcher, shown
from gto.storage.location import Content, StoreObject
from gto.storage.store import open_store
from gto.studio.addresses import artifact_url, url
from gto.studio.downloads.archive_formats import KINDS, ArchiveFile, ArchiveKind, check_names
from gto.studio.downloads.file_bytes import FileReader, read_size, read_whole
from gto.studio.downloads.located_version import ChosenVersion, LocatedVersion
from gto.studio.downloads.sending import Sendable, etag_of

SIGNED_SECONDS = 3600
"""How long a link holds that needs no login."""

_BYTES = "application/octet-stream"  # whatever it is: nothing is shown, all is saved


def file_of(found: LocatedVersion, path: str) -> Sendable:
    """Return one file of a version."""
    content = found.find(path)
    fetcher = _fetcher(found)
    fetcher.prepare([content])
    size = read_size(fetcher, content)
    mark = hash_of(content)

    def read_part(start: int, end: int) -> Iterator[bytes]:
        if (start, end) == (0, size):
            return read_whole(fetcher, content, size)
        return FileReader(fetcher, content, start, end).chunks()

    return Sendable(
        path,
        _BYTES,
        f'"{mark.replace(":", "-")}"' if mark else None,
        size,
        partial(read_whole, fetcher, content, size),
        read_part,
    )


def archive_of(found: LocatedVersion, kind: ArchiveKind) -> Sendable:
    """Return all files of a version as an archive; UnsafePath where a name would lead out of it."""
    check_names(path for path, _ in found.files)
    marks = [hash_of(content) for _, content in found.files]
    paths = [path for path, _ in found.files]
    etag = etag_of(kind.ending, found.chosen.commit, *paths, *(str(mark) for mark in marks)) if all(marks) else None
    return Sendable(f"{found.chosen.label}.{kind.ending}", kind.media_type, etag, None, partial(_packed, found, kind))


def _packed(found: LocatedVersion, kind: ArchiveKind) -> Iterator[bytes]:
    fetcher = _fetcher(found)
    fetcher.prepare(content for _, content in found.files)
    files = (_archived(fetcher, path, content) for path, content in found.files)
    yield from (chunk for chunk in kind.pack(files, found.time) if chunk)


def _archived(fetcher: Fetcher, path: str, content: Content) -> ArchiveFile:
    return ArchiveFile(
        path,
        content.is_executable,
        partial(read_size, fetcher, content),
        partial(read_whole, fetcher, content),
        shown(content.sources[0]) if content.sources else path,
    )


def _fetcher(found: LocatedVersion) -> Fetcher:
    return Fetcher(found.repository, lambda _: None)


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
