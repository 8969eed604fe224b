"""Waiting for what a platform does by itself: it is asked again and again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST, _LONGEST, _GROWTH = 0.1, 5.0, 1.5  # seconds between two, and how they grow


def polls(seconds: float, longest: float = _LONGEST) -> Iterator[bool]:
    """Yield each time that it may be asked, for so many seconds and at least once; True the last time."""
    end, pause = time.monotonic() + seconds, _FIRST
    while time.monotonic() < end:
        yield False
        time.sleep(pause)
        pause = min(pause * _GROWTH, longest)
    yield True
