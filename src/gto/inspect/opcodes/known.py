"""The names that models of known libraries import, exactly: GTO's reviewed list."""

import os
from collections.abc import Iterator

from gto.inspect.opcodes.records import Global

_FILE = "known_names.txt"
_CALLED = "() "


def read_known() -> frozenset[Global]:
    """Return the list; a name that has a dot never is on it."""
    return frozenset(name for name, _ in _names())


def read_called() -> frozenset[Global]:
    """Return those of them that models call with arguments."""
    return frozenset(name for name, is_called in _names() if is_called)


def _names() -> Iterator[tuple[Global, bool]]:
    with open(os.path.join(os.path.dirname(__file__), _FILE), encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                is_called = line.startswith(_CALLED)
                module, *names = line.removeprefix(_CALLED).split() or [""]
                yield from ((Global(module, name), is_called) for name in names)
