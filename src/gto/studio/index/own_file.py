"""The files of an index are this user's alone: what another user may have put there is not opened."""

import errno
import os
import stat
from contextlib import suppress

FILES = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to the name of a database for the files beside it."""
_LOCK = ".lock"
_OF_OWNER, _OF_ALL_THE_REST = 0o700, 0o077


def keep_directory(path: str) -> None:
    """Have a directory that this user alone may read and write; PermissionError where it is not theirs."""
    os.makedirs(path, mode=_OF_OWNER, exist_ok=True)
    found = os.lstat(path)
    if not (stat.S_ISDIR(found.st_mode) and _is_own(found)):
        raise PermissionError(errno.EPERM, "the directory is not this user's own", path)
    if found.st_mode & _OF_ALL_THE_REST:
        os.chmod(path, _OF_OWNER)


def keep_file(path: str) -> None:
    """Have a file, empty where there is none, that this user alone may read and write, and so all beside it.

    PermissionError where one of them is a link, no file, or not this user's.
    """
    for one in (f"{path}{suffix}" for suffix in (*FILES, _LOCK)):
        with suppress(FileNotFoundError):  # it comes and goes while another Studio writes
            _check_file(one)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))


def _check_file(path: str) -> None:
    found = os.lstat(path)
    if not (stat.S_ISREG(found.st_mode) and _is_own(found) and found.st_nlink == 1):
        raise PermissionError(errno.EPERM, f"'{os.path.basename(path)}' is no file of this user's own", path)
    if found.st_mode & _OF_ALL_THE_REST:
        os.chmod(path, 0o600)


def _is_own(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
