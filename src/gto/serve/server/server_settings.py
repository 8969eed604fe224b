"""What a server allows its clients: sizes, numbers, by which names they call it, whether they may load and unload."""

from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

MEGABYTE = 1 << 20


class ServerSettings(NamedTuple):
    """What is allowed; the defaults are those of `gto serve`."""

    max_body: int = 64 * MEGABYTE
    """Bytes of a request's body."""
    threads: int = 4
    """Models that work at a time, beside those that take next to no time."""
    max_connections: int = 512
    """Connections at a time: one more, and that ends whose client is waited for longest."""
    patience: float = 30.0
    """Seconds that a client has for a whole request, and to take what was sent to it."""
    may_load: bool = True
    """Whether clients may have models loaded anew, and unloaded."""
    grace: int = 10
    """Seconds that requests have when the server ends."""
    hosts: Sequence[str] | None = None
    """Names in the header Host that are answered, beside addresses and `localhost`; None for any."""

    def answers(self, host: str) -> bool:
        """Tell whether a request with this header Host is answered; a browser sends one with each."""
        return self.hosts is None or not host or is_address(host) or _name_of(host) in self.hosts


def is_address(host: str) -> bool:
    """Tell whether a header Host is no name: any site can have its own name lead to this machine."""
    name = _name_of(host)
    with suppress(ValueError):
        return name == "localhost" or bool(ip_address(name))
    return False


def _name_of(host: str) -> str:
    """Return a header Host without its port; empty for what is none."""
    with suppress(ValueError):
        return urlsplit(f"//{host}").hostname or ""
    return ""
