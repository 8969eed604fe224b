"""The files of one commit, read in batches."""

from collections.abc import Iterable, Sequence

from gto.core.event import Problem
from gto.dvc.tree import read_tree
from gto.git.commit_files import Files, Place
from gto.git.repo import LARGEST_FILE

UNREADABLE = "lineage-file"
"""A file that is not what its name says, or too large."""
INVALID = "lineage-invalid"
"""An entry of a `dvc.yaml` that DVC would refuse too."""
TOO_MANY = "lineage-many"
"""More than is taken: the rest is left out."""
UNDRAWN = "lineage-plot"
"""A plot that cannot be drawn as it was declared."""


class Checkout:
    """A commit whose files are read, and what was set aside of them."""

    def __init__(self, files: Files, commit: str) -> None:
        self.commit = commit
        self.tree = read_tree(files.repo.git, commit)
        self._aside: dict[Problem, None] = {}  # in order, each once
        self._files = files

    @property
    def problems(self) -> list[Problem]:
        """What was set aside."""
        return list(self._aside)

    def places(self, paths: Iterable[str]) -> list[Place]:
        """Return what Files.fetch takes, for those of the paths that the commit has; of the others it is known now."""
        found: list[Place] = []
        for path in paths:
            if path in self.tree.oids:
                found.append((self.commit, path))
            else:
                self._files.kept[self.commit, path] = None
        return found

    def fetch(self, paths: Iterable[str]) -> None:
        """Read many files with one process."""
        self._files.fetch(self.places(paths))

    def read(self, path: str) -> bytes | None:
        """Return what a file holds; None where there is none. One that is too large is set aside."""
        if path not in self.tree.oids:
            return None
        data = self._files.read(self.commit, path)
        if data is None:
            self.set_aside(UNREADABLE, path, f"it is larger than {LARGEST_FILE >> 20} MiB, or cannot be read")
        return data

    def set_aside(self, code: str, path: str, reason: str, hint: str = "") -> None:
        """Note what could not be read; once for each file and reason."""
        self._aside[Problem(code, path, reason, hint)] = None


def fetch_all(files: Files, wanted: Sequence[tuple[Checkout, Iterable[str]]]) -> None:
    """Read files of several commits with one process."""
    files.fetch([place for checkout, paths in wanted for place in checkout.places(paths)])
