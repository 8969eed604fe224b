"""`/account` and `/api/v1/tokens`: one's password, sessions and tokens, and what is dead at its next request."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from gto.studio.team.team_tables import audit, token
from gto.studio.visitor import Role
from tests.studio.team.test_login import PASSWORD, log_in
from tests.team_app import OWN

if TYPE_CHECKING:
    from httpx2 import Response

    from tests.team_app import TeamStudio

NEW = "another horse battery"


def rest(people: TeamStudio, method: str, path: str, secret: str, **body: object) -> Response:
    """What the API answers to a program."""
    headers = {"authorization": f"Bearer {secret}"}
    return people.browser().client.request(method, f"/api/v1/{path}", headers=headers, json=body or None)


def test_a_change_of_the_password_asks_for_the_old_one_and_ends_all_other_sessions(people: TeamStudio) -> None:
    number = people.person("ada", {"*": Role.VIEWER}, PASSWORD)
    other, mine = people.cookie(number), people.cookie(number)
    browser = people.browser(mine)
    fields = {"old": "a wrong password", "new": NEW, "again": NEW}
    assert browser.form("/account/password", **fields).status_code == 400
    assert browser.form("/account/password", **{**fields, "old": PASSWORD, "again": "x"}).status_code == 400
    done = browser.form("/account/password", **{**fields, "old": PASSWORD})
    assert done.status_code == 303
    fresh = done.cookies[people.team.settings.cookie]
    assert [people.browser(one).get("/account").status_code for one in (other, mine, fresh)] == [303, 303, 200]
    assert [log_in(people.browser(), "ada", one).status_code for one in (PASSWORD, NEW)] == [403, 303]


def test_a_browser_that_was_left_open_may_not_guess_at_the_password(people: TeamStudio) -> None:
    browser = people.browser(people.cookie(people.person("ada", {"*": Role.VIEWER}, PASSWORD)))
    fields = {"old": "a wrong password", "new": NEW, "again": NEW}
    for _ in range(10):
        assert "another one" in browser.form("/account/password", **fields).text
    assert "Too many" in browser.form("/account/password", **{**fields, "old": PASSWORD}).text


def test_one_s_name_and_address_are_changed_but_not_to_somebody_else_s(people: TeamStudio) -> None:
    people.person("bob", {})
    browser = people.logged_in("ada", Role.VIEWER)
    assert browser.form("/account", full_name="Ada  King", email="ada@example.org").status_code == 303
    assert (browser.json("/account")["full_name"], browser.json("/account")["email"]) == ("Ada King", "ada@example.org")
    for fields in ({"email": "Bob@Example.com"}, {"email": "nowhere"}, {"full_name": "A\nB <x@y>"}):
        given = {"full_name": "Ada", "email": "a@example.com", **fields}
        assert browser.form("/account", **given).status_code == 400


def test_a_session_that_is_ended_is_dead_at_its_next_request_and_nobody_ends_another_s(people: TeamStudio) -> None:
    ada, bob = (people.person(name, {"*": Role.VIEWER}) for name in ("ada", "bob"))
    first, second, his = people.cookie(ada), people.cookie(ada), people.cookie(bob)
    theirs, mine = people.browser(his), people.browser(first)
    (key,) = [one["key"] for one in theirs.json("/account")["sessions"]]
    mine.form("/account/sessions/end", key=key)
    assert theirs.get("/account").status_code == 200
    assert told(people) == []  # nothing ended
    (other,) = [one["key"] for one in mine.json("/account")["sessions"] if not one["is_this"]]
    mine.form("/account/sessions/end", key=other)
    assert [people.browser(one).get("/account").status_code for one in (first, second)] == [200, 303]
    third = people.cookie(ada)
    for _ in range(2):  # the second time there is none
        mine.form("/account/sessions/end")
    assert [people.browser(one).get("/account").status_code for one in (first, third)] == [200, 303]
    assert told(people) == [other, "others"]


def told(people: TeamStudio) -> list[str]:
    """Which sessions were ended, as the audit log says."""
    query = select(audit.c.detail).where(audit.c.action == "end sessions").order_by(audit.c.id)
    with people.team.database.read() as connection:
        return [one["which"] for one in connection.scalars(query)]


def test_a_token_is_shown_once_serves_within_its_scope_and_is_dead_when_it_is_taken_back(people: TeamStudio) -> None:
    browser = people.logged_in("ada", Role.ADMIN)
    page = browser.form("/account/tokens", name="nightly", scope="read", days="30")
    found = re.search(r"gto_[\w-]{30,}", page.text)
    assert found, page.text
    assert page.headers["cache-control"] == "no-store"
    secret = found[0]
    assert secret not in browser.get("/account").text
    (told,) = browser.json("/account")["tokens"]
    assert (told["name"], told["prefix"], told["scopes"], told["used_at"]) == ("nightly", secret[:8], ["read"], None)
    assert 29 < (told["expires_at"] - time.time()) / 86400 < 31
    assert rest(people, "GET", "repositories", secret).status_code == 200
    assert browser.json("/account")["tokens"][0]["used_at"] > time.time() - 60
    assert rest(people, "GET", "tokens", secret).status_code == 403
    browser.form("/account/tokens/remove", id=str(told["id"]))
    assert rest(people, "GET", "repositories", secret).status_code == 401


@pytest.mark.parametrize("scope", ["read", "write"])
def test_a_token_changes_nothing_of_its_owner_s_account(people: TeamStudio, scope: str) -> None:
    number = people.person("ada", {"*": Role.ADMIN}, PASSWORD)
    headers = {"authorization": f"Bearer {people.token(number, scope)}", **OWN}
    client = people.browser().client
    form = {"form_token": people.context.sessions.form_token(""), "old": PASSWORD, "new": NEW, "again": NEW}
    for path in ("", "/password", "/sessions/end", "/tokens", "/tokens/remove"):
        assert client.post(f"/account{path}", data=form, headers=headers).status_code == 403, path
    for path in ("/people", "/audit", "/account", "/people/ada"):
        assert client.get(path, headers=headers).status_code == 403, path
    for path in ("/people/-/add", "/people/-/withdraw", *(f"/people/ada/{one}" for one in ("roles", "active", "end"))):
        assert client.post(path, data=form, headers=headers).status_code == 403, path


def test_the_api_makes_lists_and_takes_back_tokens_for_a_token_of_scope_admin_alone(people: TeamStudio) -> None:
    number = people.person("ada", {"*": Role.VIEWER})
    for scopes in (["read"], ["write"], []):
        weak = people.token(number, *scopes)
        assert rest(people, "POST", "tokens", weak, name="more", scopes=["admin"]).status_code == 403
    strong = people.token(number, "admin")
    done = rest(people, "POST", "tokens", strong, name="ci", scopes=["read", "write"])
    assert done.status_code == 201, done.text
    made = done.json()
    assert (made["name"], made["scopes"], made["prefix"]) == ("ci", ["read", "write"], made["token"][:8])
    assert rest(people, "GET", "repositories", made["token"]).status_code == 200
    assert made["id"] in [one["id"] for one in rest(people, "GET", "tokens", strong).json()["items"]]
    other = people.token(people.person("bob", {"*": Role.ADMIN}), "admin")
    assert rest(people, "DELETE", f"tokens/{made['id']}", other).status_code == 404
    assert rest(people, "DELETE", f"tokens/{made['id']}", strong).status_code == 204
    assert rest(people, "GET", "repositories", made["token"]).status_code == 401


def test_the_page_of_the_api_tells_what_is_sent_and_answered(people: TeamStudio) -> None:
    page = people.logged_in("ada", Role.VIEWER).get("/api").text
    assert all(word in page for word in ("TokenWish", "NewTokenResource", "DELETE", "/api/v1/tokens/{number}"))


def test_a_token_that_a_token_makes_does_not_outlast_it(people: TeamStudio) -> None:
    strong = people.token(people.person("ada", {"*": Role.VIEWER}), "admin", expires_in=3600)
    made = rest(people, "POST", "tokens", strong, name="for ever", scopes=["admin"], expires_in_days=None).json()
    (first, second) = rest(people, "GET", "tokens", strong).json()["items"]
    assert made["expires_at"] == first["expires_at"] == second["expires_at"] is not None


def test_nor_does_one_that_it_makes_by_the_form_of_the_page(people: TeamStudio) -> None:
    strong = people.token(people.person("ada", {"*": Role.VIEWER}), "admin", expires_in=3600)
    with_token, fields = {"authorization": f"Bearer {strong}"}, {"name": "for ever", "scope": "admin", "days": "never"}
    client = people.browser().client
    (form_token,) = set(
        re.findall('name="form_token" value="([^"]+)"', client.get("/account", headers=with_token).text)
    )
    client.post("/account/tokens", data={"form_token": form_token, **fields}, headers=with_token)
    (first, second) = rest(people, "GET", "tokens", strong).json()["items"]
    assert first["expires_at"] == second["expires_at"] is not None


def test_what_the_api_is_asked_wrongly_is_a_problem_and_no_token(people: TeamStudio) -> None:
    strong = people.token(people.person("ada", {"*": Role.VIEWER}), "admin")
    wrong: list[dict[str, object]] = [
        {"name": "", "scopes": ["read"]},
        {"name": "x" * 101, "scopes": ["read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["root"]},
        {"name": "x", "scopes": ["read"], "expires_in_days": 0},
        {"name": "x", "scopes": ["read"], "expires_in_days": 1e9},
    ]
    for body in wrong:
        answer = rest(people, "POST", "tokens", strong, **body)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), body
    assert rest(people, "DELETE", "tokens/99999999999999999999", strong).status_code == 400
    assert len(rest(people, "GET", "tokens", strong).json()["items"]) == 1


def test_a_token_counts_no_more_when_it_expires_or_its_owner_may_not_log_in(people: TeamStudio) -> None:
    number = people.person("ada", {"*": Role.VIEWER})
    admin = people.logged_in("root", Role.ADMIN)
    secret, old = people.token(number, "read"), people.token(number, "read", expires_in=60)
    with people.team.database.record() as connection:
        connection.execute(token.update().where(token.c.expires_at.is_not(None)).values(expires_at=time.time() - 1))
    assert [rest(people, "GET", "repositories", one).status_code for one in (secret, old)] == [200, 401]
    admin.form("/people/ada/active", active="0")
    assert rest(people, "GET", "repositories", secret).status_code == 401
    admin.form("/people/ada/active", active="1")
    assert rest(people, "GET", "repositories", secret).status_code == 200


def test_a_form_without_the_token_of_its_session_or_from_another_site_changes_nothing(people: TeamStudio) -> None:
    number = people.person("ada", {"*": Role.ADMIN}, PASSWORD)
    browser = people.browser(people.cookie(number))
    others = people.context.sessions.form_token(people.cookie(number))
    right = people.context.sessions.form_token(browser.client.cookies[people.team.settings.cookie])
    fields = {"full_name": "Eve", "email": "eve@example.com", "name": "eve", "role": "admin", "group": "*"}
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "same-site"}
    for path in ("/account", "/account/tokens", "/people/-/add", "/people/ada/reset", "/logout"):
        for word in ("", others):
            answer = browser.client.post(path, data={**fields, "form_token": word}, headers=OWN)
            assert answer.status_code == 403, path
        assert browser.client.post(path, data={**fields, "form_token": right}, headers=foreign).status_code == 403
    answer = browser.client.post("/api/v1/tokens", json={"name": "x", "scopes": ["admin"]}, headers=foreign)
    assert answer.status_code == 403
    assert browser.json("/account")["full_name"] == "Ada"
