"""Searches of MLflow's clients: filters, orders, pages, and the condition that newer clients add for prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.studio.visitor import Role
from tests.studio.protocols.mlflow.conftest import Asker, asker

if TYPE_CHECKING:
    from tests.team_app import TeamStudio

PROMPT = "tag.`mlflow.prompt.is_prompt` != 'true'"


@pytest.fixture
def ada(studio: TeamStudio) -> Asker:
    """Who sees one repository."""
    return asker(studio, "ada", Role.VIEWER)


def test_models_are_searched_a_page_at_a_time_in_any_order(ada: Asker) -> None:
    def names(**given: object) -> list[str]:
        found = ada.ask("GET", "registered-models/search", **given)
        return [one["name"] for one in found["registered_models"]]

    assert names() == ["churn", "planned", "services~eu=churn", "single"]
    assert names(filter=f"name LIKE '%churn' AND {PROMPT}") == ["churn", "services~eu=churn"]
    assert names(filter="tags.tabular = ''") == ["churn"]
    assert names(order_by=["name DESC"])[0] == "single"
    assert names(order_by=["creation_timestamp DESC"])[0] == "single"
    assert names(order_by=["last_updated_timestamp ASC", "name DESC"])[0] == "planned"
    token, pages = "", list[list[str]]()
    while len(pages) < 9:
        found = ada.ask("GET", "registered-models/search", max_results=3, page_token=token)
        pages.append([one["name"] for one in found["registered_models"]])
        if not (token := found.get("next_page_token", "")):
            break
    assert pages == [["churn", "planned", "services~eu=churn"], ["single"]]
    for wrong in ({"max_results": 0}, {"max_results": 1001}, {"page_token": "x"}, {"order_by": "x"}, {"filter": "x"}):
        assert ada.error("GET", "registered-models/search", **wrong)[:2] == (400, "INVALID_PARAMETER_VALUE"), wrong


def test_versions_are_searched_by_name_number_and_tag(ada: Asker) -> None:
    def found(text: str, **given: object) -> list[tuple[str, str]]:
        answer = ada.ask("GET", "model-versions/search", filter=text, **given)
        return [(one["name"], one["version"]) for one in answer["model_versions"]]

    assert sorted(found("name='churn'")) == [("churn", "1"), ("churn", "2"), ("churn", "3")]
    assert found("name='churn'", order_by=["version_number ASC"])[0] == ("churn", "1")
    assert found("name='churn' AND tags.`gto.version` = 'v1.2.0'") == [("churn", "2")]
    assert len(found("")) == 5
    assert found("run_id = 'x'") == []
    assert len(found("", max_results=2)) == 2
