"""What somebody tries who has a role, a token or a cookie, and wants more than these give."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gto.studio.team import accounts, write_settings
from gto.studio.team.write_settings import RepositorySettings
from gto.studio.visitor import NOBODY, Role
from gto.studio.write_access import WriteMode
from tests.studio.team.test_writing import send
from tests.team_app import team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_app import TeamStudio

API = "/api/v1/artifacts/churn/churn"
FORM = "/m/churn/churn/-/register"


@pytest.fixture
def team(registry: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    """A Studio that writes to a repository as the server."""
    with team_studio({"churn": (registry.path, ["marketing"])}, tmp_path / "studio.db") as made:
        with made.team.database.record() as connection:
            wanted = RepositorySettings(WriteMode.SERVER)
            write_settings.keep_settings(connection, made.context.worker.places[0], wanted)
        yield made


def test_a_contributor_puts_no_version_into_a_stage_while_registering_it(team: TeamStudio, registry: Repo) -> None:
    before = registry.refs()
    number = team.person("eve", {"marketing": Role.CONTRIBUTOR})
    browser, headers = team.browser(team.cookie(number)), {"authorization": f"Bearer {team.token(number, 'write')}"}
    page = browser.get(FORM)
    assert (page.status_code, 'name="stage"' in page.text) == (200, False)
    assert send(browser, FORM, stage="prod", version="v9.0.0").status_code == 403
    for query in ("", "?dry_run=true"):
        body = {"commit": "HEAD", "stage": "prod", "force": True}
        answer = team.browser().client.post(f"{API}/versions{query}", json=body, headers=headers)
        assert (answer.status_code, "maintainer" in answer.json()["detail"]) == (403, True)
    assert registry.refs() == before
    assert 'name="stage"' in team.logged_in("max", Role.MAINTAINER).get(FORM).text


def test_nobody_takes_an_address_that_git_makes_another_persons_of(team: TeamStudio) -> None:
    team.person("ada", {"marketing": Role.MAINTAINER})
    bob = team.logged_in("bob", Role.MAINTAINER)
    for email in ("ada@example.com.", ".ada@example.com", "'ada@example.com'", "ada@example.com;", "ada@example.com\\"):
        assert bob.form("/account", full_name="Ada", email=email).status_code == 400, email


def test_a_token_made_with_a_token_does_not_outlast_it(team: TeamStudio) -> None:
    token = team.token(team.person("bob", {"marketing": Role.VIEWER}), "admin", expires_in=60)
    client, headers = team.browser().client, {"authorization": f"Bearer {token}"}
    found = re.search('name="form_token" value="([^"]+)"', client.get("/account", headers=headers).text)
    assert found is not None
    fields = {"form_token": found[1], "name": "longer", "scope": "admin", "days": "never"}
    assert client.post("/account/tokens", data=fields, headers=headers).status_code == 200
    ends = {one["expires_at"] for one in client.get("/account.json", headers=headers).json()["tokens"]}
    assert len(ends) == 1


def test_of_sessions_of_two_people_neither_counts_and_rubbish_beside_one_does_no_harm(team: TeamStudio) -> None:
    ada, eve = (team.cookie(team.person(name, {"marketing": Role.VIEWER})) for name in ("ada", "eve"))

    def status(*cookies: str) -> int:
        sent = "; ".join(f"{team.team.settings.cookie}={one}" for one in cookies)
        return team.browser().client.get("/account.json", headers={"cookie": sent}).status_code

    assert [status(ada), status("x", ada, "y"), status(*"x" * 99, ada), status(eve, ada)] == [200, 200, 200, 401]
    assert status(*"x" * 4000, ada) == 401


def test_only_an_admin_of_all_is_told_why_the_index_is_behind(
    team: TeamStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(team.context.worker), "trouble", property(lambda _: "/srv/secret/team.yaml is no YAML"))
    told = [team.logged_in(role.name.lower(), role).get("/models").text for role in (Role.MAINTAINER, Role.ADMIN)]
    assert ["/srv/secret" in one for one in told] == [False, True]
    assert "The index is not up to date" in told[0]


def test_a_person_whom_git_would_name_as_another_does_not_write(team: TeamStudio, registry: Repo) -> None:
    """One of before this was checked, or from a provider."""
    number = team.person("eve", {"marketing": Role.MAINTAINER})
    with team.team.database.record() as connection:
        accounts.change(connection, number, email="ada@example.com.")
    before = registry.refs()
    answer = team.browser(team.cookie(number)).form("/m/churn/churn/-/deprecate", asked="1")
    assert (answer.status_code, "Git would write another name" in answer.text) == (400, True)
    assert registry.refs() == before


def test_a_link_of_who_may_give_no_rights_any_more_serves_nobody(team: TeamStudio) -> None:
    """Whose role was of a group of the provider's: that changes without anything said of them."""
    boss = team.person("boss", {})
    with team.team.database.record() as connection:
        accounts.set_roles(connection, "leads", {"marketing": Role.ADMIN})
        accounts.change(connection, boss, claimed=["leads"])
    page = team.browser(team.cookie(boss)).form("/people/-/add", name="new", group="marketing", role="admin").text
    (path,) = set(re.findall("/invitation/[A-Za-z0-9_-]{20,}", page))
    assert team.browser().get(path).status_code == 200
    with team.team.database.record() as connection:
        accounts.set_roles(connection, "leads", {"marketing": Role.MAINTAINER})
    assert team.browser().get(path).status_code == 404


def test_an_admin_of_a_group_throws_nobody_out_of_another(team: TeamStudio) -> None:
    boss, eve = team.logged_in("boss", Role.ADMIN), team.logged_in("eve", Role.ADMIN, "marketing")
    page = boss.form("/people/-/add", name="new", group="lab", role="viewer").text
    (path,) = set(re.findall("/invitation/[A-Za-z0-9_-]{20,}", page))
    for role in ("viewer", ""):
        assert eve.form("/people/boss/roles", **{"role in marketing": role}).status_code in {303, 404}
        assert eve.form("/people/-/add", name="boss", group="marketing", role=role or "viewer").status_code == 303
        assert boss.get("/people").status_code == team.browser().get(path).status_code == 200


def test_git_is_read_for_one_stranger_at_a_time(team: TeamStudio) -> None:
    stranger = team.context._replace(visitor=NOBODY._replace(roles={"*": Role.VIEWER}), team=team.team)
    known = stranger._replace(visitor=stranger.visitor._replace(id=1))

    def meanwhile(_: object) -> list[bool]:
        asked = (stranger, known)
        return [isinstance(one.read_git("churn", lambda registry: registry.rev), str) for one in asked]

    assert [stranger.read_git("churn", meanwhile) for _ in range(2)] == [[False, True]] * 2


def test_a_mode_is_of_the_repository_that_was_there_when_it_was_chosen(team: TeamStudio) -> None:
    place = team.context.worker.places[0]
    with team.team.database.engine.connect() as connection:
        modes = [
            write_settings.settings_of(connection, one).mode for one in (place, place._replace(address="/srv/other"))
        ]
    assert modes == [WriteMode.SERVER, WriteMode.OFF]


def test_the_address_of_a_feed_is_dead_once_its_owner_has_another_password(team: TeamStudio) -> None:
    ada = team.person("ada", {"marketing": Role.VIEWER}, "correct horse battery")
    (feed,) = set(re.findall('"(/watched.atom[^"]*)"', team.browser(team.cookie(ada)).get("/watched").text))
    statuses = [team.browser().get(feed).status_code]
    with team.team.database.record() as connection:
        accounts.change(connection, ada, password=team.team.passwords.hash("another horse battery"))
    assert [*statuses, team.browser().get(feed).status_code] == [200, 404]
