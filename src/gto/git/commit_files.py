"""Files of commits and of the work tree, fetched in batches and kept while a command runs."""

import os
from collections.abc import Iterable

from gto.fs.regular_file import is_within, read_file
from gto.git.objects import LARGEST_FILE
from gto.git.repo import Repo
from gto.git.tree import Entry, list_tree

Place = tuple[str | None, str]
"""A commit (None: the work tree) and a path from the root, with `/`."""

_LONGEST_STAND_IN = 4096
_LFS = (b"git-lfs", b"hawser", b"git-media")


class Files:
    """Reads files by commit and path; each is read once."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.kept: dict[Place, bytes | None] = {}
        self._listings: dict[str, dict[str, Entry]] = {}

    def fetch(self, places: Iterable[Place]) -> None:
        """Read many files with one process."""
        wanted = [place for place in dict.fromkeys(places) if place not in self.kept]
        of_commits = [(commit, path) for commit, path in wanted if commit is not None and "\n" not in path]
        names = [f"{commit}:{path}" for commit, path in of_commits]
        if names:
            for place, found in zip(of_commits, self.repo.read(names), strict=True):
                self.kept[place] = found.body if found and found.type == "blob" else None
        for commit, path in wanted:
            if commit is None:
                self.kept[None, path] = self._from_work_tree(path)

    def read(self, commit: str | None, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is no such file, or one too large for metadata."""
        self.fetch([(commit, path)])
        return self.kept.get((commit, path))

    def listing(self, commit: str) -> dict[str, Entry]:
        """Return all paths of a commit, directories among them."""
        if commit not in self._listings:
            listed = {entry.path: Entry(entry.mode, entry.oid) for entry in list_tree(self.repo.git, commit, "-t")}
            self._listings[commit] = {"": Entry("040000", commit), **listed}
        return self._listings[commit]

    def _from_work_tree(self, path: str) -> bytes | None:
        if self.repo.top is None:
            return None
        place = os.path.join(self.repo.top, path)
        data = read_file(place, LARGEST_FILE + 1) if is_within(place, self.repo.top) else None
        return data if data is not None and len(data) <= LARGEST_FILE else None


def may_stand_for_another(data: bytes) -> bool:
    """Tell whether a blob may be a symbolic link, or a pointer of Git LFS: neither is what a checkout has there."""
    return len(data) <= _LONGEST_STAND_IN and (b"\n" not in data or any(word in data for word in _LFS))
