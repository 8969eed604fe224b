"""Which user of this machine holds the other end of a connection, where the system says so (Linux)."""

import os
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress

TABLES = ("/proc/self/net/tcp", "/proc/self/net/tcp6")
"""A client may reach an address of IPv4 through a socket of IPv6."""

_ROOT = 0  # it can do all that we can; and what forwards from another machine often runs as root


def is_told() -> bool:
    """Tell whether the system says who holds the other end."""
    return hasattr(os, "geteuid") and any(os.access(table, os.R_OK) for table in TABLES)


def is_own(client: object, server: object) -> bool:
    """Tell whether a client on TCP is a process of this user, or of root; True where the system does not say."""
    if not isinstance(client, tuple) or not isinstance(server, tuple) or not hasattr(os, "geteuid"):
        return True  # the mode of a Unix socket says who may open it
    for table in TABLES:
        with suppress(OSError), open(table, encoding="ascii") as lines:
            owner = owner_of(lines, client[:2], server[:2])
            if owner is not None:
                return owner in {_ROOT, os.geteuid()}
    return True


def owner_of(lines: Iterable[str], client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """Return the user who holds the client's end, as a table of the kernel's says it; None where it does not."""
    wanted = (_ending(*client), _ending(*server))
    for line in lines:
        fields = line.split(maxsplit=8)
        if len(fields) > 7 and fields[1].endswith(wanted[0]) and fields[2].endswith(wanted[1]):  # noqa: PLR2004
            return int(fields[7])
    return None


def _ending(host: str, port: int) -> str:
    """Return the end of an address in the kernel's table: of IPv4 in IPv6, the last word is that of IPv4."""
    word = int.from_bytes(socket.inet_aton(host), sys.byteorder)
    return f"{word:08X}:{port:04X}"
