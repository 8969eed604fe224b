"""The pages and the REST API of webhooks that go out: who may, what is shown once, what the log says."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from gto.studio.team.team_tables import audit
from gto.studio.visitor import Role
from tests.studio.webhooks.telling import deliver_due, hurry, rows
from tests.studio_forms import fields_of
from tests.team_app import OWN, team_studio
from tests.web import Reply

if TYPE_CHECKING:
    from httpx2 import Response

    from gto.studio.index.database import Database
    from tests.repo import Repo
    from tests.team_app import Browser, TeamStudio
    from tests.web import Web

URL = "https://example.com/hooks/secret-path"


def added(browser: Browser, url: str = URL, **fields: str) -> Response:
    return browser.form("/webhooks/add", **{"name": "ci", "url": url, "template": "cloudevents", **fields})


def test_an_admin_adds_a_webhook_and_sees_its_secret_once_and_its_url_never(team: TeamStudio) -> None:
    browser = team.logged_in("ada", Role.ADMIN)
    made = added(browser, stages="prod, staging", artifacts="churn nlp/*", kinds="assignment", groups="lab")
    found = re.search(r"whsec_[A-Za-z0-9+/=]{40,}", html.unescape(made.text))
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    assert found is not None
    for path in ("/webhooks", "/webhooks/1", "/webhooks.json", "/webhooks/1.json"):
        page = browser.get(path)
        assert page.status_code == 200
        assert found[0] not in html.unescape(page.text)
        assert "secret-path" not in page.text
        assert "example.com" in page.text
    assert browser.json("/webhooks/1")["filters"] == {
        "repositories": [], "groups": ["lab"], "artifacts": ["churn", "nlp/*"], "kinds": ["assignment"],
        "stages": ["prod", "staging"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "<b>"}, "A name has up to 64"),
        ({"url": "http://example.com/x"}, "is not encrypted"),
        ({"url": "https://ada:hunter2@example.com/x"}, "carries a name or a password"),
        ({"url": "file:///etc/passwd"}, "no URL of a web server"),
        ({"template": "carrier pigeon"}, "is no template"),
        ({"kinds": "party"}, "is no kind of event"),
    ],
)
def test_what_cannot_be_is_said_in_the_form(fields: dict[str, str], said: str, team: TeamStudio) -> None:
    browser = team.logged_in("ada", Role.ADMIN)
    answer = added(browser, **fields)
    assert answer.status_code == 400
    assert said in html.unescape(answer.text)
    assert browser.json("/webhooks")["webhooks"] == []


def test_a_private_target_is_refused_where_the_server_does_not_allow_it(registry: Repo, base: Database) -> None:
    with team_studio({"churn": (registry.path, [])}, base, synced=False) as strict:
        answer = added(strict.logged_in("ada", Role.ADMIN), "http://127.0.0.1:1/hook", private="yes")
        assert answer.status_code == 400
        assert "--allow-private-webhooks" in answer.text


def test_a_name_serves_once(team: TeamStudio) -> None:
    browser = team.logged_in("ada", Role.ADMIN)
    assert [added(browser).status_code for _ in range(2)] == [200, 400]


def test_the_buttons_test_pause_change_send_again_and_remove(team: TeamStudio, web: Web) -> None:
    browser = team.logged_in("ada", Role.ADMIN)
    assert added(browser, f"{web.url}/hook", private="yes").status_code == 200
    assert browser.form("/webhooks/1/test").headers["location"] == "/webhooks/1?done=tested"
    deliver_due(team.team)
    (shown,) = browser.json("/webhooks/1")["deliveries"]
    assert (shown["state"], shown["kind"], shown["tries"][0]["status"]) == ("delivered", "test", 202)
    assert "thanks" in browser.get("/webhooks/1").text
    assert browser.form("/webhooks/1/replay", delivery=str(shown["id"])).status_code == 303
    deliver_due(team.team)
    assert len({one.headers["Webhook-Id"] for one in web.asked}) == 1
    assert len(web.asked) == 2
    assert browser.form("/webhooks/1/replay", delivery="77").status_code == 404
    assert browser.form("/webhooks/1/pause").status_code == 303
    assert browser.json("/webhooks/1")["is_active"] is False
    assert browser.form("/webhooks/1/resume").status_code == 303
    changed = html.unescape(browser.form("/webhooks/1/rotate").text)
    assert re.search(r"whsec_[A-Za-z0-9+/=]{40,}", changed)
    assert browser.form("/webhooks/1/delete").headers["location"] == "/webhooks?done=webhook-removed"
    assert browser.get("/webhooks/1").status_code == 404
    assert rows(team.team) == []
    with team.team.database.engine.connect() as connection:
        actions = connection.execute(select(audit.c.action, audit.c.person).order_by(audit.c.id)).all()
    assert [one.action for one in actions] == [
        "webhook added", "webhook tested", "webhook sent again", "webhook paused", "webhook resumed",
        "webhook secret changed", "webhook removed",
    ]  # fmt: skip
    assert {one.person for one in actions} == {"ada"}


def test_a_webhook_is_changed_and_what_waits_goes_to_its_new_url(team: TeamStudio, registry: Repo, web: Web) -> None:
    web.rule("/gone", lambda _asked, _usual: Reply(503))
    browser = team.logged_in("ada", Role.ADMIN)
    added(browser, f"{web.url}/gone", private="yes", stages="prod", kinds="assignment")
    assert registry.gto("assign", "churn", "--version", "v0.0.1", "--stage", "prod").code == 0
    team.sync()
    deliver_due(team.team)
    page = browser.get("/webhooks/1").text
    sent = fields_of(page, "/webhooks/1/edit")
    assert (sent["name"], sent["url"], sent["stages"], sent["private"]) == ("ci", "", "prod", "yes")
    assert "/gone" not in page
    assert browser.form("/webhooks/1/edit", **sent).status_code == 303  # as it was
    refused = browser.form("/webhooks/1/edit", **{**sent, "name": "other", "url": "ftp://x"})
    assert (refused.status_code, "no URL of a web server" in html.unescape(refused.text)) == (400, True)
    assert 'value="ftp://x"' in refused.text
    changed = {**sent, "name": "deploy", "url": f"{web.url}/hook", "artifacts": "churn nlp/*"}
    assert browser.form("/webhooks/1/edit", **changed).headers["location"] == "/webhooks/1?done=changed"
    told = browser.json("/webhooks/1")
    assert (told["name"], told["filters"]["artifacts"], told["filters"]["kinds"]) == (
        "deploy", ["churn", "nlp/*"], ["assignment"],
    )  # fmt: skip
    hurry(team.team)
    deliver_due(team.team)
    assert {one.path for one in web.asked} == {"/gone", "/hook"}
    assert {row.state for row in rows(team.team)} == {"delivered"}
    with team.team.database.engine.connect() as connection:
        (entry,) = connection.execute(
            select(audit.c.subject, audit.c.detail).where(audit.c.action == "webhook changed")
        )
    assert (entry.subject, entry.detail) == (
        "ci", {"what": ["name", "url", "filters"], "name": "deploy", "host": "127.0.0.1"},
    )  # fmt: skip
    assert added(browser).status_code == 200
    assert browser.form("/webhooks/2/edit", name="deploy").status_code == 400  # it is called so already


def test_a_test_goes_to_a_paused_webhook_too(team: TeamStudio, web: Web) -> None:
    browser = team.logged_in("ada", Role.ADMIN)
    added(browser, f"{web.url}/hook", private="yes")
    for _ in range(2):
        browser.form("/webhooks/1/pause")
    assert "Send a test" in browser.get("/webhooks/1").text
    browser.form("/webhooks/1/test")
    deliver_due(team.team)
    assert [row.state for row in rows(team.team)] == ["delivered"]
    with team.team.database.engine.connect() as connection:
        actions = list(connection.scalars(select(audit.c.action)))
    assert actions.count("webhook paused") == 1  # the second time nothing changed


def test_what_a_receiver_answers_is_only_text_on_the_page(team: TeamStudio, web: Web) -> None:
    web.rule("/evil", lambda _asked, _usual: Reply(500, b"<script>alert(1)</script>\x1b[2J"))
    browser = team.logged_in("ada", Role.ADMIN)
    added(browser, f"{web.url}/evil", private="yes")
    browser.form("/webhooks/1/test")
    deliver_due(team.team)
    page = browser.get("/webhooks/1").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "failed" in page


@pytest.mark.parametrize(("role", "group"), [(Role.VIEWER, "*"), (Role.MAINTAINER, "*"), (Role.ADMIN, "marketing")])
def test_nobody_but_an_admin_of_all_repositories_may(role: Role, group: str, team: TeamStudio) -> None:
    added(team.logged_in("root", Role.ADMIN))
    browser = team.logged_in("ada", role, group)
    assert {browser.get(path).status_code for path in ("/webhooks", "/webhooks/1", "/api/v1/webhooks")} == {403}
    assert {added(browser, name="x").status_code, browser.form("/webhooks/1/delete").status_code} == {403}


def api(team: TeamStudio, method: str, path: str, *scopes: str, json: Any = None) -> Response:  # noqa: ANN401  JSON
    with team.team.database.engine.connect() as connection:
        from gto.studio.team import accounts

        row = accounts.find_or_none(connection, "ada")
    person = row.id if row is not None else team.person("ada", {"*": Role.ADMIN})
    headers = {"authorization": f"Bearer {team.token(person, *scopes)}"}
    return team.browser().client.request(method, f"/api/v1/webhooks{path}", headers=headers, json=json)


def test_the_api_does_what_the_pages_do(team: TeamStudio, web: Web) -> None:
    wish = {"name": "ci", "url": f"{web.url}/hook", "allows_private": True, "filters": {"stages": ["prod"]}}
    made = api(team, "POST", "", "admin", json=wish)
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["host"], told["filters"]["stages"], told["is_active"]) == ("127.0.0.1", ["prod"], True)
    (listed,) = api(team, "GET", "", "admin").json()["items"]
    assert listed == {key: value for key, value in told.items() if key != "secret"}
    assert api(team, "GET", f"/{told['id']}", "admin").json() == listed
    queued = api(team, "POST", f"/{told['id']}/test", "admin")
    assert queued.status_code == 202
    deliver_due(team.team)
    headers = {key.lower(): value for key, value in web.asked[0].headers.items()}
    assert Webhook(told["secret"]).verify(web.asked[0].body, headers)["type"] == "gto.test"
    page = api(team, "GET", f"/{told['id']}/deliveries?state=delivered", "admin").json()
    assert [(one["id"], one["state"], one["tries"][0]["status"]) for one in page["items"]] == [
        (queued.json()["id"], "delivered", 202)
    ]
    assert page["next"] is None
    assert api(team, "PATCH", f"/{told['id']}", "admin", json={"is_active": False}).json()["is_active"] is False
    edit = {"name": "deploy", "url": f"{web.url}/other", "filters": {"groups": ["lab"]}, "is_active": True}
    edited = api(team, "PATCH", f"/{told['id']}", "admin", json=edit).json()
    assert (edited["name"], edited["is_active"], edited["filters"]) == (
        "deploy", True, {"repositories": [], "groups": ["lab"], "artifacts": [], "kinds": [], "stages": []},
    )  # fmt: skip
    rotated = api(team, "POST", f"/{told['id']}/rotate", "admin").json()
    api(team, "POST", f"/{told['id']}/test", "admin")
    deliver_due(team.team)
    headers = {key.lower(): value for key, value in web.asked[-1].headers.items()}
    for secret in (told["secret"], rotated["secret"]):
        assert Webhook(secret).verify(web.asked[-1].body, headers)["type"] == "gto.test"
    assert (web.asked[-1].path, len(headers["webhook-signature"].split(" "))) == ("/other", 2)
    again = f"/{told['id']}/deliveries/{queued.json()['id']}/replay"
    assert [api(team, "POST", again, "admin").status_code for _ in range(2)] == [202, 404]  # it is on its way
    assert api(team, "DELETE", f"/{told['id']}", "admin").status_code == 204
    assert api(team, "GET", f"/{told['id']}", "admin").status_code == 404


def test_the_api_says_what_is_wrong(team: TeamStudio) -> None:
    for wish in ({"name": "x", "url": "http://e.org"}, {"name": "x"}, {"name": "x", "url": URL, "more": 1}):
        answer = api(team, "POST", "", "admin", json=wish)
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
    made = api(team, "POST", "", "admin", json={"name": "ci", "url": URL}).json()["id"]
    for edit in ({"url": "http://e.org"}, {"filters": {"kinds": ["party"]}}, {"name": "<"}, {"more": 1}):
        assert api(team, "PATCH", f"/{made}", "admin", json=edit).status_code == 400
    assert api(team, "PATCH", "/77", "admin", json={}).status_code == 404
    for scopes in (("read",), ("write",)):
        assert api(team, "GET", "", *scopes).status_code == 403
    assert api(team, "GET", "/99999999999999999999", "admin").status_code == 404


def test_a_form_of_another_site_adds_nothing(team: TeamStudio) -> None:
    browser = team.logged_in("ada", Role.ADMIN)
    fields = {"name": "ci", "url": URL, "template": "cloudevents"}
    assert browser.client.post("/webhooks/add", data=fields, headers=OWN).status_code == 403  # without the token
    assert browser.client.post("/webhooks/add", data=fields, headers={"origin": "https://e.org"}).status_code == 403
    assert browser.json("/webhooks")["webhooks"] == []


def test_an_event_of_the_registry_leads_from_the_log_to_its_page(team: TeamStudio, registry: Repo, web: Web) -> None:
    browser = team.logged_in("ada", Role.ADMIN)
    added(browser, f"{web.url}/hook", private="yes", repositories="churn")
    done = registry.gto("assign", "churn", "--version", "v0.0.1", "--stage", "prod")
    assert done.code == 0, done.stderr
    team.sync()
    deliver_due(team.team)
    page = browser.get("/webhooks/1?state=delivered").text
    assert "/m/churn/churn" in page
    assert len(browser.json("/webhooks/1", state="delivered")["deliveries"]) == 1
    assert browser.json("/webhooks/1", state="failed")["deliveries"] == []
