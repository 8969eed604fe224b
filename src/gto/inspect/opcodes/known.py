"""The names that models of known libraries import, exactly: GTO's reviewed list."""

import os

from gto.inspect.opcodes.records import Global

_FILE = "known_names.txt"


def read_known() -> frozenset[Global]:
    """Return the list; a name that has a dot never is on it."""
    with open(os.path.join(os.path.dirname(__file__), _FILE), encoding="utf-8") as file:
        lines = [line.split() for line in file if not line.startswith("#")]
    return frozenset(Global(line[0], name) for line in lines for name in line[1:])
