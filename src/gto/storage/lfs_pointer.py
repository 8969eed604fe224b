"""Git LFS pointers: the small text that stands in Git for a file that is elsewhere."""

import re
from typing import NamedTuple

LONGEST = 1024
"""Bytes: what is longer is no pointer."""

_VERSIONS = (b"version https://git-lfs.github.com/spec/v1", b"version https://hawser.github.com/spec/v1")
_LINE_RE = re.compile(rb"([a-z0-9.-]+) ([^\r\n]+)")
_OID_RE = re.compile(rb"sha256:([0-9a-f]{64})")


class Pointer(NamedTuple):
    """What a pointer says of its file."""

    oid: str
    """The file's SHA-256."""
    size: int
    has_extension: bool = False
    """Whether a program of the user's own made other bytes of it: what the server has is not the file."""


def parse_pointer(data: bytes) -> Pointer | None:
    """Return what a blob says that is a pointer; None for one that is none.

    The version stands first, then the keys in their order, each once, each line ended by one newline.
    """
    if len(data) > LONGEST or not data.endswith(b"\n"):
        return None
    first, *rest = data[:-1].split(b"\n")
    lines = [_LINE_RE.fullmatch(line) for line in rest]
    if first not in _VERSIONS or None in lines:
        return None
    pairs = [(line[1], line[2]) for line in lines if line]
    keys = [key for key, _ in pairs]
    found = dict(pairs)
    oid = _OID_RE.fullmatch(found.get(b"oid", b""))
    size = found.get(b"size", b"")
    if keys != sorted(set(keys)) or oid is None or not re.fullmatch(b"0|[1-9][0-9]{0,18}", size):
        return None
    return Pointer(oid[1].decode(), int(size), any(key.startswith(b"ext-") for key in keys))
