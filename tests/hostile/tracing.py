"""What a command executes and where it connects to, as the system's kernel saw it."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from tests.repo import GTO, TIME_LIMIT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

_EXEC_RE = re.compile(r'execve\("([^"]*)", \[(.*?)\](?:\.\.\.)?, .*\) = 0$', re.MULTILINE)
_CONNECT_RE = re.compile(r"connect\(\d+, \{sa_family=AF_INET6?, (.*?)\}")
_OPEN_RE = re.compile(r'openat\(AT_FDCWD(?:<[^>]*>)?, "([^"]*)", ([A-Z_|]+).*\) = \d+', re.MULTILINE)


class Executed(NamedTuple):
    """A program that was started, and its arguments as strace quotes them."""

    program: str
    arguments: str


class Trace(NamedTuple):
    """What was seen of a command and of all processes below it."""

    executed: list[Executed]
    connected: list[str]
    written: list[str]
    """Files that were opened to be written."""


def trace(repo: Repo, log: Path, *words: str, argv: tuple[str, ...] = ()) -> Trace:
    """Run `gto WORDS`, or another program, under strace."""
    log.unlink(missing_ok=True)
    watch = ["strace", "-f", "-qq", "-s", "4096", "-e", "trace=execve,connect,openat", "-o", str(log)]
    subprocess.run(
        [*watch, *(argv or (*GTO, *words))],
        cwd=repo.path,
        env={**os.environ, **repo.dated()},
        capture_output=True,
        timeout=TIME_LIMIT,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    text = log.read_text(encoding="utf-8", errors="replace")
    written = [path for path, flags in _OPEN_RE.findall(text) if re.search("O_WRONLY|O_RDWR|O_CREAT", flags)]
    return Trace([Executed(*found) for found in _EXEC_RE.findall(text)], _CONNECT_RE.findall(text), written)
