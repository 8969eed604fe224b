"""Git LFS pointers: the small text that stands in Git for a file that is elsewhere."""

import re
from typing import NamedTuple

LONGEST = 1024
"""Bytes: what is longer is no pointer."""

_VERSIONS = frozenset(
    {"https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1", "http://git-media.io/v/2"}
)
_KEYS = ("version", "oid", "size")
_OID_RE = re.compile(r"sha256:([0-9a-f]{64})")
_SIZE_RE = re.compile(r"[+-]?[0-9]{1,40}")
_MOST = (1 << 63) - 1
_EXTENSION_RE = re.compile(r"ext-([0-9])-[0-9A-Za-z_]")
# What Go takes for white space; Python's strip() takes more.
_BLANK = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


class LfsPointer(NamedTuple):
    """What a pointer says of its file."""

    oid: str
    """The file's SHA-256."""
    size: int
    has_extension: bool = False
    """Whether a program of the user's own made other bytes of it: what the server has is not the file."""


def parse_pointer(data: bytes) -> LfsPointer | None:
    """Return what a blob says that is a pointer; None for one that is none, and for an empty one, which is its file.

    A pointer is what `git lfs pointer --check` takes: version, oid and size in this order, extensions before the size,
    empty lines and blanks around it or not, lines that end as in Git or as in Windows.
    """
    if len(data) > LONGEST:
        return None
    found: dict[str, str] = {}
    expected = list(_KEYS)
    for line in data.decode("utf-8", "surrogateescape").strip(_BLANK).split("\n"):
        key, blank, value = line.removesuffix("\r").partition(" ")
        if not key and not blank:
            continue
        if not blank or not expected:
            return None
        if key == expected[0]:
            expected.pop(0)
        elif not _EXTENSION_RE.match(key):
            return None
        found[key] = value
    return None if expected else _pointer(found)


def pointer_text(oid: str, size: int) -> bytes:
    """Return the pointer that Git LFS writes for a file."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n".encode()


def _pointer(found: dict[str, str]) -> LfsPointer | None:
    oid = _OID_RE.fullmatch(found["oid"])
    if found["version"] not in _VERSIONS or oid is None or not _SIZE_RE.fullmatch(found["size"]):
        return None
    extensions = [(match[1], value) for key, value in found.items() if (match := _EXTENSION_RE.match(key))]
    if len({priority for priority, _ in extensions}) < len(extensions):
        return None
    if not all(_OID_RE.fullmatch(value) for _, value in extensions) or not 0 <= int(found["size"]) <= _MOST:
        return None
    return LfsPointer(oid[1], int(found["size"]), bool(extensions))
