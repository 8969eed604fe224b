"""The tree of a commit: every path, its links followed inside of it alone."""

import posixpath
from typing import NamedTuple

from gto.exceptions import CannotLocate
from gto.git.commit_files import Files
from gto.git.repo import Repo
from gto.git.tree import list_tree, parse_tree

LINK = "120000"
_EXECUTABLE = "100755"
_MOST_LINKS = 40  # as Linux has it
_LONGEST_LINK = 4096


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
    def is_executable(self) -> bool:
        """Whether it may be run."""
        return self.mode == _EXECUTABLE


class Tree:
    """All paths of a commit."""

    def __init__(self, repo: Repo, commit: str, files: Files) -> None:
        self.commit = commit
        self.files = files
        listed = {entry.path: Entry(entry.mode, entry.oid) for entry in list_tree(repo.git, commit, "-t")}
        self.entries = {"": Entry("040000", commit), **listed}

    def read(self, path: str) -> bytes | None:
        """Return what a file holds; None where there is none, or one over the size of metadata."""
        entry = self.entries.get(path)
        return self.files.read(self.commit, path) if entry is not None and entry.is_file else None

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
        data = self.files.read(self.commit, link)
        return data.decode("utf-8", "surrogateescape") if data and len(data) <= _LONGEST_LINK else None


def sizes(repo: Repo, commit: str, path: str) -> dict[str, int]:
    """Return the sizes of the files at a path or below it; none where Git does not have them all here."""
    if repo.mirror is not None or repo.git.env:  # of a partial clone, git would fetch them one by one
        return {}
    out, status, _ = repo.git.ask(["ls-tree", "-r", "-l", "-z", "--full-tree", commit, *(["--", path] if path else [])])
    found = parse_tree(out) if status == 0 else ()
    return {entry.path: entry.size for entry in found if entry.size is not None}
