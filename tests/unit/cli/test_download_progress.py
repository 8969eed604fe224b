"""How much of a download has come, on a terminal and elsewhere."""

from __future__ import annotations

import io
import sys

import pytest

from gto.cli import download_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def make_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in the place of stderr, on which nothing is waited for."""
    found = Terminal()
    monkeypatch.setattr(sys, "stderr", found)
    monkeypatch.setattr(download_progress, "PATIENCE", 0.0)
    monkeypatch.setattr(download_progress, "_EVERY", 0.0)
    return found


def test_nothing_is_shown_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with download_progress.shown("model.bin") as progress:
        assert progress is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("rich", [True, False])
def test_a_terminal_sees_the_name_and_the_bytes(monkeypatch: pytest.MonkeyPatch, *, rich: bool) -> None:
    terminal = make_terminal(monkeypatch)
    monkeypatch.setenv("TERM", "xterm")
    if not rich:
        for name in ("rich.console", "rich.markup", "rich.progress"):
            monkeypatch.setitem(sys.modules, name, None)
    with download_progress.shown("model[1].bin") as progress:
        assert progress is not None
        progress.total = 4_000_000
        progress.advance(1_000_000)
        progress.advance(1_000_000)
        progress.advance(-500_000)
    text = terminal.getvalue()
    assert "model[1].bin" in text
    assert "4.0 MB" in text


@pytest.mark.parametrize("rich", [True, False])
def test_rows_are_counted_with_their_speed_and_what_is_left(monkeypatch: pytest.MonkeyPatch, *, rich: bool) -> None:
    terminal = make_terminal(monkeypatch)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    if not rich:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    with download_progress.shown("out.parquet", rows=True) as progress:
        assert progress is not None
        progress.total = 5_000_000
        progress.advance(65_536)
        progress.advance(65_536)
    text = terminal.getvalue()
    assert ("131,072/5,000,000" if rich else "131,072 rows of 5,000,000 rows, 2 %") in text
    assert "rows/s" in text


def test_a_line_without_a_total_shows_what_came(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = make_terminal(monkeypatch)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with download_progress.shown("model.bin") as progress:
        assert progress is not None
        progress.advance(10)
    assert "model.bin  10 B, " in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[K")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (-5, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2 * 10**9, "2.0 GB"), (10**16, "10000.0 TB")],
)
def test_sizes_are_told_in_the_largest_unit(count: int, text: str) -> None:
    assert download_progress.size(count) == text
