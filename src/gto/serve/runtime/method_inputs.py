"""What a method takes, made of a request's tensors or rows, and checked by the schema: a table, arrays, text, JSON."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from gto.exceptions import WrongData
from gto.inspect.datatypes import BYTES
from gto.inspect.facts import Schema, Tensor
from gto.models.dependencies import imported
from gto.serve.runtime import json_check
from gto.serve.runtime.infer_request import read_json
from gto.serve.runtime.input_checks import check_datatype, check_list, check_shape, wrong_names
from gto.serve.runtime.table_inputs import TableInputs
from gto.serve.runtime.tensor_values import DATATYPES, flattened, read_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gto.serve.runtime.infer_request import GivenTensor

_SPARSE, _FEW = 10, 10_000
"""Times as many values as a request holds may be those of a table with its gaps, and so many more."""


class MethodInputs(Protocol):
    """How the input of one method is made."""

    def from_tensors(self, given: Mapping[str, GivenTensor]) -> Any:  # noqa: ANN401  what a model takes
        """Return the input of a request in the Open Inference Protocol; WrongData names the column or tensor."""

    def from_rows(self, rows: Any) -> Any:  # noqa: ANN401  what JSON holds; what a model takes
        """Return the input of rows, as JSON has them; WrongData names the column."""


def inputs_of(schema: Schema | None) -> MethodInputs:
    """Return what makes the input of a method; without a schema, it takes a request as that describes itself."""
    if schema is None or any(one.datatype not in DATATYPES for one in schema.tensors):
        return UndescribedInputs()
    if schema.json_schema is not None:
        return JsonInput(schema.json_schema)
    if schema.content_type == "str":
        return TextInput(schema.tensors[0].name if schema.tensors else "input")
    is_columns = all(one.shape in {(-1,), (-1, 1)} for one in schema.tensors)
    if schema.content_type == "pd" or (not schema.content_type and len(schema.tensors) > 1 and is_columns):
        return TableInputs(schema.tensors)
    return ArrayInputs(schema.tensors) if schema.tensors else UndescribedInputs()


class ArrayInputs:
    """One array, or several by name."""

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self._tensors = {one.name: one for one in tensors}
        self._only = tensors[0] if len(tensors) == 1 else None
        self._numpy = imported("numpy")

    def from_tensors(self, given: Mapping[str, GivenTensor]) -> Any:  # noqa: ANN401  see MethodInputs
        """Return the arrays, in the shapes that the request names and the schema allows."""
        if given.keys() != self._tensors.keys():
            raise wrong_names(given, self._tensors, "input")
        found = {name: self._array(given[name], tensor) for name, tensor in self._tensors.items()}
        return found if self._only is None else found[self._only.name]

    def from_rows(self, rows: Any) -> Any:  # noqa: ANN401  see MethodInputs
        """Return nested lists as an array; of several arrays an object has the lists."""
        if self._only is not None:
            return self._of_lists(rows, self._only)
        if type(rows) is not dict:
            raise WrongData("the rows are no object with a list for each input", f"inputs: {', '.join(self._tensors)}")
        if rows.keys() != self._tensors.keys():
            raise wrong_names(rows, self._tensors, "input")
        return {name: self._of_lists(rows[name], tensor) for name, tensor in self._tensors.items()}

    def _array(self, one: GivenTensor, tensor: Tensor) -> Any:  # noqa: ANN401  NumPy's
        check_datatype(one, tensor, "input")
        check_shape(one.shape, tensor)
        return self._shaped(one.values(tensor, "the input"), one.shape, tensor)

    def _of_lists(self, rows: Any, tensor: Tensor) -> Any:  # noqa: ANN401  as above
        shape: list[int] = []
        level = rows
        for _ in tensor.shape:
            check_list(level)
            shape.append(len(level))
            level = level[0]
        check_shape(shape, tensor)
        return self._shaped(read_values(flattened(rows, shape, tensor.name), tensor, "the input"), shape, tensor)

    def _shaped(self, values: Any, shape: Sequence[int], tensor: Tensor) -> Any:  # noqa: ANN401  as above
        if tensor.datatype == BYTES:
            values = self._numpy.array(values, "object")
        return values.reshape(shape)


class TextInput:
    """One text."""

    def __init__(self, name: str) -> None:
        self._name = name

    def from_tensors(self, given: Mapping[str, GivenTensor]) -> str:
        """Return the one value of the one tensor."""
        return only_text(given, self._name)

    def from_rows(self, rows: Any) -> str:  # noqa: ANN401  see MethodInputs
        """Return the text."""
        if type(rows) is not str:
            raise WrongData("the model takes one text")
        return rows


class JsonInput:
    """What JSON holds, as a JSON Schema describes it."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema

    def from_tensors(self, given: Mapping[str, GivenTensor]) -> Any:  # noqa: ANN401  see MethodInputs
        """Return the value of the JSON text that is the one value of the one tensor."""
        return self.from_rows(read_json(only_text(given, "input").encode("utf-8", "surrogatepass")))

    def from_rows(self, rows: Any) -> Any:  # noqa: ANN401  see MethodInputs
        """Return the value."""
        json_check.check(rows, self._schema)
        return rows


class UndescribedInputs:
    """Whatever comes: several named columns are a table, else it is an array, of the datatype that it says it has."""

    def from_tensors(self, given: Mapping[str, GivenTensor]) -> Any:  # noqa: ANN401  see MethodInputs
        """Return one tensor as an array, several as a table, or by name where they are no columns."""
        tensors = [one.tensor._replace(shape=(-1,)) for one in given.values()]
        if len(tensors) > 1 and all(len(one.shape) == 1 for one in given.values()):
            return TableInputs(tensors).from_tensors(given)
        return ArrayInputs([one.tensor for one in given.values()]).from_tensors(given)

    def from_rows(self, rows: Any) -> Any:  # noqa: ANN401  see MethodInputs
        """Return rows that are objects as a table, lists as an array, and all else as it is."""
        if type(rows) is list and rows and all(type(row) is dict for row in rows):
            if len(rows) * len(set(chain.from_iterable(rows))) > _SPARSE * sum(map(len, rows)) + _FEW:
                raise WrongData("each of the rows has other columns")
            return imported("pandas").DataFrame(rows)
        if type(rows) is list and rows and type(rows[0]) is list:
            flat = list(chain.from_iterable(rows)) if all(type(row) is list for row in rows) else []
            if {int, float}.issuperset(map(type, flat)) and {len(row) for row in rows} == {len(rows[0])}:
                return imported("numpy").array(rows)
        return rows


def only_text(given: Mapping[str, GivenTensor], name: str) -> str:
    """Return the one value of the one tensor, which is text."""
    if given.keys() != {name}:
        raise wrong_names(given, {name: None}, "input")
    tensor = Tensor(name, BYTES)
    check_datatype(given[name], tensor, "input")
    found = given[name].values(tensor, "the input")
    if len(found) != 1 or found[0] is None:
        raise WrongData(f"the input '{name}' holds {len(found)} values, and the model takes one text")
    return str(found[0])
