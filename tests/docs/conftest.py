"""What commands of pages need: this GTO as `gto`, and the sample registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripts import sample
from tests.page_replay import page_environment
from tests.repo import GTO

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which `gto` is the one under test."""
    return page_environment(tmp_path_factory.mktemp("bin"))


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    """The sample registry; pages work in copies of it."""
    directory = tmp_path_factory.mktemp("sample") / sample.NAME
    sample.build(directory, GTO, environment)
    return directory
