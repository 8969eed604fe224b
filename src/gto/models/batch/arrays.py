"""A model applied to an array, which is read where it is; the outputs are an array, or a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gto.exceptions import WrongData
from gto.models.batch.table_writer import TableWriter
from gto.models.data_schema import check_array, check_length
from gto.models.dependencies import imported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gto.models.batch.method_caller import MethodCaller


class ArrayJob(NamedTuple):
    """What is read and written."""

    input: str
    output: str
    kind: str
    """Of the output."""
    rows: int
    """Of a batch."""
    made_by: Mapping[str, str]


def apply_to_array(caller: MethodCaller, job: ArrayJob, advance: Callable[[int], None]) -> int:
    """Write the outputs for each row of an array, and return how many there were."""
    np = imported("numpy")
    data = np.load(job.input, mmap_mode="r", allow_pickle=False)
    check_array(str(data.dtype), data.shape, caller.schema.tensors[0])
    if not len(data):
        raise WrongData("the array holds no rows", "an array with at least one row was expected")
    parts = (
        (caller.outputs(np.asarray(data[start : start + job.rows]), start), min(job.rows, len(data) - start))
        for start in range(0, len(data), job.rows)
    )
    if job.kind == "npy":
        return _write_array(parts, len(data), (caller.method, job.output), advance)
    pa = imported("pyarrow")
    writer = TableWriter(job.output, job.kind, job.made_by)
    for given, count in parts:
        writer.write(caller.as_table(given, pa.record_batch({"row": pa.array(range(count))})))
        advance(count)
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
