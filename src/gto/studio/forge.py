"""Where a repository is looked at on the web: pages of GitHub, GitLab, Bitbucket, Gitea and Forgejo."""

from typing import NamedTuple
from urllib.parse import quote, urlsplit

from gto.export.web_url import as_url


class ForgePages(NamedTuple):
    """What a forge calls its pages; each is put behind the address of a repository."""

    name: str
    words: tuple[str, ...]
    """One of these is part of the host's name."""
    commit: str
    tag: str
    file: str
    compare: str


_GITEA = ("/commit/{}", "/releases/tag/{}", "/src/commit/{}/{}", "/compare/{}...{}")
_FORGES = (
    ForgePages("GitHub", ("github",), "/commit/{}", "/releases/tag/{}", "/blob/{}/{}", "/compare/{}...{}"),
    ForgePages("GitLab", ("gitlab",), "/-/commit/{}", "/-/tags/{}", "/-/blob/{}/{}", "/-/compare/{}...{}"),
    ForgePages(
        "Bitbucket", ("bitbucket",), "/commits/{}", "/commits/tag/{}", "/src/{}/{}", "/branches/compare/{1}%0D{0}#diff"
    ),
    ForgePages("Forgejo", ("forgejo", "codeberg"), *_GITEA),
    ForgePages("Gitea", ("gitea",), *_GITEA),
)


class WebPlace(NamedTuple):
    """A repository on a forge."""

    forge: ForgePages
    home: str
    """Its page there."""

    def commit(self, oid: str) -> str:
        """Return the page of a commit."""
        return self._page(self.forge.commit, oid)

    def tag(self, name: str) -> str:
        """Return the page of a tag."""
        return self._page(self.forge.tag, name)

    def file(self, oid: str, path: str) -> str:
        """Return the page of a file as a commit has it."""
        return self._page(self.forge.file, oid, path)

    def compare(self, old: str, new: str) -> str:
        """Return the page of what differs between two commits."""
        return self._page(self.forge.compare, old, new)

    def _page(self, pattern: str, *parts: str) -> str:
        return self.home + pattern.format(*(quote(part, errors="replace") for part in parts))


def find(address: str | None) -> WebPlace | None:
    """Return where a remote's address leads on the web; None where no forge is known by the name of its host."""
    url = as_url(address) if address else None
    if url is None:
        return None
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    forge = next((one for one in _FORGES if any(word in host for word in one.words)), None)
    path = parts.path.strip("/").removesuffix(".git")
    if forge is None or not path or parts.scheme not in {"http", "https", "ssh", "git"}:
        return None
    is_web = parts.scheme in {"http", "https"}
    place = parts.netloc.rpartition("@")[2] if is_web else host  # the port of SSH leads to no page
    return WebPlace(forge, f"{parts.scheme if is_web else 'https'}://{place}/{path}")
