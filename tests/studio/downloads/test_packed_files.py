"""Files that are kept in little memory: they come as they went, and what they take is known."""

from __future__ import annotations

import gc
import hashlib
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from gto.dvc.output import key_of
from gto.storage.location import Content, Digest, GitBlob, LfsObject, StoreAddress, StoreObject
from gto.studio.downloads.packed_files import PackedFiles

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE = StoreAddress("/srv/cache")
REMOTE = StoreAddress("s3://bucket", {"endpointurl": "https://s3.example.com"}, trusted=True)


def md5_of(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def of_dvc(path: str, digest: Digest, *stores: StoreAddress, key: str = "") -> tuple[str, Content]:
    return path, Content(path, None, digest, tuple(StoreObject(one, key or key_of(digest)) for one in stores))


def test_files_of_all_kinds_come_as_they_went() -> None:
    one, other = (Digest("md5", md5_of(body)) for body in (b"1", b"2"))
    old = Digest("md5-dos2unix", one.value)
    files = [
        of_dvc("b/1", one, CACHE, REMOTE),
        of_dvc("b/ü", other, CACHE, REMOTE),
        of_dvc("b/\udcff", other, CACHE, REMOTE),
        of_dvc("a", other, REMOTE),
        of_dvc("old", old, CACHE, REMOTE),
        of_dvc("away", one, CACHE, REMOTE, key="data/away"),
        of_dvc("odd", Digest("md5", "no hash"), CACHE),
        ("named", of_dvc("", one, CACHE, REMOTE)[1]),
        ("sized", of_dvc("sized", one, CACHE, REMOTE)[1]._replace(size=7)),
        ("run.sh", of_dvc("run.sh", one, CACHE, REMOTE)[1]._replace(is_executable=True)),
        ("versioned", Content("versioned", 3, one, (StoreObject(REMOTE, "versioned", "v1"),))),
        ("git", Content("git", 4, Digest("git", "0" * 40), (GitBlob("0" * 40),))),
        ("lfs", Content("lfs", 5, Digest("sha256", "0" * 64), (LfsObject("0" * 64, 5, "https://lfs"),))),
        ("url", Content("url", None, None, (StoreObject(StoreAddress("https://host"), "file"),))),
    ]
    for some in (files, files[::-1], files[:1], []):
        packed, known = PackedFiles(some), sorted(some, key=lambda pair: pair[0])
        assert list(packed) == known
        assert (packed[1:3], packed[-1:], len(packed)) == (known[1:3], known[-1:], len(known))
        assert [packed.find(path) for path, _ in known] == [content for _, content in known]
        assert [packed.find(path) for path in ("", "b", "b/", "zzz")] == [None] * 4


@pytest.mark.parametrize("key", ["", "elsewhere"], ids=["packed", "whole"])
def test_the_size_is_about_the_memory_that_they_take(key: str) -> None:
    def contents() -> Iterator[tuple[str, Content]]:
        for number in range(3000):
            yield of_dvc(
                f"train/image-{number:06}.png",
                Digest("md5", md5_of(str(number).encode())),
                CACHE,
                REMOTE,
                key=key and f"train/image-{number:06}.png",
            )

    PackedFiles(contents())  # what is made once is not counted
    tracemalloc.start()
    try:
        packed = PackedFiles(contents())
        gc.collect()  # tuples that Python keeps for the next ones
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert taken / 2 < packed.size < taken * 2
    assert (packed.size < 100 * len(packed)) is (not key)
