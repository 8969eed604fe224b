from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from tests.studio.conftest import wrote

if TYPE_CHECKING:
    from tests.repo import Repo
    from tests.studio_app import Studio


def test_the_events_are_those_of_history(studio: Studio, registry: Repo) -> None:
    said = json.loads(registry.gto("history", "churn", "--json").stdout)
    assert json.loads(json.dumps(studio.json("/m/team/churn")["events"])) == said


def test_the_facts_of_a_version_are_those_of_describe(studio: Studio, registry: Repo) -> None:
    for version in ("v0.0.1", "v0.0.2", "v0.0.3"):
        chosen = cast("dict[str, object]", studio.json("/m/team/churn", version=version)["chosen"])
        said = json.loads(registry.gto("describe", f"churn@{version}", "--all", "--json").stdout)
        assert chosen["facts"] == said


def test_the_page_shows_the_artifact_as_it_was(studio: Studio, registry: Repo) -> None:
    when = "2022-01-01T00:06:30+00:00"
    said = json.loads(registry.gto("show", "churn", "--at", when, "--json").stdout)
    page = studio.json("/m/team/churn", at=when)
    lines = cast("list[dict[str, object]]", page["versions"])
    assert [one["name"] for one in lines] == [one["version"] for one in said]


def test_metrics_are_compared_with_the_version_in_the_last_stage(studio: Studio) -> None:
    html = studio.page("/m/team/churn")
    assert "which is in prod" in html
    assert '<span class="delta good">+0.0300</span>' in html  # auc of v0.0.3 against v0.0.2
    assert '<span class="delta good">\N{MINUS SIGN}0.0300</span>' in html  # loss: lower is better


def test_production_is_the_baseline_whatever_stage_comes_after_it_and_another_can_be_chosen(
    studio: Studio, registry: Repo
) -> None:
    registry.commit("stages", {".gto": "stages: [dev, prod, shadow]\n"})
    wrote(registry, "assign", "churn", "--version", "v0.0.1", "--stage", "shadow")
    studio.sync()
    chosen = cast("dict[str, object]", studio.json("/m/team/churn")["chosen"])
    assert chosen["baseline"] == "v0.0.2"
    assert studio.json("/m/team/churn/-/compare", v=["v0.0.1", "v0.0.2"])["baseline"] == "v0.0.2"
    html = studio.page("/m/team/churn", baseline="v0.0.1")
    assert "which is in shadow" in html
    assert '<span class="delta good">+0.0500</span>' in html
    assert "v=v0.0.3&amp;v=v0.0.1&amp;baseline=v0.0.1" in html
    assert studio.client.get("/m/team/churn", params={"baseline": "v9.9.9"}).status_code == 404


def test_commits_tags_and_files_lead_to_the_forge_of_the_remote(studio: Studio, registry: Repo) -> None:
    assert "github.com" not in studio.page("/m/team/churn")
    registry.git("remote", "add", "origin", "git@github.com:acme/churn.git")
    studio.sync()
    assert studio.json("/m/team/churn")["web"] == "https://github.com/acme/churn"
    html = studio.page("/m/team/churn")
    commit = registry.git("rev-parse", "churn@v0.0.3^{}").strip()
    for link in (f"commit/{commit}", "releases/tag/churn%40v0.0.3", f"blob/{commit}/models/churn.txt"):
        assert f'href="https://github.com/acme/churn/{link}"' in html
    old = registry.git("rev-parse", "churn@v0.0.2^{}").strip()
    html = studio.page("/m/team/churn/-/compare", v=["v0.0.2", "v0.0.3"])
    assert f'href="https://github.com/acme/churn/compare/{old}...{commit}"' in html


def test_an_artifact_without_a_version_says_how_to_register_it(studio: Studio) -> None:
    assert "gto register features" in studio.page("/m/team/features")


def test_what_is_not_there_is_a_page_too(studio: Studio) -> None:
    answer = studio.client.get("/m/team/chrun")
    assert answer.status_code == 404
    assert "chrun" in answer.text
    assert studio.client.get("/m/teem/churn").status_code == 404
    assert studio.client.get("/m/team/churn", params={"version": "v9.9.9"}).status_code == 404
    assert studio.client.get("/m/team/churn", params={"at": "someday"}).status_code == 400
