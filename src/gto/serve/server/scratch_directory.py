"""A directory for the files of a server, on the disk of GTO's cache; it goes with its process, however that ends."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from gto.exceptions import LockHeld
from gto.fs import cache_dir, file_lock

_SECONDS = 30.0  # for another server that begins
_LOCK = "lock"


@contextmanager
def scratch_directory() -> Iterator[str]:
    """Yield a directory, after those were removed that servers left which were killed."""
    home = os.path.join(cache_dir.home(), "serving")
    os.makedirs(home, mode=0o700, exist_ok=True)
    with ExitStack() as stack:
        with file_lock.hold(f"{home}.lock", _SECONDS):
            for name in os.listdir(home):
                _remove_if_left(os.path.join(home, name))
            place = tempfile.mkdtemp(dir=home)
            stack.enter_context(file_lock.take(os.path.join(place, _LOCK), _SECONDS))
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        yield place


def _remove_if_left(place: str) -> None:
    with suppress(LockHeld, OSError), file_lock.take(os.path.join(place, _LOCK), 0.0):
        shutil.rmtree(place, ignore_errors=True)
