"""Messages of Protocol Buffers, written by their fields' numbers."""


def varint(value: int) -> bytes:
    """Return a number of variable length."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def field(number: int, value: int | str | bytes) -> bytes:
    """Return a field: a number, a text, or a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return opening(number, len(data)) + data


def opening(number: int, size: int) -> bytes:
    """Return what stands before a field of so many bytes."""
    return varint(number << 3 | 2) + varint(size)
