"""Where the files of a path are, in a commit: Git, Git LFS, DVC, or a URL."""

import posixpath
import shlex
from typing import TYPE_CHECKING

from gto.delivery import git_files
from gto.delivery.commit_source import Site
from gto.delivery.dvc_files import Keeper
from gto.dvc import paths
from gto.dvc.dvc_config import RepositoryTrust, Settings
from gto.dvc.output import Output
from gto.dvc.output_finder import OutputFinder
from gto.exceptions import CannotLocate, ContentMissing, NotInCommit, StorageError
from gto.git.tree import SUBMODULE
from gto.registry.registry import Registry
from gto.storage.location import Content, Located, StoreAddress, StoreObject

if TYPE_CHECKING:
    from gto.dvc.output_contents import DataReach


def locate(registry: Registry, commit: str, path: str, trust: RepositoryTrust | None = None) -> Located:
    """Return the files that the path of an annotation names in a commit; nothing but listings is fetched.

    Without `trust`, a repository on this machine is believed, and one that a URL names is not.
    """
    if trust is None:
        trust = RepositoryTrust(is_own=registry.repo.is_own)
    site = Site(registry.repo, commit, trust)
    try:
        if paths.is_elsewhere(path):
            return locate_url(site.settings(""), path)
        return locate_in(site, _checked(path))
    except CannotLocate as error:
        if error.hint:
            raise
        words = ["dvc", "get", registry.repo.address or ".", path, "--rev", commit[:7]]
        raise CannotLocate(error.reason, f"`{shlex.join(words)}` may know") from error


def reach_remotes(registry: Registry, trust: RepositoryTrust) -> "DataReach":
    """Return how files that DVC keeps are read from its remotes too, and from what they were imported from."""
    from gto.dvc.output_contents import DataReach

    sites: dict[str, Site] = {}

    def find(commit: str, path: str) -> Located:
        if commit not in sites:
            sites[commit] = Site(registry.repo, commit, trust)
        return locate_in(sites[commit], path)

    return DataReach(find, trust)


def _checked(path: str) -> str:
    normal = posixpath.normpath(path)
    if "\0" in path or "\n" in path:
        raise CannotLocate(f"the path {path!r} holds a character that none may have", "`gto annotate` writes another")
    if normal.split("/", 1)[0] == "..":
        raise CannotLocate(f"the path '{path}' leads out of the repository", "`gto annotate` writes another")
    return "" if normal == "." else normal


def locate_in(site: Site, path: str) -> Located:
    """Return the files at a path of a site."""
    real = site.tree.resolve(path)
    found = _locate(site, real)
    return found._replace(name=posixpath.basename(path) or "repository")


def _locate(site: Site, path: str) -> Located:
    entry = site.tree.entries.get(path)
    name = posixpath.basename(path)
    if entry is not None and entry.is_file:
        return Located(name, is_directory=False, contents=(git_files.file_content(site, path),))
    if entry is None or not entry.is_directory:
        _refuse_submodule(site, path)
    project = site.project(path)
    output = project.holding(path) if project is not None and path else None
    if project is not None and output is not None and (entry is None or output.is_cached):
        return _keeper(site, project).locate(output, path[len(output.path) + 1 :])
    below = _below(site, project, path)
    if entry is None and not below:
        raise NotInCommit(path, site.commit)
    contents = git_files.directory_contents(site, path) if entry is not None else []
    return Located(name, is_directory=True, contents=(*_merged(contents, below),))


def _refuse_submodule(site: Site, path: str) -> None:
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        above = "/".join(parts[:end])
        entry = site.tree.entries.get(above)
        if entry is not None and entry.mode == SUBMODULE:
            reason = f"'{path}' is in the submodule '{above}'" if above != path else f"'{path}' is a submodule"
            raise CannotLocate(reason, "register the artifact in the repository that has its files")


def _below(site: Site, project: OutputFinder | None, directory: str) -> list[Content]:
    """Return the files of the outputs of DVC in a directory, by their paths from it."""
    start = f"{directory}/" if directory else ""
    found: list[Content] = []
    inner = [one for one in site.projects_below(directory) if one is not project]
    for one in [*([project] if project is not None else []), *inner]:
        for output in one.below(directory):
            if not output.is_cached:
                continue
            located = _keeper(site, one).locate(output)
            base = output.path.removeprefix(start)
            found += [
                content._replace(path=posixpath.join(base, content.path) if content.path else base)
                for content in located.contents
            ]
    return found


def _merged(contents: list[Content], below: list[Content]) -> list[Content]:
    """Return what Git has, then what DVC adds to it."""
    known = {content.path for content in contents}
    return sorted([*contents, *(one for one in below if one.path not in known)], key=lambda one: one.path)


def _keeper(site: Site, project: OutputFinder) -> Keeper:
    def follow(where: Site, output: Output, inside: str) -> Located:
        from gto.delivery import imports

        return imports.follow(where, output, inside, locate_in)

    return Keeper(site, project, follow)


def locate_url(settings: Settings, url: str) -> Located:
    """Return the file or files at a URL or an absolute path; nobody promised what is in them."""
    return locate_address(settings.address_of_url(url.rstrip("/")), is_directory=url.endswith("/"))


def locate_address(address: StoreAddress, *, is_directory: bool = False) -> Located:
    """Return the file or files at an address; with `is_directory` only the files below it."""
    from gto.storage.store_kinds import open_store

    name = posixpath.basename(address.url.split("?", 1)[0])
    name = "files" if name in {"", ".", ".."} else name
    store = open_store(address)
    found: tuple[Content, ...] = ()
    missing: StorageError | None = None
    if not is_directory:
        try:
            only = Content("", store.stat(""), None, (StoreObject(address, ""),))
            return Located(name, is_directory=False, contents=(only,))
        except ContentMissing as error:
            missing = error
    try:
        found = tuple(Content(key, size, None, (StoreObject(address, key),)) for key, size in sorted(store.list("")))
    except StorageError as error:
        raise missing or error from error
    if not found:
        raise missing or ContentMissing(address.url, "`gto describe` shows the path that is annotated")
    return Located(name, is_directory=True, contents=found)
