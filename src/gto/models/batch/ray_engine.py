"""A model called by the workers of a Ray cluster, whose outputs come back in the order of the input."""

from __future__ import annotations

import os
import sys
from collections import deque
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any, NamedTuple

from gto.exceptions import ExtraMissing, GTOException, UsageError, WrongData
from gto.models.dependencies import imported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gto.models.batch.method_caller import MethodCaller
    from gto.models.batch.reading_plan import Batch, Piece, ReadingPlan

_AHEAD = 3
"""Tasks of a worker that are under way: what is read while it works, and what it has done and nobody took yet."""
_TRIES = 3
"""Of a task whose worker died, by Ray."""


def call_on_ray(address: str | None, workers: int | None) -> Callable[[MethodCaller, ReadingPlan, int], Iterator[Any]]:
    """Return an engine that calls models on a Ray cluster.

    Without an address that is the one that Ray knows of (RAY_ADDRESS, or one that runs on this machine), else one of
    this machine that ends with the run. A cluster of others is left as it is.
    """

    def call(caller: MethodCaller, plan: ReadingPlan, skip: int) -> Iterator[Any]:
        # On stdout is the answer alone, and Ray would say there that a worker died.
        with redirect_stdout(sys.stderr), _connected(address, workers) as ray:
            pool = _RayWorkers(ray, _count(ray, workers), caller, plan)
            yield from pool.tables(skip)

    return call


@contextmanager
def _connected(address: str | None, workers: int | None) -> Iterator[Any]:
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ExtraMissing("To call a model on a Ray cluster", "ray", "ray") from error
    if ray.is_initialized():  # it is whoever's who did that
        yield ray
        return
    quiet = {"logging_level": "ERROR", "log_to_driver": False}
    wanted = address or os.environ.get("RAY_ADDRESS") or "auto"
    try:
        ray.init(address=wanted, **quiet)
    except Exception as error:
        if wanted != "auto" or address or not isinstance(error, ConnectionError):
            hint = "see --ray-address, and whether Ray's token is the cluster's: try `ray status`"
            raise GTOException(f"no Ray cluster answers at '{wanted}': {_line(error)}", hint) from error
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody asked to tell Ray's makers
        ray.init(address="local", num_cpus=workers, include_dashboard=False, **quiet)
    try:
        yield ray
    finally:
        ray.shutdown()  # of a cluster that was there, only the connection ends


def _count(ray: Any, workers: int | None) -> int:  # noqa: ANN401  the module, which may be missing
    there = int(ray.cluster_resources().get("CPU", 0))
    if (workers or 1) > there:
        raise UsageError(f"the Ray cluster has {there} CPUs, and each worker takes one", "give fewer --workers")
    return workers or there


class _Task(NamedTuple):
    """What a worker is given: a piece that it reads itself, or a batch that was read for it."""

    piece: Piece
    row: int
    skip: int = 0
    """How many of the piece's rows are done."""
    data: Any = None
    """Arrow's stream format; None where the worker reads."""


class RayWorker:
    """A process of Ray that has the model from its first call on; one that is started anew gets it again."""

    def __init__(self) -> None:
        self._known: tuple[MethodCaller, ReadingPlan] | None = None

    def _given(self, refs: list[Any]) -> tuple[MethodCaller, ReadingPlan]:
        if self._known is None:
            import ray

            caller, plan = ray.get(refs)
            self._known = caller, plan
        return self._known

    def reads(self, refs: list[Any]) -> bool:
        """Tell whether the files of the input are here as they are where the run began."""
        _, plan = self._given(refs)
        try:
            return tuple(file.stamp() for file in plan.files) == plan.stamps
        except (GTOException, OSError):
            return False

    def call(self, refs: list[Any], task: _Task) -> Any:  # noqa: ANN401  Arrow's stream format; or what is wrong
        """Return the tables of a task as a stream, or message and hint of an error in the data."""
        caller, plan = self._given(refs)
        try:
            return _stream([caller.table(batch) for batch in _batches(plan, task)])
        except WrongData as error:
            return error.message, error.hint


def _batches(plan: ReadingPlan, task: _Task) -> Iterator[Batch]:
    from gto.models.batch.reading_plan import Batch

    if task.data is not None:
        with imported("pyarrow").ipc.open_stream(task.data) as reader:
            for one in reader:
                yield Batch(task.piece, task.row, one)
        return
    for batch in plan.read(task.piece):
        if batch.row - task.piece.first >= task.skip:
            yield batch


def _stream(tables: list[Any]) -> Any:  # noqa: ANN401  as above
    """Return tables, or batches, in Arrow's stream format; of a slice, its rows alone."""
    pa = imported("pyarrow")
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, tables[0].schema) as writer:
        for one in tables:
            writer.write(one)
    return sink.getvalue()


class _RayWorkers:
    """Workers, and the tasks that are under way, in their order."""

    def __init__(self, ray: Any, count: int, caller: MethodCaller, plan: ReadingPlan) -> None:  # noqa: ANN401  the module
        self._ray, self._plan = ray, plan
        kind = ray.remote(num_cpus=1, max_restarts=_TRIES, max_task_retries=_TRIES)(RayWorker)
        try:
            self._given = [ray.put(caller), ray.put(plan)]
        except Exception as error:
            hint = "a model that Python can pickle goes to Ray's workers; without --engine ray it is called here"
            raise GTOException(f"the model cannot be sent to Ray's workers: {_line(error)}", hint) from error
        self._workers = [kind.remote() for _ in range(count)]
        self._load = [0] * count
        self._running: deque[tuple[Any, int, _Task]] = deque()
        self._reading = all(self._asked([one.reads.remote(self._given) for one in self._workers]))

    def tables(self, skip: int) -> Iterator[Any]:
        """Yield the tables in the order of the input, without the first `skip` rows."""
        try:
            for task in self._tasks(skip):
                if len(self._running) >= _AHEAD * len(self._workers):
                    yield from self._first()
                self._start(task)
            while self._running:
                yield from self._first()
        finally:
            for worker in self._workers:
                self._ray.kill(worker)

    def _tasks(self, skip: int) -> Iterator[_Task]:
        """Yield the tasks; Parquet is read by the workers where all of them can."""
        if self._reading and self._plan.rows is not None:
            for piece in self._plan.pieces:
                rows = piece.rows or 0
                if skip < rows:
                    yield _Task(piece, piece.first, skip)
                skip = max(skip - rows, 0)
            return
        for batch in self._plan.batches(skip):
            yield _Task(batch.piece, batch.row, data=_stream([batch.data]))

    def _start(self, task: _Task) -> None:
        """Give a task to the worker that has the fewest."""
        if self._running:
            refs = [ref for ref, _, _ in self._running]
            done, _ = self._ray.wait(refs, num_returns=len(refs), timeout=0)
            ended = set(done)
            self._load = [0] * len(self._workers)
            for ref, number, _ in self._running:
                self._load[number] += ref not in ended
        number = self._load.index(min(self._load))
        self._load[number] += 1
        self._running.append((self._workers[number].call.remote(self._given, task), number, task))

    def _first(self) -> Iterator[Any]:
        pa = imported("pyarrow")
        ref, _, task = self._running.popleft()
        (found,) = self._asked([ref])
        if isinstance(found, tuple):
            raise WrongData(*found)
        with pa.ipc.open_stream(found) as reader:
            rows = 0
            for batch in reader:
                rows += batch.num_rows
                yield pa.Table.from_batches([batch])
        wanted = (task.piece.rows or 0) - task.skip if task.data is None else rows
        if rows != wanted:
            raise GTOException(f"a worker of Ray gave {rows:,} rows for {wanted:,}", "--resume asks for them again")

    def _asked(self, refs: list[Any]) -> list[Any]:
        try:
            return list(self._ray.get(refs))
        except self._ray.exceptions.RayError as error:
            hint = "the workers need GTO and the model's libraries, in the versions that are here; --resume goes on"
            raise GTOException(f"a worker of Ray fails: {_line(error)}", hint) from error


def _line(error: Exception) -> str:
    """Return the last line of what an error says: Ray's begin with the traceback of the worker."""
    lines = str(error).strip().splitlines()
    return (lines[-1].strip() if lines else type(error).__name__)[:300]
