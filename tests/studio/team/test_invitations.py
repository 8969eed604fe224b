"""Links that serve once: who gets one, what it makes of them, and that nobody else learns of it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from sqlalchemy import select

from gto.studio.team import invitations
from gto.studio.team.invitations import Invited
from gto.studio.team.serve import make_team_app
from gto.studio.team.team_tables import audit, invitation
from gto.studio.visitor import Role
from tests.studio.team.test_login import PASSWORD, log_in
from tests.team_app import OWN, TeamStudio

if TYPE_CHECKING:
    from httpx2 import Response

    from tests.team_app import Browser

CHOSEN = {"full_name": "Kate", "email": "kate@example.com", "password": PASSWORD, "again": PASSWORD}


def link(people: TeamStudio, name: str = "kate", days: float = 7, **roles: Role) -> str:
    """The path of a link for somebody new."""
    with people.team.database.record() as connection:
        return f"/invitation/{invitations.make(connection, Invited(name, roles=roles), '', days)}"


def accept(browser: Browser, path: str, **fields: str) -> Response:
    """Send the form of a link."""
    return browser.client.post(path, data={**CHOSEN, **fields}, headers={**OWN, "accept": "text/html"})


def test_a_link_makes_a_person_with_the_roles_that_it_was_made_with_and_logs_them_in(people: TeamStudio) -> None:
    browser, path = people.browser(), link(people, marketing=Role.MAINTAINER)
    page = browser.get(path)
    assert page.status_code == 200
    assert "of marketing" in page.text
    assert accept(browser, path).status_code == 303
    me = browser.json("/account")
    assert (me["name"], me["full_name"], me["roles"]) == ("kate", "Kate", {"marketing": "maintainer"})
    assert log_in(people.browser(), "kate").status_code == 303


def test_reading_a_link_uses_nothing_up_and_using_it_does_so_once(people: TeamStudio) -> None:
    path = link(people)
    for _ in range(3):
        assert people.browser().get(path).status_code == 200
    assert accept(people.browser(), path).status_code == 303
    for answer in (people.browser().get(path), accept(people.browser(), path, full_name="Eve", email="e@example.com")):
        assert answer.status_code == 404
        assert "was used" in answer.text


def test_two_who_use_one_link_at_once_are_not_both_let_in(people: TeamStudio) -> None:
    path = link(people)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: accept(people.browser(), path).status_code, range(4)))
    assert done.count(303) == 1


def test_a_link_that_has_expired_was_taken_back_or_never_was_is_not_there(people: TeamStudio) -> None:
    gone = link(people, days=-0.1)
    admin, taken = people.logged_in("ada", Role.ADMIN), link(people, "kat")
    (shown,) = admin.json("/people")["invitations"]
    for key in ("", shown["key"][:-1]):  # a part of a name is none, though only one begins so
        admin.form("/people/-/withdraw", key=key)
    assert [one["key"] for one in admin.json("/people")["invitations"]] == [shown["key"]]
    assert admin.form("/people/-/withdraw", key=shown["key"]).status_code == 303
    texts = {people.browser().get(path).text.replace(path, "") for path in (gone, taken, "/invitation/never")}
    assert len(texts) == 1
    assert accept(people.browser(), gone).status_code == 404


def test_the_secret_of_a_link_stands_in_no_table_and_no_referer(people: TeamStudio) -> None:
    browser, path = people.browser(), link(people)
    secret = path.rpartition("/")[2]
    answer = browser.get(path)
    assert answer.headers["referrer-policy"] == "strict-origin"  # the Origin of the form is still sent
    assert answer.headers["cache-control"] == "no-store"
    assert secret not in answer.text  # no link of the page carries it on
    assert accept(browser, path, again="short").status_code == 400
    assert accept(browser, path).status_code == 303
    with people.team.database.engine.connect() as connection:
        kept = [*connection.execute(select(invitation)), *connection.execute(select(audit))]
    assert secret not in repr(kept)


def test_what_is_chosen_wrongly_is_said_and_the_link_serves_on(people: TeamStudio) -> None:
    path = link(people)
    people.person("bob", {})
    wrong = {
        "at least 12": {"password": "short", "again": "short"},
        "not the same": {"again": "another one, longer"},
        "holds the name": {"password": "kate-kate-kate", "again": "kate-kate-kate"},
        "no e-mail address": {"email": "nowhere"},
        "somebody else": {"email": "BOB@example.com"},
        "without &#39;&lt;&#39;": {"full_name": "Kate <root@example.com>"},
        "at most 1000": {"password": "x" * 1001, "again": "x" * 1001},
    }
    for said, fields in wrong.items():
        answer = accept(people.browser(), path, **fields)
        assert (answer.status_code, said in answer.text) == (400, True), (said, answer.text)
    assert accept(people.browser(), path, full_name="<script>alert(1)</script>").text.count("<script>alert") == 0
    assert accept(people.browser(), path).status_code == 303


def test_a_form_of_another_site_uses_no_link(people: TeamStudio) -> None:
    path = link(people)
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert people.browser().client.post(path, data=CHOSEN, headers=foreign).status_code == 403
    assert people.browser().get(path).status_code == 200


def test_a_link_for_a_new_password_ends_the_sessions_and_the_wait_of_who_forgot_it(people: TeamStudio) -> None:
    number = people.person("ada", {"*": Role.VIEWER}, PASSWORD)
    old = people.cookie(number)
    for _ in range(6):
        log_in(people.browser(), "ada", "wrong")
    admin = people.logged_in("root", Role.ADMIN)
    first = made(admin.form("/people/ada/reset"))
    path = made(admin.form("/people/ada/reset"))
    assert people.browser().get(first).status_code == 404  # a new link takes the place of the one before
    assert (
        accept(people.browser(), path, **dict.fromkeys(("password", "again"), "another horse battery")).status_code
        == 303
    )
    assert people.browser(old).get("/account").status_code == 303
    assert log_in(people.browser(), "ada").status_code == 403
    assert log_in(people.browser(), "ada", "another horse battery").status_code == 303


def test_an_admin_who_is_none_any_more_has_no_links_out(people: TeamStudio) -> None:
    people.person("root", {"*": Role.ADMIN})
    admin = people.logged_in("ada", Role.ADMIN)
    path = made(admin.form("/people/-/add", name="eve", role="admin", group="*"))
    assert people.browser().get(path).status_code == 200
    assert people.logged_in("mary", Role.ADMIN).form("/people/ada/active", active="0").status_code == 303
    assert people.browser().get(path).status_code == 404


def made(answer: Response) -> str:
    """The path of the link that a page shows."""
    found = re.search(r"https://studio\.test(/invitation/[\w-]+)", answer.text)
    assert found, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return found[1]


def test_where_nobody_logs_in_with_a_password_no_link_is_made_that_would_serve_nobody(people: TeamStudio) -> None:
    team = people.team._replace(settings=people.team.settings._replace(no_passwords=True))
    other = TeamStudio(people.context, team, make_team_app(people.context, team))
    answer = other.logged_in("ada", Role.ADMIN).form("/people/-/add", name="kim", group="lab", role="viewer")
    assert (answer.status_code, "Nobody logs in with a password" in answer.text) == (400, True)
    with team.database.engine.connect() as connection:
        assert connection.execute(select(invitation)).all() == []
