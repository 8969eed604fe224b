"""The tree of a commit: every path, its links followed inside of it alone."""

import posixpath
from bisect import bisect_left
from collections.abc import Iterator, Mapping

from gto.exceptions import CannotLocate
from gto.git.commit_files import Files
from gto.git.repo import Repo
from gto.git.tree import LINK, Entry, parse_tree

_MOST_LINKS = 40  # as Linux has it
_LONGEST_LINK = 4096
_READ_TOGETHER = 1000  # links of a tree that one process reads


class Tree:
    """All paths of a commit."""

    def __init__(self, files: Files, commit: str) -> None:
        self.commit = commit
        self.files = files
        self.entries = files.listing(commit)
        self._oids: dict[str, str] | None = None
        self._links: list[str] | None = None

    @property
    def oids(self) -> Mapping[str, str]:
        """The object id of each file and link."""
        if self._oids is None:
            self._oids = {path: entry.oid for path, entry in self.entries.items() if entry.has_content}
        return self._oids

    def files_below(self, directory: str) -> Iterator[str]:
        """Yield the files and links in a directory and in those below it, sorted; no link is followed."""
        node = self.entries.root.node(directory)
        start = f"{directory}/" if directory else ""
        yield from sorted(path for path, entry in (node.walk(start) if node else ()) if entry.has_content)

    def files_in(self, directory: str) -> list[str]:
        """Return the files and links that lie in a directory itself, sorted."""
        node = self.entries.root.node(directory)
        start = f"{directory}/" if directory else ""
        return sorted(start + name for name, entry in (node.entries.items() if node else ()) if entry.has_content)

    def named(self, name: str, directory: str) -> list[tuple[str, Entry]]:
        """Return what has a name, in a directory or below it, sorted by path."""
        node = self.entries.root.node(directory)
        start = f"{directory}/" if directory else ""
        return sorted((start + path, entry) for path, entry in (node.named(name) if node else ()))

    def below(self, directory: str) -> list[tuple[str, Entry]]:
        """Return the files, links and submodules below a directory, by their paths from it."""
        start = f"{directory}/" if directory else ""
        return [
            (path[len(start) :], entry)
            for path, entry in self.entries.items()
            if path.startswith(start) and path and not entry.is_directory
        ]

    def resolve(self, path: str) -> str:
        """Return where a path leads when links are followed; one that leads out of the tree raises CannotLocate."""
        entry = self.entries.get(path)
        if entry is not None and entry.mode != LINK:  # the most usual: no link is on the way
            return path
        done: list[str] = []
        left = path.split("/")[::-1]
        followed = 0
        while left:
            part = left.pop()
            if part in {"", "."}:
                continue
            if part == "..":
                if not done:
                    raise CannotLocate(f"'{path}' is a link out of the repository")
                done.pop()
                continue
            here = "/".join([*done, part])
            entry = self.entries.get(here)
            if entry is None or entry.mode != LINK:
                done.append(part)
                continue
            followed += 1
            target = self._target(here)
            if followed > _MOST_LINKS or target is None or posixpath.isabs(target):
                reason = "a link that never ends" if followed > _MOST_LINKS else "a link out of the repository"
                raise CannotLocate(f"'{path}' is {reason}")
            left += target.split("/")[::-1]
        return "/".join(done)

    def _target(self, link: str) -> str | None:
        if self._links is None:
            self._links = sorted(self.entries.root.links())
        if (self.commit, link) not in self.files.kept:  # those that follow are mostly asked for next
            start = bisect_left(self._links, link)
            self.files.fetch((self.commit, path) for path in self._links[start : start + _READ_TOGETHER])
        data = self.files.kept.get((self.commit, link))
        return data.decode("utf-8", "surrogateescape") if data and len(data) <= _LONGEST_LINK else None


def sizes(repo: Repo, commit: str, path: str) -> dict[str, int]:
    """Return the sizes of the files at a path or below it; none where Git does not have them all here."""
    if not repo.is_own or repo.git.env:  # of a partial clone, git would fetch them one by one
        return {}
    out, status, _ = repo.git.ask(["ls-tree", "-r", "-l", "-z", "--full-tree", commit, *(["--", path] if path else [])])
    found = parse_tree(out) if status == 0 else ()
    return {entry.path: entry.size for entry in found if entry.size is not None}
