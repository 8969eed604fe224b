"""The bytes of one file on their way: from the first place that has them, and on from the next where one fails."""

from collections.abc import Generator, Iterator
from contextlib import closing
from time import sleep

from gto.exceptions import ChecksumMismatch, ContentMissing, GTOException, RemoteUnreachable, StoreRefused
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

    @property
    def is_of_first(self) -> bool:
        """Whether all that was read came from the first place."""
        return not self._failures

    def chunks(self) -> Generator[bytes, None, None]:
        """Yield the bytes; what says most of why is raised where no place has them all."""
        for source in self._content.sources:
            if (yield from self._drain(source)):
                return
        raise telling(self._failures) or ContentMissing(self._content.path, "nothing says where it is")

    def _drain(self, source: Source) -> Generator[bytes, None, bool]:
        """Yield what a place has; return whether that was all."""
        tries, end = 0, self._end
        while True:
            before = self._at
            try:
                yield from self._read(source, end)
            except RemoteUnreachable as error:
                tries = 1 if self._at - before >= _PROGRESS else tries + 1
                if error.passing and tries < _TRIES:
                    sleep(pause(tries))
                elif end is not None and not error.passing and not isinstance(error, StoreRefused):
                    end = None  # a server that sends no parts sends all, of which some is dropped
                else:
                    self._failures.append(error)
                    return False
                continue
            except GTOException as error:
                self._failures.append(error)
                return False
            if self._end is not None and self._at < self._end:
                self._failures.append(ChecksumMismatch(shown(source), f"{self._end} bytes", f"{self._at} bytes"))
                return False
            return True

    def _read(self, source: Source, end: int | None) -> Iterator[bytes]:
        if isinstance(source, GitBlob):  # Git gives no parts
            with closing(self._fetcher.blob(source)) as blobs:
                yield from self._wanted(next(blobs)[1], 0)
            return
        with closing(self._fetcher.chunks(source, self._at, end)) as found:
            yield from self._wanted(found, self._at)

    def _wanted(self, chunks: Iterator[bytes], begin: int) -> Iterator[bytes]:
        """Yield what is wanted of bytes that begin at a place of the file; nothing for each step of the way there."""
        for chunk in chunks:
            wanted = chunk[max(self._at - begin, 0) : None if self._end is None else max(self._end - begin, 0)]
            begin += len(chunk)
            self._at += len(wanted)
            yield wanted
            if self._end is not None and begin >= self._end:
                return


def read_whole(fetcher: Fetcher, content: Content, size: int | None) -> Generator[bytes, None, None]:
    """Yield all bytes of a file, the last of them only when all are what was promised."""
    return read_checked(FileReader(fetcher, content, 0, size), content, size)


def read_checked(reader: FileReader, content: Content, size: int | None) -> Generator[bytes, None, None]:
    """Yield all bytes of a file, the last of them only when all are what was promised."""
    digest = content.digest
    found = hasher(digest, size or 0) if digest else None
    held, total = b"", 0
    with closing(reader.chunks()) as chunks:
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
