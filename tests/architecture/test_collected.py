"""Every file of tests is collected: pytest passes by directories of some names, and says nothing."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

TESTS = Path(__file__).parent.parent


def test_no_directory_of_tests_is_passed_by(pytestconfig: pytest.Config) -> None:
    passed_by: list[str] = pytestconfig.getini("norecursedirs")
    places = {part for file in TESTS.rglob("test_*.py") for part in file.relative_to(TESTS).parts[:-1]}
    assert "build" in places, "this looks at what was once passed by"
    assert not [one for one in places if any(fnmatch(one, pattern) for pattern in passed_by)]
