"""Named columns of a request as a table: each checked, text as the categories and dates that pandas has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gto.exceptions import WrongData
from gto.models.dependencies import imported
from gto.serve.runtime.input_checks import (
    check_datatype,
    check_list,
    check_rows,
    check_widths,
    wrong_lengths,
    wrong_names,
)
from gto.serve.runtime.tensor_values import read_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gto.inspect.facts import Tensor
    from gto.serve.runtime.infer_request import GivenTensor


class TableInputs:
    """Named columns, as a DataFrame."""

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self._columns = {one.name: one for one in tensors}
        self._special = [one for one in tensors if one.kind]
        self._pandas = imported("pandas")

    def from_tensors(self, given: Mapping[str, GivenTensor]) -> Any:  # noqa: ANN401  see MethodInputs
        """Return the columns as a table."""
        if given.keys() != self._columns.keys():
            raise wrong_names(given, self._columns, "column")
        lengths = set()
        found = {}
        for name, tensor in self._columns.items():
            one = given[name]
            check_datatype(one, tensor, "column")
            if not one.shape or (len(one.shape) > 1 and one.shape[1:] != [1]):
                raise WrongData(f"the column '{name}' has the shape {one.shape}, and the model takes [-1]")
            lengths.add(one.shape[0])
            found[name] = one.values(tensor, "the column")
        if len(lengths) > 1:
            raise wrong_lengths(given)
        check_rows(lengths.pop())
        return self._table(found)

    def from_rows(self, rows: Any) -> Any:  # noqa: ANN401  see MethodInputs
        """Return rows, each an object or a list in the order of the columns, as a table."""
        check_list(rows)
        names = self._columns.keys()
        if type(rows[0]) is dict:
            for place, row in enumerate(rows):
                if type(row) is not dict:
                    raise WrongData(f"row {place + 1} is no object, as the first is")
                if row.keys() != names:
                    raise wrong_names(row, self._columns, "column", f" in row {place + 1}")
            lists = [[row[name] for row in rows] for name in names]
        else:
            check_widths(rows, len(names))
            lists = [list(one) for one in zip(*rows, strict=True)]
        pairs = zip(self._columns.items(), lists, strict=True)
        return self._table({name: read_values(values, tensor, "the column") for (name, tensor), values in pairs})

    def _table(self, columns: dict[str, Any]) -> Any:  # noqa: ANN401  pandas' DataFrame
        for one in self._special:
            columns[one.name] = self._of_kind(columns[one.name], one)
        return self._pandas.DataFrame(columns, copy=False)

    def _of_kind(self, values: Any, tensor: Tensor) -> Any:  # noqa: ANN401  pandas' arrays
        """Return text as the categories or the dates that pandas has for it."""
        pandas, kind = self._pandas, tensor.kind
        if kind == "category":
            return pandas.Categorical(values)
        try:
            if kind.startswith("datetime64"):
                has_zone = "," in kind
                return pandas.to_datetime(values, format="ISO8601", utc=has_zone).astype(kind)
            return pandas.to_timedelta(values).astype(kind)
        except (ValueError, TypeError, OverflowError):
            what = "date" if kind.startswith("datetime64") else "time span"
            raise WrongData(f"the column '{tensor.name}' holds text that is no {what} as ISO 8601 has it") from None
