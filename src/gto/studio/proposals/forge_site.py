"""Which forge a repository is on, and where on it: by the name of its host, or as an administrator says."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from gto.exceptions import UsageError
from gto.export.web_url import as_url
from gto.git.remote import parse
from gto.storage.transport import Transport
from gto.studio import forge


class ForgeKind(Enum):
    """The forges whose API is known."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"
    BITBUCKET = "bitbucket"
    BITBUCKET_SERVER = "bitbucket-server"
    AZURE = "azure"


_WORDS = {kind.value: kind for kind in ForgeKind} | {"forgejo": ForgeKind.GITEA}
FORGE_WORDS = tuple(sorted(_WORDS))
"""What an administrator may call them."""
_OF_SSH = {  # where SSH has a host of its own
    "ssh.dev.azure.com": "dev.azure.com",
    "vs-ssh.visualstudio.com": "dev.azure.com",
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}


class ForgeHost(NamedTuple):
    """What an administrator says of a host of repositories."""

    kind: ForgeKind
    site: str = ""
    """Where its pages are, with the path before them if there is one; empty for the host itself."""
    api: str = ""
    """Where its API is, if not where this forge usually has it."""


class ForgeSettings(NamedTuple):
    """How forges are found and asked."""

    hosts: Mapping[str, ForgeHost] = MappingProxyType({})
    """By the host in a repository's address, with or without its port."""
    transport: Transport = Transport()
    """With `public` set, a forge on a private address is asked only where `hosts` names it."""


class ForgeRepository(NamedTuple):
    """A repository on a forge."""

    kind: ForgeKind
    site: str
    """The URL below which all repositories are; on Azure that of the organization."""
    path: str
    """`owner/name`, with as many groups as there are; not quoted."""
    push_url: str
    """Its address by HTTP."""
    api: str = ""
    """Where the API is, if somebody says so."""
    is_configured: bool = False
    """Whether an administrator named its host."""

    @property
    def quoted(self) -> str:
        """The path as part of a URL."""
        return quote(self.path)

    @property
    def owner(self) -> str:
        """What precedes the name."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The repository's own name."""
        return self.path.rpartition("/")[2]


class _Place(NamedTuple):
    """An address of a repository, taken apart."""

    address: str
    scheme: str
    host: str
    port: str
    path: str

    @property
    def is_web(self) -> bool:
        return self.scheme in {"http", "https"}

    @property
    def web(self) -> str:
        """Where the host's pages are: the port of SSH leads to none."""
        return f"{self.scheme}://{self.host}{self.port}" if self.is_web else f"https://{self.host}"


def parse_host(text: str) -> tuple[str, ForgeHost]:
    """Read `HOST=KIND` or `HOST=KIND,SITE`, as in `git.example.com=gitlab,https://example.com/gitlab`."""
    host, _, rest = text.partition("=")
    word, _, site = rest.partition(",")
    kind = _WORDS.get(word.strip().lower())
    if not host.strip() or kind is None:
        hint = f"write HOST=KIND, where KIND is one of {', '.join(sorted(_WORDS))}"
        raise UsageError(f"'{text}' names no host and forge", hint)
    site = site.strip().rstrip("/")
    if site and urlsplit(site).scheme not in {"http", "https"}:
        raise UsageError(f"'{site}' is no address of a forge", "it begins with https://")
    return host.strip().lower(), ForgeHost(kind, site)


def find_repository(address: str, settings: ForgeSettings, probed: ForgeKind | None = None) -> ForgeRepository | None:
    """Return where a repository is; None where nobody knows the forge. `probed` is what its API said it is."""
    place = _parse(address)
    if place is None:
        return None
    known = settings.hosts.get(place.host + place.port) or settings.hosts.get(place.host)
    kind = known.kind if known else _kind_of(place) or probed
    if kind is None:
        return None
    found = _split(kind, place, known.site if known else "")
    if found is None:
        return None
    site, path = found
    push_url = parse(address).url if place.is_web else _push_url(kind, site, path)
    return ForgeRepository(kind, site, path, push_url, known.api if known else "", known is not None)


def web_of(address: str) -> str:
    """Return where the pages of a repository's host are; empty where it has none."""
    place = _parse(address)
    return place.web if place else ""


def _parse(address: str) -> _Place | None:
    url = as_url(address)
    parts = urlsplit(url) if url else None
    if parts is None or parts.scheme not in {"http", "https", "ssh", "git"} or not parts.hostname:
        return None
    host = parts.hostname.lower()
    path = unquote(parts.path).strip("/").removesuffix(".git")
    if not path or any(part in {"", ".", ".."} for part in path.split("/")):
        return None
    port = f":{parts.port}" if parts.port and parts.scheme in {"http", "https"} else ""
    return _Place(address, parts.scheme, _OF_SSH.get(host, host), port, path)


def _kind_of(place: _Place) -> ForgeKind | None:
    if place.host == "dev.azure.com" or place.host.endswith(".visualstudio.com") or "_git" in place.path.split("/"):
        return ForgeKind.AZURE
    if place.host.endswith(".ghe.com"):
        return ForgeKind.GITHUB
    if place.is_web and "scm" in place.path.split("/")[:-2]:
        return ForgeKind.BITBUCKET_SERVER
    found = forge.find(f"https://{place.host}/{quote(place.path)}")
    if found is None:
        return None
    if found.forge.name == "Bitbucket":
        return ForgeKind.BITBUCKET if place.host == "bitbucket.org" else ForgeKind.BITBUCKET_SERVER
    return _WORDS[found.forge.name.lower()]


def _split(kind: ForgeKind, place: _Place, site: str) -> tuple[str, str] | None:
    """Return the URL of the forge, and the repository's path below it."""
    words = place.path.split("/")
    if kind is ForgeKind.AZURE:
        return _split_azure(place, site or place.web, words)
    if kind is ForgeKind.BITBUCKET_SERVER and place.is_web and "scm" in words:
        before = "/".join([place.web, *words[: words.index("scm")]])
        site, words = site or before, words[words.index("scm") + 1 :]
    context = urlsplit(site).path.strip("/").split("/") if place.is_web and site else []
    if context != [""] and words[: len(context)] == context:
        words = words[len(context) :]
    least_and_most = (2, 99) if kind is ForgeKind.GITLAB else (2, 2)
    return (site or place.web, "/".join(words)) if least_and_most[0] <= len(words) <= least_and_most[1] else None


def _split_azure(place: _Place, site: str, words: list[str]) -> tuple[str, str] | None:
    if not place.is_web:  # v3/ORGANIZATION/PROJECT/REPOSITORY
        words = words[1:] if words[0] == "v3" else words
        return (f"{site}/{quote(words[0])}", f"{words[1]}/{words[2]}") if len(words) == 3 else None  # noqa: PLR2004
    if "_git" not in words[:-1]:
        return None
    before, name = words[: words.index("_git")], words[-1]
    has_project = len(before) > (0 if place.host.endswith(".visualstudio.com") else 1)
    project = before.pop() if has_project else name  # left out where both bear one name
    return "/".join([place.web, *map(quote, before)]), f"{project}/{name}"


def _push_url(kind: ForgeKind, site: str, path: str) -> str:
    owner, _, name = path.rpartition("/")
    match kind:
        case ForgeKind.AZURE:
            return f"{site}/{quote(owner)}/_git/{quote(name)}"
        case ForgeKind.BITBUCKET_SERVER:
            return f"{site}/scm/{quote(path)}.git"
        case _:
            return f"{site}/{quote(path)}.git"
