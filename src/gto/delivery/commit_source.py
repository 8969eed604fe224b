"""One commit of one repository, and what its DVC configuration says there."""

import os
import posixpath
from collections.abc import Iterator, Sequence

from gto.dvc.checkout import Checkout
from gto.dvc.config_file import parse_ini
from gto.dvc.dvc_config import Level, RepositoryTrust, Settings, merge, places_of_the_user
from gto.dvc.output_finder import OutputFinder, files_by_root
from gto.dvc.project_root import CONFIG, DVC_DIRECTORY, project_root, roots_below
from gto.fs.regular_file import is_within, read_file
from gto.git.commit_files import Files
from gto.git.repo import Repo
from gto.storage.location import StoreAddress

_LOCAL = "config.local"
_LARGEST = 1 << 20  # bytes


class Travels:
    """The other repositories to which the imports of one question led."""

    def __init__(self) -> None:
        self.sites: dict[object, Site] = {}
        """Each by what it was opened with."""
        self.followed = 0
        """How many imports."""


class Site:
    """Where files are looked for; what is read is read once."""

    def __init__(
        self,
        repo: Repo,
        commit: str,
        trust: RepositoryTrust,
        *,
        overrides: Sequence[Level] = (),
        depth: int = 0,
        travels: Travels | None = None,
    ) -> None:
        """`overrides` are settings that count more than all others; `depth` counts the imports that led here.

        `travels` are those of the site that asks.
        """
        self.repo = repo
        self.commit = commit
        self.trust = trust
        self.depth = depth
        self.travels = travels or Travels()
        self.checkout = Checkout(Files(repo), commit, may_fetch=not repo.is_offline, believe=trust.trust_remote)
        self.tree = self.checkout.tree
        self._overrides = overrides
        self._projects: dict[str, OutputFinder] = {}
        self._settings: dict[str, Settings] = {}
        self._caches: dict[str, StoreAddress | None] = {}
        self._files: dict[str, list[str]] | None = None

    def project(self, path: str) -> OutputFinder | None:
        """Return the DVC project that a path is in; None where there is none."""
        root = project_root(self.tree, posixpath.dirname(path))
        return None if root is None else self._project(root)

    def projects_below(self, directory: str) -> Iterator[OutputFinder]:
        """Yield the DVC projects whose roots are in a directory, itself included."""
        yield from map(self._project, roots_below(self.tree, directory))

    def _project(self, root: str) -> OutputFinder:
        if root not in self._projects:
            self._projects[root] = OutputFinder(self.checkout, root, self._files_of)
        return self._projects[root]

    def _files_of(self, root: str) -> list[str]:
        if self._files is None:  # once for all projects: there may be as many as files
            self._files = files_by_root(self.checkout)
        return self._files.get(root, [])

    def settings(self, root: str) -> Settings:
        """Return DVC's configuration of the project at `root`; None stands for the user's alone."""
        if root not in self._settings:
            self._settings[root] = merge([*self._levels(root), *self._overrides], self.trust)
        return self._settings[root]

    def cache(self, root: str) -> StoreAddress | None:
        """Return the cache of the project on this machine; None where there is none."""
        if root not in self._caches:
            self._caches[root] = self._cache(root)
        return self._caches[root]

    def _cache(self, root: str) -> StoreAddress | None:
        place = self.settings(root).cache
        if place is None and self.repo.top is not None:
            place = os.path.join(self.repo.top, root, DVC_DIRECTORY, "cache")
        return StoreAddress(place, trusted=True) if place is not None and os.path.isdir(place) else None

    def _levels(self, root: str) -> Iterator[Level]:
        """Yield the configuration: of the system, of the user, of the commit, of this clone."""
        for place in places_of_the_user(os.environ, os.path.expanduser("~")):
            yield from _level(os.path.join(place, CONFIG), place)
        directory = None
        if self.repo.top is not None:
            directory = os.path.join(self.repo.top, root, DVC_DIRECTORY)
        committed = posixpath.join(root, DVC_DIRECTORY, CONFIG)
        data = self.checkout.load(committed)
        if data is not None:
            yield Level(parse_ini(data, committed), directory, self.trust.is_own)
        if directory is not None and is_within(directory, self.repo.top or directory):
            # A remote that has moved since: DVC too asks the work tree where it is now.
            for level in _level(os.path.join(directory, CONFIG), directory, is_own=self.trust.is_own):
                known = {name: pairs for name, pairs in level.sections.items() if name.startswith("remote")}
                yield level._replace(sections=known)
            yield from _level(os.path.join(directory, _LOCAL), directory, is_own=self.trust.is_own)


def _level(path: str, directory: str, *, is_own: bool = True) -> Iterator[Level]:
    data = read_file(path, _LARGEST)
    if data is not None:
        yield Level(parse_ini(data, path), directory, is_own)
