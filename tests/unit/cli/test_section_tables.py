from __future__ import annotations

from typing import TYPE_CHECKING

from gto.cli import render
from gto.output.tables import Section, Table

if TYPE_CHECKING:
    import pytest


def test_markdown_has_a_row_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    render.markdown("`a` → `b`", [Section("Metrics", Table(("file", "old"), (("x\n| y", "1"),)), "3 more")])
    assert capsys.readouterr().out.splitlines() == [
        "### `a` → `b`",
        "",
        "**Metrics**",
        "",
        "| file | old |",
        "| --- | --- |",
        "| `x\\n\\| y` | `1` |",
        "",
        "... `3 more`",
    ]


def test_long_cells_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    render.tables("", [Section("All", Table(("a",), (("x" * 200,),)))], plain=True)
    assert capsys.readouterr().out == f"All\na\n{'x' * 117}...\n"
