"""An environment in which nothing of the user's own shows, and repositories to work in."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests import forks
from tests.examples import SOAK
from tests.repo import Repo
from tests.server import serve

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from xdist.remote import Producer

    from tests.server import Server

# Read before isolated() removes it. What no machine can mend by installing (git too old for reftable) is no
# skip: leave it out of the cases when they are collected.
MUST_RUN = bool(os.environ.get("GTO_TESTS_MUST_RUN"))
NO_PACKAGE = "no package of Debian"
"""What the reason of a skip says where nothing that could be installed has the program."""

# What tests write need not outlive a power cut: to wait for the disk took longer than all else that writes a tag.
GIT_CONFIG = """\
[user]
    name = Ada Lovelace
    email = ada@example.com
[init]
    defaultBranch = main
[core]
    fsyncMethod = writeout-only
"""

TOGETHER = {
    "tests/delivery/test_config.py": "layouts",
    "tests/delivery/test_layouts.py": "layouts",
    "tests/importers/": "mlflow",
    "tests/lineage/": "pipeline",
    "tests/studio/test_browser.py": "sample catalogue",
    "tests/studio/team/test_team_pages.py": "sample catalogue",
    "tests/studio/test_shapes.py": "large registry",
    "tests/studio/test_equality.py": "sample catalogue",
    "tests/serve/build/": "packages",
    "tests/storage/test_dvc.py": "project",
    "tests/storage/test_stores.py": "stores",
}
"""Tests that share what takes many seconds to make, which one process makes once."""

settings.register_profile("gto", deadline=None)  # never a timed test
settings.register_profile(SOAK, deadline=None)
settings.load_profile("gto")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With GTO_TESTS_MUST_RUN, a test that is skipped has failed."""
    report = yield
    if MUST_RUN and report.skipped and not hasattr(report, "wasxfail") and NO_PACKAGE not in str(report.longrepr):
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


# No --dist loadgroup: it does nothing, since xdist 3.8 cannot add to the names of pytest 9.2.
class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist tells no types
    """Each test goes where there is time for it, those that belong together to one process."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group for place, group in TOGETHER.items() if nodeid.startswith(place)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """For as many processes as there are."""
    return Scheduling(config, log)


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


@pytest.fixture(scope="session")
def templates() -> dict[str, Repo]:
    """Repositories that were made once and are copied, by name; empty until somebody asks for one."""
    return {}


@pytest.fixture
def empty_repo(tmp_path: Path, templates: dict[str, Repo], tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository without any commit."""
    if "empty" not in templates:  # not by a fixture of the session: git's configuration is that of each test
        made = Repo(tmp_path_factory.mktemp("template") / "repo")
        made.path.mkdir()
        made.git("init", "--quiet")
        for sample in made.path.glob(".git/hooks/*.sample"):
            sample.unlink()
        templates["empty"] = made
    return copied(templates["empty"], tmp_path)


@pytest.fixture
def repo(empty_repo: Repo, templates: dict[str, Repo], tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository with one commit, of a README."""
    if "one commit" not in templates:
        template = copied(empty_repo, tmp_path_factory.mktemp("template"))
        template.commit("first", {"README.md": "a repository\n"})
        templates["one commit"] = template
    shutil.rmtree(empty_repo.path)
    made = copied(templates["one commit"], empty_repo.path.parent)
    made.git("update-index", "--refresh")  # the index tells a file by its inode, too
    return made


def copied(template: Repo, place: Path) -> Repo:
    """A copy, with a clock of its own."""
    shutil.copytree(template.path, place / "repo", symlinks=True)
    return Repo(place / "repo", template.clock)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A smart HTTP server on loopback that lets everybody in; it serves no repository yet."""
    with serve(tmp_path / "served") as running:
        yield running
