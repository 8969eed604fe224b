"""The directory of what can be made again, and digests that name what is in it."""

import os


def digest(data: bytes) -> str:
    """Return 128 bits of BLAKE2b in hexadecimal."""
    from hashlib import blake2b  # only a large registry needs it, and it loads OpenSSL

    return blake2b(data, digest_size=16).hexdigest()


def home() -> str:
    """Return the directory in which GTO keeps what it can make again."""
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "gto")
