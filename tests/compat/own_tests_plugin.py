"""A plugin for the tests of GTO 1.10.1: stands in for what they import and ours has not, and writes what they came to.

It runs beside them, in their environment.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

import gto.cli

if TYPE_CHECKING:
    import pytest

OUTCOMES: dict[str, str] = {}


def lacking(*_args: object, **_kwargs: object) -> NoReturn:
    """Fail the test that uses what is not there; the page of differences lists it."""
    raise NotImplementedError("this GTO does not publish it")


def stand_in(module: ModuleType, *names: str) -> None:
    for name in names:
        assert not hasattr(module, name), f"{module.__name__}.{name} is there: it needs no stand-in"
        setattr(module, name, lacking)


stand_in(gto.cli, "GtoCommand", "_extract_examples")
sys.modules["gto.git_utils"] = git_utils = ModuleType("gto.git_utils")
stand_in(git_utils, "cloned_git_repo", "git_add_and_commit_all_changes", "git_push_tag")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if OUTCOMES.get(report.nodeid, "passed") == "passed":
        OUTCOMES[report.nodeid] = report.outcome


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        Path(os.environ["OUTCOMES"]).write_text(json.dumps(OUTCOMES), encoding="utf-8")
