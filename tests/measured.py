"""Coverage of what runs in an environment of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from coverage import Coverage

if TYPE_CHECKING:
    from collections.abc import MutableMapping

ROOT = Path(__file__).parent.parent


def measured(env: MutableMapping[str, str]) -> list[str]:
    """The words after another Python that has coverage; they and env have it measured, with all that it starts.

    There are none where this process is not measured.
    """
    if Coverage.current() is None:
        return []
    env["COVERAGE_FILE"] = str(ROOT / ".coverage")
    return ["-m", "coverage", "run", "--rcfile", str(ROOT / "pyproject.toml")]
