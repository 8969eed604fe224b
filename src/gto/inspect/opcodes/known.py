"""The names that models of known libraries import, exactly: GTO's reviewed list."""

import os
from collections.abc import Iterable

from gto.inspect.opcodes.values import Global

_FILE = "known_names.txt"


def unknown_among(names: Iterable[Global]) -> list[Global]:
    """Return the names that are not on the list; one that has a dot never is."""
    known = read_known()
    return [one for one in names if one not in known]


def read_known() -> frozenset[Global]:
    """Return the list."""
    with open(os.path.join(os.path.dirname(__file__), _FILE), encoding="utf-8") as file:
        lines = [line.split() for line in file if not line.startswith("#")]
    return frozenset(Global(line[0], name) for line in lines for name in line[1:])
