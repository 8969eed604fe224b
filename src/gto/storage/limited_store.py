"""A store of which no more is read than a list allows."""

from collections.abc import Generator, Iterator
from typing import NamedTuple

from gto.core.allowed_stores import AllowedStores
from gto.storage.location import StoreAddress
from gto.storage.store import Store
from gto.storage.store_check import check_allowed


class LimitedStore(NamedTuple):
    """A store, asked for nothing before its address and the object's key are judged."""

    store: Store
    where: StoreAddress
    allowed: AllowedStores

    def stat(self, key: str, version: str | None = None) -> int | None:
        """Return an object's size."""
        return self._for(key).stat(key, version)

    def read(
        self, key: str, version: str | None = None, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """Yield an object's bytes from `start` on, up to before `end`."""
        return self._for(key).read(key, version, start, end)

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield key and size of every object below a directory; a link of it that leads elsewhere is refused."""
        for key, size in self._for(prefix).list(prefix):
            self._for(key)
            yield key, size

    def sign(self, key: str, seconds: int) -> str | None:
        """Return a URL with which anybody may read an object for so long; None where the store cannot."""
        return self._for(key).sign(key, seconds)

    def _for(self, key: str) -> Store:
        check_allowed(self.allowed, self.where.url, self.where.options, key)
        return self.store
