"""The paths of a commit's files."""

import posixpath
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gto.git.command import Git
from gto.git.tree import SUBMODULE, list_tree


class Tree(NamedTuple):
    """The paths of a commit's files, sorted, and the object id of each."""

    paths: tuple[str, ...]
    oids: Mapping[str, str]

    def below(self, directory: str) -> Iterator[str]:
        """Yield the files in a directory and in those below it."""
        start = f"{directory}/" if directory else ""
        for place in range(bisect_left(self.paths, start), len(self.paths)):
            if not self.paths[place].startswith(start):
                return
            yield self.paths[place]

    def is_directory(self, path: str) -> bool:
        """Tell whether files lie below a path."""
        return next(self.below(path), None) is not None


def read_tree(git: Git, commit: str) -> Tree:
    """Return the files of a commit; commits of submodules are none."""
    found = {entry.path: entry.oid for entry in list_tree(git, commit) if entry.mode != SUBMODULE}
    return Tree(tuple(sorted(found)), found)


def joined(directory: str, path: str) -> str:
    """Return a path, written in a directory, as seen from the root; a URL, or one that leads out, is kept."""
    if "://" in path:
        return path
    return posixpath.normpath(posixpath.join(directory, path.replace("\\", "/")))
