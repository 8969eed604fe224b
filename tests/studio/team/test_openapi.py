"""Every operation of the OpenAPI document, with what fits it and what does not: it answers as the document says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gto.studio.visitor import EVERY, Role
from tests.team_app import HOST, URL, team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemathesis import Case

    from tests.repo import Repo
    from tests.team_app import TeamStudio

SETTINGS = settings(
    max_examples=settings().max_examples // 10,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def team(registry: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    with team_studio({"churn": (registry.path, ["marketing"])}, tmp_path / "studio.db") as made:
        yield made


def fill_in(case: Case[Any]) -> None:
    """Have a case ask for what is there, as often as not: what is made up is hardly ever there."""
    there = {"repo": "churn", "name": "churn", "selector": "churn@latest", "version": "v0.0.2", "stage": "prod"}
    if len(str(case.path_parameters)) % 2:
        case.path_parameters.update({key: there[key] for key in case.path_parameters if key in there})


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda one: one.value)
def test_every_operation_answers_as_the_document_says(team: TeamStudio, mode: GenerationMode) -> None:
    token = team.token(team.person("ada", {EVERY: Role.ADMIN}), "admin")
    told = {"authorization": f"Bearer {token}", "host": HOST}
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", team.app, headers=told)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()

        @SETTINGS
        @given(operation.as_strategy(generation_mode=mode))
        def ask(case: Case[Any]) -> None:
            fill_in(case)
            case.call_and_validate(base_url=URL, headers=told, checks=CHECKS)

        ask()
