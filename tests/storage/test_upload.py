"""A file put into a bucket: in parts where it is large, whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import RemoteUnreachable, StoreRefused
from gto.storage.location import StoreAddress
from gto.storage.store_kinds import open_store
from gto.storage.upload import check_writable, upload

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stores import S3, Azure


def brought(address: StoreAddress) -> bytes:
    return b"".join(open_store(address).read(""))


@pytest.mark.parametrize("size", [0, 10, 40 << 20])
def test_s3_gets_what_the_file_holds(s3: S3, tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(data := os.urandom(size))
    address = StoreAddress("s3://models/up/scores.parquet", s3.options, trusted=True)
    upload(str(tmp_path / "file"), address)
    assert brought(address) == data


def test_azure_gets_what_the_file_holds(azure: Azure, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data := os.urandom(20 << 20))
    options = {"connection_string": azure.connection}
    upload(str(tmp_path / "file"), StoreAddress("azure://models/up/scores.parquet", options, trusted=True))
    assert brought(StoreAddress("azure://models/up/scores.parquet", options, trusted=True)) == data


def test_what_may_not_be_written_is_said(s3: S3, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"-")
    wrong = {**s3.options, "secret_access_key": "wrong"}
    with pytest.raises(StoreRefused, match="s3://models/up/refused"):
        upload(str(tmp_path / "file"), StoreAddress("s3://models/up/refused", wrong, trusted=True))
    for url, words in (("https://example.com/a.csv", "does not write to 'https'"), ("s3://models/", "names no file")):
        with pytest.raises(RemoteUnreachable, match=words):
            check_writable(url)
