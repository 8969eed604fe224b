"""A model called with its sample data, once a method: what it gives, and the schemas that this makes."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from gto.exceptions import WrongData
from gto.inspect.facts import Method
from gto.models.data_schema import first_rows, row_count, schema_of

_TWO = 2  # rows: with one, a free axis looks like one of length 1


class SampleRun(NamedTuple):
    """What a model gives for its sample."""

    model: Any
    data: Any
    """The sample; None where there is none."""
    outputs: Mapping[str, Any]
    """By method; empty without a sample."""

    def schemas(self) -> dict[str, Method]:
        """Return the schema of each method; only where the sample has a single row they are called again, with two."""
        if not self.outputs:
            return {}
        inputs, rows, outputs = schema_of(self.data, "input"), row_count(self.data), self.outputs
        if rows == 1:
            rows, outputs = _TWO, run_sample(self.model, self.outputs, first_rows(self.data, _TWO)).outputs
        return {name: Method(inputs, schema_of(one, "output", rows=rows or None)) for name, one in outputs.items()}


def run_sample(model: Any, methods: Iterable[str], data: Any) -> SampleRun:  # noqa: ANN401  of any library
    """Call each method with the sample, if there is one; WrongData where the model cannot take it."""
    found = {}
    for method in methods if data is not None else ():
        try:
            found[method] = getattr(model, method)(data)
        except Exception as error:
            hint = "fit the model, give data as it takes them, or name with `methods` those to be called"
            raise WrongData(f"{method}() fails on the sample data: {said(error)}", hint) from error
    return SampleRun(model, data, found)


def said(error: Exception) -> str:
    """Return what an error of somebody's code says, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
