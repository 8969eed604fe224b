"""Pushes of tags to a server with the hook take turns: each is judged by what those before it set."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import Conflict
from gto.git import push_turn
from tests.repo import Repo
from tests.stories.healthy import done
from tests.watch.watching import until

if TYPE_CHECKING:
    from pathlib import Path

POLICY = {".gto.policy.yaml": "rules: [{name: one, stages: prod, one_version: true}]\n"}
# What a server's `update` hook does to the first tag, after the judgement and before its ref is set.
SLOW = "#!/bin/sh\necho $1 >> updated\nwhile [ $1 = refs/tags/m#prod#1 ] && [ ! -e go ]; do sleep 0.05; done\n"
REFUSES = "#!/bin/sh\n[ $1 != refs/tags/m#prod#1 ]\n"
# It sets a ref as late as a server whose client does not read what it says.
LATE = """
import os, sys, time
from gto.git import push_turn
push_turn._LONGEST = 0.1
if os.fork() == 0:
    with push_turn.turn(".") as handle:
        push_turn.hand_over(handle, lambda: os.path.exists("ref"), lambda: os.mkdir("settled"))
    os._exit(0)
os.wait()
with push_turn.turn("."):
    os.mkdir("ref")
assert not os.path.exists("settled")
"""


@pytest.fixture
def clone(repo: Repo, tmp_path: Path) -> Repo:
    """Two versions, and each in prod by a tag that the server lacks; beside it a server with the hook."""
    repo.commit("policy", POLICY)
    repo.tag("m@v1.0.0", "HEAD~1")
    repo.tag("m@v2.0.0")
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "server.git"))
    repo.git("remote", "add", "origin", str(tmp_path / "server.git"))
    done(Repo(tmp_path / "server.git").gto("hook", "install", "pre-receive"))
    repo.tag("m#prod#1", "HEAD~1")
    repo.tag("m#prod#2")
    return repo


def begin_push(clone: Repo, *tags: str) -> subprocess.Popen[str]:
    command = ["git", "push", "--quiet", "origin", *(f"refs/tags/{tag}" for tag in tags)]
    return subprocess.Popen(command, cwd=clone.path, stderr=subprocess.PIPE, text=True)


def update_hook(server: Path, text: str) -> None:
    (server / "hooks" / "update").write_text(text)
    (server / "hooks" / "update").chmod(0o755)


def test_two_pushes_that_each_alone_would_be_allowed_are_not_both(clone: Repo, tmp_path: Path) -> None:
    server = tmp_path / "server.git"
    update_hook(server, SLOW)
    first = begin_push(clone, "m#prod#1")
    until((server / "updated").exists, first)
    second = begin_push(clone, "m#prod#2")
    end = time.monotonic() + 1.5  # in which it would be let through
    while time.monotonic() < end and "prod#2" not in (server / "updated").read_text():
        time.sleep(0.02)
    (server / "go").touch()
    assert first.communicate()[1] == ""
    assert "refused: rule 'one': 'v1.0.0' is in stage 'prod' still" in second.communicate()[1]
    assert sorted(Repo(server).refs("refs/tags")) == ["refs/tags/m#prod#1", "refs/tags/m@v1.0.0", "refs/tags/m@v2.0.0"]


def test_a_push_that_comes_to_nothing_leaves_its_turn_to_the_next(clone: Repo, tmp_path: Path) -> None:
    update_hook(tmp_path / "server.git", REFUSES)
    start = time.monotonic()
    assert "hook declined" in begin_push(clone, "m#prod#1").communicate()[1]
    assert begin_push(clone, "m#prod#2").communicate()[1] == ""
    assert time.monotonic() - start < 30  # half of what a push that git neither sets nor gives up would hold it for
    end = time.monotonic() + 30  # and nothing is left running that holds the lock
    with push_turn.turn(str(tmp_path / "server.git")):
        assert time.monotonic() < end


def test_a_tag_that_rests_on_one_that_git_then_refuses_is_taken_back(clone: Repo, tmp_path: Path) -> None:
    server = Repo(tmp_path / "server.git")
    assert begin_push(clone, "m#prod#1").communicate()[1] == ""
    clone.tag("m#prod!#3", "HEAD~1")
    clone.tag("m#prod#4")
    update_hook(server.path, REFUSES.replace("#1", "!#3"))
    push = begin_push(clone, "m#prod!#3", "m#prod#4")
    assert "hook declined" in push.communicate()[1]
    with push_turn.turn(str(server.path)):  # the next push sees nothing of it
        assert [ref for ref in server.refs("refs/tags") if "prod" in ref] == ["refs/tags/m#prod#1"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody learns when git ends")
def test_what_is_set_after_others_had_their_turns_is_settled(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(["git", "-c", LATE, "receive-pack"], executable=sys.executable, cwd=tmp_path, env=env) as git:
        assert git.wait() == 0
        until((tmp_path / "settled").exists)


def test_a_push_that_waits_for_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_turn, "_PATIENCE", 0.0)
    place = str(tmp_path)
    with push_turn.turn(place), pytest.raises(Conflict, match="Other pushes are not done yet"), push_turn.turn(place):
        pass
    with push_turn.turn(place):
        pass
