"""The facts of a version's model, read from its file where no side-car tells them, each file once."""

import json
import posixpath

from gto.delivery import git_files
from gto.delivery.commit_source import Site
from gto.delivery.locate import locate
from gto.dvc.dvc_config import RepositoryTrust
from gto.dvc.output_contents import contents_in_cache, is_directory
from gto.dvc.project import Tracked, root_of
from gto.dvc.project_config import ProjectConfig
from gto.exceptions import GTOException
from gto.fs.cache_dir import digest
from gto.inspect import kept_facts
from gto.inspect.facts import ModelFacts
from gto.inspect.reading import inspect_located
from gto.registry.registry import Registry
from gto.storage.fetcher import is_here
from gto.storage.location import Content, GitBlob, Located
from gto.version import __version__


def read_file_facts(
    registry: Registry, trust: RepositoryTrust | None, commit: str, tracked: Tracked
) -> ModelFacts | None:
    """Return what the file says that is kept somewhere in a commit; None for what is no model that is known.

    Without `trust` only what is on this machine is read: blobs of Git, and what the caches of Git LFS and DVC have; of
    what is not, the answer is None. With it, stores and remotes are asked as well, and GTOException is raised where
    they have it not.
    """
    if trust is not None:
        return _read(registry, locate(registry, commit, tracked.datum.path, trust))
    try:
        located = _located_here(registry, commit, tracked)
        return None if located is None else _read(registry, located)
    except GTOException:
        return None


def _located_here(registry: Registry, commit: str, tracked: Tracked) -> Located | None:
    repo, path = registry.repo, tracked.datum.path
    site = Site(repo, commit, RepositoryTrust(is_own=repo.is_own))
    contents: list[Content] = []
    if tracked.home == "dvc":
        config = ProjectConfig(repo, site.checkout, site.trust)
        caches = config.caches(root_of(site.checkout, posixpath.dirname(path)))
        contents = list(contents_in_cache(caches, tracked.datum).values())
    elif tracked.home == "git":
        real = site.tree.resolve(path)
        one_file = site.tree.entries[real].is_file
        contents = [git_files.file_content(site, real)] if one_file else git_files.directory_contents(site, real)
    # Of a mirror, and of a partial clone, git would fetch the blobs.
    has_blobs = repo.is_own and not repo.git.env
    if not contents or not all(is_here(one) or (has_blobs and _is_blob(one)) for one in contents):
        return None
    of_many = is_directory(tracked.datum) if tracked.home == "dvc" else contents[0].path != ""
    return Located(posixpath.basename(path) or "repository", of_many, tuple(contents))


def _is_blob(content: Content) -> bool:
    return bool(content.sources) and isinstance(content.sources[0], GitBlob)


def _read(registry: Registry, located: Located) -> ModelFacts | None:
    key = _key(registry, located) if registry.config.cache else None
    found = kept_facts.load(key) if key is not None else None
    if found is None:
        found = inspect_located(located, registry.repo)
        if key is not None and (found.format or not found.notes):  # what stopped the reading may pass
            kept_facts.save(key, found)
    return found if found.format else None


def _key(registry: Registry, located: Located) -> str | None:
    """Return what names the bytes; None where nobody promised them.

    What one repository promises of a hash counts for that one alone: a store of another may hold something else.
    """
    hashes = [(one.path, *one.digest, is_here(one) or _is_blob(one)) for one in located.contents if one.digest]
    if len(hashes) != len(located.contents):
        return None
    name = posixpath.basename(located.name)
    return digest(json.dumps([__version__, registry.repo.common_dir, name, located.is_directory, hashes]).encode())
