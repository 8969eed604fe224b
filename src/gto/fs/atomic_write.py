"""A file written whole or not at all."""

import os
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
    with suppress(FileNotFoundError):
        mode = os.stat(place).st_mode & 0o7777 if mode is None else mode
    with _told_of(place):
        handle, temporary = _create(directory, 0o666 if mode is None else 0o600)
        try:
            with open(handle, "wb") as file:
                file.writelines([data] if isinstance(data, bytes) else data)
                file.flush()
                os.fsync(file.fileno())
            if mode is not None:
                os.chmod(temporary, mode)
            os.replace(temporary, place)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    _sync(directory)


def _create(directory: str, mode: int) -> tuple[int, str]:
    """Make a new file for the time, with a mode from which the system takes the umask; return descriptor and path."""
    while True:
        place = os.path.join(directory, f"{_PREFIX}{os.urandom(6).hex()}.tmp")
        with suppress(FileExistsError):
            return os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode), place


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
