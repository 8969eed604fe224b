"""Addresses of repositories as MLflow has them: `gto:///srv/models`, `gto+https://host/models.git`.

Below them are the files of versions: `gto:///srv/models/-/churn/v1.2.0`.
"""

import re
from typing import NamedTuple
from urllib.parse import quote, unquote

from gto.exceptions import UsageError
from gto.git import remote

_URI_RE = re.compile(r"gto(?:\+(?P<scheme>[a-z]+))?:(?://)?(?P<rest>.*)", re.DOTALL)
_BELOW = "/-/"
_PUSH = "push=true"


class Place(NamedTuple):
    """A repository, and what of it an address names."""

    uri: str
    """The address of the repository alone."""
    repo: str
    """What GTO takes for it: a path, or a URL."""
    below: str = ""
    """A version of an artifact, and a path in it; empty for the repository."""
    push: bool = False
    """Whether new tags of a clone are pushed; those of a URL always are."""

    @property
    def name(self) -> str:
        """How the repository is called."""
        return re.split("[/:]", self.repo.rstrip("/"))[-1].removesuffix(".git")

    def address_of(self, below: str) -> str:
        """Return the address of a version's files."""
        return f"{self.uri}{_BELOW}{quote(below, safe='/~=@+')}"


def parse_place(uri: str) -> Place:
    """Take an address apart; UsageError says how one looks."""
    match = _URI_RE.fullmatch(uri)
    if match is None:
        raise UsageError(f"'{uri}' is no address of a registry in Git", "it looks like gto:///srv/models")
    whole, _, below = uri.partition(_BELOW)
    rest, _, query = whole[match.start("rest") :].partition("?")
    below = unquote(below.partition("?")[0]).strip("/")
    if match["scheme"]:
        address = remote.parse(f"{match['scheme']}://{rest}")  # its secrets are hidden from now on
        return Place(whole, address.given, below)
    if not rest.startswith("/"):
        hint = "a repository on this machine is gto:///srv/models, one elsewhere gto+https://HOST/models.git"
        raise UsageError(f"'gto://{rest}' names no absolute path", hint)
    if query not in {"", _PUSH}:
        raise UsageError(f"'?{query}' means nothing", f"`?{_PUSH}` has new tags pushed")
    path = rest.rstrip("/") or "/"
    return Place(f"gto://{path}", unquote(path), below, push=bool(query))
