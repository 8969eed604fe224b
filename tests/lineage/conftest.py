"""The pipeline repository, built once for a session."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.lineage.pipeline import Pipeline, build
from tests.repo import Repo

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def built() -> dict[str, Pipeline]:
    """The pipeline as it was built, once somebody asked for it."""
    return {}


@pytest.fixture
def pipeline(tmp_path: Path, built: dict[str, Pipeline], tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A copy of the pipeline repository."""
    if "it" not in built:  # not by a fixture of the session: git's configuration is that of each test
        built["it"] = build(tmp_path_factory.mktemp("pipeline") / "project")
    first = built["it"]
    shutil.copytree(first.repo.path, tmp_path / "project", symlinks=True)
    return Pipeline(Repo(tmp_path / "project", first.repo.clock), first.python)
