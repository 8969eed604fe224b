"""The URLs under which the stores have the files of an artifact."""

from typing import NamedTuple

from gto.exceptions import CannotLocate, UsageError
from gto.storage import urls as store_urls
from gto.storage.location import Content, GitBlob, LfsObject, Located, StoreObject

LONGEST = 7 * 24 * 3600
"""Seconds for which stores sign at most."""


class FileUrl(NamedTuple):
    """Where a store has one file."""

    path: str
    url: str


def urls(located: Located, sign: int | None = None) -> tuple[FileUrl, ...]:
    """Return the URL of each file; with `sign`, URLs that anybody may read for so many seconds."""
    if sign is not None and not 0 < sign <= LONGEST:
        raise UsageError(f"--expires must be from 1 to {LONGEST} seconds", "stores sign for a week at most")
    return tuple(FileUrl(one.path or located.name, _url(one, located.name, sign)) for one in located.contents)


def _url(content: Content, name: str, sign: int | None) -> str:
    """Return the URL of a file in the first store that is no cache of this machine, if there is another."""
    stores = [source for source in content.sources if isinstance(source, StoreObject)]
    far = [source for source in stores if store_urls.scheme(source.store.url)] or stores[-1:]
    what = content.path or name
    if not far:
        kept = {GitBlob: "Git itself", LfsObject: "Git LFS"}[type(content.sources[0])]
        raise CannotLocate(f"'{what}' is kept in {kept}, which has no URL for it", "`gto get` brings it")
    source = far[0]
    plain = _plain(source)
    if sign is None:
        return plain if source.version is None else f"{plain}?versionId={source.version}"
    from gto.storage.store_kinds import open_store

    signed = None if source.version is not None else open_store(source.store).sign(source.key, sign)
    if signed is None:
        raise CannotLocate(
            f"'{plain}' cannot be signed", "S3, Google and Azure sign; `gto get` brings it from anywhere"
        )
    return signed


def _plain(source: StoreObject) -> str:
    """Return the URL of an object; of one that a file of the commit names whole, with what stands behind its `?`."""
    if not source.key:
        return store_urls.without_user(source.store.url)
    return store_urls.shown(store_urls.join(source.store.url, source.key))
