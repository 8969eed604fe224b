"""Files of a commit that DVC keeps outside of Git, read into memory: from its cache, then from its remotes."""

import os
import posixpath
import shlex
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from gto.dvc.checkout import TOO_MANY, Checkout
from gto.dvc.output import Datum, Lack, ReadFrom
from gto.dvc.output_contents import DataReach, OutputContents, data_limit, is_directory
from gto.dvc.project import Project, find_pointers
from gto.exceptions import CannotLocate, ChecksumMismatch, ContentMissing, FileTooLarge, GTOException, StoreNotAllowed
from gto.git.repo import Repo
from gto.storage.location import Content
from gto.storage.small_files import read_contents

_MOST_FILES = 1000  # of a directory
_MOST_OF_LARGEST = 16  # as many of the largest files, of one commit
_TOGETHER = 16


class KeptFile(NamedTuple):
    """A file that was read."""

    data: bytes
    place: ReadFrom


class KeptFiles:
    """What DVC keeps of one project in one commit; each file is read once."""

    def __init__(self, repo: Repo, checkout: Checkout, project: Project, reach: DataReach) -> None:
        self._repo = repo
        self._checkout = checkout
        self._reach = reach
        self._largest = data_limit() if reach.largest is None else reach.largest
        self._project = project
        self._contents = OutputContents(repo, checkout, project.root, reach)
        self._looked: set[str] | None = None  # paths of which `.dvc` files were looked for
        self._bytes = 0
        self._read: dict[str, KeptFile | Lack] = {}

    @cached_property
    def _recorded(self) -> dict[str, Datum]:
        made = (output for ran in self._project.stages for output in ran.stage.made)
        uncached = {output.path for output in made if not output.flags.is_cached}
        return {path: one for path, one in self._project.recorded().items() if path not in uncached}

    def datum(self, path: str) -> Datum | None:
        """Return what DVC recorded of a path, or of the nearest directory that holds it; None where it did not."""
        self._look([path])
        while path and path not in self._recorded:
            path = path.rpartition("/")[0]
        return self._recorded.get(path)

    def place(self, path: str) -> ReadFrom | None:
        """Return where a file was read from; None where it was not."""
        found = self._read.get(path)
        return found.place if isinstance(found, KeptFile) else None

    def lack(self, path: str) -> Lack:
        """Return why a file was not read."""
        found = self._read.get(path)
        return found if isinstance(found, Lack) else Lack("it is not in the commit")

    def read(self, path: str) -> bytes | None:
        """Return what a file holds; None where it cannot be had."""
        self.prepare([path])
        found = self._read[path]
        return found.data if isinstance(found, KeptFile) else None

    def prepare(self, paths: Iterable[str]) -> None:
        """Read many files at once."""
        wanted = [path for path in dict.fromkeys(paths) if path not in self._read]
        self._look(wanted)
        self._take(wanted, "cache")
        if self._reach.locate is not None:
            self._take([path for path in wanted if not self._is_settled(path)], "remote")

    def files_in(self, path: str) -> list[str]:
        """Return the files that DVC keeps in a directory: all of an output, or those of the outputs below it."""
        start = f"{path}/"
        datum = self.datum(path)
        if datum is not None:
            return self._bounded(path, [one for one in self._listed(datum) if one.startswith(start)])
        files = [file for file in self._checkout.tree.files_below(path) if file.endswith(".dvc")]
        self._look([file.removesuffix(".dvc") for file in files])
        below = [one for output, one in self._recorded.items() if output.startswith(start)]
        return self._bounded(path, [file for one in below for file in self._listed(one)])

    def _bounded(self, directory: str, files: list[str]) -> list[str]:
        if len(files) > _MOST_FILES:
            reason = f"DVC keeps more than {_MOST_FILES} files in it: the others are left out"
            self._checkout.set_aside(TOO_MANY, directory, reason)
        return files[:_MOST_FILES]

    def _look(self, paths: Iterable[str]) -> None:
        """Read the `.dvc` files that tell of paths."""
        if self._looked is None:
            self._looked = set()
            paths = [*self._project.declared(), *paths]  # one process for all
        wanted = [one for one in paths if one not in self._looked and one not in self._recorded]
        self._looked.update(wanted)
        for path, pointer in find_pointers(
            self._checkout, [one for one in wanted if not self._checkout.has(one)]
        ).items():
            for datum in pointer.outs:
                if path == datum.path or path.startswith(f"{datum.path}/"):
                    self._recorded.setdefault(datum.path, datum)

    def _listed(self, datum: Datum) -> list[str]:
        """Return the file, or those of a directory; none where its listing cannot be had."""
        if not is_directory(datum):
            return [datum.path]
        found = self._contents.find(datum, "cache")
        if isinstance(found, GTOException) and self._reach.locate is not None:
            found = self._contents.find(datum, "remote")
        return [] if isinstance(found, GTOException) else [posixpath.join(datum.path, path) for path in found]

    def _take(self, paths: Sequence[str], place: ReadFrom) -> None:
        """Read files from one kind of place, or note why they lack."""
        most = self._largest * _MOST_OF_LARGEST
        found = self._find(paths, place)
        names = list(found)
        for start in range(0, len(names), _TOGETHER):
            batch = names[start : start + _TOGETHER]
            if self._bytes > most:
                reason = f"the files of this commit that DVC keeps have more than {most} bytes"
                self._read.update(dict.fromkeys(batch, Lack(reason, is_final=True)))
                continue
            results = read_contents([found[path] for path in batch], self._largest, self._repo)
            for path, (data, error) in zip(batch, results, strict=True):
                self._bytes += len(data)
                self._read[path] = KeptFile(data, place) if error is None else self._lack(path, error, place)

    def _find(self, paths: Sequence[str], place: ReadFrom) -> dict[str, Content]:
        """Return where files are; of those that are not found it is noted why they lack."""
        found: dict[str, Content] = {}
        for path in paths:
            datum = self.datum(path)
            if datum is None:
                self._read[path] = Lack("it is not in the commit", is_final=True)
                continue
            contents = self._contents.find(datum, place)
            inside = path[len(datum.path) + 1 :]
            if isinstance(contents, GTOException):
                self._read[path] = self._lack(path, contents, place)
            elif inside in contents:
                found[path] = contents[inside]
            else:
                self._read[path] = Lack(f"DVC recorded no such file in '{datum.path}'", is_final=True)
        return found

    def _is_settled(self, path: str) -> bool:
        found = self._read[path]
        return isinstance(found, KeptFile) or found.is_final

    def _lack(self, path: str, error: GTOException, place: ReadFrom) -> Lack:
        match error:
            case FileTooLarge():
                return Lack(f"DVC keeps it, not Git: {error.message}", error.hint, is_final=True)
            case ContentMissing() | StoreNotAllowed() if place == "cache":
                is_refused = isinstance(error, StoreNotAllowed)
                why = "is none of the `stores` of the catalogue" if is_refused else "does not have it"
                return Lack(f"DVC keeps it, not Git, and its cache here {why}", self._way(path))
            case ChecksumMismatch() if place == "cache":
                where = os.path.relpath(error.url, self._repo.top) if self._repo.top else error.url
                return Lack(f"what DVC's cache has of it is damaged: '{where}'", f"remove that; {self._way(path)}")
            case ContentMissing():
                return Lack(f"DVC keeps it, not Git: {error.message}", "`dvc push` it from where DVC's cache has it")
            case CannotLocate():
                return Lack(f"DVC keeps it, not Git: {error.reason}", error.hint or self._way(path))
            case _:
                return Lack(f"DVC keeps it, not Git: {error.message}", error.hint)

    def _way(self, path: str) -> str:
        """Return what would bring a file."""
        ways = [] if self._reach.locate else ["--fetch reads it from DVC's remote"]
        if self._repo.top is not None or not ways:
            where = "" if self._repo.top is not None else " in a clone"
            ways.append(f"`dvc fetch --all-commits {shlex.quote(path)}`{where} brings it into the cache")
        return ", ".join(ways)
