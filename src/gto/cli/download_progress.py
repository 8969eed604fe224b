"""Bars of progress on stderr, on a terminal only: of work that takes long, and of downloads."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gto.storage.download import Progress


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


_EVERY = 0.2  # seconds between two lines
_UNITS = ("B", "kB", "MB", "GB", "TB")


@contextmanager
def shown(name: str, *, rows: bool = False) -> Iterator[Progress | None]:
    """Show on stderr how a download goes on, while the block runs; None where that is no terminal.

    With `rows` it is no download: rows are counted, not bytes.
    """
    if not sys.stderr.isatty():
        yield None
        return
    bar: _Rich | _ProgressLine
    try:
        bar = _Rich(name, rows=rows)
    except ModuleNotFoundError:
        bar = _ProgressLine(name, row_count if rows else size)
    try:
        yield bar
    finally:
        bar.close()


class _Rich:
    """The bar of rich."""

    def __init__(self, name: str, *, rows: bool) -> None:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            ProgressColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        counts: tuple[ProgressColumn, ...] = (DownloadColumn(), TransferSpeedColumn())
        if rows:
            counts = (TextColumn("{task.fields[done]}"), TextColumn("{task.fields[speed]}"))
        self._done = 0
        self.total: int | None = None
        self._start = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            *counts,
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(escape(name), total=None, done="", speed="")
        self._is_shown = False

    def advance(self, count: int) -> None:
        """Draw so many bytes or rows more."""
        self._done += count
        done = f"{self._done:,}/{self.total:,}" if self.total else row_count(self._done)
        speed = f"{row_count(int(self._done / max(time.monotonic() - self._start, 1e-3)))}/s"
        self._bar.update(self._task, total=self.total, advance=count, done=done, speed=speed)
        if not self._is_shown and time.monotonic() - self._start >= PATIENCE:
            self._is_shown = True
            self._bar.start()

    def close(self) -> None:
        """Remove the bar."""
        if self._is_shown:
            self._bar.stop()


class _ProgressLine:
    """One line of text, where rich is not installed."""

    def __init__(self, name: str, count: Callable[[int], str]) -> None:
        self.total: int | None = None
        self._name, self._count = name, count
        self._done = 0
        self._start = time.monotonic()
        self._next = self._start + PATIENCE

    def advance(self, count: int) -> None:
        """Write how many have come, now and then."""
        self._done += count
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        speed = max(self._done, 0) / (now - self._start)
        text = f"{self._name}  {self._count(self._done)}"
        if self.total:
            text += f" of {self._count(self.total)}, {100 * self._done // self.total} %"
        text += f", {self._count(int(speed))}/s"
        if self.total and speed:
            text += f", {max(self.total - self._done, 0) / speed:.0f} s left"
        click.echo(f"\r\x1b[K{text}", nl=False, err=True)

    def close(self) -> None:
        """Remove the line."""
        if self._next > self._start + PATIENCE:
            click.echo("\r\x1b[K", nl=False, err=True)


def row_count(count: int) -> str:
    """Return a number of rows in words."""
    return f"{max(count, 0):,} rows"


def size(count: int) -> str:
    """Return a number of bytes in words, in the largest unit of which there is one or more."""
    value = float(max(count, 0))
    for unit in _UNITS[:-1]:
        if value < 1000:  # noqa: PLR2004  kilo
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} {_UNITS[-1]}"
