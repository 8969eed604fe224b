from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import GitError, Locked, Unwritable, duration
from gto.git.command import Git
from gto.git.git_errors import explain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

UPDATE = ("update-ref", "refs/tags/x", "HEAD")


def refused(repo: Repo, *args: str) -> GitError:
    """The error for what git says."""
    git = Git(str(repo.path))
    _, status, err = git.ask(args)
    assert status != 0
    return explain(git.directory, args, status, err)


def test_a_lock_is_told_with_its_path_and_age(repo: Repo) -> None:
    lock = repo.path / ".git/refs/tags/x.lock"
    lock.touch()
    os.utime(lock, (time.time() - 300,) * 2)
    error = refused(repo, *UPDATE)
    assert isinstance(error, Locked)
    assert error.path == str(lock)
    assert error.age == pytest.approx(300, abs=30)
    assert error.message == f"The repository is locked: '{lock}' has been there for 5 minutes"
    assert "gto doctor --fix" in error.hint
    assert str(error) == error.message
    assert "Another git process" in error.stderr
    assert error.verb == "update-ref"


def test_a_lock_that_is_gone_by_now_has_no_age(tmp_path: Path) -> None:
    error = explain(str(tmp_path), ("add",), 128, "fatal: Unable to create '.git/index.lock': File exists.")
    assert isinstance(error, Locked)
    assert (error.path, error.age) == (".git/index.lock", None)
    assert "until now" in error.message


def test_a_lock_in_words_without_a_directory_is_looked_for_where_git_ran(repo: Repo) -> None:
    (repo.path / ".git/index.lock").touch()
    error = explain(str(repo.path), ("add",), 128, "fatal: Unable to create '.git/index.lock': File exists.")
    assert isinstance(error, Locked)
    assert error.age is not None


@pytest.mark.parametrize(
    ("words", "reason", "hint"),
    [
        ("fatal: unable to write file: No space left on device", "No space left on device", "free some space"),
        ("fatal: sha1 file 'x' write error. Out of diskspace", "Out of diskspace", "free some space"),
        ("error: x: Disk quota exceeded\nfatal: y", "Disk quota exceeded", "free some space"),
        ("error: x: Read-only file system\nfatal: unable to write tag file", "Read-only file system", "writable"),
        ("fatal: Unable to create '.git/x.lock': Permission denied", "Permission denied", "writable"),
        ("fatal: fsync error on 'x': Input/output error", "Input/output error", "save a copy"),
        ("fatal: commit: couldn't set 'refs/tags/x'", "couldn't set 'refs/tags/x'", "is the disk full"),
    ],
)
def test_a_disk_that_takes_nothing_is_told_in_the_words_of_the_system(words: str, reason: str, hint: str) -> None:
    error = explain(".", ("mktag",), 128, words)
    assert isinstance(error, Unwritable)
    assert error.message == f"Git cannot write to this repository: {reason}"
    assert error.reason == reason
    assert hint in error.hint
    assert error.stderr == words


@pytest.mark.parametrize("verb", ["push", "fetch", "clone", "ls-remote"])
def test_what_a_remote_says_is_not_taken_for_this_repository_s(verb: str) -> None:
    error = explain(".", (verb, "origin"), 128, "git@host: Permission denied (publickey).")
    assert type(error) is GitError


def test_a_broken_line_in_packed_refs_leads_to_doctor(repo: Repo) -> None:
    (repo.path / ".git/packed-refs").write_text("this is no ref\n", encoding="utf-8")
    error = refused(repo, "for-each-ref")
    assert type(error) is GitError
    assert "`gto doctor`" in error.hint


def test_a_git_that_was_killed_is_said_to_have_been() -> None:
    error = explain(".", ("-c", "core.fsync=committed", "mktag"), -9, "")
    assert type(error) is GitError
    assert (error.message, error.status) == ("git mktag was killed, by signal 9", -9)
    assert "run this again" in error.hint


def test_other_words_stay_git_s(repo: Repo) -> None:
    error = refused(repo, "update-ref", "refs/tags/x", "nothing")
    assert type(error) is GitError
    assert error.hint == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (-3, "0 seconds"),
        (1.5, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7199, "119 minutes"),
        (7200, "2 hours"),
        (172799, "47 hours"),
        (172800, "2 days"),
    ],
)
def test_a_length_of_time_is_said_in_the_largest_unit_that_fits_twice(seconds: float, words: str) -> None:
    assert duration(seconds) == words
