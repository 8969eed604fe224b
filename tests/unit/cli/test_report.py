from __future__ import annotations

import pytest

from gto.cli import report
from gto.core.table import Table
from gto.lineage.report import Section


@pytest.mark.parametrize(
    ("cell", "span"),
    [
        ("plain", "`plain`"),
        ("a|b", "`a\\|b`"),
        ("`", "`` ` ``"),
        ("a``b", "```a``b```"),
        ("line\nbreak", "`line\\nbreak`"),
        ("@user <b> #1 [x](y)", "`@user <b> #1 [x](y)`"),
        (None, "-"),
        ("  ", "-"),
    ],
)
def test_what_a_stranger_wrote_is_code_in_markdown(cell: str | None, span: str) -> None:
    assert report.code(cell) == span


def test_markdown_has_a_row_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    report.markdown("`a` → `b`", [Section("Metrics", Table(("file", "old"), (("x\n| y", "1"),)), "3 more")])
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
    report.tables("", [Section("All", Table(("a",), (("x" * 200,),)))], plain=True)
    assert capsys.readouterr().out == f"All\na\n{'x' * 117}...\n"
