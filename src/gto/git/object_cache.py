"""Objects of one repository by their ids, kept while many of its commits are read, and what was made of blobs."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar, cast

from gto.exceptions import BadFile
from gto.git.objects import GitObject
from gto.git.repo import Repo
from gto.git.tree import Entry
from gto.git.tree_node import TreeNode, parse_entries

if TYPE_CHECKING:
    from gto.yamldoc.simple_text import KeptParts

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Made = TypeVar("Made")
Read = Callable[[str], bytes | None]
"""Returns a file of a commit by its path, None where there is none."""

_DEEPEST = 100  # levels of directories: a tree that is deeper is git's to list
_MOST_BYTES = 8 << 20
_MOST_ENTRIES = 100_000
_MOST_MADE = 1 << 20  # bytes that something was made of; what is made takes up to 30 times as much
_MOST_PARTS = 5000
_EACH = 64


class _Bounded(Generic[Key, Value]):
    """What is kept up to a weight, twice: when it is reached, all that was not asked for since the last time goes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._new: dict[Key, tuple[Value, int]] = {}
        self._old: dict[Key, tuple[Value, int]] = {}
        self._weight = 0

    def get(self, key: Key) -> Value | None:
        found = self._new.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                return None
            self.keep(key, *found)
        return found[0]

    def keep(self, key: Key, value: Value, weight: int) -> None:
        if self._weight + weight > self._most:
            self._old, self._new, self._weight = self._new, {}, 0
        self._new[key] = value, weight
        self._weight += weight


class _MadeBefore(NamedTuple):
    value: object
    reads: tuple[tuple[str, bytes | None], ...]
    """The other files that it took, as they were."""


class ParsedBlobs:
    """What was made of the contents of files, each once as long as these and those of the files it takes are equal."""

    def __init__(self, most: int = _MOST_MADE) -> None:
        """`most` bounds the bytes of which something is kept."""
        self._most = most
        self._kept: _Bounded[tuple[Hashable, str, bytes], _MadeBefore] = _Bounded(most)
        self._of_files: _Bounded[str, object] = _Bounded(_MOST_PARTS)

    @cached_property
    def parts(self) -> "KeptParts":
        """Parts of YAML: of a long file that changes, most stays as it was."""
        from gto.yamldoc.simple_text import KeptParts  # imported where there is a file of it

        return KeptParts(_Bounded(self._most), _Bounded(self._most))

    def make(self, kind: Hashable, data: bytes, path: str, read: Read, how: Callable[[Read], Made]) -> Made:
        """Return what `how` makes of a file, made before or now; what it reads besides, it asks of what it is given."""
        key = kind, path, data
        kept = self._kept.get(key)
        if kept is not None and all(_is_same(read, other, before) for other, before in kept.reads):
            return cast("Made", kept.value)
        reads: dict[str, bytes | None] = {}
        refused: list[str] = []

        def noting(other: str) -> bytes | None:
            try:
                found = reads[other] = read(other)
            except BadFile:
                refused.append(other)
                raise
            return found

        value = how(noting)
        if not refused:
            self._kept.keep(key, _MadeBefore(value, tuple(reads.items())), len(data) + _EACH)
        return value

    def recall(self, file: str) -> object:
        """Return what remember() was told of the same file; None for nothing."""
        return self._of_files.get(file)

    def remember(self, file: str, made: object, weight: int) -> None:
        """Note what was made of a file of so many parts, which nobody changes: in another commit much is the same."""
        self._of_files.keep(file, made, weight)


def _is_same(read: Read, path: str, before: bytes | None) -> bool:
    try:
        return read(path) == before
    except BadFile:
        return False


class ObjectCache:
    """Objects of one repository, for one thread; it keeps no more than its bounds say."""

    def __init__(self) -> None:
        self.parsed = ParsedBlobs()
        self._blobs: _Bounded[str, GitObject] = _Bounded(_MOST_BYTES)
        self._nodes: _Bounded[str, TreeNode] = _Bounded(_MOST_ENTRIES)

    def read(self, repo: Repo, oids: Sequence[str]) -> list[GitObject | None]:
        """Return objects by their ids, those that are not kept with one process."""
        found = {oid: self._blobs.get(oid) for oid in dict.fromkeys(oids)}
        lacking = [oid for oid, one in found.items() if one is None]
        for oid, one in zip(lacking, repo.read(lacking) if lacking else (), strict=True):
            found[oid] = one
            if one is not None:
                self._blobs.keep(oid, one, len(one.body or b"") + _EACH)
        return [found[oid] for oid in oids]

    def read_trees(self, repo: Repo, roots: Iterable[str]) -> dict[str, TreeNode]:
        """Return trees by their ids, with all that is below them, read level by level; those that are whole."""
        read: dict[str, dict[str, Entry]] = {}
        nodes: dict[str, TreeNode] = {}
        left = list(dict.fromkeys(roots))
        for _ in range(_DEEPEST):
            left = [oid for oid in left if not self._recall(oid, nodes)]
            if not left:
                break
            for oid, found in zip(left, repo.read(left), strict=True):
                entries = parse_entries(found)
                if entries is not None:
                    read[oid] = entries
            below = (entry.oid for oid in left for entry in read.get(oid, {}).values() if entry.is_directory)
            left = [oid for oid in dict.fromkeys(below) if oid not in read]
        for root in roots:
            self._join(root, read, nodes)
        return nodes

    def _recall(self, oid: str, nodes: dict[str, TreeNode]) -> bool:
        node = self._nodes.get(oid)
        if node is not None:
            nodes[oid] = node
        return node is not None

    def _join(self, oid: str, read: dict[str, dict[str, Entry]], nodes: dict[str, TreeNode]) -> TreeNode | None:
        if oid in nodes or oid not in read:
            return nodes.get(oid)
        entries = read[oid]
        below = {one: self._join(entry.oid, read, nodes) for one, entry in entries.items() if entry.is_directory}
        whole = {name: node for name, node in below.items() if node is not None}
        if len(whole) < len(below):
            return None
        nodes[oid] = TreeNode(entries, whole)
        self._nodes.keep(oid, nodes[oid], len(entries) + 1)
        return nodes[oid]
