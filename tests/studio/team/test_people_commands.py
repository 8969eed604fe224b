"""`gto studio invite` and `gto studio people`: the first admin, and the way back for who is locked out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gto.studio.index.sqlite_database import SqliteDatabase
from gto.studio.team import accounts, people_commands, rights
from gto.studio.visitor import Role
from tests.repo import gto
from tests.studio.team.test_invitations import accept
from tests.team_app import team_studio

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Result
    from tests.team_app import TeamStudio


def run_studio(place: Path, *words: str) -> Result:
    """What `gto studio` does with the Studio of a directory."""
    return gto("studio", *words, "--data", "kept", cwd=place)


def test_the_first_admin_comes_by_a_link_that_the_command_line_prints(tmp_path: Path) -> None:
    told = run_studio(tmp_path, "invite", "ada", "--role", "admin", "--url", "https://studio.test", "--json")
    assert told.code == 0, told.stderr
    address = json.loads(told.stdout)["url"]
    assert address.startswith("https://studio.test/invitation/")
    database = SqliteDatabase(str(tmp_path / "kept" / "studio.db"), is_lasting=True)
    with team_studio({}, database) as studio:
        browser = studio.browser()
        assert accept(browser, address.removeprefix("https://studio.test")).status_code == 303
        assert [one["action"] for one in browser.json("/audit")["entries"]] == ["login", "join", "invite"]
        assert browser.json("/people")["people"][0]["roles"] == {"*": "admin"}


def test_the_command_line_gives_roles_lets_out_and_in_but_never_loses_the_last_admin(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir(mode=0o700)
    with team_studio({}, tmp_path / "kept" / "studio.db") as studio:
        ada, bob = studio.person("ada", {"*": Role.ADMIN}), studio.person("bob", {"lab": Role.VIEWER})
        cookies = [studio.cookie(ada), studio.cookie(bob)]
        done = run_studio(tmp_path, "people", "roles", "bob", "lab=none", "marketing=maintainer")
        assert done.stdout == "'bob' is maintainer of marketing\n"
        assert [studio.browser(one).get("/account").status_code for one in cookies] == [200, 303]
        for words in (("roles", "ada", "*=viewer"), ("deactivate", "ada")):
            refused = run_studio(tmp_path, "people", *words)
            assert refused.code == 1
            assert "Nobody would be left" in refused.stderr
        assert run_studio(tmp_path, "people", "roles", "bob", "*=admin").code == 0
        assert run_studio(tmp_path, "people", "deactivate", "ada").code == 0
        assert studio.browser(cookies[0]).get("/account").status_code == 303
    table = json.loads(run_studio(tmp_path, "people", "list", "--json").stdout)
    assert {one["name"]: one["is_active"] for one in table} == {"ada": False, "bob": True}
    assert run_studio(tmp_path, "invite", "bob").code == 1  # who is there already gets a link with --reset
    assert run_studio(tmp_path, "invite", "ada", "--reset").code == 1  # who may not log in gets none
    assert run_studio(tmp_path, "invite", "bob", "--reset").stdout.startswith("http://127.0.0.1:8765/invitation/")


def test_a_group_of_the_provider_is_given_roles_and_whom_it_names_has_them_at_once(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir(mode=0o700)
    with team_studio({}, tmp_path / "kept" / "studio.db") as studio:
        eve = studio.person("eve", {})
        done = run_studio(tmp_path, "people", "claim", "ml-team", "lab=contributor", "*=viewer")
        assert done.stdout.splitlines() == [
            "who is in 'ml-team' is contributor of lab",
            "who is in 'ml-team' is viewer of *",
        ]
        with studio.team.database.read() as connection:
            assert accounts.roles_of(connection, eve, ["ml-team"]) == {"lab": Role.CONTRIBUTOR, "*": Role.VIEWER}
        done = run_studio(tmp_path, "people", "claim", "ml-team", "lab=none", "*=none")
        assert done.stdout == "'ml-team' gives no role\n"
        assert run_studio(tmp_path, "people", "claim", "ml-team", "lab").code == 1
        with studio.team.database.read() as connection:
            assert accounts.roles_of(connection, eve, ["ml-team"]) == {}


def test_a_group_of_the_provider_by_which_alone_somebody_is_admin_of_everything_stays_so(people: TeamStudio) -> None:
    people_commands.give_claim_roles(people.team, "platform", ["*=admin"])
    people_commands.give_claim_roles(people.team, "platform", ["*=none"])  # nobody is in it
    people_commands.give_claim_roles(people.team, "platform", ["*=admin"])
    with people.team.database.record() as connection:
        who = accounts.Who("eve", "Eve", "eve@example.com")
        accounts.add(connection, who, issuer="proxy", subject="eve", claimed=["platform"])
    with pytest.raises(rights.LastAdmin):
        people_commands.give_claim_roles(people.team, "platform", ["*=none", "lab=viewer"])
    with people.team.database.read() as connection:
        assert accounts.roles_of_claim(connection, "platform") == {"*": Role.ADMIN}


def test_the_command_line_makes_no_link_where_nobody_logs_in_with_a_password(tmp_path: Path) -> None:
    refused = run_studio(tmp_path, "invite", "ada", "--no-passwords")
    assert (refused.code, "Nobody logs in with a password" in refused.stderr) == (1, True)
