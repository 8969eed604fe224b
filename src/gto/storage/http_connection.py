"""Connections to web servers: how they are opened, and how one is cut that takes too long as a whole."""

import os
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event, Timer
from urllib.parse import SplitResult, urlsplit

from gto.exceptions import RemoteUnreachable
from gto.git.command import limit
from gto.storage.transport import Transport

CONNECT = 15.0
"""Seconds within which a server must take a connection."""
SILENCE = 60.0
"""The longest that a server may be silent, in seconds; GTO_TIMEOUT can make it shorter."""


def silence() -> float:
    """Return how many seconds a server may be silent."""
    return min(SILENCE, limit())


def make(url: SplitResult, transport: Transport) -> HTTPConnection:
    """Return a connection that is not open yet, through a proxy where one is named."""
    host, port = url.hostname or "", url.port
    proxy = _proxy(url, transport.proxy)
    connection: HTTPConnection
    at, door = (proxy.hostname or "", proxy.port or 8080) if proxy else (host, port)
    if url.scheme == "https":
        connection = HTTPSConnection(at, door, timeout=CONNECT, context=_context(transport))
    else:
        connection = HTTPConnection(at, door, timeout=CONNECT)
    if proxy and url.scheme == "https":
        connection.set_tunnel(host, port, _proxy_login(proxy))
    if proxy and url.scheme == "http":
        connection.__dict__["proxy_headers"] = _proxy_login(proxy)
    return connection


def connect(connection: HTTPConnection, quiet: float) -> None:
    """Open a connection, on which the server may then be silent for so many seconds."""
    connection.connect()
    connection.sock.settimeout(quiet)
    connection.auto_open = 0  # once closed it stays so: http.client would open it with the other time limit


@contextmanager
def until(end: float | None, connection: HTTPConnection) -> Iterator[None]:
    """Raise TimeoutError where the block does not end by a time of time.monotonic(); None for no limit.

    A socket's own limit counts anew with every byte, so that a server that sends one now and then is never late.
    """
    if end is None:
        yield
        return
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    late = Event()
    timer = Timer(left, _cut, (connection, late))
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, HTTPException):
        if not late.is_set():
            raise
    finally:
        timer.cancel()
        timer.join()
    if late.is_set():  # what was cut may look whole: half of a status line, say
        raise TimeoutError


def _cut(connection: HTTPConnection, late: Event) -> None:
    late.set()
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):  # it is being made an encrypted one, which has an end by itself
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _proxy(url: SplitResult, own: str) -> SplitResult | None:
    if not own and not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass

    found = own or getproxies().get(url.scheme, "")
    if not found or proxy_bypass(url.netloc):
        return None
    return urlsplit(found if "://" in found else f"http://{found}")


def _proxy_login(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    from urllib.parse import unquote

    return {"Proxy-Authorization": basic(unquote(proxy.username), unquote(proxy.password or ""))}


def basic(name: str, password: str) -> str:
    """Return the header's value with which a name and a password are sent."""
    from base64 import b64encode

    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


@lru_cache(maxsize=32)
def _context(transport: Transport) -> ssl.SSLContext:
    """Return how certificates are checked; reading the system's takes longer than a request."""
    context = ssl.create_default_context()
    if transport.ca or transport.ca_directory:
        try:
            context.load_verify_locations(transport.ca or None, transport.ca_directory or None)
        except OSError as error:
            hint = "see ssl_verify of the remote, or http.sslCAInfo of git"
            raise RemoteUnreachable(transport.ca, "this is no file of certificates", hint) from error
    if transport.certificate:
        try:
            # An empty password, so that nobody is asked for one.
            context.load_cert_chain(transport.certificate, transport.key or None, "")
        except OSError as error:
            reason = "this is no certificate with its key, or the key wants a password"
            raise RemoteUnreachable(transport.certificate, reason, "see http.sslCert and http.sslKey of git") from error
    if not transport.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
