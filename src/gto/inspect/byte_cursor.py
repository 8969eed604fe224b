"""A place in a file that moves on: what walkers of binary formats take their next bytes from."""

from struct import calcsize, unpack

from gto.inspect.model_file import ModelFile, UnreadableModel

_AHEAD = 1 << 10


class ByteCursor:
    """Takes bytes of a file one after the other; those that are skipped are not read."""

    def __init__(self, file: ModelFile, at: int = 0) -> None:
        """Begin at a byte."""
        self.file = file
        self._start, self._data = at, b""  # what was read ahead, and where
        self._used = 0

    @property
    def at(self) -> int:
        """The place of the next byte."""
        return self._start + self._used

    @property
    def left(self) -> int:
        """How many bytes the file still has."""
        return self.file.size - self.at

    def take(self, count: int) -> bytes:
        """Return the next bytes; fewer than asked for are an error."""
        end = self._used + count
        if end > len(self._data):
            self._start, self._used, end = self.at, 0, count
            self._data = self.file.read(self._start, max(count, min(_AHEAD, self.file.size - self._start)))
        data = self._data[self._used : end]
        self._used = end
        return data

    def peek(self) -> bytes:
        """Return the next byte without going on; empty at the end."""
        if not self.left:
            return b""
        found = self.take(1)
        self._used -= 1
        return found

    def skip(self, count: int) -> None:
        """Move on over bytes that the file must have."""
        if not 0 <= count <= self.left:
            raise UnreadableModel(f"{self.file.name} ends at byte {self.file.size:,}, before byte {self.at + count:,}")
        self._used += count
        if self._used > len(self._data):
            self._start, self._used, self._data = self.at, 0, b""

    def number(self, form: str) -> int:
        """Return the next bytes as a number of a form that `struct` knows, its order of bytes first: `<Q`."""
        value: int = unpack(form, self.take(calcsize(form)))[0]
        return value
