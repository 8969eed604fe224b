"""A model applied to a file of data: checked against its schema first, batch by batch, into a file that is whole."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from gto.exceptions import NotFound, UsageError, WrongData
from gto.inspect.schema_formats import find_inputs
from gto.models.data_files import ROWS, TableWriter, kind_of, read_batches
from gto.models.data_schema import check_array, check_batch, check_columns, check_length
from gto.models.dependencies import imported
from gto.models.sample_run import class_names, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gto.inspect.facts import ModelFacts, Schema

_TABLES = frozenset({"csv", "json", "parquet"})


class Job(NamedTuple):
    """What is applied to what."""

    method: str
    input: str
    output: str
    keep: Sequence[str] = ()
    """Columns of the input that go to the output as they are."""
    rows: int = ROWS
    """Of a batch."""
    classes: Sequence[str] = ()
    """Those that the method gives a number for, each."""


def apply_model(model: Any, facts: ModelFacts, job: Job, advance: Callable[[int], None] = lambda _: None) -> int:  # noqa: ANN401  of any library
    """Write what the model's method gives for each row, in their order, and return how many rows there were.

    WrongData names the column that is not as the schema says; then the output is as it was before.
    """
    schema = find_inputs(facts, job.method)
    job = job._replace(classes=_recorded_classes(facts, job.method) or class_names(model, job.method))
    call = getattr(model, job.method, None)
    if not callable(call):
        raise UsageError(f"the model has no method '{job.method}'", "`gto inspect` lists those that are known")
    if not os.path.isfile(job.input):
        raise NotFound(f"there is no file '{job.input}'", "name the data with --input")
    target = os.path.realpath(job.output)
    kind = kind_of(job.output)
    if not os.path.isdir(os.path.dirname(target)):
        raise NotFound(f"there is no directory '{os.path.dirname(target)}'", "make it, or name another file with -o")
    scratch = os.path.join(os.path.dirname(target), f".gto-apply-{os.urandom(6).hex()}{os.path.splitext(target)[1]}")
    try:
        count = _run(call, schema, job, (scratch, kind), advance)
        os.replace(scratch, target)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(scratch)
    return count


def _recorded_classes(facts: ModelFacts, method: str) -> Sequence[str]:
    outputs = facts.methods[method].outputs
    return outputs.tensors[0].columns if outputs is not None and len(outputs.tensors) == 1 else ()


def _run(
    call: Callable[[Any], Any], schema: Schema, job: Job, out: tuple[str, str], advance: Callable[[int], None]
) -> int:
    if kind_of(job.input) == "npy":
        return _run_array(call, schema, job, out, advance)
    if out[1] not in _TABLES:
        raise UsageError(f"'{job.output}' holds no table", "name a .csv, .jsonl or .parquet file")
    writer = TableWriter(*out)
    try:
        for batch in read_batches(job.input, schema, job.rows):
            check_columns(batch.schema.names, schema, job.keep)
            check_batch(batch, schema, writer.rows)
            found = _called(call, _as_input(batch, schema), job.method, writer.rows)
            writer.write(_as_table(found, job, batch))
            advance(batch.num_rows)
    finally:
        writer.close()
    if not writer.rows:
        raise WrongData(f"'{job.input}' holds no rows", "a file with at least one row was expected")
    return writer.rows


def _called(call: Callable[[Any], Any], data: Any, method: str, row: int) -> Any:  # noqa: ANN401  what the model takes and gives
    """Call the model; what it raises is about the data, `row` is how many rows came before."""
    try:
        return call(data)
    except Exception as error:
        rows = f"rows {row + 1:,} to {row + len(data):,}"
        hint = "mend the data; `--batch-size 1` finds the row, `--traceback` the place in the model's code"
        raise WrongData(f"{method}() fails on {rows}: {said(error)}", hint) from error


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


def _as_table(found: Any, job: Job, batch: Any) -> Any:  # noqa: ANN401  what a model gives
    """Return the outputs as columns: named after the method, and the classes or numbers where there are several."""
    pa, np, method = imported("pyarrow"), imported("numpy"), job.method
    columns = {name: batch.column(name) for name in job.keep}
    if hasattr(found, "columns"):
        columns |= {str(name): pa.array(found[name]) for name in found.columns}
        return pa.table(columns)
    values = np.asarray(found.toarray() if hasattr(found, "toarray") else found)
    check_length(values, batch.num_rows, method)
    if values.ndim == 1:
        return pa.table({**columns, method: pa.array(values)})
    flat = values.reshape(len(values), -1)
    names = job.classes if len(job.classes) == flat.shape[1] else range(flat.shape[1])
    return pa.table({**columns, **{f"{method}_{name}": pa.array(flat[:, place]) for place, name in enumerate(names)}})


def _run_array(
    call: Callable[[Any], Any], schema: Schema, job: Job, out: tuple[str, str], advance: Callable[[int], None]
) -> int:
    """Apply the model to an array, which is read where it is; the outputs are an array, or a table."""
    np = imported("numpy")
    data = np.load(job.input, mmap_mode="r", allow_pickle=False)
    check_array(str(data.dtype), data.shape, schema.tensors[0])
    if not len(data):
        raise WrongData("the array holds no rows", "an array with at least one row was expected")
    parts = (
        (_called(call, np.asarray(data[start : start + job.rows]), job.method, start), min(job.rows, len(data) - start))
        for start in range(0, len(data), job.rows)
    )
    if out[1] == "npy":
        return _write_array(parts, len(data), (job.method, out[0]), advance)
    pa = imported("pyarrow")
    writer = TableWriter(*out)
    try:
        for given, count in parts:
            rows = pa.record_batch({"row": pa.array(range(count))})
            writer.write(_as_table(given, job._replace(keep=()), rows))
            advance(count)
    finally:
        writer.close()
    return writer.rows


def _write_array(
    parts: Iterable[tuple[Any, int]], count: int, out: tuple[str, str], advance: Callable[[int], None]
) -> int:
    """Write the outputs of all parts as one array, whose dtype and shape of a row are those of the first part."""
    np = imported("numpy")
    method, path = out
    made: Any = None
    done = 0
    for given, rows in parts:
        found = np.asarray(given)
        check_length(found, rows, method)
        if made is None:
            made = np.lib.format.open_memmap(path, "w+", found.dtype, (count, *found.shape[1:]))
        if found.dtype != made.dtype or found.shape[1:] != made.shape[1:]:
            message = f"{method}() gave {made.dtype} for the first rows, and {found.dtype} for others"
            raise WrongData(message, "write a table: name a .csv, .jsonl or .parquet file with -o")
        made[done : done + len(found)] = found
        done += len(found)
        advance(len(found))
    made.flush()
    return done
