"""A registry with one sound artifact, and what every read command must go on saying of it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from gto.core.event import WARNINGS
from tests.repo import START, TICK, Repo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Result

SOUND = {"version": "v0.0.1", "stage": "v0.0.1"}


def make_healthy(path: Path, *init: str) -> Repo:
    """Artifact `ok`: v0.0.1, in prod."""
    repo = Repo(path)
    repo.path.mkdir(parents=True)
    repo.git("init", "--quiet", *init)
    commit = repo.commit("first", {"README.md": "a repository\n"})
    for name in ("ok@v0.0.1", "ok#prod#1"):
        repo.tag(name, commit)
    return repo


def copy(source: Path, path: Path) -> Repo:
    """The same repository at another path; its clock says a time after every tag."""
    shutil.copytree(source, path, symlinks=True)
    return Repo(path, START + 10 * TICK)


def done(result: Result, code: int = 0) -> str:
    """The stdout of a command that ended as it should, without a traceback."""
    assert "Traceback" not in result.stderr
    assert result.code == code, result.stderr + result.stdout
    return result.stdout


def said(result: Result, *words: str, code: int = 1) -> None:
    """An error of one line and at most one hint, with these words."""
    assert result.code == code, result
    assert "Traceback" not in result.stderr
    assert 1 <= len(result.stderr.splitlines()) <= 2, result.stderr
    for word in words:
        assert word in result.stderr, result.stderr


def check_reads(repo: Repo, *, env: dict[str, str] | None = None) -> dict[str, str | None]:
    """Run every read command; return the latest version of each artifact that `show` lists."""
    shown = json.loads(done(repo.gto("show", "--json", env=env)))
    assert shown["ok"]["version"] == "v0.0.1"
    assert shown["ok"]["stage"]["prod"] == "v0.0.1"
    versions = {row["version"]: row for row in json.loads(done(repo.gto("show", "ok", "--json", env=env)))}
    assert "prod" in {stage["stage"] for stage in versions["v0.0.1"]["stages"]}
    journal = done(repo.gto("history", "--plain", env=env))
    assert "ok@v0.0.1" in journal
    assert "ok#prod#1" in journal
    assert "prod" in done(repo.gto("stages", "--used", env=env)).splitlines()
    assert done(repo.gto("check-ref", "ok#prod#1", "--version", env=env)) == "v0.0.1\n"
    assert {"ok@v0.0.1", "ok#prod#1"} <= set(done(repo.gto("tags", env=env)).splitlines())
    assert json.loads(done(repo.gto("print-state", env=env)))["artifacts"]["ok"]["versions"]
    return {name: row["version"] for name, row in shown.items()}


def problems(repo: Repo, *, env: dict[str, str] | None = None) -> set[tuple[str, str]]:
    """Code and subject of everything that doctor names; its exit code fits."""
    result = repo.gto("doctor", "--json", env=env)
    found = json.loads(done(result, result.code))["problems"]
    assert result.code == int(any(problem["code"] not in WARNINGS for problem in found))
    assert all(problem["reason"] for problem in found)
    return {(problem["code"], problem["subject"]) for problem in found}


WRITES = (
    ("register",),
    ("assign", "--stage", "dev"),
    ("deprecate",),
    ("rollback", "--stage", "prod"),
)


def check_writes_stop(repo: Repo, name: str, *words: str) -> None:
    """No command writes an event of an artifact whose events cannot all be read."""
    before = repo.refs()
    for verb, *options in WRITES:
        for force in ((), ("--force",)) if verb != "rollback" else ((),):
            said(repo.gto(verb, name, *options, *force), *words)
    assert repo.refs() == before


def check_still_writes(repo: Repo) -> None:
    """The sound artifact can be written to."""
    done(repo.gto("assign", "ok", "--version", "v0.0.1", "--stage", "qa"))
