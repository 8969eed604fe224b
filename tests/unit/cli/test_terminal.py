"""Tables as wide as the terminal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gto.cli import terminal
from gto.cli.render import _cell as text
from gto.output.tables import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

STAGES = ("#dev", "#test", "#staging", "#canary", "#prod", "#shadow", "#archive")
WIDE = Table(
    ("name", "latest", *STAGES),
    (
        ("fraud-detector-of-the-north-v2", "v10.20.30", *["v10.20.30"] * 6, None),
        ("顧客離脱モデル", "v1.0.0", *["v1.0.0"] * 6, None),
    ),
)


def drawn(table: Table, columns: int, monkeypatch: pytest.MonkeyPatch) -> Sequence[str]:
    """The lines of a table on a terminal of so many columns, without colours."""
    monkeypatch.setattr(terminal, "size", lambda: os.terminal_size((columns, 24)))
    monkeypatch.setenv("NO_COLOR", "1")
    return terminal.draw(table, text).splitlines()


@pytest.mark.parametrize("columns", [40, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    *lines, last = drawn(WIDE, columns, monkeypatch)
    body = lines if last.startswith("not shown: ") else [*lines, last]
    assert len({terminal.width(line) for line in body}) == 1, "columns stand below each other"
    assert terminal.width(body[0]) <= columns


def test_what_is_left_out_is_named_the_empty_first(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(WIDE, 109, monkeypatch)
    assert lines[-1] == "not shown: #archive (a wider terminal or a pipe shows all)"
    assert "│ fraud-dete…e-north-v2 │ v10.20.30 │" in lines[3]
    assert "not shown: #prod, #shadow, #archive" in drawn(WIDE, 80, monkeypatch)[-1]


def test_the_columns_that_others_repeat_go_before_any_is_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    row = ("2022-01-01", "churn-of-the-north", "registration", "v1.0.0", None, "1234567", "churn-of-the-north@v1.0.0")
    table = Table(
        ("timestamp", "artifact", "event", "version", "stage", "commit", "ref"), (row, (*row[:4], "dev", "", ""))
    )
    lines = drawn(table, 80, monkeypatch)
    assert "…" not in "".join(lines)
    assert lines[-1].startswith("not shown: ref ")


def test_a_table_that_fits_is_as_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(Table(("name", "latest"), (("churn", "v1.0.0"),)), 80, monkeypatch)
    assert lines[1:4:2] == ["│ name   │ latest   │", "│ churn  │ v1.0.0   │"]


@pytest.mark.parametrize(
    ("content", "cells"), [("churn", 5), ("顧客", 4), ("e\u0301", 1), ("🚀", 2), ("ｶ", 1), ("Größe", 5)]
)
def test_widths_are_those_of_cells(content: str, cells: int) -> None:
    assert terminal.width(content) == cells


def test_names_are_cut_in_the_middle_and_sentences_at_the_end() -> None:
    assert terminal.shorten("fraud-detector-eu", 11) == "fraud…or-eu"
    assert terminal.shorten("a model of two lines", 11) == "a model of…"
    assert terminal.width(terminal.shorten("顧客離脱モデル", 8)) <= 8


@pytest.mark.parametrize(
    ("variables", "colours"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
        ({"CLICOLOR": "0"}, False),
    ],
)
def test_colours_are_for_terminals_whose_user_wants_them(
    variables: dict[str, str],
    colours: bool,  # noqa: FBT001  a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_COLOR", "CLICOLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    main, other = os.openpty()
    with open(main, "rb"), open(other, "w", encoding="utf-8") as stream:
        assert terminal.has_colours(stream) is colours
    with open(os.devnull, "w", encoding="utf-8") as stream:
        assert not terminal.has_colours(stream)


def test_long_cells_of_a_table_that_wraps_go_over_several_lines_and_none_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cells = ("model", "sklearn.linear_model._logistic.LogisticRegression", "C=0.5, dual=false, tol=0.0001, n_jobs=null")
    table = Table(("step", "class", "parameters"), (cells,), wraps=True)
    found = drawn(table, 50, monkeypatch)
    columns = zip(*(line.split("│")[1:-1] for line in found[3:-1]), strict=True)
    assert ["".join(parts).replace(" ", "") for parts in columns] == [cell.replace(" ", "") for cell in cells]
    assert " .LogisticRegressi │ n_jobs=null" in found[-3]
    assert max(map(terminal.width, found)) <= 50
    assert terminal.wrap("ü" * 5, 2) == ["üü", "üü", "ü"]
    assert terminal.wrap("", 2) == [""]
