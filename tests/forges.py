"""Forges on loopback: git's own server, which knows who pushes, and an API that takes what the vendor documents."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

from gto.studio.proposals.forge_client import ForgeToken
from gto.studio.proposals.forge_site import ForgeHost, ForgeKind, ForgeSettings
from tests.server import serve
from tests.web import Asked, Reply, Web, serve_web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.server import Server

TOKEN = "tok-0123456789"  # noqa: S105  of a server on loopback


class Dialect(NamedTuple):
    """How one forge is spoken to; `{branch}` and `{base}` stand for the branches' names."""

    kind: ForgeKind
    docs: str
    """Where the vendor documents it."""
    path: str
    """Of the repository, as git asks for it."""
    api: str
    """Path of the list of pull requests, which is also where one is posted to; as it is sent."""
    query: dict[str, str]
    """Of the list."""
    header: tuple[str, str]
    body: dict[str, Any]
    """What is posted, but for title and text."""
    words: tuple[str, str]
    """What title and text are called."""
    item: Callable[[int, str, str], dict[str, Any]]
    """A pull request as it is listed and answered, of a number, a branch and a base."""
    wrap: str
    """The key of the list in its answer; empty where the answer is the list."""
    page: str
    """Path of the page of number 7."""
    link: str
    """Path of the page where a person opens one."""
    login: str
    """The name with which git pushes."""
    name: str = ""
    """The person's name on the forge, where it is asked for."""
    posted: tuple[tuple[str, str], ...] = ()
    """The query of what is posted."""
    duplicate: int = 409
    """The status where there is one already."""


DIALECTS = (
    Dialect(
        ForgeKind.GITHUB,
        "https://docs.github.com/en/rest/pulls/pulls",
        "acme/churn.git",
        "/api/v3/repos/acme/churn/pulls",
        {"state": "open", "head": "acme:{branch}", "base": "{base}"},
        ("Authorization", f"Bearer {TOKEN}"),
        {"head": "{branch}", "base": "{base}"},
        ("title", "body"),
        lambda number, branch, base: {"number": number, "head": {"ref": branch}, "base": {"ref": base}},
        "",
        "/acme/churn/pull/7",
        "/acme/churn/compare/main...{branch}?expand=1",
        "x-access-token",
        duplicate=422,
    ),
    Dialect(
        ForgeKind.GITLAB,
        "https://docs.gitlab.com/api/merge_requests/",
        "team/ml/churn.git",
        "/api/v4/projects/team%2Fml%2Fchurn/merge_requests",
        {"state": "opened", "source_branch": "{branch}", "target_branch": "{base}"},
        ("Authorization", f"Bearer {TOKEN}"),
        {"source_branch": "{branch}", "target_branch": "{base}", "remove_source_branch": True},
        ("title", "description"),
        lambda number, branch, base: {
            "id": 1000 + number,
            "iid": number,
            "source_branch": branch,
            "target_branch": base,
            "source_project_id": 3,
            "target_project_id": 3,
        },
        "",
        "/team/ml/churn/-/merge_requests/7",
        "/team/ml/churn/-/merge_requests/new?merge_request%5Bsource_branch%5D={branch}"
        "&merge_request%5Btarget_branch%5D=main",
        "oauth2",
    ),
    Dialect(
        ForgeKind.GITEA,
        "https://docs.gitea.com/api/ (repoListPullRequests, repoCreatePullRequest)",
        "acme/churn.git",
        "/api/v1/repos/acme/churn/pulls",
        {"state": "open", "base_branch": "{base}", "limit": "50", "page": "1"},
        ("Authorization", f"token {TOKEN}"),
        {"head": "{branch}", "base": "{base}"},
        ("title", "body"),
        lambda number, branch, base: {
            "number": number,
            "head": {"ref": branch, "repo_id": 5},
            "base": {"ref": base, "repo_id": 5},
        },
        "",
        "/acme/churn/pulls/7",
        "/acme/churn/compare/main...{branch}",
        "oauth2",
    ),
    Dialect(
        ForgeKind.BITBUCKET,
        "https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/",
        "acme/churn.git",
        "/2.0/repositories/acme/churn/pullrequests",
        {"q": 'state = "OPEN" AND source.branch.name = "{branch}" AND destination.branch.name = "{base}"'},
        ("Authorization", "Basic ZXZlQGV4YW1wbGUuY29tOnRvay0wMTIzNDU2Nzg5"),  # eve@example.com:tok-0123456789
        {
            "source": {"branch": {"name": "{branch}"}},
            "destination": {"branch": {"name": "{base}"}},
            "close_source_branch": True,
        },
        ("title", "description"),
        lambda number, branch, base: {
            "id": number,
            "source": {"branch": {"name": branch}, "repository": {"full_name": "acme/churn"}},
            "destination": {"branch": {"name": base}},
        },
        "values",
        "/acme/churn/pull-requests/7",
        "/acme/churn/pull-requests/new?source={branch}&dest=main",
        "x-bitbucket-api-token-auth",
        "eve@example.com",
        duplicate=400,
    ),
    Dialect(
        ForgeKind.BITBUCKET_SERVER,
        "https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/",
        "scm/ML/churn.git",
        "/rest/api/1.0/projects/ML/repos/churn/pull-requests",
        {"state": "OPEN", "direction": "OUTGOING", "at": "refs/heads/{branch}"},
        ("Authorization", f"Bearer {TOKEN}"),
        {
            "fromRef": {
                "id": "refs/heads/{branch}",
                "repository": {"slug": "churn", "project": {"key": "ML"}},
            },
            "toRef": {"id": "refs/heads/{base}", "repository": {"slug": "churn", "project": {"key": "ML"}}},
        },
        ("title", "description"),
        lambda number, branch, base: {
            "id": number,
            "fromRef": {"id": f"refs/heads/{branch}", "repository": {"id": 9}},
            "toRef": {"id": f"refs/heads/{base}", "repository": {"id": 9}},
        },
        "values",
        "/projects/ML/repos/churn/pull-requests/7/overview",
        "/projects/ML/repos/churn/pull-requests?create&sourceBranch=refs%2Fheads%2F{branch}"
        "&targetBranch=refs%2Fheads%2Fmain",
        "eve",
        "eve",
    ),
    Dialect(
        ForgeKind.AZURE,
        "https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-requests",
        "acme/My%20Project/_git/churn",
        "/acme/My%20Project/_apis/git/repositories/churn/pullrequests",
        {
            "searchCriteria.sourceRefName": "refs/heads/{branch}",
            "searchCriteria.targetRefName": "refs/heads/{base}",
            "searchCriteria.status": "active",
            "api-version": "6.0",
        },
        ("Authorization", "Basic OnRvay0wMTIzNDU2Nzg5"),  # :tok-0123456789
        {"sourceRefName": "refs/heads/{branch}", "targetRefName": "refs/heads/{base}"},
        ("title", "description"),
        lambda number, branch, base: {
            "pullRequestId": number,
            "sourceRefName": f"refs/heads/{branch}",
            "targetRefName": f"refs/heads/{base}",
        },
        "value",
        "/acme/My%20Project/_git/churn/pullrequest/7",
        "/acme/My%20Project/_git/churn/pullrequestcreate?sourceRef={branch}&targetRef=main",
        "pat",
        posted=(("api-version", "6.0"),),
    ),
)
GITHUB = DIALECTS[0]


@dataclass(slots=True)
class FakeForge:
    """A forge that runs; what is open there, and what it was asked that its vendor does not document."""

    dialect: Dialect
    server: Server
    web: Web
    origin: Repo
    open: list[dict[str, Any]] = field(default_factory=list)
    posted: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    refuse: Callable[[Asked], Reply | None] = lambda _: None
    """What is answered instead, where it is anything."""

    @property
    def address(self) -> str:
        """The repository's, as the catalogue has it."""
        return self.server.url(self.dialect.path)

    @property
    def site(self) -> str:
        """Where the forge's pages are: of Azure the address tells it."""
        return self.server.url("").rstrip("/") if self.dialect.kind is ForgeKind.AZURE else self.web.url

    @property
    def token(self) -> ForgeToken:
        return ForgeToken(self.site, TOKEN, self.dialect.name)

    @property
    def settings(self) -> ForgeSettings:
        """What the administrator says of it."""
        own = {ForgeKind.BITBUCKET: f"{self.web.url}/2.0", ForgeKind.AZURE: f"{self.web.url}/acme"}
        host = ForgeHost(self.dialect.kind, self.site, own.get(self.dialect.kind, ""))
        return ForgeSettings({f"127.0.0.1:{self.server.port}": host})

    def pushers(self, branch: str) -> list[str]:
        """Who pushed to a branch, each time."""
        log = self.origin.path / "logs" / "refs" / "heads" / branch
        return [line.split(" ")[2] for line in log.read_text(encoding="utf-8").splitlines()]

    def answer(self, asked: Asked, _usual: Reply) -> Reply:
        """Do what the API does."""
        if (refusal := self.refuse(asked)) is not None:
            return refusal
        path, _, query = asked.path.partition("?")
        given = dict(parse_qsl(query))
        name, value = self.dialect.header
        if asked.headers.get(name) != value:
            return Reply(401, b'{"message": "Bad credentials"}')
        if path != self.dialect.api:
            self.wrong.append(f"path {path}")
            return Reply(404, b"{}")
        return self._list(given) if asked.method == "GET" else self._post(asked, given)

    def _list(self, given: dict[str, str]) -> Reply:
        branch = self._branch_in(str(given))
        if given != filled(self.dialect.query, branch, "main"):
            self.wrong.append(f"query {given}")
        asks_for_one = "{branch}" in str(self.dialect.query)
        items = [one for one in self.open if not asks_for_one or one == self.dialect.item(7, branch, "main")]
        found: Any = {self.dialect.wrap: items} if self.dialect.wrap else items
        return Reply(200, json.dumps(found).encode())

    def _branch_in(self, text: str) -> str:
        """The branch that is asked about, which is there."""
        heads = [ref.removeprefix("refs/heads/") for ref in self.origin.refs("refs/heads")]
        return next((name for name in sorted(heads, key=len, reverse=True) if name != "main" and name in text), "none")

    def _post(self, asked: Asked, given: dict[str, str]) -> Reply:
        body = json.loads(asked.body)
        title, text = (body.pop(word) for word in self.dialect.words)
        branch = self._branch_in(str(body))
        expected = (filled(self.dialect.body, branch, "main"), dict(self.dialect.posted), "application/json")
        if (body, given, asked.headers.get("Content-Type")) != expected:
            self.wrong.append(f"body {body}, query {given}")
            return Reply(400, b"{}")
        made = self.dialect.item(7, branch, "main")
        if made in self.open:
            return Reply(self.dialect.duplicate, b'{"message": "there is one already"}')
        self.open.append(made)
        self.posted.append({"title": title, "text": text, "branch": branch})
        return Reply(201, json.dumps(made).encode())


def filled(value: Any, branch: str, base: str) -> Any:  # noqa: ANN401  JSON
    """The same with the branches' names."""
    if isinstance(value, dict):
        return {key: filled(one, branch, base) for key, one in value.items()}
    return value.replace("{branch}", branch).replace("{base}", base) if isinstance(value, str) else value


@contextmanager
def serve_forge(dialect: Dialect, repo: Repo, root: Path) -> Iterator[FakeForge]:
    """Run a forge that has what `repo` has; only who has the token, or this machine's own user, may push there."""
    with serve(root) as server, serve_web() as web:
        origin = server.new(dialect.path, "core.logAllRefUpdates=always")
        server.users.update({"machine": "machine-word", dialect.login: TOKEN})
        where = server.url(dialect.path, "machine:machine-word")
        repo.git("push", "--quiet", where, "HEAD:refs/heads/main")
        origin.git("symbolic-ref", "HEAD", "refs/heads/main")
        forge = FakeForge(dialect, server, web, origin)
        web.rule(dialect.api.replace("%2F", "/").replace("%20", " "), forge.answer)
        yield forge
    assert not forge.wrong
