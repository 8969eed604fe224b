"""The door for webhooks, knocked at by real requests."""

from __future__ import annotations

import hashlib
import hmac
import socket
import threading
import tracemalloc
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import TYPE_CHECKING, NamedTuple

import pytest

from gto.exceptions import UsageError
from gto.watch import webhook_server
from gto.watch.webhook_server import Door, door
from tests.webhook_payloads import basic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECRET = "it is a secret"  # noqa: S105  of these tests alone
PUSH = {"X-GitHub-Event": "push"}


@dataclass
class Host:
    """Somebody who counts how often he was woken."""

    knocks: list[bool] = field(default_factory=list)
    is_well: bool = True

    def wake(self) -> None:
        self.knocks.append(True)


class Post(NamedTuple):
    """A running door, and how often somebody knocked as is right."""

    port: int
    host: Host

    @property
    def knocks(self) -> list[bool]:
        return self.host.knocks

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = {}) -> int:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as line:
            line.request(method, path, body, dict(headers))
            return line.getresponse().status


@contextmanager
def opened(secret: str = "") -> Iterator[Post]:
    host = Host()
    with webhook_server.listening(Door("127.0.0.1", 0, secret), host) as port:
        yield Post(port, host)


def signed(body: bytes) -> dict[str, str]:
    return {**PUSH, "X-Hub-Signature-256": f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"}


def test_a_push_that_is_signed_is_a_knock() -> None:
    with opened(SECRET) as post:
        assert post.ask("POST", "/hook", b"{}", signed(b"{}")) == 202
        assert post.ask("POST", "/hook?from=github", b"", signed(b"")) == 202
        assert post.knocks == [True, True]


def test_what_is_not_signed_is_no_knock() -> None:
    with opened(SECRET) as post:
        assert post.ask("POST", "/hook", b"{ }", signed(b"{}")) == 401
        assert post.ask("POST", "/hook", b"{}", PUSH) == 401
        assert post.ask("POST", "/hook", b"{}") == 401
        assert post.knocks == []


def test_another_event_than_a_push_is_taken_and_no_knock() -> None:
    with opened() as post:
        assert post.ask("POST", "/hook", b"{}", {"X-GitHub-Event": "ping"}) == 202
        assert post.knocks == []
        assert post.ask("POST", "/hook", b"{}", PUSH) == 202
        assert post.knocks == [True]


def test_azure_which_signs_nothing_sends_the_secret() -> None:
    with opened(SECRET) as post:
        assert post.ask("POST", "/hook", b"{}", basic(SECRET, b"")) == 202
        assert post.ask("POST", "/hook", b"{}", {"X-GTO-Token": SECRET}) == 202
        assert post.ask("POST", "/hook", b"{}", basic("another", b"")) == 401
        assert post.knocks == [True, True]


def test_other_paths_and_other_senders_are_not_found() -> None:
    with opened() as post:
        assert post.ask("POST", "/", b"{}", PUSH) == 404
        assert post.ask("POST", "/hook", b"{}") == 404
        assert post.ask("GET", "/hook") == 404
        assert post.ask("GET", "/health") == 200
        assert post.ask("PUT", "/hook", b"{}", PUSH) == 501
        assert post.knocks == []


@pytest.mark.parametrize("length", [str(webhook_server.LARGEST + 1), "9" * 5000])
def test_a_body_that_is_too_large_is_refused_before_it_comes(length: str) -> None:
    with opened() as post:
        assert post.ask("POST", "/hook", b"", {**PUSH, "Content-Length": length}) == 413
        assert post.knocks == []


@pytest.mark.parametrize("length", ["-1", "many", "²"])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    with opened() as post:
        assert post.ask("POST", "/hook", b"", {**PUSH, "Content-Length": length.encode().decode("latin-1")}) == 411


def test_a_body_that_does_not_come_whole_is_no_knock() -> None:
    with opened() as post:
        with socket.create_connection(("127.0.0.1", post.port), timeout=30) as line:
            line.sendall(b"POST /hook HTTP/1.1\r\nX-GitHub-Event: push\r\nContent-Length: 10\r\n\r\nshort")
            line.shutdown(socket.SHUT_WR)
            assert line.recv(100) == b""
        assert post.knocks == []


def test_who_connects_and_says_nothing_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_server, "_MOST_THREADS", 2)
    with opened() as post:
        idle = [socket.create_connection(("127.0.0.1", post.port), timeout=30) for _ in range(2)]
        assert post.ask("GET", "/health") == 200
        assert post.ask("POST", "/hook", b"{}", PUSH) == 202
        for line in idle:
            line.close()


def test_a_request_that_never_ends_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_server, "_LONGEST", 0.2)
    with opened() as post, socket.create_connection(("127.0.0.1", post.port), timeout=30) as line:
        line.sendall(b"POST /hook HTTP/1.1\r\nX-Slow: ")
        assert line.recv(100) == b""
        assert post.ask("GET", "/health") == 200


def test_health_says_whether_the_repository_is_seen() -> None:
    with opened() as post:
        assert post.ask("GET", "/health") == 200
        post.host.is_well = False
        assert post.ask("GET", "/health") == 503
        assert post.ask("GET", "/") == 404


@pytest.mark.parametrize(
    "headers",
    [{}, PUSH, {"X-Hub-Signature-256": "sha256=00"}, {"X-Gitlab-Event": "Push Hook", "webhook-signature": "v1,AAAA"}],
    ids=str,
)
def test_a_large_body_is_not_read_where_no_signature_could_be_right(headers: dict[str, str]) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with opened(SECRET) as post, socket.create_connection(("127.0.0.1", post.port), timeout=30) as line:
        line.sendall(f"POST /hook HTTP/1.1\r\nContent-Length: {webhook_server.LARGEST}\r\n{head}\r\n".encode())
        line.sendall(b"x" * webhook_server._PIECE)  # noqa: SLF001  and nothing more: an answer comes all the same
        assert line.recv(100).startswith(b"HTTP/1.0 401 ")


def test_a_large_body_that_is_signed_is_taken_in_pieces() -> None:
    body = b"0123456789" * 300_000
    with opened(SECRET) as post:
        tracemalloc.start()
        try:
            assert post.ask("POST", "/hook", body, signed(body)) == 202
            assert tracemalloc.get_traced_memory()[1] < 1_000_000
        finally:
            tracemalloc.stop()
        assert post.knocks == [True]


@pytest.mark.parametrize("which", [1, 2])
def test_where_no_thread_can_be_started_others_are_answered_later(which: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first thread is that of the request, the second that of its time limit."""
    monkeypatch.setattr(webhook_server, "_MOST_THREADS", 1)
    real, left = threading.Thread.start, [None] * which

    def start(thread: threading.Thread) -> None:
        left.pop()
        if not left:
            monkeypatch.setattr(threading.Thread, "start", real)
            raise RuntimeError("can't start new thread")
        real(thread)

    with opened() as post:
        monkeypatch.setattr(threading.Thread, "start", start)
        with socket.create_connection(("127.0.0.1", post.port), timeout=30) as line:
            line.sendall(b"GET /health HTTP/1.1\r\n\r\n")
            assert not _read(line)
        assert post.ask("GET", "/health") == 200


def _read(line: socket.socket) -> bytes:
    try:
        return line.recv(100)
    except ConnectionResetError:
        return b""


def test_the_host_stands_in_brackets_where_a_url_wants_it() -> None:
    assert door("[::1]:0", "").name == "[::1]"
    assert door("127.0.0.1:0", "").name == "127.0.0.1"


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:http", "127.0.0.1:65536", "127.0.0.1:" + "9" * 5000]
)
def test_an_address_without_host_or_port_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="no address to listen on"):
        door(text, "")


@pytest.mark.parametrize("text", ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "example.com:80"])
def test_without_a_secret_nobody_but_this_machine_is_listened_to(text: str) -> None:
    with pytest.raises(UsageError, match="needs the secret") as error:
        door(text, "")
    assert "--listen-secret-env" in error.value.hint
    assert door(text, SECRET).secret == SECRET


@pytest.mark.parametrize("text", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "127.9.9.9:8080"])
def test_on_loopback_no_secret_is_needed(text: str) -> None:
    assert door(text, "").port == 8080


def test_a_port_that_is_taken_is_told() -> None:
    words = "Cannot listen on 127.0.0.1"
    with (
        opened() as post,
        pytest.raises(UsageError, match=words),
        webhook_server.listening(Door("127.0.0.1", post.port), Host()),
    ):
        pass
