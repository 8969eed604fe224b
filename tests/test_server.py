"""The server that other tests stand on: what it serves, counts, and does wrong when told to."""

from __future__ import annotations

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.repo import Repo, Result, run
from tests.server import FETCH, PUSH, Fault, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server import Server

WRITERS = 16


def push(repo: Repo, address: str, *more: str) -> Result:
    """`git push` of the branch, and whatever else is said."""
    return run("git", "push", "--quiet", "--", address, "HEAD:refs/heads/main", *more, cwd=repo.path)


def listed(repo: Repo, address: str, **env: str) -> Result:
    """`git ls-remote`, which never asks anybody for a password."""
    return run("git", "ls-remote", "--", address, cwd=repo.path, env={"GIT_TERMINAL_PROMPT": "0", **env})


def test_what_was_pushed_can_be_cloned(repo: Repo, server: Server, tmp_path: Path) -> None:
    server.new()
    assert push(repo, server.url()).code == 0
    repo.git("clone", "--quiet", server.url(), str(tmp_path / "clone"))
    assert Repo(tmp_path / "clone").git("rev-parse", "HEAD") == repo.git("rev-parse", "HEAD")


def test_a_push_larger_than_a_buffer_arrives_whole(repo: Repo, server: Server) -> None:
    served = server.new()
    repo.commit("large", {"large.txt": "\n".join(str(n**5) for n in range(100_000))})
    pushed = run(
        *("git", "-c", "http.postBuffer=65536", "push", "--quiet", "--", server.url(), "HEAD:refs/heads/main"),
        cwd=repo.path,
    )
    assert pushed.code == 0, pushed.stderr
    served.git("fsck", "--strict")
    assert served.git("rev-parse", "main") == repo.git("rev-parse", "HEAD")


def test_requests_and_bytes_are_counted(repo: Repo, server: Server, tmp_path: Path) -> None:
    server.new()
    push(repo, server.url())
    assert [one.path for one in server.requests if one.method == "POST"] == ["/models.git/git-receive-pack"]
    assert server.counts.received > 100
    server.forget()
    assert server.counts == (0, 0, 0)
    repo.git("clone", "--quiet", server.url(), str(tmp_path / "clone"))
    requests, _, sent = server.counts
    assert requests == len(server.requests) >= 2
    assert sent == sum(one.sent for one in server.requests) > 100


def test_blobs_are_left_out_only_where_the_repository_allows_filters(
    repo: Repo, server: Server, tmp_path: Path
) -> None:
    for name, allowed in (("with.git", "true"), ("without.git", "false")):
        server.new(name, f"uploadpack.allowFilter={allowed}")
        push(repo, server.url(name))
        clone = Repo(tmp_path / name)
        repo.git("clone", "--quiet", "--bare", "--filter=blob:none", server.url(name), str(clone.path))
        missing = [
            line for line in clone.git("rev-list", "--objects", "--missing=print", "HEAD").split() if "?" in line
        ]
        assert bool(missing) == (allowed == "true")


def test_nobody_gets_in_without_the_password(repo: Repo, tmp_path: Path) -> None:
    with serve(tmp_path / "served", login=("ada", "secret")) as server:
        server.new()
        assert listed(repo, server.url()).code == 128
        assert listed(repo, server.url(userinfo="ada:wrong")).code == 128
        address = server.url(userinfo="ada:secret")
        assert push(repo, address).code == 0
        assert "refs/heads/main" in listed(repo, address).stdout


@pytest.mark.parametrize("kind", ["hang", "error", "lose", "drop"])
def test_a_fault_stops_a_listing_until_it_is_mended(repo: Repo, server: Server, kind: str) -> None:
    server.new()
    push(repo, server.url())
    server.fail(Fault(kind, after=10))  # type: ignore[arg-type]  # the four kinds stand above
    if kind == "hang":
        with pytest.raises(subprocess.TimeoutExpired):
            subprocess.run(["git", "ls-remote", server.url()], timeout=0.5, check=False, capture_output=True)
    else:
        failed = listed(repo, server.url())
        assert failed.code == 128
        assert ("500" in failed.stderr) == (kind == "error")
    server.mend()
    assert "refs/heads/main" in listed(repo, server.url()).stdout


@pytest.mark.parametrize("kind", ["lose", "drop"])
def test_a_push_is_done_though_its_reply_is_lost(repo: Repo, server: Server, kind: str) -> None:
    served = server.new()
    server.fail(Fault(kind, PUSH, times=1))  # type: ignore[arg-type]  # the two kinds stand above
    assert push(repo, server.url()).code != 0
    assert served.git("rev-parse", "main") == repo.git("rev-parse", "HEAD")
    assert push(repo, server.url()).code == 0, "only one request went wrong"


def test_a_push_is_done_before_the_server_hangs(repo: Repo, server: Server) -> None:
    served = server.new()
    server.fail(Fault("hang after", PUSH))
    argv = ["git", "push", "--quiet", server.url(), "HEAD:refs/heads/main"]
    with subprocess.Popen(argv, cwd=repo.path, start_new_session=True) as pushing:
        while not served.refs():
            assert pushing.poll() is None
        os.killpg(pushing.pid, signal.SIGKILL)  # git and git-remote-http, which would wait for ever
    assert served.git("rev-parse", "main") == repo.git("rev-parse", "HEAD")


def test_a_fault_of_fetches_lets_pushes_through(repo: Repo, server: Server, tmp_path: Path) -> None:
    server.new()
    server.fail(Fault("error", FETCH))
    assert push(repo, server.url()).code == 0
    assert run("git", "clone", server.url(), str(tmp_path / "clone"), cwd=repo.path).code == 128


def test_many_writers_at_once_are_all_served(repo: Repo, server: Server) -> None:
    served = server.new()
    push(repo, server.url())

    def write(number: int) -> int:
        return push(repo, server.url(), f"HEAD:refs/tags/t{number}").code

    with ThreadPoolExecutor(WRITERS) as pool:
        assert list(pool.map(write, range(WRITERS))) == [0] * WRITERS
    assert len(served.refs("refs/tags")) == WRITERS
