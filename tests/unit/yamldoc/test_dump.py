import pytest
import yaml

from gto.yamldoc.document import load_text
from gto.yamldoc.dump import Style, render_block, render_flow, render_pair, render_scalar


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("models/x.pkl", "models/x.pkl"),
        ("two words", "two words"),
        ("é", "é"),
        ("", "''"),
        ("yes", "'yes'"),
        ("null", "'null'"),
        ("1.0", "'1.0'"),
        ("2024-01-01", "'2024-01-01'"),
        ("0o17", "'0o17'"),
        ("1e5", "'1e5'"),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("- a", "'- a'"),
        ("it's", "'it''s'"),
        ("${x}", "'${x}'"),
        (" a ", "' a '"),
        ("a ", "'a '"),
        ('a\nb\t\\"', '"a\\nb\\t\\\\\\""'),
        ("\u00a0\U000e0001", '"\\u00a0\\U000e0001"'),
        (3, "3"),
        (2.5, "2.5"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
    ],
)
def test_a_scalar_is_written_plainly_where_that_is_safe(value: object, text: str) -> None:
    assert render_scalar(value) == text
    assert load_text(f"k: {text}", "x").value == {"k": value}
    assert load_text(f"[{text}]", "x").value == [value]
    assert yaml.safe_load(f"k: {text}") == {"k": value}


def test_a_scalar_keeps_the_quotes_of_the_one_before_it() -> None:
    assert render_scalar("a", '"') == '"a"'
    assert render_scalar("a", "'") == "'a'"
    assert render_scalar("a\n", "'") == '"a\\n"'


def test_nested_values_are_laid_out_in_the_style_given() -> None:
    value = {"a": {"b": [1, {"c": "d", "e": [2, 3]}, [4], [], {}]}, "f": []}
    lines = render_block(value, Style(step=4, dash=2))
    assert lines == [
        "a:",
        "    b:",
        "      - 1",
        "      - c: d",
        "        e:",
        "          - 2",
        "          - 3",
        "      - - 4",
        "      - []",
        "      - {}",
        "f: []",
    ]
    assert load_text("\n".join(lines), "x").value == value
    assert render_pair("1", {}, Style()) == ["'1': {}"]


def test_a_value_goes_on_one_line_in_brackets() -> None:
    assert render_flow({"a": [1, {"b": "c, d"}]}) == "{a: [1, {b: 'c, d'}]}"
