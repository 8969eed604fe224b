"""A small web server that takes the push webhooks of forges, as hints to look now: what they say is not read."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread, Timer
from typing import NamedTuple

from gto.ci.watch import seal
from gto.ci.watch.seal import Envelope
from gto.exceptions import UsageError
from gto.version import __version__

LARGEST = 25 << 20
"""Bytes of a body; GitHub sends no larger ones."""
PATH = "/hook"
_HEALTH = "/health"
_MOST_THREADS = 16
_SILENCE = 10.0  # seconds
_LONGEST = 30.0  # seconds for a request as a whole: one that comes a byte at a time holds a thread no longer


class Door(NamedTuple):
    """Where webhooks are taken, and the secret by which they are known."""

    host: str
    port: int
    secret: str = ""
    """Empty only on loopback: everybody there may knock."""


def door(text: str, secret: str) -> Door:
    """Read HOST:PORT; UsageError where it is none, or where everybody could knock."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004  the highest port
        raise UsageError(f"'{text}' is no address to listen on", "write it as 127.0.0.1:8080, or [::1]:8080")
    if not secret and not _is_loopback(host):
        hint = "--listen-secret-env VARIABLE names the variable that holds it; without one, listen on 127.0.0.1"
        raise UsageError(f"Listening on '{host}' needs the secret of the webhook", hint)
    seal.key_of(secret)
    return Door(host, int(port), secret)


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


@contextmanager
def listening(at: Door, knocked: Callable[[], None]) -> Iterator[int]:
    """Take webhooks until the block ends, each that is right calls `knocked`; yields the port."""
    try:
        server = _Server(at, knocked)
    except OSError as error:
        hint = "choose another address or port"
        raise UsageError(f"Cannot listen on {at.host}:{at.port}: {error.strerror or error}", hint) from error
    with server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, at: Door, knocked: Callable[[], None]) -> None:
        self.secret = at.secret
        self.knocked = knocked
        self._room = BoundedSemaphore(_MOST_THREADS)
        self.address_family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
        super().__init__((at.host, at.port), _Handler)

    def process_request(self, request: object, client_address: object) -> None:
        """Answer in a thread; with all of them busy the connection is closed, and the forge will try again."""
        assert isinstance(request, socket.socket)  # noqa: S101  TCP
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)  # noqa: S101  TCP
        timer = Timer(_LONGEST, _cut, (request,))
        timer.daemon = True
        timer.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            timer.cancel()
            self._room.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is none of our errors, and a stranger writes no log."""


def _cut(request: socket.socket) -> None:
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    timeout = _SILENCE
    server: _Server
    server_version = f"gto/{__version__}"
    sys_version = ""

    def do_GET(self) -> None:
        """Say whether the watcher lives."""
        known = self.path.partition("?")[0] == _HEALTH
        self._answer(HTTPStatus.OK if known else HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Take a webhook."""
        if self.path.partition("?")[0] != PATH:
            self._answer(HTTPStatus.NOT_FOUND)
            return
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            self._answer(HTTPStatus.LENGTH_REQUIRED)
        elif len(length) > len(str(LARGEST)) or int(length) > LARGEST:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):  # else the client is gone
                self._answer(self._judge(Envelope(self.headers, body)))

    def _judge(self, envelope: Envelope) -> HTTPStatus:
        forge, secret = seal.sender(envelope), self.server.secret
        if secret and (forge is None or not forge.is_signed(secret, envelope)):
            return HTTPStatus.UNAUTHORIZED
        if forge is None:
            return HTTPStatus.NOT_FOUND
        if envelope.headers.get(forge.header) in forge.pushes:
            self.server.knocked()
        return HTTPStatus.ACCEPTED

    def _answer(self, status: HTTPStatus) -> None:
        body = f"{status.phrase}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""
