"""An environment in which no CI shows, whichever runs these tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ci import origin, recorded
from tests.ci.bench import Bench

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.origin import Origin


@pytest.fixture(autouse=True)
def no_ci(isolated: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - it comes first
    """No variable of any CI that is known."""
    for name in recorded.known_variables():
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the one registry of a session is."""
    return tmp_path_factory.mktemp("origin")


@pytest.fixture
def remote(no_ci: None, place: Path) -> Origin:  # noqa: ARG001 - it comes first
    """The registry whose tags start jobs; made once, and left as it is."""
    return origin.shared(place)


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home directory of a machine that is reached by ssh."""
    home = tmp_path / "machine"
    home.mkdir()
    monkeypatch.setenv("REMOTE_HOME", str(home))
    return home


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Where the script of an example runs by itself."""
    return Bench(tmp_path / "bench")
