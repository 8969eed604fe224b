"""What MLflow's clients read: artifacts and versions by every word for them, in answers of MLflow's form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, event

from gto.studio.protocols.mlflow.served_models import ModelMemory
from gto.studio.visitor import Role
from tests.studio.conftest import wrote
from tests.studio.protocols.mlflow.conftest import Asker, asker
from tests.studio_app import studio_of
from tests.team_app import team_studio

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_app import TeamStudio


@pytest.fixture
def ada(studio: TeamStudio) -> Asker:
    """Who sees one repository."""
    return asker(studio, "ada", Role.VIEWER)


def tags(body: dict[str, Any]) -> dict[str, str]:
    """The tags of an answer."""
    return {one["key"]: one["value"] for one in body["tags"]}


def test_a_model_tells_its_latest_version_and_its_stages(ada: Asker, registry: Repo) -> None:
    model = ada.ask("GET", "registered-models/get", name="churn")["registered_model"]
    (latest,) = model.pop("latest_versions")
    assert (model["description"], model["aliases"]) == ("Who leaves", [{"alias": "prod", "version": "2"}])
    assert tags(model) == {"gto.repo": "team", "gto.type": "model", "tabular": ""}
    assert (latest["version"], latest["status"], latest["current_stage"]) == ("3", "READY", "None")
    assert latest["aliases"] == ["v1.3.0+b.5"]
    told = tags(latest)
    assert told["gto.commit"] == registry.git("rev-parse", "churn@v1.3.0+b.5^{commit}")
    assert latest["source"] == f"git@{told['gto.commit']}"
    assert (told["gto.version"], told["gto.signed"], told["gto.repo"]) == ("v1.3.0+b.5", "false", "team")
    assert isinstance(latest["creation_timestamp"], int)
    assert latest["creation_timestamp"] > 10**12


def test_a_version_is_found_by_its_number_and_by_every_word_for_it(ada: Asker) -> None:
    def number(path: str, **given: object) -> str:
        found = ada.ask("GET", path, name="churn", **given)["model_version"]["version"]
        return str(found)

    assert number("model-versions/get", version="2") == "2"
    assert (
        ada.ask("GET", "model-versions/get", name="churn", version="1")["model_version"]["description"] == "The first"
    )
    for alias in ("prod", "PROD", "Production", "v1.2.0", "1.2.0", "churn@v1.2.0", "churn#prod"):
        assert number("registered-models/alias", alias=alias) == "2", alias
    for name in ("services~eu=churn", "services/eu:churn", "services%2Feu%3Achurn"):
        told = ada.ask("GET", "registered-models/alias", name=name, alias="prod")["model_version"]
        assert (told["name"], told["version"], told["current_stage"]) == ("services~eu=churn", "1", "prod")


def test_an_alias_that_was_asked_for_before_is_one_query(ada: Asker) -> None:
    asked: list[str] = []

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    words = {"name": "churn", "alias": "prod"}
    before = ada.ask("GET", "registered-models/alias", **words)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert ada.ask("GET", "registered-models/alias", **words) == before
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len([query for query in asked if "artifact" in query]) == 1


def test_the_latest_versions_are_one_for_each_stage_that_shows_one(ada: Asker) -> None:
    def numbers(*stages: str) -> list[str]:
        path = "registered-models/get-latest-versions"
        found = ada.ask("POST", path, name="churn", **({"stages": list(stages)} if stages else {}))["model_versions"]
        return [one["version"] for one in found]

    assert numbers() == numbers("latest") == ["3"]
    assert numbers("prod", "Production", "none", "v1.0.0") == ["2", "1"]
    assert numbers("none") == []


def test_what_is_not_there_is_said_in_mlflow_s_words(ada: Asker) -> None:
    missing = ("RESOURCE_DOES_NOT_EXIST",)
    for path, given in {
        "registered-models/get": {"name": "none"},
        "registered-models/alias": {"name": "churn", "alias": "none"},
        "model-versions/get": {"name": "churn", "version": "9"},
        "model-versions/get-download-uri": {"name": "churn", "version": "9" * 30},
    }.items():
        status, code, _ = ada.error("GET", path, **given)
        assert (status, code) == (404, *missing), path
    assert ada.error("GET", "registered-models/get")[:2] == (400, "INVALID_PARAMETER_VALUE")
    assert ada.error("GET", "runs/get", run_id="1")[:2] == (404, "ENDPOINT_NOT_FOUND")
    assert "MLFLOW_REGISTRY_URI" in ada.error("POST", "runs/create")[2]
    assert Asker(ada.studio, "").error("GET", "registered-models/get", name="churn")[:2] == (401, "UNAUTHENTICATED")
    hidden = Asker(ada.studio, ada.token, "/mlflow/secret").error("GET", "registered-models/get", name="churn")
    assert hidden[:2] == (404, *missing)


def test_at_the_root_are_the_models_of_all_repositories_that_one_sees(studio: TeamStudio) -> None:
    ada, eve = asker(studio, "ada", Role.VIEWER, prefix=""), asker(studio, "eve", Role.VIEWER, "*", "")
    assert ada.ask("GET", "registered-models/get", name="churn")["registered_model"]["name"] == "churn"
    status, code, message = eve.error("GET", "registered-models/get", name="churn")
    assert (status, code) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert "'churn' of 'team'" in message
    assert "mlflow/REPOSITORY" in message
    names = [one["name"] for one in eve.ask("GET", "registered-models/search")["registered_models"]]
    assert names == [
        "churn",
        "churn",
        "planned",
        "planned",
        "services~eu=churn",
        "services~eu=churn",
        "single",
        "single",
    ]


def test_a_deregistered_version_keeps_its_number_and_a_deprecated_model_leaves_the_search(
    ada: Asker, registry: Repo
) -> None:
    assert ada.ask("GET", "model-versions/get", name="churn", version="2")
    wrote(registry, "deprecate", "churn", "v1.2.0")
    registry.commit("late", {"late": ""})
    wrote(registry, "register", "churn", "--version", "v0.5.0")
    wrote(registry, "deprecate", "single")
    ada.studio.sync()
    status, _, message = ada.error("GET", "model-versions/get", name="churn", version="2")
    assert (status, "deregistered" in message) == (404, True)
    found = ada.ask("GET", "model-versions/search", filter="name='churn'")["model_versions"]
    assert {one["version"]: tags(one)["gto.version"] for one in found} == {
        "1": "v1.0.0", "3": "v1.3.0+b.5", "4": "v0.5.0"
    }  # fmt: skip
    names = [one["name"] for one in ada.ask("GET", "registered-models/search")["registered_models"]]
    assert names == ["churn", "planned", "services~eu=churn"]
    kept = ada.ask("GET", "registered-models/get", name="single")["registered_model"]
    assert (kept["latest_versions"], kept["aliases"]) == ([], [])
    assert ada.ask("GET", "model-versions/get", name="single", version="1")["model_version"]["aliases"] == ["v1.0.0"]


def test_numbers_are_the_same_after_the_index_was_deleted_and_an_older_tag_came_late(
    ada: Asker, registry: Repo
) -> None:
    def numbers() -> dict[str, str]:
        found = ada.ask("GET", "model-versions/search", filter="name='churn'")["model_versions"]
        return {tags(one)["gto.version"]: one["version"] for one in found}

    before = numbers()
    assert before == {"v1.0.0": "1", "v1.2.0": "2", "v1.3.0+b.5": "3"}
    registry.git("tag", "-a", "-m", "late", "churn@v1.1.0", "HEAD", GIT_COMMITTER_DATE="2001-01-01T00:00:00Z")
    ada.studio.team.database.make_anew()
    ada.studio.context.worker.enter()
    ada.studio.sync()
    ada.studio.app.state.mlflow_models = ModelMemory()
    assert numbers() == {**before, "v1.1.0": "4"}
    assert ada.ask("GET", "registered-models/alias", name="churn", alias="v1.2.0")["model_version"]["version"] == "2"


def test_server_info_says_that_there_is_nothing_beside_the_registry(ada: Asker) -> None:
    login = {"authorization": f"Bearer {ada.token}"}
    for prefix in ("", "/mlflow/team"):
        told = ada.studio.browser().client.get(f"{prefix}/api/3.0/mlflow/server-info", headers=login).json()
        assert told["workspaces_enabled"] is told["multipart_downloads_enabled"] is False


def test_who_is_nobody_reads_what_is_public_and_a_studio_of_one_person_serves_its_owner(
    registry: Repo, tmp_path: Path
) -> None:
    with team_studio({"team": (registry.path, ["open"])}, tmp_path / "p.db", public=("open",)) as public:
        nobody = Asker(public, "")
        path = "registered-models/get-latest-versions"
        assert nobody.ask("POST", path, name="churn", stages=["prod"])["model_versions"][0]["version"] == "2"
        uri = nobody.ask("GET", "model-versions/get-download-uri", name="churn", version="2")["artifact_uri"]
        head, _, tail = uri.partition("/mlflow-artifacts/artifacts/")
        listed = public.browser().client.get(f"{head}/mlflow-artifacts/artifacts", params={"path": tail}).json()
        assert [one["path"] for one in listed["files"]] == ["MLmodel", "code", "data"]
    with studio_of({"team": registry.path}, tmp_path / "own.db") as own:
        found = own.client.get("/mlflow/team/api/2.0/mlflow/model-versions/get-download-uri?name=churn&version=2")
        uri = found.json()["artifact_uri"]
        own.client.cookies.clear()
        foreign = {"authorization": "Bearer another-server-s"}
        assert '"factor": 2' in own.client.get(f"{uri}/data/weights.json", headers=foreign).text
        wrong = own.client.get(uri.replace("/team/", "/tean/") + "/MLmodel")
        assert (wrong.status_code, wrong.json()["error_code"]) == (403, "PERMISSION_DENIED")
