"""What a watcher has handled: a journal on disk, a line an event, that a kill at any moment does not spoil."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from enum import Enum
from threading import Lock
from typing import BinaryIO, NamedTuple

from gto.exceptions import BadFile, LockHeld, UsageError, WatcherRuns
from gto.fs import atomic_write, cache_dir, file_lock
from gto.git import remote
from gto.git.repo import open_repo


class Mark(Enum):
    """What became of a tag."""

    DONE = "done"
    """It was delivered, or is no event to deliver."""
    PASSED = "passed"
    """It was there before the watcher, or no filter took it."""
    DEAD = "dead"
    """It could not be delivered."""
    TRY = "try"
    """It is to be delivered, or is being tried."""
    GONE = "gone"
    """It is not there any more; what became of it before is still known."""


class HandledTag(NamedTuple):
    """A tag, and what became of it."""

    mark: Mark
    oid: str
    """The tag object's id."""
    ref: str
    """The tag's name."""
    tries: int = 0
    """How many there were, with one that is going on; 0 of a tag that is only waiting."""
    reason: str = ""
    """What went wrong the last time; empty while a try is going on."""
    time: int = 0
    """When it was given up, in seconds since 1970."""

    @property
    def was_cut(self) -> bool:
        """Whether the watcher ended during the last try, as a journal that is read at its start tells."""
        return self.mark is Mark.TRY and self.tries > 0 and not self.reason

    def line(self) -> bytes:
        """Write it as it stands in a journal."""
        return json.dumps([self.mark.value, *self[1:]]).encode() + b"\n"


def parse(line: bytes) -> HandledTag:
    """Read a line of a journal; ValueError or TypeError where it is none."""
    mark, *rest = json.loads(line)
    return HandledTag(Mark(mark), *rest)


def held(tags: Mapping[str, str], mark: Mark) -> list[HandledTag]:
    """Return tags, object ids by name, with what became of them."""
    return [HandledTag(mark, oid, ref) for ref, oid in tags.items()]


_FORM = "gto-watch 1"  # raise the number when what is kept changes its meaning
_SLACK = 1000  # lines that say nothing new any more, beyond which the journal is written anew


class Cursor:
    """The tags that were handled; what add() gets is on disk when it returns. Only one that is opened may add."""

    def __init__(self, path: str, repo: str) -> None:
        """`repo` is the address of the repository, safe to keep."""
        self.path = path
        self.repo = repo
        self.held: dict[tuple[str, str], HandledTag] = {}
        """The tags that need nothing more, by their name and their object's id."""
        self.tried: dict[tuple[str, str], HandledTag] = {}
        """The tags that are to be delivered, or were tried, and are not handled yet."""
        self.is_new = True
        """Whether nothing was ever kept."""
        self._refs: dict[str, str] = {}
        self.handle = -1
        """The descriptor of the lock of one that is opened: a command that gets it holds the lock until it ends."""
        self._file: BinaryIO | None = None
        self._lines = 0
        self._lock = Lock()

    def add(self, *found: HandledTag) -> None:
        """Keep what became of tags; in one piece, on disk."""
        with self._lock:
            for one in found:
                self._take(one)
            if self._file is None or self._lines > 2 * len(self.held) + len(self.tried) + _SLACK:
                self._write_anew()
            else:
                self._file.write(b"".join(map(HandledTag.line, found)))
                self._file.flush()
                os.fsync(self._file.fileno())

    def names(self) -> dict[str, str]:
        """Return the object ids of the tags that were handled and are still there, by name."""
        with self._lock:
            return dict(self._refs)

    def before(self, there: Mapping[str, str]) -> dict[str, list[str]]:
        """Return, by name, what was handled under the names of those that are there with an object never seen."""
        found: dict[str, list[str]] = {}
        with self._lock:
            fresh = {ref for ref, oid in there.items() if (ref, oid) not in self.held and (ref, oid) not in self.tried}
            for ref, oid in self.held:
                if ref in fresh:
                    found.setdefault(ref, []).append(oid)
        return found

    def returned(self, there: Mapping[str, str]) -> list[HandledTag]:
        """Return the handled tags that were gone, and are among those, object ids by name, that are there."""
        with self._lock:
            found = ((ref, one) for (ref, oid), one in self.held.items() if there.get(ref) == oid)
            return [one for ref, one in found if self._refs.get(ref) != one.oid]

    def dead(self) -> list[HandledTag]:
        """Return the events that could not be delivered, in the order in which they were given up."""
        with self._lock:
            return sorted((one for one in self.held.values() if one.mark is Mark.DEAD), key=lambda one: one.time)

    def _take(self, one: HandledTag) -> None:
        key = one.ref, one.oid
        before = self.held.get(key)
        self._lines += 1
        if one.mark is Mark.GONE:
            if self._refs.get(one.ref) == one.oid:
                del self._refs[one.ref]
        elif one.mark is not Mark.TRY:
            self.tried.pop(key, None)
            self.held[key] = one
            self._refs[one.ref] = one.oid
        elif before is None or before.mark is Mark.PASSED:  # a dead letter stays one until it is delivered
            self.held.pop(key, None)
            self.tried[key] = one

    def load(self) -> int:
        """Read the journal, if there is one, and return how many of its bytes are whole lines."""
        data = atomic_write.read(self.path)
        if not data:
            return 0
        whole, end, _ = data.rpartition(b"\n")  # a kill may have cut the last line short: then it does not count
        first, *lines = whole.split(b"\n")
        self._check(first)
        self.is_new = False
        for number, text in enumerate(lines, 2):
            try:
                self._take(parse(text))
            except (ValueError, TypeError) as error:
                hint = "to begin anew, delete it; what is there by then is delivered only with --since"
                raise BadFile(self.path, "this is no line of a watcher's journal", number, hint) from error
        return len(whole) + len(end)

    def _check(self, first: bytes) -> None:
        form, _, repo = first.decode("utf-8", "surrogateescape").partition(" of ")
        if form != _FORM:
            raise BadFile(self.path, "this is no journal of a watcher", 1, "--state names another file")
        if repo != _one_line(self.repo):
            hint = "--state names another file; or watch the same repository under the same address"
            raise UsageError(f"'{self.path}' is the journal of a watcher of '{repo}'", hint)

    def open_file(self, whole: int) -> None:
        """Make ready to add to what is kept; what stands behind the whole lines is cut off."""
        self._file = open(self.path, "ab")  # noqa: SIM115  closed by close()
        if self._file.tell() != whole:
            self._file.truncate(whole)

    def _write_anew(self) -> None:
        gone = (one._replace(mark=Mark.GONE) for one in self.held.values() if self._refs.get(one.ref) != one.oid)
        lines = [one.line() for one in (*self.held.values(), *self.tried.values(), *gone)]
        atomic_write.replace(
            self.path,
            b"".join([f"{_FORM} of {_one_line(self.repo)}\n".encode("utf-8", "surrogateescape"), *lines]),
            0o600,
        )
        self.close()
        self._file = open(self.path, "ab")  # noqa: SIM115  closed by close()
        self._lines = len(lines)
        self.is_new = False

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()


def _one_line(address: str) -> str:
    return address.replace("\n", "\\n")


def read(path: str, repo: str) -> Cursor:
    """Return what a journal holds, to be read alone; there may be none yet."""
    _check_kind(path)
    cursor = Cursor(path, repo)
    cursor.load()
    return cursor


def _check_kind(path: str) -> None:
    if os.path.exists(path) and not os.path.isfile(path):
        raise UsageError(f"'{path}' is no file", "--state names a file; it is made where there is none")


@contextmanager
def opened(path: str, repo: str) -> Iterator[Cursor]:
    """Open a journal to add to it, which one process can do at a time: WatcherRuns where another does."""
    _check_kind(path)
    with ExitStack() as stack:
        try:
            taken = stack.enter_context(file_lock.take(f"{path}.lock", 0))
        except LockHeld as error:
            raise WatcherRuns(path) from error
        cursor = Cursor(path, repo)
        stack.callback(cursor.close)
        cursor.handle = taken.handle
        whole = cursor.load()
        if not cursor.is_new:
            cursor.open_file(whole)
        yield cursor


def address_of(repo: str) -> str:
    """Return the address of a repository without anything secret; of a path, the top of the repository around it."""
    if remote.is_url(repo):
        return remote.parse(repo).url
    found = open_repo(repo)
    common = os.path.realpath(found.common_dir)
    return found.top or (os.path.dirname(common) if os.path.basename(common) == ".git" else common)


def journal_of(address: str) -> str:
    """Return the journal of a repository's watcher, in the user's directory of state."""
    home = cache_dir.user_directory("XDG_STATE_HOME", ".local", "state")
    word = re.sub(r"[^A-Za-z0-9.-]+", "-", address.removesuffix(".git").rpartition("/")[2]).strip(".-")[:40]
    name = f"{word or 'repository'}-{cache_dir.digest(address.encode('utf-8', 'surrogateescape'))[:16]}"
    return os.path.join(home, "gto", "watch", f"{name}.journal")
