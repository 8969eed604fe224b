"""The journal of `gto watch`: which file it is, and what it holds when the disk is full or the watcher is killed."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import pytest

from gto.fs import file_lock
from gto.watch import journal as paths
from tests.repo import GTO, Repo, run
from tests.stories.healthy import done, said
from tests.watch.watching import ONCE, SEEN, begin, journal, refs, seen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Result


@pytest.fixture
def begun(repo: Repo) -> Repo:
    """A repository whose watcher has looked once: `m@v1.0.0` was there before."""
    return begin(repo)


def test_a_symbolic_link_and_its_end_are_one_journal(begun: Repo, tmp_path: Path) -> None:
    os.symlink(journal(begun), tmp_path / "link")
    begun.tag("m#prod#1")
    words = (*ONCE, "--state", str(tmp_path / "link"), *SEEN)
    with file_lock.hold(f"{journal(begun)}.lock", 0):
        said(begun.gto(*words), "Another `gto watch` holds")
    assert done(begun.gto(*words)) == "delivered assignment m#prod#1\n"
    assert done(begun.gto(*ONCE, *SEEN)) == ""


def test_a_symbolic_link_to_no_file_makes_that_file(begun: Repo, tmp_path: Path) -> None:
    os.symlink(tmp_path / "disk" / "file", tmp_path / "link")
    done(begun.gto(*ONCE, "--state", str(tmp_path / "link"), *SEEN))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk" / "file").is_file()


def test_what_is_no_file_is_refused_and_left_as_it_is(begun: Repo, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "directory").mkdir()
    for name in ("pipe", "directory"):
        for words in ((*ONCE, *SEEN), ("watch", "--dead-letters"), ("watch", "--dry-run", *SEEN)):
            said(begun.gto(words[0], "--state", str(tmp_path / name), *words[1:]), f"{name}' is no file", "--state")
    assert (tmp_path / "pipe").is_fifo()
    assert not (tmp_path / "pipe.lock").exists()


def test_a_directory_of_a_repository_has_the_journal_of_the_whole(begun: Repo, tmp_path: Path) -> None:
    (begun.path / "sub").mkdir()
    begun.tag("m#prod#1")
    inside = Repo(begun.path / "sub", begun.clock)
    assert done(inside.gto(*ONCE, "--", "sh", "-c", 'echo "$GTO_REPO" > told')) == "delivered assignment m#prod#1\n"
    assert (inside.path / "told").read_text() == f"{begun.path}\n"
    os.symlink(begun.path, tmp_path / "link")
    for path in (".git", "sub", ".git/refs"):
        assert paths.address_of(str(begun.path / path)) == str(begun.path)
    assert paths.address_of(str(tmp_path / "link")) == str(begun.path)
    begun.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    assert paths.address_of(str(tmp_path / "bare.git" / "refs")) == str(tmp_path / "bare.git")


def crowded(repo: Repo) -> Result:
    """Watch once where no file may grow beyond 512 bytes, of which the journal has more."""
    words = shlex.join([*GTO, *ONCE, *SEEN])
    return run("sh", "-c", f"ulimit -f 1; exec {words}", cwd=repo.path)


def test_on_a_full_disk_nothing_is_begun_and_all_is_delivered_once_there_is_room(begun: Repo) -> None:
    for number in range(1, 11):
        begun.tag(f"m#dev#{number}")
    done(begun.gto(*ONCE, "--stage", "none", *SEEN))
    assert os.path.getsize(journal(begun)) > 512
    begun.tag("m#prod#1")
    for _ in range(3):
        said(crowded(begun), "File too large")
    assert refs(begun) == []
    done(begun.gto(*ONCE, *SEEN))
    assert refs(begun) == ["m#prod#1"]


def test_an_event_that_kills_the_watcher_is_given_up_in_the_end(begun: Repo) -> None:
    begun.tag("m#prod#1")
    begun.tag("m#prod#2")
    script = 'cat >> seen; test "$GTO_REF" != refs/tags/m#prod#1 || kill -9 $PPID'
    words = (*GTO, *ONCE, "--retries", "2", "--", "sh", "-c", script)
    for _ in range(3):
        assert run(*words, cwd=begun.path).code == -9
    assert done(run(*words, cwd=begun.path), 1).splitlines() == [
        "given up  assignment m#prod#1: the watcher itself ended during the last try (3 tries)",
        "delivered assignment m#prod#2",
    ]
    assert refs(begun) == ["m#prod#1"] * 3 + ["m#prod#2"]


def test_tries_go_on_where_an_earlier_watcher_left_off(begun: Repo) -> None:
    begun.tag("m#prod#1")
    script = 'cat >> seen; test "$(wc -l < seen)" != 2 || kill -9 $PPID; exit 1'
    assert run(*GTO, *ONCE, "--retries", "4", "--", "sh", "-c", script, cwd=begun.path).code == -9
    assert len(seen(begun)) == 2
    assert "(5 tries)" in done(begun.gto(*ONCE, "--retries", "4", "--", "sh", "-c", "cat >> seen; exit 1"), 1)
    assert len(seen(begun)) == 5
