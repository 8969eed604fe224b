"""Our two table styles beside `tabulate`, which GTO 1.10 draws with."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tabulate import tabulate

from gto.cli import render
from gto.output.tables import Cell, Table

# Width one, nothing that tabulate strips or we escape; spaces inside a cell only.
LETTERS = "abcXYZ0189@#!:=/-_.,+*éßλ…"
words = st.text(LETTERS, min_size=1, max_size=9)
texts = st.lists(words, min_size=1, max_size=3).map(" ".join)
cells: st.SearchStrategy[Cell] = (
    st.none()
    | st.just("")
    | texts
    | st.sampled_from(["7890e62", "1e5", "0012", "nan", "v10.20.30", "-1", "True"])
    | st.datetimes(timezones=st.just(UTC))
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    width = draw(st.integers(1, 5))
    columns = draw(st.lists(texts, min_size=width, max_size=width))
    rows = draw(st.lists(st.tuples(*[cells] * width), min_size=1, max_size=6))
    return Table(tuple(columns), tuple(rows))


def drawn(table: Table, capsys: pytest.CaptureFixture[str], *, plain: bool) -> str:
    render.table(table, plain=plain)
    return capsys.readouterr().out


@pytest.mark.parametrize(("style", "plain"), [("fancy_outline", False), ("plain", True)])
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
def test_a_table_is_drawn_as_tabulate_draws_it(
    style: str,
    plain: bool,  # noqa: FBT001  a case
    capsys: pytest.CaptureFixture[str],
    table: Table,
) -> None:
    expected = tabulate(table.rows, headers=table.columns, tablefmt=style, missingval="-", disable_numparse=True)
    assert drawn(table, capsys, plain=plain) == expected + "\n"


def test_the_two_styles_look_so(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(("name", "latest"), (("m", None), ("a-long-name", "v1.0.0")))
    assert drawn(table, capsys, plain=False).splitlines() == [
        "╒═════════════╤══════════╕",
        "│ name        │ latest   │",
        "╞═════════════╪══════════╡",
        "│ m           │ -        │",
        "│ a-long-name │ v1.0.0   │",
        "╘═════════════╧══════════╛",
    ]
    assert drawn(table, capsys, plain=True).splitlines() == [
        "name         latest",
        "m            -",
        "a-long-name  v1.0.0",
    ]


@pytest.mark.parametrize("plain", [False, True])
def test_a_table_without_rows_says_that_nothing_was_found(
    plain: bool,  # noqa: FBT001  a case
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert drawn(Table(("name",), ()), capsys, plain=plain) == "Nothing found in the current workspace\n"


def test_what_could_command_a_terminal_is_shown_as_an_escape(capsys: pytest.CaptureFixture[str]) -> None:
    out = drawn(Table(("name",), (("a\x1b[31mb\u202ec",),)), capsys, plain=True)
    assert out == "name\na\\x1b[31mb\\u202ec\n"


def test_a_time_is_shown_in_its_zone(capsys: pytest.CaptureFixture[str]) -> None:
    out = drawn(Table(("created_at",), ((datetime(2022, 1, 1, tzinfo=UTC),),)), capsys, plain=True)
    assert out == "created_at\n2022-01-01 00:00:00+00:00\n"
