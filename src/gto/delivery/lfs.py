"""Files of a commit in whose place Git has a pointer of Git LFS."""

from collections.abc import Mapping

from gto.delivery.site import Site
from gto.exceptions import CannotLocate
from gto.storage.lfs_endpoint import find_endpoint, lfs_sources
from gto.storage.lfs_pointer import LONGEST, parse_pointer
from gto.storage.location import Content, Digest


def lfs_contents(site: Site, paths: list[str], sizes: Mapping[str, int]) -> dict[str, Content]:
    """Return those of the files at paths of the tree that are pointers, as the files that they stand for."""
    small = [path for path in paths if sizes.get(path, 0) <= LONGEST]
    site.tree.files.fetch((site.commit, path) for path in small)
    pointers = {path: parse_pointer(site.tree.files.read(site.commit, path) or b"") for path in small}
    if not any(pointers.values()):
        return {}
    endpoint = find_endpoint(site.repo, site.commit)
    found: dict[str, Content] = {}
    for path, pointer in pointers.items():
        if pointer is None:
            continue
        if pointer.has_extension:
            raise CannotLocate(
                f"'{path}' went through an extension of Git LFS, a program of its own",
                "clone the repository, and have `git lfs pull` run that program",
            )
        sources = lfs_sources(site.repo, endpoint, pointer)
        found[path] = Content(path, pointer.size, Digest("sha256", pointer.oid), sources)
    return found
