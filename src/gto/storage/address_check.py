"""Which addresses a stranger may have this machine ask: none of its own, and none of its private network."""

import ipaddress
import socket
from contextlib import suppress

from gto.exceptions import PrivateAddress

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# What Python's tables of some versions call global: of IPv6 the internet has but one eighth so far, and in this block
# of IPv4 some clouds have their metadata.
_INTERNET6 = ipaddress.ip_network("2000::/3")
_SPECIAL4 = ipaddress.ip_network("192.0.0.0/24")


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a server that listens there."""
    with suppress(ValueError):
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    return False


def is_public(text: str) -> bool:
    """Tell whether an address is one of the public internet: not loopback, link-local, private or reserved."""
    found: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is None:
            return found.is_global and found in _INTERNET6
        found = inner
    return found.is_global and not found.is_multicast and found not in _SPECIAL4


def public_addresses(host: str, port: int | None = None) -> list[str]:
    """Return the addresses of a host; PrivateAddress where one is not public, OSError where it has none.

    Who connects takes one of these: a name may lead elsewhere when it is asked again, as in DNS rebinding.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = [str(address[0]) for *_, address in found]
    for one in addresses:
        if not is_public(one):
            raise PrivateAddress(host, one)
    return addresses


def check_name(host: str) -> None:
    """Judge what somebody else will resolve, a proxy say, as far as can be: addresses written out, and localhost."""
    name = host.lower().strip("[]").rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        public_addresses("127.0.0.1")
    with suppress(OSError, UnicodeError):  # it is a name
        socket.getaddrinfo(name, None, flags=socket.AI_NUMERICHOST)
        public_addresses(name)


def check_host(host: str) -> None:
    """Judge where another program will connect to, git say; one without an address is left for it to tell."""
    with suppress(OSError, UnicodeError):
        public_addresses(host)
