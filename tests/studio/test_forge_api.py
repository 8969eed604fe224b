"""Where a repository is on its forge, which forge that is, and what refusals of its API mean."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import UsageError
from gto.storage.transport import Transport
from gto.studio.proposals.forge_api import ForgeApi, ForgeRefused, client_of, refused
from gto.studio.proposals.forge_client import BranchPair, ForgeAnswer, ForgeToken, PullRequestDraft
from gto.studio.proposals.forge_probe import find_or_probe
from gto.studio.proposals.forge_site import ForgeHost, ForgeKind, ForgeSettings, find_repository, parse_host
from tests.forges import TOKEN
from tests.web import Reply, serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.web import Asked, Web

OF = BranchPair("gto/annotate-churn-1", "main")
DRAFT = PullRequestDraft(OF, "A title", "")
CONFIGURED = ForgeSettings(
    dict(
        map(
            parse_host,
            (
                "git.corp=gitlab,https://web.corp/gitlab",
                "code.corp:8443=forgejo",
                "bb.corp=bitbucket-server,https://bb.corp/stash",
            ),
        )
    )
)


@pytest.mark.parametrize(
    ("address", "kind", "site", "path", "push"),
    [
        ("git@github.com:acme/churn.git", "github", "https://github.com", "acme/churn", "{site}/acme/churn.git"),
        ("https://ada:pw@github.com/acme/churn", "github", "https://github.com", "acme/churn", "{site}/acme/churn"),
        ("ssh://git@ssh.github.com:443/a/b.git", "github", "https://github.com", "a/b", "{site}/a/b.git"),
        ("https://acme.ghe.com/a/b", "github", "https://acme.ghe.com", "a/b", "{site}/a/b"),
        ("git@gitlab.com:g/s/t/r.git", "gitlab", "https://gitlab.com", "g/s/t/r", "{site}/g/s/t/r.git"),
        (
            "https://git.corp/gitlab/g/r.git",
            "gitlab",
            "https://web.corp/gitlab",
            "g/r",
            "https://git.corp/gitlab/g/r.git",
        ),
        ("git@git.corp:g/r.git", "gitlab", "https://web.corp/gitlab", "g/r", "{site}/g/r.git"),
        ("https://codeberg.org/a/b.git", "gitea", "https://codeberg.org", "a/b", "{site}/a/b.git"),
        ("http://code.corp:8443/a/b", "gitea", "http://code.corp:8443", "a/b", "{site}/a/b"),
        ("ssh://git@bitbucket.org/a/b.git", "bitbucket", "https://bitbucket.org", "a/b", "{site}/a/b.git"),
        ("https://h.example/x/scm/ML/r.git", "bitbucket-server", "https://h.example/x", "ML/r", "{site}/scm/ML/r.git"),
        (
            "ssh://git@bb.corp:7999/~eve/r.git",
            "bitbucket-server",
            "https://bb.corp/stash",
            "~eve/r",
            "{site}/scm/~eve/r.git",
        ),
        (
            "https://o@dev.azure.com/o/My%20P/_git/r",
            "azure",
            "https://dev.azure.com/o",
            "My P/r",
            "{site}/My%20P/_git/r",
        ),
        ("git@ssh.dev.azure.com:v3/o/p/r", "azure", "https://dev.azure.com/o", "p/r", "{site}/p/_git/r"),
        ("https://o.visualstudio.com/_git/r", "azure", "https://o.visualstudio.com", "r/r", "{site}/_git/r"),
        ("https://tfs.corp/tfs/C/p/_git/r", "azure", "https://tfs.corp/tfs/C", "p/r", "{site}/p/_git/r"),
    ],
)
def test_an_address_says_which_forge_it_is_and_where_the_repository_is_there(
    address: str, kind: str, site: str, path: str, push: str
) -> None:
    found = find_repository(address, CONFIGURED)
    assert found is not None
    assert (found.kind.value, found.site, found.path) == (kind, site, path)
    assert found.push_url == push.replace("{site}", site)


@pytest.mark.parametrize(
    "address",
    ["/srv/churn.git", "file:///x/y", "https://example.com/a/b", "https://github.com/a", "https://github.com/a/../b"],
)
def test_what_is_on_no_known_forge_is_not_found_there(address: str) -> None:
    assert find_repository(address, CONFIGURED) is None


@pytest.mark.parametrize("text", ["", "git.corp", "git.corp=cvs", "=gitlab", "git.corp=gitlab,ftp://x"])
def test_a_host_that_is_told_wrongly_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_host(text)


def answer(status: int, data: object = None, **headers: str) -> ForgeAnswer:
    return ForgeAnswer(status, data, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("kind", "given", "message", "hint"),
    [
        ("github", answer(401, {"message": "Bad credentials"}), "GitHub does not accept the token", "`repo`"),
        (
            "github",
            answer(403, {"message": "Resource not accessible"}, x_accepted_oauth_scopes="repo"),
            "Resource not",
            ": repo",
        ),
        (
            "github",
            answer(403, {"message": "API rate limit exceeded"}, x_ratelimit_reset="1"),
            "enough requests",
            "minutes",
        ),
        ("github", answer(403, {}, x_ratelimit_remaining="0", retry_after="17"), "enough requests", "in 17 seconds"),
        (
            "github",
            answer(404, {"message": "Not Found"}),
            "GitHub shows no repository 'a/b' to this token",
            "was it moved",
        ),
        (
            "github",
            answer(422, {"message": "Validation Failed", "errors": [{"message": "No commits between main and x"}]}),
            "no commits between the two branches",
            "merged already",
        ),
        (
            "github",
            answer(422, {"errors": [{"resource": "PullRequest", "message": "base is invalid"}]}),
            "422: base is",
            "",
        ),
        (
            "gitlab",
            answer(
                403,
                {
                    "error": "insufficient_scope",
                    "error_description": "The request requires higher privileges",
                    "scope": "api",
                },
            ),
            "higher privileges",
            "may: api",
        ),
        (
            "gitlab",
            answer(429, "Retry later", ratelimit_reset=str(int(time.time()) + 50)),
            "enough requests",
            "seconds",
        ),
        ("gitlab", answer(400, {"message": {"title": ["is too long"]}}), "400: is too long", ""),
        (
            "gitea",
            answer(403, {"message": "token does not have at least one of required scope(s): [write:repository]"}),
            "required scope(s): [write:repository]",
            "`write:repository`",
        ),
        (
            "bitbucket",
            answer(403, {"error": {"message": "no", "detail": {"required": ["write:pullrequest:bitbucket"]}}}),
            "does not let this token do that: no",
            "may: write:pullrequest:bitbucket",
        ),
        (
            "bitbucket",
            answer(400, {"error": {"message": "There are no changes to be pulled"}}),
            "no commits between",
            "",
        ),
        (
            "bitbucket-server",
            answer(409, {"errors": [{"message": "main is already up-to-date with branch x"}]}),
            "no commits",
            "",
        ),
        (
            "bitbucket-server",
            answer(401, {"errors": [{"message": "Authentication failed"}]}),
            "not accept",
            "`REPO_WRITE`",
        ),
        ("azure", answer(203, None), "Azure Repos does not accept the token", "Code (read & write)"),
        (
            "azure",
            answer(302, None, location="https://spsprodweu.vssps.visualstudio.com/_signin"),
            "not accept the token",
            "Code",
        ),
        ("github", answer(502, None), "GitHub answered with status 502", "try again"),
    ],
)
def test_a_refusal_is_told_in_plain_words(kind: str, given: ForgeAnswer, message: str, hint: str) -> None:
    repo = find_repository("https://h.example/a/b", ForgeSettings({"h.example": ForgeHost(ForgeKind(kind))}))
    if kind == "azure":
        repo = find_repository("https://h.example/o/a/_git/b", ForgeSettings())
    assert repo is not None
    error = refused(client_of(repo), given)
    assert message in error.message
    assert hint in error.hint


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web() as running:
        yield running


def github(web: Web, *, configured: bool = True, public: bool = False) -> ForgeApi:
    """The API of a GitHub on loopback."""
    hosts = {f"127.0.0.1:{web.port}": ForgeHost(ForgeKind.GITHUB)} if configured else {}
    settings = ForgeSettings(hosts, Transport(public=public))
    repo = find_repository(f"{web.url}/a/b", settings, ForgeKind.GITHUB)
    assert repo is not None
    return ForgeApi(client_of(repo), ForgeToken(web.url, TOKEN), settings)


def test_who_was_quicker_has_opened_the_pull_request_that_counts(web: Web) -> None:
    there = b'[{"number": 3, "head": {"ref": "gto/annotate-churn-1"}, "base": {"ref": "main"}}]'
    asked = iter([Reply(200, b"[]"), Reply(422, b'{"message": "A pull request already exists"}'), Reply(200, there)])
    web.rule("/api/v3/repos/a/b/pulls", lambda *_: next(asked))
    assert github(web).open(DRAFT).url == f"{web.url}/a/b/pull/3"
    assert [one.method for one in web.asked] == ["GET", "POST", "GET"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"[" + b" " * (5 << 20) + b"]"),
        Reply(200, b"[{]"),
        Reply(200, b"[]", length=9),
        Reply(200, b"[" * 100_000),
        Reply(422, b'{"errors": ' + b"[" * 900 + b"]" * 900 + b"}"),
    ],
    ids=["too long", "no JSON", "cut off", "too deep", "deep"],
)
def test_an_answer_that_is_none_ends_as_a_refusal(web: Web, reply: Reply) -> None:
    web.rule("/api/v3/repos/a/b/pulls", lambda *_: reply)
    with pytest.raises(ForgeRefused):
        github(web).open(DRAFT)


def test_a_private_address_gets_a_token_only_where_the_administrator_names_it(web: Web) -> None:
    with pytest.raises(ForgeRefused, match="private network"):
        github(web, configured=False, public=True).find_open(OF)
    assert not web.asked
    web.rule("/api/v3/repos/a/b/pulls", lambda *_: Reply(200, b"[]"))
    assert github(web, public=True).find_open(OF) is None


@pytest.mark.parametrize(
    ("path", "reply", "kind"),
    [
        ("/api/v1/version", Reply(200, b'{"version": "1.25.1"}'), "gitea"),
        ("/api/v4/version", Reply(401, b'{"message": "401 Unauthorized"}', {"X-Gitlab-Meta": "{}"}), "gitlab"),
        ("/api/v3/meta", Reply(401, b"{}", {"X-GitHub-Request-Id": "0:1"}), "github"),
        ("/rest/api/1.0/application-properties", Reply(200, b'{"displayName": "Bitbucket"}'), "bitbucket-server"),
        ("/", Reply(200, b"{}"), None),
    ],
)
def test_a_host_that_nobody_knows_is_asked_what_it_is_without_a_token(
    web: Web, path: str, reply: Reply, kind: str | None
) -> None:
    web.rule(path, lambda *_: reply)
    found = find_or_probe(f"{web.url}/a/b.git", ForgeSettings())
    assert (found.kind.value if found else None) == kind
    assert not any("Authorization" in one.headers for one in web.asked)
    assert all(is_plain(one) for one in web.asked)


def is_plain(asked: Asked) -> bool:
    """Whether a request changes nothing."""
    return asked.method == "GET" and not asked.body
