"""One file of data; of one in a store only the ranges that pyarrow asks for are fetched."""

import os
from typing import NamedTuple

from gto.storage.location import Content
from gto.storage.ranged import RangedFile, RangedFiles


class RangedInput:
    """What Python's binary files answer, as far as pyarrow asks."""

    closed = False

    def __init__(self, content: Content) -> None:
        """Nothing is asked of the store yet."""
        self._files = RangedFiles([content])
        self._file: RangedFile = self._files.open(content)
        self._size: int | None = None
        self._at = 0

    def read(self, count: int = -1) -> bytes:
        """Return so many bytes, fewer only at the end."""
        left = max(self.size() - self._at, 0)
        found = self._file.read(self._at, left if count < 0 else min(count, left))
        self._at += len(found)
        return found

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, and return it."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size()}[whence]
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def size(self) -> int:
        """Return how many bytes there are; the store is asked once."""
        if self._size is None:
            self._size = self._file.size()
        return self._size

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that any place can be gone to."""
        return True

    def writable(self) -> bool:
        """Tell that it is not written to."""
        return False

    def flush(self) -> None:
        """Do nothing: there is nothing to write."""

    def close(self) -> None:
        """Let go of it."""
        self.closed = True


class SourceFile(NamedTuple):
    """One file of the input."""

    name: str
    """As it is shown: a path, or a URL without what is secret in it."""
    kind: str
    """`csv`, `json`, `parquet` or `npy`."""
    place: str | Content
    """The absolute path, so that other processes find it; or where it is in a store."""

    @property
    def is_local(self) -> bool:
        """Tell whether it is a file of this machine."""
        return isinstance(self.place, str)

    def opened(self) -> str | RangedInput:
        """Return what pyarrow takes: the path, or an open file."""
        return self.place if isinstance(self.place, str) else RangedInput(self.place)

    def stamp(self) -> str:
        """Return what is another text when the file has changed; of a store's file its size and its end tell."""
        if isinstance(self.place, str):
            found = os.stat(self.place)
            return f"{self.place} {found.st_size} {found.st_mtime_ns}"
        from hashlib import blake2b

        file = RangedInput(self.place)
        file.seek(max(file.size() - _END, 0))
        return f"{self.name} {file.size()} {blake2b(file.read(), digest_size=16).hexdigest()}"


_END = 1 << 16
"""Bytes: Parquet has its statistics there."""
