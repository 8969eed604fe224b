from __future__ import annotations

import pytest

from gto.exceptions import BadFile
from gto.plots.data_file import cell, read_rows


@pytest.mark.parametrize(
    ("file", "text", "rows"),
    [
        ("a.csv", "x,y\n1,a\n2,\n", [{"x": 1, "y": "a"}, {"x": 2, "y": ""}]),
        ("a.csv", "x,y\n1,0.5\n,nan\n", [{"x": 1, "y": 0.5}, {"x": None, "y": None}]),
        ("a.csv", "x,y\n1\n", [{"x": 1, "y": None}]),
        ("a.csv", "\ufeffx\n1_0\n", [{"x": "1_0"}]),
        ("a.csv", "x\n12345678901234567890\n", [{"x": 12345678901234567890.0}]),
        ("a.csv", "", []),
        ("a.tsv", "x\ty\n-1\t2e3\n", [{"x": -1, "y": 2000.0}]),
        ("a.json", '[{"x": 1}, {"x": 2}]', [{"x": 1}, {"x": 2}]),
        ("a.json", '{"a": {"b": [{"x": 1}]}, "c": [{"y": 2}, {"y": 3}], "d": 1}', [{"x": 1, "y": 2}, {"y": 3}]),
        ("a.json", '[{"x": 1}, {"y": 2}]', []),
        (
            "a.yaml",
            "- {x: .inf, y: [1], z: true, d: 2026-01-01}",
            [{"x": None, "y": "[1]", "z": True, "d": "2026-01-01"}],
        ),
        ("a.toml", "[[p]]\nx = 1\n", [{"x": 1}]),
    ],
)
def test_files_of_plots_are_read_as_rows(file: str, text: str, rows: list[dict[str, object]]) -> None:
    assert read_rows(text.encode(), file) == rows


def test_columns_without_a_header_are_counted() -> None:
    assert read_rows(b"1,a\n2,b\n", "a.csv", header=False) == [{"0": 1, "1": "a"}, {"0": 2, "1": "b"}]


@pytest.mark.parametrize(
    ("file", "data"), [("a.csv", b"\xff\xfe"), ("a.csv", b'x\n"' + b"y" * 200_000), ("a.json", b"{"), ("a.pdf", b"")]
)
def test_a_file_that_is_no_table_says_why(file: str, data: bytes) -> None:
    with pytest.raises(BadFile, match=file):
        read_rows(data, file)


def test_a_cell_is_what_json_knows() -> None:
    assert [cell(value) for value in (1, float("nan"), None, (1,), True, 10**400)] == [
        1,
        None,
        None,
        "(1,)",
        True,
        None,
    ]
