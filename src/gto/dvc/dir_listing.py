"""The listing of a directory that DVC keeps: an object of JSON, whose hash ends with `.dir`."""

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Sequence
from hashlib import md5
from typing import Literal, NamedTuple, cast

from gto.dvc.dvc_file import check_relpath
from gto.exceptions import BadFile
from gto.storage.location import Digest

LARGEST = 256 << 20
"""Bytes of a listing that are read: some two million files."""


_WINDOW = 1 << 20  # bytes that are read at a time
_LONGEST_ENTRY = 1 << 16  # characters
_BLANKS_RE = re.compile(r"[ \t\n\r]*")


class Listed(NamedTuple):
    """A file of a directory."""

    path: str
    digest: Digest


def parse_listing(data: bytes, algorithm: Literal["md5", "md5-dos2unix"], name: str) -> tuple[Listed, ...]:
    """Return the files of a listing in the order of their paths, or raise BadFile; `name` is for the error."""
    found: dict[str, Listed] = {}
    for entry in _Entries(data, name):
        if not isinstance(entry.get("md5"), str):
            raise BadFile(name, "a file without a hash")
        path = check_relpath(entry.get("relpath"), name)
        if path in found:
            raise BadFile(name, f"'{path}' stands twice")
        value = str(entry["md5"]).lower()
        if len(value) != 32 or not set(value) <= set("0123456789abcdef"):  # noqa: PLR2004  digits of an MD5 hash
            raise BadFile(name, f"'{value}' is no MD5 hash")
        found[path] = Listed(path, Digest(algorithm, value))
    return tuple(found[path] for path in sorted(found))


def listing_of(files: Iterable[tuple[str, str]]) -> bytes:
    """Return the listing of files, given as path and MD5 hash, as DVC writes it."""
    entries: Sequence[dict[str, str]] = [{"md5": value, "relpath": path} for path, value in sorted(files)]
    return json.dumps(entries, sort_keys=True).encode()


def hash_of(files: Iterable[tuple[str, str]]) -> str:
    """Return the hash of the listing of files, given as path and MD5 hash."""
    return md5(listing_of(files), usedforsecurity=False).hexdigest() + ".dir"


class _Entries:
    """The entries of a listing, one by one: read whole, one of nonsense takes many times its size."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data = data
        self._name = name
        self._decode = getincrementaldecoder("utf-8")().decode
        self._scan = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0  # in the text
        self._taken = 0  # of the data

    def __iter__(self) -> Iterator[dict[object, object]]:
        if self._next() != "[":
            raise BadFile(self._name, "a list of files was expected")
        self._at += 1
        char = self._next()
        while char != "]":
            yield self._entry()
            char = self._next()
            if char == ",":
                self._at += 1
            elif char != "]":
                raise BadFile(self._name, "no JSON: a list that does not end")
        self._at += 1
        if self._next():
            raise BadFile(self._name, "no JSON: more than a list")

    def _entry(self) -> dict[object, object]:
        if self._next() != "{":
            raise BadFile(self._name, "a file without a hash")
        while True:
            try:
                entry, self._at = self._scan(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if len(self._text) - self._at > _LONGEST_ENTRY or not self._fill():
                    raise BadFile(self._name, f"no JSON: {error}") from None
            else:
                return cast("dict[object, object]", entry)

    def _next(self) -> str:
        """Return the next character that is no blank; empty at the end."""
        while True:
            blanks = _BLANKS_RE.match(self._text, self._at)
            self._at = blanks.end() if blanks else self._at
            if self._at < len(self._text) or not self._fill():
                return self._text[self._at : self._at + 1]

    def _fill(self) -> bool:
        if self._taken >= len(self._data):
            return False
        part = self._data[self._taken : self._taken + _WINDOW]
        self._taken += len(part)
        try:
            new = self._decode(part, final=self._taken >= len(self._data))
        except UnicodeDecodeError as error:
            raise BadFile(self._name, f"no JSON: {error}") from None
        self._text, self._at = self._text[self._at :] + new, 0
        return True
