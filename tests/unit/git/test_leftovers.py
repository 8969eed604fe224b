from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from gto.git.leftovers import STALE, Leftover, broken_lines, broken_refs, find_locks, find_process
from gto.registry.doctor.repair import Repair, RepairKind, mend
from gto.registry.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo


def test_locks_are_found_with_their_age_and_nothing_else_is(tmp_path: Path) -> None:
    for name in ("HEAD.lock", "refs/tags/a/b@v1.0.0.lock", "worktrees/w/index.lock", "refs/tags/x", "objects/y.lock"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000, 1000))
    (tmp_path / "refs/tags/directory.lock").mkdir()
    found = sorted(find_locks(str(tmp_path), 1000 + STALE))
    names = ["HEAD.lock", "refs/tags/a/b@v1.0.0.lock", "worktrees/w/index.lock"]
    assert found == [Leftover(str(tmp_path / name), STALE) for name in names]
    assert not any(one.is_stale for one in found)
    assert all(one.is_stale for one in find_locks(str(tmp_path), 1001 + STALE))


def test_a_directory_without_git_has_no_locks_and_no_process(tmp_path: Path) -> None:
    assert find_locks(str(tmp_path / "nothing"), 0.0) == []
    assert find_process(str(tmp_path)) is None


def test_refs_in_another_form_than_files_are_not_judged(tmp_path: Path) -> None:
    (tmp_path / "refs").mkdir()
    (tmp_path / "refs/heads").write_text("this repository uses the reftable format\n", encoding="utf-8")
    assert broken_refs(str(tmp_path)) == ["refs/heads"]
    (tmp_path / "reftable").mkdir()
    assert broken_refs(str(tmp_path)) == []


def test_a_sound_list_of_refs_has_no_broken_line(repo: Repo) -> None:
    common_dir = str(repo.path / ".git")
    assert broken_lines(common_dir) == []
    repo.tag("x@v1.0.0")
    repo.git("pack-refs", "--all")
    assert broken_lines(common_dir) == []
    path = repo.path / ".git/packed-refs"
    path.write_bytes(path.read_bytes() + b"# a remark\nhalf")
    assert [text for _, text in broken_lines(common_dir)] == ["# a remark", "half"]


def test_a_lock_that_was_taken_anew_since_it_was_found_stays(repo: Repo) -> None:
    lock = repo.path / ".git/index.lock"
    lock.touch()
    repair = Repair("lock-stale", ".git/index.lock", RepairKind.REMOVE_LOCK)
    done, notes = mend(Registry.open(repo.path), [repair], "origin", time.time())
    assert (done, notes) == ([], [".git/index.lock is as it was: it was written anew"])
    assert lock.exists()


def test_a_lock_that_is_gone_by_itself_is_said_to_be(repo: Repo) -> None:
    repair = Repair("lock-stale", ".git/index.lock", RepairKind.REMOVE_LOCK)
    done, notes = mend(Registry.open(repo.path), [repair], "origin", time.time())
    assert (done, notes) == ([], [".git/index.lock is as it was: No such file or directory"])
