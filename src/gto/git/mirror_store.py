"""The mirrors on disk: where each is, what they take, and which are removed to make room."""

import os
import re
import time
from contextlib import suppress
from typing import NamedTuple

from gto.exceptions import LockHeld
from gto.fs import cache_dir, file_lock
from gto.git.remote import Remote

LARGEST = 10 << 30
"""Bytes that all mirrors together may take before the ones used longest ago are removed; GTO_CACHE_SIZE says else."""

USED = "gto-used"
"""A file in a mirror whose time says when it was last used."""
URL = "gto-url"
"""A file in a mirror that holds the address of the remote."""
_IDLE = 3600.0  # seconds; a mirror that was used later is not removed to make room


def home() -> str:
    """Return the directory of all mirrors."""
    return os.path.join(cache_dir.home(), "mirrors")


def place_of(remote: Remote) -> str:
    """Return the directory of a remote's mirror; its name holds nothing secret."""
    word = re.sub(r"[^A-Za-z0-9.-]+", "-", remote.url.removesuffix(".git").rpartition("/")[2]).strip(".-")[:40]
    return os.path.join(home(), f"{word or 'repository'}-{cache_dir.digest(remote.url.encode())[:16]}.git")


class StoredMirror(NamedTuple):
    """A mirror on disk."""

    directory: str
    url: str
    size: int
    """Bytes."""
    used: float
    """When it was last used, in seconds since 1970."""


def kept() -> list[StoredMirror]:
    """List the mirrors, the last used first."""
    found: list[StoredMirror] = []
    with suppress(FileNotFoundError):
        found = [_look_at(entry.path) for entry in os.scandir(home()) if entry.is_dir() and entry.name.endswith(".git")]
    return sorted(found, key=lambda one: -one.used)


def remove(directory: str) -> None:
    """Remove a mirror, unless another process is about to update it."""
    with file_lock.hold(f"{directory}.lock", 0):
        delete(directory)


def delete(directory: str) -> None:
    """Delete a directory, as far as that can be."""
    import shutil  # costs five milliseconds, and is seldom needed

    if os.path.islink(directory) or os.path.isfile(directory):
        os.unlink(directory)
    shutil.rmtree(directory, ignore_errors=True)


def sweep(directory: str = "") -> None:
    """Remove what clones that were killed left behind, of one mirror or of all; one that still runs fails alone."""
    with suppress(FileNotFoundError):
        for entry in os.scandir(home()):
            if entry.name.endswith(".new") and entry.path.startswith(directory):
                delete(entry.path)


def make_room(keep: str) -> None:
    """Remove the mirrors that were used longest ago while all together are too large; never one used just now."""
    mirrors = kept()
    size = sum(one.size for one in mirrors)
    largest = _largest()
    for one in reversed(mirrors):
        if size > largest and one.directory != keep and time.time() - one.used > _IDLE:
            with suppress(LockHeld):
                remove(one.directory)
                size -= one.size


def _largest() -> int:
    text = os.environ.get("GTO_CACHE_SIZE", "")
    return int(text) if text.isdecimal() else LARGEST


def _look_at(directory: str) -> StoredMirror:
    url, used = "", 0.0
    with suppress(OSError), open(os.path.join(directory, URL), encoding="utf-8") as file:
        url = file.read()
    with suppress(OSError):
        used = os.stat(os.path.join(directory, USED)).st_mtime
    return StoredMirror(directory, url, cache_dir.size_of(directory), used)
