"""An environment in which nothing of the user's own shows, and repositories to work in."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests import forks
from tests.repo import Repo
from tests.server import serve

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from tests.server import Server

# Read before isolated() removes it. What no machine can mend by installing (git too old for reftable) is no
# skip: leave it out of the cases when they are collected.
MUST_RUN = bool(os.environ.get("GTO_TESTS_MUST_RUN"))

GIT_CONFIG = """\
[user]
    name = Ada Lovelace
    email = ada@example.com
[init]
    defaultBranch = main
"""

settings.register_profile("gto", deadline=None)  # never a timed test
settings.load_profile("gto")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With GTO_TESTS_MUST_RUN, a test that is skipped has failed."""
    report = yield
    if MUST_RUN and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = must_run(report.longrepr)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """With GTO_TESTS_MUST_RUN, a file that is skipped has failed."""
    report = yield
    if MUST_RUN and report.skipped:
        report.outcome = "failed"
        report.longrepr = must_run(report.longrepr)
    return report


def must_run(reason: object) -> str:
    """The sentence that stands in place of the skip."""
    text = reason[2] if isinstance(reason, tuple) else reason
    return f"GTO_TESTS_MUST_RUN is set, but: {text}"


@pytest.fixture(autouse=True, scope="session")
def forking() -> Iterator[None]:
    """The process from which gto is forked ends with the session; of all that tests start, it alone is measured."""
    forks.measure_here_alone()
    yield
    forks.stop()


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ada's empty home, her git configuration, UTC; no GIT_* and no GTO_* variable from outside."""
    home = tmp_path_factory.mktemp("home")
    (home / "gitconfig").write_text(GIT_CONFIG, encoding="utf-8")
    for name in list(os.environ):
        if name.startswith(("GIT_", "GTO_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    with monkeypatch.context() as zone:
        zone.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def empty_repo(tmp_path: Path) -> Repo:
    """A repository without any commit."""
    repo = Repo(tmp_path / "repo")
    repo.path.mkdir()
    repo.git("init", "--quiet")
    return repo


@pytest.fixture
def repo(empty_repo: Repo) -> Repo:
    """A repository with one commit, of a README."""
    empty_repo.commit("first", {"README.md": "a repository\n"})
    return empty_repo


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A smart HTTP server on loopback that lets everybody in; it serves no repository yet."""
    with serve(tmp_path / "served") as running:
        yield running
