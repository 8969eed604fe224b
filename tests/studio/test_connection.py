from __future__ import annotations

import asyncio
import socket
import time
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import uvicorn
from fastapi import FastAPI

from gto.studio.connection import StudioProtocol
from gto.studio.server import Options, StudioServer, listening
from tests.repo import TIME_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive, Scope, Send

WHOLE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = 16_000_000


class Short(StudioProtocol):
    """One that waits for nobody for long."""

    patience = 0.4
    most = 8


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Take the whole request, be slow at `/slow`, and send much at `/large`."""
    while (await receive()).get("more_body"):
        pass
    if scope["path"] == "/slow":
        await asyncio.sleep(Short.patience * 2)
    body = b"x" * (LARGE if scope["path"] == "/large" else 2)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[str, int]]:
    """Where such a server listens."""
    with listening(Options(port=0)) as listener:
        server = uvicorn.Server(uvicorn.Config(answer, http=Short, log_level="critical", lifespan="off"))
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        yield listener.getsockname()
        server.should_exit = True
        thread.join(TIME_LIMIT)


@contextmanager
def sent(place: tuple[str, int], data: bytes) -> Iterator[socket.socket]:
    """A connection over which this was sent."""
    with socket.create_connection(place, TIME_LIMIT) as made:
        made.sendall(data)
        yield made


def answers(made: socket.socket) -> bool:
    """Whether there is a whole answer."""
    said = b""
    while not said.endswith(b"xx"):
        said += made.recv(1 << 16) or b"xx"
    return b" 200 " in said


def ends(made: socket.socket) -> bool:
    """Whether the other side ends it without an answer."""
    try:
        return made.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "data",
    [b"", b"GET /", b"GET / HTTP/1.1\r\nHost: a\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\nx"],
)
def test_a_request_that_is_never_whole_ends_however_it_trickles_in(place: tuple[str, int], data: bytes) -> None:
    with sent(place, data) as made:
        start = time.monotonic()
        made.settimeout(Short.patience / 4)
        while time.monotonic() - start < TIME_LIMIT:
            try:
                assert ends(made)
                break
            except TimeoutError:
                if data:
                    made.sendall(b"x")
        assert Short.patience / 2 < time.monotonic() - start < TIME_LIMIT


def test_a_whole_request_has_all_the_time_that_its_answer_takes_and_the_next_one_too(place: tuple[str, int]) -> None:
    with sent(place, WHOLE.replace(b"/ ", b"/slow ", 1)) as made:
        for _ in range(2):
            assert answers(made)
            time.sleep(Short.patience / 2)
            made.sendall(WHOLE)


def test_a_client_that_asks_again_after_some_seconds_uses_its_connection() -> None:
    studio, app = StudioServer(), FastAPI()
    app.mount("/", answer)
    with listening(Options(port=0)) as listener:
        thread = Thread(target=studio.serve, args=(app, listener))
        thread.start()
        try:
            with sent(listener.getsockname(), WHOLE) as made:
                assert answers(made)
                time.sleep(6)  # DVC asks every five whether somebody has logged in, and uvicorn would have hung up
                made.sendall(WHOLE)
                assert answers(made)
        finally:
            studio.end()
            thread.join(TIME_LIMIT)


def test_an_answer_that_nobody_takes_ends(place: tuple[str, int]) -> None:
    with sent(place, WHOLE.replace(b"/ ", b"/large ", 1)) as made:
        time.sleep(Short.patience * 2)
        got = 0
        try:
            while data := made.recv(1 << 20):
                got += len(data)
        except ConnectionResetError:
            pass
        assert got < LARGE


def test_a_head_has_an_end(place: tuple[str, int]) -> None:
    with sent(place, b"GET / HTTP/1.1\r\n") as made:
        start = time.monotonic()
        with pytest.raises(ConnectionError):
            send_lines(made, start + Short.patience / 2)


def send_lines(made: socket.socket, until: float) -> None:
    """Send headers without end."""
    while time.monotonic() < until:
        made.sendall(b"a: %s\r\n" % (b"x" * 4000))


def test_many_that_send_nothing_lock_nobody_out(place: tuple[str, int]) -> None:
    with sent(place, WHOLE.replace(b"/ ", b"/slow ", 1)) as busy:
        silent = [socket.create_connection(place, TIME_LIMIT) for _ in range(Short.most * 4)]
        with sent(place, WHOLE) as made:
            assert answers(made)
        assert answers(busy)
        for one in silent:
            assert ends(one)
            one.close()


def test_a_body_that_comes_in_one_piece_with_what_is_before_it_is_taken(place: tuple[str, int]) -> None:
    body = b"x" * 200_000
    with sent(place, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body) as made:
        assert answers(made)
        made.sendall(WHOLE)
        assert answers(made)
