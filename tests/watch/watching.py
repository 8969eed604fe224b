"""A `gto watch` that runs, and what its receivers saw."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gto.watch import journal as paths
from tests.repo import GTO, TIME_LIMIT
from tests.stories.healthy import done

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.repo import Repo

SEEN = ("--", "sh", "-c", "cat >> seen")
"""A command that writes down what it gets."""
ONCE = ("watch", "--once", "--backoff", "0.01")
DVC_YAML = "artifacts:\n  m: {path: m.pkl, type: model, desc: %s}\n"
FAST = ("--interval", "0.1", "--backoff", "0.01")


def seen(repo: Repo, name: str = "seen") -> list[dict[str, Any]]:
    """What the command got, in its order."""
    path = repo.path / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def refs(repo: Repo) -> list[str]:
    """The tags that the command got, in its order."""
    return [one["ref"].removeprefix("refs/tags/") for one in seen(repo)]


def begin(repo: Repo) -> Repo:
    """Have a watcher look once, so that `m@v1.0.0` was there before it."""
    repo.commit("annotate", {"dvc.yaml": DVC_YAML % "A model"})
    repo.tag("m@v1.0.0")
    done(repo.gto(*ONCE, *SEEN))
    return repo


def journal(repo: Repo) -> str:
    """Where its watcher keeps its journal, unless it is told."""
    return paths.journal_of(paths.address_of(str(repo.path)))


def start(cwd: Path, *words: str, args: Sequence[str] = FAST) -> subprocess.Popen[str]:
    """Start a watcher."""
    argv = [*GTO, "watch", *args, *words]
    return subprocess.Popen(argv, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)


@contextmanager
def running(cwd: Path, *words: str, args: Sequence[str] = FAST) -> Iterator[subprocess.Popen[str]]:
    """Have a watcher run until the block ends; it is asked to end then, and ends well."""
    process = start(cwd, *words, args=args)
    try:
        yield process
        process.terminate()
        assert process.wait(TIME_LIMIT) == 0, process.stderr and process.stderr.read()
    finally:
        process.kill()
        process.communicate()


def until(is_so: Callable[[], object], process: subprocess.Popen[str] | None = None) -> None:
    """Wait for something to become so."""
    end = time.monotonic() + TIME_LIMIT
    while not is_so():
        assert time.monotonic() < end, "it never came"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.02)


def line_with(process: subprocess.Popen[str], word: str) -> str:
    """Read what a watcher says on stderr, up to a line with a word."""
    assert process.stderr is not None
    for line in process.stderr:
        if word in line:
            return line
    raise AssertionError(f"the watcher ended without '{word}'")
