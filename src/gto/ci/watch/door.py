"""Where webhooks are taken, and the secret by which they are known."""

import ipaddress
from contextlib import suppress
from typing import NamedTuple

from gto.ci.watch import seal
from gto.exceptions import UsageError

_HIGHEST = 65535  # port


class Door(NamedTuple):
    """An address of this machine, and a secret."""

    host: str
    port: int
    secret: str = ""
    """Empty only on loopback: everybody there may knock."""

    @property
    def name(self) -> str:
        """The host as it stands in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host


def door(text: str, secret: str) -> Door:
    """Read HOST:PORT; UsageError where it is none, or where everybody could knock."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or len(port) > len(str(_HIGHEST)) or int(port) > _HIGHEST:
        raise UsageError(f"'{text[:80]}' is no address to listen on", "write it as 127.0.0.1:8080, or [::1]:8080")
    if not secret and not _is_loopback(host):
        hint = "--listen-secret-env VARIABLE names the variable that holds it; without one, listen on 127.0.0.1"
        raise UsageError(f"Listening on '{host}' needs the secret of the webhook", hint)
    seal.key_of(secret)
    return Door(host, int(port), secret)


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
