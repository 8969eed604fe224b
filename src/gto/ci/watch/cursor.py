"""What a watcher has handled: a journal on disk, a line an event, that a kill at any moment does not spoil."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from threading import Lock
from typing import BinaryIO, NamedTuple

from gto.exceptions import BadFile, MirrorBusy, UsageError, WatcherRuns
from gto.git import lock
from gto.registry import whole_file

_FORM = "gto-watch 1"  # raise the number when what is kept changes its meaning
_SLACK = 1000  # lines that say nothing new any more, beyond which the journal is written anew


class Mark(Enum):
    """What became of a tag."""

    DONE = "done"
    """It was delivered, or is no event to deliver."""
    PASSED = "passed"
    """It was there before the watcher, or no filter took it."""
    DEAD = "dead"
    """It could not be delivered."""
    GONE = "gone"
    """It is not there any more; the object is still known."""


class Held(NamedTuple):
    """A tag that needs nothing more, and why."""

    mark: Mark
    oid: str
    """The tag object's id."""
    ref: str
    """The tag's name."""
    tries: int = 0
    reason: str = ""
    """Of a dead letter, what went wrong the last time."""
    time: int = 0
    """Of a dead letter, when it was given up, in seconds since 1970."""


class Cursor:
    """The tags that were handled; what add() gets is on disk when it returns. Only one that is opened may add."""

    def __init__(self, path: str, repo: str) -> None:
        """`repo` is the address of the repository, safe to keep."""
        self.path = path
        self.repo = repo
        self.held: dict[tuple[str, str], Held] = {}
        """By the tag's name and its object's id."""
        self.is_new = True
        """Whether nothing was ever kept."""
        self._refs: dict[str, str] = {}
        self._file: BinaryIO | None = None
        self._lines = 0
        self._lock = Lock()

    def add(self, *found: Held) -> None:
        """Keep what became of tags; in one piece, on disk."""
        with self._lock:
            for one in found:
                self._take(one)
            if self._file is None or self._lines > 2 * len(self.held) + _SLACK:
                self._write_anew()
            else:
                self._file.write(b"".join(map(_line, found)))
                self._file.flush()
                os.fsync(self._file.fileno())

    def names(self) -> dict[str, str]:
        """Return the object ids of the tags that were handled and are still there, by name."""
        with self._lock:
            return dict(self._refs)

    def dead(self) -> list[Held]:
        """Return the events that could not be delivered, in the order in which they were given up."""
        with self._lock:
            return sorted((one for one in self.held.values() if one.mark is Mark.DEAD), key=lambda one: one.time)

    def _take(self, one: Held) -> None:
        self.held[one.ref, one.oid] = one
        self._lines += 1
        if one.mark is not Mark.GONE:
            self._refs[one.ref] = one.oid
        elif self._refs.get(one.ref) == one.oid:
            del self._refs[one.ref]

    def load(self) -> int:
        """Read the journal, if there is one, and return how many of its bytes are whole lines."""
        data = whole_file.read(self.path)
        if not data:
            return 0
        whole, end, _ = data.rpartition(b"\n")  # a kill may have cut the last line short: then it does not count
        first, *lines = whole.split(b"\n")
        self._check(first)
        self.is_new = False
        for number, line in enumerate(lines, 2):
            try:
                mark, *rest = json.loads(line)
                self._take(Held(Mark(mark), *rest))
            except (ValueError, TypeError) as error:
                hint = "to begin anew, delete it; what is there by then is delivered only with --since"
                raise BadFile(self.path, "this is no line of a watcher's journal", number, hint) from error
        return len(whole) + len(end)

    def _check(self, first: bytes) -> None:
        form, _, repo = first.decode("utf-8", "replace").partition(" of ")
        if form != _FORM:
            raise BadFile(self.path, "this is no journal of a watcher", 1, "--state names another file")
        if repo != self.repo:
            hint = "--state names another file; or watch the same repository under the same address"
            raise UsageError(f"'{self.path}' is the journal of a watcher of '{repo}'", hint)

    def open_file(self, whole: int) -> None:
        """Make ready to add to what is kept; what stands behind the whole lines is cut off."""
        self._file = open(self.path, "ab")  # noqa: SIM115  closed by close()
        if self._file.tell() != whole:
            self._file.truncate(whole)

    def _write_anew(self) -> None:
        lines = [f"{_FORM} of {self.repo}\n".encode(), *map(_line, self.held.values())]
        whole_file.replace(self.path, b"".join(lines), 0o600)
        self.close()
        self._file = open(self.path, "ab")  # noqa: SIM115  closed by close()
        self._lines = len(self.held)
        self.is_new = False

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()


def _line(one: Held) -> bytes:
    return json.dumps([one.mark.value, *one[1:]]).encode() + b"\n"


def read(path: str, repo: str) -> Cursor:
    """Return what a journal holds, to be read alone; there may be none yet."""
    cursor = Cursor(path, repo)
    cursor.load()
    return cursor


@contextmanager
def opened(path: str, repo: str) -> Iterator[Cursor]:
    """Open a journal to add to it, which one process can do at a time: WatcherRuns where another does."""
    try:
        with lock.hold(f"{path}.lock", 0):
            cursor = Cursor(path, repo)
            whole = cursor.load()
            if not cursor.is_new:
                cursor.open_file(whole)
            try:
                yield cursor
            finally:
                cursor.close()
    except MirrorBusy as error:
        if error.path != f"{path}.lock":
            raise
        raise WatcherRuns(path) from error


def done(tags: Iterable[tuple[str, str]], mark: Mark = Mark.DONE) -> list[Held]:
    """Return tags, each an object id and a name, as handled."""
    return [Held(mark, oid, ref) for oid, ref in tags]
