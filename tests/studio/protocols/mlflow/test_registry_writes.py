"""What MLflow's clients write: real tags, by the rules of Studio's own pages; all else is refused with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from gto.studio.context import StudioSettings
from gto.studio.team.team_tables import audit
from gto.studio.visitor import Role
from tests.studio.protocols.mlflow.conftest import Asker, asker
from tests.studio_app import OWN, studio_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_app import TeamStudio


@pytest.fixture
def eve(studio: TeamStudio) -> Asker:
    """Who may assign stages."""
    return asker(studio, "eve", Role.MAINTAINER)


def events(repo: Repo) -> set[str]:
    """The names of all tags."""
    return set(repo.git("tag", "--list").splitlines())


def test_an_alias_is_an_assignment_and_its_removal_another_event(eve: Asker, registry: Repo) -> None:
    before = events(registry)
    for _ in range(2):  # a client that asks again has what it wants
        assert eve.ask("POST", "registered-models/alias", name="churn", alias="champion", version="3") == {}
    assert events(registry) - before == {"churn#champion#2"}
    found = eve.ask("GET", "registered-models/alias", name="churn", alias="champion")["model_version"]
    assert (found["version"], found["aliases"]) == ("3", ["champion", "v1.3.0+b.5"])
    for _ in range(2):
        assert eve.ask("DELETE", "registered-models/alias", name="churn", alias="champion") == {}
    assert len(events(registry) - before) == 2
    assert eve.error("GET", "registered-models/alias", name="churn", alias="champion")[0] == 404
    with eve.studio.team.database.engine.connect() as connection:
        noted = connection.execute(select(audit.c.action, audit.c.person, audit.c.subject)).all()
    assert {tuple(one) for one in noted} >= {("assign", "eve", "churn"), ("unassign", "eve", "churn")}


def test_no_alias_is_set_that_would_mean_the_latest_version_to_whoever_asks_for_it(eve: Asker, registry: Repo) -> None:
    before = registry.refs("refs/tags")
    for word in ("latest", "Latest", "main", "HEAD"):
        status, code, message = eve.error("POST", "registered-models/alias", name="churn", alias=word, version="1")
        assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
        assert f"'{word}' is reserved" in message
    assert registry.refs("refs/tags") == before


def test_a_stage_is_assigned_by_any_of_its_names(eve: Asker, registry: Repo) -> None:
    path = "model-versions/transition-stage"
    moved = eve.ask("POST", path, name="churn", version="3", stage="Production", archive_existing_versions=True)
    assert (moved["model_version"]["current_stage"], moved["model_version"]["version"]) == ("prod", "3")
    assert "churn#prod#2" in events(registry)
    gone = eve.ask("POST", path, name="churn", version="3", stage="None")["model_version"]
    assert gone["current_stage"] == "None"
    assert eve.ask("POST", path, name="churn", version="v1.0.0", stage="QA")["model_version"]["current_stage"] == "QA"


def test_a_version_is_registered_at_the_commit_that_the_source_names(eve: Asker, registry: Repo) -> None:
    head, path = registry.git("rev-parse", "HEAD"), "model-versions/create"
    chosen = [{"key": "gto.version", "value": "v2.0.0"}]
    given = {"name": "single", "source": f"git@{head}", "tags": chosen, "description": "Better", "run_id": "abc1"}
    made = eve.ask("POST", path, **given)["model_version"]
    assert (made["version"], made["status"], made["run_id"]) == ("2", "READY", "abc1")
    assert made["description"] == "Better\n\nMLflow-Run: abc1\nVia: Studio"
    assert registry.git("rev-parse", "single@v2.0.0^{commit}") == head
    assert eve.ask("POST", path, **given)["model_version"]["version"] == "2"
    again = eve.error("POST", path, name="single", source="git@HEAD")
    assert again[:2] == (400, "RESOURCE_ALREADY_EXISTS")
    other = eve.error(
        "POST",
        path,
        name="single",
        source=f"git@{head}",
        tags=[{"key": "gto.version", "value": "v1.0.0"}],
    )
    assert other[:2] == (400, "RESOURCE_ALREADY_EXISTS")
    assert eve.ask("POST", path, name="planned", source=f"git@{head}")["model_version"]["version"] == "1"
    assert "planned@v0.0.1" in events(registry)


@pytest.mark.parametrize(
    "source",
    [
        "/models/1",
        "models:/churn/2",
        "runs:/1/model",
        "s3://bucket/a@b",
        "file:///a@b",
        "./a@b",
        "git@",
        "@HEAD",
        "git@-x",
    ],
)
def test_what_is_no_commit_is_refused_and_tags_nothing(eve: Asker, registry: Repo, source: str) -> None:
    before = events(registry)
    status, code, message = eve.error("POST", "model-versions/create", name="single", source=source)
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert "git@COMMIT" in message
    assert events(registry) == before


def test_a_model_begins_with_its_annotation(eve: Asker) -> None:
    path = "registered-models/create"
    assert eve.ask("POST", path, name="planned")["registered_model"]["name"] == "planned"
    assert eve.error("POST", path, name="churn")[:2] == (400, "RESOURCE_ALREADY_EXISTS")
    status, code, message = eve.error("POST", path, name="new")
    assert (status, code, "artifacts.yaml" in message) == (400, "INVALID_PARAMETER_VALUE", True)
    assert eve.error("POST", path, name="planned", description="x")[0] == 400


def test_what_git_keeps_is_refused_with_what_to_do(eve: Asker) -> None:
    for method, path in {
        "POST": "registered-models/set-tag", "DELETE": "model-versions/delete", "PATCH": "registered-models/update"
    }.items():  # fmt: skip
        status, code, message = eve.error(method, path, name="churn", version="1")
        assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
        assert "Git" in message


def test_who_has_a_lower_role_writes_nothing_at_any_address(studio: TeamStudio, registry: Repo) -> None:
    before = events(registry)
    studio.person("max", {"lab": Role.CONTRIBUTOR, "vault": Role.MAINTAINER})
    for prefix in ("/mlflow/team", ""):
        ada = asker(studio, f"ada{len(prefix)}", Role.VIEWER, prefix=prefix)
        ken = asker(studio, f"ken{len(prefix)}", Role.CONTRIBUTOR, prefix=prefix)
        made = {"name": "single", "source": "git@HEAD"}
        assert ada.error("POST", "model-versions/create", **made)[:2] == (403, "PERMISSION_DENIED")
        for one in (ada, ken):
            assigned = one.error("POST", "registered-models/alias", name="churn", alias="a", version="1")
            assert assigned[:2] == (403, "PERMISSION_DENIED")
    both = studio.person("lea", {"lab": Role.CONTRIBUTOR, "vault": Role.MAINTAINER})
    lea = Asker(studio, studio.token(both, "write"), "/mlflow/team")
    assert lea.error("POST", "registered-models/alias", name="churn", alias="a", version="1")[0] == 403
    reading = Asker(studio, studio.token(both, "read"), "/mlflow/team")
    assert reading.error("POST", "model-versions/create", name="single", source="git@HEAD")[0] == 403
    assert events(registry) == before


def test_at_the_root_the_role_in_the_model_s_own_repository_counts(studio: TeamStudio) -> None:
    both = studio.person("lea", {"lab": Role.VIEWER, "vault": Role.MAINTAINER})
    lea = Asker(studio, studio.token(both, "write"), "/mlflow/team")
    assert lea.error("POST", "registered-models/alias", name="churn", alias="a", version="1")[0] == 403
    assert (
        Asker(studio, lea.token, "").error("POST", "registered-models/alias", name="churn", alias="a", version="1")[0]
        == 404
    )


def test_a_repository_that_studio_does_not_write_to_tells_the_command(studio: TeamStudio) -> None:
    eve = asker(studio, "eve", Role.MAINTAINER, "vault", "/mlflow/secret")
    status, code, message = eve.error("POST", "registered-models/alias", name="churn", alias="new", version="3")
    assert (status, code) == (403, "PERMISSION_DENIED")
    assert "gto assign" in message
    assert "--version v1.3.0+b.5 --stage new" in message


def test_a_key_has_a_request_done_once(eve: Asker, registry: Repo) -> None:
    head = registry.git("rev-parse", "HEAD")
    client, path = eve.studio.browser().client, "/mlflow/team/api/2.0/mlflow/model-versions/create"
    headers = {"authorization": f"Bearer {eve.token}", "idempotency-key": "one"}
    body = {"name": "single", "source": f"git@{head}"}
    first, second = (client.post(path, json=body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 200, second.text
    assert first.json() == second.json()


def test_a_studio_of_one_person_writes_as_its_owner_unless_it_only_reads(registry: Repo, tmp_path: Path) -> None:
    path = "/api/2.0/mlflow/registered-models/alias"
    body = {"name": "single", "alias": "mine", "version": "1"}
    with studio_of({"team": registry.path}, tmp_path / "own.db") as own:
        assert own.client.post(path, json=body, headers=OWN).status_code == 200
        assert own.client.post(path, json=body, headers={"origin": "http://evil.example"}).status_code == 403
    assert "single#mine#1" in events(registry)
    with studio_of({"team": registry.path}, tmp_path / "ro.db", StudioSettings(read_only=True)) as own:
        assert own.client.post(path, json={**body, "alias": "two"}, headers=OWN).status_code == 403
