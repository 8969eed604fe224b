"""A team's Studio as a registry of MLflow, and a client without MLflow's own code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from gto.studio.team.write_settings import RepositorySettings, keep_settings
from gto.studio.write_access import WriteMode
from tests.conftest import copied
from tests.studio.protocols.mlflow.mlflow_clients import make_registry
from tests.team_app import TeamStudio, team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from gto.studio.visitor import Role
    from tests.repo import Repo


class Asker(NamedTuple):
    """A client with a token."""

    studio: TeamStudio
    token: str
    prefix: str = "/mlflow/team"

    def send(self, method: str, path: str, /, **given: object) -> Response:
        """The answer to a request as MLflow's clients send it."""
        client = self.studio.browser().client
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        address = f"{self.prefix}/api/2.0/mlflow/{path}"
        if method == "GET":
            return client.get(address, params=given, headers=headers)  # type: ignore[arg-type]  # texts
        return client.request(method, address, json=given, headers=headers)

    def ask(self, method: str, path: str, /, **given: object) -> dict[str, Any]:
        """What a request is answered with, which is no error."""
        answer = self.send(method, path, **given)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def error(self, method: str, path: str, /, **given: object) -> tuple[int, str, str]:
        """The status, the code and the message of an error."""
        answer = self.send(method, path, **given)
        told = answer.json()
        assert set(told) == {"error_code", "message"}, told
        return answer.status_code, told["error_code"], told["message"]


def asker(studio: TeamStudio, name: str, role: Role, group: str = "lab", prefix: str = "/mlflow/team") -> Asker:
    """The client of a new person."""
    return Asker(studio, studio.token(studio.person(name, {group: role}), "write"), prefix)


@pytest.fixture
def registry(repo: Repo, templates: dict[str, Repo], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Versions of models that every client can load."""
    if "mlflow" not in templates:
        templates["mlflow"] = make_registry(copied(repo, tmp_path_factory.mktemp("template")))
    made = copied(templates["mlflow"], tmp_path / "models")
    made.git("update-index", "--refresh")
    return made


@pytest.fixture
def studio(registry: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    """A Studio that writes to one of two repositories, which hold the same."""
    places = {"team": (registry.path, ["lab"]), "secret": (registry.path, ["vault"])}
    with team_studio(places, tmp_path / "team.db") as running:
        let_write(running, "team")
        yield running


def let_write(studio: TeamStudio, repo: str) -> None:
    """Have a Studio write to a repository as its server may."""
    place = next(one for one in studio.context.worker.places if one.name == repo)
    with studio.team.database.record() as connection:
        keep_settings(connection, place, RepositorySettings(WriteMode.SERVER))
