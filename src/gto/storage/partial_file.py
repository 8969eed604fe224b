"""Temporary files in which a download grows: named by what they will hold, so that a later run goes on with them."""

import hashlib
import os
import stat
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NoReturn, TypeVar

from gto.exceptions import TargetUnwritable
from gto.fs.file_lock import lock_now
from gto.storage.hashing import Hasher, hasher
from gto.storage.location import Content
from gto.storage.target_paths import TEMPORARY

SUFFIX = ".part"
WORTH_KEEPING = 1 << 20
"""Bytes: a part that is smaller is not kept for a later run."""
_CHUNK = 1 << 20
_T = TypeVar("_T")


def short(*words: str) -> str:
    """Return a name for these words, of letters and digits."""
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogateescape")).hexdigest()[:20]


def prefix_of(target: str) -> str:
    """Return how the names of the temporary files of a target begin."""
    return f"{TEMPORARY}{short(os.path.basename(os.path.abspath(target)))[:8]}-"


class Part:
    """A file that grows to what a content must be; held by one process at a time."""

    def __init__(self, path: str, content: Content) -> None:
        """Open the file that was left behind, or make one; `path` is that of the finished file."""
        self.path = path
        self.content = content
        self.size = 0
        """Bytes that are there."""
        digest = content.digest
        place = os.path.join(os.path.dirname(path), prefix_of(path))
        self.is_resumable = digest is not None
        self.temporary = f"{place}{short(*digest) if digest else uuid.uuid4().hex}{SUFFIX}"
        self._handle = self._open()
        self._hasher: Hasher | None = None
        self._hashed = 0

    def _open(self) -> int:
        handle = self._do(partial(_hold, self.temporary))
        if handle is None:  # another process is at it
            self.is_resumable = False
            self.temporary = f"{self.temporary.removesuffix(SUFFIX)}-{uuid.uuid4().hex[:8]}{SUFFIX}"
            handle = self._do(lambda: os.open(self.temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666))
        self.size = os.fstat(handle).st_size
        return handle

    def restart(self) -> None:
        """Forget all bytes."""
        self._do(lambda: os.ftruncate(self._handle, 0))
        self.size, self._hasher, self._hashed = 0, None, 0

    def append(self, data: bytes) -> None:
        """Write more bytes."""
        start = self.size
        while self.size - start < len(data):
            rest = memoryview(data)[self.size - start :]
            self.size += self._do(partial(os.pwrite, self._handle, rest, self.size))
        if self._hasher is not None and self._hashed + len(data) == self.size:
            self._hasher.update(data)
            self._hashed = self.size

    def expect(self, size: int) -> None:
        """Hash what comes from now on while it comes; of what is there already, the file is read."""
        if self.content.digest is not None and self._hasher is None:
            self._hasher = hasher(self.content.digest, size)
            self._hashed = 0
            self._catch_up()

    def digest(self) -> str | None:
        """Return the digest of all bytes; None where nobody promised one."""
        if self.content.digest is None:
            return None
        if self._hasher is None:
            self._hasher = hasher(self.content.digest, self.size)
            self._hashed = 0
        self._catch_up()
        return self._hasher.hexdigest()

    def _catch_up(self) -> None:
        assert self._hasher is not None  # noqa: S101  expect() and digest() have made it
        while self._hashed < self.size:
            data = self._do(partial(os.pread, self._handle, _CHUNK, self._hashed))
            if not data:
                raise TargetUnwritable(self.path, "what was written is not there any more")
            self._hasher.update(data)
            self._hashed += len(data)

    def finish(self, *, is_executable: bool) -> None:
        """Give the file its name: from now on it is there, whole. Who may read it may execute it, where that is asked.

        The system took the umask off when it made the file.
        """
        if is_executable:
            mode = stat.S_IMODE(os.fstat(self._handle).st_mode)
            self._do(lambda: os.fchmod(self._handle, mode | (mode & 0o444) >> 2))
        self._do(lambda: os.fsync(self._handle))
        self._do(lambda: os.replace(self.temporary, self.path))
        os.close(self._handle)
        self._handle = -1

    def leave(self, *, keep: bool) -> None:
        """Let go of a file that is not finished, and remove it unless a later run can go on with it."""
        if self._handle < 0:
            return
        if not (keep and self.is_resumable and self.size >= WORTH_KEEPING):
            with suppress(OSError):
                os.unlink(self.temporary)
        os.close(self._handle)
        self._handle = -1

    def _do(self, act: Callable[[], _T]) -> _T:
        try:
            return act()
        except OSError as error:
            unwritable(self.path, error)


def unwritable(path: str, error: OSError) -> NoReturn:
    """Raise what an error of the disk means."""
    raise TargetUnwritable(path, error.strerror or str(error)) from error


def _hold(path: str) -> int | None:
    """Open a temporary file, or make it, and lock it; None where another process has it, or it is not ours."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    except OSError:
        if os.path.lexists(path):  # a link, or a file of another user
            return None
        raise
    try:
        lock_now(handle)
        found, there = os.fstat(handle), os.stat(path, follow_symlinks=False)
        is_ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1
        if is_ours and (found.st_ino, found.st_dev) == (there.st_ino, there.st_dev):
            return handle
    except OSError:  # it is locked, or was finished meanwhile
        pass
    os.close(handle)
    return None


def sweep(directory: str, prefix: str) -> None:
    """Remove what other downloads of the same target left behind, of files that no process holds."""
    with suppress(OSError):
        for name in os.listdir(directory or "."):
            if name.startswith(prefix) and name.endswith(SUFFIX):
                path = os.path.join(directory, name)
                if os.path.isdir(path) and not os.path.islink(path):
                    drop(path)
                elif (handle := _hold(path)) is not None:
                    with suppress(OSError):
                        os.unlink(path)
                    os.close(handle)


def drop(path: str) -> None:
    """Remove a directory that no process holds, as far as that can be."""
    import shutil

    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            lock_now(handle)
            shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(handle)
