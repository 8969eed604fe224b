"""What a model gave, as tensors of the Open Inference Protocol and as rows of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from gto.inspect.datatypes import BYTES, datatype_of
from gto.models.dependencies import imported
from gto.serve.runtime.tensor_bytes import to_bytes
from gto.serve.runtime.tensor_values import json_values

if TYPE_CHECKING:
    from gto.inspect.facts import Schema

encode = json.JSONEncoder(allow_nan=False, separators=(",", ":"), check_circular=False).encode
"""JSON of values that hold no numbers which JSON has not."""


class OutputTensor(NamedTuple):
    """One output."""

    name: str
    array: Any
    """NumPy's."""
    content_type: str = ""

    @property
    def datatype(self) -> str:
        """The datatype of the values that are there."""
        return datatype_of(self.array.dtype)

    def head(self) -> dict[str, Any]:
        """Return all but the values."""
        found = {"name": self.name, "datatype": self.datatype, "shape": list(self.array.shape)}
        return found | {"parameters": {"content_type": self.content_type}} if self.content_type else found

    def as_dict(self) -> dict[str, Any]:
        """Return the tensor with its values as JSON has them, flat."""
        return {**self.head(), "data": json_values(self.array.ravel())}

    def as_bytes(self) -> tuple[dict[str, Any], bytes]:
        """Return the tensor's head, which says how many bytes there are, and the bytes."""
        data = to_bytes(self.array, self.datatype)
        head = self.head()
        return {**head, "parameters": {**head.get("parameters", {}), "binary_data_size": len(data)}}, data


def tensors_of(found: Any, schema: Schema | None) -> list[OutputTensor]:  # noqa: ANN401  whatever a model gives
    """Return what a model gave as tensors; they are named as the schema says, where they are as many."""
    made = list(_tensors(found, schema))
    names = [one.name for one in schema.tensors] if schema is not None else []
    if len(names) == len(made):
        made = [one._replace(name=name) for one, name in zip(made, names, strict=True)]
    return made


def _tensors(found: Any, schema: Schema | None) -> list[OutputTensor]:  # noqa: ANN401  as above
    if hasattr(found, "columns") and hasattr(found, "iloc"):
        return [OutputTensor(str(name), array_of(found[name])) for name in found.columns]
    if isinstance(found, Mapping) and found and all(hasattr(one, "dtype") for one in found.values()):
        return [OutputTensor(str(name), array_of(one)) for name, one in found.items()]
    if isinstance(found, tuple | list) and found and all(hasattr(one, "shape") for one in found):
        return [OutputTensor(f"output_{place}", array_of(one)) for place, one in enumerate(found)]
    if hasattr(found, "dtype") or hasattr(found, "toarray"):
        return [OutputTensor("output", array_of(found))]
    if isinstance(found, str | bytes) and not (schema is not None and schema.content_type == "json"):
        return [OutputTensor("output", _texts([found]), "str")]
    return [OutputTensor("output", _texts([json.dumps(found, default=_plain)]), "json")]


def array_of(found: Any) -> Any:  # noqa: ANN401  of any library; NumPy's
    """Return an array, a column or a tensor as NumPy's array, with text as objects."""
    np = imported("numpy")
    if hasattr(found, "toarray"):
        found = found.toarray()
    if hasattr(found, "detach"):
        found = found.detach().cpu().numpy()
    array = np.asarray(found)
    if array.dtype.kind in "Mm":
        return array.astype(str).astype(object)
    if array.dtype.kind == "O" and datatype_of(getattr(found, "dtype", "object")) != BYTES:  # pandas' numbers with gaps
        return found.to_numpy("float64", na_value=np.nan)
    return array


def _texts(values: list[Any]) -> Any:  # noqa: ANN401  NumPy's
    return imported("numpy").array(values, object)


def _plain(value: Any) -> Any:  # noqa: ANN401  what a function gave
    """Return a value of NumPy's as Python has it."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no JSON")


def rows_of(found: Any) -> Any:  # noqa: ANN401  whatever a model gives; what JSON holds
    """Return what a model gave as JSON: a list with a value, a list or an object for each row."""
    if hasattr(found, "columns") and hasattr(found, "iloc"):
        names = [str(name) for name in found.columns]
        lists = [json_values(array_of(found[name])) for name in found.columns]
        return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]
    if isinstance(found, Mapping) and found and all(hasattr(one, "dtype") for one in found.values()):
        return {str(name): json_values(array_of(one)) for name, one in found.items()}
    if isinstance(found, tuple | list) and found and all(hasattr(one, "shape") for one in found):
        return [json_values(array_of(one)) for one in found]
    if hasattr(found, "dtype") or hasattr(found, "toarray"):
        array = array_of(found)
        return json_values(array) if array.ndim else json_values(array.reshape(1))[0]
    return json.loads(json.dumps(found, default=_plain), parse_constant=lambda _: None)
