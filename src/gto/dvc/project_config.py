"""What DVC's configuration files say to the projects of one commit: their remotes, and their cache on this machine."""

import os
import posixpath
from collections.abc import Iterator, Sequence

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
        self._trust = trust
        self._overrides = overrides
        self._settings: dict[str, Settings] = {}
        self._caches: dict[str, StoreAddress | None] = {}

    def settings(self, root: str) -> Settings:
        """Return what all files together say to the project at `root`, or raise BadFile."""
        if root not in self._settings:
            self._settings[root] = merge([*self._levels(root), *self._overrides], self._trust)
        return self._settings[root]

    def cache(self, root: str) -> StoreAddress | None:
        """Return the cache of the project on this machine; None where there is none."""
        if root not in self._caches:
            self._caches[root] = self._cache(root)
        return self._caches[root]

    def _cache(self, root: str) -> StoreAddress | None:
        place, top = self.settings(root).cache, self._repo.top
        if place is None and top is not None:
            place = os.path.join(top, root, DVC_DIRECTORY, "cache")
        if place is None or not os.path.isabs(place) or not os.path.isdir(place):
            return None
        return StoreAddress(place, trusted=True)

    def _levels(self, root: str) -> Iterator[Level]:
        """Yield the configuration: of the system, of the user, of the commit, of this clone."""
        for place in places_of_the_user(os.environ, os.path.expanduser("~")):
            yield from _level(os.path.join(place, CONFIG), place)
        directory, top, is_own = None, self._repo.top, self._trust.is_own
        if top is not None:
            directory = os.path.join(top, root, DVC_DIRECTORY)
        committed = posixpath.join(root, DVC_DIRECTORY, CONFIG)
        data = self._checkout.load(committed)
        if data is not None:
            yield Level(parse_ini(data, committed), directory, is_own)
        if directory is not None and is_within(directory, top or directory):
            # A remote or a cache that has moved since: DVC too asks the work tree where it is now.
            for level in _level(os.path.join(directory, CONFIG), directory, is_own=is_own):
                known = {name: pairs for name, pairs in level.sections.items() if _says_where(name)}
                yield level._replace(sections=known)
            yield from _level(os.path.join(directory, _LOCAL), directory, is_own=is_own)


def _says_where(section: str) -> bool:
    return section == "cache" or section.startswith("remote")


def _level(path: str, directory: str, *, is_own: bool = True) -> Iterator[Level]:
    data = read_file(path, _LARGEST)
    if data is not None:
        yield Level(parse_ini(data, path), directory, is_own)
