"""A real Git repository under a temporary directory, and the real gto run in it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests import forks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

START = datetime(2022, 1, 1, tzinfo=UTC)
TICK = timedelta(minutes=1)
TIME_LIMIT = 120
GTO = (sys.executable, "-P", "-m", "gto")  # -P: as in the installed script, no import from the work tree


@dataclass(frozen=True, slots=True)
class Result:
    """What a process left behind."""

    stdout: str
    stderr: str
    code: int

    @classmethod
    def of(cls, stdout: bytes, stderr: bytes, code: int) -> Result:
        """The texts of these bytes; those that are no UTF-8 come as surrogates."""
        return cls(stdout.decode("utf-8", "surrogateescape"), stderr.decode("utf-8", "surrogateescape"), code)


@dataclass(slots=True)
class Repo:
    """A repository with its own clock: a commit, tag or gto without a date is a minute after the last."""

    path: Path
    clock: datetime = field(default=START)

    def git(self, *args: str, **env: str) -> str:
        """Git's stdout, without the last newline; keywords are environment variables."""
        result = run("git", *args, cwd=self.path, env=env)
        assert result.code == 0, f"git {' '.join(args)}: {result.stderr}"
        return result.stdout.removesuffix("\n")

    def commit(self, message: str = "work", files: Mapping[str, str] | None = None, date: str | None = None) -> str:
        """The id of a new commit that adds these files to the old ones; without files it changes nothing."""
        for name, text in (files or {}).items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if files:
            self.git("add", "--force", "--", *files)
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}", **self.dated(date))
        return self.git("rev-parse", "HEAD")

    def tag(
        self,
        name: str,
        target: str = "HEAD",
        *,
        message: str = "a tag",
        date: str | None = None,
        annotated: bool = True,
    ) -> str:
        """The id that the new tag's ref holds: of the tag object, or of the target for a lightweight tag."""
        kind = ["--annotate", "--cleanup=verbatim", f"--message={message}"] if annotated else []
        self.git("tag", *kind, "--", name, target, **self.dated(date))
        return self.git("rev-parse", f"refs/tags/{name}")

    def gto(self, *args: str, input: str | None = None, env: Mapping[str, str] | None = None) -> Result:  # noqa: A002 - as subprocess.run names it
        """What `gto ARGS` says here; its clock is this repository's, unless env gives GIT_COMMITTER_DATE."""
        return gto(*args, cwd=self.path, env={**self.dated(), **(env or {})}, text=input)

    def refs(self, prefix: str = "refs") -> dict[str, str]:
        """Every ref below the prefix, with the id that it holds."""
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)", prefix).splitlines()
        return dict(line.rsplit(" ", 1) for line in lines)

    def dated(self, date: str | None = None) -> dict[str, str]:
        """The variables that tell git what time it is; without a date the clock ticks."""
        if date is None:
            self.clock += TICK
            date = self.clock.isoformat()
        return {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}


def run(*argv: str, cwd: Path, env: Mapping[str, str] | None = None, text: str | None = None) -> Result:
    """What a process left behind."""
    process = subprocess.run(
        argv,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        input=encoded(text),
        capture_output=True,
        timeout=TIME_LIMIT,
        check=False,
    )
    return Result.of(process.stdout, process.stderr, process.returncode)


def gto(*args: str, cwd: Path, env: Mapping[str, str] | None = None, text: str | None = None) -> Result:
    """What `gto ARGS` says in a directory.

    It is forked from a process that has imported gto, where that makes no difference.
    """
    left = forks.run(args, str(cwd), {**os.environ, **(env or {})}, encoded(text), TIME_LIMIT)
    return run(*GTO, *args, cwd=cwd, env=env, text=text) if left is None else Result.of(*left)


def encoded(text: str | None) -> bytes:
    """The bytes of a text."""
    return (text or "").encode("utf-8", "surrogateescape")
