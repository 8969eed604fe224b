"""One name for one thing: no two classes of one name, and files of one name only where they are one thing."""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from pathlib import Path

import gto

SOURCE = Path(inspect.getfile(gto)).parent
COMMANDS = "cli/commands/"
# Doors: modules that other programs import by these names, and what they forward to.
DOORS = frozenset({"tag.py", "versions.py"})


def files() -> list[Path]:
    """Return the modules, but those that every package has."""
    return [path for path in SOURCE.rglob("*.py") if path.name not in {"__init__.py", "__main__.py"}]


def test_no_two_classes_bear_one_name() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for path in files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(path.relative_to(SOURCE).as_posix())
    assert {name: where for name, where in found.items() if len(where) > 1} == {}


def test_files_of_one_name_are_a_command_and_what_it_does_or_a_door_and_what_is_behind_it() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for path in files():
        found[path.name].append(path.relative_to(SOURCE).as_posix())
    rest = {
        name: where
        for name, where in found.items()
        if len([one for one in where if not one.startswith(COMMANDS) and one not in DOORS]) > 1
    }
    assert rest == {}


def test_no_file_is_a_crumb_and_none_is_a_heap() -> None:
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCE.rglob("*.py"))
    assert 100 <= lengths[len(lengths) // 2] <= 200


def test_nearly_all_functions_are_short() -> None:
    lengths = [
        node.end_lineno - node.lineno + 1
        for path in files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]
    assert sum(length <= 25 for length in lengths) / len(lengths) >= 0.95
