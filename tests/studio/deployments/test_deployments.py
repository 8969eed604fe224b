"""Targets that a repository declares, what is reported of them, and what the pages show of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, event

from gto.core.selector import parse
from gto.declared_targets import DeclaredTarget
from gto.studio.sync import deploy_targets
from gto.studio.sync.repository_row import row_of
from gto.studio.visitor import Role
from tests.studio.conftest import wrote
from tests.studio_app import studio_of
from tests.team_app import team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from tests.repo import Repo
    from tests.studio_app import Studio
    from tests.team_app import TeamStudio

DEPLOY = """\
targets:
- {name: eu, kind: kubernetes, selector: churn#prod, values: {namespace: models}}
- {name: us, kind: compose, selector: churn@latest}
- {name: pinned, kind: systemd, selector: churn@v0.0.1}
- {name: later, kind: compose, selector: churn#canary}
"""


@pytest.fixture
def declared(registry: Repo) -> Repo:
    """The registry with four targets; v0.0.2 is in prod, v0.0.3 is the latest."""
    registry.commit("deploy", {"deploy.yaml": DEPLOY})
    return registry


@pytest.fixture
def team(declared: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    places = {"churn": (declared.path, ["marketing"]), "hidden": (declared.path, ["lab"])}
    with team_studio(places, tmp_path / "team.db") as made:
        yield made


def targets(studio: Studio) -> dict[str, dict[str, Any]]:
    """The targets of the page, by name."""
    found: Any = studio.json("/deployments")["targets"]
    return {one["name"]: one for one in found}


def runs(target: str, version: str, **more: object) -> dict[str, object]:
    """A report that a version runs well."""
    return {"target": target, "kind": "kubernetes", "artifact": "churn", "version": version, "ready": True, **more}


def send(team: TeamStudio, token: str, *reports: dict[str, object], repo: str = "churn") -> Response:
    """Report what was found."""
    login = {"authorization": f"Bearer {token}"}
    body = {"targets": list(reports)}
    return team.browser().client.post(f"/api/v1/deployments/{repo}", json=body, headers=login)


def test_targets_are_shown_with_what_git_says_is_to_run(declared: Repo, tmp_path: Path) -> None:
    with studio_of({"team": declared.path}, tmp_path / "index.db") as studio:
        found = targets(studio)
        wanted = {name: (one["selector"], one["version"], one["state"]) for name, one in found.items()}
        assert wanted == {
            "eu": ("churn#prod", "v0.0.2", "not reported"),
            "us": ("churn@latest", "v0.0.3", "not reported"),
            "pinned": ("churn@v0.0.1", "v0.0.1", "not reported"),
            "later": ("churn#canary", None, "not reported"),
        }
        page = studio.page("/deployments")
        assert "gto deploy status --report http://" in page
        assert 'href="/deployments"' in studio.page("/models")
        assert "no version" in page
        declared.git("rm", "--quiet", "deploy.yaml")
        declared.git("commit", "--quiet", "-m", "nothing is deployed")
        studio.sync()
        assert targets(studio) == {}
        assert 'href="/deployments"' not in studio.page("/models")
        assert "No target is declared" in studio.page("/deployments")


def test_what_targets_are_to_run_is_one_query_for_all(declared: Repo, tmp_path: Path) -> None:
    asked: list[str] = []

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    def cost(count: int) -> int:
        texts = ("churn#prod", "churn@latest", "churn@v0.0.1", "churn#none")
        found = [DeclaredTarget(f"t{number}", "compose", parse(texts[number % 4]), None) for number in range(count)]
        asked.clear()
        deploy_targets.write(connection, row_of(connection, "team").id, found, dict)
        return len(asked)

    with studio_of({"team": declared.path}, tmp_path / "index.db") as studio:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            with studio.database.write() as connection:
                assert cost(4) == cost(40)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        found = targets(studio)
        assert [found[f"t{number}"]["version"] for number in range(4)] == ["v0.0.2", "v0.0.3", "v0.0.1", None]


def test_what_is_reported_is_held_against_git_and_follows_its_tags(team: TeamStudio, declared: Repo) -> None:
    ada = team.person("ada", {"marketing": Role.MAINTAINER})
    token = team.token(ada, "write")
    answer = send(team, token, runs("eu", "v0.0.1", detail="2 of 3 replicas"), runs("us", "v0.0.3"))
    assert answer.status_code == 200, answer.text
    assert {one["target"]: (one["state"], one["runs"], one["seen_by"]) for one in answer.json()["items"]} == {
        "eu": ("out of sync", "v0.0.1", "Ada"),
        "us": ("synced", "v0.0.3", "Ada"),
    }
    browser = team.logged_in("bob", Role.VIEWER, "marketing")
    page = browser.get("/deployments").text
    assert page.index(">eu</th>") < page.index(">us</th>")
    assert "2 of 3 replicas" in page
    assert "1 target out of sync" in browser.get("/models").text
    assert browser.json("/models", q="is:out-of-sync")["total"] == 1
    assert "prod says v0.0.2" in browser.get("/m/churn/churn").text
    wrote(declared, "assign", "churn", "--version", "v0.0.1", "--stage", "prod")
    team.sync()
    assert browser.json("/models", q="is:out-of-sync")["total"] == 0
    wrote(declared, "assign", "churn", "--version", "v0.0.3", "--stage", "canary")
    team.sync()
    found = {one["name"]: one for one in browser.json("/deployments")["targets"]}
    assert (found["later"]["version"], found["eu"]["state"]) == ("v0.0.3", "synced")


def test_reports_outlive_the_index_and_name_what_is_not_declared_any_more(team: TeamStudio) -> None:
    token = team.token(team.person("ada", {"marketing": Role.MAINTAINER}), "write")
    old = runs("old", "v0.0.1")
    assert send(team, token, runs("eu", "v0.0.2"), old, {"target": "us", "unreachable": "no route"}).status_code == 200
    browser = team.logged_in("bob", Role.VIEWER, "marketing")
    before = browser.json("/deployments")
    states = {one["name"]: one["state"] for one in before["targets"]}
    assert states["old"] == "undeclared"
    assert states["us"] == "unreachable"
    team.context.worker.database.make_anew()
    team.context.worker.enter()
    team.sync()
    assert browser.json("/deployments") == before
    login = {"authorization": f"Bearer {token}"}
    gone = [team.browser().client.delete(f"/api/v1/deployments/churn/{name}", headers=login) for name in ("old", "old")]
    assert [one.status_code for one in gone] == [204, 404]
    assert "old" not in {one["name"] for one in browser.json("/deployments")["targets"]}


def test_who_may_report_and_who_sees_it(team: TeamStudio) -> None:
    may = team.token(team.person("ada", {"marketing": Role.MAINTAINER}), "write")
    reader = team.token(team.person("bob", {"marketing": Role.MAINTAINER}), "read")
    lower = team.token(team.person("eve", {"marketing": Role.CONTRIBUTOR}), "write")
    report = runs("eu", "v0.0.2")
    answers = [send(team, one, report, repo=repo).status_code for one, repo in
               [(may, "churn"), (reader, "churn"), (lower, "churn"), (may, "hidden"), (may, "none")]]  # fmt: skip
    assert answers == [200, 403, 403, 404, 404]
    for wrong in (runs("", "v1"), runs("a/b", "v1"), runs("eu", "v1\0"), runs("a\nb", "v1")):
        assert send(team, may, wrong).status_code == 400
    told = send(team, may, runs("us", "v0.0.1", detail="\0<b>\x1b[31m")).json()["items"]
    assert [one["detail"] for one in told] == ["\\x00<b>\\x1b[31m"], "PostgreSQL keeps no zero, and a terminal obeys"
    (told,) = send(team, may, runs("pinned", "", ready=False)).json()["items"]
    assert (told["state"], told["runs"]) == ("out of sync", None), "something is there, and does not tell its version"
    assert send(team, may, *(runs(f"t{number}", "v1.0.0") for number in range(501))).status_code == 400
    seen = team.logged_in("una", Role.VIEWER, "lab").json("/deployments")["targets"]
    assert {(one["repo"], one["state"]) for one in seen} == {("hidden", "not reported")}


@pytest.mark.parametrize(
    "text",
    [
        "targets: 3\n",
        "targets:\n- eu\n",
        "targets:\n- {name: eu, kind: compose, selector: churn}\n",
        "targets:\n" + 2 * "- {name: eu, kind: compose, selector: 'churn#prod'}\n",
        "targets: [\n",
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem_of_its_repository(text: str, registry: Repo, tmp_path: Path) -> None:
    registry.commit("deploy", {"deploy.yaml": text})
    with studio_of({"team": registry.path}, tmp_path / "index.db") as studio:
        assert targets(studio) == {}
        assert "deploy.yaml" in studio.page("/r/team")
        assert studio.json("/models")["total"] == 2
