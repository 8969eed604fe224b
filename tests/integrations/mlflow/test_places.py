"""Addresses of registries, and what words mean there; no MLflow is needed for that."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from gto.exceptions import ArtifactNotFound, EmptyStage, NoRepo, UsageError, VersionNotFound
from gto.version import __version__
from mlflow_gto.models import GitModels, choose, find_version
from mlflow_gto.places import Place, parse_place
from scripts import pages
from tests.studio.conftest import wrote

if TYPE_CHECKING:
    from tests.repo import Repo


def test_an_address_names_a_repository_and_what_is_below_it() -> None:
    assert parse_place("gto:///srv/my%20models") == Place("gto:///srv/my%20models", "/srv/my models")
    assert parse_place("gto:///srv/models/?push=true") == Place("gto:///srv/models", "/srv/models", push=True)
    assert parse_place("gto+ssh://git@host/models.git/-/a~b/v1.0.0%2B1/x") == Place(
        "gto+ssh://git@host/models.git", "ssh://git@host/models.git", "a~b/v1.0.0+1/x"
    )
    assert parse_place("gto+https://host/models.git").name == "models"
    place = parse_place("gto:///srv/models")
    assert parse_place(place.address_of("a=b/v1.0.0+b.5/größe #1")).below == "a=b/v1.0.0+b.5/größe #1"


@pytest.mark.parametrize("uri", ["gto://host/models", "gto://", "file:///srv", "gto:///srv?pull=1", "gto+ftp://h/m"])
def test_another_address_is_refused_with_one_that_works(uri: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_place(uri)
    assert refused.value.hint


def test_words_mean_versions_that_count(repo: Repo) -> None:
    repo.commit("1", {"artifacts.yaml": "churn: {path: README.md}\nplanned: {path: later.bin}\n"})
    wrote(repo, "register", "churn", "--version", "v1.0.0")
    repo.commit("2", {"README.md": "2"})
    wrote(repo, "assign", "churn", "HEAD", "--stage", "dev", "--skip-registration")
    models = GitModels(parse_place(f"gto://{repo.path}"))
    assert [one.name for one in models.find_all()] == ["churn", "planned"]
    churn = models.find("churn")
    assert {choose(churn, word).name for word in ("", "latest", "main", "1.0.0", "churn@v1.0.0")} == {"v1.0.0"}
    assert find_version(churn, "1").name == "v1.0.0"
    for word, error in {"dev": VersionNotFound, "prod": EmptyStage, "v3.0.0": VersionNotFound}.items():
        with pytest.raises(error):
            choose(churn, word)
    with pytest.raises(VersionNotFound):
        find_version(churn, "9" * 30)
    with pytest.raises(VersionNotFound):
        choose(models.find("planned"), "latest")
    for name in ("nothing", "no name!"):
        with pytest.raises(ArtifactNotFound):
            models.find(name)
    wrote(repo, "deprecate", "churn")
    assert [one.name for one in models.find_all()] == ["planned"]
    assert find_version(models.find("churn"), "1").name == "v1.0.0"
    with pytest.raises(NoRepo):
        GitModels(parse_place(f"gto://{repo.path}/nowhere")).find("churn")


def test_the_plugin_takes_this_gto() -> None:
    project = tomllib.loads((pages.ROOT / "integrations/mlflow/pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = next(one for one in map(Requirement, project["dependencies"]) if one.name == "gto")
    assert ours.specifier.contains(__version__)
    for scheme in project["entry-points"]["mlflow.model_registry_store"]:
        assert scheme in project["entry-points"]["mlflow.artifact_repository"]
