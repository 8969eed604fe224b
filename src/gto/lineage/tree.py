"""The files of one commit, by path, and reading them."""

import posixpath
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from gto.core.event import Problem
from gto.git.command import Git
from gto.git.repo import LARGEST_FILE
from gto.registry.files import Files

_SUBMODULE = "160000"


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


def list_tree(git: Git, commit: str) -> Tree:
    """Return the files of a commit; commits of submodules are none."""
    out = git.run(["ls-tree", "-r", "-z", "--full-tree", commit]).decode("utf-8", "surrogateescape")
    found = {}
    for entry in out.split("\0"):
        about, _, path = entry.partition("\t")
        if path and not about.startswith(_SUBMODULE):
            found[path] = about.split(" ")[2]
    return Tree(tuple(sorted(found)), found)


class Checkout:
    """A commit whose files are read, and what was set aside of them."""

    def __init__(self, files: Files, commit: str) -> None:
        self.commit = commit
        self.tree = list_tree(files.repo.git, commit)
        self.problems: list[Problem] = []
        self._files = files

    def places(self, paths: Iterable[str]) -> list[tuple[str | None, str]]:
        """Return what Files.fetch takes, for those of the paths that the commit has."""
        return [(self.commit, path) for path in paths if path in self.tree.oids]

    def fetch(self, paths: Iterable[str]) -> None:
        """Read many files with one process."""
        self._files.fetch(self.places(paths))

    def read(self, path: str) -> bytes | None:
        """Return what a file holds; None where there is none. One that is too large is set aside."""
        if path not in self.tree.oids:
            return None
        data = self._files.read(self.commit, path)
        if data is None:
            self.set_aside("lineage-file", path, f"it is larger than {LARGEST_FILE >> 20} MiB, or cannot be read")
        return data

    def set_aside(self, code: str, path: str, reason: str, hint: str = "") -> None:
        """Note what could not be read; once for each file and reason."""
        problem = Problem(code, path, reason, hint)
        if problem not in self.problems:
            self.problems.append(problem)


def fetch_all(files: Files, wanted: Sequence[tuple[Checkout, Iterable[str]]]) -> None:
    """Read files of several commits with one process."""
    files.fetch([place for checkout, paths in wanted for place in checkout.places(paths)])


def joined(directory: str, path: str) -> str:
    """Return a path, written in a directory, as seen from the root; one that leads out of the repository is kept."""
    return posixpath.normpath(posixpath.join(directory, path.replace("\\", "/")))
