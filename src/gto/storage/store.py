"""What every kind of store answers, and which kind an address opens."""

from collections.abc import Generator, Iterator
from typing import Protocol

from gto.exceptions import RemoteUnreachable
from gto.storage import urls
from gto.storage.location import StoreAddress


class Store(Protocol):
    """Objects by key; a key is below the store's URL, and empty for the URL itself.

    What is not there raises ContentMissing, what cannot be asked RemoteUnreachable.
    """

    def stat(self, key: str, version: str | None = None) -> int | None:
        """Return an object's size in bytes; None where the store does not tell."""

    def read(
        self, key: str, version: str | None = None, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """Yield an object's bytes from `start` on, up to before `end`."""

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield key and size of every object below a directory; an empty one is the store itself."""

    def sign(self, key: str, seconds: int) -> str | None:
        """Return a URL with which anybody may read an object for so long; None where this kind of store cannot."""


def open_store(where: StoreAddress) -> Store:
    """Return the store at an address; nothing is asked of it yet. StoreNotAllowed where it is none that is allowed."""
    if where.allowed is None:
        return _open(where)
    from gto.storage.limited_store import LimitedStore, check_allowed

    check_allowed(where.allowed, where.url, where.options)
    return LimitedStore(_open(where), where, where.allowed)


def _open(where: StoreAddress) -> Store:
    scheme = urls.scheme(where.url)
    match scheme:
        case "" | "file":
            from gto.storage.local_store import open_local

            return open_local(where)
        case "http" | "https":
            from gto.storage.http_store import open_http

            return open_http(where)
        case "s3" | "gs" | "azure":
            from gto.storage.bucket_store import open_cloud

            return open_cloud(where)
        case "ssh":
            from gto.storage.ssh_store import open_ssh

            return open_ssh(where)
        case _:
            hint = "`dvc get` may read it; GTO reads s3, gs, azure, http, https, ssh and paths"
            raise RemoteUnreachable(urls.shown(where.url), f"GTO does not read from '{scheme}'", hint)
