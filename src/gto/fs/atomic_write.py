"""A file written whole or not at all."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

_PREFIX = ".gto-"


def read(place: str) -> bytes | None:
    """Return what a file holds; None where there is none."""
    with suppress(FileNotFoundError), open(place, "rb") as file:
        return file.read()
    return None


def put_back(place: str, old: bytes | None) -> None:
    """Make a file what it was before; None for no file."""
    if old is None:
        os.unlink(place)
    else:
        replace(place, old)


def replace(place: str, data: bytes | Iterable[bytes], mode: int | None = None) -> None:
    """Write a file whole or not at all, with the mode that is given, or else that it had.

    When this returns it is there for good, even if the machine stops now.
    """
    directory = os.path.dirname(place)
    os.makedirs(directory, exist_ok=True)
    if mode is None:
        mode = os.stat(place).st_mode & 0o7777 if os.path.exists(place) else 0o666 & ~_umask()
    with _told_of(place):
        handle, temporary = tempfile.mkstemp(dir=directory, prefix=_PREFIX, suffix=".tmp")
        try:
            with open(handle, "wb") as file:
                file.writelines([data] if isinstance(data, bytes) else data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, mode)
            os.replace(temporary, place)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    _sync(directory)


@contextmanager
def _told_of(place: str) -> Iterator[None]:
    """Let an error name the file that was asked for, not the temporary one."""
    try:
        yield
    except OSError as error:
        if os.path.basename(str(error.filename)).startswith(_PREFIX):
            error.filename, error.filename2 = place, None
        raise


def _sync(directory: str) -> None:
    """Have a directory's new entries kept; some systems cannot, and the file is there all the same."""
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
