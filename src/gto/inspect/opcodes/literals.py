"""The opcodes that push what stands behind them: numbers, bytes and text, of pickle protocols 0 to 5."""

import codecs
from collections.abc import Callable, Mapping
from struct import Struct

from gto.inspect.model_file import UnreadableModel
from gto.inspect.opcodes.records import Entries, Payload
from gto.inspect.opcodes.stream import ByteStream

KEPT = 4096
"""The longest bytes and text that are kept: longer ones are weights, trees or code, and are passed over."""

U1, U2, U4, U8 = Struct("<B"), Struct("<H"), Struct("<I"), Struct("<Q")
I4 = Struct("<i")
_FLOAT = Struct(">d")

Literal = Callable[[ByteStream], object]


def wrapped(read: Callable[[ByteStream], object]) -> Literal:
    """Return a reader for which an ill-formed number or text is an unreadable model."""

    def reading(stream: ByteStream) -> object:
        try:
            return read(stream)
        except (ValueError, OverflowError) as error:
            raise UnreadableModel(f"an opcode in it has an ill-formed argument: {str(error)[:100]}") from error

    return reading


def _line(kind: str, parse: Callable[[bytes], object]) -> Literal:
    def read(stream: ByteStream) -> object:
        start = stream.at
        line = stream.line_if_short()
        return Payload(kind, start, stream.at - start) if line is None else parse(line)

    return wrapped(read)


def _int(line: bytes) -> object:
    return line == b"01" if line in {b"00", b"01"} else int(line, 0)


def _quoted(line: bytes) -> object:
    line = line.strip(b" \t\r")
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in {b"'", b'"'}:  # noqa: PLR2004  two quotes
        raise ValueError("the text is not in quotes")
    return _ascii(codecs.escape_decode(line[1:-1])[0])


def _long(length: Struct) -> Literal:
    def read(stream: ByteStream) -> object:
        count = stream.number(length)
        kept = _counted(stream, "number", count)
        return kept if isinstance(kept, Payload) else int.from_bytes(kept, "little", signed=True)

    return read


def _string(length: Struct) -> Literal:
    def read(stream: ByteStream) -> object:
        kept = _counted(stream, "text", stream.number(length))
        return kept if isinstance(kept, Payload) else _ascii(kept)

    return read


def _ascii(data: bytes) -> str | bytes:
    """Return text of Python 2; what is not ASCII is bytes for those who load it at all."""
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        return data


def _unicode(length: Struct) -> Literal:
    def read(stream: ByteStream) -> object:
        kept = _counted(stream, "text", stream.number(length))
        return kept if isinstance(kept, Payload) else str(kept, "utf-8", "surrogatepass")

    return read


def _bytes(length: Struct) -> Literal:
    return lambda stream: _counted(stream, "bytes", stream.number(length))


def _counted(stream: ByteStream, kind: str, count: int) -> bytes | Payload:
    """Return the next bytes, or where they are if there are many."""
    if count < 0:
        raise ValueError("a length is negative")
    if count <= KEPT:
        return stream.take(count)
    stream.check(count)
    start = stream.at
    stream.skip(count)
    return Payload(kind, start, count)


LITERALS: Mapping[int, Literal] = {
    ord("N"): lambda _: None,
    0x88: lambda _: True,
    0x89: lambda _: False,
    ord("I"): _line("number", _int),
    ord("J"): lambda stream: stream.number(I4),
    ord("K"): ByteStream.byte,
    ord("M"): lambda stream: stream.number(U2),
    ord("L"): _line("number", lambda line: int(line.removesuffix(b"L"), 0)),
    0x8A: wrapped(_long(U1)),
    0x8B: wrapped(_long(I4)),
    ord("F"): _line("number", float),
    ord("G"): lambda stream: stream.number(_FLOAT),
    ord("S"): _line("text", _quoted),
    ord("T"): wrapped(_string(I4)),
    ord("U"): wrapped(_string(U1)),
    ord("V"): _line("text", lambda line: line.decode("raw-unicode-escape")),
    ord("X"): wrapped(_unicode(U4)),
    0x8C: wrapped(_unicode(U1)),
    0x8D: wrapped(_unicode(U8)),
    ord("B"): wrapped(_bytes(U4)),
    ord("C"): wrapped(_bytes(U1)),
    0x8E: wrapped(_bytes(U8)),
    0x96: wrapped(_bytes(U8)),
    ord(")"): lambda _: (),
    ord("]"): lambda _: [],
    ord("}"): lambda _: Entries(),
    0x8F: lambda _: [],
}
