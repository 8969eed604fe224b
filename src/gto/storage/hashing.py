"""Digests of files: as Git, Git LFS and DVC compute them."""

import hashlib
import os
from collections.abc import Iterator
from typing import Protocol

from gto.storage.location import Digest

_BLOCK = 1 << 20  # DVC decides anew for each block of this size whether it is text
_LOOK = 512  # bytes of a block that DVC looks at
_TEXT = bytes(range(32, 127)) + b"\n\r\t\f\b"
_MOST_OTHERS = 0.30
_SHA256_DIGITS = 64


class Hasher(Protocol):
    """What of hashlib's hashes is used."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""

    def hexdigest(self) -> str:
        """Return the digest of all bytes so far."""


class Dos2Unix:
    """MD5 as DVC computed it before 3.0: of text without the carriage returns of line ends."""

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._rest = bytearray()

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        self._rest += data
        while len(self._rest) >= _BLOCK:
            self._md5.update(_without_returns(bytes(self._rest[:_BLOCK])))
            del self._rest[:_BLOCK]

    def hexdigest(self) -> str:
        """Return the digest of all bytes so far."""
        md5 = self._md5.copy()
        md5.update(_without_returns(bytes(self._rest)))
        return md5.hexdigest()


def _without_returns(block: bytes) -> bytes:
    # An empty block, and one of which at most 30 % is unusual, is text; one with a NUL byte is none.
    start = block[:_LOOK]
    if b"\0" in start or len(start.translate(None, _TEXT)) > _MOST_OTHERS * len(start):
        return block
    return block.replace(b"\r\n", b"\n")


def hasher(digest: Digest, size: int) -> Hasher:
    """Return what computes a digest of that kind, of so many bytes: Git's begins with their number."""
    match digest.algorithm:
        case "md5":
            return hashlib.md5(usedforsecurity=False)
        case "md5-dos2unix":
            return Dos2Unix()
        case "sha256":
            return hashlib.sha256()
        case "git":
            kind = hashlib.sha256 if len(digest.value) == _SHA256_DIGITS else hashlib.sha1
            return kind(b"blob %d\0" % size)


def is_same(path: str, size: int | None, digest: Digest | None) -> bool:
    """Tell whether a file that is there has that size and that digest; without a digest nobody can tell, so False."""
    if digest is None or not os.path.isfile(path):
        return False
    there = os.path.getsize(path)
    if size is not None and there != size:
        return False
    found = hasher(digest, there)
    for chunk in _chunks(path):
        found.update(chunk)
    return found.hexdigest() == digest.value


def _chunks(path: str) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while chunk := file.read(_BLOCK):
            yield chunk
