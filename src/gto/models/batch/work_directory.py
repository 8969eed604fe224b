"""Where a run keeps what it has done until its output is whole; held by one process at a time."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from gto.exceptions import Conflict, TargetUnwritable, UsageError, WrongData
from gto.fs import atomic_write
from gto.fs.file_lock import lock_now
from gto.models.batch.finished_rows import rows_in

_JOB = "job.json"
_CHANGED = {
    "model": "the model is another one",
    "inputs": "the input has changed",
    "method": "--method is another one",
    "keep": "--keep is another one",
    "rows": "--batch-size is another one",
    "column": "--version-column is another one",
}
_ANEW = "without --resume it begins anew"


@contextmanager
def open_work(place: str, job: Mapping[str, str], *, resume: bool) -> Iterator[None]:
    """Hold a directory while the block runs, which is empty at first, or with `resume` as a stopped run left it.

    It is gone in the end, unless the block is stopped when it holds whole parts. `job` says what is done, by the words
    above: UsageError where a run that did something else left what is to be resumed.
    """
    handle = _hold(place)
    try:
        _prepare(place, job, resume=resume)
        yield
    except (UsageError, WrongData):  # the same would happen again
        if resume and rows_in(place) and not _is_same(place, job):
            raise  # what is there is another run's
        _remove(place)
        raise
    except BaseException:
        if not rows_in(place):
            _remove(place)
        raise
    else:
        _remove(place)
    finally:
        os.close(handle)


def _hold(place: str) -> int:
    try:
        os.makedirs(place, exist_ok=True)
        handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise TargetUnwritable(place, error.strerror or str(error)) from error
    try:
        lock_now(handle)
    except BlockingIOError:
        os.close(handle)
        raise Conflict("another run writes this output just now", "wait for it, or name another file with -o") from None
    return handle


def _prepare(place: str, job: Mapping[str, str], *, resume: bool) -> None:
    before = _read(place)
    if resume and before is not None:
        for key, value in job.items():
            if before.get(key) != value:
                raise UsageError(f"what was begun cannot be gone on with: {_CHANGED[key]}", _ANEW)
        return
    for name in os.listdir(place):
        path = os.path.join(place, name)
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    atomic_write.replace(os.path.join(place, _JOB), json.dumps(job).encode())


def _is_same(place: str, job: Mapping[str, str]) -> bool:
    return _read(place) == dict(job)


def _read(place: str) -> dict[str, str] | None:
    with suppress(FileNotFoundError, ValueError), open(os.path.join(place, _JOB), encoding="utf-8") as file:
        found = json.load(file)
        return found if isinstance(found, dict) else None
    return None


def _remove(place: str) -> None:
    shutil.rmtree(place, ignore_errors=True)
