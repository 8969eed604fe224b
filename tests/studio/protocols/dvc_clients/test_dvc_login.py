"""How a program is let in by a person: its codes, the page that asks, and the token that it gets once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from gto.studio.team.team_tables import audit, device_login, token
from gto.studio.visitor import Role
from tests.studio.team.conftest import people
from tests.team_app import URL

if TYPE_CHECKING:
    from httpx2 import Response

    from tests.team_app import Browser, TeamStudio

__all__ = ("people",)  # a fixture

PAGE = "/auth/device-login"
OVER = {"detail": "authorization_expired"}


def begin(team: TeamStudio, **body: object) -> dict[str, Any]:
    answer = team.browser().client.post("/api/device-login", json={"client_name": "DVC", **body})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert isinstance(found, dict)
    return found


def ask(team: TeamStudio, code: str) -> Response:
    return team.browser().client.post("/api/device-login/token", json={"code": code})


def let_in(browser: Browser, code: str, **fields: str) -> Response:
    return browser.form(PAGE, **{"code": code, "do": "allow", "days": "90", **fields})


def test_a_program_gets_a_token_once_somebody_has_let_it_in(people: TeamStudio) -> None:
    made = begin(people, token_name="laptop")  # noqa: S106  a name
    assert made["verification_uri"] == f"{URL}{PAGE}"
    assert made["token_uri"] == f"{URL}/api/device-login/token"
    assert (made["token_name"], made["expires_in"]) == ("laptop", 900)
    pending = ask(people, made["device_code"])
    assert (pending.status_code, pending.json()) == (400, {"detail": "authorization_pending"})
    ada = people.logged_in("ada", Role.CONTRIBUTOR)
    page = ada.get(f"{PAGE}?code={made['user_code']}").text
    assert all(text in page for text in (made["user_code"], "DVC", "laptop", "testclient", "show experiments here"))
    assert ada.json(PAGE, code=made["user_code"].replace("-", "").lower())["waiting"]["scopes"] == [
        "read",
        "experiments",
    ]
    done = let_in(ada, made["user_code"], days="7")
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}?done=in")
    assert "Go back to your terminal" in ada.get(done.headers["location"]).text
    answer = ask(people, made["device_code"])
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    given = answer.json()["access_token"]
    login = {"authorization": f"token {given}"}
    assert people.browser().client.get("/api/v1/repositories", headers=login).status_code == 200
    assert people.browser().client.get("/api/v1/tokens", headers=login).status_code == 403
    assert ask(people, made["device_code"]).json() == OVER  # it serves once
    assert let_in(ada, made["user_code"]).status_code == 404
    with people.team.database.engine.connect() as connection:
        row = connection.execute(select(token)).one()
        said = connection.execute(select(audit.c.action, audit.c.person, audit.c.by).order_by(audit.c.id)).all()
        kept = repr(connection.execute(select(device_login)).all())
    assert (row.name, row.scopes, round((row.expires_at - time.time()) / 86400)) == (
        "laptop",
        ["read", "experiments"],
        7,
    )
    assert [tuple(one) for one in said] == [("let program in", "ada", "session"), ("make token", "ada", "device login")]
    assert given not in kept


def test_codes_are_unreadable_in_the_database_and_no_two_are_the_same(people: TeamStudio) -> None:
    made = [begin(people) for _ in range(5)]
    assert len({one["user_code"] for one in made} | {one["device_code"] for one in made}) == 10
    with people.team.database.engine.connect() as connection:
        kept = repr(connection.execute(select(device_login)).all())
    for one in made:
        assert one["device_code"] not in kept
        assert one["user_code"] not in kept
        assert one["user_code"].replace("-", "") not in kept


def test_who_is_turned_away_too_late_or_unknown_is_told_that_its_code_is_over(people: TeamStudio) -> None:
    ada = people.logged_in("ada", Role.VIEWER)
    refused, late = begin(people), begin(people)
    assert ada.form(PAGE, code=refused["user_code"], do="refuse").headers["location"].endswith("done=away")
    assert ask(people, refused["device_code"]).json() == OVER
    assert let_in(ada, late["user_code"]).status_code == 303
    with people.team.database.record() as connection:
        connection.execute(update(device_login).values(expires_at=time.time() - 1))
    assert ask(people, late["device_code"]).json() == OVER
    assert ask(people, "nobody-s").json() == OVER
    assert people.browser().client.post("/api/device-login/token", json={"code": ["x"]}).json() == OVER
    assert people.browser().client.post("/api/device-login/token", content=b"\xff").json() == OVER


def test_only_a_person_with_a_browser_lets_a_program_in_by_a_form_of_this_studio(people: TeamStudio) -> None:
    made = begin(people)
    nobody = people.browser().get(f"{PAGE}?code={made['user_code']}")
    assert (nobody.status_code, nobody.headers["location"]) == (
        303,
        f"/login?next=%2Fauth%2Fdevice-login%3Fcode%3D{made['user_code']}",
    )
    number = people.person("ada", {"*": Role.ADMIN})
    admin = {"authorization": f"Bearer {people.token(number, 'admin')}"}
    asked = {"code": made["user_code"], "do": "allow", "days": "90"}
    assert people.browser().client.get(PAGE, params=asked, headers=admin).status_code == 403
    assert people.browser().client.post(PAGE, data=asked, headers=admin).status_code == 403
    ada = people.browser(people.cookie(number))
    other = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert ada.client.post(PAGE, data=asked, headers=other).status_code == 403
    assert (
        ada.client.post(PAGE, data=asked, headers={"origin": URL, "sec-fetch-site": "same-origin"}).status_code == 403
    )
    assert ask(people, made["device_code"]).json() == {"detail": "authorization_pending"}


def test_codes_cannot_be_guessed_and_nobody_fills_the_table(people: TeamStudio) -> None:
    ada, made = people.logged_in("ada", Role.VIEWER), begin(people)
    for number in range(10):
        page = ada.json(PAGE, code=f"BCDF-GHJ{'BCDFGHJKLM'[number]}")
        assert "No program waits" in page["error"]
    page = ada.json(PAGE, code=made["user_code"])
    assert (page["waiting"], "Too many codes" in page["error"]) == (None, True)
    assert people.logged_in("eve", Role.VIEWER).json(PAGE, code=made["user_code"])["waiting"] is not None
    for _ in range(19):
        begin(people)
    answer = people.browser().client.post("/api/device-login", json={"client_name": "DVC"})
    assert (answer.status_code, "Too many programs" in answer.json()["detail"]) == (429, True)
    with people.team.database.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(device_login)).scalar_one() == 20


@pytest.mark.parametrize(
    ("scopes", "given"),
    [(["EXPERIMENTS"], ["experiments"]), (["models", "DATASETS"], ["read"]), ([], ["read", "experiments"])],
)
def test_a_program_gets_no_more_than_it_asked_for(people: TeamStudio, scopes: list[str], given: list[str]) -> None:
    made = begin(people, scopes=scopes)
    assert people.logged_in("ada", Role.VIEWER).json(PAGE, code=made["user_code"])["waiting"]["scopes"] == given


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{}", "text/plain"),
        (b"[]", "application/json"),
        (b'{"scopes": ["WORLD"]}', "application/json"),
        (b'{"expires_in_days": -1}', "application/json"),
        (b"{" * 5000, "application/json"),
        (b" " * 70_000 + b"{}", "application/json"),
    ],
)
def test_what_is_no_request_of_dvc_s_is_refused(people: TeamStudio, content: bytes, kind: str) -> None:
    answer = people.browser().client.post("/api/device-login", content=content, headers={"content-type": kind})
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"]
