"""Environments of Python that are kept below the user's cache directory: which, who uses one, and how one is removed.

The file `NAME.lock` beside an environment is held alone by who makes or removes it, and shared by those who use it.
"""

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, NamedTuple

from gto.exceptions import LockHeld
from gto.fs import cache_dir, file_lock

MOST = 10
"""Environments; of more, those used longest ago are removed when another is made, unless they are in use."""
_DONE = ".installed"  # written last, with what was required; its time says when it was used last


class KeptEnvironment(NamedTuple):
    """An environment on disk."""

    directory: str
    requirements: tuple[str, ...]
    """What it was made of; empty for one that is being made, or that was broken off."""
    size: int
    """Bytes."""
    used: float
    """When it was last begun to be used, in seconds since 1970."""


def home() -> str:
    """Return the directory of all environments."""
    return os.path.join(cache_dir.home(), "environments")


def lock_of(directory: str) -> str:
    """Return the file that is locked for an environment."""
    return f"{directory}.lock"


def is_done(directory: str) -> bool:
    """Tell whether an environment is there, and whole."""
    return os.path.exists(os.path.join(directory, _DONE))


def mark_done(directory: str, requirements: Sequence[str]) -> None:
    """Say that an environment is whole; who calls it holds its lock."""
    with open(os.path.join(directory, _DONE), "w", encoding="utf-8") as file:
        json.dump(list(requirements), file)


def use(directory: str) -> IO[bytes]:
    """Return a file that keeps an environment while it is open, here or in a child; OSError where it was removed."""
    done = os.path.join(directory, _DONE)
    try:
        file = open(lock_of(directory), "a+b")  # noqa: SIM115  as long as its user runs
    except OSError:  # what cannot be written is removed by nobody
        return open(done, "rb")
    if file_lock.try_lock(file.fileno(), shared=True) and is_done(directory):
        with suppress(OSError):
            os.utime(done)
        return file
    file.close()
    raise FileNotFoundError(f"the environment '{directory}' is being removed")


def kept() -> list[KeptEnvironment]:
    """List the environments, the last used first."""
    found: list[KeptEnvironment] = []
    with suppress(FileNotFoundError), os.scandir(home()) as entries:
        found = [_look_at(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    return sorted(found, key=lambda one: -one.used)


def remove(directory: str) -> None:
    """Remove an environment; LockHeld where it is used, or being made."""
    with file_lock.hold(lock_of(directory), 0):
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(directory, _DONE))
        shutil.rmtree(directory, ignore_errors=True)


def make_room(keep: str) -> None:
    """Remove those used longest ago, of more than MOST."""
    with suppress(FileNotFoundError):
        names = [entry.path for entry in os.scandir(home()) if entry.is_dir(follow_symlinks=False)]
        for directory in sorted(names, key=_used, reverse=True)[MOST:]:
            if directory != keep:
                with suppress(LockHeld):
                    remove(directory)


def _used(directory: str) -> float:
    with suppress(OSError):
        return os.stat(os.path.join(directory, _DONE)).st_mtime
    return 0.0


def _look_at(directory: str) -> KeptEnvironment:
    requirements: list[str] = []
    with suppress(OSError, ValueError), open(os.path.join(directory, _DONE), encoding="utf-8") as file:
        requirements = [str(one) for one in json.load(file)]
    return KeptEnvironment(directory, tuple(requirements), cache_dir.size_of(directory), _used(directory))
