from __future__ import annotations

import pytest

from gto.output import escape
from gto.output.tables import Table


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
    assert escape.code(cell) == span


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("churn#prod#3", "churn#prod#3"),
        ("a ##vso[task.setvariable variable=x]y", "a \\x23#vso[task.setvariable variable=x]y"),
        ("##[set-output name=x]y", "\\x23#[set-output name=x]y"),
        ("##teamcity[publishArtifacts 'x']", "\\x23#teamcity[publishArtifacts 'x']"),
        ("## a heading [1]", "## a heading [1]"),
        ("::error::x", "\\x3a:error::x"),
        ("a\n \t::error::x", "a\n \t\\x3a:error::x"),
        ("a ::error::x", "a ::error::x"),
    ],
)
def test_the_log_of_a_ci_shows_what_would_be_a_command(text: str, shown: str) -> None:
    assert escape.for_log(text) == shown


def test_control_characters_are_shown_and_line_breaks_only_where_lines_are_rows() -> None:
    assert escape.clean("a\x1b[31m\tb\n\u202e") == "a\\x1b[31m\tb\n\\u202e"
    assert escape.one_line("a\tb\n") == "a\\tb\\n"


def test_a_table_in_markdown_has_its_long_cells_cut() -> None:
    table = Table(("a", "b"), (("x" * 200, None),))
    assert escape.markdown(table) == f"| a | b |\n| --- | --- |\n| `{'x' * 117}...` | - |"


def test_half_of_a_surrogate_pair_is_shown_and_is_no_failure_where_text_becomes_bytes() -> None:
    assert escape.one_line("a\ud800\udc7f\udd00") == r"a\ud800\udc7f\udd00"
    assert escape.as_utf8("a\ud800\udcff") == b"a?\xff"
