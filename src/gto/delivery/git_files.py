"""Files that Git holds, in the commit or through Git LFS."""

import posixpath
from collections.abc import Iterable, Mapping

from gto.delivery.commit_source import Site
from gto.dvc.checkout import is_dvc_file
from gto.dvc.project_root import DVC_DIRECTORY
from gto.exceptions import CannotLocate
from gto.git.commit_tree import sizes
from gto.git.tree import LINK, SUBMODULE, Entry
from gto.storage.lfs_endpoint import find_endpoint, lfs_sources
from gto.storage.lfs_pointer import LONGEST, parse_pointer
from gto.storage.location import Content, Digest, GitBlob

_ATTRIBUTES = ".gitattributes"


def file_content(site: Site, path: str) -> Content:
    """Return the file at a path; it is one, and no link."""
    return _contents(site, {"": path}, sizes(site.repo, site.commit, path))[0]


def directory_contents(site: Site, directory: str) -> list[Content]:
    """Return the files below a directory, links in the place of what they lead to, by their paths from it."""
    found: dict[str, str] = {}
    for path, entry in site.tree.below(directory):
        if not _is_of_tools(path):
            found[path] = _followed(site, posixpath.join(directory, path), entry)
    return _contents(site, found, sizes(site.repo, site.commit, directory))


def _is_of_tools(path: str) -> bool:
    """Tell whether a file is one of DVC's own, which `dvc get` leaves out too."""
    return is_dvc_file(path) or DVC_DIRECTORY in path.split("/")


def _followed(site: Site, path: str, entry: Entry) -> str:
    if entry.mode == SUBMODULE:
        raise CannotLocate(f"'{path}' is a submodule", "register the artifact in the repository that has its files")
    if entry.mode != LINK:
        return path
    target = site.tree.resolve(path)
    found = site.tree.entries.get(target)
    if found is None or not found.is_file:
        raise CannotLocate(f"'{path}' is a link to '{target}', which is no file of this commit")
    return target


def _contents(site: Site, paths: Mapping[str, str], known: Mapping[str, int]) -> list[Content]:
    """Return the files at paths of the tree, under the paths that they shall have."""
    pointers = _pointers(site, paths.values(), known)
    repo = site.repo if site.depth else None
    found = []
    for name, path in paths.items():
        entry = site.tree.entries[path]
        content = pointers.get(path)
        if content is None:
            blob = GitBlob(entry.oid, repo)
            content = Content(name, known.get(path), Digest("git", entry.oid), (blob,))
        found.append(content._replace(path=name, is_executable=entry.is_executable))
    return found


def _pointers(site: Site, paths: Iterable[str], known: Mapping[str, int]) -> dict[str, Content]:
    """Return those of the files that Git LFS keeps elsewhere."""
    wanted = list(paths)
    if not wanted or not _uses_lfs(site):
        return {}

    return lfs_contents(site, wanted, known)


def _uses_lfs(site: Site) -> bool:
    attributes = [path for path in site.tree.entries if posixpath.basename(path) == _ATTRIBUTES]
    site.tree.files.fetch((site.commit, path) for path in attributes)
    # One that cannot be read may say so.
    return any(b"lfs" in (site.tree.files.kept.get((site.commit, path)) or b"lfs") for path in attributes)


def lfs_contents(site: Site, paths: list[str], sizes: Mapping[str, int]) -> dict[str, Content]:
    """Return those of the files at paths of the tree that are pointers, as the files that they stand for."""
    small = [path for path in paths if sizes.get(path, 0) <= LONGEST]
    site.tree.files.fetch((site.commit, path) for path in small)
    pointers = {path: parse_pointer(site.tree.files.kept.get((site.commit, path)) or b"") for path in small}
    found = {path: pointer for path, pointer in pointers.items() if pointer is not None}
    if not found:
        return {}
    endpoint = find_endpoint(site.repo, site.commit, believe=site.trust.trust_remote, is_own=site.trust.is_own)
    for path, pointer in found.items():
        if pointer.has_extension:
            raise CannotLocate(
                f"'{path}' went through an extension of Git LFS, a program of its own",
                "clone the repository, and have `git lfs pull` run that program",
            )
    placed = zip(found.items(), lfs_sources(site.repo, endpoint, found.values()), strict=True)
    return {path: Content(path, one.size, Digest("sha256", one.oid), sources) for (path, one), sources in placed}
