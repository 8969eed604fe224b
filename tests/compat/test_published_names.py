"""What GTO 1.10.1 publishes in Python is there, or stands on the page of differences."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from tests.compat.reference import VERSION
from tests.environment import download_source

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "differences-from-gto.md"

OF_OBJECTS = {"artifact", "message", "model_config"}  # attributes that an object has, or that pydantic wants


def defined(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the public names that statements define."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found = [name]
            case ast.AnnAssign(target=ast.Name(id=name)):
                found = [name]
            case ast.Assign(targets=targets):
                found = [target.id for target in targets if isinstance(target, ast.Name)]
            case _:
                found = []
        yield from ((name, node) for name in found if not name.startswith("_"))


def published() -> Iterator[str]:
    """Yield the names of GTO 1.10.1: modules, what stands in them, what stands in classes."""
    for path in sorted((download_source("gto", VERSION) / "gto").glob("[a-z]*.py")):
        module = f"gto.{path.stem}"
        yield module
        for name, node in defined(ast.parse(path.read_text(encoding="utf-8")).body):
            yield f"{module}.{name}"
            if isinstance(node, ast.ClassDef):
                members = (member for member, _ in defined(node.body) if member not in OF_OBJECTS)
                yield from (f"{module}.{name}.{member}" for member in members)


def is_there(name: str) -> bool:
    """Tell whether this GTO has a name."""
    _, module, *rest = name.split(".")
    try:
        value: object = import_module(f"gto.{module}")
        for part in rest:
            value = getattr(value, part)
    except (ImportError, AttributeError):
        return False
    return not rest or not isinstance(value, ModuleType)  # a file of a command is not the command


def is_listed(name: str, page: str) -> bool:
    """Tell whether the page names it, its class or its module."""
    parts = name.split(".")
    return any(f"`{'.'.join(parts[:end])}`" in page for end in range(2, len(parts) + 1))


@pytest.mark.compat
def test_each_name_of_gto_1_10_is_there_or_listed() -> None:
    rows = PAGE.read_text(encoding="utf-8").partition("### Not there")[2].splitlines()
    page = "\n".join(row.split(" | ")[0] for row in rows if row.startswith("| "))
    missing = [name for name in published() if not is_there(name)]
    assert [name for name in missing if not is_listed(name, page)] == []
    listed = set(re.findall(r"`(gto\.[a-z_]+(?:\.\w+)*)`", page))
    assert [name for name in sorted(listed) if name not in missing] == [], "these are there after all"
