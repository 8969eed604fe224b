"""What a role lets one see and do: each route, for each role, as the table says it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from gto.studio.visitor import Role
from tests.team_app import OWN, team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_app import TeamStudio


@pytest.fixture
def team(registry: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    """Two repositories of two groups."""
    places = {"churn": (registry.path, ["marketing"]), "secret": (registry.path, ["lab"])}
    with team_studio(places, tmp_path / "studio.db") as made:
        yield made


def test_a_page_of_a_repository_that_one_may_not_see_is_as_if_it_were_not_there(team: TeamStudio) -> None:
    browser = team.logged_in("ada", Role.VIEWER, "marketing")
    assert browser.get("/m/secret/churn").status_code == browser.get("/m/secres/churn").status_code == 404
    before = after = ""
    for _ in range(100):  # until nothing that all pages tell, as how far repositories are read, changes meanwhile
        before, missing, after = (browser.get(f"/m/{one}/churn").text for one in ("secret", "secres", "secret"))
        if before == after:
            assert before.replace("secret", "secres") == missing
            return
    pytest.fail(f"each page differs from the one before: {before} {after}")


def test_a_list_shows_the_repositories_of_one_s_groups_alone(team: TeamStudio) -> None:
    browser = team.logged_in("ada", Role.VIEWER, "marketing")
    assert {one["repo"] for one in browser.json("/models")["artifacts"]} == {"churn"}
    assert "secret" not in browser.get("/models").text
    every = team.logged_in("eve", Role.VIEWER)
    assert {one["repo"] for one in every.json("/models")["artifacts"]} == {"churn", "secret"}


def test_a_contributor_is_offered_what_they_may_do_and_no_more(team: TeamStudio) -> None:
    kate, grace = team.logged_in("kate", Role.CONTRIBUTOR), team.logged_in("grace", Role.MAINTAINER)
    for path in ("/models", "/m/churn/churn", "/reviews"):
        mine, theirs = kate.get(path).text, grace.get(path).text
        assert 'data-menu="register annotate"' in mine or path == "/reviews"
        assert not re.findall('data-menu="[^"]*(?:assign|deprecate)|/-/(?:assign|approve)', mine), path
        assert "/-/assign" in theirs or 'data-menu="' in theirs or path == "/reviews"
    assert list(kate.json("/m/churn/churn/-/actions")["actions"]) == ["register"]
    assert "assign" in grace.json("/m/churn/churn/-/actions")["actions"]


def test_who_has_no_role_is_told_whom_to_ask_and_waits_for_nothing(team: TeamStudio) -> None:
    browser = team.browser(team.cookie(team.person("new", {})))
    for path in ("/models", "/repos"):
        page = browser.get(path).text
        assert "Ask an admin of this Studio for a role: you are called <b>new</b> here" in page
        assert "Sync all" not in page
        assert 'http-equiv="refresh"' not in page


def test_who_is_not_logged_in_is_led_to_the_login_and_back(team: TeamStudio) -> None:
    team.person("ada", {"marketing": Role.VIEWER}, "correct horse battery")
    browser = team.browser()
    answer = browser.get("/m/churn/churn?version=v0.0.1")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/login?next=%2Fm%2Fchurn%2Fchurn%3Fversion%3Dv0.0.1",
    )
    page = browser.get(answer.headers["location"])
    assert page.status_code == 200
    fields = {"name": "ada", "password": "correct horse battery", "back": "/m/churn/churn?version=v0.0.1"}
    done = browser.client.post("/login", data=fields, headers=OWN)
    assert (done.status_code, done.headers["location"]) == (303, "/m/churn/churn?version=v0.0.1"), done.text
    assert browser.get("/m/churn/churn").status_code == 200


def test_a_program_without_a_token_gets_401_and_with_one_what_its_owner_may_see(team: TeamStudio) -> None:
    client = team.browser().client
    assert client.get("/api/v1/repositories").status_code == 401
    token = team.token(team.person("ada", {"marketing": Role.VIEWER}), "read")
    answer = client.get("/api/v1/repositories", headers={"authorization": f"Bearer {token}"})
    assert [one["name"] for one in answer.json()["items"]] == ["churn"]


def test_a_page_that_fails_leaves_nothing_of_what_its_reader_may_not_see(team: TeamStudio) -> None:
    first, second = team.logged_in("ada", Role.VIEWER, "marketing"), team.logged_in("eve", Role.VIEWER, "lab")
    for _ in range(3):
        assert {one["repo"] for one in first.json("/models")["artifacts"]} == {"churn"}
        assert second.get("/m/secret/none").status_code == 404  # the transaction is taken back
        assert {one["repo"] for one in second.json("/models")["artifacts"]} == {"secret"}


def test_who_logs_in_sees_no_less_than_who_does_not(registry: Repo, tmp_path: Path) -> None:
    places = {"churn": (registry.path, ["marketing"]), "secret": (registry.path, ["lab"])}
    with team_studio(places, tmp_path / "public.db", public=("marketing",)) as team:
        browser = team.logged_in("eve", Role.VIEWER, "lab")
        assert {one["repo"] for one in browser.json("/models")["artifacts"]} == {"churn", "secret"}


def test_nobody_has_repositories_read_though_the_page_is_public(registry: Repo, tmp_path: Path) -> None:
    with team_studio({"churn": (registry.path, ["marketing"])}, tmp_path / "public.db", public=("*",)) as team:
        assert team.browser().form("/sync").status_code == 401
        assert "Sync now" not in team.browser().get("/models").text
        assert "Sync all" not in team.browser().get("/repos").text


def test_a_repository_is_read_anew_only_for_who_may_see_it(team: TeamStudio) -> None:
    browser = team.logged_in("ada", Role.VIEWER, "marketing")
    with patch.object(team.context.worker, "ask", return_value={"": 0}) as ask:
        for names in ({}, {"repo": "secret"}, {"repo": "churn"}, {"repo": "none"}):
            browser.form("/sync", **names)
    assert [one.args for one in ask.call_args_list] == [("churn",), ("churn",)]
