"""Saved views, watched models and hidden commits: what a team keeps beside Git, each for whom it is."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update

from gto.studio.team.team_tables import audit, person, watched
from gto.studio.visitor import Role
from tests.team_app import team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_app import Browser, TeamStudio


@pytest.fixture
def team(registry: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    """Two repositories of two groups."""
    places = {"churn": (registry.path, ["marketing"]), "secret": (registry.path, ["lab"])}
    with team_studio(places, tmp_path / "studio.db") as made:
        yield made


def noted(team: TeamStudio) -> list[tuple[str, str]]:
    """What the audit log holds of these things."""
    with team.team.database.engine.connect() as connection:
        return [(row.action, row.subject) for row in connection.execute(select(audit).order_by(audit.c.id))]


def test_a_view_is_saved_opened_replaced_and_removed_by_who_made_it(team: TeamStudio) -> None:
    ada, bob = team.logged_in("ada", Role.CONTRIBUTOR, "marketing"), team.logged_in("bob", Role.VIEWER, "marketing")
    for query in ("q=auc%3E0.8", "q=auc%3E0.9&sort=metric"):
        answer = ada.form("/views/save", page="/models", query=query, name="good ones", back=f"/models?{query}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/models?{query}")
    page = ada.get("/models").text
    assert page.count("good ones</a>") == 1
    assert 'href="/models?q=auc%3E0.9&amp;sort=metric"' in page
    assert "good ones" not in bob.get("/models").text
    number = re.findall('name="id" value="([0-9]+)"', page)[0]
    assert bob.form("/views/remove", id=number).status_code == 404
    assert ada.form("/views/remove", id=number).status_code == 303
    assert "good ones" not in ada.get("/models").text
    assert noted(team) == [("save view", "good ones")] * 2 + [("remove view", "good ones")]


def test_a_shared_view_is_for_who_sees_what_it_names(team: TeamStudio) -> None:
    eve, bob = team.logged_in("eve", Role.CONTRIBUTOR), team.logged_in("bob", Role.VIEWER, "marketing")
    hidden = {"ours": "repo=secret", "words": "q=repo%3Asecret", "loud": "q=REPO%3Asecret", "near": 'q="x"repo:secret'}
    for name, query in {"all of us": "q=auc", **hidden}.items():
        eve.form("/views/save", page="/models", query=query, name=name, shared="1")
    of_ours = {"page": "/r/churn/experiments", "query": "q=branch%3Amain", "name": "of main", "shared": "1"}
    assert eve.form("/views/save", **of_ours).status_code == 303
    assert "of main" in bob.get("/r/churn/experiments").text
    seen = bob.get("/models").text
    assert "all of us" in seen
    assert "ours" not in seen
    assert "secret" not in seen
    assert bob.form("/views/save", page="/models", query="", name="mine", shared="1").status_code == 403
    assert bob.form("/views/save", page="/r/secret/experiments", query="", name="x").status_code == 400
    assert bob.form("/views/save", page="https://evil.example/", query="", name="x").status_code == 400
    eve.form("/views/save", page="/r/secret/experiments", query="delta=1", name="changes", shared="1")
    assert "changes</a>" in eve.get("/r/secret/experiments").text


def test_what_is_watched_has_a_page_and_a_feed_that_its_address_alone_opens(team: TeamStudio) -> None:
    ada = team.logged_in("ada", Role.VIEWER, "marketing")
    assert "Nothing is watched" in ada.get("/watched").text
    assert ada.form("/m/churn/churn/-/watch").headers["location"] == "/m/churn/churn"
    assert 'aria-pressed="true"' in ada.get("/m/churn/churn").text
    assert ada.form("/m/churn/none/-/watch").status_code == 404
    assert ada.form("/m/secret/churn/-/watch").status_code == 404
    told = ada.json("/watched")
    assert told["models"] == [{"repo": "churn", "artifact": "churn"}]
    assert {(one["repo"], one["artifact"]) for one in told["events"]} == {("churn", "churn")}
    feed = re.findall('href="(/watched.atom[^"]*)"', ada.get("/watched").text)[0]
    nobody = team.browser()
    answer = nobody.get(feed)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/atom+xml")
    assert answer.text.count("<entry>") == len(told["events"])
    assert feed.partition("=")[2] not in answer.text
    for wrong in ("", "?token=", "?token=1.x", feed.partition("?")[2].replace("=1.", "=2.")):
        assert nobody.get(f"/watched.atom{wrong}").status_code == 404, wrong
    token = feed.partition("=")[2]
    assert nobody.client.get("/models", headers={"authorization": f"Bearer {token}"}).status_code == 401
    with team.team.database.record() as connection:
        connection.execute(update(person).values(is_active=False))
    assert nobody.get(feed).status_code == 404


def test_what_is_watched_no_longer_and_what_one_may_see_no_longer_is_not_told(team: TeamStudio) -> None:
    eve = team.logged_in("eve", Role.VIEWER)
    eve.form("/m/secret/churn/-/watch")
    eve.form("/m/churn/churn/-/watch")
    eve.form("/m/churn/churn/-/watch", end="1")
    assert [one["repo"] for one in eve.json("/watched")["models"]] == ["secret"]
    with team.team.database.record() as connection:
        from gto.studio.team import accounts

        made = connection.execute(select(person.c.id)).scalar_one()
        accounts.set_roles(connection, made, {"marketing": Role.VIEWER})
    assert eve.json("/watched") == {"models": [], "events": []}
    assert [one for one, _ in noted(team)] == ["watch", "watch", "end watching"]


def test_a_commit_that_is_hidden_leaves_everybody_s_table_and_can_be_found_and_shown_again(team: TeamStudio) -> None:
    ada, bob = team.logged_in("ada", Role.CONTRIBUTOR, "marketing"), team.logged_in("bob", Role.VIEWER, "marketing")
    table = "/r/churn/experiments"
    oid, *others = shown(bob, table)
    led = ada.get(f"/r/churn/chosen?c={oid}&do=hide").headers["location"]
    assert led == f"/r/churn/-/hidden?c={oid}"
    assert "Hide for everybody" in ada.get(led).text
    assert ada.form("/r/churn/-/hidden", c=oid, do="hide").headers["location"] == table
    assert shown(bob, table) == others
    assert bob.json(table)["hidden"] == 1
    assert shown(bob, table, hidden="1") == [oid, *others]
    assert shown(bob, table, q="is:hidden") == [oid]
    assert bob.form("/r/churn/-/hidden", c=oid, do="show").status_code == 403
    assert ada.form("/r/churn/-/hidden", c="HEAD").status_code == 400
    assert ada.form("/r/churn/-/hidden", c=oid, do="show").headers["location"] == f"{table}?hidden=1"
    assert shown(bob, table) == [oid, *others]
    assert noted(team) == [("hide commits", oid[:7]), ("show commits", oid[:7])]


def shown(browser: Browser, table: str, **query: str) -> list[str]:
    """The commits of a table of experiments."""
    return [
        row["commit"] for branch in browser.json(table, unchanged="1", **query)["branches"] for row in branch["commits"]
    ]


def test_what_two_processes_write_at_the_same_moment_is_written_once_and_is_no_fault_of_the_database(
    team: TeamStudio,
) -> None:
    number = team.person("ada", {"*": Role.VIEWER})
    ada, row = team.browser(team.cookie(number)), {"person_id": number, "repository": "churn", "artifact": "churn"}
    with ThreadPoolExecutor(1) as threads, team.team.database.record() as connection:
        connection.execute(insert(watched).values(row))
        answer = threads.submit(ada.form, "/m/churn/churn/-/watch")
        wait([answer], 1.0)  # by then it waits for this transaction
        connection.commit()
        assert answer.result().status_code in {303, 409}
    assert team.context.worker.trouble == ""
    assert ada.json("/watched")["models"] == [{"repo": "churn", "artifact": "churn"}]
