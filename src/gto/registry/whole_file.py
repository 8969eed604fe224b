"""A file written whole or not at all."""

import os
import tempfile
from contextlib import suppress


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


def replace(place: str, data: bytes, mode: int | None = None) -> None:
    """Write a file whole or not at all, with the mode that is given, or else that it had."""
    os.makedirs(os.path.dirname(place), exist_ok=True)
    if mode is None:
        mode = os.stat(place).st_mode & 0o7777 if os.path.exists(place) else 0o666 & ~_umask()
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(place), prefix=".gto-", suffix=".tmp")
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
