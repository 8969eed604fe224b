"""Bytes read from front to back: what is long is passed over, and no length is believed before it is checked."""

from struct import Struct

from gto.inspect.model_file import BLOCK, ModelFile, UnreadableModel

_LONGEST_LINE = 4096


class EndsEarly(UnreadableModel):
    """The bytes end where more are needed: no loader goes on from here."""


class ByteStream:
    """A place in a file, or in what a file unpacks to."""

    def __init__(self, start: int = 0) -> None:
        """Begin with nothing read."""
        self._block = b""
        self._next = 0  # in the block
        self._base = start  # of the block

    @property
    def at(self) -> int:
        """How many bytes lie before this place."""
        return self._base + self._next

    def byte(self) -> int:
        """Return the next byte."""
        if self._next >= len(self._block):
            self._refill()
        self._next += 1
        return self._block[self._next - 1]

    def take(self, count: int) -> bytes:
        """Return the next bytes; few, since they are kept in memory."""
        found = self._block[self._next : self._next + count]
        self._next += len(found)
        while len(found) < count:
            self._refill()
            more = self._block[: count - len(found)]
            self._next = len(more)
            found += more
        return found

    def number(self, form: Struct) -> int:
        """Return the next bytes as a number."""
        value: int = form.unpack(self.take(form.size))[0]
        return value

    def line(self) -> bytes:
        """Return the bytes up to the next end of line, and pass over it; a long line is an error."""
        found = self.line_if_short()
        if found is None:
            raise UnreadableModel(f"a line in it is longer than {_LONGEST_LINE:,} bytes")
        return found

    def line_if_short(self) -> bytes | None:
        """Return the bytes up to the next end of line, or None for a long line, and pass over it."""
        parts: list[bytes] = []
        length = 0
        while (end := self._block.find(b"\n", self._next)) < 0:
            length += len(self._block) - self._next
            if length <= _LONGEST_LINE:
                parts.append(self._block[self._next :])
            self._next = len(self._block)
            self._refill()
        length += end - self._next
        parts.append(self._block[self._next : min(end, self._next + _LONGEST_LINE)])
        self._next = end + 1
        return b"".join(parts) if length <= _LONGEST_LINE else None

    def skip(self, count: int) -> None:
        """Pass over the next bytes."""
        within = min(count, len(self._block) - self._next)
        self._next += within
        if within < count:
            self._jump(count - within)

    def check(self, count: int) -> None:
        """Raise where it is known that so many bytes do not follow."""

    def is_at_end(self) -> bool:
        """Return whether no byte follows."""
        if self._next < len(self._block):
            return False
        try:
            self._refill()
        except EndsEarly:
            return True
        return False

    def _refill(self) -> None:
        """Replace the block, which is used up, by the next one."""
        following = self._more()
        if not following:
            raise EndsEarly("it ends too early")
        self._base += len(self._block)
        self._block, self._next = following, 0

    def _jump(self, count: int) -> None:
        """Pass over bytes that follow the block."""
        while count:
            self._refill()
            self._next = min(count, len(self._block))
            count -= self._next

    def _more(self) -> bytes:
        """Return the bytes that follow the block; none at the end."""
        return b""


class FileStream(ByteStream):
    """A place in a file: what is passed over is not read."""

    def __init__(self, file: ModelFile, start: int = 0) -> None:
        """Begin at an offset."""
        super().__init__(start)
        self._file = file

    def check(self, count: int) -> None:
        """Raise where the file ends before so many bytes."""
        if count > self._file.size - self.at:
            raise EndsEarly(f"it ends at byte {self._file.size:,}, and says that {count:,} bytes follow {self.at:,}")

    def _jump(self, count: int) -> None:
        self.check(count)
        self._base += len(self._block) + count
        self._block, self._next = b"", 0

    def _more(self) -> bytes:
        start = self._base + len(self._block)
        return self._file.read(start, min(_until_next(start), self._file.size - start))


def _until_next(start: int) -> int:
    """Return how many bytes follow in the block of the file: a read over two of them would ask for both."""
    return BLOCK - start % BLOCK
