"""The listing of a directory that DVC keeps: an object of JSON, whose hash ends with `.dir`."""

import json
from collections.abc import Iterable, Sequence
from hashlib import md5
from typing import Literal, NamedTuple

from gto.dvc.dvc_file import check_relpath
from gto.exceptions import BadFile
from gto.storage.location import Digest

LARGEST = 256 << 20
"""Bytes of a listing that are read: some two million files."""


class Listed(NamedTuple):
    """A file of a directory."""

    path: str
    digest: Digest


def parse_listing(data: bytes, algorithm: Literal["md5", "md5-dos2unix"], name: str) -> tuple[Listed, ...]:
    """Return the files of a listing in the order of their paths, or raise BadFile; `name` is for the error."""
    try:
        entries = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadFile(name, f"no JSON: {error}") from None
    if not isinstance(entries, list):
        raise BadFile(name, "a list of files was expected")
    found: dict[str, Listed] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("md5"), str):
            raise BadFile(name, "a file without a hash")
        path = check_relpath(entry.get("relpath"), name)
        if path in found:
            raise BadFile(name, f"'{path}' stands twice")
        value = entry["md5"].lower()
        if len(value) != 32 or not set(value) <= set("0123456789abcdef"):  # noqa: PLR2004  digits of an MD5 hash
            raise BadFile(name, f"'{value}' is no MD5 hash")
        found[path] = Listed(path, Digest(algorithm, value))
    return tuple(found[path] for path in sorted(found))


def hash_of(files: Iterable[tuple[str, str]]) -> str:
    """Return the hash of the listing of files, given as path and MD5 hash, as DVC writes it."""
    entries: Sequence[dict[str, str]] = [{"md5": value, "relpath": path} for path, value in sorted(files)]
    data = json.dumps(entries, sort_keys=True).encode()
    return md5(data, usedforsecurity=False).hexdigest() + ".dir"
