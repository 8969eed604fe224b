"""The files that hold refs, read without git: refs without an object id, lines of packed-refs that are none."""

import io
import os
import re
from collections.abc import Iterator
from contextlib import suppress

from gto.fs.regular_file import read_file

_SOUND_RE = re.compile(rb"(?:[0-9a-f]{40}(?:[0-9a-f]{24})?|ref: *\S+)\s*")
_NULL_RE = re.compile(rb"0+\s*")
_LINE_RE = re.compile(rb"(?:[0-9a-f]{40}(?:[0-9a-f]{24})? [^\x00-\x20\x7f]+|\^[0-9a-f]{40}(?:[0-9a-f]{24})?)\n")
_LONGEST = 4096  # bytes: no ref's file is longer


def broken_refs(common_dir: str) -> list[str]:
    """Return the names of refs whose files hold no object id."""
    if os.path.isdir(os.path.join(common_dir, "reftable")):
        return []  # refs are kept in another form
    found = []
    for path in _files(os.path.join(common_dir, "refs")):
        with suppress(OSError):
            text = read_file(path, _LONGEST) or b""
            if not _SOUND_RE.fullmatch(text) or _NULL_RE.fullmatch(text):
                found.append(os.path.relpath(path, common_dir).replace(os.sep, "/"))
    return sorted(found)


def _files(directory: str) -> Iterator[str]:
    for place, _, names in os.walk(directory):
        for name in names:
            if not name.endswith(".lock"):  # which no ref's name may
                yield os.path.join(place, name)


def broken_lines(common_dir: str) -> list[tuple[int, str]]:
    """Return the lines of packed-refs, with their numbers from 1, that are no refs."""
    text = read_file(os.path.join(common_dir, "packed-refs")) or b""
    return [
        (number, line.decode("utf-8", "backslashreplace").rstrip("\n"))
        for number, line in enumerate(io.BytesIO(text), 1)
        if not (_LINE_RE.fullmatch(line) or (number == 1 and line.startswith(b"# pack-refs with:")))
    ]
