"""Trees of commits, taken apart once for all the commits that have them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from gto.git.objects import GitObject
from gto.git.tree import LINK, SUBMODULE, Entry, TreeEntry

Found = TypeVar("Found")
_Found = Iterable[tuple[str, Entry]]
_DIRECTORY = "040000"
_MOST = 10_000  # of a name: a small tree may hold itself, in effect, many million times
_NO_NAMES = frozenset({"", ".", ".."})  # git's own checks refuse trees that have them


class TreeNode:
    """One directory of commits; those below it are nodes too, and what was asked of a node is kept with it."""

    __slots__ = ("_below", "entries", "nodes")

    def __init__(self, entries: dict[str, Entry], nodes: "dict[str, TreeNode]") -> None:
        self.entries = entries
        """What is in it, by name, in git's order."""
        self.nodes = nodes
        """Of the names, the directories."""
        self._below: dict[str, tuple[str, ...]] = {}  # the directories that lead to a name; of links, under none

    def find(self, path: str) -> Entry | None:
        """Return what is at a path; no link is followed."""
        node: TreeNode | None = self
        *above, name = path.split("/")
        for part in above:
            node = node.nodes.get(part) if node is not None else None
        return node.entries.get(name) if node is not None else None

    def node(self, path: str) -> "TreeNode | None":
        """Return the directory at a path; the empty one is this."""
        node: TreeNode | None = self
        for part in path.split("/") if path else ():
            node = node.nodes.get(part) if node is not None else None
        return node

    def walk(self, start: str = "") -> Iterator[tuple[str, Entry]]:
        """Yield all that is below it by path, directories before what they hold; `start` goes before each path."""
        stack = [(start, self, iter(self.entries.items()))]
        while stack:
            above, node, left = stack[-1]
            name, entry = next(left, ("", None))
            if entry is None:
                stack.pop()
                continue
            yield above + name, entry
            below = node.nodes.get(name)
            if below is not None:
                stack.append((f"{above}{name}/", below, iter(below.entries.items())))

    def named(self, name: str) -> list[tuple[str, Entry]]:
        """Return what has a name, here and below, by its path from here."""
        return self._gather(name, lambda node: [(name, node.entries[name])] if name in node.entries else [])

    def links(self) -> list[str]:
        """Return the paths of the links, here and below."""
        found = self._gather("", lambda node: [one for one in node.entries.items() if one[1].mode == LINK])
        return [path for path, _ in found]

    def _gather(self, key: str, here: "Callable[[TreeNode], _Found]") -> list[tuple[str, Entry]]:
        """Return what `here` finds, here and below; each node keeps which directories lead to any."""
        self._lead(key, here)
        found: list[tuple[str, Entry]] = []
        stack = [("", self)]
        while stack and len(found) < _MOST:
            start, node = stack.pop()
            found += ((start + name, entry) for name, entry in here(node))
            stack += ((f"{start}{name}/", node.nodes[name]) for name in node._below[key])  # noqa: SLF001  of its own class
        return found

    def _lead(self, key: str, here: "Callable[[TreeNode], _Found]") -> None:
        stack = [] if key in self._below else [self]
        while stack:
            node = stack[-1]
            left = [below for below in node.nodes.values() if key not in below._below]  # noqa: SLF001  of its own class
            if left:  # a tree may be deeper than Python's calls
                stack += left
                continue
            stack.pop()
            leading = (name for name, below in node.nodes.items() if below._below[key] or any(here(below)))  # noqa: SLF001  own
            node._below[key] = tuple(leading)  # noqa: SLF001  of its own class


class CommitListing(Mapping[str, Entry]):
    """All paths of a commit, the empty one, which is its root, among them."""

    def __init__(self, commit: str, node: TreeNode) -> None:
        self.root = node
        self._itself = Entry(_DIRECTORY, commit)

    def __getitem__(self, path: str) -> Entry:
        found = self.root.find(path) if path else self._itself
        if found is None:
            raise KeyError(path)
        return found

    def get(self, path: str, default: Found | None = None) -> Entry | Found | None:  # type: ignore[override]  # positional alone in Mapping
        """Return what is at a path."""
        found = self.root.find(path) if path else self._itself
        return default if found is None else found

    def __iter__(self) -> Iterator[str]:
        yield ""
        yield from (path for path, _ in self.root.walk())

    def __len__(self) -> int:
        return sum(1 for _ in self)


def from_listed(listed: Iterator[TreeEntry]) -> TreeNode:
    """Return the root of a tree whose entries are listed by their paths, directories before what they hold."""
    root = TreeNode({}, {})
    nodes = {"": root}
    for entry in listed:
        above, _, name = entry.path.rpartition("/")
        node = nodes.get(above)
        if node is None or name in _NO_NAMES:
            continue
        node.entries[name] = Entry(entry.mode, entry.oid)
        if entry.mode == _DIRECTORY:
            nodes[entry.path] = node.nodes[name] = TreeNode({}, {})
    return root


def parse_entries(tree: GitObject | None) -> dict[str, Entry] | None:
    """Return the entries of a tree object by name, None of what is none; git's format: see parse_tree()."""
    if tree is None or tree.type != "tree" or tree.body is None:
        return None
    body, width, at = tree.body, len(tree.oid) // 2, 0
    found: dict[str, Entry] = {}
    while at < len(body):
        end = body.find(b"\0", at)
        if end < 0:
            return None
        mode, _, name = body[at:end].decode("utf-8", "surrogateescape").partition(" ")
        if name not in _NO_NAMES and "/" not in name:
            found[name] = Entry(_canonical(mode), body[end + 1 : end + 1 + width].hex())
        at = end + 1 + width
    return found


def _canonical(mode: str) -> str:
    """Return a mode as git prints it: of a file, only whether it may be run counts."""
    if mode in {"100644", "100755", LINK, SUBMODULE}:
        return mode
    if mode in {"40000", _DIRECTORY}:
        return _DIRECTORY
    try:
        bits = int(mode, 8)
    except ValueError:
        return SUBMODULE
    kinds = {0o100000: "100755" if bits & 0o100 else "100644", 0o120000: LINK, 0o040000: _DIRECTORY}
    return kinds.get(bits & 0o170000, SUBMODULE)
