"""How a server is reached: through which proxy, with which certificates, how long it may be silent."""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gto.core.allowed_stores import AllowedStores
from gto.git.command import limit
from gto.storage import urls

CONNECT = 15.0
"""Seconds within which a server must take a connection."""
SILENCE = 60.0
"""The longest that a server may be silent, in seconds; GTO_TIMEOUT can make it shorter."""


def silence() -> float:
    """Return how many seconds a server may be silent."""
    return min(SILENCE, limit())


def basic(name: str, password: str) -> str:
    """Return the header's value with which a name and a password are sent."""
    from base64 import b64encode

    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


class Transport(NamedTuple):
    """The settings of connections, as a user or a program's configuration has them."""

    proxy: str = ""
    """The proxy's URL; where it is empty the environment names one, or none. NO_PROXY counts for both."""
    ca: str = ""
    """A file of certificates that count beside the system's."""
    ca_directory: str = ""
    """A directory of such files, by their hashes."""
    certificate: str = ""
    """A file with the certificate that tells the server who asks."""
    key: str = ""
    """The file of its private key; empty where the certificate's file has it."""
    verify: bool = True
    """Whether the server's certificate is checked."""
    public: bool = False
    """Whether a stranger names the server: only addresses of the public internet are asked, after redirects too."""
    known: str = ""
    """A URL whose server is asked nevertheless: the user named it."""
    allowed: AllowedStores | None = None
    """The stores among which every server must be to which another one redirects; None where it may be any."""


def git_transport(settings: Iterable[tuple[str, str]], env: Mapping[str, str]) -> Transport:
    """Return what git's settings `http.*` of a URL and git's variables say, as git-lfs takes them."""
    found = {key: value for key, value in settings if value or key == "http.sslverify"}

    def path(name: str, variable: str) -> str:
        return env.get(variable) or os.path.expanduser(found.get(name, ""))

    return Transport(
        proxy=found.get("http.proxy", ""),
        ca=path("http.sslcainfo", "GIT_SSL_CAINFO"),
        ca_directory=path("http.sslcapath", "GIT_SSL_CAPATH"),
        certificate=path("http.sslcert", "GIT_SSL_CERT"),
        key=path("http.sslkey", "GIT_SSL_KEY"),
        verify="GIT_SSL_NO_VERIFY" not in env and not urls.is_false(found.get("http.sslverify")),
    )


def verified(ssl_verify: str, ca: str = "") -> tuple[str, bool]:
    """Return the file of certificates, and whether they are checked: DVC's `ssl_verify` counts before all others."""
    if not ssl_verify:
        return ca, True
    if urls.is_true(ssl_verify) or urls.is_false(ssl_verify):
        return "", urls.is_true(ssl_verify)
    return ssl_verify, True
