"""One commit of one repository, and what its DVC configuration says there."""

import posixpath
from collections.abc import Iterator, Sequence

from gto.dvc.checkout import Checkout
from gto.dvc.dvc_config import Level, RepositoryTrust, Settings
from gto.dvc.output_finder import OutputFinder, files_by_root
from gto.dvc.project_config import ProjectConfig
from gto.dvc.project_root import project_root, roots_below
from gto.git.commit_files import Files
from gto.git.repo import Repo
from gto.storage.location import StoreAddress


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
        self.trust = trust = trust.within(repo.stores)
        self.depth = depth
        self.travels = travels or Travels()
        # Where an own repository is not believed, its committed settings lead to no server.
        may_fetch = not repo.is_offline and (trust.is_own or not repo.is_own)
        self.checkout = Checkout(Files(repo), commit, may_fetch=may_fetch, believe=trust.trust_remote)
        self.tree = self.checkout.tree
        self._config = ProjectConfig(repo, self.checkout, trust, overrides)
        self._projects: dict[str, OutputFinder] = {}
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
        """Return DVC's configuration of the project at `root`."""
        return self._config.settings(root)

    def cache(self, root: str) -> StoreAddress | None:
        """Return the cache of the project on this machine; None where there is none."""
        return next(iter(self._config.caches(root)), None)
