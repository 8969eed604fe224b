"""Several files that make one model: a directory, or an archive, by their relative paths."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

from gto.inspect.model_file import ModelFile, UnreadableModel

# What zipfile raises on archives that lie, of which its manual names only the first.
_BROKEN = (
    zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, IndexError, EOFError, struct.error,
)  # fmt: skip
_LOCAL_HEADER = 30
_END = struct.Struct("<4s4H2IH")  # of the archive; the size and the place of the directory are the last but one pair
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
_LARGEST_MEMBER = 64 << 20  # of one that is packed, and so must be unpacked whole
_MOST_MEMBERS = 100_000


class FileTree:
    """Files by relative path with `/`; each is opened when it is asked for."""

    def __init__(self, name: str, openers: Mapping[str, Callable[[], ModelFile]]) -> None:
        """Keep how each file is opened."""
        self.name = name
        self._openers = openers

    @property
    def paths(self) -> frozenset[str]:
        """The relative paths of all files."""
        return frozenset(self._openers)

    def below(self, directory: str) -> "FileTree":
        """Return the files below a directory, by their paths from there; none where there is no such directory."""
        inside = f"{directory}/"
        return FileTree(
            directory, {path[len(inside) :]: one for path, one in self._openers.items() if path.startswith(inside)}
        )

    def open(self, path: str) -> ModelFile:
        """Return a file; one that is not there is an error."""
        if path not in self._openers:
            raise UnreadableModel(f"{self.name} has no '{path}'")
        return self._openers[path]()

    def read(self, path: str, most: int = 16 << 20) -> bytes:
        """Return a file's bytes; one that is larger than `most` is an error."""
        file = self.open(path)
        if file.size > most:
            raise UnreadableModel(f"'{path}' has {file.size:,} bytes, and GTO reads {most:,}")
        return file.read(0, file.size)


def is_zip(head: bytes) -> bool:
    """Return whether a file begins as a ZIP archive with members does."""
    return head.startswith(b"PK\3\4")


def zip_tree(file: ModelFile) -> FileTree:
    """Return the members of a ZIP archive; two with one name are an error: loaders differ in which they take.

    PyTorch's loader does not tell large letters from small ones.
    """
    _check_ends(file)
    try:
        with zipfile.ZipFile(file.open()) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
    except _BROKEN as error:
        raise UnreadableModel(f"it is no whole ZIP archive: {error}") from error
    if len(members) > _MOST_MEMBERS:
        raise UnreadableModel(f"it has more than {_MOST_MEMBERS:,} members")
    if len({one.filename.casefold() for one in members}) < len(members):
        raise UnreadableModel("two members of the archive have one name")
    return FileTree(file.name, {one.filename: _opener(file, one) for one in members})


def _check_ends(file: ModelFile) -> None:
    """Refuse an archive within another file, and one whose directory is not all that stands before its end.

    Python searches for an archive's directory from the end, PyTorch goes where the end says: they could read two.
    """
    if not is_zip(file.head(4)):
        raise UnreadableModel(f"{file.name} does not begin as a ZIP archive does")
    at = file.size - _END.size
    magic, *_, size, start, comment = _END.unpack(file.read(at, _END.size))
    if at >= _LOCATOR64.size + _END64.size:
        locator, _, end64, _ = _LOCATOR64.unpack(file.read(at - _LOCATOR64.size, _LOCATOR64.size))
        if locator == b"PK\6\7":
            at -= _LOCATOR64.size + _END64.size
            *_, size, start = _END64.unpack(file.read(at, _END64.size))
            start = start if end64 == at else -1
    if magic != b"PK\5\6" or comment or start + size != at:
        raise UnreadableModel(f"{file.name} does not end as a ZIP archive does: loaders could read another one in it")


def _opener(file: ModelFile, member: zipfile.ZipInfo) -> Callable[[], ModelFile]:
    return lambda: _member(file, member)


def _member(file: ModelFile, member: zipfile.ZipInfo) -> ModelFile:
    header = file.read(member.header_offset, _LOCAL_HEADER)
    names = sum(struct.unpack_from("<HH", header, 26))
    start = member.header_offset + _LOCAL_HEADER + names
    if member.flag_bits & 1:
        raise UnreadableModel(f"'{member.filename}' is encrypted")
    if member.compress_type == zipfile.ZIP_STORED and member.compress_size != member.file_size:
        raise UnreadableModel(f"'{member.filename}' is not as long as the archive says")
    if member.compress_type == zipfile.ZIP_STORED:
        return file.window(member.filename, start, member.file_size)
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise UnreadableModel(f"'{member.filename}' is packed in a way that GTO does not unpack")
    if member.file_size > _LARGEST_MEMBER:
        raise UnreadableModel(
            f"'{member.filename}' has {member.file_size:,} bytes, and GTO unpacks {_LARGEST_MEMBER:,}"
        )
    data = _unpacked(file.read(start, member.compress_size), member)
    file.allowance.take_unpacked(len(data))
    return ModelFile(member.filename, len(data), lambda at, count: data[at : at + count], file.allowance)


def _unpacked(packed: bytes, member: zipfile.ZipInfo) -> bytes:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = unpacker.decompress(packed, member.file_size + 1)
    except zlib.error as error:
        raise UnreadableModel(f"'{member.filename}' cannot be unpacked: {error}") from error
    if len(data) != member.file_size or zlib.crc32(data) != member.CRC:
        raise UnreadableModel(f"'{member.filename}' is not what the archive says of it")
    return data
