"""`/people`: what an admin of everything and one of a group see and change, and nobody gets more than they have."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import UsageError
from gto.studio.team import accounts, people_commands, rights
from gto.studio.team.rights import WHOLE, LastAdmin
from gto.studio.team.serve import make_team_app
from gto.studio.team.trusted_proxy import TrustedProxy
from gto.studio.visitor import Role
from tests.studio.team.test_login import PASSWORD
from tests.team_app import TeamStudio, team_studio

if TYPE_CHECKING:
    from gto.studio.index.database import Database


ROUTES = {
    "GET": (
        *(path + end for path in ("/people", "/people/-/groups", "/people/bob", "/audit") for end in ("", ".json")),
        "/audit.csv",
    ),
    "POST": (
        "/people/-/add",
        "/people/-/groups",
        "/people/-/groups/remove",
        "/people/-/withdraw",
        *(f"/people/bob/{one}" for one in ("roles", "active", "end", "reset")),
    ),
}
"""Of people and the log."""
OF_GROUPS = {*ROUTES["GET"], "/people/-/add", "/people/-/groups", "/people/bob/roles"}
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
    for key in (told["sessions"][0]["key"], told["sessions"][0]["key"], ""):  # then there is none
        assert root.form("/people/bob/end", key=key).status_code == 303
    assert people.browser(cookie).get("/account").status_code == 303
    assert [one["action"] for one in root.json("/audit")["entries"]].count("end sessions") == 1


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


def test_the_groups_of_the_provider_are_given_roles_and_lose_them_by_a_page(people: TeamStudio) -> None:
    root = people.logged_in("root", Role.ADMIN)
    assert "started without a provider" in root.get("/people/-/groups").text
    for group, role in (("lab", "viewer"), ("lab", "maintainer"), ("*", "viewer")):
        assert root.form("/people/-/groups", claim=" ml-team ", group=group, role=role).status_code == 303
    with people.team.database.record() as connection:
        accounts.add(connection, accounts.Who("eve", "Eve", "eve@example.com"), claimed=["ml-team", "all"])
    roles = {"*": "viewer", "lab": "maintainer"}
    assert root.json("/people/-/groups")["groups"] == [{"name": "ml-team", "roles": roles, "people": 1}]
    leader = people.logged_in("leader", Role.ADMIN, "lab")
    assert leader.json("/people/-/groups")["groups"][0]["roles"] == {"lab": "maintainer"}
    for path in ("/people/-/groups", "/people/-/groups/remove"):
        assert leader.form(path, claim="ml-team", group="*", role="admin").status_code == 403
    for claim, role in (("", "viewer"), ("a\nb", "viewer"), ("x" * 201, "viewer"), ("all", "root"), ("all", "")):
        assert root.form("/people/-/groups", claim=claim, group="lab", role=role).status_code == 400, claim
    assert leader.form("/people/-/groups/remove", claim="ml-team", group="lab").status_code == 303
    assert root.json("/people/-/groups")["groups"][0]["roles"] == {"*": "viewer"}
    noted = [one for one in root.json("/audit")["entries"] if one["action"] == "change roles"]
    assert [(one["person"], one["subject"], one["detail"]["roles"]) for one in noted] == [
        ("leader", "ml-team", {"lab": "none"}),
        ("root", "ml-team", {"*": "viewer"}),
        ("root", "ml-team", {"lab": "maintainer"}),
        ("root", "ml-team", {"lab": "viewer"}),
    ]


def vouched_for(people: TeamStudio, name: str, *groups: str, issuer: str = "proxy") -> int:
    """Somebody whom another system vouches for, by number."""
    with people.team.database.record() as connection:
        who = accounts.Who(name, name.title(), f"{name}@example.com")
        return accounts.add(connection, who, issuer=issuer, subject=name, claimed=list(groups))


def behind_proxy(people: TeamStudio, *, no_passwords: bool = False) -> TeamStudio:
    """The same people, whom a proxy logs in."""
    settings = people.team.settings._replace(proxy=TrustedProxy(user="X-User"), no_passwords=no_passwords)
    team = people.team._replace(settings=settings)
    return TeamStudio(people.context, team, make_team_app(people.context, team))


def test_a_group_that_nobody_is_in_is_no_admin(people: TeamStudio) -> None:
    studio = behind_proxy(people)
    root = studio.logged_in("root", Role.ADMIN)
    assert root.form("/people/-/groups", claim="platform", group="*", role="admin").status_code == 303
    assert root.form("/people/root/roles", **{"role in *": "viewer"}).status_code == 400
    assert root.form("/people/root/active", active="0").status_code == 400


def test_who_is_admin_by_a_group_alone_does_not_take_the_place_of_who_has_the_role(people: TeamStudio) -> None:
    """They may be in it no more, and nobody knows before their next login."""
    studio = behind_proxy(people)
    root = studio.logged_in("root", Role.ADMIN)
    assert root.form("/people/-/groups", claim="platform", group="*", role="admin").status_code == 303
    vouched_for(studio, "eve", "platform")
    assert root.form("/people/root/active", active="0").status_code == 400
    with studio.team.database.record() as connection:  # as it is where nobody ever had the role
        accounts.set_roles(connection, accounts.find(connection, "root").id, {"lab": Role.ADMIN})
    eve = studio.browser(studio.cookie(accounts_number(studio, "eve")))
    refused = eve.form("/people/-/groups/remove", claim="platform", group="*")
    assert (refused.status_code, "Nobody would be left" in refused.text) == (400, True)
    assert eve.form("/people/eve/active", active="0").status_code == 400
    assert eve.form("/people/root/roles", **{"role in *": "admin"}).status_code == 303
    assert eve.form("/people/-/groups/remove", claim="platform", group="*").status_code == 303


def accounts_number(studio: TeamStudio, name: str) -> int:
    """The number of a person."""
    with studio.team.database.read() as connection:
        return int(accounts.find(connection, name).id)


def test_an_admin_who_cannot_log_in_as_studio_was_started_is_none(people: TeamStudio) -> None:
    studio = behind_proxy(people, no_passwords=True)
    studio.person("bob", {"*": Role.ADMIN}, PASSWORD)
    eve = vouched_for(studio, "eve")
    gone = vouched_for(studio, "gone", issuer="https://old.example.com")
    with studio.team.database.record() as connection:
        for number in (eve, gone):
            accounts.set_roles(connection, number, {"*": Role.ADMIN})
    browser = studio.browser(studio.cookie(eve))
    assert browser.form("/people/eve/active", active="0").status_code == 400
    assert browser.form("/people/bob/active", active="0").status_code == 303


def test_where_nobody_logs_in_with_a_password_no_link_offers_to_choose_one(people: TeamStudio) -> None:
    people.person("bob", {"lab": Role.VIEWER}, PASSWORD)
    path = people_commands.invite(people.team, WISH).address.removeprefix("https://studio.test")
    studio = behind_proxy(people, no_passwords=True)
    root = studio.logged_in("root", Role.ADMIN)
    refused = root.form("/people/bob/reset")
    assert (refused.status_code, "Nobody logs in with a password" in refused.text) == (400, True)
    assert "The proxy in front of this Studio logs people in" in studio.browser().get("/login").text
    for answer in (studio.browser().get(path), studio.browser().form(path, password=PASSWORD, again=PASSWORD)):
        assert (answer.status_code, "Nobody logs in with a password" in answer.text) == (403, True)
        assert 'type="password"' not in answer.text
    with pytest.raises(UsageError, match="Nobody logs in with a password"):
        people_commands.invite(studio.team, WISH)


WISH = people_commands.InvitationWish("kim", "viewer", ("*",), "", "", 1.0, is_reset=False)
