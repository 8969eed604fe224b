"""A git under strace: system calls that fail, and processes killed at one of them, with the gto that started it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

WRITING = (
    *("write", "pwrite64", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat"),
    *("fsync", "fdatasync", "mkdir", "mkdirat", "rmdir", "ftruncate"),
)
"""The system calls that change what is on disk; strace counts each by itself."""
OPENING = ("open", "openat", "creat")

_SCRIPT = """\
#!/bin/sh
case " $* " in *" {verb} "*) ;; *) exec {git} "$@" ;; esac
echo >> {place}/calls
[ "$(wc -l < {place}/calls)" -eq {turn} ] || exec {git} "$@"
{act}
"""
_FAIL = 'exec strace -f -qq -o /dev/null -e inject={calls} {git} "$@"\n'
_KILL = """\
strace -f -qq -o /dev/null -e inject={calls}:signal=KILL:when={when} {git} "$@"
code=$?
[ $code -lt 128 ] || {{ touch {place}/killed; kill -KILL $PPID; }}
exit $code
"""
_FSYNC = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsyncMethod", "GIT_CONFIG_VALUE_0": "fsync"}
_BESIDE = """\
{before}
{git} "$@"
touch {place}/killed
kill -KILL $PPID
"""


@dataclass(frozen=True, slots=True)
class Faulty:
    """A directory for PATH whose `git` is the real one, but for one process of one subcommand."""

    place: Path
    verb: str
    turn: int = 1
    """Which process of that subcommand, from 1."""

    def failing(self, calls: str) -> dict[str, str]:
        """The environment in which system calls fail, as in `fsync:error=ENOSPC`."""
        return self._path(_FAIL.format(git=_git(), calls=calls))

    def killed_at(self, calls: str, when: int) -> dict[str, str]:
        """The environment in which git, and gto with it, is killed at one of these system calls."""
        return self._path(_KILL.format(git=_git(), calls=calls, when=when, place=self.place))

    def killed_beside(self, *, before: bool) -> dict[str, str]:
        """The environment in which gto is killed before that process of git does anything, or after it has ended."""
        stop = f"touch {self.place}/killed; kill -KILL $PPID; exit 1" if before else ""
        return self._path(_BESIDE.format(git=_git(), place=self.place, before=stop))

    @property
    def has_killed(self) -> bool:
        """Whether the kill took place."""
        return (self.place / "killed").exists()

    def _path(self, act: str) -> dict[str, str]:
        need_strace()
        self.place.mkdir(parents=True)
        script = self.place / "git"
        text = _SCRIPT.format(git=_git(), verb=self.verb, turn=self.turn, place=self.place, act=act)
        script.write_text(text, encoding="utf-8")
        script.chmod(0o755)
        return {"PATH": f"{self.place}{os.pathsep}{os.environ['PATH']}", **_FSYNC}


def need_strace() -> None:
    """Skip a test where there is no strace."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")


def _git() -> str:
    found = shutil.which("git")
    assert found is not None
    return found
