"""What every kind of store answers."""

from collections.abc import Generator, Iterator
from typing import Protocol


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
