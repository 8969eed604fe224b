"""The files of a version, in little memory: a listing of DVC's names many that differ in path and hash alone."""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import overload

from gto.dvc.output import key_of
from gto.storage.location import Content, Digest, StoreObject

_WHOLE = 700  # bytes that a file takes, about, which is kept as it is
_HASH = 16  # bytes
_MD5_RE = re.compile("[0-9a-f]{32}")


class PackedFiles(Sequence[tuple[str, Content]]):
    """Files by path, sorted; one that is like the others but for its path and hash is made anew for who asks."""

    def __init__(self, named: Iterable[tuple[str, Content]]) -> None:
        files = sorted(named, key=itemgetter(0))
        self._like = next((content for _, content in files if _md5(content)), None)
        self._paths = "".join(path for path, _ in files)
        self._ends = array("L", accumulate(len(path) for path, _ in files))
        self._whole: dict[int, Content] = {}
        hashes = bytearray()
        for number, (path, content) in enumerate(files):
            value = _md5(content)
            if self._like is None or value is None or _filled(self._like, path, value) != content:
                self._whole[number] = content
                value = bytes(_HASH)
            hashes += value
        self._hashes = bytes(hashes)

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return _WHOLE * len(self._whole) + len(self._paths) + (self._ends.itemsize + _HASH) * len(self)

    def find(self, path: str) -> Content | None:
        """Return the file of a path."""
        number = bisect_left(range(len(self)), path, key=self._path)
        return self._content(number) if number < len(self) and self._path(number) == path else None

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> tuple[str, Content]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[str, Content]]: ...
    def __getitem__(self, index: int | slice) -> tuple[str, Content] | Sequence[tuple[str, Content]]:
        found = range(len(self))[index]
        return [self[one] for one in found] if isinstance(found, range) else (self._path(found), self._content(found))

    def _path(self, number: int) -> str:
        return self._paths[self._ends[number - 1] if number else 0 : self._ends[number]]

    def _content(self, number: int) -> Content:
        if self._like is None or number in self._whole:
            return self._whole[number]
        return _filled(self._like, self._path(number), self._hashes[number * _HASH : (number + 1) * _HASH])


def _md5(content: Content) -> bytes | None:
    """Return the hash by which DVC keeps a file; None for another file."""
    value = content.digest.value if content.digest and content.digest.algorithm in {"md5", "md5-dos2unix"} else ""
    return bytes.fromhex(value) if _MD5_RE.fullmatch(value) else None


def _filled(like: Content, path: str, value: bytes) -> Content:
    """Return a file that is kept where another is, under its own hash."""
    assert like.digest is not None  # noqa: S101  it was picked by its hash
    digest = Digest(like.digest.algorithm, value.hex())
    key = key_of(digest)
    sources = tuple(one._replace(key=key) if isinstance(one, StoreObject) else one for one in like.sources)
    return like._replace(path=path, digest=digest, sources=sources)
