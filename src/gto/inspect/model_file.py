"""A file of a model: bytes at any place, read in blocks that grow while the reading goes on, within limits."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK = 1 << 10
"""Bytes that are asked for after a jump: readers of large files jump from header to header."""
AHEAD = 1 << 16
"""The most that is asked for at a time where the reading goes on: each answer of a server costs a round trip."""
_KEPT = 4096  # blocks, 4 MiB
_AT_ONCE = 1 << 27  # bytes: the parent, which has no limits, holds what it reads in memory

ReadAt = Callable[[int, int], bytes]
"""Returns the bytes at an offset: as many as are asked for, fewer only at the end."""


class UnreadableModel(Exception):
    """The file is not what its format says, or a limit is reached; the text says which."""


class Allowance:
    """How much may still be read or unpacked: shared by all files that one reading opens."""

    def __init__(self, read: int, unpacked: int) -> None:
        """Keep how many bytes may be read from where the files are, and how many may come of unpacking."""
        self._read, self._unpacked = read, unpacked
        self._left = {"read": read, "unpacked": unpacked}

    def take_read(self, count: int) -> None:
        """Count bytes that are about to be read."""
        self._take("read", count, self._read)

    def take_unpacked(self, count: int) -> None:
        """Count bytes that came of unpacking."""
        self._take("unpacked", count, self._unpacked)

    def _take(self, kind: str, count: int, limit: int) -> None:
        self._left[kind] -= count
        if self._left[kind] < 0:
            raise UnreadableModel(f"more than {limit:,} bytes would have to be {kind}")


class ModelFile:
    """Bytes at any place of a file."""

    def __init__(self, name: str, size: int, read_at: ReadAt, allowance: Allowance) -> None:
        """Keep where the bytes come from; nothing is read yet."""
        self.name = name
        self.size = size
        self.allowance = allowance
        self._read_at = read_at
        self._blocks: dict[int, bytes] = {}
        self._next = -1  # the block after those that were asked for last
        self._ahead = 1  # how many blocks were asked for

    def read(self, start: int, count: int) -> bytes:
        """Return the bytes at an offset; what is not there is an error."""
        if start < 0 or count < 0 or start + count > self.size:
            raise UnreadableModel(f"{self.name} ends at byte {self.size:,}, before byte {start + count:,}")
        if count > _AT_ONCE:
            raise UnreadableModel(f"{count:,} bytes would have to be read at once, and GTO reads {_AT_ONCE:,}")
        if count > AHEAD:
            self.allowance.take_read(count)
            return self._exactly(start, count)
        first, last = start // BLOCK, (start + max(count, 1) - 1) // BLOCK
        if first == last:
            return self._block(first, first)[start - first * BLOCK :][:count]
        data = b"".join([self._block(number, last) for number in range(first, last + 1)])
        return data[start - first * BLOCK :][:count]

    def head(self, count: int) -> bytes:
        """Return the first bytes, fewer where the file is shorter."""
        return self.read(0, min(count, self.size))

    def window(self, name: str, start: int, size: int) -> "ModelFile":
        """Return a part of the file as a file: a member of an archive that is stored as it is."""
        if start < 0 or size < 0 or start + size > self.size:
            raise UnreadableModel(f"{name} does not lie within {self.name}")
        return ModelFile(name, size, lambda at, count: self.read(start + at, count), _UNLIMITED)

    def open(self) -> io.BufferedReader:
        """Return the file as Python's libraries read files; it can be sought in."""
        return io.BufferedReader(_Raw(self), AHEAD)

    def _block(self, number: int, last: int) -> bytes:
        """Return a block, asked for with those after it as far as `last`, and with more where the reading goes on."""
        if number not in self._blocks:
            self._ahead = min(self._ahead * 2, AHEAD // BLOCK) if number == self._next else 1
            self._ahead = max(self._ahead, last - number + 1)
            self._fetch(number, self._ahead)
            self._next = number + self._ahead
        return self._blocks[number]

    def _fetch(self, first: int, blocks: int) -> None:
        start = first * BLOCK
        count = min(blocks * BLOCK, self.size - start)
        self.allowance.take_read(count)
        found = self._exactly(start, count)
        for at in range(0, max(count, 1), BLOCK):
            self._blocks.pop((start + at) // BLOCK, None)
            self._blocks[(start + at) // BLOCK] = found[at : at + BLOCK]
        while len(self._blocks) > _KEPT:
            del self._blocks[next(iter(self._blocks))]

    def _exactly(self, start: int, count: int) -> bytes:
        data = self._read_at(start, count)
        if len(data) != count:
            raise UnreadableModel(f"{self.name} is shorter than its {self.size:,} bytes")
        return data


_UNLIMITED = Allowance(1 << 62, 1 << 62)


def file_of_bytes(name: str, data: bytes) -> ModelFile:
    """Return bytes that are in memory as a file."""
    return ModelFile(name, len(data), lambda at, count: data[at : at + count], _UNLIMITED)


class _Raw(io.RawIOBase):
    def __init__(self, file: ModelFile) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence], 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        count = min(len(view), max(self._file.size - self._at, 0))
        view[:count] = self._file.read(self._at, count)
        self._at += count
        return count
