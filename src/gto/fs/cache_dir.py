"""The user's directories: where what can be made again is kept, and what cannot; digests that name what is in them."""

import os
import stat
from contextlib import suppress

from gto.exceptions import WrongConfig


def digest(data: bytes) -> str:
    """Return 128 bits of BLAKE2b in hexadecimal."""
    from hashlib import blake2b  # only a large registry needs it, and it loads OpenSSL

    return blake2b(data, digest_size=16).hexdigest()


VARIABLE = "GTO_CACHE_DIR"


def home() -> str:
    """Return the directory in which GTO keeps what it can make again."""
    return os.environ.get(VARIABLE) or os.path.join(user_directory("XDG_CACHE_HOME", ".cache"), "gto")


def size_of(directory: str) -> int:
    """Return how many bytes all files below a directory have."""
    return sum(_size(path, name) for path, _, names in os.walk(directory) for name in names)


def _size(path: str, name: str) -> int:
    with suppress(OSError):  # it may be gone by now
        return os.lstat(os.path.join(path, name)).st_size
    return 0


def user_directory(variable: str, *below: str) -> str:
    """Return the directory that a variable of the XDG specification names, else the one that is usual below HOME.

    A user without HOME and without an entry in passwd, as containers have, gets a directory of their own among the
    temporary ones. WrongConfig where somebody else holds that.
    """
    named = os.environ.get(variable)
    if named:
        return named
    user = os.path.expanduser("~")
    return os.path.join(user if user != "~" else _without_home(), *below)


def _without_home() -> str:
    import tempfile  # only where there is no HOME

    place = os.path.join(tempfile.gettempdir(), f"gto-{os.geteuid() if hasattr(os, 'geteuid') else 'home'}")
    try:
        os.makedirs(place, 0o700, exist_ok=True)
        found = os.lstat(place)
    except OSError as error:
        raise WrongConfig("HOME", f"it is not set, and '{place}' cannot be made: {error.strerror}") from error
    if hasattr(os, "geteuid") and (found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022):
        raise WrongConfig("HOME", f"it is not set, and '{place}' is another user's or open to others: set HOME")
    return place
