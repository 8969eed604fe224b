"""Files of a repository looked at without git: what killed processes left behind, and refs that are damaged."""

import glob
import io
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from gto.fs.regular_file import is_within, read_file
from gto.git.command import Git

STALE = 600.0
"""Seconds after which a lock or a temporary file is taken for left behind; git holds a lock for moments."""

_LOCK = ".lock"
_TEMPORARY_RE = re.compile(r"\.gto-[a-z0-9_]{8,12}\.tmp")  # as annotate names them


class Leftover(NamedTuple):
    """A file that should be gone by now, or soon."""

    path: str
    age: float
    """Seconds since it was last written to."""

    @property
    def is_stale(self) -> bool:
        """Whether it is older than any process would need it."""
        return self.age > STALE


def find_locks(common_dir: str, now: float) -> list[Leftover]:
    """Return the locks on refs, HEAD, index, configuration and the cache, of all work trees."""
    places = [common_dir, os.path.join(common_dir, "gto")]
    with suppress(OSError):
        places += [entry.path for entry in os.scandir(os.path.join(common_dir, "worktrees"))]
    for place, _, _ in os.walk(os.path.join(common_dir, "refs")):
        places.append(place)
    root = os.path.realpath(common_dir)
    inside = [place for place in places if is_within(place, root)]  # a link may lead to files that are another's
    return [Leftover(path, _age(path, now)) for place in inside for path in _files(place) if path.endswith(_LOCK)]


def find_temporary(git: Git, top: str, now: float) -> list[Leftover]:
    """Return the temporary files of gto in the work tree that git does not track."""
    files = ["ls-files", "--others", "--full-name", "-z", "--", ":(top,glob)**/.gto-*.tmp"]
    out = git.run(["-c", "core.fsmonitor=false", *files])
    paths = (path for path in out.decode("utf-8", "surrogateescape").split("\0") if path)
    found = [path for path in paths if _TEMPORARY_RE.fullmatch(path.rpartition("/")[2])]
    return [Leftover(os.path.join(top, path), _age(os.path.join(top, path), now)) for path in found]


def find_process(common_dir: str) -> int | None:
    """Return the number of a git process at work in a repository or its work trees; where /proc tells, on Linux."""
    places = [os.path.realpath(place) for place in _work_places(common_dir)]
    for number in _numbers():
        with suppress(OSError):  # it has ended, or is another user's
            with open(f"/proc/{number}/comm", encoding="utf-8", errors="replace") as file:
                is_git = file.read().rstrip("\n").partition("-")[0] == "git"
            if is_git and _is_below(os.readlink(f"/proc/{number}/cwd"), places):
                return int(number)
    return None


def _work_places(common_dir: str) -> Iterator[str]:
    yield common_dir
    if os.path.basename(common_dir) == ".git":
        yield os.path.dirname(common_dir)
    for path in glob.iglob(os.path.join(glob.escape(common_dir), "worktrees", "*", "gitdir")):
        with suppress(OSError):
            yield os.path.dirname(os.fsdecode(read_file(path, 4096) or b"").rstrip("\n"))


def _numbers() -> list[str]:
    try:
        return [name for name in os.listdir("/proc") if name.isdecimal()]
    except OSError:
        return []


def _is_below(path: str, places: list[str]) -> bool:
    return any(path == place or path.startswith(f"{place}{os.sep}") for place in places)


def _files(directory: str) -> Iterator[str]:
    with suppress(OSError):
        yield from sorted(entry.path for entry in os.scandir(directory) if entry.is_file(follow_symlinks=False))


def _age(path: str, now: float) -> float:
    try:
        return now - os.lstat(path).st_mtime
    except OSError:  # it is gone by now
        return 0.0


_SOUND_RE = re.compile(rb"(?:[0-9a-f]{40}(?:[0-9a-f]{24})?|ref: *\S+)\s*")
_NULL_RE = re.compile(rb"0+\s*")
_LINE_RE = re.compile(rb"(?:[0-9a-f]{40}(?:[0-9a-f]{24})? [^\x00-\x20\x7f]+|\^[0-9a-f]{40}(?:[0-9a-f]{24})?)\n")
_LONGEST = 4096  # bytes: no ref's file is longer


def broken_refs(common_dir: str) -> list[str]:
    """Return the names of refs whose files hold no object id."""
    if os.path.isdir(os.path.join(common_dir, "reftable")):
        return []  # refs are kept in another form
    found = []
    for path in _ref_files(os.path.join(common_dir, "refs")):
        with suppress(OSError):
            text = read_file(path, _LONGEST) or b""
            if not _SOUND_RE.fullmatch(text) or _NULL_RE.fullmatch(text):
                found.append(os.path.relpath(path, common_dir).replace(os.sep, "/"))
    return sorted(found)


def _ref_files(directory: str) -> Iterator[str]:
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
