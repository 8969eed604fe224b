"""A team's Studio over versions in Git and in a store of DVC's, one group of which everybody sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.studio.downloads.conftest import keeper, models
from tests.team_app import TeamStudio, team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio.downloads.conftest import Keeper


__all__ = ["keeper", "models"]  # fixtures of those tests, too


@pytest.fixture
def versions(models: Repo, keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """Versions of a directory in Git, of one in a store that the server's own configuration names, and of a file."""
    known = tmp_path / "dvc"
    known.mkdir()
    (known / "config").write_text(f"['remote \"models\"']\n    url = {keeper.root}\n", "utf-8")
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(known))
    return models


@pytest.fixture
def two_groups(versions: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    """A Studio whose group `open` everybody sees, and `vault` its people."""
    places = {"team": (versions.path, ["open"]), "secret": (versions.path, ["vault"])}
    with team_studio(places, tmp_path / "team.db", public=("open",)) as running:
        yield running
