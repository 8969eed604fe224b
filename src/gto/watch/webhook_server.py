"""A small web server that takes the push webhooks of forges, as hints to look now: what they say is not read."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread, Timer
from typing import NamedTuple, Protocol

from gto.exceptions import UsageError
from gto.storage.address_check import is_loopback
from gto.version import __version__
from gto.webhook import forges, signature
from gto.webhook.forges import ForgeWebhook
from gto.webhook.signature import Check

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
    if not secret and not is_loopback(host):
        hint = "--listen-secret-env VARIABLE names the variable that holds it; without one, listen on 127.0.0.1"
        raise UsageError(f"Listening on '{host}' needs the secret of the webhook", hint)
    signature.key_of(secret)
    return Door(host, int(port), secret)


LARGEST = 25 << 20
"""Bytes of a body; GitHub sends no larger ones."""
PATH = "/hook"
_HEALTH = "/health"
_MOST_THREADS = 16
_SILENCE = 10.0  # seconds
_PIECE = 1 << 16  # bytes of a body that are kept at a time: before it was read, nobody knows who sends it
_SOON = 1.0  # seconds in which a thread whose connection was cut is free
_LONGEST = 30.0  # seconds for a request as a whole: one that comes a byte at a time holds a thread no longer


class Host(Protocol):
    """Whoever the webhooks are for."""

    @property
    def is_well(self) -> bool:
        """Whether it can do its work."""

    def wake(self) -> None:
        """Have it look soon."""


@contextmanager
def listening(at: Door, host: Host) -> Iterator[int]:
    """Take webhooks until the block ends, each that is right wakes the host; yields the port."""
    try:
        server = _WebhookServer(at, host)
    except OSError as error:
        hint = "choose another address or port"
        raise UsageError(f"Cannot listen on {at.name}:{at.port}: {error.strerror or error}", hint) from error
    with server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class _WebhookServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, at: Door, host: Host) -> None:
        self.secret = at.secret
        self.host = host
        self._room = BoundedSemaphore(_MOST_THREADS)
        self._open: dict[socket.socket, None] = {}  # the oldest first
        self.address_family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
        super().__init__((at.host, at.port), _Handler)

    def process_request(self, request: object, client_address: object) -> None:
        """Answer in a thread; with all of them busy the oldest connection is cut: who says nothing holds up nobody."""
        assert isinstance(request, socket.socket)  # noqa: S101  TCP
        if not self._room.acquire(blocking=False):
            for oldest in list(self._open)[:1]:
                _cut(oldest)
            if not self._room.acquire(timeout=_SOON):
                self.shutdown_request(request)
                return
        self._open[request] = None
        try:
            super().process_request(request, client_address)
        except BaseException:  # there is no thread
            self._leave(request)
            raise

    def _leave(self, request: socket.socket) -> None:
        self._open.pop(request, None)
        self._room.release()

    def process_request_thread(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)  # noqa: S101  TCP
        timer = Timer(_LONGEST, _cut, (request,))
        timer.daemon = True
        try:
            timer.start()
            super().process_request_thread(request, client_address)
        except RuntimeError:  # there is no thread for the timer
            self.shutdown_request(request)
        finally:
            timer.cancel()
            self._leave(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is none of our errors, and a stranger writes no log."""


def _cut(request: socket.socket) -> None:
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    timeout = _SILENCE
    server: _WebhookServer
    server_version = f"gto/{__version__}"
    sys_version = ""

    def do_GET(self) -> None:
        """Say whether the watcher lives, and sees the repository."""
        if self.path.partition("?")[0] != _HEALTH:
            self._answer(HTTPStatus.NOT_FOUND)
        else:
            self._answer(HTTPStatus.OK if self.server.host.is_well else HTTPStatus.SERVICE_UNAVAILABLE)

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
            self._take(int(length))

    def _take(self, length: int) -> None:
        """Take a body piece by piece; where no signature came that could be right, no more than a piece."""
        forge, secret = forges.sender(self.headers), self.server.secret
        check = forge.begin((secret,), self.headers, time.time()) if forge is not None and secret else None
        if forge is None or (secret and check is None):
            self.rfile.read(min(length, _PIECE))
            self._answer(HTTPStatus.UNAUTHORIZED if secret else HTTPStatus.NOT_FOUND)
        elif self._is_whole(length, check):  # else the client is gone
            self._answer(self._judge(forge, check))

    def _is_whole(self, length: int, check: Check | None) -> bool:
        left = length
        while left and (piece := self.rfile.read(min(left, _PIECE))):
            left -= len(piece)
            if check is not None:
                check.feed(piece)
        return not left

    def _judge(self, forge: ForgeWebhook, check: Check | None) -> HTTPStatus:
        if check is not None and not check.is_right():
            return HTTPStatus.UNAUTHORIZED
        if forge.tells_of_push(self.headers):
            self.server.host.wake()
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
