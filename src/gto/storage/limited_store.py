"""A store of which no more is read than a list allows."""

import os
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from gto.core.allowed_stores import OPTIONS, AllowedStores, check_key, parse_location
from gto.exceptions import StoreNotAllowed, UsageError
from gto.storage import urls
from gto.storage.location import StoreAddress

if TYPE_CHECKING:
    from gto.storage.store import Store


class LimitedStore(NamedTuple):
    """A store, asked for nothing before its address and the object's key are judged."""

    store: "Store"
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

    def _for(self, key: str) -> "Store":
        check_allowed(self.allowed, self.where.url, self.where.options, key)
        return self.store


def check_allowed(allowed: AllowedStores | None, url: str, options: Mapping[str, str] = {}, key: str = "") -> None:
    """Raise StoreNotAllowed where a store, or an object of it, is none of those that are allowed; None allows all.

    Paths of this machine are judged where they lead: a link says nothing of what is behind it.
    """
    if allowed is None:
        return
    decisive = {name: value for name in OPTIONS if (value := options.get(name))}
    try:
        check_key(key)
        found = parse_location(url, options)
    except UsageError as error:
        raise StoreNotAllowed(urls.shown(url), allowed.groups, decisive, error.message) from error
    if found.scheme:
        is_allowed = allowed.holds(found)
    else:
        place = os.path.realpath(os.path.join(found.path, *filter(None, key.split("/"))))
        roots = [os.path.realpath(one.path) for one in allowed.locations if not one.scheme]
        is_allowed = any(place == root or place.startswith(os.path.join(root, "")) for root in roots)
    if not is_allowed:
        raise StoreNotAllowed(urls.shown(url), allowed.groups, decisive)
