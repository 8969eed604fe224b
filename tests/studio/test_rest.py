from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.repo import Repo
    from tests.studio_app import Studio


def asked(studio: Studio, path: str, **query: str | int | list[str]) -> Any:  # noqa: ANN401  whatever JSON holds
    """The answer of the API."""
    answer = studio.client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def paged(studio: Studio, path: str, **query: str | int) -> list[Any]:
    """All items, fetched one by one."""
    found: list[Any] = []
    cursor = ""
    for _ in range(100):
        page = asked(studio, path, limit=1, cursor=cursor, **query)
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found
    raise AssertionError("the pages have no end")


def test_artifacts_are_those_of_show(studio: Studio, registry: Repo) -> None:
    said = json.loads(registry.gto("show", "--json").stdout)
    items = asked(studio, "artifacts")["items"]
    stages = {one["name"]: {stage: cell["version"] for stage, cell in one["stages"].items()} for one in items}
    assert {one["name"]: one["latest"] for one in items} == {name: row["version"] for name, row in said.items()}
    assert stages == {name: {s: v for s, v in row["stage"].items() if v} for name, row in said.items()}
    assert asked(studio, "artifacts/team/churn") == next(one for one in items if one["name"] == "churn")


def test_versions_are_those_of_show(studio: Studio, registry: Repo) -> None:
    said = json.loads(registry.gto("show", "churn", "--json").stdout)
    items = asked(studio, "artifacts/team/churn/versions")["items"]
    assert [(one["name"], one["commit"]) for one in items] == [(one["version"], one["commit_hexsha"]) for one in said]
    assert items[0]["metrics"] == {"auc": 0.91, "loss": 0.09}


def test_events_are_those_of_history(studio: Studio, registry: Repo) -> None:
    said = json.loads(registry.gto("history", "--json").stdout)
    assert [one["ref"] for one in asked(studio, "events")["items"]] == [one["ref"] for one in said]


@pytest.mark.parametrize("path", ["artifacts", "artifacts/team/churn/versions", "events"])
def test_pages_by_cursor_hold_everything_once(studio: Studio, path: str) -> None:
    assert paged(studio, path) == asked(studio, path, limit=200)["items"]


def test_what_is_new_between_two_pages_moves_none_to_the_next(studio: Studio, registry: Repo) -> None:
    first = asked(studio, "events", limit=2)
    assert registry.gto("assign", "churn", "--version", "v0.0.3", "--stage", "staging").code == 0
    studio.sync()
    second = asked(studio, "events", limit=2, cursor=first["next"])
    assert not {one["ref"] for one in first["items"]} & {one["ref"] for one in second["items"]}


@pytest.mark.parametrize("selector", ["churn@v0.0.2", "churn@latest", "churn%23prod", "churn%23dev"])
def test_a_selector_leads_where_the_command_line_leads(studio: Studio, registry: Repo, selector: str) -> None:
    word = selector.replace("%23", "#")
    said = json.loads(registry.gto("describe", word, "--all", "--json").stdout)
    found = asked(studio, f"resolve/team/{selector}")
    assert (found["version"], found["commit"]) == (said["version"], said["commit"]["hexsha"])


def test_the_facts_are_those_of_describe(studio: Studio, registry: Repo) -> None:
    said = json.loads(registry.gto("describe", "churn@v0.0.1", "--all", "--json").stdout)
    assert asked(studio, "artifacts/team/churn/facts", version="v0.0.1") == said


def test_versions_are_compared_value_by_value(studio: Studio) -> None:
    found = asked(studio, "compare/team/churn", v=["v0.0.3", "v0.0.1"])
    assert found["metrics"][0] == {"file": "metrics.json", "key": "auc", "values": [0.91, 0.86]}
    assert found["params"] == [{"file": "params.yaml", "key": "trees", "values": [300, 100]}]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("artifacts/team/nothing", 404),
        ("artifacts/nowhere/churn", 404),
        ("resolve/team/churn", 400),
        ("resolve/team/churn@v9.9.9", 404),
        ("resolve/team/churn%23nowhere", 404),
        ("artifacts?q=labl:x", 400),
        ("artifacts?limit=0", 400),
        ("artifacts?limit=x", 400),
        ("artifacts?cursor=x", 400),
        ("events?cursor=WzFd", 400),
        ("events?event=party", 400),
        ("nothing", 404),
    ],
)
def test_what_is_wrong_is_a_problem_with_a_hint(studio: Studio, path: str, status: int) -> None:
    answer = studio.client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["detail"]


def test_the_api_is_described_on_a_page(studio: Studio) -> None:
    page = studio.page("/api")
    document = studio.client.get("/api/openapi.json").json()
    assert document["paths"]
    assert all(path in page for path in document["paths"])
