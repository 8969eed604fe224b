"""A model applied to files of data: checked against its schema, batch by batch, into an output that is whole."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from gto.exceptions import GTOException, UsageError, WrongData
from gto.inspect.schema_formats import find_inputs
from gto.models.batch.arrays import ArrayJob, apply_to_array
from gto.models.batch.find_files import find_files
from gto.models.batch.finished_rows import SECONDS, FinishedRows, rows_in
from gto.models.batch.method_caller import MethodCaller
from gto.models.batch.output_place import OutputPlace, find_output
from gto.models.batch.reading_plan import ReadingPlan, make_plan
from gto.models.batch.work_directory import open_work
from gto.models.data_files import ROWS
from gto.models.load_model import ModelOrigin
from gto.models.sample_run import class_names
from gto.storage import urls
from gto.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gto.inspect.facts import ModelFacts
    from gto.models.batch.source_file import SourceFile
    from gto.storage.download import Progress

    Engine = Callable[[MethodCaller, ReadingPlan, int], Iterator[Any]]
    """Yields a table for each batch, in their order, without those of the first so many rows."""

_TABLES = frozenset({"csv", "json", "parquet"})


class Job(NamedTuple):
    """What is applied to what."""

    method: str
    inputs: tuple[str, ...]
    """Paths, directories, patterns, URLs."""
    output: str
    keep: Sequence[str] = ()
    """Columns of the input that go to the output as they are."""
    rows: int = ROWS
    """Of a batch."""
    origin: ModelOrigin = ModelOrigin("")
    version_column: str = ""
    """A column that says which model made the row; empty for none."""
    resume: bool = False
    """Whether it goes on with what a run left that was stopped."""
    seconds: float = SECONDS
    """After which rows that are done are kept for a later run."""

    def made_by(self) -> dict[str, str]:
        """Return what the metadata of Parquet files say."""
        origin = self.origin
        found = {"gto.model": origin.name, "gto.model.version": origin.version, "gto.model.commit": origin.commit}
        found |= {"gto.model.digest": origin.digest, "gto.method": self.method, "gto.version": __version__}
        return {key: value for key, value in found.items() if value}


class Applied(NamedTuple):
    """What was written."""

    rows: int
    resumed: int = 0
    """How many of them an earlier run had done."""


class _NoProgress:
    total: int | None = None

    def advance(self, count: int) -> None:
        """Show nothing."""


def call_here(caller: MethodCaller, plan: ReadingPlan, skip: int) -> Iterator[Any]:
    """Yield the table of each batch, called in this process."""
    for batch in plan.batches(skip):
        yield caller.table(batch)


def apply_model(
    model: Any,  # noqa: ANN401  of any library
    facts: ModelFacts,
    job: Job,
    progress: Progress | None = None,
    engine: Engine = call_here,
) -> Applied:
    """Write what the model's method gives for each row, in their order.

    WrongData names the column that is not as the schema says; then the output is as it was before. Whatever else stops
    it leaves the rows that are done, for a run that resumes.
    """
    caller = _caller(model, facts, job)
    files = find_files(job.inputs)
    target = find_output(job.output, files[0].kind)
    _check_apart(job, files, target)
    seen = progress or _NoProgress()
    if any(file.kind == "npy" for file in files):
        return _apply_to_array(caller, job, files, target, seen)
    if target.kind not in _TABLES:
        raise UsageError(f"'{job.output}' holds no table", "name a .csv, .jsonl or .parquet file")
    plan = make_plan(files, caller.schema, job.keep, job.rows)
    with open_work(target.work, _identity(job, plan), resume=job.resume):
        parts = FinishedRows(target.work, job.seconds)
        resumed = parts.rows
        seen.total = None if plan.rows is None else plan.rows - resumed  # what is left, and so its speed, is this run's
        _fill(parts, engine(caller, plan, resumed), job.method, seen)
        if not parts.rows:
            raise WrongData(f"'{', '.join(job.inputs)}' holds no rows", "a file with at least one row was expected")
        _check_count(parts.rows, plan.rows)
        _check_count(target.place(parts.tables(), job.made_by()), parts.rows)
    return Applied(parts.rows, resumed)


class LeftRows(NamedTuple):
    """What a run that was stopped has left for one that resumes."""

    rows: int
    place: str


def rows_left(output: str) -> LeftRows | None:
    """Return what is left of a run with this output; None for nothing."""
    with suppress(GTOException, OSError):
        place = find_output(output, "parquet").work
        if rows := rows_in(place):
            return LeftRows(rows, place)
    return None


def _check_apart(job: Job, files: Sequence[SourceFile], target: OutputPlace) -> None:
    """Refuse an output that would replace the input, or be among it when the same is called again."""
    places = {os.path.realpath(one.place) if isinstance(one.place, str) else one.name for one in files}
    if urls.shown(target.path) in places:
        raise UsageError("the output would replace the input", "name another file with -o")
    for one in filter(os.path.isdir, job.inputs):
        if os.path.commonpath([os.path.realpath(one), os.path.abspath(target.path)]) == os.path.realpath(one):
            raise UsageError(f"the output would be among the input, in '{one}'", "name another place with -o")


def _caller(model: Any, facts: ModelFacts, job: Job) -> MethodCaller:  # noqa: ANN401  as above
    schema = find_inputs(facts, job.method)
    if not callable(getattr(model, job.method, None)):
        raise UsageError(f"the model has no method '{job.method}'", "`gto inspect` lists those that are known")
    outputs = facts.methods[job.method].outputs
    recorded = outputs.tensors[0].columns if outputs is not None and len(outputs.tensors) == 1 else ()
    classes = recorded or class_names(model, job.method)
    beside = (job.version_column, job.origin.text) if job.version_column else None
    if beside and beside[0] in {*job.keep, job.method}:
        raise UsageError(f"the output has a column '{beside[0]}' already", "give --version-column another name")
    return MethodCaller(model, schema, job.method, tuple(job.keep), classes, beside)


def _identity(job: Job, plan: ReadingPlan) -> dict[str, str]:
    """Return what must be the same for a run to go on with what another has done."""
    from hashlib import blake2b

    inputs = blake2b("\n".join(plan.stamps).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    model = f"{job.origin.text} {job.origin.digest}"
    settings = {"method": job.method, "keep": "\n".join(job.keep), "rows": str(job.rows), "column": job.version_column}
    return {"model": model, "inputs": inputs, **settings}


def _fill(parts: FinishedRows, tables: Iterator[Any], method: str, progress: Progress) -> None:
    try:
        for table in tables:
            parts.add(table, method)
            progress.advance(table.num_rows)
    finally:
        parts.end_part()


def _check_count(found: int, wanted: int | None) -> None:
    if wanted is not None and found != wanted:
        raise GTOException(f"{found:,} rows were written for {wanted:,}", "the output is as it was; run it again")


def _apply_to_array(
    caller: MethodCaller, job: Job, files: Sequence[SourceFile], target: OutputPlace, progress: Progress
) -> Applied:
    if len(files) > 1 or not files[0].is_local:
        raise UsageError("of arrays one file is read, which is on this machine", "name one .npy file with --input")
    if target.is_folder or "://" in target.path:
        raise UsageError("what a model gives for an array is written to a file of this machine", "name one with -o")
    scratch = f"{target.work}-{os.urandom(6).hex()}{os.path.splitext(target.path)[1]}"
    try:
        array = ArrayJob(files[0].name, scratch, target.kind, job.rows, job.made_by())
        count = apply_to_array(caller, array, progress.advance)
        os.replace(scratch, target.path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(scratch)
    return Applied(count)
