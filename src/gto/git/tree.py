"""The trees of commits, as `git ls-tree` prints them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gto.git.command import Git
from gto.git.git_errors import explain

SUBMODULE = "160000"
"""The mode of a commit of another repository, which is not here."""
LINK = "120000"
"""The mode of a symbolic link."""
_EXECUTABLE = "100755"


class TreeEntry(NamedTuple):
    """What a tree has at a path."""

    mode: str
    """As git writes it: `100644`, `100755`, `120000` for a link, `040000` for a directory, `160000`."""
    oid: str
    path: str
    """From the root of the repository."""
    size: int | None = None
    """Bytes, of a file whose size was asked for."""


class Entry(NamedTuple):
    """What is at a path."""

    mode: str
    oid: str

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.mode == "040000"

    @property
    def is_file(self) -> bool:
        """Whether it is a file, and no link."""
        return self.mode.startswith("100")

    @property
    def has_content(self) -> bool:
        """Whether it is a file or a link."""
        return not self.is_directory and self.mode != SUBMODULE

    @property
    def is_executable(self) -> bool:
        """Whether it may be run."""
        return self.mode == _EXECUTABLE


def list_tree(git: Git, rev: str, *options: str) -> Iterator[TreeEntry]:
    """Yield what is in a commit's tree and in those below it; `options` are of `git ls-tree`."""
    return parse_tree(git.run(["ls-tree", "-r", *options, "-z", "--full-tree", rev]))


def parse_tree(out: bytes) -> Iterator[TreeEntry]:
    """Read what `git ls-tree -z` prints, with sizes or without."""
    for line in out.decode("utf-8", "surrogateescape").split("\0"):
        about, _, path = line.partition("\t")
        if path:
            mode, _, oid, *size = about.split()
            yield TreeEntry(mode, oid, path, int(size[0]) if size and size[0].isdigit() else None)


def read_modes(git: Git, rev: str, paths: Sequence[str]) -> dict[str, str]:
    """Return the modes of those of the paths that a revision has; none where there is no such revision.

    A commit or a tree that git cannot read raises GitError: nobody knows what it holds.
    """
    args = ["ls-tree", "-z", "--full-tree", rev, "--", *paths]
    out, status, err = git.ask(args)
    if status != 0:
        if git.ask(["rev-parse", "--verify", "--quiet", rev])[1] != 0:
            return {}
        raise explain(git.directory, args, status, err)
    return {entry.path: entry.mode for entry in parse_tree(out)}
