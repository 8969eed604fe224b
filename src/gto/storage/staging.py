"""Directories in which the files of an artifact are gathered, before all of them appear at once."""

import os
import uuid
from collections.abc import Sequence
from contextlib import suppress

from gto.fs.file_lock import lock_now
from gto.storage.location import Content
from gto.storage.partial_file import SUFFIX, WORTH_KEEPING, drop, prefix_of, short, unwritable
from gto.storage.target_paths import check_parents, make_directory, sync_directory


class Staging:
    """A directory beside the target, or in it where it is there already; held by one process at a time."""

    def __init__(self, target: str, contents: Sequence[Content]) -> None:
        """Take the one that a stopped run of the same artifact left behind, or make one."""
        home = target if os.path.isdir(target) else os.path.dirname(target)
        words = [part for one in contents for part in (one.path, *(one.digest or (uuid.uuid4().hex,)))]
        make_directory(home)
        self.path = os.path.join(home, f"{prefix_of(target)}{short(*words)}{SUFFIX}")
        try:
            self._handle = self._open()
        except OSError as error:
            unwritable(target, error)

    def _open(self) -> int | None:
        handle = _hold(self.path)
        if handle is None:
            self.path = f"{self.path.removesuffix(SUFFIX)}-{uuid.uuid4().hex[:8]}{SUFFIX}"
            handle = _hold(self.path)
        return handle

    def place(self, path: str) -> str:
        """Return where a file is gathered, in a directory that is there."""
        check_parents(self.path, path)
        place = os.path.join(self.path, *path.split("/"))
        make_directory(os.path.dirname(place))
        return place

    def become(self, target: str) -> None:
        """Make this the target, which is not there, or an empty directory."""
        for directory, _, _ in os.walk(self.path, topdown=False):
            sync_directory(directory)
        try:
            os.rename(self.path, target)
        except OSError as error:
            unwritable(target, error)
        sync_directory(os.path.dirname(target))
        self._release()

    def move(self, path: str, target: str) -> None:
        """Put one file into its place in the target."""
        check_parents(target, path)
        place = os.path.join(target, *path.split("/"))
        make_directory(os.path.dirname(place))
        try:
            os.replace(os.path.join(self.path, *path.split("/")), place)
        except OSError as error:
            unwritable(place, error)

    def leave(self, *, keep: bool) -> None:
        """Let go of it, and remove it unless a later run can go on with it."""
        self._release()
        if not (keep and _holds_much(self.path)):
            drop(self.path)

    def _release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _hold(path: str) -> int | None:
    """Open a directory, or make it, and lock it; None where another process has it, or it is not ours."""
    try:
        with suppress(FileExistsError):
            os.mkdir(path)
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except NotADirectoryError:  # a file, or a link
        return None
    try:
        lock_now(handle)
        there = os.stat(path, follow_symlinks=False)
        if os.fstat(handle).st_ino == there.st_ino and there.st_uid == os.geteuid():
            return handle
    except OSError:  # it is locked, or another process has just finished with it
        pass
    os.close(handle)
    return None


def _holds_much(path: str) -> bool:
    size = 0
    for directory, _, names in os.walk(path):
        for name in names:
            with suppress(OSError):
                size += os.lstat(os.path.join(directory, name)).st_size
            if size >= WORTH_KEEPING:
                return True
    return False
