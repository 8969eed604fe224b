"""Packed pickles, unpacked block by block: joblib packs whole files, and many people pack them with gzip."""

import zlib
from collections.abc import Callable
from typing import Protocol

from gto.inspect.model_file import AHEAD, ModelFile, UnreadableModel
from gto.inspect.opcodes.stream import ByteStream

_MEMORY = 128 << 20  # of the dictionary of lzma; what `xz -9` makes needs 65 MiB
_ZLIB_HEADER = 31  # RFC 1950: the first two bytes as a number are a multiple of it
_ERRORS = (zlib.error, OSError, EOFError, ValueError)


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Zlib:
    """zlib's decompressor with the interface of the two others: what it was not asked for, it keeps."""

    def __init__(self, window: int) -> None:
        self._inner = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class _Lzma:
    """lzma's decompressor, whose error is one of ours."""

    def __init__(self, form: str) -> None:
        import lzma  # a Python may be built without it

        self._error = lzma.LZMAError
        self._inner = lzma.LZMADecompressor(getattr(lzma, f"FORMAT_{form}"), memlimit=_MEMORY)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return self._inner.needs_input

    def decompress(self, data: bytes, max_length: int) -> bytes:
        try:
            return self._inner.decompress(data, max_length)
        except self._error as error:
            raise ValueError(str(error)) from error


def _bz2() -> _Unpacker:
    import bz2  # a Python may be built without it

    return bz2.BZ2Decompressor()


_UNPACKERS: dict[str, Callable[[], _Unpacker]] = {
    "zlib": lambda: _Zlib(zlib.MAX_WBITS),
    "gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "bz2": _bz2,
    "xz": lambda: _Lzma("XZ"),
    "lzma": lambda: _Lzma("ALONE"),
}


def _unpacker(packing: str) -> _Unpacker:
    try:
        return _UNPACKERS[packing]()
    except ImportError as error:
        raise UnreadableModel(f"it is packed with {packing}, which this Python was built without") from error


def packed_with(head: bytes) -> str:
    """Return how a file that begins like this is packed: `zlib`, `gzip`, `bz2`, `xz`, `lzma`; empty where it is not."""
    if head.startswith(b"\x78") and len(head) > 1 and int.from_bytes(head[:2], "big") % _ZLIB_HEADER == 0:
        return "zlib"
    magics = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\0": "xz", b"\x5d\0\0": "lzma"}
    return next((name for magic, name in magics.items() if head.startswith(magic)), "")


def first_unpacked(head: bytes, packing: str) -> bytes:
    """Return what the first bytes of a packed file unpack to, as far as they reach."""
    try:
        return _unpacker(packing).decompress(head, len(head))
    except (UnreadableModel, *_ERRORS):
        return b""


class UnpackedStream(ByteStream):
    """A place in what a file unpacks to."""

    def __init__(self, file: ModelFile, packing: str) -> None:
        """Begin at the first byte."""
        super().__init__()
        self._file = file
        self._packing = packing
        self._unpacker = _unpacker(packing)
        self._offset = 0  # in the file

    def _more(self) -> bytes:
        while True:
            is_hungry = self._unpacker.needs_input
            packed = self._packed()
            if not packed and self._unpacker.eof:
                return b""
            try:
                data = self._unpacker.decompress(packed, AHEAD)
            except _ERRORS as error:
                raise UnreadableModel(f"it cannot be unpacked: {error}") from error
            self._file.allowance.take_unpacked(len(data))
            if data or (is_hungry and not packed):
                return data

    def _packed(self) -> bytes:
        """Return the next bytes of the file; after the end of one packed stream those of the next, as loaders do."""
        if self._unpacker.eof:
            left = self._unpacker.unused_data
            if not left and self._offset >= self._file.size:
                return b""
            self._unpacker = _unpacker(self._packing)
            if left:
                return left
        if not self._unpacker.needs_input:
            return b""
        data = self._file.read(self._offset, min(AHEAD, self._file.size - self._offset))
        self._offset += len(data)
        return data
