"""Workers and web servers that are killed at any moment: nothing is read twice at once, lost or doubled."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, NamedTuple

import httpx2 as httpx
import pytest
from sqlalchemy import select

from gto.catalog.parallel import Way
from gto.studio.index.postgresql_database import PostgresqlDatabase
from gto.studio.index.schema import event, repository
from gto.studio.team import migrate
from gto.studio.team.serve_options import WorkerSettings
from gto.studio.team.team_tables import announced
from gto.studio.team.team_worker import TeamWorker
from gto.studio.team.watched_catalogue import WatchedCatalogue
from tests.conftest import copied
from tests.repo import Repo
from tests.studio.team import killed_team
from tests.studio.team.test_due import listed
from tests.studio.test_sync import contents
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gto.studio.index.database import Database
    from tests.postgresql import Server

ROOT = Path(__file__).parents[3]
GIT = """#!/bin/bash
echo "$PPID $EPOCHREALTIME start $$ $PWD $*" >> {trace}
{git} "$@"
code=$?
echo "$PPID $EPOCHREALTIME end $$" >> {trace}
exit $code
"""
SOON = 120.0


class GitRun(NamedTuple):
    """A git process that some process of Studio started."""

    said: str
    parent: int
    start: float
    end: float


@pytest.mark.parametrize("kills", [5, pytest.param(100, marks=pytest.mark.soak)])
def test_processes_that_are_killed_at_any_moment_read_nothing_twice_at_once_and_lose_and_double_nothing(
    postgresql: Server, registry: Repo, tmp_path: Path, kills: int
) -> None:
    (tmp_path / "repos").mkdir()
    repos = {}
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        copied(registry, tmp_path / name).path.rename(tmp_path / "repos" / name)
        repos[name] = tmp_path / "repos" / name
    listed(tmp_path / "team.yaml", **repos)
    url = postgresql.new()
    with closing(PostgresqlDatabase(url)) as database:
        migrate.require_current(database)
        with under_load(tmp_path, url.render_as_string(hide_password=False), kills) as killed:
            catalogue = WatchedCatalogue(str(tmp_path / "team.yaml"))
            asking = TeamWorker(database, catalogue, Way(60.0), WorkerSettings(0))
            assert asking.wait(asking.ask(again=True), SOON)
        assert overlapping(traced(tmp_path / "trace", killed), repos) == []
        check_tags(database, repos)
        with studio_of(repos, tmp_path / "new.db") as new:
            assert contents(database) == contents(new.database)
    postgresql.drop(url)


@contextmanager
def under_load(place: Path, url: str, kills: int) -> Iterator[dict[int, float]]:
    """Processes of a Studio, all kills behind them, with their clients; yields who was killed when."""
    (place / "bin").mkdir()
    script = place / "bin" / "git"
    git = str(shutil.which("git"))
    script.write_text(GIT.format(trace=place / "trace", git=git), encoding="utf-8")
    script.chmod(0o755)
    words = [sys.executable, "-P", killed_team.__file__, str(place), url, git, str(kills)]
    env = {**os.environ, "PATH": f"{place / 'bin'}:{os.environ['PATH']}"}
    over, seen = Event(), Counter[int]()
    clients = [Thread(target=client, args=(place / role, over, seen)) for role in ("web-1", "web-2")]
    with subprocess.Popen(words, cwd=ROOT, env=env, stdin=subprocess.PIPE) as process:
        for one in clients:
            one.start()
        try:
            while not (place / "killed.json").exists():
                assert process.poll() is None
                time.sleep(0.1)
            yield {int(pid): at for pid, at in json.loads((place / "killed.json").read_text()).items()}
        finally:
            over.set()
            for one in clients:
                one.join()
            process.communicate()
    assert process.returncode == 0
    assert seen[200]
    assert not {status for status in seen if status >= 500}


def client(address: Path, over: Event, seen: Counter[int]) -> None:
    """Read pages of a server, which is killed and comes back elsewhere, and count how it answers."""
    with httpx.Client(timeout=30) as browser:
        while not over.wait(0.02):
            with suppress(OSError, httpx.HTTPError):
                base = address.read_text(encoding="utf-8")
                for path in ("/models", "/repos.json", "/history.json"):
                    seen[browser.get(base + path).status_code] += 1


def traced(trace: Path, killed: dict[int, float]) -> list[GitRun]:
    """The git processes that ended by themselves; of one that outlived who started it, the time before."""
    started: dict[str, tuple[str, int, float]] = {}
    found = []
    for line in trace.read_text(encoding="utf-8").splitlines():
        parent, at, what, pid, *words = line.split(" ", 4)
        if what == "start":
            started[pid] = (words[0], int(parent), float(at))
        elif pid in started:
            said, of, begin = started.pop(pid)
            found.append(GitRun(said, of, begin, min(float(at), killed.get(of, float("inf")))))
    return sorted(found, key=lambda one: one.start)


def overlapping(runs: list[GitRun], repos: dict[str, Path]) -> list[tuple[GitRun, GitRun]]:
    """Pairs of git processes of two processes of Studio that read one repository at the same time."""
    found = []
    assert len({one.parent for one in runs}) >= 2
    for path in repos.values():
        ours = [one for one in runs if f" {path} " in one.said]
        assert ours
        latest = ours[0]
        for one in ours[1:]:
            if one.parent != latest.parent and one.start < latest.end:
                found.append((latest, one))
            latest = max(latest, one, key=lambda each: each.end)
    return found


def check_tags(database: Database, repos: dict[str, Path]) -> None:
    """Each tag is in the index, and each that counts was announced, once."""
    with database.read() as connection:
        for name, path in repos.items():
            there = {one for one in Repo(path).git("tag").splitlines() if "@" in one or "#" in one}
            theirs = event.c.repository_id == repository.c.id
            query = select(event.c.ref, event.c.oid, event.c.counts).join(repository, theirs)
            found = connection.execute(query.where(repository.c.name == name)).all()
            assert {one.ref for one in found} == there
            told = select(announced.c.ref, announced.c.oid).where(announced.c.repository == name)
            assert {(one.ref, one.oid) for one in found if one.counts} <= {
                tuple(one) for one in connection.execute(told)
            }
