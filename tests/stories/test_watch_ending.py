"""How `gto watch` ends: by signals, while a remote hangs, when it is killed; and what of it goes on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import GitError
from gto.registry.registry import Registry
from gto.watch import poller
from gto.watch.poller import WatchedRepository
from tests.repo import GTO, Repo, run
from tests.server import Fault
from tests.stories.healthy import done, said
from tests.watch.watching import FAST, SEEN, line_with, refs, running, start, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server import Server

GATE = "cat >> seen; echo > started; read x < gate"
"""A command that writes down what it gets, and ends when somebody writes to `gate`."""
ONCE = ("watch", "--once", "--backoff", "0.01")


@pytest.fixture
def gated(repo: Repo) -> Repo:
    """A repository with two events of one artifact, and the gate of their command."""
    os.mkfifo(repo.path / "gate")
    for count in (1, 2):
        repo.tag(f"m#prod#{count}")
    return repo


def open_gate(repo: Repo) -> None:
    (repo.path / "gate").write_text("go on\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_one_look_that_a_signal_ends_says_that_events_are_left(gated: Repo, number: signal.Signals) -> None:
    process = start(gated.path, "--since", "all", "--once", "--", "sh", "-c", GATE)
    until((gated.path / "started").exists, process)
    process.send_signal(number)
    assert process.poll() is None
    open_gate(gated)
    _, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (128 + number, "")
    assert refs(gated) == ["m#prod#1"]
    done(gated.gto(*ONCE, "--since", "all", *SEEN))
    assert refs(gated) == ["m#prod#1", "m#prod#2"]


def test_one_look_that_a_signal_ends_at_its_last_event_ends_well(gated: Repo) -> None:
    gated.git("tag", "-d", "m#prod#2")
    process = start(gated.path, "--since", "all", "--once", "--", "sh", "-c", GATE)
    until((gated.path / "started").exists, process)
    process.terminate()
    open_gate(gated)
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_the_end_of_a_terminal_ends_it_after_the_delivery_that_runs(gated: Repo) -> None:
    process = start(gated.path, "--since", "all", "--", "sh", "-c", GATE)
    until((gated.path / "started").exists, process)
    process.send_signal(signal.SIGHUP)
    open_gate(gated)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert refs(gated) == ["m#prod#1"]


def test_under_nohup_the_end_of_a_terminal_does_not_end_it(repo: Repo) -> None:
    done(repo.gto(*ONCE, *SEEN))
    words = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *GTO, "watch", *FAST, *SEEN]
    process = subprocess.Popen(words, cwd=repo.path, stderr=subprocess.PIPE, text=True)
    try:
        for count in (1, 2):
            repo.tag(f"m#prod#{count}")
            until(lambda: len(refs(repo)) == count, process)  # noqa: B023  it is called at once
            process.send_signal(signal.SIGHUP)
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_command_of_a_watcher_that_was_killed_holds_its_journal_until_it_ends(gated: Repo) -> None:
    process = start(gated.path, "--since", "all", "--", "sh", "-c", GATE)
    until((gated.path / "started").exists, process)
    process.kill()
    process.wait()
    said(gated.gto(*ONCE, "--since", "all", *SEEN), "a command that goes on after one was killed")
    assert refs(gated) == ["m#prod#1"]
    open_gate(gated)
    until(lambda: gated.gto(*ONCE, "--since", "all", *SEEN).code == 0)
    process.communicate()
    assert refs(gated) == ["m#prod#1", "m#prod#1", "m#prod#2"]  # nobody knows how the first try ended


def test_what_a_command_leaves_running_does_not_hold_the_journal(repo: Repo) -> None:
    script = "sleep 3600 > /dev/null 2>&1 & echo $! > pid"
    repo.tag("m#prod#1")
    try:
        done(repo.gto(*ONCE, "--since", "all", "--", "sh", "-c", script))
        done(repo.gto(*ONCE, *SEEN))
    finally:
        os.kill(int((repo.path / "pid").read_text()), signal.SIGKILL)


def asking(url: str) -> list[str]:
    """The processes of git that talk with a remote."""
    lines = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if url in line and "watch" not in line]


@pytest.fixture
def bare(server: Server, tmp_path: Path) -> Repo:
    """A served repository with an event; its watchers work in `tmp_path`."""
    made = server.new("models.git", "uploadpack.allowFilter=true")
    work = Repo(tmp_path / "work")
    Repo(tmp_path).git("clone", "--quiet", server.url(), str(work.path))
    work.commit()
    work.tag("m@v1.0.0")
    work.git("push", "--quiet", "origin", "main", "m@v1.0.0")
    return Repo(made.path)


@pytest.mark.parametrize("words", [(), ("--once",)], ids=["service", "once"])
@pytest.mark.parametrize("known", [True, False], ids=["listing", "clone"])
def test_a_remote_that_hangs_does_not_hold_up_the_end(
    bare: Repo, server: Server, tmp_path: Path, words: tuple[str, ...], *, known: bool
) -> None:
    if known:
        done(Repo(tmp_path).gto(*ONCE, "-r", server.url(), *SEEN))
        bare.tag("m#prod#1", "main")
    server.fail(Fault("hang"))
    process = start(tmp_path, "-r", server.url(), *words, *SEEN)
    until(lambda: any("remote-http" in line for line in asking(server.url())), process)
    process.terminate()
    _, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (143 if words else 0, "")
    until(lambda: not asking(server.url()))
    server.mend()
    done(Repo(tmp_path).gto(*ONCE, "-r", server.url(), "--since", "all", *SEEN))
    assert sorted(refs(Repo(tmp_path))) == ["m#prod#1", "m@v1.0.0"][not known :]


def test_a_listing_that_does_not_come_is_waited_for_a_minute_and_not_for_a_limit_of_git(
    bare: Repo, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = WatchedRepository(lambda: Registry.open(server.url()))
    assert watched.look() is not None
    monkeypatch.setattr(poller, "_SECONDS", 0.5)
    server.fail(Fault("hang"))
    with pytest.raises(GitError, match=r"no answer within 0\.5 seconds"):
        watched.look()
    server.mend()
    bare.tag("m#prod#1", "main")
    monkeypatch.setattr(poller, "_SECONDS", 60.0)
    assert watched.look() is not None


# --- streams that are closed


def test_what_is_printed_to_a_stream_that_is_closed_lands_in_no_file(repo: Repo) -> None:
    repo.tag("m#prod#1")
    words = "-P -m gto watch --once --since all --state f -- sh -c 'cat >> seen; echo text; echo more >&2'"
    for stream in ("2>&-", ">&- 2>&-", "<&- >&- 2>&-"):
        assert run("sh", "-c", f"{GTO[0]} {words} {stream}", cwd=repo.path).code == 0
    assert refs(repo) == ["m#prod#1"]
    assert (repo.path / "f").read_text().startswith("gto-watch ")
    assert "text" not in (repo.path / "f").read_text()
    assert (repo.path / "f.lock").read_text() == ""


@pytest.mark.parametrize("stream", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_a_command_does_its_work_without_its_streams(repo: Repo, stream: str) -> None:
    result = run("sh", "-c", f"{GTO[0]} -P -m gto register m {stream}", cwd=repo.path)
    assert result.code == 0
    assert result.stderr == ("" if "2>&-" in stream else "note: 'm' is the first of its name\n")
    assert "refs/tags/m@v0.0.1" in repo.refs()
    assert run("sh", "-c", f"{GTO[0]} -P -m gto show nothing {stream}", cwd=repo.path).code == 1


# --- where webhooks are taken


def test_many_webhooks_at_once_are_one_look(bare: Repo, server: Server, tmp_path: Path) -> None:
    host = _loopback()
    shown = f"[{host}]" if ":" in host else host
    args = ("--interval", "3600", "--listen", f"{shown}:0")
    with running(tmp_path, "-r", server.url(), "--since", "all", *SEEN, args=args) as process:
        said_at = line_with(process, "webhooks are taken")
        assert f"http://{shown}:" in said_at
        port = int(said_at.rpartition(":")[2].partition("/")[0])
        here = Repo(tmp_path)
        until(lambda: refs(here), process)
        server.forget()
        began = time.monotonic()
        until(lambda: _knock(host, port) or time.monotonic() - began > 1.5, process)
        bare.tag("m#prod#1", "main")
        until(lambda: len(refs(here)) == 2 or _knock(host, port), process)
    assert server.counts.requests < 4 * (time.monotonic() - began + 2)  # two or three a look


def _loopback() -> str:
    """The address of this machine: of IPv6, unless it has none."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return "127.0.0.1"
    return "::1"


def _knock(host: str, port: int) -> bool:
    line = HTTPConnection(host, port, timeout=30)
    line.request("POST", "/hook", "{}", {"X-Gitea-Event": "push"})
    assert line.getresponse().status == 202
    line.close()
    return False


@pytest.mark.parametrize("words", [["--once"], ["--retry-dead"]], ids=str)
def test_who_looks_once_takes_no_webhooks(repo: Repo, words: list[str]) -> None:
    said(repo.gto("watch", *words, "--listen", "127.0.0.1:0", *SEEN), "--listen is for a watcher that goes on")


@pytest.mark.parametrize("option", ["--interval", "--backoff", "--timeout"])
@pytest.mark.parametrize("value", ["inf", "nan", "1e10", "-1"])
def test_seconds_that_cannot_be_waited_for_are_refused(repo: Repo, option: str, value: str) -> None:
    result = repo.gto("watch", option, value, *SEEN)
    assert result.code == 2
    assert option in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "words",
    [("--post", "http://[x/"), ("--post", "http://h:99999/"), ("--listen", "127.0.0.1:" + "9" * 5000, "--", "true")],
    ids=["brackets", "port", "digits"],
)
def test_an_address_that_is_none_is_told_in_one_line(repo: Repo, words: tuple[str, ...]) -> None:
    said(repo.gto("watch", *words), "is no ")
