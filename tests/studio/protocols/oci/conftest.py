"""A team's Studio as a registry of OCI, over versions in Git and in a store of DVC's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from gto.studio.visitor import Role

if TYPE_CHECKING:
    from httpx2 import Response

    from tests.team_app import TeamStudio


class Puller(NamedTuple):
    """A client of a container registry, with a token or as anybody."""

    studio: TeamStudio
    token: str = "anonymous"  # noqa: S105  it keeps nothing secret

    def get(self, path: str, **headers: str) -> Response:
        """What the registry answers below `/v2/`."""
        return self.ask("GET", path, **headers)

    def ask(self, method: str, path: str, **headers: str) -> Response:
        """What the registry answers to a method."""
        client = self.studio.browser().client
        return client.request(method, f"/v2/{path}", headers={"authorization": f"Bearer {self.token}", **headers})

    def error(self, path: str, method: str = "GET") -> tuple[int, str, str]:
        """The status, the code and the message of an error."""
        answer = self.ask(method, path)
        (told,) = answer.json()["errors"]
        return answer.status_code, told["code"], told["message"]

    def manifest(self, name: str, reference: str) -> dict[str, Any]:
        """A manifest."""
        answer = self.get(f"{name}/manifests/{reference}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def puller(studio: TeamStudio, name: str, group: str, *scopes: str) -> Puller:
    """The client of a new person who sees one group."""
    person = studio.person(name, {group: Role.VIEWER})
    return Puller(studio, studio.token(person, *(scopes or ("read",))))


@pytest.fixture
def registry(two_groups: TeamStudio) -> TeamStudio:
    """A Studio whose group `open` everybody sees."""
    return two_groups
