"""The data types of the SSH protocol (RFC 4251, section 5), read from bytes that strangers wrote."""


class Wire:
    """Bytes, and how far they were read; what is cut short, or not as it should be, raises ValueError."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        part = self._data[self._at : self._at + size]
        if len(part) != size:
            raise ValueError("it is cut short")
        self._at += size
        return part

    def number(self, size: int = 4) -> int:
        """Read a number of so many bytes, the highest first."""
        return int.from_bytes(self.take(size))

    def string(self) -> bytes:
        """Read bytes behind their count."""
        return self.take(self.number())

    def integer(self) -> int:
        """Read a large number, which is not negative."""
        text = self.string()
        if text[:1] >= b"\x80":
            raise ValueError("a number is negative")
        return int.from_bytes(text)

    def strings(self) -> "list[bytes]":
        """Read all strings that are left."""
        found = []
        while self.left:
            found.append(self.string())
        return found

    @property
    def left(self) -> int:
        """How many bytes were not read yet."""
        return len(self._data) - self._at

    def end(self) -> None:
        """Raise ValueError where something is left."""
        if self.left:
            raise ValueError("it is too long")


def string(data: bytes) -> bytes:
    """Write bytes behind their count."""
    return len(data).to_bytes(4) + data
