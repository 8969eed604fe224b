"""Archives that are written while they are sent, of the same bytes each time: sorted, with one time and fixed modes."""

import io
import re
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import NamedTuple

from gto.exceptions import RemoteUnreachable, UnsafePath
from gto.storage.target_paths import check_paths

_MODE, _EXECUTABLE = 0o644, 0o755
_GZIP = 16 + zlib.MAX_WBITS  # what zlib calls the format; its header has no time then
_LEVEL = 1  # weights hardly shrink, and more takes ten times as long
_FIRST_TIME = 315_532_800  # 1980, with which the times of ZIP begin
_LAST_TIME = 4_354_819_198
_DRIVE_RE = re.compile("[A-Za-z]:")


class ArchiveFile(NamedTuple):
    """A file as it stands in an archive."""

    path: str
    is_executable: bool
    read_size: Callable[[], int | None]
    read: Callable[[int | None], Generator[bytes, None, None]]
    """Yields all bytes, checked, given their number."""
    place: str
    """For errors."""


Pack = Callable[[Iterable[ArchiveFile], int], Iterator[bytes]]
"""Yields the bytes of an archive of these files, each of which gets the same time."""


def check_names(paths: Iterable[str]) -> None:
    """Raise UnsafePath for a path that leaves the directory into which somebody unpacks it, on whatever system."""
    checked = list(paths)
    check_paths(checked)
    for path in checked:
        if _DRIVE_RE.match(path):
            raise UnsafePath(path, "begins as a drive of Windows does")
        if not path.isascii() and path != path.encode("utf-8", "replace").decode():
            raise UnsafePath(path.encode("utf-8", "replace").decode(), "is no text, so that archives cannot name it")


def pack_tar(files: Iterable[ArchiveFile], seconds: int) -> Iterator[bytes]:
    """Yield a tar archive in the format of POSIX."""
    for one in files:
        size = one.read_size()
        if size is None:
            raise RemoteUnreachable(one.place, "nothing tells its size, and tar begins with that", "take the .zip")
        info = tarfile.TarInfo(one.path)
        info.size, info.mtime = size, seconds
        info.mode = _EXECUTABLE if one.is_executable else _MODE
        yield info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
        with closing(one.read(size)) as chunks:
            yield from chunks
        yield bytes(-size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def pack_tar_gz(files: Iterable[ArchiveFile], seconds: int) -> Iterator[bytes]:
    """Yield a tar archive, compressed."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    for chunk in pack_tar(files, seconds):
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def pack_zip(files: Iterable[ArchiveFile], seconds: int) -> Iterator[bytes]:
    """Yield a ZIP archive, whose files are not compressed."""
    sink = _Sink()
    moment = time.gmtime(min(max(seconds, _FIRST_TIME), _LAST_TIME))
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for one in files:
            info = zipfile.ZipInfo(one.path, moment[:6])
            info.create_system = 3  # Unix, whatever this is
            info.external_attr = (0o100000 | (_EXECUTABLE if one.is_executable else _MODE)) << 16
            with archive.open(info, "w", force_zip64=True) as entry, closing(one.read(one.read_size())) as chunks:
                for chunk in chunks:
                    entry.write(chunk)
                    yield sink.take()
            yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """Takes what an archive writes, which is sent on."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # what zipfile writes are bytes
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """Return what was written since."""
        found = b"".join(self._parts)
        self._parts.clear()
        return found


class ArchiveKind(NamedTuple):
    """A format of archives."""

    ending: str
    media_type: str
    pack: Pack


KINDS = (
    ArchiveKind("tar.gz", "application/gzip", pack_tar_gz),
    ArchiveKind("tar", "application/x-tar", pack_tar),
    ArchiveKind("zip", "application/zip", pack_zip),
)
"""The formats; of endings one of which ends the other, the longer comes first."""


def kind_of(name: str) -> ArchiveKind | None:
    """Return the format of a file's name; None where it is no archive."""
    return next((one for one in KINDS if name.endswith(f".{one.ending}")), None)
