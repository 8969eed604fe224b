"""No module of gto keeps what changes while it runs, but for what is listed here with its reason."""

from __future__ import annotations

import ast
from pathlib import Path

import gto

SOURCE = Path(gto.__file__).parent
ALLOWED = {
    "cli/options.py:_seen": "what the one command line of this process says",
    "git/command.py:_hidden": "a secret that was met once is never printed, by nobody",
    "git/process_tree.py:_running": "a process that ends ends its children: there is one process",
    "git/process_tree.py:_over": "the same",
    "core/semver.py:parse": "bounded; a text gives the same version for ever",
    "signing/ssh_key.py:load": "bounded; bytes give the same key for ever",
    "signing/ssh_key.py:read_certificate": "bounded; bytes give the same certificate for ever",
    "studio/index/artifact_list.py:_choose_all": "bounded; what is asked for gives the same SQL for ever",
    "studio/index/artifact_list.py:_choose_fitting": "bounded; what is asked for gives the same SQL for ever",
}
_MAKERS = {
    *("dict", "list", "set", "OrderedDict", "defaultdict", "deque", "Counter", "local", "Event"),
    *("WeakValueDictionary", "WeakKeyDictionary", "WeakSet"),
}
_CHANGES = {
    *("add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft", "remove", "set"),
    *("setdefault", "update"),
}
_CACHES = {"lru_cache", "cache"}


def _called(node: ast.expr) -> str:
    target = node.func if isinstance(node, ast.Call) else node
    return target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""


def _mutable(tree: ast.Module) -> set[str]:
    found = set()
    for one in tree.body:
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None:
            value = one.value
            is_call = isinstance(value, ast.Call) and _called(value) in _MAKERS
            if is_call or isinstance(value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp):
                targets = one.targets if isinstance(one, ast.Assign) else [one.target]
                found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def _changed(tree: ast.Module) -> set[str]:
    """The names that something in the module changes, wherever they are bound."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            found |= set(node.names)
        elif (isinstance(node, ast.Attribute) and node.attr in _CHANGES and isinstance(node.value, ast.Name)) or (
            isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name)
        ):
            found.add(node.value.id)
    return found


def state(tree: ast.Module) -> set[str]:
    """The names of a module under which it keeps what changes, and its functions that remember their answers."""
    kept = _mutable(tree) & _changed(tree) | {
        n for one in ast.walk(tree) if isinstance(one, ast.Global) for n in one.names
    }
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    return kept | {one.name for one in functions if any(_called(mark) in _CACHES for mark in one.decorator_list)}


def test_modules_keep_no_state_but_what_is_listed() -> None:
    found = {
        f"{path.relative_to(SOURCE).as_posix()}:{name}"
        for path in SOURCE.rglob("*.py")
        for name in state(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == ALLOWED.keys()


def test_state_is_found_whatever_its_form() -> None:
    text = "a = {}\nb: set[int] = set()\nc = 0\nd = {}\ndef f():\n global c\n a[1] = 2\n b.add(1)"
    text += "\n@lru_cache\ndef g(): ..."
    assert state(ast.parse(text)) == {"a", "b", "c", "g"}
