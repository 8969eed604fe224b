"""A directory that appears whole or not at all: it grows beside its place, and then gets its name."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from gto.exceptions import TargetTaken, TargetUnwritable, UnsafePath
from gto.fs.file_lock import lock_now
from gto.storage.partial_file import SUFFIX, prefix_of, sweep
from gto.storage.target_paths import make_directory, sync_directory


def check_target(target: str, mark: str, kind: str, *, force: bool) -> None:
    """Refuse a place where something is.

    Only what has the file `mark`, by which a directory of this kind is known, is ever replaced.
    """
    if not os.path.lexists(target):
        return
    if not os.path.isdir(target) or os.path.islink(target):
        raise UnsafePath(os.path.relpath(target), "is no directory", "choose another place")
    if os.listdir(target):
        if not os.path.isfile(os.path.join(target, mark)):
            hint = f"choose another place: only {kind} is replaced, with --force"
            raise UnsafePath(os.path.relpath(target), "is a directory of other files", hint)
        if not force:
            raise TargetTaken([os.path.relpath(target)])


@contextmanager
def workshop(target: str) -> Iterator[str]:
    """Yield a directory beside the target, which is gone in the end, and so is what a run left that was killed."""
    above, prefix = os.path.dirname(target), prefix_of(target)
    make_directory(above)
    sweep(above, prefix)
    try:
        place = tempfile.mkdtemp(SUFFIX, prefix, above)
        handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        lock_now(handle)  # so that nobody else sweeps it away
    except OSError as error:
        raise TargetUnwritable(above, error.strerror or str(error)) from error
    try:
        yield place
    except OSError as error:
        raise TargetUnwritable(target, error.strerror or str(error)) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(handle)


def put(made: str, target: str, place: str) -> None:
    """Give a directory its name; what bears it now goes into the workshop, and with it."""
    if os.path.isdir(target):
        os.rename(target, os.path.join(place, "before"))
    os.rename(made, target)
    sync_directory(os.path.dirname(target))
