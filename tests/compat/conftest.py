"""The reference, GTO 1.10.1, for the tests that are marked `compat`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.compat.pair import START, Pair
from tests.compat.reference import make_environment, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.compat.reference import Reference


@pytest.fixture(scope="session")
def reference_python() -> Path:
    """The Python of an environment with GTO 1.10.1."""
    if shutil.which("faketime") is None:
        pytest.skip("faketime is missing: on Debian, apt-get install faketime")
    return make_environment()


@pytest.fixture(scope="session")
def reference(reference_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    """A process of GTO 1.10.1, with a clock of its own."""
    with started(reference_python, tmp_path_factory.mktemp("reference") / "clock", START) as process:
        yield process


@pytest.fixture
def make_pair(reference: Reference, tmp_path: Path) -> Callable[[str], Pair]:
    """Make two equal repositories with this `.gto`."""

    def make(config: str = "") -> Pair:
        pair = Pair(tmp_path / "pair", reference, config)
        pair.create()
        return pair

    return make
