"""A team's Studio without repositories that are read: what people see of each other needs none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.team_app import team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.team_app import TeamStudio


@pytest.fixture
def people(tmp_path: Path) -> Iterator[TeamStudio]:
    """A Studio with two groups of repositories, which nobody has read."""
    places = {"churn": (tmp_path / "churn", ["marketing"]), "fraud": (tmp_path / "fraud", ["lab"])}
    with team_studio(places, tmp_path / "studio.db", synced=False) as made:
        yield made
