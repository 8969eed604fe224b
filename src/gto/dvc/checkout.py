"""The files of one commit as a checkout would have them, read in batches, and what was set aside of them."""

import posixpath
from collections.abc import Callable, Hashable, Iterable, Sequence
from copy import copy
from typing import Protocol, TypeVar

from gto.core.event import Problem
from gto.dvc.lfs_files import LfsFiles
from gto.dvc.output import Datum, Lack, ReadFrom
from gto.dvc.parsers import Parsers
from gto.exceptions import BadFile, CannotLocate
from gto.git.commit_files import Files, Place
from gto.git.commit_tree import Tree
from gto.git.object_cache import Read
from gto.storage.lfs_pointer import LfsPointer, parse_pointer

Made = TypeVar("Made")

UNREADABLE = "lineage-file"
"""A file that is not what its name says, or too large."""
INVALID = "lineage-invalid"
"""An entry of a `dvc.yaml` that DVC would refuse too."""
TOO_MANY = "lineage-many"
"""More than is taken: the rest is left out."""
UNDRAWN = "lineage-plot"
"""A plot that cannot be drawn as it was declared."""


class OutsideFiles(Protocol):
    """Files of a commit that Git does not hold."""

    def read(self, path: str) -> bytes | None:
        """Return what a file holds; None where it cannot be had."""

    def files_in(self, path: str) -> list[str]:
        """Return the files in a directory; none where a path is no directory."""

    def prepare(self, paths: Iterable[str]) -> None:
        """Read many files at once."""

    def place(self, path: str) -> ReadFrom | None:
        """Return where a file was read from; None where it was not."""

    def lack(self, path: str) -> Lack:
        """Return why a file was not read."""

    def datum(self, path: str) -> Datum | None:
        """Return what DVC recorded of a path, or of the nearest directory that holds it; None where it did not."""


class Checkout:
    """A commit whose files are read: links followed inside of its tree, pointers of Git LFS resolved.

    What Git does not have is asked of `outside`, where somebody set that. What Git LFS keeps and is not here is fetched
    where the repository is one that a URL names, or `may_fetch` says so; with `believe` from whatever server a
    stranger's repository names.
    """

    def __init__(self, files: Files, commit: str, *, may_fetch: bool | None = None, believe: bool = False) -> None:
        self.commit = commit
        self.tree = Tree(files, commit)
        self.outside: OutsideFiles | None = None
        self._real_paths: dict[str, str | None] = {}
        self._aside: dict[Problem, None] = {}  # in order, each once
        self._files = files
        default = not files.repo.is_own and not files.repo.is_offline
        may_fetch = default if may_fetch is None else may_fetch
        self._lfs = LfsFiles(files.repo, commit, may_fetch=may_fetch, believe=believe)

    @property
    def problems(self) -> list[Problem]:
        """What was set aside."""
        return list(self._aside)

    def apart(self) -> "Checkout":
        """Return the same commit, of which nothing was set aside yet."""
        other = copy(self)
        other._aside = {}  # noqa: SLF001  of its own class
        return other

    def once(self, kind: Hashable, path: str, data: bytes, how: Callable[[Read], Made]) -> Made:
        """Return what `how` makes of a file that holds `data`: now, or before, of this commit or of another.

        `how` is given what reads the other files that it needs.
        """
        return self._files.cache.parsed.make(kind, data, path, self.load, how)

    @property
    def parsers(self) -> Parsers:
        """What parses each text once."""
        return Parsers(self._files.cache.parsed)

    def add(self, problems: Iterable[Problem]) -> None:
        """Note what was set aside of the commit elsewhere."""
        self._aside |= dict.fromkeys(problems)

    def has(self, path: str) -> bool:
        """Tell whether a path leads to a file, or through a link out of the repository, or one that never ends."""
        try:
            real = self._real(path)
        except CannotLocate:
            return True
        return real is not None and self.tree.entries[real].is_file

    def is_directory(self, path: str) -> bool:
        """Tell whether a path leads to a directory."""
        try:
            real = self._real(path)
        except CannotLocate:
            return False
        return real is not None and self.tree.entries[real].is_directory

    def files_in(self, path: str) -> list[str]:
        """Return the files of a directory, which may be a link; none where a path is no directory."""
        if not self.is_directory(path):
            return []
        real = self.tree.resolve(path)
        start = len(real) + 1 if real else 0
        prefix = "" if path == "." else f"{path}/"
        return [f"{prefix}{one[start:]}" for one in self.tree.files_below(real)]

    def all_files_in(self, path: str) -> list[str]:
        """Return the files of a directory, those that Git does not hold among them, and without DVC's own."""
        found = self.files_in(path)
        if self.outside is not None and not self.has(path):
            found += self.outside.files_in(path)
        return [one for one in dict.fromkeys(found) if not is_dvc_file(one)]

    def _real(self, path: str) -> str | None:
        """Return where in the tree a path leads, None where nothing is; CannotLocate for a link that leads out."""
        if not path or path.startswith("/") or path.split("/", 1)[0] == ".." or "://" in path:
            return None
        if path not in self._real_paths:
            real = self.tree.resolve(path)
            self._real_paths[path] = real if real in self.tree.entries else None
        return self._real_paths[path]

    def places(self, paths: Iterable[str]) -> list[Place]:
        """Return what Files.fetch takes, for those of the paths that the commit has; of the others it is known now."""
        found: list[Place] = []
        for path in paths:
            try:
                real = self._real(path)
            except CannotLocate:
                continue
            if real is not None and self.tree.entries[real].is_file:
                found.append((self.commit, real))
            else:
                self._files.kept.setdefault((self.commit, path), None)
        return found

    def fetch(self, paths: Iterable[str]) -> None:
        """Read many files with one process."""
        fetch_all(self._files, [(self, paths)])

    def prepare(self, places: Iterable[Place]) -> None:
        """Have Git LFS asked once for all of those of the files that it keeps."""
        pointers = [parse_pointer(self._files.kept.get(place) or b"") for place in places]
        self._lfs.prepare([one for one in pointers if one is not None])

    def load(self, path: str) -> bytes | None:
        """Return what a file holds, None where there is none; BadFile for one that is there and cannot be read."""
        try:
            real = self._real(path)
        except CannotLocate as error:
            raise BadFile(path, error.reason) from None
        if real is None or not self.tree.entries[real].is_file:
            return self.outside.read(path) if self.outside else None
        data = self._files.read(self.commit, real)
        if data is None:
            raise BadFile(path, "git cannot read it")
        pointer = parse_pointer(data)
        return data if pointer is None else self._lfs.read(path, pointer)

    def pointer(self, path: str) -> LfsPointer | None:
        """Return the pointer of Git LFS that stands for a file; None for a file that Git itself has."""
        real = self._real(path)
        try:
            data = self._files.read(self.commit, real) if real is not None else None
        except BadFile:  # it is too large for a pointer
            return None
        return None if data is None else parse_pointer(data)

    def read(self, path: str) -> bytes | None:
        """Return what a file holds, None where there is none; one that cannot be read is set aside."""
        try:
            return self.load(path)
        except BadFile as error:
            self.set_aside(UNREADABLE, path, error.reason, error.hint or "")
            return None

    def set_aside(self, code: str, path: str, reason: str, hint: str = "") -> None:
        """Note what could not be read; once for each file and reason."""
        self._aside[Problem(code, path, reason, hint)] = None


def fetch_all(files: Files, wanted: Sequence[tuple[Checkout, Iterable[str]]]) -> None:
    """Read files of several commits with one process."""
    placed = [(checkout, checkout.places(paths)) for checkout, paths in wanted]
    files.fetch([place for _, places in placed for place in places])
    for checkout, places in placed:
        checkout.prepare(places)


def is_dvc_file(path: str) -> bool:
    """Tell whether a file is one of DVC's own, which are no part of a directory to DVC."""
    return path.endswith(".dvc") or posixpath.basename(path) in {"dvc.yaml", ".dvcignore"}


def read_pointed(files: Files, path: str, data: bytes) -> bytes:
    """Return what a file of the work tree stands for, or raise BadFile; without git-lfs it may be a pointer there."""
    pointer = parse_pointer(data)
    return data if pointer is None else LfsFiles(files.repo, "HEAD", may_fetch=False).read(path, pointer)
