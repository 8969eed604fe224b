"""`/r/REPO/-/webhook`: what to enter at the forge, the secret when it is made, and what came."""

from typing import Annotated, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.output.published import Published
from gto.studio import forge
from gto.studio.addresses import repository_url
from gto.studio.context import context_of, team_of
from gto.studio.forms import read_index_form
from gto.studio.index import lookup
from gto.studio.respond import respond
from gto.studio.team import audit
from gto.studio.webhooks import hook_secrets, received_log
from gto.studio.webhooks.hook_secrets import KnownSecrets
from gto.studio.webhooks.received_log import ReceivedWebhook
from gto.webhook.forges import FORGES

router = APIRouter()

_BY_FORGE = {"GitHub": "github", "GitLab": "gitlab", "Bitbucket": "bitbucket", "Gitea": "gitea", "Forgejo": "forgejo"}


class HookPage(NamedTuple):
    """The webhook of a repository."""

    repo: str
    urls: tuple[tuple[str, str], ...]
    """The name of each forge with the address to enter there; first the one where the repository is."""
    is_guessed: bool
    """Whether the first one is where the repository is, as its address tells."""
    known: KnownSecrets
    received: tuple[ReceivedWebhook, ...]
    every: float
    """Seconds after which the repository is looked at without any webhook."""
    secret: str = ""
    """What was just made; empty else."""

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {
            "repo": self.repo,
            "urls": dict(self.urls),
            "has_secret": self.known.has_secret,
            "old_secret_until": self.known.until,
            "secret": self.secret or None,
            "received": [one._asdict() for one in self.received],
        }


@router.get("/r/{repo}/-/webhook", include_in_schema=False)
@router.get("/r/{repo}/-/webhook.json", include_in_schema=False)
def show_hook(request: Request, repo: str) -> Response:
    """Answer the page."""
    return respond(request, "hook.html", read_hook(request, repo))


@router.post("/r/{repo}/-/webhook/make", include_in_schema=False)
def make_secret(request: Request, repo: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Make a secret, and show it this once."""
    del form
    team, origin = team_of(request), audit.origin_of(request)
    with team.database.record() as connection:
        had = hook_secrets.known(connection, repo).has_secret
        made = hook_secrets.make(connection, team.box, repo)
        action = "webhook secret changed" if had else "webhook secret made"
        audit.note(connection, context_of(request).visitor, origin, action, repository=repo)
    answer = respond(request, "hook.html", read_hook(request, repo)._replace(secret=made))
    answer.headers["cache-control"] = "no-store"
    return answer


@router.post("/r/{repo}/-/webhook/remove", include_in_schema=False)
def remove_secret(request: Request, repo: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Take no webhook any more."""
    del form
    with team_of(request).database.record() as connection:
        hook_secrets.remove(connection, repo)
        origin = audit.origin_of(request)
        audit.note(connection, context_of(request).visitor, origin, "webhook secret removed", repository=repo)
    return RedirectResponse(repository_url(repo, "-/webhook") + "?done=secret-removed", 303)


def read_hook(request: Request, repo: str) -> HookPage:
    """Read the page."""
    studio, team = context_of(request), team_of(request)
    with studio.database.read() as connection:
        remote = lookup.find_repository(connection, repo).remote
    with team.database.engine.connect() as connection:
        known = hook_secrets.known(connection, repo)
        found = received_log.find(connection, repo)
    place = forge.find(remote or studio.place(repo).address)
    own = _BY_FORGE.get(place.forge.name, "") if place else ""
    ordered = sorted(FORGES, key=lambda one: (one.kind != own, one.name))
    base = f"{team.settings.url}/webhook"
    urls = tuple((one.name, f"{base}/{one.kind}/{quote(repo)}") for one in ordered)
    return HookPage(repo, urls, bool(own), known, tuple(found), team.settings.reading.every)
