"""The inputs of models of tables: named columns, or one array where the columns have no names of their own."""

from collections.abc import Sequence
from itertools import islice

from gto.inspect.bounded import MOST, number, short
from gto.inspect.facts import ModelFacts, Schema, Tensor


def table(names: Sequence[str], datatypes: Sequence[str], facts: ModelFacts) -> Schema:
    """Return a table's columns; a note says where there are more than the facts hold."""
    if len(names) > MOST:
        facts.notes.append(f"it has {len(names):,} columns, of which the first {MOST:,} are listed")
    columns = islice(zip(names, datatypes, strict=False), MOST)
    return Schema(tuple(Tensor(short(name), datatype) for name, datatype in columns), "pd")


def array(count: int, datatype: str) -> Schema:
    """Return an array of rows of so many numbers."""
    return Schema((Tensor("input", datatype, (-1, number(count))),), "np")


def output(datatype: str, width: int = 0) -> Schema:
    """Return an array of one value a row, or of several."""
    return Schema((Tensor("output", datatype, (-1, number(width)) if width else (-1,)),), "np")
