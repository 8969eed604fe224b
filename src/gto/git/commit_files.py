"""Files of commits and of the work tree, fetched in batches and kept while a command runs."""

import os
from collections.abc import Iterable, Sequence

from gto.exceptions import BadFile
from gto.fs.regular_file import is_within, read_file
from gto.git.object_cache import ObjectCache
from gto.git.objects import LARGEST_FILE, TOO_LARGE, GitObject, tree_of
from gto.git.repo import Repo
from gto.git.tree import list_tree
from gto.git.tree_node import CommitListing, from_listed

Place = tuple[str | None, str]
"""A commit (None: the work tree) and a path from the root, with `/`."""

_LONGEST_STAND_IN = 4096
_LFS = (b"git-lfs", b"hawser", b"git-media")


class Files:
    """Reads files by commit and path; each is read once."""

    def __init__(self, repo: Repo, cache: ObjectCache | None = None) -> None:
        """`cache` keeps what several commits have in common."""
        self.repo = repo
        self.kept: dict[Place, bytes | None] = {}
        self._too_large: set[Place] = set()
        self.cache = cache or ObjectCache()
        self._commits: dict[str, GitObject | None] = {}
        self._listings: dict[str, CommitListing] = {}
        self._opened: set[str] = set()  # those of the listed commits of which each file's id is taken from the cache

    def fetch(self, places: Iterable[Place]) -> None:
        """Read many files with one process."""
        wanted = [place for place in dict.fromkeys(places) if place not in self.kept]
        if not wanted:
            return
        of_commits = [(commit, path) for commit, path in wanted if commit is not None and "\n" not in path]
        of_commits += self._neighbours(of_commits)
        if of_commits:
            for place, found in zip(of_commits, self._read(of_commits), strict=True):
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

    def listing(self, commit: str) -> CommitListing:
        """Return all paths of a commit, directories among them."""
        if commit not in self._listings:
            self._listings[commit] = CommitListing(commit, from_listed(list_tree(self.repo.git, commit, "-t")))
        return self._listings[commit]

    def _keep(self, place: Place, data: bytes | None, *, is_file: bool) -> None:
        self.kept[place] = data if is_file else None
        if is_file and data is None:
            self._too_large.add(place)

    def open(self, commits: Iterable[str]) -> None:
        """Read many commits with their trees, of which those that are alike are read once."""
        wanted = list(dict.fromkeys(commits))
        found = zip(wanted, self.read_commits(wanted), strict=True)
        roots = {commit: tree_of(one) for commit, one in found if one is not None}
        nodes = self.cache.read_trees(self.repo, [root for root in roots.values() if root])
        self._listings |= {
            commit: CommitListing(commit, nodes[root]) for commit, root in roots.items() if root in nodes
        }
        self._opened |= self._listings.keys()

    def _neighbours(self, places: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return where else a file that is read alone is: what one of many commits needs, the next ones will."""
        if len(places) != 1 or places[0][0] not in self._opened:
            return []
        path = places[0][1]
        others = ((commit, path) for commit in self._opened if path in self._listings[commit])
        return [place for place in others if place not in self.kept and place != places[0]]

    def read_commits(self, commits: Sequence[str]) -> list[GitObject | None]:
        """Return commits, as git holds them, each read once."""
        wanted = [commit for commit in dict.fromkeys(commits) if commit not in self._commits]
        self._commits |= zip(wanted, self.repo.read(wanted) if wanted else (), strict=True)
        return [self._commits[commit] for commit in commits]

    def _read(self, places: Sequence[tuple[str, str]]) -> list[GitObject | None]:
        """Return the objects at places of commits; where the trees are known, those that are alike are read once."""
        if not all(commit in self._opened for commit, _ in places):
            return self.repo.read([f"{commit}:{path}" for commit, path in places])
        entries = [self._listings[commit].get(path) for commit, path in places]
        files = [one.oid for one in entries if one is not None and one.has_content]
        found = dict(zip(files, self.cache.read(self.repo, files), strict=True))
        return [found[one.oid] if one is not None and one.has_content else None for one in entries]

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
