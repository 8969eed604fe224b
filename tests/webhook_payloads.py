"""Webhooks as each sender makes them: the shapes of its documentation, shortened, and signed as it signs.

They may be about any repository, so that tests of a server can use them for one that is really there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OLD, NEW = "28e1879d029cb852e4844d9c718537df08844e03", "bffeb74224043ba2feb48d137756c8a9331c449a"
TAG = "refs/tags/churn@v1.0.0"


class Posted(NamedTuple):
    """A request as it comes."""

    headers: Mapping[str, str]
    body: bytes


class Shape(NamedTuple):
    """How a sender tells of a push."""

    kind: str
    source: str
    """The page of its documentation that shows this."""
    headers: Mapping[str, str]
    payload: Mapping[str, object]
    repository: str
    addresses: tuple[str, ...]
    """As somebody would give them to `git clone`, each for itself the same repository."""
    sign: Callable[[str, bytes], Mapping[str, str]]
    ping: tuple[Mapping[str, str], Mapping[str, object]] | None = None
    """What is other in its test; None where it sends a push for that too."""

    def post(self, secret: str, payload: Mapping[str, object] | None = None, **headers: str) -> Posted:
        """Return a signed request."""
        body = json.dumps(self.payload if payload is None else payload).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        usual = {"Content-Type": "application/json", **self.headers}
        return Posted({**usual, **self.sign(secret, body), **given}, body)


def _hex(name: str, prefix: str = "") -> Callable[[str, bytes], Mapping[str, str]]:
    return lambda secret, body: {name: prefix + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def standard(secret: str, body: bytes, ident: str = "msg_1", shift: float = 0) -> Mapping[str, str]:
    """Sign as the specification of Standard Webhooks says (standardwebhooks.com)."""
    key, second = base64.b64decode(secret.removeprefix("whsec_")), str(int(time.time() + shift))
    code = hmac.new(key, f"{ident}.{second}.".encode() + body, hashlib.sha256).digest()
    signed = base64.b64encode(code).decode()
    return {"webhook-id": ident, "webhook-timestamp": second, "webhook-signature": f"v1,{signed}"}


def basic(secret: str, _body: bytes) -> Mapping[str, str]:
    """Send the secret as a password."""
    return {"Authorization": "Basic " + base64.b64encode(f"anybody:{secret}".encode()).decode()}


GITHUB = Shape(
    "github",
    "https://docs.github.com/en/webhooks/webhook-events-and-payloads#push",
    {
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-GitHub-Event": "push",
        "X-GitHub-Hook-ID": "292430182",
    },
    {
        "ref": TAG,
        "before": "0" * 40,
        "after": NEW,
        "created": True,
        "deleted": False,
        "head_commit": {"id": OLD},
        "repository": {
            "full_name": "Codertocat/Hello-World",
            "clone_url": "https://github.com/Codertocat/Hello-World.git",
            "ssh_url": "git@github.com:Codertocat/Hello-World.git",
            "git_url": "git://github.com/Codertocat/Hello-World.git",
            "html_url": "https://github.com/Codertocat/Hello-World",
            "pushed_at": 1557933657,
        },
        "pusher": {"name": "Codertocat"},
    },
    "Codertocat/Hello-World",
    (
        "https://github.com/Codertocat/Hello-World.git",
        "https://token@github.com/codertocat/hello-world",
        "git@github.com:Codertocat/Hello-World.git",
        "ssh://git@ssh.github.com:443/Codertocat/Hello-World.git",
    ),
    _hex("X-Hub-Signature-256", "sha256="),
    ({"X-GitHub-Event": "ping"}, {"zen": "Keep it logically awesome.", "hook_id": 292430182, "hook": {"active": True}}),
)

GITLAB = Shape(
    "gitlab",
    "https://docs.gitlab.com/user/project/integrations/webhook_events/#tag-events",
    {
        "User-Agent": "GitLab/18.5.0",
        "Idempotency-Key": "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
        "X-Gitlab-Event": "Tag Push Hook",
        "X-Gitlab-Instance": "https://gitlab.example.com",
        "X-Gitlab-Webhook-UUID": "02affd2d-2cba-4033-917d-ec22d5dc4b38",
    },
    {
        "object_kind": "tag_push",
        "ref": TAG,
        "before": "0" * 40,
        "after": NEW,
        "checkout_sha": OLD,
        "project": {
            "path_with_namespace": "ml/jsmith/example",
            "web_url": "https://gitlab.example.com/ml/jsmith/example",
            "git_http_url": "https://gitlab.example.com/ml/jsmith/example.git",
            "git_ssh_url": "git@ssh.gitlab.example.com:ml/jsmith/example.git",
        },
    },
    "ml/jsmith/example",
    (
        "https://gitlab.example.com/ml/jsmith/example.git",
        "https://oauth2:glpat-x@gitlab.example.com:443/ml/jsmith/example/",
        "git@ssh.gitlab.example.com:ml/jsmith/example.git",
    ),
    lambda secret, _body: {"X-Gitlab-Token": secret},
)

BITBUCKET = Shape(
    "bitbucket",
    "https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/#Push",
    {
        "User-Agent": "Bitbucket-Webhooks/2.0",
        "X-Attempt-Number": "1",
        "X-Event-Key": "repo:push",
        "X-Hook-UUID": "8eee1da4-f5e6-4ae5-8ee9-fbb9a5c4ae80",
        "X-Request-UUID": "6a5c7e1f-3e0d-4b32-a1f6-7f4a9ac0b1d2",
    },
    {
        "push": {"changes": [{"new": {"type": "tag", "name": "churn@v1.0.0"}, "old": None, "created": True}]},
        "repository": {
            "type": "repository",
            "full_name": "team_name/repo_name",
            "links": {
                "self": {"href": "https://api.bitbucket.org/2.0/repositories/team_name/repo_name"},
                "html": {"href": "https://bitbucket.org/team_name/repo_name"},
            },
        },
    },
    "team_name/repo_name",
    (
        "https://ada@bitbucket.org/team_name/repo_name.git",
        "git@bitbucket.org:team_name/repo_name.git",
        "ssh://git@altssh.bitbucket.org:443/team_name/repo_name.git",
    ),
    _hex("X-Hub-Signature", "sha256="),
)

BITBUCKET_DC = Shape(
    "bitbucket-dc",
    "https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html",
    {
        "User-Agent": "Atlassian HttpClient 4.2.0 / Bitbucket-8.19.1 (8019001) / Default",
        "X-Event-Key": "repo:refs_changed",
        "X-Request-Id": "229fe4cd-6feb-4d1a-9ed5-5e2e0dbd6e05",
    },
    {
        "eventKey": "repo:refs_changed",
        "date": "2017-09-19T09:45:32+1000",
        "repository": {
            "slug": "repository",
            "name": "repository",
            "scmId": "git",
            "project": {"key": "PROJ", "name": "project"},
            "links": {
                "clone": [
                    {"href": "https://git.example.com/bitbucket/scm/proj/repository.git", "name": "http"},
                    {"href": "ssh://git@git.example.com:7999/proj/repository.git", "name": "ssh"},
                ],
                "self": [{"href": "https://git.example.com/bitbucket/projects/PROJ/repos/repository/browse"}],
            },
        },
        "changes": [{"ref": {"id": TAG, "type": "TAG"}, "fromHash": "0" * 40, "toHash": NEW, "type": "ADD"}],
    },
    "PROJ/repository",
    (
        "https://git.example.com/bitbucket/scm/PROJ/repository.git",
        "ssh://git@git.example.com:7999/proj/repository.git",
    ),
    _hex("X-Hub-Signature", "sha256="),
    ({"X-Event-Key": "diagnostics:ping"}, {"test": True}),
)


def _like_gitea(name: str, source: str, own: Mapping[str, str]) -> Shape:
    return Shape(
        name.lower(),
        source,
        {
            "X-GitHub-Delivery": "f6266f16-1bf3-46a5-9ea4-602e06ead473",
            "X-GitHub-Event": "push",
            "X-Gogs-Event": "push",
            "X-Gitea-Delivery": "f6266f16-1bf3-46a5-9ea4-602e06ead473",
            "X-Gitea-Event": "push",
            **own,
        },
        {
            "ref": TAG,
            "before": "0" * 40,
            "after": NEW,
            "compare_url": "",
            "commits": [],
            "repository": {
                "full_name": "gitea/webhooks",
                "html_url": "http://git.example.com:3000/gitea/webhooks",
                "ssh_url": "ssh://git@git.example.com:2222/gitea/webhooks.git",
                "clone_url": "http://git.example.com:3000/gitea/webhooks.git",
            },
            "pusher": {"login": "gitea"},
        },
        "gitea/webhooks",
        (
            "http://git.example.com:3000/gitea/webhooks.git",
            "ssh://git@git.example.com:2222/gitea/webhooks",
            "git@git.example.com:gitea/webhooks.git",
        ),
        _hex(f"X-{name}-Signature"),
    )


GITEA = _like_gitea("Gitea", "https://docs.gitea.com/usage/webhooks", {})
FORGEJO = _like_gitea(
    "Forgejo",
    "https://forgejo.org/docs/latest/user/webhooks/",
    {"X-Forgejo-Delivery": "f6266f16-1bf3-46a5-9ea4-602e06ead473", "X-Forgejo-Event": "push"},
)

_NO_GUID = "00000000-0000-0000-0000-000000000000"
AZURE = Shape(
    "azure",
    "https://learn.microsoft.com/en-us/azure/devops/service-hooks/events#git.push",
    {"User-Agent": "VSServices/19.245.35211.5"},
    {
        "subscriptionId": "4f6e6328-0251-4814-a009-c01dfa368e3f",
        "notificationId": 3,
        "id": "03c164c2-8912-4d5e-8009-3707d5f83734",
        "eventType": "git.push",
        "publisherId": "tfs",
        "resource": {
            "refUpdates": [{"name": TAG, "oldObjectId": "0" * 40, "newObjectId": NEW}],
            "repository": {
                "id": "278d5cd2-584d-4b63-824a-2ba458937249",
                "name": "Fabrikam-Fiber-Git",
                "project": {"name": "Fabrikam Web", "state": "wellFormed"},
                "remoteUrl": "https://fabrikam@dev.azure.com/fabrikam/Fabrikam%20Web/_git/Fabrikam-Fiber-Git",
            },
            "pushId": 14,
        },
        "createdDate": "2014-05-02T19:17:13.3309587Z",
    },
    "Fabrikam Web/Fabrikam-Fiber-Git",
    (
        "https://dev.azure.com/fabrikam/Fabrikam%20Web/_git/Fabrikam-Fiber-Git",
        "git@ssh.dev.azure.com:v3/fabrikam/Fabrikam%20Web/Fabrikam-Fiber-Git",
        "https://fabrikam.visualstudio.com/DefaultCollection/Fabrikam%20Web/_git/Fabrikam-Fiber-Git",
        "fabrikam@vs-ssh.visualstudio.com:v3/fabrikam/Fabrikam%20Web/Fabrikam-Fiber-Git",
    ),
    basic,
    ({}, {"subscriptionId": _NO_GUID, "id": "03c164c2-8912-4d5e-8009-3707d5f83734", "eventType": "git.push"}),
)

SHAPES = (GITHUB, GITLAB, BITBUCKET, BITBUCKET_DC, GITEA, FORGEJO, AZURE)

DVC_NOTICE = {"repo_url": "git@github.com:ada/churn.git", "client": "dvc", "refs": {"pushed": ["refs/exps/ab/cdef/x"]}}
"""What `dvc exp push` sends to /webhook/dvc (dvc/utils/studio.py of DVC 3)."""
