"""The webhooks of forges: by what each is known, how it is signed, and where it says what it is about."""

import base64
import binascii
from typing import NamedTuple

from gto.webhook import signature
from gto.webhook.signature import Begin, Check, Headers

Path = tuple[str, ...]
"""Keys of JSON, from the outermost on."""
TOKEN_HEADER = "X-GTO-Token"  # noqa: S105  its name
"""A header that holds the secret, of forges that sign nothing and send headers of one's own."""


class ForgeWebhook(NamedTuple):
    """How a forge tells of a push."""

    kind: str
    """Its name for programs."""
    name: str
    mark: str
    """The header by which its requests are known; empty where they have none of their own."""
    begin: Begin
    """Begins to check its signature."""
    pushes: frozenset[str]
    """What it says where refs came."""
    event: str
    """The header that says what happened; empty where only the body does."""
    idents: tuple[str, ...]
    """The headers that may hold the id of a delivery, which stays the same when it is sent again."""
    addresses: tuple[Path, ...]
    """Where the body has addresses of the repository."""
    full_name: tuple[Path, ...]
    """Where it has the parts of the repository's name."""
    tests: frozenset[str] = frozenset()
    """What it says when somebody only tries whether a webhook arrives."""
    sent: Path = ()
    """Where the body has the time of what happened."""

    def tells_of_push(self, headers: Headers) -> bool:
        """Tell whether refs may have come, as far as that can be said without the body."""
        return not self.event or headers.get(self.event, "") in self.pushes


def _of_gitlab(secrets: tuple[str, ...], headers: Headers, now: float) -> Check | None:
    """The newer kind signs; the older sends the secret itself, and does not count where a signature came."""
    if headers.get("webhook-signature", ""):
        return signature.of_standard(secrets, headers, now)
    return signature.of_secret(secrets, [headers.get("X-Gitlab-Token", "")])


def _of_azure(secrets: tuple[str, ...], headers: Headers, _now: float) -> Check | None:
    """It signs nothing: the secret is the password of its basic authentication, or in a header of the user's own."""
    return signature.of_secret(secrets, [headers.get(TOKEN_HEADER, ""), _password(headers)])


def _password(headers: Headers) -> str:
    scheme, _, code = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(code.strip(), validate=True).decode("latin-1").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _in(*words: str) -> tuple[Path, ...]:
    """Return paths that are written with dots."""
    return tuple(tuple(one.split(".")) for one in words)


_PUSHES = frozenset({"push", "create", "delete"})
_BITBUCKET_PUSHES = frozenset({"repo:push", "repo:refs_changed"})
_OF_GITHUB = _in("repository.clone_url", "repository.ssh_url", "repository.html_url")
_FULL_NAME = _in("repository.full_name")
FORGES = (
    # Forgejo sends the headers of Gitea and GitHub too, and Gitea those of GitHub: the first that is there counts.
    ForgeWebhook(
        kind="forgejo",
        name="Forgejo",
        begin=signature.of_hex("X-Forgejo-Signature"),
        mark="X-Forgejo-Event",
        event="X-Forgejo-Event",
        pushes=_PUSHES,
        idents=("X-Forgejo-Delivery",),
        addresses=_OF_GITHUB,
        full_name=_FULL_NAME,
    ),
    ForgeWebhook(
        kind="gitea",
        name="Gitea",
        begin=signature.of_hex("X-Gitea-Signature"),
        mark="X-Gitea-Event",
        event="X-Gitea-Event",
        pushes=_PUSHES,
        idents=("X-Gitea-Delivery",),
        addresses=_OF_GITHUB,
        full_name=_FULL_NAME,
    ),
    ForgeWebhook(
        kind="github",
        name="GitHub",
        begin=signature.of_hex("X-Hub-Signature-256", prefix="sha256="),
        mark="X-GitHub-Event",
        event="X-GitHub-Event",
        pushes=_PUSHES,
        idents=("X-GitHub-Delivery",),
        addresses=_OF_GITHUB,
        full_name=_FULL_NAME,
        tests=frozenset({"ping"}),
        sent=("repository", "pushed_at"),
    ),
    ForgeWebhook(
        kind="gitlab",
        name="GitLab",
        begin=_of_gitlab,
        mark="X-Gitlab-Event",
        event="X-Gitlab-Event",
        pushes=frozenset({"Push Hook", "Tag Push Hook"}),
        idents=("webhook-id", "Idempotency-Key", "X-Gitlab-Webhook-UUID"),
        addresses=_in("project.git_http_url", "project.git_ssh_url", "project.web_url"),
        full_name=_in("project.path_with_namespace"),
    ),
    ForgeWebhook(
        kind="bitbucket",
        name="Bitbucket Cloud",
        begin=signature.of_hex("X-Hub-Signature", prefix="sha256="),
        mark="X-Request-UUID",
        event="X-Event-Key",
        pushes=_BITBUCKET_PUSHES,
        idents=("X-Request-UUID",),
        addresses=_in("repository.links.html.href"),
        full_name=_FULL_NAME,
    ),
    ForgeWebhook(
        kind="bitbucket-dc",
        name="Bitbucket Data Center",
        begin=signature.of_hex("X-Hub-Signature", prefix="sha256="),
        mark="X-Event-Key",
        event="X-Event-Key",
        pushes=_BITBUCKET_PUSHES,
        idents=("X-Request-Id",),
        addresses=_in("repository.links.clone.href", "repository.links.self.href"),
        full_name=_in("repository.project.key", "repository.slug"),
        tests=frozenset({"diagnostics:ping"}),
        sent=("date",),
    ),
    ForgeWebhook(
        kind="azure",
        name="Azure Repos",
        begin=_of_azure,
        mark="",
        event="",
        pushes=frozenset({"git.push"}),
        idents=(),
        addresses=_in("resource.repository.remoteUrl", "resource.repository.sshUrl", "resource.repository.webUrl"),
        full_name=_in("resource.repository.project.name", "resource.repository.name"),
        sent=("createdDate",),
    ),
)


def sender(headers: Headers) -> ForgeWebhook | None:
    """Return the forge that a request says that it comes from; None where it is none that is known.

    Azure Repos has no header of its own: whoever sends a secret as Azure can is taken for it.
    """
    for forge in FORGES:
        if forge.mark and headers.get(forge.mark, ""):
            return forge
    return find("azure") if headers.get(TOKEN_HEADER, "") or _password(headers) else None


def find(kind: str) -> ForgeWebhook | None:
    """Return the forge of this name."""
    return next((forge for forge in FORGES if forge.kind == kind), None)
