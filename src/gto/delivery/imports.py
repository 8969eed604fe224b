"""Where `dvc import` brought an output from: another repository, at the commit that was noted."""

import os
import posixpath
from collections.abc import Callable

from gto.delivery.commit_source import Site
from gto.delivery.dvc_files import check_listing
from gto.dvc.config_file import Sections, parse_ini
from gto.dvc.dvc_config import Level, RepositoryTrust
from gto.dvc.output import ImportSource, Output
from gto.exceptions import CannotLocate
from gto.fs.regular_file import read_file
from gto.git.remote import host_of, is_url
from gto.registry.registry import Registry
from gto.storage.address_check import check_host
from gto.storage.location import Content, Located, StoreObject
from gto.storage.urls import shown

_DEEPEST = 8  # imports of imports
_MOST = 1000  # imports of one question: each may lead to many others
_LARGEST = 1 << 20  # bytes of a file of settings

LocateIn = Callable[[Site, str], Located]


def follow(site: Site, output: Output, inside: str, locate_in: LocateIn) -> Located:
    """Return the files of an imported output, or of a path in it, from where they were imported."""
    origin = output.origin
    assert origin is not None  # noqa: S101  only imports are followed
    if origin.repo is None:
        return _from_url(site, output, origin, inside)
    if site.depth >= _DEEPEST:
        raise CannotLocate(f"'{output.path}' was imported through more than {_DEEPEST} repositories")
    site.travels.followed += 1
    if site.travels.followed > _MOST:
        raise CannotLocate(f"more than {_MOST} imports lead to the files of it")
    other = _open(site, origin)
    path = other.tree.resolve(posixpath.normpath(origin.path.lstrip("/")))
    found = locate_in(other, path)
    if output.is_directory != found.is_directory and output.digest is not None:
        raise CannotLocate(f"'{origin.path}' of '{origin.repo}' is not what was imported as '{output.path}'")
    if output.is_directory:
        check_listing(output, found.contents)
    if inside:
        return locate_in(other, posixpath.join(path, inside))
    contents = found.contents
    if not found.is_directory and output.digest is not None:
        contents = (contents[0]._replace(digest=output.digest),)
    return Located(posixpath.basename(output.path), is_directory=found.is_directory, contents=contents)


def _from_url(site: Site, output: Output, origin: ImportSource, inside: str) -> Located:
    """Return what `dvc import-url --no-download` noted without its bytes."""
    project = site.project(output.path)
    address = site.settings(project.root if project else "").address_of_url(origin.path)
    name = posixpath.basename(output.path)
    if not origin.files:
        if inside or output.is_directory:
            raise CannotLocate(f"'{output.path}' was imported without its files")
        size = origin.size
        return Located(
            name, is_directory=False, contents=(Content("", size, None, (StoreObject(address, "", origin.version),)),)
        )
    start = f"{inside}/" if inside else ""
    contents = tuple(
        Content(one.path.removeprefix(start), one.size, one.digest, (StoreObject(address, one.path, one.version),))
        for one in origin.files
        if one.path.startswith(start)
    )
    return Located(posixpath.basename(inside) or name, is_directory=True, contents=contents)


def _open(site: Site, origin: ImportSource) -> Site:
    """Open the repository that an output was imported from."""
    url = origin.repo or ""
    if not site.trust.follow_imports:
        reason = f"it was imported from another repository, '{shown(url)}', which only its own readers may read"
        raise CannotLocate(reason, "`gto get` brings it to who may read both")
    is_far = is_url(url) and not url.lower().startswith("file://")
    if not is_far:
        if not (site.trust.is_own or site.trust.allow_local):
            raise CannotLocate(f"it was imported from '{url}', a path of another machine", "--allow-local follows it")
        url = url if is_url(url) else os.path.join(site.repo.top or site.repo.common_dir, os.path.expanduser(url))
    elif not (site.trust.is_own or site.trust.trust_remote):
        check_host(host_of(url))
    # Many files may come from one repository: it is opened, and brought up to date, once.
    known = (url, origin.rev, repr(origin.remote), repr(origin.config), site.repo.common_dir, site.trust, site.depth)
    if known in site.travels.sites:
        return site.travels.sites[known]
    registry = Registry.open(url, origin.rev or "HEAD", offline=site.repo.is_offline)
    is_own = site.trust.is_own and registry.repo.is_own
    trust = RepositoryTrust(is_own, site.trust.trust_remote, site.trust.allow_local)
    overrides = _overrides(site, origin)
    there = Site(
        registry.repo,
        registry.commit(),
        trust,
        overrides=overrides,
        depth=site.depth + 1,
        travels=site.travels,
    )
    site.travels.sites[known] = there
    return there


def _overrides(site: Site, origin: ImportSource) -> list[Level]:
    """Return the settings that the import itself brings."""
    levels: list[Level] = []
    is_own = site.trust.is_own
    if isinstance(origin.config, str):
        data = read_file(os.path.join(site.repo.top, origin.config), _LARGEST) if is_own and site.repo.top else None
        if data is None:
            raise CannotLocate(f"it was imported with the settings of '{origin.config}', which is not here")
        levels.append(Level(parse_ini(data, origin.config), None, is_own))
    elif isinstance(origin.config, dict):
        levels.append(Level(_sections(origin.config), None, is_own))
    if isinstance(origin.remote, str):
        levels.append(Level({"core": {"remote": origin.remote}}, None, is_own))
    elif isinstance(origin.remote, dict):
        options = _texts(origin.remote)
        levels.append(Level({"core": {"remote": "import"}, 'remote "import"': options}, None, is_own))
    return levels


def _sections(config: dict[object, object]) -> Sections:
    found: Sections = {}
    for name, value in config.items():
        if name == "remote" and isinstance(value, dict):
            found |= {f'remote "{key}"': _texts(part) for key, part in value.items()}
        elif isinstance(value, dict):
            found[str(name)] = _texts(value)
    return found


def _texts(options: object) -> dict[str, str]:
    pairs = options.items() if isinstance(options, dict) else ()
    return {str(key): value if isinstance(value, str) else str(value).lower() for key, value in pairs}
