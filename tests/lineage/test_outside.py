"""What DVC keeps outside of Git is read as DVC reads it; what cannot be read says why, and what would bring it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from gto import api
from gto.plots import gallery
from gto.registry.registry import Registry
from tests import stores
from tests.environment import make_environment
from tests.lineage.pipeline import ENV, ROOT
from tests.repo import Repo, run
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.dvc

OUTSIDE = ["eval/m.json", "eval/p.csv", "out/deep/more/y.yaml", "out/deep/x.json", "tracked.json", "old.json"]
"""The files of metrics."""


class Project:
    """A copy of the project that DVC built, and what DVC says of it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.repo = Repo(place / "project")
        self.cache = place / "project" / ".dvc" / "cache"
        self.oracle: dict[str, Any] = json.loads((place / "oracle.json").read_text(encoding="utf-8"))

    def diff(self, *options: str, **env: str) -> dict[str, Any]:
        """What `gto diff v1 v2 --json` says."""
        found: dict[str, Any] = json.loads(done(self.repo.gto("diff", "v1", "v2", "--json", *options, env=env)))
        return found

    def move_cache_to_s3(self, place: Path) -> None:
        ...


@pytest.fixture(scope="session")
def built_outside(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where the project was built, once somebody asked for it."""
    return {"": tmp_path_factory.mktemp("outside")}


@pytest.fixture
def project(tmp_path: Path, built_outside: dict[str, Path]) -> Project:
    """A project whose cache and remote have all of both versions."""
    place = built_outside[""]
    if not (place / "oracle.json").exists():  # not by a fixture of the session: git's configuration is that of each test
        python = make_environment("dvc", ["dvc>=3,<4", "--editable", str(ROOT)])
        script = str(ROOT / "tests/lineage/outside.py")
        made = run(str(python), script, str(place), cwd=place, env={**ENV, "DVC_SITE_CACHE_DIR": str(place / "site")})
        assert made.code == 0, made.stderr
    shutil.copytree(place, tmp_path / "it", symlinks=True)
    return Project(tmp_path / "it")


def lacking(found: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Why files are not read, and what would bring them, by path."""
    return {one["path"]: (one["reason"], one["hint"]) for one in found["not_in_git"]}


def test_metrics_and_parameters_in_the_cache_are_those_of_dvc(project: Project) -> None:
    found = project.diff()
    assert (found["metrics"], found["params"]) == (project.oracle["metrics"], project.oracle["params"])
    assert set(found["metrics"]) == set(OUTSIDE)
    assert (found["not_in_git"], found["problems"]) == ([], [])
    read = {(one["path"], one["of"], one["read_from"]) for one in found["from_dvc"]}
    assert read == {*((path, "metrics", "cache") for path in OUTSIDE), ("hyper.yaml", "params", "cache")}
    described = json.loads(done(project.repo.gto("describe", "churn", "--all", "--rev", "v2", "--json")))
    assert described["metrics"]["eval/m.json"] == {"acc": 0.2}
    assert described["metrics"]["old.json"] == {"o": 2}
    assert described["params"]["hyper.yaml"] == {"lr": 2, "deep.a": "[2]"}
    assert len(described["from_dvc"]) == len(OUTSIDE) + 1
    result = project.repo.gto("diff", "v1", "v2")
    assert "│ eval/m.json          │ acc" in done(result)
    assert result.stderr == ""


def test_plots_in_the_cache_have_the_points_of_dvc(project: Project) -> None:
    found = gallery.plot(Registry.open(project.repo.path), ["v1", "v2"])
    ours = {
        chart.plot.id: [{**{key: str(value) for key, value in point.row.items()}, "rev": point.version} for point in chart.points]
        for chart, _ in found.sheet.charts
    }
    theirs = {
        name: [{key: str(value) for key, value in row.items()} for row in drawn[0]["content"]["data"]["values"]]
        for name, drawn in project.oracle["plots"]["data"].items()
    }
    assert set(ours) == set(theirs) == {"both", "eval/p.csv", "curves/c.tsv"}
    for name, rows in theirs.items():
        assert [{key: row[key] for key in row if key in rows[0]} for row in ours[name]] == rows
    assert {one.place for one in found.elsewhere} == {"cache"}


def test_a_cache_that_has_moved_since_is_found_where_the_work_tree_says(project: Project) -> None:
    project.cache.rename(project.place / "shared")
    with (project.repo.path / ".dvc/config").open("a", encoding="utf-8") as config:
        config.write("[cache]\n    dir = ../../shared\n")
    assert project.diff()["metrics"] == project.oracle["metrics"]


def test_without_a_cache_all_is_named_and_fetch_reads_it_from_the_remote(project: Project) -> None:
    shutil.rmtree(project.cache)
    found = project.diff()
    assert set(found["params"]) == {"params.yaml"}
    reason = "DVC keeps it, not Git, and its cache here does not have it"
    command = "`dvc fetch --all-commits tracked.json` brings it into the cache"
    assert lacking(found)["tracked.json"] == (reason, f"--fetch reads it from DVC's remote, {command}")
    assert set(lacking(found)) == {"eval/m.json", "eval/p.csv", "out/deep", "tracked.json", "old.json", "hyper.yaml"}
    told = project.repo.gto("plots", "v1", "--json").stdout
    assert lacking(json.loads(told))["curves"][0] == reason
    fetched = project.diff("--fetch")
    assert (fetched["metrics"], fetched["params"]) == (project.oracle["metrics"], project.oracle["params"])
    assert (fetched["not_in_git"], {one["read_from"] for one in fetched["from_dvc"]}) == ([], {"remote"})
    assert not project.cache.exists()
    assert api.diff(project.repo.path, "v1", "v2", fetch=True) == fetched
    plots = api.plots(project.repo.path, ["v1", "v2"], str(project.place / "page.html"), fetch=True)
    assert {plot["id"]: plot["points"] for plot in plots["plots"]} == {"both": 4, "eval/p.csv": 4, "curves/c.tsv": 4}  # type: ignore[attr-defined]  # a list of mappings


def test_what_is_damaged_is_never_read(project: Project) -> None:
    (md5,) = (one["md5"] for one in project.diff()["from_dvc"] if one["path"] == "tracked.json" and one["md5"])
    ...
