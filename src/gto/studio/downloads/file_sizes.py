"""Sizes of files: as Git says them, as was written down, else as their stores say when they are asked."""

import posixpath
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import NamedTuple, TypeVar

from gto.exceptions import GTOException
from gto.storage import urls
from gto.storage.fetcher import Fetcher
from gto.storage.location import Content, StoreAddress, StoreObject
from gto.storage.store_kinds import open_store
from gto.studio.downloads.file_bytes import read_size
from gto.studio.downloads.located_version import LocatedVersion
from gto.studio.lasting.stored_objects import key_of

T = TypeVar("T")

SECONDS = 20.0
"""That stores are asked for at most: what they did not say until then they are asked the next time."""

_THREADS = 16  # most of their time they wait
_WORTH_LISTING = 4  # files of one directory: to list it is one question, for each thousand of its objects
_MOST_LISTED = 4000  # objects of one directory
_BUCKETS = frozenset({"s3", "gs", "azure"})


def sizes_of(found: LocatedVersion, seconds: float = SECONDS) -> dict[str, int | None]:
    """Return by path how many bytes files have; None where nothing says, or it took too long to ask."""
    known = found.objects.known(content for _, content in found.files)
    sizes: dict[str, int | None] = {key: one.facts.size for key, one in known.items()}
    missing: dict[str, Content] = {}
    for _, content in found.files:
        key = key_of(content)
        if key is not None and sizes[key] is None:
            missing.setdefault(key, content)
    if missing:
        told = _ask(found, missing, seconds)
        found.objects.remember_sizes(told)
        sizes |= told
    return {path: sizes[key] if (key := key_of(one)) else one.size for path, one in found.files}


def _ask(found: LocatedVersion, missing: Mapping[str, Content], seconds: float) -> dict[str, int]:
    """Ask the stores, many questions at a time: for whole directories first, then for what is left."""
    told: dict[str, int] = {}
    fetcher = Fetcher(found.repository, lambda _: None)
    pool = ThreadPoolExecutor(_THREADS)
    try:
        lists = [pool.submit(_list, one) for one in _directories(missing)]
        wait(lists, seconds / 2)
        for one in lists:
            listed = _result(one)
            told |= listed or {}
        rest = {key: pool.submit(_stat, fetcher, one) for key, one in missing.items() if key not in told}
        wait(rest.values(), seconds / 2)
        sizes = {key: _result(one) for key, one in rest.items()}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return told | {key: size for key, size in sizes.items() if size is not None}


def _result(asked: Future[T]) -> T | None:
    return asked.result() if asked.done() and not asked.cancelled() else None


class _Directory(NamedTuple):
    """Objects of one directory of a bucket."""

    store: StoreAddress
    path: str
    keys: dict[str, str]
    """Of objects by their keys in the store."""


def _directories(missing: Mapping[str, Content]) -> list[_Directory]:
    found: dict[object, _Directory] = {}
    for key, content in missing.items():
        for source in content.sources:
            if isinstance(source, StoreObject) and not source.version and urls.scheme(source.store.url) in _BUCKETS:
                store, path = source.store, posixpath.dirname(source.key)
                same = (store.url, tuple(sorted(store.options.items())), store.trusted, path)
                found.setdefault(same, _Directory(store, path, {})).keys[source.key] = key
                break
    return [one for one in found.values() if len(one.keys) >= _WORTH_LISTING]


def _list(directory: _Directory) -> dict[str, int]:
    try:
        listed = islice(open_store(directory.store).list(directory.path), _MOST_LISTED)
        return {directory.keys[path]: size for path, size in listed if path in directory.keys}
    except GTOException:  # who may read an object need not be one who may list
        return {}


def _stat(fetcher: Fetcher, content: Content) -> int | None:
    try:
        return read_size(fetcher, content)
    except GTOException:
        return None
