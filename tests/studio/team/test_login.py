"""Logging in: what is told to who guesses, how often one may, and what becomes of a session."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from gto.studio.team import login_limits, sessions
from gto.studio.team.serve_options import SessionLimits
from gto.studio.team.team_tables import login_failure, session
from gto.studio.visitor import Role
from tests.team_app import OWN, URL

if TYPE_CHECKING:
    from httpx2 import Response

    from gto.studio.index.database import Database
    from tests.team_app import Browser, TeamStudio

PASSWORD = "correct horse battery"  # noqa: S105  of nobody


def log_in(browser: Browser, name: str, password: str = PASSWORD, **headers: str) -> Response:
    """Send the form of `/login`."""
    fields = {"name": name, "password": password}
    return browser.client.post("/login", data=fields, headers={**OWN, "accept": "text/html", **headers})


def test_a_guess_tells_nothing_of_whether_the_name_is_known_and_costs_as_much(
    people: TeamStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.person("ada", {"*": Role.VIEWER}, PASSWORD)
    people.person("bob", {"*": Role.VIEWER})  # who has no password
    checked: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, kept: str, given: str) -> bool:
        checked.append(kept)
        return bool(verify(self, kept, given))

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    answers = [log_in(people.browser(), name, "a wrong password") for name in ("ada", "bob", "eve")]
    assert {one.status_code for one in answers} == {403}
    texts = {one.text.replace(f'value="{name}"', "") for one, name in zip(answers, ("ada", "bob", "eve"), strict=True)}
    assert len(texts) == 1
    assert len(checked) == 3
    assert len({one.rpartition("$")[0].rpartition("$")[0] for one in checked}) == 1  # the same costs


def test_a_name_that_nobody_has_is_limited_like_one_that_somebody_has(people: TeamStudio) -> None:
    people.person("ada", {"*": Role.VIEWER}, PASSWORD)
    for name in ("ada", "eve"):
        browser = people.browser()
        statuses = [log_in(browser, name, "wrong").status_code for _ in range(6)]
        assert statuses == [403] * 5 + [429]
    assert log_in(people.browser(), "ada").status_code == 429  # also with the password


def test_who_tries_a_name_from_everywhere_keeps_nobody_out_of_the_browser_that_is_theirs(people: TeamStudio) -> None:
    people.person("ada", {"*": Role.VIEWER}, PASSWORD)
    hers = people.browser()
    assert log_in(hers, "ada").status_code == 303
    for number in range(60):
        login_limits.begin(people.team.database, "ada", f"198.51.100.{number}")
    for _ in range(5):
        login_limits.begin(people.team.database, "ada", "testclient")
    assert log_in(people.browser(), "ada").status_code == 429
    assert log_in(hers, "ada").status_code == 303
    # Her mark is of no use for another name, and a made-up one of none at all.
    assert log_in(hers, "bob", "wrong").status_code == 403
    assert not login_limits.known_browser(people.team.box, "ada", "made.up")


def test_refused_tries_do_not_make_the_wait_longer(people: TeamStudio) -> None:
    database = people.team.database
    made = [login_limits.begin(database, "ada", "192.0.2.1") for _ in range(9)]
    assert [bool(one.wait) for one in made] == [False] * 5 + [True] * 4
    assert max(one.wait for one in made) <= 900
    with database.engine.connect() as connection:
        mine = login_failure.c.subject == "pair ada 192.0.2.1"
        assert connection.execute(select(func.count()).where(mine)).scalar_one() == 5


def test_all_addresses_of_one_ipv6_network_are_one(people: TeamStudio) -> None:
    made = [login_limits.begin(people.team.database, "ada", f"2001:db8:1:1::{number:x}") for number in range(1, 8)]
    assert sum(not one.wait for one in made) == 5


def test_many_at_once_try_no_more_often_than_one(people: TeamStudio, wide: Database) -> None:
    for database in (people.team.database, wide):
        with ThreadPoolExecutor(12) as pool:
            made = list(pool.map(lambda _: login_limits.begin(database, "ada", "192.0.2.1"), range(24)))  # noqa: B023  it ends here
        assert sum(not one.wait for one in made) <= 5


def test_a_cookie_from_before_the_login_is_none_afterwards(people: TeamStudio) -> None:
    number = people.person("ada", {"*": Role.VIEWER}, PASSWORD)
    key = people.team.settings.cookie
    for planted in ("a-cookie-of-an-attacker", people.cookie(number)):
        browser = people.browser(planted)
        done = log_in(browser, "ada")
        assert done.status_code == 303
        fresh = done.cookies[key]
        assert fresh != planted
        assert people.browser(planted).get("/account").status_code == 303  # to the login
        assert people.browser(fresh).get("/account").status_code == 200
        (said,) = [one for one in done.headers.get_list("set-cookie") if one.startswith(f"{key}=")]
        assert all(word in said for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))


def test_a_login_from_another_site_or_without_an_origin_is_refused(people: TeamStudio) -> None:
    people.person("ada", {"*": Role.VIEWER}, PASSWORD)
    for headers in ({"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, {"origin": "null"}, {}):
        fields = {"name": "ada", "password": PASSWORD}
        assert people.browser().client.post("/login", data=fields, headers=headers).status_code == 403


def test_a_login_leads_nowhere_but_to_this_studio(people: TeamStudio) -> None:
    people.person("ada", {"*": Role.VIEWER}, PASSWORD)
    for there in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        fields = {"name": "ada", "password": PASSWORD, "back": there}
        done = people.browser().client.post("/login", data=fields, headers=OWN)
        assert done.headers["location"] in {"/models", f"{URL}/models"}


def test_a_session_ends_with_its_time_and_when_it_is_not_used(people: TeamStudio) -> None:
    number = people.person("ada", {"*": Role.VIEWER})
    cookie = people.cookie(number)
    assert people.browser(cookie).get("/account").status_code == 200
    with people.team.database.record() as connection:
        connection.execute(session.update().values(expires_at=time.time() - 1))
    assert people.browser(cookie).get("/account").status_code == 303


def test_a_session_ends_in_any_case_also_where_it_might_go_unused_for_longer(people: TeamStudio) -> None:
    number = people.person("ada", {"*": Role.VIEWER})
    with people.team.database.record() as connection:
        sessions.begin(connection, number, SessionLimits(unused=100.0, longest=10.0), "", "")
        (row,) = sessions.find_all(connection, number)
    assert row.expires_at - row.created_at == pytest.approx(10.0)


def test_where_nobody_can_tell_who_asks_the_database_is_said_to_be_away(people: TeamStudio) -> None:
    browser = people.logged_in("ada", Role.VIEWER)
    with people.team.database.record() as connection:
        connection.exec_driver_sql("ALTER TABLE session RENAME TO away")
    try:
        answers = [browser.get(path) for path in ("/models", "/api/v1/artifacts")]
    finally:
        with people.team.database.record() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO session")
    assert [one.status_code for one in answers] == [503, 503]
    assert answers[1].headers["content-type"] == "application/problem+json"
    assert browser.get("/account").status_code == 200


def test_a_form_of_megabytes_is_refused_before_anybody_is_known(people: TeamStudio) -> None:
    answer = log_in(people.browser(), "ada", "x" * 1_000_000)
    assert answer.status_code == 400


def test_the_pages_for_who_is_not_known_are_never_loaded_again_by_themselves(people: TeamStudio) -> None:
    page = people.browser().get("/login").text
    assert "http-equiv" not in page
    assert "/sync" not in page
