"""Objects of a repository by name: read in one process, and trees taken apart."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from gto.git.command import Git

LARGEST_FILE = 4 << 20
"""Bytes: a blob over this size is no file of metadata and is not read."""
TOO_LARGE = f"it is larger than {LARGEST_FILE >> 20} MiB"

_SUBMODULE = b"160000"  # a commit of another repository, which is not here


class GitObject(NamedTuple):
    """A blob, tree, commit or tag with its content; `body` is None for one over the size limit."""

    oid: str
    type: str
    body: bytes | None


def read_objects(git: Git, names: Sequence[str]) -> list[GitObject | None]:
    """Return the objects that `names` (object ids, or `rev:path`) name, in that order; None for what is not there."""
    found: list[GitObject | None] = []
    left = list(names)
    while left:
        part = _read_batch(git, left)
        found.extend(part)
        left = left[len(part) :]
        if left:  # git stopped at an object that it cannot read
            found.append(None)
            left.pop(0)
    return found


def _read_batch(git: Git, names: Sequence[str]) -> list[GitObject | None]:
    data = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
    found: list[GitObject | None] = []
    with git.stream(["cat-file", "--batch", "--buffer"], data) as answer:
        out = answer.out
        for _ in names:
            header = out.readline().rsplit(b" ", 2)
            if header[-1] in {b"missing\n", b"ambiguous\n"}:
                found.append(None)
                continue
            if len(header) != 3 or not header[2].rstrip().isdigit():  # noqa: PLR2004  oid, type, size
                break
            size = int(header[2])
            body = _read_exactly(out.read, size + 1)
            if body is None:
                break
            found.append(GitObject(header[0].decode(), header[1].decode(), body[:-1] if size <= LARGEST_FILE else None))
    return found


def _read_exactly(read: Callable[[int], bytes], size: int) -> bytes | None:
    if size <= LARGEST_FILE + 1:
        body = read(size)
        return body if len(body) == size else None
    while size:
        part = read(min(size, 1 << 20))
        if not part:
            return None
        size -= len(part)
    return b"\n"


def parse_tree(tree: GitObject | None) -> dict[bytes, str]:
    """Return the names in a tree object with their object ids; git's format: mode, blank, name, NUL, id in bytes."""
    if tree is None or tree.type != "tree" or tree.body is None:
        return {}
    width = len(tree.oid) // 2
    found: dict[bytes, str] = {}
    at = 0
    while at < len(tree.body):
        end = tree.body.find(b"\0", at)
        if end < 0:  # it has not git's form; git takes such a tree from a server
            break
        mode, _, entry = tree.body[at:end].partition(b" ")
        if mode != _SUBMODULE:
            found[entry] = tree.body[end + 1 : end + 1 + width].hex()
        at = end + 1 + width
    return found


def tree_of(commit: GitObject) -> str | None:
    """Return the id of a commit's tree; None of what has not a commit's form."""
    head = (commit.body or b"").partition(b"\n")[0] if commit.type == "commit" else b""
    return head[5:].decode("ascii", "replace") if head.startswith(b"tree ") else None
