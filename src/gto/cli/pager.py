"""The user's pager, as git finds it: for what is longer than the screen, on a terminal only."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

from gto.cli import terminal
from gto.git.pager_command import find_pager, run_pager

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Held(io.StringIO):
    """What would stand on the terminal."""

    def isatty(self) -> bool:
        """Tell that it will be read there."""
        return True


@contextmanager
def paged() -> Iterator[None]:
    """Hold what is printed, and show it in the pager if it is longer than the screen."""
    held = _Held()
    try:
        with redirect_stdout(held):
            yield
    finally:
        _show(held.getvalue())


def _show(text: str) -> None:
    pager = find_pager() if text.count("\n") >= terminal.size().lines else ""
    if pager in {"", "cat"} or not run_pager(pager, text.encode(sys.stdout.encoding or "utf-8", "replace")):
        sys.stdout.write(text)
