"""A team's Studio as a Hub, over versions in Git and in a store of DVC's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from gto.studio.visitor import Role

if TYPE_CHECKING:
    from httpx2 import Response

    from tests.team_app import TeamStudio


class HubClient(NamedTuple):
    """A client of the Hub, with a token or without."""

    studio: TeamStudio
    token: str = ""

    def ask(self, method: str, path: str, json: object = None, **headers: str) -> Response:
        """What is answered to a method."""
        known = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return self.studio.browser().client.request(method, path, json=json, headers={**known, **headers})

    def get(self, path: str, **headers: str) -> Response:
        """What is answered below `/hf/`."""
        return self.ask("GET", f"/hf/{path}", **headers)

    def json(self, path: str) -> Any:  # noqa: ANN401  JSON
        """What is answered, as JSON."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def error(self, path: str, method: str = "GET", json: object = None) -> tuple[int, str]:
        """The status and the code of an error."""
        answer = self.ask(method, f"/hf/{path}", json)
        assert answer.headers["x-error-message"]
        return answer.status_code, answer.headers.get("x-error-code", "")


def client(studio: TeamStudio, name: str, group: str, role: Role = Role.VIEWER, *scopes: str) -> HubClient:
    """The client of a new person who has a role in one group."""
    person = studio.person(name, {group: role})
    return HubClient(studio, studio.token(person, *(scopes or ("read",))))


@pytest.fixture
def hub(two_groups: TeamStudio) -> TeamStudio:
    """A Studio whose group `open` everybody sees."""
    return two_groups
