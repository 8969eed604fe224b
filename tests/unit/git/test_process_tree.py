"""Git processes that are ended together, because gto is about to end."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import GitError
from gto.git import process_tree
from gto.git.command import Git

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A git that says that it runs, and then waits for ever, as its child does."""
    place = tmp_path / "bin"
    place.mkdir()
    (place / "git").touch(mode=0o755)
    (place / "git").write_text(f"#!/bin/sh\necho runs > {tmp_path}/runs\nsleep 3600\n")
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")
    monkeypatch.setattr(process_tree, "_over", Event())
    return Git(str(tmp_path))


def test_all_that_run_are_ended_and_none_is_started_any_more(git: Git, tmp_path: Path) -> None:
    ends: list[int] = []

    def ask() -> None:
        ends.append(git.ask(["status"])[1])

    def stream() -> None:
        with git.stream(["cat-file"], b"") as answer:
            assert answer.out.read() == b""
            ends.append(answer.end()[0])

    threads = [Thread(target=ask), Thread(target=stream)]
    for thread in threads:
        thread.start()
        while not (tmp_path / "runs").exists():
            pass
        (tmp_path / "runs").unlink()
    process_tree.stop()
    for thread in threads:
        thread.join(60)
    assert ends == [-9, -9]
    assert not process_tree._running  # noqa: SLF001  nobody else sees what is kept in mind
    with pytest.raises(GitError, match="about to end"):
        git.ask(["status"])
    assert not (tmp_path / "runs").exists()


def test_one_that_is_started_at_the_same_moment_is_ended(git: Git) -> None:
    class Late(Event):
        """Says no to who asks before the start, and yes after it."""

        def is_set(self) -> bool:
            asked.append(True)
            return len(asked) > 1

    asked: list[bool] = []
    process_tree._over = Late()  # noqa: SLF001  the moment in between comes by itself once in a million
    assert git.ask(["status"])[1] == -9
