"""Files of a commit that DVC keeps outside of Git, read into memory: from its cache, then from its remotes."""

import posixpath
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from gto.dvc.cache import contents_in_cache, is_directory
from gto.dvc.checkout import Checkout
from gto.dvc.dvc_config import RepositoryTrust
from gto.dvc.output import Datum, Lack, ReadFrom
from gto.dvc.project import Project, find_pointers
from gto.dvc.project_config import ProjectConfig
from gto.exceptions import CannotLocate, ChecksumMismatch, ContentMissing, FileTooLarge, GTOException
from gto.git.objects import LARGEST_FILE
from gto.git.repo import Repo
from gto.storage.location import Content, Located
from gto.storage.small_files import read_contents

Locate = Callable[[str, str], Located]
"""Returns where the files are of a path in a commit, or raises GTOException."""
_Contents = Mapping[str, Content]


class Reach(NamedTuple):
    """Where files that DVC keeps are looked for beside its cache, and up to which size they are read."""

    locate: Locate | None = None
    """None where only the cache of this machine is asked."""
    trust: RepositoryTrust | None = None
    largest: int = LARGEST_FILE
    """Bytes."""


class KeptFile(NamedTuple):
    """A file that was read."""

    data: bytes
    place: ReadFrom


class KeptFiles:
    """What DVC keeps of one project in one commit; each file is read once."""

    def __init__(self, repo: Repo, checkout: Checkout, project: Project, reach: Reach) -> None:
        self._repo = repo
        self._checkout = checkout
        self._reach = reach
        self._config = ProjectConfig(repo, checkout, reach.trust or RepositoryTrust(is_own=repo.is_own))
        self._project = project
        self._looked: set[str] = set()  # paths of which `.dvc` files were looked for
        self._contents: dict[tuple[ReadFrom, str], _Contents | GTOException] = {}
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
            path = posixpath.dirname(path)
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
        datum = self.datum(path)
        if datum is not None:
            return [one for one in self._listed(datum) if one.startswith(f"{path}/")]
        start = f"{path}/"
        files = [file for file in self._checkout.tree.files_below(path) if file.endswith(".dvc")]
        self._look([file.removesuffix(".dvc") for file in files])
        below = [one for output, one in self._recorded.items() if output.startswith(start)]
        return [file for one in below for file in self._listed(one)]

    def _look(self, paths: Iterable[str]) -> None:
        """Read the `.dvc` files that tell of paths."""
        wanted = [path for path in paths if path not in self._looked and path not in self._recorded]
        self._looked.update(wanted)
        for path, pointer in find_pointers(self._checkout, wanted).items():
            for datum in pointer.outs:
                if path == datum.path or path.startswith(f"{datum.path}/"):
                    self._recorded.setdefault(datum.path, datum)

    def _listed(self, datum: Datum) -> list[str]:
        """Return the file, or those of a directory; none where its listing cannot be had."""
        if not is_directory(datum):
            return [datum.path]
        found = self._contents_of(datum, "cache")
        if isinstance(found, GTOException) and self._reach.locate is not None:
            found = self._contents_of(datum, "remote")
        return [] if isinstance(found, GTOException) else [posixpath.join(datum.path, path) for path in found]

    def _take(self, paths: Sequence[str], place: ReadFrom) -> None:
        """Read files from one kind of place, or note why they lack."""
        found: dict[str, Content] = {}
        for path in paths:
            datum = self.datum(path)
            if datum is None:
                self._read[path] = Lack("it is not in the commit", is_final=True)
                continue
            contents = self._contents_of(datum, place)
            inside = path[len(datum.path) + 1 :]
            if isinstance(contents, GTOException):
                self._read[path] = self._lack(path, contents, place)
            elif inside in contents:
                found[path] = contents[inside]
            else:
                self._read[path] = Lack(f"DVC recorded no such file in '{datum.path}'", is_final=True)
        results = read_contents(list(found.values()), self._reach.largest, self._repo)
        for path, (data, error) in zip(found, results, strict=True):
            self._read[path] = KeptFile(data, place) if error is None else self._lack(path, error, place)

    def _contents_of(self, datum: Datum, place: ReadFrom) -> _Contents | GTOException:
        """Return the files of an output, by their paths in it; where they cannot be told, the error."""
        known = self._contents.get((place, datum.path))
        if known is None:
            try:
                known = self._cached(datum) if place == "cache" else self._located(datum)
            except GTOException as error:
                known = error
            self._contents[place, datum.path] = known
        return known

    def _cached(self, datum: Datum) -> _Contents:
        cache = self._config.cache(self._project.root)
        if cache is None:
            raise ContentMissing("cache")
        return contents_in_cache(cache, datum)

    def _located(self, datum: Datum) -> _Contents:
        assert self._reach.locate is not None  # noqa: S101  only then this is asked
        located = self._reach.locate(self._checkout.commit, datum.path)
        return {one.path: one for one in located.contents}

    def _is_settled(self, path: str) -> bool:
        found = self._read[path]
        return isinstance(found, KeptFile) or found.is_final

    def _lack(self, path: str, error: GTOException, place: ReadFrom) -> Lack:
        match error:
            case FileTooLarge():
                return Lack(error.message, error.hint, is_final=True)
            case ContentMissing() if place == "cache":
                return Lack("DVC keeps it, not Git, and its cache here does not have it", self._way(path))
            case ChecksumMismatch() if place == "cache":
                return Lack(f"what DVC's cache has of it is damaged: '{error.url}'", f"remove that; {self._way(path)}")
            case CannotLocate():
                return Lack(f"DVC keeps it, not Git: {error.reason}", error.hint or self._way(path))
            case _:
                return Lack(f"DVC keeps it, not Git: {error.message}", error.hint)

    def _way(self, path: str) -> str:
        """Return what would bring a file."""
        ways = [] if self._reach.locate else ["--fetch reads it from DVC's remote"]
        if self._repo.top is not None:
            ways.append(f"`dvc fetch --all-commits {shlex.quote(path)}` brings it into the cache")
        return ", ".join(ways)
