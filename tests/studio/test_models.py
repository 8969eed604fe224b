from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from tests.repo import Repo
    from tests.studio_app import Studio


def names(studio: Studio, **query: str | list[str]) -> list[str]:
    """The artifacts that a list names, in its order."""
    found = cast("list[dict[str, object]]", studio.json("/models", **query)["artifacts"])
    return [str(one["artifact"]) for one in found]


def test_the_list_says_what_show_says(studio: Studio, registry: Repo) -> None:
    said = json.loads(registry.gto("show", "--json").stdout)
    keys = ("version", "stage", "registered", "active")
    page = cast("list[dict[str, object]]", studio.json("/models")["artifacts"])
    assert {str(one["artifact"]): {key: one[key] for key in keys} for one in page} == {
        name: {key: row[key] for key in keys} for name, row in said.items()
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["churn", "features"]),
        ("leave", ["churn"]),
        ("stage:prod", ["churn"]),
        ("label:weekly type:model", ["churn"]),
        ("-label:weekly", ["features"]),
        ("is:deprecated", ["ranking"]),
        ("is:unregistered", ["features"]),
        ("is:behind", ["churn"]),
        ("auc>0.9", ["churn"]),
        ("auc>0.9 stage:prod", []),  # v0.0.2, which is in prod, has 0.88
        ("loss<=0.09", ["churn"]),
        ("repo:team name:CHU author:ada", ["churn"]),
        ('"who will"', ["churn"]),
        ("%", []),  # no wildcard of SQL
    ],
)
def test_a_query_finds(studio: Studio, query: str, found: list[str]) -> None:
    assert names(studio, q=query) == found


def test_filters_of_one_kind_mean_any_of_them(studio: Studio) -> None:
    assert names(studio, type=["model", "dataset"]) == ["churn", "features"]
    assert names(studio, type=["dataset"], stage=["prod"]) == []


def test_a_query_that_cannot_be_read_is_said_beside_the_field(studio: Studio) -> None:
    answer = studio.client.get("/models", params={"q": "labl:weekly"})
    assert answer.status_code == 400
    assert "did you mean &#39;label&#39;?" in answer.text


@pytest.mark.parametrize("sort", ["changed", "name", "repo", "latest", "staged", "metric", "versions", "problems"])
def test_every_order_shows_every_artifact(studio: Studio, sort: str) -> None:
    assert sorted(names(studio, sort=sort)) == ["churn", "features"]
    assert sorted(names(studio, sort=sort, order="asc")) == ["churn", "features"]


def test_the_first_metric_comes_with_its_change_and_its_past(studio: Studio) -> None:
    churn = cast("list[dict[str, object]]", studio.json("/models", q="churn")["artifacts"])[0]
    metric = cast("dict[str, object]", churn["metric"])
    assert (metric["key"], metric["value"], metric["values"]) == ("auc", 0.91, [0.86, 0.88, 0.91])
    assert metric["change"] == pytest.approx(0.03)
