"""A team's Studio whose repositories have a remote on each forge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.team_app import team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_app import TeamStudio


@pytest.fixture
def team(registry: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    """Two repositories of two groups; one is a mirror of GitHub's sample."""
    registry.git("remote", "add", "origin", "git@github.com:Codertocat/Hello-World.git")
    places = {"churn": (registry.path, ["marketing"]), "secret": (registry.path, ["lab"])}
    with team_studio(places, tmp_path / "studio.db") as made:
        yield made
