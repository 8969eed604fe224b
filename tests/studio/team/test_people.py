"""`/people`: what an admin of everything and one of a group see and change, and nobody gets more than they have."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest

from gto.studio.team import rights
from gto.studio.team.rights import WHOLE, LastAdmin
from gto.studio.visitor import Role
from tests.studio.team.test_login import PASSWORD
from tests.team_app import team_studio

if TYPE_CHECKING:
    from gto.studio.index.database import Database
    from tests.team_app import TeamStudio


ROUTES = {
    "GET": ("/people", "/people.json", "/people/bob", "/people/bob.json", "/audit", "/audit.json", "/audit.csv"),
    "POST": (
        "/people/-/add",
        "/people/-/withdraw",
        *(f"/people/bob/{one}" for one in ("roles", "active", "end", "reset")),
    ),
}
"""Of people and the log."""
OF_GROUPS = {*ROUTES["GET"], "/people/-/add", "/people/bob/roles"}
"""Those that an admin of a group may ask."""


def test_only_admins_ask_and_those_of_a_group_only_about_it(people: TeamStudio) -> None:
    people.person("bob", {"marketing": Role.VIEWER})
    for name, role, group in (
        ("v", Role.VIEWER, "*"),
        ("c", Role.CONTRIBUTOR, "*"),
        ("m", Role.MAINTAINER, "*"),
        ("g", Role.ADMIN, "marketing"),
        ("a", Role.ADMIN, "*"),
    ):
        browser = people.logged_in(name, role, group)
        for path in ROUTES["GET"]:
            assert (browser.get(path).status_code == 200) == (role is Role.ADMIN), (name, path)
        for path in ROUTES["POST"]:
            may = role is Role.ADMIN and (group == "*" or path in OF_GROUPS)
            assert (browser.form(path, active="1").status_code != 403) == may, (name, path)
    for path in ROUTES["GET"]:
        assert people.browser().client.get(path).status_code == 401, path


def test_an_admin_of_a_group_sees_and_changes_the_roles_in_it_alone(people: TeamStudio) -> None:
    people.person("bob", {"marketing": Role.VIEWER, "lab": Role.MAINTAINER})
    people.person("eve", {"lab": Role.ADMIN})
    grace = people.logged_in("grace", Role.ADMIN, "marketing")
    assert {one["name"]: one["roles"] for one in grace.json("/people")["people"]} == {
        "bob": {"marketing": "viewer"},
        "grace": {"marketing": "admin"},
    }
    assert grace.get("/people/eve").status_code == grace.get("/people/nobody").status_code == 404
    page = grace.get("/people/bob").text
    assert "lab" not in re.sub(r"label", "", page)
    assert grace.form("/people/bob/roles", **{"role in marketing": "contributor"}).status_code == 303
    root = people.logged_in("root", Role.ADMIN)
    assert root.json("/people/bob")["roles"] == {"lab": "maintainer", "marketing": "contributor"}


@pytest.mark.parametrize("group", ["*", "lab", "unheard-of"])
def test_an_admin_of_a_group_gives_nothing_beyond_it_neither_to_others_nor_to_themselves(
    people: TeamStudio, group: str
) -> None:
    people.person("bob", {"marketing": Role.VIEWER})
    grace = people.logged_in("grace", Role.ADMIN, "marketing")
    for name in ("bob", "grace"):
        fields = {"role in marketing": "admin", f"role in {group}": "admin"}
        assert grace.form(f"/people/{name}/roles", **fields).status_code == 403
    for name in ("bob", "grace", "somebody-new"):
        assert grace.form("/people/-/add", name=name, role="viewer", group=group).status_code == 403
    root = people.logged_in("root", Role.ADMIN)
    assert root.json("/people/bob")["roles"] == {"marketing": "viewer"}
    assert root.json("/people/grace")["roles"] == {"marketing": "admin"}
    assert root.json("/people")["invitations"] == []


def test_an_admin_of_a_group_gives_roles_in_it_to_who_is_here_and_links_to_who_is_not(people: TeamStudio) -> None:
    people.person("eve", {"lab": Role.VIEWER})
    grace = people.logged_in("grace", Role.ADMIN, "marketing")
    assert grace.form("/people/-/add", name="Eve", role="maintainer", group="marketing").status_code == 303
    assert grace.json("/people/eve")["roles"] == {"marketing": "maintainer"}
    shown = grace.form("/people/-/add", name="kate", role="viewer", group="marketing")
    assert "https://studio.test/invitation/" in shown.text
    assert grace.json("/people")["invitations"] == []  # those are for who sees all groups


def test_a_change_of_rights_counts_at_the_next_request_and_ends_the_sessions_that_had_others(
    people: TeamStudio,
) -> None:
    bob = people.person("bob", {"marketing": Role.VIEWER})
    cookie, token = people.cookie(bob), people.token(bob, "read")
    root = people.logged_in("root", Role.ADMIN)
    root.form("/people/bob/roles", **{"role in marketing": ""})
    assert people.browser(cookie).get("/account").status_code == 303
    answer = people.browser().client.get("/api/v1/repositories", headers={"authorization": f"Bearer {token}"})
    assert answer.json()["items"] == []
    again = people.cookie(bob)
    root.form("/people/bob/roles", **{"role in marketing": "", "role in *": ""})  # what changes nothing ends nothing
    assert people.browser(again).get("/account").status_code == 200


def test_who_changes_their_own_rights_goes_on_under_another_cookie(people: TeamStudio) -> None:
    people.person("root", {"*": Role.ADMIN})
    ada = people.person("ada", {"*": Role.ADMIN})
    cookie = people.cookie(ada)
    done = people.browser(cookie).form("/people/ada/roles", **{"role in *": "viewer"})
    fresh = done.cookies[people.team.settings.cookie]
    assert people.browser(cookie).get("/models").status_code == 303
    assert people.browser(fresh).get("/models").status_code == 200
    assert people.browser(fresh).get("/people").status_code == 403


def test_the_last_admin_of_everything_is_never_lost(people: TeamStudio) -> None:
    root = people.logged_in("root", Role.ADMIN)
    people.person("gone", {"*": Role.ADMIN})
    assert root.form("/people/gone/active", active="0").status_code == 303
    for path, fields in (
        ("roles", {"role in *": "maintainer"}),
        ("roles", {"role in *": ""}),
        ("active", {"active": "0"}),
    ):
        answer = root.form(f"/people/root/{path}", **fields)
        assert (answer.status_code, "Nobody would be left" in answer.text) == (400, True), path
    assert root.json("/people/root")["roles"] == {"*": "admin"}
    assert root.get("/people").status_code == 200


def test_two_admins_who_take_each_other_s_rights_at_once_are_not_both_gone(people: TeamStudio, wide: Database) -> None:
    with team_studio({}, wide, synced=False) as other:
        for studio in (people, other):
            for _ in range(5):
                _take_each_other(studio)


def _take_each_other(studio: TeamStudio) -> None:
    database, barrier = studio.team.database, threading.Barrier(2)
    with database.engine.connect() as connection:
        known = {one.name for one in rights.find_all(connection, WHOLE)}
    for name in {"ada", "bob"} - known:
        studio.person(name, {"*": Role.ADMIN})
    lost: list[str] = []

    def take(name: str) -> None:
        barrier.wait()
        try:
            with database.record() as connection:
                who = rights.find(connection, WHOLE, name)
                rights.change_roles(connection, WHOLE, who, {"*": Role.VIEWER})
        except LastAdmin:
            lost.append(name)

    both = [threading.Thread(target=take, args=(name,)) for name in ("ada", "bob")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(lost) == 1
    with database.record() as connection:
        for name in ("ada", "bob"):
            who = rights.find(connection, WHOLE, name)
            rights.change_roles(connection, WHOLE, who, {"*": Role.ADMIN})


def test_an_admin_ends_somebody_s_sessions_and_takes_back_their_tokens(people: TeamStudio) -> None:
    bob = people.person("bob", {"*": Role.VIEWER}, PASSWORD)
    cookie, token = people.cookie(bob), people.token(bob, "read")
    root = people.logged_in("root", Role.ADMIN)
    told = root.json("/people/bob")
    assert root.form("/people/bob/end", token=str(told["tokens"][0]["id"])).status_code == 303
    assert root.json("/people/bob")["tokens"] == []
    headers = {"authorization": f"Bearer {token}"}
    assert people.browser().client.get("/models", headers=headers).status_code == 401
    assert root.form("/people/bob/end", key=told["sessions"][0]["key"]).status_code == 303
    assert people.browser(cookie).get("/account").status_code == 303


def test_people_are_found_by_name_and_what_they_call_themselves_is_text(people: TeamStudio) -> None:
    root = people.logged_in("root", Role.ADMIN)
    people.person("bob", {"lab": Role.VIEWER})
    browser = people.logged_in("ada", Role.VIEWER)
    assert browser.form("/account", full_name='"&{{ 7*7 }}', email='a"b@example.com').status_code == 303
    page = root.get("/people").text
    assert "&#34;&amp;{{ 7*7 }}" in page
    assert [one["name"] for one in root.json("/people", q="BOB@example")["people"]] == ["bob"]
    for role in ("root", "", "4"):
        assert root.form("/people/-/add", name="kate", role=role, group="*").status_code == 400
    for name in ("", "Kate Smith", "../x", "a.json", "x" * 65):
        assert root.form("/people/-/add", name=name, role="viewer", group="*").status_code == 400
