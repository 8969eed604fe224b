"""`gto doctor`: what it finds beyond tags that are set aside, what it compares, what it mends."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.objects import damage, damage_pack, loose, lose
from tests.repo import GTO, Repo
from tests.stories.healthy import check_still_writes, done, make_healthy, problems, said

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOUR = 3600


@pytest.fixture
def healthy(tmp_path: Path) -> Repo:
    """A repository with one sound artifact."""
    return make_healthy(tmp_path / "repo")


@pytest.fixture
def origin(healthy: Repo, tmp_path: Path) -> Repo:
    """A bare repository that has all that `healthy` has, and is its origin."""
    bare = Repo(tmp_path / "origin.git")
    bare.path.mkdir()
    bare.git("init", "--quiet", "--bare")
    healthy.git("remote", "add", "origin", f"file://{bare.path}")
    healthy.git("push", "--quiet", "--tags", "origin", "main")
    return bare


def left(repo: Repo, name: str, text: str = "", age: float = HOUR) -> Path:
    """A file that was last written so many seconds ago."""
    path = repo.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def told(repo: Repo, *args: str, code: int) -> dict[str, Any]:
    """What doctor says as JSON."""
    value: dict[str, Any] = json.loads(done(repo.gto("doctor", "--json", *args), code))
    return value


# --- what is found


def test_a_time_in_the_future_is_named_with_both_clocks(healthy: Repo) -> None:
    ahead = datetime.now(UTC) + timedelta(days=40, minutes=5)
    healthy.tag("x@v1.0.0", date=ahead.isoformat())
    healthy.tag("y@v1.0.0", date=(datetime.now(UTC) + timedelta(hours=20)).isoformat())
    (problem,) = told(healthy, code=1)["problems"]
    assert (problem["code"], problem["subject"], problem["artifact"]) == ("time-in-future", "x@v1.0.0", "x")
    assert ahead.strftime("%Y-%m-%dT") in problem["reason"]
    assert "40 days ahead" in problem["reason"]


def test_a_version_that_no_branch_reaches_is_named(healthy: Repo) -> None:
    healthy.git("checkout", "--quiet", "--detach")
    commit = healthy.commit("on no branch")
    healthy.tag("x@v1.0.0", commit)
    assert problems(healthy) == set()  # it is checked out
    healthy.git("checkout", "--quiet", "main")
    assert problems(healthy) == {("version-unreached", "x@v1.0.0")}
    assert "only tags keep it" in done(healthy.gto("doctor"))  # a warning, which fails no job
    assert healthy.gto("doctor", "--strict").code == 1
    healthy.git("update-ref", "refs/remotes/origin/side", commit)
    assert problems(healthy) == set()


def test_of_a_version_that_was_taken_back_nobody_asks_for_a_branch(healthy: Repo) -> None:
    healthy.git("checkout", "--quiet", "--detach")
    healthy.tag("x@v1.0.0", healthy.commit("on no branch"))
    healthy.tag("x@v1.0.0!")
    healthy.git("checkout", "--quiet", "main")
    assert problems(healthy) == set()


def test_a_shallow_clone_is_not_asked_about_branches(healthy: Repo, origin: Repo, tmp_path: Path) -> None:
    healthy.commit("later")
    healthy.git("push", "--quiet", "origin", "main")
    healthy.git("clone", "--quiet", "--depth=1", f"file://{origin.path}", str(tmp_path / "shallow"))
    shallow = Repo(tmp_path / "shallow")
    shallow.git("fetch", "--quiet", "--tags")
    assert "shallow" in " ".join(told(shallow, code=0)["notes"])


LOCKS = ("packed-refs.lock", "HEAD.lock", "index.lock", "config.lock", "refs/tags/ok@v9.0.0.lock", "gto/standings.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_an_old_lock_is_named_with_its_age_and_removed(name: str, healthy: Repo) -> None:
    path = left(healthy, f".git/{name}")
    (problem,) = told(healthy, code=1)["problems"]
    assert (problem["code"], problem["subject"]) == ("lock-stale", f".git/{name}")
    assert "60 minutes old" in problem["reason"]
    fixed = told(healthy, "--fix", "--yes", code=0)
    assert fixed["fixed"] == [{"code": "lock-stale", "subject": f".git/{name}", "action": "remove the lock"}]
    assert fixed["problems"] == []
    assert not path.exists()
    check_still_writes(healthy)


def test_the_lock_of_another_work_tree_is_found_from_each(healthy: Repo, tmp_path: Path) -> None:
    healthy.git("worktree", "add", "--quiet", str(tmp_path / "other"), "-b", "other")
    path = left(healthy, ".git/worktrees/other/index.lock")
    other = Repo(tmp_path / "other", healthy.clock)
    assert problems(healthy) == {("lock-stale", ".git/worktrees/other/index.lock")}
    assert problems(other) == {("lock-stale", str(path))}
    assert told(other, "--fix", "--yes", code=0)["fixed"]
    assert not path.exists()


def test_a_young_lock_is_a_note_and_stays(healthy: Repo) -> None:
    path = left(healthy, ".git/packed-refs.lock", age=30)
    result = healthy.gto("doctor", "--fix", "--yes")
    assert "No issues found" in done(result)
    assert "note: .git/packed-refs.lock has been there for 3" in result.stderr
    assert path.exists()


@pytest.mark.parametrize("place", [".", ".git", "../other"])
def test_no_lock_is_removed_while_git_runs_in_the_repository(place: str, healthy: Repo) -> None:
    healthy.git("worktree", "add", "--quiet", "../other", "-b", "other")
    path = left(healthy, ".git/index.lock")
    with subprocess.Popen(["git", "cat-file", "--batch"], cwd=healthy.path / place, stdin=subprocess.PIPE) as reader:
        found = told(healthy, "--fix", "--yes", code=1)
        assert (found["fixed"], found["problems"][0]["code"]) == ([], "lock-stale")
        assert found["notes"] == [f".git/index.lock is as it was: git runs in this repository, as process {reader.pid}"]
        reader.communicate()
    assert path.exists()
    assert told(healthy, "--fix", "--yes", code=0)["fixed"]


def test_a_temporary_file_of_gto_is_removed_and_no_other(healthy: Repo) -> None:
    names = [".gto-ab3_9xyz.tmp", "sub/.gto-abcdefgh.tmp", ".gto-my.tmp", ".gto-ab3_9xyz", "sub/x.gto-ab3_9xyz.tmp"]
    paths = [left(healthy, name) for name in names]
    young = left(healthy, ".gto-1bcdefgh.tmp", age=5)
    tracked = ".gto-2bcdefgh.tmp"
    healthy.commit("tracked", {tracked: "mine"})
    left(healthy, tracked, "mine")
    assert problems(healthy) == {("file-left-behind", name) for name in names[:2]}
    assert len(told(healthy, "--fix", "--yes", code=0)["fixed"]) == 2
    assert [path.exists() for path in paths] == [False, False, True, True, True]
    assert young.exists()
    assert (healthy.path / tracked).exists()


def test_a_ref_without_an_object_id_is_named(healthy: Repo) -> None:
    left(healthy, ".git/refs/heads/broken", "hello\n")
    left(healthy, ".git/refs/tags/release", "0" * 40 + "\n")
    left(healthy, ".git/refs/remotes/origin/HEAD", "ref: refs/remotes/origin/main\n")
    assert problems(healthy) == {("ref-broken", "refs/heads/broken"), ("ref-broken", "refs/tags/release")}
    assert "hello" in (healthy.path / ".git/refs/heads/broken").read_text(encoding="utf-8")
    told(healthy, "--fix", "--yes", code=1)
    assert problems(healthy) == {("ref-broken", "refs/heads/broken"), ("ref-broken", "refs/tags/release")}


def test_the_lines_of_packed_refs_that_are_no_refs_are_named_and_deleting_them_helps(healthy: Repo) -> None:
    healthy.git("pack-refs", "--all")
    path = healthy.path / ".git/packed-refs"
    sound = path.read_bytes()
    path.write_bytes(sound + b"first \xff\nsecond\n")
    (problem,) = told(healthy, code=1)["problems"]
    number = sound.count(b"\n") + 1
    assert f"line {number} is no ref: 'first \\xff', and 1 more" in problem["reason"]
    for _ in range(2):
        subprocess.run(["sed", "-i", f"{number}d", ".git/packed-refs"], cwd=healthy.path, check=True)
    assert problems(healthy) == set()
    check_still_writes(healthy)


def test_a_tree_that_is_gone_is_named_and_the_rest_is_looked_at(healthy: Repo) -> None:
    healthy.tag("x@v1.0.0", annotated=False)
    lose(healthy, healthy.git("rev-parse", "HEAD^{tree}"))
    assert problems(healthy) == {("repository-damaged", "git ls-tree"), ("tag-lightweight", "x@v1.0.0")}


@pytest.mark.parametrize("text", ["", "gto-standings 1 abc\n{}", "\x00\x01", "gto-standings 9 0\nlater"])
def test_a_damaged_cache_is_named_and_removed(text: str, healthy: Repo) -> None:
    path = left(healthy, ".git/gto/standings", text, age=1)
    assert problems(healthy) == {("cache-damaged", ".git/gto/standings")}
    assert told(healthy, "--fix", "--yes", code=0)["fixed"][0]["code"] == "cache-damaged"
    assert not path.exists()


def test_a_directory_in_the_place_of_the_cache_goes_only_if_it_is_empty(healthy: Repo) -> None:
    path = healthy.path / ".git/gto/standings"
    (path / "mine").mkdir(parents=True)
    found = told(healthy, "--fix", "--yes", code=1)
    assert found["notes"] == [".git/gto/standings is as it was: Directory not empty"]
    (path / "mine").rmdir()
    told(healthy, "--fix", "--yes", code=0)
    assert not path.exists()


def test_a_sound_cache_is_no_problem(healthy: Repo) -> None:
    commit = healthy.git("rev-parse", "HEAD")
    tags = [
        f"tag m{number}@v0.0.1\nfrom {commit}\ntagger A <a@b.c> 1600000000 +0000\ndata 1\nx\n" for number in range(1000)
    ]
    subprocess.run(["git", "fast-import", "--quiet"], cwd=healthy.path, input="".join(tags).encode(), check=True)
    done(healthy.gto("show"))
    assert (healthy.path / ".git/gto/standings").exists()
    assert problems(healthy) == set()


def test_in_a_bare_repository_paths_are_seen_from_the_git_directory(origin: Repo) -> None:
    path = left(origin, "packed-refs.lock")
    assert problems(origin) == {("lock-stale", "packed-refs.lock")}
    told(origin, "--fix", "--yes", code=0)
    assert not path.exists()


# --- the remote


def test_tags_that_differ_from_the_remote_are_problems_and_others_are_counted(
    healthy: Repo, origin: Repo, tmp_path: Path
) -> None:
    assert told(healthy, "--remote", code=0)["notes"] == []
    healthy.git("clone", "--quiet", str(origin.path), str(tmp_path / "clone"))
    clone = Repo(tmp_path / "clone", healthy.clock)
    for name in ("x@v1.0.0", "theirs@v1.0.0", "release-1"):
        clone.tag(name, message="theirs")
    clone.git("push", "--quiet", "--tags")
    for name in ("x@v1.0.0", "mine@v1.0.0", "mine@v1.0.0#2", "release-2"):
        healthy.tag(name, message="mine")
    found = told(healthy, "--remote", code=1)
    (problem,) = found["problems"]
    assert (problem["code"], problem["subject"], problem["artifact"]) == ("tag-differs", "x@v1.0.0", "x")
    assert found["notes"] == [
        "2 event tags are here not on 'origin', 'mine@v1.0.0' for one",
        "1 event tag is on 'origin' not here, 'theirs@v1.0.0' for one",
    ]
    healthy.git("fetch", "--quiet", "origin", "+refs/tags/x@v1.0.0:refs/tags/x@v1.0.0")  # as the hint has it
    assert told(healthy, "--remote", "origin", code=0)["problems"] == []
    assert "note: 2 event tags are here" in healthy.gto("doctor", "--remote").stderr
    assert told(healthy, code=0)["notes"] == []


def test_a_remote_that_is_not_reached_is_a_problem_beside_the_others(healthy: Repo) -> None:
    healthy.tag("x@v1.0.0", annotated=False)
    found = {(one["code"], one["subject"]) for one in told(healthy, "--remote", "upstream", code=1)["problems"]}
    assert found == {("remote-unreachable", "upstream"), ("tag-lightweight", "x@v1.0.0")}


def test_a_secret_in_the_address_of_a_remote_is_not_printed(healthy: Repo) -> None:
    result = healthy.gto("doctor", "--json", "--remote", "https://ada:geheim123@localhost:1/x.git")
    assert "geheim123" not in done(result, 1) + result.stderr
    assert json.loads(result.stdout)["problems"][0]["subject"] == "https://localhost:1/x.git"


def test_the_mirror_of_a_remote_repository_is_examined_too(healthy: Repo, origin: Repo) -> None:
    url = f"file://{origin.path}"
    healthy.tag("x@v1.0.0", annotated=False)
    healthy.git("push", "--quiet", "--tags", "origin")
    found = told(healthy, "-r", url, "--remote", code=1)
    assert [one["subject"] for one in found["problems"]] == ["x@v1.0.0"]
    assert found["notes"] == []


# --- mending


@pytest.mark.parametrize(("harm", "code"), [(lose, "tag-missing"), (damage, "tag-missing")])
def test_a_tag_object_that_the_remote_has_is_fetched_again(
    harm: Callable[[Repo, str], None], code: str, healthy: Repo, origin: Repo
) -> None:
    oid = healthy.git("rev-parse", "ok@v0.0.1")
    harm(healthy, oid)
    refs = loose_refs(healthy)
    assert problems(healthy) == {(code, "ok@v0.0.1")}
    fixed = told(healthy, "--fix", "--yes", code=0)
    assert fixed["fixed"] == [{"code": code, "subject": "ok@v0.0.1", "action": "fetch the tag's object again"}]
    assert loose_refs(healthy) == refs
    healthy.git("fsck")
    assert origin.git("rev-parse", "ok@v0.0.1") == oid
    check_still_writes(healthy)


def loose_refs(repo: Repo) -> dict[str, str]:
    """The files of refs under refs/tags, whose objects may be missing."""
    return {path.name: path.read_text(encoding="utf-8") for path in (repo.path / ".git/refs/tags").iterdir()}


def test_of_several_tag_objects_those_that_the_remote_has_come_back(healthy: Repo, origin: Repo) -> None:
    assert origin.path.exists()
    lose(healthy, healthy.git("rev-parse", "ok#prod#1"))
    lose(healthy, healthy.tag("x@v1.0.0"))
    found = told(healthy, "--fix", "--yes", code=1)
    assert [one["subject"] for one in found["fixed"]] == ["ok#prod#1"]
    assert [one["subject"] for one in found["problems"]] == ["x@v1.0.0"]


def test_a_tag_object_that_the_remote_lacks_stays_as_it_is(healthy: Repo, origin: Repo) -> None:
    oid = healthy.tag("x@v1.0.0")
    damage(healthy, oid)
    found = told(healthy, "--fix", "--yes", code=1)
    assert (found["fixed"], found["problems"][0]["subject"]) == ([], "x@v1.0.0")
    assert loose(healthy, oid).exists()
    assert "x@v1.0.0" not in origin.refs("refs/tags")


def test_a_tag_that_the_remote_names_otherwise_is_not_fetched_over_this_one(healthy: Repo, origin: Repo) -> None:
    theirs = origin.git("rev-parse", "ok@v0.0.1")
    healthy.git("tag", "--delete", "ok@v0.0.1")
    mine = healthy.tag("ok@v0.0.1", message="mine")
    assert mine != theirs
    lose(healthy, mine)
    assert told(healthy, "--fix", "--yes", code=1)["fixed"] == []
    assert (healthy.path / ".git/refs/tags/ok@v0.0.1").read_text(encoding="utf-8").strip() == mine


def test_where_the_fetch_brings_nothing_the_damaged_file_comes_back(healthy: Repo, origin: Repo) -> None:
    oid = healthy.git("rev-parse", "ok@v0.0.1")
    damage(healthy, oid)
    before = loose(healthy, oid).read_bytes()
    theirs = origin.path / "objects" / oid[:2] / oid[2:]
    theirs.chmod(0o644)
    theirs.write_bytes(theirs.read_bytes()[:60])  # the remote names the tag, and cannot send it
    found = told(healthy, "--fix", "--yes", code=1)
    assert found["fixed"] == []
    assert loose(healthy, oid).read_bytes() == before
    assert [path.name for path in loose(healthy, oid).parent.iterdir()] == [oid[2:]]


def test_an_object_that_is_damaged_in_a_pack_is_said_to_be_left(healthy: Repo, origin: Repo) -> None:
    assert origin.path.exists()
    healthy.tag("x@v1.0.0", message="word " * 200)
    healthy.git("push", "--quiet", "--tags", "origin")
    damage_pack(healthy, healthy.git("rev-parse", "x@v1.0.0"))
    found = told(healthy, "--fix", "--yes", code=1)
    assert (found["fixed"], found["problems"][0]["code"]) == ([], "tag-corrupt")
    assert "in a pack" in found["notes"][0]


def test_without_a_terminal_nothing_is_mended_unasked(healthy: Repo) -> None:
    path = left(healthy, ".git/packed-refs.lock")
    result = healthy.gto("doctor", "--fix")
    assert (result.code, result.stdout) == (1, "")
    assert ".git/packed-refs.lock: remove the lock [lock-stale]" in result.stderr
    assert "`gto doctor --fix --yes` does it" in result.stderr
    assert path.exists()


def test_where_nothing_can_be_mended_nothing_is_asked(healthy: Repo) -> None:
    assert "No issues found" in done(healthy.gto("doctor", "--fix"))
    healthy.tag("x@v1.0.0", annotated=False)
    assert "tag-lightweight" in done(healthy.gto("doctor", "--fix"), 1)


@pytest.mark.parametrize(("answer", "gone", "code"), [("y", True, 0), ("n", False, 1)])
def test_on_a_terminal_it_asks(answer: str, code: int, healthy: Repo, *, gone: bool) -> None:
    path = left(healthy, ".git/packed-refs.lock")
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    result = subprocess.run([*GTO, "doctor", "--fix"], cwd=healthy.path, stdin=theirs, capture_output=True, check=False)
    os.close(ours)
    os.close(theirs)
    assert b"Go on? [y/N]" in result.stderr
    assert result.returncode == code
    assert path.exists() is not gone
    assert ("✅  .git/packed-refs.lock: remove the lock" in result.stdout.decode()) is gone


def test_what_doctor_says_of_a_directory_that_is_no_repository(tmp_path: Path) -> None:
    said(Repo(tmp_path).gto("doctor", "--fix"), "No Git repo found")
