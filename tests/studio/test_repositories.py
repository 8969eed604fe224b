from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any, cast

import pytest

from gto.studio.context import StudioSettings
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio


@pytest.fixture
def catalogue(registry: Repo, tmp_path: Path) -> Path:
    """A catalogue of one repository."""
    path = tmp_path / "repos.yaml"
    path.write_text(f"repos:\n- path: {registry.path}\n  name: team\n", encoding="utf-8")
    return path


@pytest.fixture
def listed(registry: Repo, catalogue: Path, tmp_path: Path) -> Iterator[Studio]:
    """A Studio on that catalogue."""
    with studio_of({"team": registry.path}, tmp_path / "index.db", catalogue=str(catalogue)) as running:
        yield running


def names(studio: Studio) -> list[str]:
    """The repositories of the page."""
    return [str(one["name"]) for one in cast("list[dict[str, Any]]", studio.json("/repos")["repositories"])]


def test_the_page_of_a_repository_says_what_the_doctor_says(registry: Repo, studio: Studio) -> None:
    registry.tag("churn#prod#99", "HEAD", annotated=False)
    registry.commit("broken", {"services/dvc.yaml": "artifacts: 5\n", "dvc.yaml": "artifacts: {churn: {labels: 3}}\n"})
    studio.sync()
    told = json.loads(registry.gto("doctor", "--json").stdout)
    page = studio.json("/r/team")
    assert page["findings"] == told["problems"]
    assert (page["config"], page["notes"]) == (told["config"], told["notes"])
    assert [one["name"] for one in cast("list[dict[str, Any]]", page["branches"])] == [
        registry.git("symbolic-ref", "--short", "HEAD")
    ]
    html = studio.page("/r/team")
    assert "churn#prod#99" in html
    assert "services/dvc.yaml" in html


def test_what_is_wrong_with_an_artifact_shows_there_and_costs_no_other_its_row(registry: Repo, studio: Studio) -> None:
    registry.tag("churn#prod#99", "HEAD", annotated=False)
    branch = registry.git("symbolic-ref", "--short", "HEAD")
    registry.git("checkout", "--quiet", "--orphan", "aside")
    registry.commit("aside")
    registry.gto("register", "churn", "--version", "v9.0.0")
    registry.git("checkout", "--quiet", "--force", branch)
    registry.git("branch", "--quiet", "-D", "aside")
    studio.sync()
    told = json.loads(registry.gto("doctor", "--json").stdout)["problems"]
    ours = {(one["code"], one["subject"]) for one in told if one["artifact"] == "churn"}
    page = studio.json("/m/team/churn")
    shown = {(one["code"], one["subject"]) for one in cast("list[dict[str, Any]]", page["problems"])}
    assert ours <= shown
    rows = cast("list[dict[str, Any]]", studio.json("/models")["artifacts"])
    assert {one["artifact"] for one in rows} == {"churn", "features"}
    assert {one["artifact"]: one["problems"] > 0 for one in rows} == {"churn": True, "features": False}


def test_a_repository_is_added_and_removed_as_the_command_does(
    listed: Studio, catalogue: Path, repo: Repo, tmp_path: Path
) -> None:
    other = tmp_path / "fraud"
    repo.git("clone", "--quiet", "--no-local", str(repo.path), str(other))
    assert listed.form("/repos/add", where=str(other), groups="risk, eu").status_code == 303
    assert names(listed) == ["team", "fraud"]
    text = catalogue.read_text(encoding="utf-8")
    assert "groups:" in text
    assert "risk" in text
    told = json.loads(repo.gto("repos", "list", "--catalog", str(catalogue), "--json").stdout)
    assert [one["name"] for one in told["repos"]] == names(listed)
    listed.sync()
    assert listed.json("/models", repo="fraud")["total"] == 2  # features, and churn
    again = listed.form("/repos/add", where=str(other))
    assert again.status_code == 400
    assert f'value="{other}"' in again.text
    assert catalogue.read_text(encoding="utf-8") == text
    assert listed.form("/repos/remove", repo="fraud").status_code == 303
    assert names(listed) == ["team"]
    assert listed.client.get("/r/fraud").status_code == 404
    assert other.is_dir()


def test_repositories_that_were_named_are_no_catalogue(studio: Studio, tmp_path: Path) -> None:
    refused = studio.form("/repos/add", where=str(tmp_path))
    assert refused.status_code == 400
    assert "not on a catalogue" in refused.text
    assert "/repos/add" not in studio.page("/repos")
    assert "/repos/remove" not in studio.page("/r/team")


def test_a_studio_that_only_reads_changes_no_catalogue(registry: Repo, catalogue: Path, tmp_path: Path) -> None:
    before = catalogue.read_text(encoding="utf-8")
    settings = StudioSettings(read_only=True)
    with studio_of({"team": registry.path}, tmp_path / "index.db", settings, catalogue=str(catalogue)) as studio:
        assert studio.form("/repos/remove", repo="team").status_code == 403
        assert studio.form("/repos/add", where=str(registry.path)).status_code == 403
        assert "/repos/add" not in studio.page("/repos")
    assert catalogue.read_text(encoding="utf-8") == before


def test_what_the_facts_of_a_version_lack_shows_at_that_version(registry: Repo, studio: Studio) -> None:
    registry.commit("broken", {"metrics.json": '{"auc": '})
    registry.gto("register", "churn")
    studio.sync()
    told = json.loads(registry.gto("describe", "churn@v0.0.4", "--all", "--json").stdout)["problems"]
    assert told
    page = studio.json("/m/team/churn")
    shown = cast("list[dict[str, Any]]", page["problems"])
    assert all(one in shown for one in told)
    assert page["problems"] != studio.json("/m/team/churn", version="v0.0.3")["problems"]
    rows = cast("list[dict[str, Any]]", studio.json("/models", q="churn")["artifacts"])
    assert rows[0]["problems"] == len(told)


def test_a_repository_that_cannot_be_read_is_told_once_on_every_page(registry: Repo, studio: Studio) -> None:
    registry.path.rename(registry.path.with_name("away"))
    studio.sync()
    assert 'Repositories<span class="count hot">1<' in studio.page("/models")
    assert "team cannot be read: No Git repo" in studio.page("/m/team/churn")
    assert "gto repos remove team" in studio.page("/r/team")


WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"branch": "a..b"}, "branch", "Invalid branch name 'a..b'. git's rules: "),
    ({"branch": "HEAD"}, "branch", "Invalid branch name 'HEAD'"),
    ({"name": "a/b"}, "name", "Invalid name of a repository 'a/b'"),
    ({"name": "team"}, "name", "The name 'team' is taken"),
    ({"groups": "eu !"}, "groups", "Invalid name of a group '!'"),
    ({"where": "nowhere"}, "where", "No Git repo found in "),
    ({"where": "https://x:secret@example.com/a.git"}, "where", "carries a secret"),
]


def test_what_is_wrong_with_a_field_is_said_beside_it(listed: Studio, catalogue: Path) -> None:
    before = catalogue.read_text(encoding="utf-8")
    for given, field, said in WRONG:
        asked = {"where": "https://example.com/fraud.git", **given}
        page = listed.form("/repos/add", **asked)
        assert page.status_code == 400
        beside = page.text.partition(f'id="{field}-error">')[2].partition("</div>")[0]
        assert said in html.unescape(re.sub("<[^>]*>", "", beside))
        assert (page.text.count("aria-invalid"), 'role="alert"' in page.text) == (1, False)
        for key, value in asked.items():
            assert f'name="{key}" value="{html.escape(value)}"' in page.text
    assert catalogue.read_text(encoding="utf-8") == before
