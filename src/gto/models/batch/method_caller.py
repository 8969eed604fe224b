"""A model called with a batch of rows: what it gives, as columns beside those that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gto.exceptions import WrongData
from gto.models.data_schema import check_length
from gto.models.dependencies import imported
from gto.models.sample_run import said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gto.inspect.facts import Schema
    from gto.models.batch.reading_plan import Batch


class MethodCaller(NamedTuple):
    """A model's method, and how its outputs are written."""

    model: Any
    schema: Schema
    method: str
    keep: Sequence[str] = ()
    """Columns of the input that go to the output as they are."""
    classes: Sequence[str] = ()
    """Those that the method gives a number for, each."""
    beside: tuple[str, str] | None = None
    """Name and value of a column that says which model made the row."""

    def outputs(self, data: Any, row: int) -> Any:  # noqa: ANN401  what the model takes and gives
        """Call the model; what it raises is about the data, `row` is how many rows came before."""
        try:
            return getattr(self.model, self.method)(data)
        except Exception as error:
            rows = f"rows {row + 1:,} to {row + len(data):,}"
            hint = "mend the data; `--batch-size 1` finds the row, `--traceback` the place in the model's code"
            raise WrongData(f"{self.method}() fails on {rows}: {said(error)}", hint) from error

    def table(self, batch: Batch) -> Any:  # noqa: ANN401  pyarrow's Table
        """Return the outputs for a batch as columns."""
        found = self.outputs(_as_input(batch.data, self.schema), batch.row)
        return self.as_table(found, batch.data)

    def as_table(self, found: Any, batch: Any) -> Any:  # noqa: ANN401  what a model gives
        """Return outputs as columns: named after the method, and the classes or numbers where there are several."""
        pa, np, method = imported("pyarrow"), imported("numpy"), self.method
        columns = {name: batch.column(name) for name in self.keep}
        if self.beside is not None:
            columns[self.beside[0]] = pa.array([self.beside[1]] * batch.num_rows, pa.string())
        if hasattr(found, "columns"):
            check_length(found, batch.num_rows, method)
            return pa.table(columns | {str(name): pa.array(found[name]) for name in found.columns})
        values = np.asarray(found.toarray() if hasattr(found, "toarray") else found)
        check_length(values, batch.num_rows, method)
        if values.ndim == 1:
            return pa.table({**columns, method: pa.array(values)})
        flat = values.reshape(len(values), -1)
        names = self.classes if len(self.classes) == flat.shape[1] else range(flat.shape[1])
        made = {f"{method}_{name}": pa.array(flat[:, place]) for place, name in enumerate(names)}
        return pa.table({**columns, **made})


def _as_input(batch: Any, schema: Schema) -> Any:  # noqa: ANN401  pyarrow's; what the model takes
    names = [one.name for one in schema.tensors]
    if schema.content_type == "np":
        np = imported("numpy")
        return np.column_stack([batch.column(name).to_numpy(zero_copy_only=False) for name in names])
    table = batch.select(names).to_pandas()
    for one in schema.tensors:
        if one.kind:
            table[one.name] = table[one.name].astype(one.kind)
    return table
