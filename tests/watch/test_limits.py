"""Receivers that take too long: webhooks that never end, commands that do not want to."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import pytest

from gto.exceptions import RemoteUnreachable, UsageError
from gto.registry.event_report import Report
from gto.storage import http_client, transport
from gto.storage.http_connection import HttpSession
from gto.watch import run_command, webhook_sender
from gto.watch.outcome import DONE, AttemptResult, NextStep
from gto.watch.payload import Notice
from gto.watch.run_command import EventCommand
from gto.watch.webhook_sender import Webhook
from tests.repo import TIME_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

NOTICE = Notice("ab12", Report(event="registration", name="m", ref="refs/tags/m@v1.0.0"), "Ada", "", "", "a tag")
LATE = AttemptResult(NextStep.AGAIN, "it does not answer in time")
WELL = b"HTTP/1.1 204 No Content\r\n\r\n"


class Answers(NamedTuple):
    """What a server sends at each request of a connection, and then again and again."""

    whole: Sequence[bytes]
    then: bytes = b""
    pause: float = 0.01


class Receiver(NamedTuple):
    """A server, and the connections that it took."""

    port: int
    taken: list[socket.socket]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def receiver(answers: Answers) -> Iterator[Receiver]:
    over = Event()

    def serve(line: socket.socket) -> None:
        with suppress(OSError), line, line.makefile("rb") as requests:
            for whole in answers.whole:
                read(requests)
                line.sendall(whole)
            read(requests)
            while answers.then and not over.wait(answers.pause):
                line.sendall(answers.then)

    def accept() -> None:
        with suppress(OSError):
            while True:
                taken.append(listener.accept()[0])
                threads.append(Thread(target=serve, args=(taken[-1],)))
                threads[-1].start()

    taken: list[socket.socket] = []
    threads = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads.append(Thread(target=accept))
        threads[0].start()
        try:
            yield Receiver(listener.getsockname()[1], taken)
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            threads[0].join()
    for line in taken:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join()


def read(requests: BinaryIO) -> None:
    """Read a request to its end; of a proxy it has no body."""
    length = 0
    while (line := requests.readline()) not in {b"\r\n", b""}:
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    requests.read(length)


def delivered(hook: Webhook) -> AttemptResult:
    """What becomes of a notice; it does not take for ever."""
    start = time.monotonic()
    outcome = hook.deliver(NOTICE)
    assert time.monotonic() - start < TIME_LIMIT / 2
    return outcome


@pytest.mark.parametrize(
    "answers",
    [
        Answers([b"HTTP/1.1 200 O"], b"K"),
        Answers([b"HTTP/1.1 200 OK\r\nX-Slow: "], b"x"),
        Answers([], b"HTTP/1.1 100 Continue\r\n\r\n"),
        Answers([], b"H"),
    ],
    ids=["status", "header", "continue", "nothing"],
)
def test_an_answer_that_comes_a_byte_at_a_time_is_cut(answers: Answers) -> None:
    with receiver(answers) as to:
        assert delivered(Webhook(to.url, seconds=0.3)) == LATE
        assert len(to.taken) == 1


def test_an_answer_that_is_late_on_a_connection_that_was_kept_is_not_asked_for_again() -> None:
    with receiver(Answers([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"], b"H")) as to:
        request, session = http_client.Request(to.url, "POST", body=b"{}", seconds=0.3), HttpSession()
        assert http_client.send(request, session).body(100) == b"ok"
        with pytest.raises(RemoteUnreachable, match="in time"):
            http_client.send(request, session)
        assert len(to.taken) == 1


def test_a_proxy_that_answers_a_byte_at_a_time_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver(Answers([], b"H")) as to:
        monkeypatch.setenv("https_proxy", to.url)
        assert delivered(Webhook("https://example.com/hook", seconds=0.3)) == LATE


def test_a_receiver_may_be_silent_for_as_long_as_it_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "SILENCE", 0.05)
    with receiver(Answers([], WELL, pause=0.3)) as to:
        assert delivered(Webhook(to.url)) == DONE


@pytest.mark.parametrize("url", ["http://[x/", "http://h:99999/", "http://h:x/", "http://h:0/", "http://h/a b"])
def test_a_url_that_nothing_can_be_posted_to_is_told_at_once(url: str) -> None:
    with pytest.raises(UsageError, match="no URL of a web server"):
        webhook_sender.to(url)


def run(script: str, seconds: float = 60.0, handles: tuple[int, ...] = ()) -> AttemptResult:
    return EventCommand(("sh", "-c", script), seconds, (), handles).deliver(NOTICE)


def test_a_command_may_tidy_up_before_it_is_ended(tmp_path: Path) -> None:
    script = f"trap 'echo tidied > {tmp_path}/said; exit 0' TERM; while :; do sleep 0.02; done"
    assert run(script, 0.3) == AttemptResult(NextStep.AGAIN, "it was ended after 0.3 seconds")
    assert (tmp_path / "said").read_text() == "tidied\n"


def test_a_command_that_does_not_want_to_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_command, "_GRACE", 0.3)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    script = f"exec 3> {pipe}; trap '' TERM; sleep 3600 & while :; do sleep 3600; done"
    assert run(script, 0.3) == AttemptResult(NextStep.AGAIN, "it was ended after 0.3 seconds")
    os.set_blocking(end, True)
    assert os.read(end, 1) == b""  # it comes when nobody holds the other end any more
    os.close(end)


PROGRAM = """\
import sys
from gto.watch import run_command
from tests.watch.test_limits import run
run_command._GRACE = 0.1
print(run("echo $$ > pid; exec sleep 3600 2> /dev/null >&2", 0.3).reason)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_command_that_may_not_be_ended_is_told_and_holds_nobody_up(tmp_path: Path) -> None:
    """As one that became root: the system refuses the signals."""
    strace = ["strace", "-o", "/dev/null", "-e", "trace=kill", "-e", "inject=kill:error=EPERM"]
    words = [*strace, sys.executable, "-W", "ignore", "-c", PROGRAM]
    env = {**os.environ, "PYTHONPATH": os.getcwd()}
    try:
        done = subprocess.run(
            words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
        )
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert done.stdout == "it was ended after 0.3 seconds, but goes on: Operation not permitted\n", done.stderr


def test_a_command_gets_the_descriptor_that_it_is_to_hold() -> None:
    reader, writer = os.pipe()
    assert run(f"echo held > /dev/fd/{writer}", handles=(writer,)) == DONE
    assert run(f"echo held > /dev/fd/{writer}") != DONE
    os.close(writer)
    assert os.read(reader, 100) == b"held\n"
    os.close(reader)
