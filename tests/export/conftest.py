"""The registry that most formats are tried with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.export.filled import fill

if TYPE_CHECKING:
    from tests.repo import Repo


@pytest.fixture
def filled(repo: Repo) -> Repo:
    """A registry with everything that a format has to tell of."""
    fill(repo)
    return repo
