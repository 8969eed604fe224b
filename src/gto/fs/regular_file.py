"""Files that may be anything, a pipe or a device too: read where they are files, and never waited for."""

import os
import stat


def read_file(path: str, limit: int = -1) -> bytes | None:
    """Return what a regular file holds, at most `limit` bytes where that is not negative; None where there is none."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    with open(handle, "rb") as file:
        # It may have become another since it was looked at.
        return file.read(limit) if stat.S_ISREG(os.fstat(handle).st_mode) else None


def is_within(path: str, top: str) -> bool:
    """Tell whether a path, all links followed, is in the directory `top`, which is a real path."""
    real = os.path.realpath(path)
    return os.path.commonpath([real, top]) == top
