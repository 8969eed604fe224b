"""Files of commits and of the work tree, fetched in batches and kept while a command runs."""

import os
from collections.abc import Iterable

from gto.exceptions import BadFile
from gto.fs.regular_file import is_within, read_file
from gto.git.objects import LARGEST_FILE, TOO_LARGE
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
        self._too_large: set[Place] = set()
        self._listings: dict[str, dict[str, Entry]] = {}

    def fetch(self, places: Iterable[Place]) -> None:
        """Read many files with one process."""
        wanted = [place for place in dict.fromkeys(places) if place not in self.kept]
        of_commits = [(commit, path) for commit, path in wanted if commit is not None and "\n" not in path]
        names = [f"{commit}:{path}" for commit, path in of_commits]
        if names:
            for place, found in zip(of_commits, self.repo.read(names), strict=True):
                self._keep(place, found.body if found else None, is_file=bool(found and found.type == "blob"))
        for commit, path in wanted:
            if commit is None:
                data = self._from_work_tree(path)
                fits = data is not None and len(data) <= LARGEST_FILE
                self._keep((None, path), data if fits else None, is_file=data is not None)

    def read(self, commit: str | None, path: str) -> bytes | None:
        """Return a file's bytes, None where there is no such file; BadFile for one too large for metadata."""
        self.fetch([(commit, path)])
        if (commit, path) in self._too_large:
            raise BadFile(path, TOO_LARGE)
        return self.kept.get((commit, path))

    def has(self, commit: str | None, path: str) -> bool:
        """Tell whether there is such a file, one too large as well."""
        self.fetch([(commit, path)])
        return self.kept.get((commit, path)) is not None or (commit, path) in self._too_large

    def listing(self, commit: str) -> dict[str, Entry]:
        """Return all paths of a commit, directories among them."""
        if commit not in self._listings:
            listed = {entry.path: Entry(entry.mode, entry.oid) for entry in list_tree(self.repo.git, commit, "-t")}
            self._listings[commit] = {"": Entry("040000", commit), **listed}
        return self._listings[commit]

    def _keep(self, place: Place, data: bytes | None, *, is_file: bool) -> None:
        self.kept[place] = data if is_file else None
        if is_file and data is None:
            self._too_large.add(place)

    def _from_work_tree(self, path: str) -> bytes | None:
        if self.repo.top is None:
            return None
        place = os.path.join(self.repo.top, path)
        return read_file(place, LARGEST_FILE + 1) if is_within(place, self.repo.top) else None


def read_small(place: str, path: str) -> bytes | None:
    """Return what a file of this disk holds, None where there is none; BadFile for one too large for metadata."""
    data = read_file(place, LARGEST_FILE + 1)
    if data is not None and len(data) > LARGEST_FILE:
        raise BadFile(path, TOO_LARGE)
    return data


def may_stand_for_another(data: bytes) -> bool:
    """Tell whether a blob may be a symbolic link, or a pointer of Git LFS: neither is what a checkout has there."""
    return len(data) <= _LONGEST_STAND_IN and (b"\n" not in data or any(word in data for word in _LFS))
