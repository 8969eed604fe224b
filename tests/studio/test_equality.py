from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from gto.lineage.values import flat
from tests.conftest import copied
from tests.studio.equality import fields, of_api, of_comparisons, of_lists, of_repositories, of_versions
from tests.studio.equality.scene import Scene
from tests.studio.layouts import LAYOUTS, demo_repositories, dvc
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio.equality.scene import Pair


Scenes = tuple[dict[str, Scene], ExitStack]
"""Scenes by their layouts, and what closes them."""
Layouts = dict[str, tuple[dict[str, "Repo"], dict[tuple[str, ...], Any]]]
"""The repositories of layouts, and what the command line said of them."""

QUESTIONS: tuple[Callable[[Scene], Iterator[Pair]], ...] = (
    of_lists.list_and_show,
    of_lists.list_and_details,
    of_lists.stages_and_show,
    of_lists.filters_and_show,
    of_lists.csv_and_list,
    of_versions.versions_and_show,
    of_versions.facts_and_describe,
    of_versions.files_and_ls,
    of_repositories.history_and_history,
    of_versions.past_and_show_at,
    of_versions.signatures_and_verify,
    of_repositories.problems_and_doctor,
    of_versions.may_and_policy_test,
    of_repositories.reviews_and_reviews,
    of_comparisons.compare_and_diff,
    of_comparisons.plots_and_plots,
    of_repositories.experiments_and_describe,
    of_api.api_and_show,
    of_lists.catalogue_and_all,
)


@pytest.fixture(scope="session")
def layouts_made() -> Layouts:
    """Those that were asked for, each made once, and asked once for both engines."""
    return {}


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of the command line, for all."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def scenes(engine: str) -> Iterator[Scenes]:
    """Those that were asked for, each made once on each engine."""
    assert engine
    with ExitStack() as stack:
        yield {}, stack


@pytest.fixture
def scene(
    request: pytest.FixtureRequest,
    repo: Repo,
    layouts_made: Layouts,
    scenes: Scenes,
    cache: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Scene:
    """One layout, which is made where no test has asked for it before."""
    made, stack = scenes
    layout = str(request.param)
    if layout not in layouts_made:
        if layout == "sample":
            repos = demo_repositories(request.getfixturevalue("demo_place"))
        else:
            repos = LAYOUTS[layout](copied(repo, tmp_path_factory.mktemp(layout)))
        layouts_made[layout] = repos, {}
    if layout not in made:
        repos, answers = layouts_made[layout]
        places = {name: one.path for name, one in repos.items()}
        studio = stack.enter_context(studio_of(places, tmp_path_factory.mktemp(layout) / "index.db"))
        made[layout] = Scene(studio, repos, answers, {"XDG_CACHE_HOME": str(cache)})
    return made[layout]


@pytest.mark.dvc
@pytest.mark.parametrize("scene", ["experiments"], indirect=True)
def test_commits_and_experiments_hold_what_dvc_shows(scene: Scene) -> None:
    out = dvc(scene.repos["dvc"], ["exp", "show", "--json", "--num", str(SHOWN)])
    told = {one["rev"]: one for one in json.loads(out[out.index("[{") :]) if one["rev"] != "workspace"}
    assert len(told) == SHOWN
    rows = dict(of_repositories.every_row(scene, "dvc"))["main"]
    here = {row["commit"]: row for row in rows if not row["experiment"]}
    for rev, shown in told.items():
        assert table_values(here[rev]) == values_of(shown)
        made = {one["revs"][0]["name"]: one["revs"][0] for one in shown["experiments"] or ()}
        ours = {row["experiment"]: row for row in rows if row["baseline"] == rev}
        assert made.keys() == ours.keys()
        for name, one in made.items():
            assert ours[name]["commit"] == one["rev"]
            assert table_values(ours[name]) == values_of(one)
    assert sorted(row["experiment"] for row in rows if row["experiment"]) == ["fast", "kept", "slow"]


SHOWN = 40
"""Commits that DVC is asked for: each takes it 30 ms."""


def values_of(shown: dict[str, Any]) -> dict[str, object]:
    """What DVC shows of a commit, as the table has it: by file and key."""
    data = shown["data"]
    keyed = {
        kind: {
            file: dict(flat(one["data"], of_metrics=kind == "metrics"))
            for file, one in data[kind].items()
            if "data" in one  # else the commit has no such file
        }
        for kind in ("metrics", "params")
    }
    recorded = [pair for kind in ("deps", "outs") for pair in data[kind].items()]
    return {**keyed, "data": {path: one["hash"] for path, one in recorded if one["hash"]}}


def table_values(row: dict[str, Any]) -> dict[str, object]:
    """What a row of the table holds; to DVC files of metrics and plots are no data, though `dvc.lock` records it."""
    data = {path: mark for path, mark in row["data"].items() if path not in row["metrics"] and path != "loss.csv"}
    return {"metrics": row["metrics"], "params": row["params"], "data": data}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("scene", [*LAYOUTS, "sample"], indirect=True)
def test_a_page_says_what_the_command_line_says(scene: Scene, question: Callable[[Scene], Iterator[Pair]]) -> None:
    different = [f"{what}:\n  page {page}\n  line {said}" for what, page, said in question(scene) if page != said]
    assert not different, "\n".join(different)


@pytest.mark.parametrize("scene", [*LAYOUTS, "sample"], indirect=True)
def test_every_field_of_a_page_equals_what_a_command_says_or_has_a_reason(scene: Scene) -> None:
    found = {one for page, value in fields.each_page(scene) for one in fields.unknown(page, value)}
    assert not found, "\n".join(sorted(found))
