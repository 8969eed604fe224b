"""Digests as DVC and Git compute them, whatever the pieces in which the bytes come."""

from __future__ import annotations

import hashlib

import pytest

from gto.storage.hashing import hasher
from gto.storage.location import Digest

BLOCK = 1 << 20


def dos2unix(data: bytes, piece: int) -> str:
    found = hasher(Digest("md5-dos2unix", ""), len(data))
    for at in range(0, len(data), piece):
        found.update(data[at : at + piece])
    assert found.hexdigest() == found.hexdigest()
    return found.hexdigest()


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("piece", [1000, BLOCK, 3 * BLOCK])
@pytest.mark.parametrize(
    ("data", "hashed"),
    [
        (b"", b""),
        (b"a\r\nb\r\n", b"a\nb\n"),
        (b"a\rb\n", b"a\rb\n"),
        (b"a\0\r\n", b"a\0\r\n"),
        (b"\xff" * 31 + b"x" * 69 + b"\r\n", b"\xff" * 31 + b"x" * 69 + b"\r\n"),
        (b"\xff" * 30 + b"x" * 70 + b"\r\n", b"\xff" * 30 + b"x" * 70 + b"\n"),
        # A line end that stands across two of DVC's blocks stays, as it does in DVC.
        (b"x" * (BLOCK - 1) + b"\r\n\r\n", b"x" * (BLOCK - 1) + b"\r\n\n"),
        # Each block is text or not for itself.
        (b"\0" * BLOCK + b"a\r\n", b"\0" * BLOCK + b"a\n"),
    ],
)
def test_text_is_hashed_without_the_returns_of_its_line_ends(data: bytes, hashed: bytes, piece: int) -> None:
    assert dos2unix(data, piece) == md5(hashed)


def test_git_hashes_the_size_too() -> None:
    for digits, digest in (
        (40, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
        (64, "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"),
    ):
        assert hasher(Digest("git", "0" * digits), 0).hexdigest() == digest
