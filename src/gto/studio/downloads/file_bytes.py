"""The bytes of one file on their way: from the first place that has them, and on from the next where one fails."""

from collections.abc import Generator, Iterator
from contextlib import closing
from time import sleep

from gto.exceptions import ChecksumMismatch, ContentMissing, GTOException, RemoteUnreachable
from gto.storage.fetcher import Fetcher, pause, shown, telling
from gto.storage.hashing import hasher
from gto.storage.location import Content, GitBlob, LfsObject, Source

_TRIES = 3  # in a row that bring nothing
_PROGRESS = 64 << 10  # bytes: a try that brought less brought nothing


def read_size(fetcher: Fetcher, content: Content) -> int | None:
    """Return how many bytes a file has; where nothing says, its places are asked. None where none tells."""
    if content.size is not None:
        return content.size
    failures: list[GTOException] = []
    for source in content.sources:
        try:
            found = _size_at(fetcher, source)
        except GTOException as error:
            failures.append(error)
        else:
            if found is not None:
                return found
    if len(failures) == len(content.sources):
        raise telling(failures) or ContentMissing(content.path, "nothing says where it is")
    return None


def _size_at(fetcher: Fetcher, source: Source) -> int | None:
    if isinstance(source, GitBlob):
        with closing(fetcher.blob(source)) as blobs:
            return next(blobs)[0]
    return source.size if isinstance(source, LfsObject) else fetcher.size(source)


class FileReader:
    """Reads one file, from `start` up to before `end`; a place that fails is left, and the next goes on there."""

    def __init__(self, fetcher: Fetcher, content: Content, start: int, end: int | None) -> None:
        self._fetcher = fetcher
        self._content = content
        self._at = start
        self._end = end
        self._failures: list[GTOException] = []

    def chunks(self) -> Generator[bytes, None, None]:
        """Yield the bytes; what says most of why is raised where no place has them all."""
        for source in self._content.sources:
            if (yield from self._drain(source)):
                return
        raise telling(self._failures) or ContentMissing(self._content.path, "nothing says where it is")

    def _drain(self, source: Source) -> Generator[bytes, None, bool]:
        """Yield what a place has; return whether that was all."""
        tries = 0
        while True:
            before = self._at
            try:
                yield from self._read(source)
            except RemoteUnreachable as error:
                tries = 1 if self._at - before >= _PROGRESS else tries + 1
                if error.passing and tries < _TRIES:
                    sleep(pause(tries))
                    continue
                self._failures.append(error)
                return False
            except GTOException as error:
                self._failures.append(error)
                return False
            if self._end is not None and self._at < self._end:
                self._failures.append(ChecksumMismatch(shown(source), f"{self._end} bytes", f"{self._at} bytes"))
                return False
            return True

    def _read(self, source: Source) -> Iterator[bytes]:
        if isinstance(source, GitBlob):
            with closing(self._fetcher.blob(source)) as blobs:
                for chunk in self._part(next(blobs)[1]):
                    self._at += len(chunk)
                    yield chunk
            return
        with closing(self._fetcher.chunks(source, self._at, self._end)) as found:
            for chunk in found:
                self._at += len(chunk)
                yield chunk

    def _part(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield of a whole file what is wanted: Git gives no parts."""
        first, passed = self._at, 0
        for chunk in chunks:
            wanted = chunk[max(first - passed, 0) : None if self._end is None else max(self._end - passed, 0)]
            passed += len(chunk)
            if wanted:
                yield wanted
            if self._end is not None and passed >= self._end:
                return


def read_whole(fetcher: Fetcher, content: Content, size: int | None) -> Generator[bytes, None, None]:
    """Yield all bytes of a file, the last of them only when all are what was promised."""
    digest = content.digest
    found = hasher(digest, size or 0) if digest else None
    held, total = b"", 0
    with closing(FileReader(fetcher, content, 0, size).chunks()) as chunks:
        for chunk in chunks:
            if held:
                yield held
            if found is not None:
                found.update(chunk)
            held = chunk
            total += len(chunk)
    place = shown(content.sources[0])
    if size is not None and total != size:
        raise ChecksumMismatch(place, f"{size} bytes", f"{total} bytes")
    if digest is not None and found is not None and found.hexdigest() != digest.value:
        raise ChecksumMismatch(place, f"{digest.algorithm} {digest.value}", f"{digest.algorithm} {found.hexdigest()}")
    if held:
        yield held
