"""One lock between processes, also on file systems without flock."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import LockHeld
from gto.fs import file_lock

if TYPE_CHECKING:
    from pathlib import Path


def test_two_holders_of_one_lock_are_kept_apart(tmp_path: Path) -> None:
    path = str(tmp_path / "l")
    with file_lock.hold(path, 0), pytest.raises(LockHeld), file_lock.hold(path, 0):
        pass
    with file_lock.hold(path, 0) as waited:
        assert not waited


def test_a_file_system_without_locks_is_used_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lack(_handle: int, _how: int) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", lack)
    with file_lock.hold(str(tmp_path / "l"), 0) as waited:
        assert not waited
    monkeypatch.setattr(fcntl, "lockf", lack)
    with file_lock.hold(str(tmp_path / "l"), 0) as waited:
        assert not waited
