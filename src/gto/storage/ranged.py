"""A file read at any place, where it is: only the ranges that are asked for are fetched."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from time import sleep
from typing import NamedTuple, Self, TypeVar

from gto.exceptions import ContentMissing, GTOException, RemoteUnreachable, SendsNoParts
from gto.git.repo import Repo
from gto.storage.fetcher import TRIES, Fetcher, pause, shown, telling
from gto.storage.location import Content, GitBlob, LfsObject, Source, StoreObject

_IN_MEMORY = 8 << 20  # bytes of a blob; a larger one goes to a temporary file
_BEGINNING = 1 << 20  # bytes that are read, once, from a server that sends no parts

T = TypeVar("T")


class RangedFiles:
    """Files that are read in ranges; a context, as blobs are kept until its end: of a blob Git gives the whole only."""

    def __init__(self, contents: Sequence[Content], repo: Repo | None = None) -> None:
        """`repo` has the blobs, and the user's settings for Git LFS, whose servers are asked once for all files."""
        self._fetcher = Fetcher(repo, lambda _: None)
        self._opened = ExitStack()
        self._fetcher.prepare(contents)

    def __enter__(self) -> Self:
        """Return the files."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of what was opened."""
        self._opened.close()

    def open(self, content: Content) -> "RangedFile":
        """Return a file; nothing is asked of its sources yet."""
        return RangedFile(content, self._fetcher, self._opened)


class _Beginning(NamedTuple):
    """What is had of a file from a server that sends no parts."""

    source: Source
    data: bytes
    refusal: SendsNoParts

    def part(self, start: int, count: int) -> bytes:
        if start + count > len(self.data) == _BEGINNING:
            raise self.refusal
        return self.data[start : start + count]


class RangedFile:
    """A file, from the first of its sources that answers."""

    def __init__(self, content: Content, fetcher: Fetcher, opened: ExitStack) -> None:
        self._content = content
        self._sources = list(content.sources)
        self._fetcher = fetcher
        self._opened = opened
        self._blob: tempfile.SpooledTemporaryFile[bytes] | None = None
        self._beginning: _Beginning | None = None

    def size(self) -> int:
        """Return how many bytes there are; where nothing told, a source is asked."""
        return self._ask(self._size_at) if self._content.size is None else self._content.size

    def read(self, start: int, count: int) -> bytes:
        """Return so many bytes from `start` on; fewer only at the end."""
        return self._ask(lambda source: self._read_at(source, start, count)) if count else b""

    def _ask(self, question: Callable[[Source], T]) -> T:
        """Return what the first source answers; one that does not is not asked again."""
        failures: list[GTOException] = []
        while self._sources:
            try:
                return _patiently(question, self._sources[0])
            except GTOException as error:
                failures.append(error)
                del self._sources[0]
        raise telling(failures) or ContentMissing(self._content.path, "nothing says where it is")

    def _size_at(self, source: Source) -> int:
        if isinstance(source, GitBlob):
            return self._whole(source).seek(0, 2)
        found = source.size if isinstance(source, LfsObject) else self._fetcher.size(source)
        if found is None:
            raise RemoteUnreachable(shown(source), "the server does not tell how large the file is")
        return found

    def _read_at(self, source: Source, start: int, count: int) -> bytes:
        if isinstance(source, GitBlob):
            whole = self._whole(source)
            whole.seek(start)
            return whole.read(count)
        if self._beginning is None or self._beginning.source != source:
            try:
                return self._part(source, start, count)
            except SendsNoParts as error:
                self._beginning = _Beginning(source, self._part(source, 0, _BEGINNING), error)
        return self._beginning.part(start, count)

    def _part(self, source: StoreObject | LfsObject, start: int, count: int) -> bytes:
        with closing(self._fetcher.chunks(source, start, start + count)) as chunks:
            return b"".join(chunks)

    def _whole(self, source: GitBlob) -> "tempfile.SpooledTemporaryFile[bytes]":
        if self._blob is None:
            kept = self._opened.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115  until all files end
            with closing(self._fetcher.blob(source)) as blobs:
                for chunk in next(blobs)[1]:
                    kept.write(chunk)
            self._blob = kept
        return self._blob


def _patiently(question: Callable[[Source], T], source: Source) -> T:
    """Ask again where what went wrong passes."""
    for tries in range(1, TRIES):
        try:
            return question(source)
        except RemoteUnreachable as error:
            if not error.passing:
                raise
            sleep(pause(tries))
    return question(source)
