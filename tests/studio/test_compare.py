from __future__ import annotations

import json
import shutil
from html import unescape
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tests.repo import Repo
    from tests.studio_app import Studio

COMPARE = "/m/team/churn/-/compare"
ALL = ["v0.0.1", "v0.0.2", "v0.0.3"]


def said(registry: Repo, *words: str) -> object:
    """What `gto diff --json` prints."""
    result = registry.gto("diff", *words, "--json")
    assert result.code == 0, result.stderr
    return json.loads(result.stdout)


def test_each_comparison_is_that_of_diff(studio: Studio, registry: Repo) -> None:
    page = studio.json(COMPARE, v=ALL)
    assert page["baseline"] == "v0.0.2"  # it is in prod
    others = ["v0.0.1", "v0.0.3"]
    assert page["comparisons"] == [said(registry, "churn@v0.0.2", f"churn@{one}") for one in others]
    page = studio.json(COMPARE, v=ALL[2:], baseline="v0.0.1")
    assert page["comparisons"] == [said(registry, "churn@v0.0.1", "churn@v0.0.3")]


def test_commits_are_compared_as_diff_compares_revisions(studio: Studio, registry: Repo) -> None:
    page = studio.json("/r/team/compare", c=["HEAD", "HEAD~1", "HEAD~2"], baseline="HEAD~2")
    assert page["comparisons"] == [said(registry, "HEAD~2", one) for one in ("HEAD", "HEAD~1")]


def test_the_values_are_those_of_each_version_by_itself(studio: Studio, registry: Repo) -> None:
    groups = cast("list[dict[str, list[dict[str, object]]]]", studio.json(COMPARE, v=ALL)["groups"])
    rows = {str(row["key"]): row["values"] for group in groups for row in group["rows"]}
    for place, version in enumerate(ALL):
        known = json.loads(registry.gto("describe", f"churn@{version}", "--all", "--json").stdout)
        assert cast("list[object]", rows["auc"])[place] == known["metrics"]["metrics.json"]["auc"]
        assert cast("list[object]", rows["trees"])[place] == known["params"]["params.yaml"]["trees"]


def test_the_best_is_marked_by_the_direction_of_each_metric(studio: Studio) -> None:
    html = studio.page(COMPARE, v=ALL)
    assert html.count('class="r best"') == 2  # auc and loss of v0.0.3
    assert '<span class="delta good">\N{MINUS SIGN}0.0300</span>' in html
    assert 'class="delta' not in studio.page(COMPARE, v=ALL, deltas="0")


def test_equal_rows_are_hidden_until_they_are_asked_for(studio: Studio) -> None:
    assert "Who will leave" not in studio.page(COMPARE, v=ALL)
    assert "Who will leave" in studio.page(COMPARE, v=ALL, all="1")


def test_markdown_holds_what_the_page_shows(studio: Studio) -> None:
    answer = studio.client.get(f"{COMPARE}.md", params={"v": ALL})
    assert answer.headers["content-type"].startswith("text/markdown")
    assert "**Metrics**" in answer.text
    assert "| `auc` |" in answer.text


def test_markdown_lies_in_the_page_to_be_copied(studio: Studio) -> None:
    html = studio.page(COMPARE, v=ALL)
    text = unescape(html.partition('aria-label="Markdown">')[2].partition("<button")[0])
    assert text.strip() == studio.client.get(f"{COMPARE}.md", params={"v": ALL}).text.strip()


def test_files_are_told_apart_by_what_git_holds(studio: Studio, registry: Repo) -> None:
    groups = cast("list[dict[str, object]]", studio.json(COMPARE, v=ALL)["groups"])
    files = cast("list[dict[str, object]]", next(one["rows"] for one in groups if one["title"] == "Files"))
    blobs = [registry.git("rev-parse", f"churn@{version}:models/churn.txt").strip() for version in ALL]
    assert files == [{"file": "", "key": "models/churn.txt", "values": blobs}]
    assert "models/churn.txt" in studio.page(COMPARE, v=ALL)


def test_a_repository_that_is_gone_leaves_what_the_index_knows(studio: Studio, registry: Repo) -> None:
    shutil.rmtree(registry.path / ".git")
    html = studio.page(COMPARE, v=ALL)
    assert "Code and packages are not compared" in html
    assert "0.9100" in html
    assert studio.json(COMPARE, v=ALL)["comparisons"] is None


def test_what_cannot_be_compared_is_refused_with_a_reason(studio: Studio) -> None:
    assert studio.client.get(COMPARE, params={"v": ["v9.9.9"]}).status_code == 404
    assert studio.client.get(COMPARE, params={"v": [f"v0.0.{n}" for n in range(11)]}).status_code == 400
    assert studio.client.get("/r/team/compare").status_code == 400
    assert studio.client.get("/r/team/compare", params={"c": "--output=x"}).status_code == 404
    assert studio.client.get("/r/teem/compare", params={"c": "HEAD"}).status_code == 404
