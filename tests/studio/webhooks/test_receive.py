"""Webhooks that come in: what each forge sends has its repository looked at, once, and nothing else does."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from sqlalchemy import select

from gto.studio.team.team_tables import audit, repository_setting
from gto.studio.visitor import Role
from gto.studio.webhooks import hook_secrets, received_log
from gto.studio.webhooks.webhook_tables import received
from gto.webhook.incoming import LARGEST
from tests.team_app import HOST, OWN
from tests.webhook_payloads import DVC_NOTICE, GITHUB, SHAPES

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from httpx2 import Response

    from tests.team_app import TeamStudio
    from tests.webhook_payloads import Posted, Shape


@pytest.fixture
def asked(team: TeamStudio, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The repositories that the worker is asked for."""
    found: list[str] = []

    def ask(*names: str) -> int:
        found.extend(names)
        return 1

    monkeypatch.setattr(team.context.worker, "ask", ask)
    return found


def secret_of(team: TeamStudio, repo: str = "churn") -> str:
    with team.team.database.record() as connection:
        return hook_secrets.make(connection, team.team.box, repo)


def post(team: TeamStudio, kind: str, posted: Posted, repo: str = "churn") -> Response:
    return team.browser().client.post(f"/webhook/{kind}/{repo}", content=posted.body, headers=dict(posted.headers))


def lines(team: TeamStudio) -> Sequence[Any]:
    with team.team.database.engine.connect() as connection:
        return connection.execute(select(received).order_by(received.c.id)).all()


def moved(team: TeamStudio, shape: Shape) -> None:
    """Have the repository's remote be where the shape's is."""
    place = team.context.worker.places[0]
    team.context.worker.places = (place._replace(address=shape.addresses[0]), *team.context.worker.places[1:])


@pytest.mark.parametrize("shape", SHAPES, ids=lambda one: one.kind)
def test_a_push_has_its_repository_looked_at_once(shape: Shape, team: TeamStudio, asked: list[str]) -> None:
    moved(team, shape)
    posted = shape.post(secret_of(team))
    assert (first := post(team, shape.kind, posted)).status_code == 202, first.text
    assert post(team, shape.kind, posted).status_code == 200  # the same again
    assert asked == ["churn"]
    (line,) = lines(team)
    assert (line.kind, line.repository, line.status, line.reason) == (shape.kind, "churn", 202, "")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda one: one.kind)
def test_who_does_not_know_the_secret_has_nothing_looked_at(shape: Shape, team: TeamStudio, asked: list[str]) -> None:
    moved(team, shape)
    other = secret_of(team, "secret")
    right = shape.post(secret_of(team))
    assert post(team, shape.kind, shape.post(other)).status_code == 401
    assert post(team, shape.kind, right._replace(body=right.body + b" ")).status_code == (
        202 if shape.kind in {"gitlab", "azure"} else 401  # they sign nothing
    )
    assert asked == (["churn"] if shape.kind in {"gitlab", "azure"} else [])


def test_nobody_learns_which_repositories_there_are(team: TeamStudio, asked: list[str]) -> None:
    secret_of(team)
    answers = {
        (one.status_code, one.text)
        for repo in ("churn", "secret", "nothing")  # with a secret, without one, not there
        for one in (post(team, "github", GITHUB.post("guessed, and long enough"), repo),)
    }
    assert answers == {(401, '{"error":"the signature or the secret is wrong, lacking or too old"}')}
    assert asked == []
    assert {line.repository for line in lines(team)} == {"churn", "secret"}


def test_strangers_cannot_fill_the_log(team: TeamStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    secret_of(team)
    monkeypatch.setattr(received_log, "_SELDOM", -1.0)
    for number in range(20):
        post(team, "github", GITHUB.post("guessed", X_GitHub_Delivery=f"{number}"))
        post(team, "github", GITHUB.post("guessed"), f"nothing-{number}")
    assert len(lines(team)) == 1


def test_a_refusal_is_written_down_after_its_answer_so_that_its_time_tells_no_names(team: TeamStudio) -> None:
    posted, seen = GITHUB.post("guessed"), []
    headers = {**dict(posted.headers), "host": HOST}

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": posted.body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        seen.append((message["type"], len(lines(team))))

    scope = {"type": "http", "method": "POST", "path": "/webhook/github/churn", "query_string": b"", "scheme": "https"}
    scope |= {"headers": [(key.lower().encode(), value.encode()) for key, value in headers.items()]}
    anyio.run(team.app, scope, receive, send)
    assert seen == [("http.response.start", 0), ("http.response.body", 0)]
    assert len(lines(team)) == 1


def test_a_redelivery_after_a_refusal_is_taken(team: TeamStudio, asked: list[str]) -> None:
    secret = secret_of(team)
    assert post(team, "github", GITHUB.post("wrong")).status_code == 401
    assert post(team, "github", GITHUB.post(secret)).status_code == 202
    assert asked == ["churn"]


def test_a_delivery_counts_as_taken_only_when_the_work_is_queued(
    team: TeamStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted = GITHUB.post(secret_of(team))

    def fails(*_names: str) -> int:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(team.context.worker, "ask", fails)
        with pytest.raises(OSError, match="full"):
            post(team, "github", posted)
    assert lines(team) == []
    assert post(team, "github", posted).status_code == 202


def test_a_push_of_another_repository_is_refused_and_the_log_says_which(team: TeamStudio, asked: list[str]) -> None:
    payload = json.loads(json.dumps(GITHUB.payload).replace("Hello-World", "Other"))
    answer = post(team, "github", GITHUB.post(secret_of(team), payload))
    assert (answer.status_code, asked) == (422, [])
    assert "Codertocat/Other" in lines(team)[0].reason


def test_a_ping_and_what_is_no_push_are_answered_and_nothing_is_looked_at(team: TeamStudio, asked: list[str]) -> None:
    secret = secret_of(team)
    assert GITHUB.ping is not None
    headers, payload = GITHUB.ping
    given = {key.replace("-", "_"): value for key, value in headers.items()}
    assert post(team, "github", GITHUB.post(secret, payload, **given)).status_code == 200
    assert post(team, "github", GITHUB.post(secret, X_GitHub_Event="issues")).status_code == 200
    assert asked == []


def test_a_body_has_a_limit_whether_its_length_is_told_or_not(team: TeamStudio, asked: list[str]) -> None:
    headers = dict(GITHUB.post(secret_of(team)).headers)
    for content in (b"x" * (LARGEST + 1), (b"x" * (1 << 20) for _ in range((LARGEST >> 20) + 1))):
        answer = team.browser().client.post("/webhook/github/churn", content=content, headers=headers)
        assert (answer.status_code, asked) == (413, [])


def test_an_unknown_kind_is_404_and_a_page_of_another_site_gains_nothing(team: TeamStudio) -> None:
    assert post(team, "svn", GITHUB.post("x")).status_code == 404
    admin = team.logged_in("ada", Role.ADMIN)
    answer = admin.client.post("/webhook/github/churn", content=b"{}", headers={"origin": "https://evil.example"})
    assert answer.status_code == 401


def test_the_secret_before_counts_for_a_day(team: TeamStudio, asked: list[str]) -> None:
    old = secret_of(team)
    new = secret_of(team)
    for number, secret in enumerate((old, new)):
        assert post(team, "github", GITHUB.post(secret, X_GitHub_Delivery=f"{number}")).status_code == 202
    with team.team.database.record() as connection:
        connection.execute(repository_setting.update().values(hook_secret_until=1.0))
    assert post(team, "github", GITHUB.post(old, X_GitHub_Delivery="3")).status_code == 401
    with team.team.database.record() as connection:
        hook_secrets.remove(connection, "churn")
    assert post(team, "github", GITHUB.post(new, X_GitHub_Delivery="4")).status_code == 401
    assert asked == ["churn", "churn"]


def test_secrets_are_unreadable_in_the_database_and_stand_in_no_log(team: TeamStudio) -> None:
    secret = secret_of(team)
    post(team, "github", GITHUB.post(secret))
    with team.team.database.engine.connect() as connection:
        kept = repr([connection.execute(select(one)).all() for one in (repository_setting, received, audit)])
    assert secret not in kept


def notice(team: TeamStudio, token: str | None, url: str = "git@github.com:codertocat/hello-world") -> Response:
    headers = {} if token is None else {"authorization": f"token {token}"}
    return team.browser().client.post("/webhook/dvc", json={**DVC_NOTICE, "repo_url": url}, headers=headers)


def test_dvc_is_told_where_experiments_are_shown(team: TeamStudio, asked: list[str]) -> None:
    token = team.token(team.person("ada", {"marketing": Role.VIEWER}), "read")
    answer = notice(team, token)
    assert answer.json() == {"url": "https://studio.test/r/churn/experiments"}, answer.text
    assert asked == ["churn"]  # `secret` is the same repository, and not hers to see


def test_dvc_is_told_nothing_of_what_its_user_may_not_see(team: TeamStudio, asked: list[str]) -> None:
    token = team.token(team.person("eve", {"nothing": Role.VIEWER}), "read")
    hidden, missing = notice(team, token), notice(team, token, "git@github.com:nobody/nothing")
    assert (hidden.status_code, hidden.text) == (missing.status_code, missing.text) == (404, hidden.text)
    assert notice(team, None).status_code == 401
    assert notice(team, "gto_wrong").status_code == 401
    admin = team.logged_in("ada", Role.ADMIN)
    assert admin.client.post("/webhook/dvc", json=DVC_NOTICE, headers=OWN).status_code == 401  # no token
    assert asked == []


def test_an_admin_of_a_repository_makes_its_secret_and_sees_it_once(team: TeamStudio) -> None:
    browser = team.logged_in("ada", Role.ADMIN, "marketing")
    page = browser.json("/r/churn/-/webhook")
    assert page["urls"]["GitHub"] == "https://studio.test/webhook/github/churn"
    assert (page["has_secret"], page["secret"], page["received"]) == (False, None, [])
    made = browser.form("/r/churn/-/webhook/make")
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    found = re.search(r'<pre class="code">([\w-]{40,})<', made.text)
    assert found is not None
    assert post(team, "github", GITHUB.post(found[1])).status_code == 202
    shown = browser.get("/r/churn/-/webhook").text
    assert found[1] not in shown
    assert "202" in shown
    assert browser.json("/r/churn/-/webhook")["received"][0]["status"] == 202
    assert browser.form("/r/churn/-/webhook/remove").status_code == 303
    assert browser.json("/r/churn/-/webhook")["has_secret"] is False
    with team.team.database.engine.connect() as connection:
        actions = connection.execute(select(audit.c.action, audit.c.repository).order_by(audit.c.id)).all()
    assert [tuple(one) for one in actions] == [("webhook secret made", "churn"), ("webhook secret removed", "churn")]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR, Role.MAINTAINER])
def test_nobody_else_sees_or_makes_it(role: Role, team: TeamStudio) -> None:
    browser = team.logged_in("ada", role, "marketing")
    assert browser.get("/r/churn/-/webhook").status_code == 403
    assert browser.form("/r/churn/-/webhook/make").status_code == 403
    assert team.logged_in("eve", Role.ADMIN, "lab").get("/r/churn/-/webhook").status_code == 404


def test_the_lists_of_repositories_lead_an_admin_there_and_nobody_else(team: TeamStudio) -> None:
    post(team, "github", GITHUB.post(secret_of(team)))
    link = "/r/churn/-/webhook"
    admin, viewer = team.logged_in("ada", Role.ADMIN), team.logged_in("eve", Role.VIEWER)
    for path in ("/repos", "/r/churn"):
        assert link in admin.get(path).text
        assert link not in viewer.get(path).text
