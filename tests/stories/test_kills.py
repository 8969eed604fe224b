"""Killed at a random moment, a command leaves no half state: it is done or not, and can be done again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.repo import GTO, START, TICK, Repo
from tests.stories.healthy import done

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server import Server

LATER = START + 300 * TICK
COMMANDS = {
    "register": ("register", "nn", "--push"),
    "assign": ("assign", "nn", "--stage", "prod", "--push"),
    "annotate": ("annotate", "nn", "--label", "killed", "--commit", "--push"),
    "through-a-url": ("assign", "nn", "--stage", "prod", "-r", "URL"),
    "mirror": ("show", "-r", "URL"),
}
FINE_AGAIN = ("already registered in this commit", "is already in stage")


@pytest.fixture
def work(server: Server, tmp_path: Path) -> Repo:
    """A clone of a served repository with a version, and a commit that has none yet, both pushed."""
    server.new("models.git", "uploadpack.allowFilter=true")
    Repo(tmp_path).git("clone", "--quiet", server.url(), str(tmp_path / "work"))
    made = Repo(tmp_path / "work")
    made.commit("first", {"artifacts.yaml": "nn: {type: model}\n"})
    made.git("push", "--quiet", "--set-upstream", "origin", "main")
    done(made.gto("register", "nn", "--push"))
    return made


def kill_after(seconds: float, repo: Repo, words: tuple[str, ...], *, family: bool) -> bool:
    """Start a command, kill it (with its git processes, if asked) unless it ends before, and tell whether it was."""
    env = {**os.environ, **repo.dated()}
    process = subprocess.Popen(
        [*GTO, *words], cwd=repo.path, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        (os.killpg if family else os.kill)(process.pid, signal.SIGKILL)
        process.wait()
        wait_for_group(process.pid)
        return True
    return False


def wait_for_group(group: int) -> None:
    """Wait until git processes that outlive gto are done."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.005)


def check_whole(repo: Repo, bare: Repo) -> None:
    """No stage without its registration, here and on the remote; both sound, but for locks, which doctor takes away."""
    for place in (repo, bare):
        tags = {ref.removeprefix("refs/tags/") for ref in place.refs("refs/tags")}
        commits = {tag: place.git("rev-parse", f"{tag}^{{commit}}") for tag in tags}
        registered = {commit for tag, commit in commits.items() if "@" in tag}
        assert {commit for tag, commit in commits.items() if "#" in tag} <= registered
        assert "missing" not in place.git("fsck", "--no-dangling")
    for path in (repo.path / ".git").rglob("*.lock"):
        os.utime(path, (0, 0))
    for path in repo.path.rglob(".gto-*"):
        os.utime(path, (0, 0))
    repo.gto("doctor", "--fix", "--yes")
    problems = json.loads(repo.gto("doctor", "--json").stdout)["problems"]
    assert {problem["code"] for problem in problems} <= {"version-unreached"}, problems


@pytest.mark.parametrize("kills", [pytest.param(4, id="few"), pytest.param(60, id="many", marks=pytest.mark.soak)])
@pytest.mark.parametrize("what", COMMANDS)
def test_a_kill_at_a_random_moment_leaves_no_half_state(what: str, kills: int, work: Repo, server: Server) -> None:
    dice = random.Random(f"{what} {kills}")  # noqa: S311  no secret
    bare = Repo(server.root / "models.git", LATER)
    words = tuple(server.url() if word == "URL" else word for word in COMMANDS[what])
    start = time.monotonic()
    done(work.gto("show", "-r", server.url()))
    longest = 0.05 + 3 * (time.monotonic() - start)
    killed = 0
    for turn in range(10 * kills):
        if killed == kills:
            break
        work.git("pull", "--quiet", "--rebase", "--autostash", "origin", "main")
        work.commit(f"turn {turn}")
        if what == "annotate":
            work.commit(f"turn {turn}", {"artifacts.yaml": "nn: {type: model}\n"})
        work.git("push", "--quiet", "origin", "main")
        if what == "mirror" and turn % 2:
            done(work.gto("cache", "clear"))
        killed += kill_after(dice.uniform(0.02, longest), work, words, family=turn % 2 == 0)
        check_whole(work, bare)
        again = work.gto(*words)
        assert again.code == 0 or any(fine in again.stderr for fine in FINE_AGAIN), again.stderr
        done(work.gto("show"))
        if what != "annotate":
            assert done(work.gto("show", "-r", server.url(), "--json")) == done(
                fresh(server, work).gto("show", "--json")
            )
    assert killed == kills, "the command was too quick to be killed"


def fresh(server: Server, work: Repo) -> Repo:
    """The repository of the remote, cloned anew."""
    place = work.path.parent / "fresh"
    if place.exists():
        subprocess.run(["rm", "-rf", str(place)], check=True)
    work.git("clone", "--quiet", server.url(), str(place))
    return Repo(place, LATER)
