import pytest

from gto.dvc.params_file import parse_params, parse_value
from gto.exceptions import BadFile

PYTHON = '''
"""Settings."""
import os

LR = 0.1
NAMES = ["a", "b"]
TABLE = {"k": True}
NEGATIVE = -3
TYPED: int = 4
BARE: int
a = b = 1
x, y = 1, 2
COMPUTED = os.getcwd()
HASHED = {[]: 1}


class Train:
    epochs = 5

    def __init__(self):
        self.seed = 42
        local = 1
        other.seed = 2

    def run(self):
        self.never = 1
'''


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("p.yaml", "a: {b: [1, x]}\n"),
        ("p", "a: {b: [1, x]}\n"),
        ("p.json", '{"a": {"b": [1, "x"]}}'),
        ("p.JSON", '{"a": {"b": [1, "x"]}}'),
        ("p.toml", 'a.b = [1, "x"]\n'),
        ("p.py", 'a = {"b": [1, "x"]}\n'),
    ],
)
def test_the_suffix_names_the_format(file: str, text: str) -> None:
    assert parse_params(text.encode(), file) == {"a": {"b": [1, "x"]}}


@pytest.mark.parametrize(("file", "text"), [("p.yaml", ""), ("p.json", "[]"), ("p.toml", ""), ("p.py", "")])
def test_an_empty_file_holds_no_parameters(file: str, text: str) -> None:
    assert parse_params(text.encode(), file) == {}


def test_literal_assignments_are_taken_from_python_and_nothing_is_run() -> None:
    assert parse_params(PYTHON.encode(), "p.py") == {
        "LR": 0.1,
        "NAMES": ["a", "b"],
        "TABLE": {"k": True},
        "NEGATIVE": -3,
        "TYPED": 4,
        "Train": {"epochs": 5, "seed": 42},
    }


@pytest.mark.parametrize(
    ("file", "data", "why"),
    [
        ("p.yaml", b"- 1\n", "parameters must be a mapping"),
        ("p.yaml", b"a: [\n", "did not find expected node content"),
        ("p.json", b"{", "no json:"),
        ("p.json", b"[" * 100_000, "nested too deep"),
        ("p.json", b'{"a": ' * 80 + b"1" + b"}" * 80, "nested deeper than 64 levels"),
        ("p.json", b'{"a": ' + b"9" * 5000 + b"}", "no json:"),
        ("p.toml", b"a", "no toml:"),
        ("p.toml", b"a = 0x" + b"f" * 5000, "a number of more than 4096 bits"),
        ("p.toml", b"a = " + b"[" * 5000 + b"]" * 5000, "nested too deep"),
        ("p.py", b"a = (", "no py:"),
        ("p.py", b"a = '\0'", "no py:"),
        ("p.py", b"a = " + b"-" * 100_000 + b"1", "nested too deep"),
        ("p.py", b"a = " + b"1+" * 100_000 + b"1", "nested too deep"),
        ("p.json", b"\xff", "not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_refused(file: str, data: bytes, why: str) -> None:
    with pytest.raises(BadFile) as caught:
        parse_params(data, file)
    assert why in caught.value.reason
    assert caught.value.path == file


def test_warnings_about_a_strangers_source_are_not_ours() -> None:
    assert parse_params(rb'a = "\d"', "p.py") == {"a": "\\d"}


def test_what_other_formats_do_not_know_is_text_and_leaves_nothing_else_out() -> None:
    text = b"SIZE = (224, [1, (2,)])\nMODE = b'x'\nSET = {2, 1}\nDEEP = {'a': (1,), 2: ..., b'k': 1j}\nLR = 0.1\n"
    deep = {"a": [1], 2: "Ellipsis", "b'k'": "1j"}
    assert parse_params(text, "p.py") == {
        "SIZE": [224, [1, [2]]],
        "MODE": "b'x'",
        "SET": [1, 2],
        "DEEP": deep,
        "LR": 0.1,
    }


def test_a_file_that_asks_for_yaml_1_1_is_read_by_it() -> None:
    assert parse_params(b"%YAML 1.1\n---\na: yes\nb: 010\n", "p.yaml") == {"a": True, "b": 8}
    assert parse_params(b"# x\n%YAML 1.2\n---\na: yes\nb: 010\n", "p.yaml") == {"a": "yes", "b": 10}


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"0", b"{}"])
def test_a_file_of_yaml_without_values_has_no_key(data: bytes) -> None:
    assert parse_value(data, "p.yaml") == {}
