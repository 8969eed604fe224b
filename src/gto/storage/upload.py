"""A file of this machine put into a bucket, in parts; there it is whole or not at all."""

import os

from gto.exceptions import RemoteUnreachable
from gto.storage import urls
from gto.storage.location import StoreAddress

_PART = 16 << 20
"""Bytes at least: S3 takes 10,000 parts."""
_MOST_PARTS = 9_000
_AT_A_TIME = 4
BUCKETS = frozenset({"s3", "gs", "azure"})


def upload(path: str, address: StoreAddress) -> None:
    """Write a file to an address whose last part is its name there; what was there is replaced when all has come."""
    import obstore

    from gto.storage.bucket_store import open_cloud

    store = open_cloud(address)
    size = os.path.getsize(path)
    with store.telling(""), open(path, "rb") as file:
        obstore.put(
            store.store,
            store.prefix,
            file,
            use_multipart=size > _PART,
            chunk_size=max(_PART, size // _MOST_PARTS),
            max_concurrency=_AT_A_TIME,
        )


def check_writable(url: str) -> None:
    """Refuse an address to which nothing is written."""
    if urls.scheme(url) not in BUCKETS:
        hint = "GTO writes to s3, gs, azure and to paths"
        raise RemoteUnreachable(urls.shown(url), f"GTO does not write to '{urls.scheme(url)}'", hint)
    if url.endswith("/") or not urls.split(url).path:
        raise RemoteUnreachable(urls.shown(url), "it names no file", "a bucket takes one file: s3://bucket/out.parquet")
