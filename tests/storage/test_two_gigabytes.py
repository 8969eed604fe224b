"""A file of two gigabytes: the memory that it takes does not grow with it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 2 << 30
MOST = 150 << 10  # kilobytes
SCRIPT = """
import json, resource, sys
from gto.storage.download import download
from gto.storage.location import Content, Digest, StoreAddress, StoreObject
url, options, key, size, md5, target = json.loads(sys.argv[1])
source = StoreObject(StoreAddress(url, options, True), key)
download([Content("", size, Digest("md5", md5), (source,))], target, is_directory=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.soak
def test_two_gigabytes_take_no_more_memory_than_a_small_file(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(SIZE)
    digest = hashlib.md5(usedforsecurity=False)
    for _ in range(SIZE >> 20):
        digest.update(bytes(1 << 20))
    told = json.dumps([str(tmp_path), {}, "large", SIZE, digest.hexdigest(), str(tmp_path / "it")])
    result = subprocess.run([sys.executable, "-c", SCRIPT, told], capture_output=True, text=True, check=True)
    assert int(result.stdout) < MOST
    (tmp_path / "it").unlink()
