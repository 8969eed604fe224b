"""Locks, full disks, damage, wrong clocks, kills: one clear message, nothing half-written, and the next try works."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.faulty import OPENING, WRITING, Faulty, need_strace
from tests.objects import damage, lose
from tests.repo import GTO, run
from tests.stories.healthy import check_reads, check_still_writes, check_writes_stop, copy, done, problems, said
from tests.stories.healthy import make_healthy as make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.repo import Repo, Result

REGISTER = ("register", "x")
ASSIGN = ("assign", "x", "--stage", "prod")
TAGS = {REGISTER: ["x@v0.0.1"], ASSIGN: ["x#prod#1", "x@v0.0.1"]}


@pytest.fixture
def healthy(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A copy of a repository with one sound artifact, and a commit on which nothing is registered."""
    template = tmp_path_factory.getbasetemp() / "faults"
    if not template.exists():
        make(template).commit("later")
    return copy(template, tmp_path / "repo")


def mine(repo: Repo) -> list[str]:
    """The tags of x, which the commands here write."""
    return sorted(repo.git("tag", "--list", "x[@#]*").splitlines())


def check_fails(repo: Repo, command: tuple[str, ...], *words: str, env: dict[str, str] | None = None) -> None:
    """It ends with one message, and leaves nothing; tried again it succeeds, and the repository is sound."""
    result = repo.gto(*command, env=env)
    said(result, *words)
    assert result.stdout == ""
    assert mine(repo) == []
    assert problems(repo) == set()
    done(repo.gto(*command))
    assert mine(repo) == TAGS[command]
    repo.git("fsck", "--strict")


# --- locks


def lock(repo: Repo, name: str) -> Path:
    """A lock of git's that is an hour old."""
    path = repo.path / ".git" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (time.time() - 3600,) * 2)
    return path


@pytest.mark.parametrize("command", [REGISTER, ASSIGN], ids=" ".join)
def test_a_stale_lock_on_a_tag_is_named_with_its_age(command: tuple[str, ...], healthy: Repo) -> None:
    path = lock(healthy, "refs/tags/x@v0.0.1.lock")
    said(healthy.gto(*command), "is locked", str(path), "60 minutes", "`gto doctor --fix`")
    check_reads(healthy)
    check_still_writes(healthy)
    done(healthy.gto("doctor", "--fix", "--yes"))
    done(healthy.gto(*command))
    assert mine(healthy) == TAGS[command]


def test_a_stale_lock_on_packed_refs_stops_what_deletes_and_nothing_else(healthy: Repo) -> None:
    path = lock(healthy, "packed-refs.lock")
    done(healthy.gto("register", "x"))
    delete = ("deprecate", "x", "v0.0.1", "--delete")
    said(healthy.gto(*delete), "is locked", str(path), "60 minutes", "`gto doctor --fix`")
    assert mine(healthy) == ["x@v0.0.1"]
    assert problems(healthy) == {("lock-stale", ".git/packed-refs.lock")}
    done(healthy.gto("doctor", "--fix", "--yes"))
    done(healthy.gto(*delete))
    assert mine(healthy) == []


def test_a_stale_lock_on_the_index_stops_an_annotation_that_is_to_be_committed(healthy: Repo) -> None:
    path = lock(healthy, "index.lock")
    annotate = ("annotate", "x", "--type", "model", "--commit")
    before = healthy.git("rev-parse", "HEAD")
    said(healthy.gto(*annotate), "is locked", str(path), "60 minutes", "`gto doctor --fix`")
    assert healthy.git("rev-parse", "HEAD") == before
    assert healthy.git("status", "--porcelain") == ""
    done(healthy.gto("doctor", "--fix", "--yes"))
    done(healthy.gto(*annotate))
    assert healthy.git("rev-parse", "HEAD~1") == before


# --- a disk that takes nothing

# Which process of git fails, at what, and what is said of it. Git does not tell the reason of all.
FAULTS = (
    ("mktag", "mkdir,mkdirat:error=ENOSPC", "No space left on device"),
    ("mktag", "write:error=ENOSPC:when=1", "No space left on device"),
    ("mktag", "fsync,fdatasync:error=ENOSPC", "No space left on device"),
    ("mktag", "fsync,fdatasync:error=EIO", "Input/output error"),
    ("mktag", "link,linkat,rename,renameat,renameat2:error=EROFS", "Read-only file system"),
    ("update-ref", "fsync,fdatasync:error=ENOSPC", "couldn't write"),
    ("update-ref", "rename,renameat,renameat2:error=EROFS", "couldn't set"),
)


@pytest.mark.parametrize("command", [REGISTER, ASSIGN], ids=" ".join)
@pytest.mark.parametrize(("verb", "fault", "words"), FAULTS, ids=lambda value: str(value).split(":when")[0])
def test_a_disk_that_takes_nothing_is_said(
    command: tuple[str, ...], verb: str, fault: str, words: str, healthy: Repo, tmp_path: Path
) -> None:
    env = Faulty(tmp_path / "faulty", verb).failing(fault)
    check_fails(healthy, command, "cannot write to this repository", words, env=env)


def mount(place: Path | str, options: str) -> bool:
    """Mount a file system in memory; False where that is not allowed."""
    argv = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    try:
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def unmount(place: Path | str) -> None:
    subprocess.run(["umount", str(place)], check=True)


@functools.cache
def can_mount() -> bool:
    """Whether this process may mount; on machines where it may not, the injected faults above are what is tested."""
    with tempfile.TemporaryDirectory() as directory:
        mounted = mount(directory, "size=64k")
        if mounted:
            unmount(directory)
        return mounted


@contextmanager
def small_disk(place: Path, source: Repo) -> Iterator[Repo]:
    """A disk of 2 MB that holds a copy of a repository."""
    place.mkdir()
    assert mount(place, "size=2m")
    try:
        yield copy(source.path, place / "repo")
    finally:
        unmount(place)


def fill(path: Path) -> None:
    """Write to a file until the disk is full."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


if can_mount():  # no skip: GTO_TESTS_MUST_RUN makes failures of those, and nothing could be installed to mend it

    @pytest.mark.parametrize("command", [REGISTER, ASSIGN], ids=" ".join)
    def test_a_full_disk_is_said_and_with_some_space_it_works(
        command: tuple[str, ...], healthy: Repo, tmp_path: Path
    ) -> None:
        with small_disk(tmp_path / "disk", healthy) as repo:
            ballast = tmp_path / "disk/ballast"
            fill(ballast)
            check_reads(repo)
            said(repo.gto(*command), "cannot write to this repository", "No space left on device")
            assert mine(repo) == []
            said(repo.gto("annotate", "x", "--type", "model"), "No space left on device")
            ballast.unlink()
            assert repo.git("status", "--porcelain") == ""
            assert problems(repo) == set()
            done(repo.gto(*command))
            assert mine(repo) == TAGS[command]

    @pytest.mark.parametrize("command", [REGISTER, ASSIGN], ids=" ".join)
    def test_a_read_only_repository_is_read_and_said_to_be_one(
        command: tuple[str, ...], healthy: Repo, tmp_path: Path
    ) -> None:
        with small_disk(tmp_path / "disk", healthy) as repo:
            disk = str(tmp_path / "disk")
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            check_reads(repo)
            assert problems(repo) == set()
            said(repo.gto(*command), "cannot write to this repository", "Read-only file system")
            said(repo.gto("annotate", "x", "--type", "model"), "Read-only file system")
            subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
            done(repo.gto(*command))
            assert mine(repo) == TAGS[command]


# --- damage


def test_a_broken_line_in_packed_refs_stops_all_until_it_is_deleted(healthy: Repo) -> None:
    healthy.git("pack-refs", "--all")
    path = healthy.path / ".git/packed-refs"
    sound = path.read_text(encoding="utf-8")
    path.write_text(sound + "this is no ref\n", encoding="utf-8")
    for command in (("show",), ("show", "ok"), REGISTER, ASSIGN):
        said(healthy.gto(*command), "unexpected line in .git/packed-refs: this is no ref", "`gto doctor`")
    assert problems(healthy) == {("packed-refs-broken", ".git/packed-refs")}
    path.write_text(sound, encoding="utf-8")
    check_reads(healthy)
    done(healthy.gto(*ASSIGN))


def test_a_broken_ref_of_another_artifact_stops_nothing(healthy: Repo) -> None:
    broken = healthy.path / ".git/refs/tags/y@v1.0.0"
    broken.write_text("no object id\n", encoding="utf-8")
    done(healthy.gto(*ASSIGN))
    said(healthy.gto("register", "y"), "y@v1.0.0", "holds no object id", "delete the file refs/tags/y@v1.0.0")
    assert problems(healthy) == {("tag-missing", "y@v1.0.0")}
    broken.unlink()
    done(healthy.gto("register", "y"))


@pytest.mark.parametrize("harm", [lose, damage])
def test_a_tag_object_that_cannot_be_read_stops_writes_of_its_artifact_until_it_is_fetched(
    harm: Callable[[Repo, str], None], healthy: Repo, tmp_path: Path
) -> None:
    healthy.tag("x@v0.0.1", "HEAD~1")
    origin = tmp_path / "origin.git"
    healthy.git("init", "--quiet", "--bare", str(origin))
    healthy.git("remote", "add", "origin", f"file://{origin}")
    healthy.git("push", "--quiet", "--tags", "origin", "main")
    harm(healthy, healthy.git("rev-parse", "refs/tags/x@v0.0.1"))
    check_reads(healthy)
    check_writes_stop(healthy, "x", "x@v0.0.1", "`gto doctor --fix`")
    check_still_writes(healthy)
    done(healthy.gto("doctor", "--fix", "--yes"))
    assert "x@v0.0.2" in done(healthy.gto("register", "x"))


# --- clocks


def test_a_clock_that_is_behind_is_refused_and_one_that_was_ahead_is_named(healthy: Repo) -> None:
    ahead = datetime.now(UTC) + timedelta(days=400)
    assert "x@v0.0.1" in done(healthy.gto("register", "x", env=healthy.dated(ahead.isoformat())))
    assert problems(healthy) == {("time-in-future", "x@v0.0.1")}
    healthy.commit("next")
    now = datetime.now(UTC)
    said(healthy.gto("register", "x", env=healthy.dated(now.isoformat())), f"{now.year}-", f"{ahead.year}-", "--force")
    assert mine(healthy) == ["x@v0.0.1"]
    healthy.git("tag", "--delete", "x@v0.0.1")
    done(healthy.gto("register", "x"))
    assert problems(healthy) == set()


# --- kills


def check_after_kill(repo: Repo, command: tuple[str, ...]) -> None:
    """The registry reads, no stage stands without its version, doctor mends the rest, and the command ends well."""
    left = mine(repo)
    assert left in ([], ["x@v0.0.1"], TAGS[command]), left
    shown = json.loads(done(repo.gto("show", "--json")))
    assert shown["ok"]["version"] == "v0.0.1"
    assert ("x" in shown) is bool(left)
    repo.git("fsck", "--strict")
    for path in (repo.path / ".git").rglob("*.lock"):
        os.utime(path, (time.time() - 3600,) * 2)  # an hour goes by
    if found := problems(repo):
        assert {code for code, _ in found} == {"lock-stale"}
        done(repo.gto("doctor", "--fix", "--yes"))
    again = repo.gto(*command)
    if left == TAGS[command]:
        said(again, "already")
    else:
        done(again)
    assert mine(repo) == TAGS[command]
    assert problems(repo) == set()


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(("verb", "turn"), [("mktag", 1), ("mktag", 2), ("update-ref", 1)])
def test_gto_is_killed_between_two_processes_of_git(
    verb: str, turn: int, healthy: Repo, tmp_path: Path, *, before: bool
) -> None:
    faulty = Faulty(tmp_path / "faulty", verb, turn)
    assert healthy.gto(*ASSIGN, env=faulty.killed_beside(before=before)).code == -9
    assert faulty.has_killed
    assert mine(healthy) == (TAGS[ASSIGN] if verb == "update-ref" and not before else [])
    check_after_kill(healthy, ASSIGN)


KILLS = (
    (REGISTER, "mktag", "link,linkat,rename,renameat,renameat2", 1),
    (REGISTER, "update-ref", "fsync,fdatasync", 1),
    (ASSIGN, "mktag", "write", 1),
    (ASSIGN, "update-ref", "write", 3),
    (ASSIGN, "update-ref", "rename,renameat,renameat2", 1),
    (ASSIGN, "update-ref", "rename,renameat,renameat2", 2),
)


@pytest.mark.parametrize(("command", "verb", "calls", "when"), KILLS)
def test_git_and_gto_are_killed_at_a_system_call_that_writes(
    command: tuple[str, ...], verb: str, calls: str, when: int, healthy: Repo, tmp_path: Path
) -> None:
    faulty = Faulty(tmp_path / "faulty", verb)
    assert healthy.gto(*command, env=faulty.killed_at(calls, when)).code == -9
    assert faulty.has_killed
    check_after_kill(healthy, command)


def test_an_annotation_that_is_killed_leaves_the_file_as_it_was_and_one_that_doctor_removes(healthy: Repo) -> None:
    healthy.commit("annotate", {"artifacts.yaml": "ok: {type: model}\n"})
    annotate = ("annotate", "x", "--type", "model")
    assert killed_at_rename(healthy, *annotate).code == -9
    (left,) = healthy.path.glob(".gto-*.tmp")
    assert healthy.git("status", "--porcelain") == f"?? {left.name}"
    assert problems(healthy) == set()  # another process could be writing it
    os.utime(left, (time.time() - 3600,) * 2)
    assert problems(healthy) == {("file-left-behind", left.name)}
    done(healthy.gto("doctor", "--fix", "--yes"))
    assert not left.exists()
    done(healthy.gto(*annotate))
    assert healthy.git("status", "--porcelain") == " M artifacts.yaml"


def killed_at_rename(repo: Repo, *args: str) -> Result:
    """What is left of a gto that is killed when it puts a file in its place."""
    need_strace()
    quiet = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": "", "PYTHONDONTWRITEBYTECODE": "1"}
    fault = "inject=rename,renameat,renameat2:signal=KILL"
    return run("strace", "-qq", "-o", "/dev/null", "-e", fault, *GTO, *args, cwd=repo.path, env=quiet)


def all_kills(command: tuple[str, ...], process: tuple[str, int], call: str, source: Repo, tmp_path: Path) -> int:
    """Kill at the first, the second, ... of a system call, until there are no more; return how many there were."""
    for when in range(1, 1000):
        place = tmp_path / f"{call}-{when}"
        repo, faulty = copy(source.path, place / "repo"), Faulty(place / "faulty", *process)
        result = repo.gto(*command, env=faulty.killed_at(call, when))
        if not faulty.has_killed:
            done(result)
            return when - 1
        assert result.code == -9
        check_after_kill(repo, command)
    raise AssertionError


PROCESSES = (
    (REGISTER, ("mktag", 1)),
    (REGISTER, ("update-ref", 1)),
    (ASSIGN, ("mktag", 1)),
    (ASSIGN, ("mktag", 2)),
    (ASSIGN, ("update-ref", 1)),
)


@pytest.mark.soak
@pytest.mark.parametrize(("command", "process"), PROCESSES)
def test_a_kill_at_each_system_call_that_writes_leaves_no_half_state(
    command: tuple[str, ...], process: tuple[str, int], healthy: Repo, tmp_path: Path
) -> None:
    assert sum(all_kills(command, process, call, healthy, tmp_path) for call in WRITING) >= 6


@pytest.mark.soak
@pytest.mark.parametrize(("command", "process"), PROCESSES)
def test_a_kill_at_each_file_that_is_opened_leaves_no_half_state(
    command: tuple[str, ...], process: tuple[str, int], healthy: Repo, tmp_path: Path
) -> None:
    assert sum(all_kills(command, process, call, healthy, tmp_path) for call in OPENING) >= 10
