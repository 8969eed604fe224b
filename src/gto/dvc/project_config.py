"""What DVC's configuration files say to the projects of one commit: their remotes, and their cache on this machine."""

import os
import posixpath
from collections.abc import Iterator, Sequence

from gto.core.allowed_stores import AllowedStores
from gto.dvc.checkout import Checkout
from gto.dvc.config_file import parse_ini
from gto.dvc.dvc_config import Level, RepositoryTrust, Settings, merge, places_of_the_user
from gto.dvc.project_root import CONFIG, DVC_DIRECTORY
from gto.fs.regular_file import is_within, read_file
from gto.git.repo import Repo
from gto.storage.location import StoreAddress

_LOCAL = "config.local"
_LARGEST = 1 << 20  # bytes


class ProjectConfig:
    """The configuration of each project, by its root; what is read is read once."""

    def __init__(self, repo: Repo, checkout: Checkout, trust: RepositoryTrust, overrides: Sequence[Level] = ()) -> None:
        """`overrides` are settings that count more than all others."""
        self._repo = repo
        self._checkout = checkout
        self._trust = trust.within(repo.stores)
        self._overrides = overrides
        self._settings: dict[str, Settings] = {}
        self._caches: dict[str, tuple[StoreAddress, ...]] = {}

    def settings(self, root: str) -> Settings:
        """Return what all files together say to the project at `root`, or raise BadFile."""
        if root not in self._settings:
            self._settings[root] = merge([*self._levels(root), *self._overrides], self._trust, self._repo.stores)
        return self._settings[root]

    def caches(self, root: str) -> tuple[StoreAddress, ...]:
        """Return the caches of the project on this machine: that of the commit, then that of the work tree."""
        if root not in self._caches:
            self._caches[root] = tuple(self._find_caches(root))
        return self._caches[root]

    def _find_caches(self, root: str) -> Iterator[StoreAddress]:
        top = self._repo.top
        default = [] if top is None else [os.path.join(top, root, DVC_DIRECTORY, "cache")]
        here = merge([*self._levels_of_user(), *self._levels_here(root)], self._trust).cache
        named = [place for place in (self.settings(root).cache, here) if place is not None]
        for place in dict.fromkeys([*named, *default]):
            if os.path.isabs(place) and os.path.isdir(place):
                yield StoreAddress(place, trusted=True, allowed=self._allowed(place, is_own=place in default))

    def _allowed(self, place: str, *, is_own: bool) -> AllowedStores | None:
        """Return what a cache must be in; the clone's own is allowed, unless a link that came with it leads away."""
        stores = self._repo.stores
        is_in_clone = is_own and os.path.realpath(place) == os.path.normpath(place)
        return stores.and_path(place) if stores is not None and is_in_clone else stores

    def _levels(self, root: str) -> Iterator[Level]:
        """Yield the configuration: of the system, of the user, of the commit, of this clone."""
        yield from self._levels_of_user()
        top = self._repo.top
        committed = posixpath.join(root, DVC_DIRECTORY, CONFIG)
        data = self._checkout.load(committed)
        if data is not None:
            directory = None if top is None else os.path.join(top, root, DVC_DIRECTORY)
            yield Level(parse_ini(data, committed), directory, self._trust.is_own)
        # A remote that has moved since: DVC too asks the work tree where it is now.
        for level in self._levels_here(root, of_clone=False):
            known = {name: pairs for name, pairs in level.sections.items() if name.startswith("remote")}
            yield level._replace(sections=known)
        yield from self._levels_here(root, of_commits=False)

    @staticmethod
    def _levels_of_user() -> Iterator[Level]:
        for place in places_of_the_user(os.environ, os.path.expanduser("~")):
            yield from _level(os.path.join(place, CONFIG), place)

    def _levels_here(self, root: str, *, of_commits: bool = True, of_clone: bool = True) -> Iterator[Level]:
        """Yield what the work tree says: in the file that is committed, and in that of this clone alone."""
        top = self._repo.top
        directory = os.path.join(top or "", root, DVC_DIRECTORY)
        if top is None or not is_within(directory, top):
            return
        for name, is_asked in ((CONFIG, of_commits), (_LOCAL, of_clone)):
            if is_asked:
                yield from _level(os.path.join(directory, name), directory, is_own=self._trust.is_own)


def _level(path: str, directory: str, *, is_own: bool = True) -> Iterator[Level]:
    data = read_file(path, _LARGEST)
    if data is not None:
        yield Level(parse_ini(data, path), directory, is_own)
