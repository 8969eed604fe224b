"""What is kept between two reads of remote repositories: files of commits, up to a size, and what was made anew."""

import time
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from gto.git.objects import GitObject

_EACH = 256  # bytes that an entry takes beside its content
_MOST_MENDED = 1000
_PAUSE = 300.0


class FileKey(NamedTuple):
    """A file that stays what it is: the directory of a mirror, and `commit:path`."""

    directory: str
    name: str


class Session:
    """What one caller keeps; several registries and threads may share it, and none keeps more than `most` bytes."""

    def __init__(self, most: int = 64 << 20, pause: float = _PAUSE) -> None:
        """`most` bounds the files that are kept, in bytes; a mirror is made anew at most once in `pause` seconds."""
        self._most = most
        self._pause = pause
        self._lock = Lock()
        self._files: OrderedDict[FileKey, GitObject | None] = OrderedDict()
        self._size = 0
        self._mended: OrderedDict[str, float] = OrderedDict()

    def recall(self, key: FileKey) -> tuple[GitObject | None] | None:
        """Return what is kept of a file in a tuple, because it may be known not to be there; None for nothing."""
        with self._lock:
            if key not in self._files:
                return None
            self._files.move_to_end(key)
            return (self._files[key],)

    def keep(self, key: FileKey, found: GitObject | None) -> None:
        """Keep a file; those that were asked for longest ago make room."""
        with self._lock:
            if key not in self._files:
                self._size += _weight(found)
                self._files[key] = found
            while self._size > self._most:
                self._size -= _weight(self._files.popitem(last=False)[1])

    def may_mend(self, directory: str) -> bool:
        """Tell whether a mirror may be made anew; one that just was, and is still damaged, has it from the remote."""
        with self._lock:
            return time.monotonic() - self._mended.get(directory, float("-inf")) >= self._pause

    def mended(self, directory: str) -> None:
        """Note that a mirror was made anew just now."""
        with self._lock:
            self._mended[directory] = time.monotonic()
            self._mended.move_to_end(directory)
            if len(self._mended) > _MOST_MENDED:
                self._mended.popitem(last=False)


def _weight(found: GitObject | None) -> int:
    return _EACH + len((found.body or b"") if found is not None else b"")
