"""Small files read into memory, many at a time: each from the first of its sources that has it right."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from gto.exceptions import FileTooLarge, GTOException
from gto.git.repo import Repo
from gto.storage.fetcher import Fetcher, shown
from gto.storage.hashing import hasher
from gto.storage.location import Content, StoreObject

_JOBS = 16


class ReadFile(NamedTuple):
    """What became of a file."""

    data: bytes
    error: GTOException | None = None
    """Why there are no bytes."""


def read_contents(contents: Sequence[Content], largest: int, repo: Repo | None = None) -> list[ReadFile]:
    """Return what files hold, each checked; of one that cannot be read, or is larger than `largest` bytes, the error.

    `repo` has the blobs, where a file is one.
    """
    fetcher = Fetcher(repo, lambda _: None)

    def read(content: Content) -> ReadFile:
        part = _MemoryPart(content, largest)
        try:
            part.check_size(content.size or 0)
            fetcher.fill(part)
        except GTOException as error:
            return ReadFile(b"", error)
        return ReadFile(bytes(part.data))

    if len(contents) == 1 or all(map(_is_on_this_machine, contents)):
        return [read(content) for content in contents]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_JOBS) as pool:
        return list(pool.map(read, contents))


def _is_on_this_machine(content: Content) -> bool:
    """Tell whether threads would wait for nothing."""
    return all(isinstance(source, StoreObject) and os.path.isabs(source.store.url) for source in content.sources)


class _MemoryPart:
    """A file that grows in memory, up to a limit."""

    def __init__(self, content: Content, largest: int) -> None:
        self.content = content
        self.path = content.path
        self.data = bytearray()
        self._largest = largest

    @property
    def size(self) -> int:
        return len(self.data)

    def check_size(self, size: int, *, is_whole: bool = True) -> None:
        if size > self._largest:
            place = shown(self.content.sources[0]) if self.content.sources else self.path
            raise FileTooLarge(place, size if is_whole else None, self._largest)

    def append(self, data: bytes) -> None:
        self.check_size(self.size + len(data), is_whole=False)
        self.data += data

    def restart(self) -> None:
        self.data.clear()

    def expect(self, size: int) -> None:
        self.check_size(size)

    def digest(self) -> str | None:
        promised = self.content.digest
        if promised is None:
            return None
        found = hasher(promised, self.size)
        found.update(bytes(self.data))
        return found.hexdigest()
