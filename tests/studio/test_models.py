from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.studio.conftest import DVC_YAML, wrote

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
        ('"auc>>0.9"', []),  # in quotes it is text
        ("%", []),  # no wildcard of SQL
    ],
)
def test_a_query_finds(studio: Studio, query: str, found: list[str]) -> None:
    assert names(studio, q=query) == found


def test_where_no_metric_fits_the_nearest_one_is_named(studio: Studio) -> None:
    assert "the highest auc is 0.9100, of churn" in studio.page("/models", q="auc>0.99")
    assert studio.json("/models", q="loss<0.01")["nearest"] == {
        "metric": "loss", "value": 0.09, "is_highest": False, "repo": "team", "artifact": "churn"
    }  # fmt: skip
    assert "nearest" not in studio.json("/models", q="no-such-model")


def test_filters_of_one_kind_mean_any_of_them(studio: Studio) -> None:
    assert names(studio, type=["model", "dataset"]) == ["churn", "features"]
    assert names(studio, type=["dataset"], stage=["prod"]) == []


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("labl:weekly", "did you mean &#39;label&#39;?"),
        ("auc>>0.9", "&#39;auc&gt;&gt;0.9&#39; is no condition"),
        ("auc>high", "&#39;auc&gt;high&#39; is no condition"),
        ("stage:prod auc=", "&#39;auc=&#39; is no condition"),
    ],
)
def test_a_query_that_cannot_be_read_is_said_beside_the_field(studio: Studio, query: str, why: str) -> None:
    answer = studio.client.get("/models", params={"q": query})
    assert answer.status_code == 400
    form = answer.text.partition('<form class="bar"')[2].partition("</form>")[0]
    assert why in form
    assert 'aria-describedby="wrong"' in form


@pytest.mark.parametrize("sort", ["changed", "name", "repo", "latest", "staged", "metric", "versions", "problems"])
def test_every_order_shows_every_artifact(studio: Studio, sort: str) -> None:
    assert sorted(names(studio, sort=sort)) == ["churn", "features"]
    assert sorted(names(studio, sort=sort, order="asc")) == ["churn", "features"]


def test_the_first_metric_comes_with_its_change_and_its_past(studio: Studio) -> None:
    churn = cast("list[dict[str, object]]", studio.json("/models", q="churn")["artifacts"])[0]
    metric = cast("dict[str, object]", churn["metric"])
    assert (metric["key"], metric["value"], metric["values"]) == ("auc", 0.91, [0.86, 0.88, 0.91])
    assert metric["change"] == pytest.approx(0.03)


def test_the_change_of_the_first_metric_is_coloured_by_its_goal(studio: Studio, registry: Repo) -> None:
    assert "<em class=good>+0.0300</em>" in studio.page("/models")
    told = DVC_YAML.replace("  features:", "    meta: {lower_better: auc}\n  features:")
    registry.commit("told", {"dvc.yaml": told, "metrics.json": '{"auc": 0.95}'})
    wrote(registry, "register", "churn")
    studio.sync()
    assert "<em class=bad>+0.0400</em>" in studio.page("/models")


def test_chosen_models_are_listed_exported_and_compared(studio: Studio) -> None:
    chosen = ["team/ranking", "team/churn"]  # a deprecated one, too
    assert names(studio, m=chosen) == ["ranking", "churn"]
    assert names(studio, m=["team/no-such"]) == []
    table = studio.client.get("/models.csv", params={"m": chosen}).text
    assert [row["artifact"] for row in csv.DictReader(io.StringIO(table))] == ["ranking", "churn"]
    said = studio.json("/compare", m=["team/churn", "team/churn@v0.0.1", "team/features"])
    sides = cast("list[dict[str, object]]", said["versions"])
    assert [(one["repo"], one["artifact"], one["version"]) for one in sides] == [
        ("team", "churn", "v0.0.3"), ("team", "churn", "v0.0.1")
    ]  # fmt: skip
    assert (
        said["comparisons"]
        == studio.json("/m/team/churn/-/compare", v=["v0.0.3", "v0.0.1"], baseline="v0.0.3")["comparisons"]
    )
    assert said["left_out"] == ["team/features"]
    html = studio.page("/compare", m=["team/churn", "team/churn@v0.0.1", "team/features"])
    assert "team/features has no version" in html
    assert '<span class="delta bad">\N{MINUS SIGN}0.0500</span>' in html  # auc of v0.0.1
    for wrong, status in (([], 400), (["team/features"], 400), (["team/churn@v9"], 404), (["teem/churn"], 404)):
        assert studio.client.get("/compare", params={"m": wrong}).status_code == status


def test_columns_stand_in_the_order_that_the_address_names(studio: Studio) -> None:
    def heads(**query: str | list[str]) -> list[str]:
        row = re.search("<thead>.*?</thead>", studio.page("/models", **query), re.DOTALL)
        assert row is not None
        texts = (re.sub("<[^>]*>", "", cell).strip() for cell in re.findall("<th.*?</th>", row[0], re.DOTALL))
        return [text for text in texts if text != "Actions"]

    usual = ["Artifact", "Repository", "Labels", "Latest", "First metric", "dev", "prod", "Health"]
    assert heads() == usual
    assert heads(columns=["#prod", "type", "no-such", "latest"]) == ["Artifact", "prod", "Type", "Latest"]
    assert heads(columns="") == ["Artifact"]
    left = re.findall('href="([^"]*)" aria-label="Latest further left"', studio.page("/models"))
    moved = parse_qs(urlsplit(unescape(left[0])).query)
    assert heads(**moved)[:4] == ["Artifact", "Repository", "Latest", "Labels"]
    assert 'href="?columns=repository&amp;columns=latest&amp;columns=labels' in studio.page("/models", **moved)


def test_csv_has_every_artifact_that_fits_and_what_the_page_says_of_it(studio: Studio) -> None:
    def rows(**query: str) -> list[dict[str, str]]:
        answer = studio.client.get("/models.csv", params=query)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        return list(csv.DictReader(io.StringIO(answer.text)))

    said = cast("list[dict[str, object]]", studio.json("/models")["artifacts"])
    assert len(rows()) == len(said)
    for row, one in zip(rows(), said, strict=True):
        metric = cast("dict[str, object]", one["metric"] or {"file": None, "key": None, "value": None, "change": None})
        plain = {
            "repository": one["repo"], "latest": one["version"], "metric_file": metric["file"],
            "metric": metric["key"], "metric_value": metric["value"], "metric_change": metric["change"],
            "labels": " ".join(cast("list[str]", one["labels"])),
            **{f"#{stage}": version for stage, version in cast("dict[str, object]", one["stage"]).items()},
            **{key: one[key] for key in ("artifact", "commit", "type", "path", "description", "registered_by")},
        }  # fmt: skip
        assert {key: row[key] for key in plain} == {
            key: "" if value is None else str(value) for key, value in plain.items()
        }
    assert [row["artifact"] for row in rows(q="is:deprecated", columns="type")] == ["ranking"]
    assert studio.client.get("/models.csv", params={"q": "labl:weekly"}).status_code == 400
