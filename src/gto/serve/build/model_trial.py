"""Whether a model loads here, and gives what is expected of sample rows, or what its schema says of made-up ones.

Run in the process of another environment, which needs none of what GTO needs.
"""

import json
import math
import sys
from typing import Any

from gto.inspect.datatypes import numpy_name
from gto.inspect.facts import ModelFacts, Schema, Tensor
from gto.models.data_schema import schema_of
from gto.models.dependencies import imported
from gto.models.known_methods import may_be_called
from gto.models.sample_run import said
from gto.models.trial import answer
from gto.models.writers import loader_of
from gto.serve.runtime.method_outputs import rows_of
from gto.serve.runtime.served_model import LiveModel, Served

_ROWS = 2  # with one, a free axis looks like one of length 1
_MOST_VALUES = 10_000_000  # a side-car may name any shape
_TOLERANCE = 1e-6  # relative and absolute: another processor rounds otherwise


def main(given: str) -> None:
    """Print what went wrong as JSON, or which methods were called and what is worth knowing."""
    answer(_try, given)


def _try(given: str) -> dict[str, object]:
    with open(given, encoding="utf-8") as file:
        asked: dict[str, Any] = json.load(file)
    facts = ModelFacts.from_dict(asked["facts"])
    loader = loader_of(facts.format, facts.framework)
    if loader is None:
        return {"error": f"GTO loads no {facts.format} files" if facts.format else "nobody knows the model's format"}
    model = loader.load(asked["path"], facts.format, trusted=True)
    return try_schema(model, facts) if asked["sample"] is None else try_sample(model, facts, asked["sample"])


def try_sample(model: Any, facts: ModelFacts, sample: Any) -> dict[str, object]:  # noqa: ANN401  of any library; JSON
    """Ask as `gto serve` would be asked at /predict; where outputs stand beside the rows, they must be given."""
    served = LiveModel(Served("model", "", ""), model, facts)
    rows, outputs = (sample["rows"], sample.get("outputs")) if isinstance(sample, dict) else (sample, None)
    try:
        question = served.read_rows(json.dumps(rows).encode())
        found = rows_of(question.method.call(question.data))
    except ImportError:
        raise
    except Exception as error:  # noqa: BLE001  whatever the model's own code raises
        return {"error": f"it does not answer the sample: {said(error)}"}
    if outputs is not None and not _is_near(found, outputs):
        return {"error": f"{question.method.name}() gives other outputs for the sample"}
    return {"called": [question.method.name], "notes": []}


def _is_near(one: Any, other: Any) -> bool:  # noqa: ANN401  JSON
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_near, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_near(one[key], other[key]) for key in one)
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return bool(one == other)


def try_schema(model: Any, facts: ModelFacts) -> dict[str, object]:  # noqa: ANN401  of any library
    """Call each method with made-up rows, and compare what it gives with the schema of its outputs.

    A model may rightly refuse values that nobody would send: then a note says so, as no package is missing.
    """
    called: list[str] = []
    notes: list[str] = []
    for name, method in facts.methods.items():
        may = method.inputs is not None and may_be_called(name, facts)
        made = made_up(method.inputs) if may and method.inputs is not None else None
        if made is None:
            continue
        try:
            found = getattr(model, name)(made)
        except ImportError:
            raise
        except Exception as error:  # noqa: BLE001  whatever the model's own code raises
            notes.append(f"{name}() takes no made-up values, so that only loading was tried: {said(error)}")
            continue
        wrong = _difference(schema_of(found, "output", rows=_ROWS), method.outputs)
        if wrong:
            return {"error": f"{name}() gives {wrong}"}
        called.append(name)
    return {"called": called, "notes": notes}


def made_up(schema: Schema) -> Any:  # noqa: ANN401  whatever a model takes
    """Return data as a schema has them, zeros and empty texts; None where it does not say enough."""
    if schema.content_type == "str":
        return ""
    if not schema.tensors or schema.content_type not in {"pd", "np"}:
        return None
    if sum(math.prod(_made_shape(one)) for one in schema.tensors) > _MOST_VALUES:
        return None
    arrays = {one.name: _array(one) for one in schema.tensors}
    if schema.content_type == "np":
        return arrays if len(arrays) > 1 else next(iter(arrays.values()))
    table = imported("pandas").DataFrame(arrays)
    for one in schema.tensors:
        if one.kind:
            table[one.name] = table[one.name].astype(one.kind)
    return table


def _made_shape(tensor: Tensor) -> list[int]:
    return [_ROWS if length < 0 else length for length in tensor.shape]


def _array(tensor: Tensor) -> Any:  # noqa: ANN401  NumPy's
    shape = _made_shape(tensor)
    np, name = imported("numpy"), numpy_name(tensor.datatype)
    if tensor.kind.startswith(("datetime", "timedelta")):
        return np.zeros(shape, "int64")
    if name == "str":
        return np.full(shape, "", "object")
    return np.zeros(shape, "float32" if name == "bfloat16" else name)


def _difference(found: Schema, told: Schema | None) -> str:
    """Return in what an output is not as its schema says; empty for nothing."""
    if told is None or not told.tensors:
        return ""
    mine, theirs = ([f"{one.datatype} {list(one.shape)}" for one in side.tensors] for side in (found, told))
    return "" if mine == theirs else f"{', '.join(mine) or 'no array'}, and its schema says {', '.join(theirs)}"


if __name__ == "__main__":
    main(sys.argv[1])
