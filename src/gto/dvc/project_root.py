"""The root of the DVC project that a directory belongs to, in a commit."""

import posixpath
from collections.abc import Iterator

from gto.git.commit_tree import Tree

DVC_DIRECTORY = ".dvc"
CONFIG = "config"


def project_root(tree: Tree, directory: str) -> str | None:
    """Return the nearest directory, this one or above it, that has a `.dvc`; None where there is none."""
    while not _is_root(tree, directory):
        if not directory:
            return None
        directory = directory.rpartition("/")[0]
    return directory


def _is_root(tree: Tree, directory: str) -> bool:
    found = tree.entries.get(posixpath.join(directory, DVC_DIRECTORY))
    return found is not None and found.is_directory


def roots_below(tree: Tree, directory: str) -> Iterator[str]:
    """Yield the roots of projects in a directory, itself included."""
    for path, entry in tree.named(DVC_DIRECTORY, directory):
        if entry.is_directory:
            yield posixpath.dirname(path)
