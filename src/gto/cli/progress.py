"""A bar of progress on stderr: one line, on a terminal only, where the work takes more than a second."""

from __future__ import annotations

import sys
import time

import click

PATIENCE = 1.0
"""Seconds before anything is shown."""
_WIDTH = 30


class Bar:
    """Draws how much is done; what it drew is gone when the work is."""

    def __init__(self, word: str) -> None:
        """`word` says what is counted."""
        self._word = word
        self._start = time.monotonic()
        self._shown = ""

    def __call__(self, done: int, total: int) -> None:
        """Show that so many of so many are done."""
        if not sys.stderr.isatty() or time.monotonic() - self._start < PATIENCE:
            return
        text = "" if done == total else f"[{'#' * (_WIDTH * done // total):.<{_WIDTH}}] {done}/{total} {self._word}"
        if text != self._shown:
            self._shown = text
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)
