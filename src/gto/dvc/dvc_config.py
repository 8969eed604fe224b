"""What DVC's configuration says: where the remotes are, which is the default one, where the cache is."""

import os
import re
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gto.core.allowed_stores import AllowedStores
from gto.dvc.config_file import Sections
from gto.exceptions import CannotLocate
from gto.storage.location import StoreAddress
from gto.storage.urls import scheme

_REMOTE_RE = re.compile(r'\s*remote\s*"(.*)"\s*')
_URL_RE = re.compile(r"\w+://")
_PLACE_RE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)")  # urllib.parse takes two milliseconds to import
_CLOUDS = frozenset({"s3", "gs", "azure"})
_WITH_ENDPOINT = frozenset({"s3", "gs"})
_PATHS = frozenset({"url", "credentialpath", "configpath", "keyfile", "cert_path", "key_path"})
# What a repository of somebody else may say of its remotes: nothing that names a file or an account of this machine,
# and nothing that makes a connection less safe.
_OF_STRANGERS = frozenset(
    {
        *("url", "region", "endpointurl", "version_aware", "worktree", "account_name", "projectname", "user", "port"),
        *("allow_anonymous_login",),
    }
)
_WHERE = ("url", "endpointurl", "account_name", "port")
_MOST_REFERENCES = 16


class RepositoryTrust(NamedTuple):
    """How far a repository is believed."""

    is_own: bool = True
    """Whether it is one of this machine's, and not one that was given by a URL."""
    trust_remote: bool = False
    """Whether credentials go to the remotes that it names (`--trust-remote`)."""
    allow_local: bool = False
    """Whether it may name paths of this machine (`--allow-local`)."""
    follow_imports: bool = True
    """Whether other repositories are read that it imported from: with this machine's credentials for them."""

    def within(self, stores: AllowedStores | None) -> "RepositoryTrust":
        """Return how far a repository is believed that may read only these stores: what it says widens nothing."""
        if stores is None:
            return self
        return RepositoryTrust(is_own=False, follow_imports=False)


class Level(NamedTuple):
    """One file of configuration."""

    sections: Sections
    directory: str | None
    """What its relative paths start from; None where that is no directory of this machine."""
    is_own: bool = True
    """Whether the user, or the repository on this machine, says it."""


class DvcRemote(NamedTuple):
    """A remote of DVC's."""

    name: str
    address: StoreAddress
    is_versioned: bool
    """Whether it keeps files under their own names, in versions, and not objects under their hashes."""


class Settings(NamedTuple):
    """All levels as one."""

    core: Mapping[str, str]
    cache: str | None
    """The directory that `cache.dir` names."""
    remotes: Mapping[str, Mapping[str, str]]
    hosts: frozenset[str]
    """Hosts that the user's own configuration names."""
    trust: RepositoryTrust
    strange: frozenset[str] = frozenset()
    """Remotes of which a repository of somebody else says something."""
    allowed: AllowedStores | None = None
    """The stores among which all must be; None where they may be any."""

    @property
    def default(self) -> str | None:
        """The name of the remote that counts where none is named."""
        return self.core.get("remote", "").lower() or None

    def remote(self, name: str) -> DvcRemote:
        """Return a remote, or raise CannotLocate."""
        options = dict(self._merged(name.lower()))
        url = options.pop("url", "")
        if not _URL_RE.match(url) and not os.path.isabs(url):
            what = f"'{url}', a path beside the repository" if url else "without a URL"
            raise CannotLocate(f"DVC's remote '{name}' is {what}, and only its clones know where that is")
        is_versioned = "true" in {options.pop("version_aware", "").lower(), options.pop("worktree", "").lower()}
        return DvcRemote(name.lower(), self.address(url, options), is_versioned)

    def address(self, url: str, options: Mapping[str, str]) -> StoreAddress:
        """Return a store, and whether credentials may be sent there."""
        asked = self.trust.trust_remote and not _is_path(url)
        trusted = self.trust.is_own or asked or _host(url, options) in {"", *self.hosts}
        return StoreAddress(url, options, trusted, self.trust.allow_local, self.allowed)

    def address_of_url(self, url: str) -> StoreAddress:
        """Return a store that no remote is, with the options of the remote that is in the same place."""
        if url.startswith("remote://"):
            name, _, path = url.removeprefix("remote://").partition("/")
            self._check_below(name, path)
            base = self.remote(name).address
            return base._replace(url=_joined(base.url, path))
        for name in self.remotes:
            options = dict(self._merged(name))
            place = _place(options.pop("url", ""))
            if place == _place(url) and place[1]:
                return self.address(url, {key: options[key] for key in options.keys() - {"version_aware", "worktree"}})
        return self.address(url, {})

    def _merged(self, name: str, depth: int = 0) -> Mapping[str, str]:
        """Return the options of a remote, those of the remote that its URL builds upon before them."""
        if name not in self.remotes:
            raise CannotLocate(f"DVC's configuration has no remote '{name}'")
        options = self.remotes[name]
        url = options.get("url", "")
        if not url.startswith("remote://"):
            return options
        if depth > _MOST_REFERENCES:
            raise CannotLocate(f"DVC's remote '{name}' builds upon itself")
        base_name, _, path = url.removeprefix("remote://").partition("/")
        self._check_below(base_name, path)
        base = self._merged(base_name.lower(), depth + 1)
        if name in self.strange and _leads_elsewhere(options, base, set(_WHERE) - {"url"}):
            base = {key: value for key, value in base.items() if key in _OF_STRANGERS}
        return {**base, **options, "url": _joined(base.get("url", ""), path)}

    def _check_below(self, name: str, path: str) -> None:
        """Raise CannotLocate where a repository of somebody else would leave a remote: what is above it is not its."""
        if self.trust.is_own:
            return
        from urllib.parse import unquote

        if os.pardir in re.split(r"[/\\]", unquote(path)):
            raise CannotLocate(f"'remote://{name}/{path}' leads out of DVC's remote '{name}'")


def merge(levels: Iterable[Level], trust: RepositoryTrust, allowed: AllowedStores | None = None) -> Settings:
    """Make one of several levels; the later count more.

    Where a repository of somebody else says that a remote of the user's is elsewhere, the user's options of it are not
    used: they may be secrets.
    """
    core: dict[str, str] = {}
    cache: str | None = None
    remotes: dict[str, dict[str, str]] = {}
    hosts: set[str] = set()
    strange: set[str] = set()
    for level in levels:
        core |= level.sections.get("core", {})
        directory = level.sections.get("cache", {}).get("dir")
        if directory and (level.is_own or trust.allow_local):
            cache = _resolved(directory, level.directory)
        for section, pairs in level.sections.items():
            match = _REMOTE_RE.fullmatch(section)
            if match is None:
                continue
            options = {
                key: _resolved(value, level.directory) if key in _PATHS else value
                for key, value in pairs.items()
                if level.is_own or key in _OF_STRANGERS
            }
            known = remotes.get(match[1], {})
            if not level.is_own:
                strange.add(match[1])
                known = {} if _leads_elsewhere(options, known, _WHERE) else known
            remotes[match[1]] = {**known, **options}
            if level.is_own and "url" in remotes[match[1]]:
                hosts.add(_host(remotes[match[1]]["url"], remotes[match[1]]))
    return Settings(core, cache, remotes, frozenset(hosts - {""}), trust, frozenset(strange), allowed)


def _leads_elsewhere(options: Mapping[str, str], known: Mapping[str, str], keys: Iterable[str]) -> bool:
    return any(options.get(key, known.get(key)) != known.get(key) for key in keys)


def places_of_the_user(environ: Mapping[str, str], home: str) -> tuple[str, str]:
    """Return the directories of the system's and of the user's configuration of DVC."""
    if sys.platform == "darwin":
        system, own = "/Library/Application Support", os.path.join(home, "Library", "Application Support")
    else:
        system = environ.get("XDG_CONFIG_DIRS", "").split(os.pathsep)[0] or "/etc/xdg"
        own = environ.get("XDG_CONFIG_HOME", "") or os.path.join(home, ".config")
    return (
        environ.get("DVC_SYSTEM_CONFIG_DIR") or os.path.join(system, "dvc"),
        environ.get("DVC_GLOBAL_CONFIG_DIR") or os.path.join(own, "dvc"),
    )


def _resolved(path: str, directory: str | None) -> str:
    if _URL_RE.match(path) or os.path.isabs(path):
        return path
    expanded = os.path.expanduser(path)
    if os.path.isabs(expanded) or directory is None:
        return expanded
    return os.path.normpath(os.path.join(directory, path))


def _joined(url: str, path: str) -> str:
    return f"{url.rstrip('/')}/{path.lstrip('/')}" if path else url


def _is_path(url: str) -> bool:
    return not _URL_RE.match(url) or url.lower().startswith("file://")


def _place(url: str) -> tuple[str, str]:
    """Return scheme and host, or bucket, of a URL, in lower case; two empty texts for a path."""
    found = _PLACE_RE.match(url)
    return (found[1].lower(), found[2].rpartition("@")[2].lower()) if found else ("", "")


def _host(url: str, options: Mapping[str, str]) -> str:
    """Return the host to which credentials would go; empty for the public services of the clouds themselves."""
    named = options.get("endpointurl", "")
    if named and scheme(url) in _WITH_ENDPOINT:  # elsewhere nobody reads it
        return _place(named)[1] or named
    if scheme(url) in _CLOUDS and "connection_string" not in options:
        return ""
    return _place(url)[1] or url
