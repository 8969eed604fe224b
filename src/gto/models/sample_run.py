"""A model called with its sample data, once a method: what it gives, and the schemas that this makes."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from gto.exceptions import WrongData
from gto.inspect.facts import Method, Schema
from gto.models.data_schema import MOST_COLUMNS, first_rows, row_count, schema_of

_BY_CLASS = frozenset({"predict_proba", "predict_log_proba", "decision_function"})
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
        return {name: Method(inputs, self._schema(name, one, rows or None)) for name, one in outputs.items()}

    def _schema(self, method: str, output: Any, rows: int | None) -> Schema:  # noqa: ANN401  whatever a model gives
        """Return the schema of an output; of one that has a column for each class, with their names."""
        found, names = schema_of(output, "output", rows=rows), class_names(self.model, method)
        if names and len(found.tensors) == 1 and found.tensors[0].shape[1:] == (len(names),):
            return found._replace(tensors=(found.tensors[0]._replace(columns=names),))
        return found


def class_names(model: Any, method: str) -> tuple[str, ...]:  # noqa: ANN401  of any library
    """Return the classes that a method gives a number for, as scikit-learn's interface has them; else none."""
    classes = getattr(model, "classes_", None) if method in _BY_CLASS else None
    if classes is None or getattr(classes, "ndim", 1) != 1 or not 0 < len(classes) <= MOST_COLUMNS:
        return ()
    names = tuple(map(str, classes))
    return names if len(set(names)) == len(names) else ()


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
