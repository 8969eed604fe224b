"""The one place that starts git: its environment, its limits, its ends."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import GitError, GitMissing
from gto.git.command import Git, environment, within

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo


@pytest.fixture
def false_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in git's place; the test writes what it does."""
    place = tmp_path / "bin"
    place.mkdir()
    (place / "git").touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")
    return place / "git"


def test_only_what_cannot_point_git_elsewhere_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_SSH_COMMAND", "GIT_LFS_SKIP_SMUDGE"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("GTO_STUDIO_SECRET", "of a server, and no business of a hook")
    kept = environment({"GIT_DIR": "wanted"})
    assert "GTO_STUDIO_SECRET" not in kept
    assert kept["GIT_DIR"] == "wanted"
    assert "GIT_INDEX_FILE" not in kept
    assert "GIT_OBJECT_DIRECTORY" not in kept
    assert kept["GIT_SSH_COMMAND"] == kept["GIT_LFS_SKIP_SMUDGE"] == "x"
    assert (kept["LC_ALL"], kept["GIT_TERMINAL_PROMPT"], kept["GIT_NO_REPLACE_OBJECTS"]) == ("C", "0", "1")


def test_an_error_has_git_s_own_words_and_status(repo: Repo) -> None:
    with pytest.raises(GitError, match="unknown revision") as caught:
        Git(str(repo.path)).run(["rev-parse", "nope"])
    assert caught.value.status == 128
    assert Git(str(repo.path)).run(["rev-parse", "nope"], ok=(128,)) == b"nope\n"


def test_a_git_that_does_not_answer_is_ended(false_git: Path, tmp_path: Path) -> None:
    false_git.write_text("#!/bin/sh\nexec sleep 60\n")
    git = Git(str(tmp_path), seconds=0.2)
    start = time.monotonic()
    with pytest.raises(GitError, match="no answer within"):
        git.run(["status"])
    with (
        pytest.raises(GitError, match="no answer within"),
        git.stream(["cat-file"], b"") as answer,
    ):
        assert answer.out.read() == b""
    assert time.monotonic() - start < 30


def test_a_git_that_complains_without_end_fills_no_memory_and_blocks_nothing(false_git: Path, tmp_path: Path) -> None:
    false_git.write_text("#!/bin/sh\nhead -c 5000000 /dev/zero | tr '\\0' x >&2\necho done\nexit 3\n")
    with Git(str(tmp_path)).stream(["cat-file"], b"") as answer:
        assert answer.out.read() == b"done\n"
        status, err = answer.end()
    assert status == 3
    assert len(err) <= 1 << 20


def test_a_git_that_reads_nothing_stops_nobody(false_git: Path, tmp_path: Path) -> None:
    false_git.write_text("#!/bin/sh\nexit 0\n")
    with Git(str(tmp_path)).stream(["cat-file"], b"x" * (4 << 20)) as answer:
        assert answer.out.read() == b""


def test_without_git_the_hint_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitMissing, match="there is no git executable") as caught:
        Git(str(tmp_path)).run(["version"])
    assert "install git 2.34" in caught.value.hint


def test_a_git_that_cannot_be_started_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitMissing, match="git cannot be started: Permission denied"):
        Git(str(tmp_path)).run(["version"])


def test_a_nul_byte_in_an_argument_is_a_declared_error(repo: Repo) -> None:
    with pytest.raises(GitError, match="holds a byte that it cannot"):
        Git(str(repo.path)).run(["rev-parse", "a\0b"])


def test_all_processes_that_a_thread_starts_within_a_limit_share_it(false_git: Path, tmp_path: Path) -> None:
    false_git.write_text('#!/bin/sh\nexec sleep "$3"\n')
    git = Git(str(tmp_path), seconds=60)
    begin = time.monotonic()
    with within(0.5):
        git.run(["0.2"])
        with pytest.raises(GitError, match=r"no answer within 0\.5 seconds"):
            git.run(["30"])
        with pytest.raises(GitError, match=r"no answer within 0\.5 seconds"), git.stream(["30"], b"") as answer:
            answer.out.read()
    assert time.monotonic() - begin < 20
    with within(60), pytest.raises(GitError, match=r"no answer within 0\.1 seconds"):
        git._replace(seconds=0.1).run(["30"])
    git.run(["0.6"])


def test_bounds_may_stand_in_bounds_and_the_tighter_counts(false_git: Path, tmp_path: Path) -> None:
    false_git.write_text("#!/bin/sh\nsleep 60\n")
    with within(0.2):
        with within(60), pytest.raises(GitError, match=r"0\.2 seconds"):
            Git(str(tmp_path)).run(["version"])
        with pytest.raises(GitError, match=r"0\.2 seconds"):
            Git(str(tmp_path)).run(["version"])


def test_a_child_that_holds_the_pipes_is_ended_without_ps(
    false_git: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    false_git.write_text("#!/bin/sh\n/bin/sleep 60 &\n/bin/sleep 60\n")
    monkeypatch.setenv("PATH", str(false_git.parent))
    start = time.monotonic()
    with pytest.raises(GitError, match="no answer"), Git(str(tmp_path), seconds=0.3).stream(["log"], b"") as answer:
        answer.out.read()
    assert time.monotonic() - start < 20


def test_grafts_of_a_repository_do_not_count_and_git_says_nothing_of_them(repo: Repo) -> None:
    first, second = repo.commit("1"), repo.git("commit-tree", "-m", "2", "HEAD^{tree}")
    (repo.path / ".git" / "info").mkdir(exist_ok=True)
    (repo.path / ".git" / "info" / "grafts").write_text(f"{second} {first}\n", encoding="utf-8")
    out, _, err = Git(str(repo.path)).ask(["rev-list", second])
    assert (out.decode().split(), len(err)) == ([second], 0)
