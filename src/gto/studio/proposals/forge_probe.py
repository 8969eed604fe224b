"""Which forge a host runs, asked of its API without any token: for hosts of which nobody says it."""

from collections.abc import Callable
from typing import NamedTuple

from gto.exceptions import StorageError
from gto.storage import http_client
from gto.studio.proposals.forge_api import ask
from gto.studio.proposals.forge_client import ForgeAnswer
from gto.studio.proposals.forge_site import ForgeKind, ForgeRepository, ForgeSettings, find_repository, web_of


class _Sign(NamedTuple):
    kind: ForgeKind
    path: str
    is_it: Callable[[ForgeAnswer], bool]


_SIGNS = (
    _Sign(ForgeKind.GITEA, "/api/v1/version", lambda answer: bool(answer.status == 200 and answer.get("version"))),  # noqa: PLR2004  yes
    # It lets nobody read its version without a token, but marks the refusal as its own.
    _Sign(ForgeKind.GITLAB, "/api/v4/version", lambda answer: "x-gitlab-meta" in answer.headers),
    _Sign(ForgeKind.GITHUB, "/api/v3/meta", lambda answer: "x-github-request-id" in answer.headers),
    _Sign(
        ForgeKind.BITBUCKET_SERVER,
        "/rest/api/1.0/application-properties",
        lambda answer: answer.get("displayName") == "Bitbucket",
    ),
)


def find_or_probe(address: str, settings: ForgeSettings) -> ForgeRepository | None:
    """Return where a repository is; where neither its address nor anybody says it, its host is asked."""
    found = find_repository(address, settings)
    if found is not None:
        return found
    kind = probe(web_of(address), settings)
    return find_repository(address, settings, kind) if kind else None


def probe(web: str, settings: ForgeSettings) -> ForgeKind | None:
    """Return the forge that answers at an address; None where none does that is known."""
    for sign in _SIGNS if web else ():
        try:
            answer = ask(http_client.Request(f"{web}{sign.path}", transport=settings.transport))
        except StorageError:  # then the next question has no answer either
            return None
        if sign.is_it(answer):
            return sign.kind
    return None
