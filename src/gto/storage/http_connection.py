"""Connections to web servers: urllib3's pools, whose sockets keep a time limit as a whole, and judge addresses."""

import os
import socket
import ssl
import time
from threading import Lock
from typing import TYPE_CHECKING

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util import Url, parse_url
from urllib3.util.ssltransport import SSLTransport

from gto.exceptions import RemoteUnreachable
from gto.git.command import limit
from gto.storage import urls
from gto.storage.address_check import check_name, public_addresses
from gto.storage.transport import Transport, basic

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_SHORTEST = 0.01  # seconds to connect
_MOST_KEPT = 32  # connections to one server: as many threads may ask it


class _TimedSocket(socket.socket):
    """A socket whose time limit is for all that comes until it is set again.

    The usual one counts anew with every byte, so that a server that sends one now and then is never late.
    """

    _end: float | None = None

    def settimeout(self, value: float | None) -> None:
        self._end = None if value is None else time.monotonic() + value
        super().settimeout(value)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self._hurry()
        return super().recv(buflen, flags)

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0) -> int:
        self._hurry()
        return super().recv_into(buffer, nbytes or 0, flags)

    def _hurry(self) -> None:
        if self._end is None:
            return
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        super().settimeout(left)


class _TimedTlsSocket(_TimedSocket, ssl.SSLSocket):
    """An encrypted one."""


class TimedConnection(HTTPConnection):
    """A connection whose server must be done in time."""

    line: socket.socket | SSLTransport | None = None
    """Its socket, also where urllib3 lets go of it because the answer is the last."""

    def _new_conn(self) -> socket.socket:
        """Connect to the first address that answers; all of them share the time, and greeting by TLS has the rest."""
        name, seconds = self._dns_host, self.timeout or limit()
        end = time.monotonic() + seconds
        try:
            addresses = self._addresses()
            for left in range(len(addresses), 0, -1):
                self.host = addresses[-left]
                self.timeout = max((end - time.monotonic()) / left, _SHORTEST)
                try:
                    plain = super()._new_conn()
                except (NewConnectionError, ConnectTimeoutError):
                    if left == 1:
                        raise
                else:
                    self.line = _TimedSocket(fileno=plain.detach())
                    self.line.settimeout(max(end - time.monotonic(), _SHORTEST))
                    return self.line
        finally:
            self.host, self.timeout = name, seconds
        raise OSError(f"{name} has no address")

    def _addresses(self) -> list[str]:
        found = socket.getaddrinfo(self._dns_host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        return [str(address[0]) for *_, address in found]


class _TimedTlsConnection(TimedConnection, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        self.line = self.sock
        self.is_verified = True  # or its user wants it unchecked, and urllib3 need not warn


class _PublicConnection(TimedConnection):
    """A connection to public addresses alone; what is judged is the very address that is connected to."""

    def _addresses(self) -> list[str]:
        return public_addresses(self._dns_host, self.port)


class _PublicTlsConnection(_PublicConnection, _TimedTlsConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = TimedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTlsConnection


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicTlsPool(HTTPSConnectionPool):
    ConnectionCls = _PublicTlsConnection


class HttpSession:
    """Connections that are kept for who asks the same servers again; many threads use one, forked processes none."""

    def __init__(self) -> None:
        self._managers: dict[tuple[str, str, Transport], PoolManager] = {}
        self._lock = Lock()

    def manager(self, url: Url, transport: Transport) -> PoolManager:
        """Return the pools by which a URL is reached."""
        proxy = _proxy(url, transport.proxy)
        is_public = transport.public and _server(url) != _server(parse_url(transport.known))
        if is_public and proxy:
            check_name(url.host or "")  # the proxy resolves it, and its user named the proxy
        key = (url.scheme or "", proxy, transport._replace(public=is_public and not proxy, known="", proxy=""))
        with self._lock:
            if key not in self._managers:
                self._managers[key] = _manager(*key)
            return self._managers[key]


def _manager(scheme: str, proxy: str, transport: Transport) -> PoolManager:
    context = _context(transport) if scheme == "https" else None
    manager = _through(proxy, context) if proxy else PoolManager(ssl_context=context, maxsize=_MOST_KEPT)
    public: dict[str, type[HTTPConnectionPool]] = {"http": _PublicPool, "https": _PublicTlsPool}
    manager.pool_classes_by_scheme = public if transport.public else {"http": _Pool, "https": _TlsPool}
    return manager


def _through(proxy: str, context: ssl.SSLContext | None) -> PoolManager:
    from urllib.parse import unquote

    place = parse_url(proxy)
    if place.scheme not in {"http", "https"} or not place.host:
        raise RemoteUnreachable(urls.shown(proxy), "it is no proxy that speaks HTTP", "see http_proxy and https_proxy")
    name, _, password = map(unquote, (place.auth or "").partition(":"))
    login = {"proxy-authorization": basic(name, password)} if place.auth else None
    own = _context(Transport()) if place.scheme == "https" else None
    return ProxyManager(proxy, proxy_headers=login, proxy_ssl_context=own, ssl_context=context, maxsize=_MOST_KEPT)


def _server(url: Url) -> tuple[str | None, int | None]:
    """Return host and port; the two usual ports are as one."""
    return url.host, None if url.port in {80, 443} else url.port


def _proxy(url: Url, own: str) -> str:
    """Return the proxy by which a URL is reached; empty for none. urllib3 reads no variables of the environment."""
    if not own and not any(name.lower().endswith("_proxy") for name in os.environ):
        return ""
    from urllib.request import getproxies, proxy_bypass

    found = own or getproxies().get(url.scheme or "", "")
    if not found or proxy_bypass(url.netloc or ""):
        return ""
    return found if "://" in found else f"http://{found}"


def _context(transport: Transport) -> ssl.SSLContext:
    """Return how certificates are checked; reading the system's takes longer than a request."""
    context = ssl.create_default_context()
    context.sslsocket_class = _TimedTlsSocket
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
