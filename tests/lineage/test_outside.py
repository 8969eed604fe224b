"""What DVC keeps outside of Git is read as DVC reads it; what cannot be read says why, and what would bring it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gto import api
from gto.plots import gallery
from gto.registry.registry import Registry
from tests import stores
from tests.environment import dvc_of_clouds
from tests.lineage.pipeline import ENV
from tests.repo import Repo, run
from tests.stories.healthy import done, said

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

    def spoil(self, directory: Path, path: str, version: str = "v2") -> None:
        """Overwrite the object of a file of a version with other bytes."""
        text = self.repo.git("show", f"{version}:{path}.dvc")
        md5 = text.partition("md5: ")[2][:32]
        place = directory / "files/md5" / md5[:2] / md5[2:]
        place.chmod(0o644)
        place.write_bytes(b'{"t": {"u": 9}}')


@pytest.fixture(scope="session")
def built_outside(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where the project was built, once somebody asked for it."""
    return {"": tmp_path_factory.mktemp("outside")}


@pytest.fixture
def project(tmp_path: Path, built_outside: dict[str, Path]) -> Project:
    """A project whose cache and remote have all of both versions."""
    place = built_outside[""]
    if not (place / "oracle.json").exists():  # not by a fixture of the session: each test has its own git configuration
        script = str(Path(__file__).parent / "outside.py")
        made = run(
            str(dvc_of_clouds()), script, str(place), cwd=place, env={**ENV, "DVC_SITE_CACHE_DIR": str(place / "site")}
        )
        assert made.code == 0, made.stderr
    shutil.copytree(place, tmp_path / "it", symlinks=True)
    return Project(tmp_path / "it")


def lacking(found: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Why files are not read, and what would bring them, by path."""
    return {one["path"]: (one["reason"], one["hint"]) for one in found["not_in_git"]}


def rows_of(drawn: list[dict[str, Any]]) -> list[dict[str, object]]:
    """The rows of a plot that DVC drew."""
    rows: list[dict[str, object]] = drawn[0]["content"]["data"]["values"]
    return rows


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
        chart.plot.id: [(str(one.x), str(one.y), one.rev) for one in chart.points] for chart, _ in found.sheet.charts
    }
    theirs = {
        name: [(str(row["step"]), str(row.get("v", row.get("w"))), row["rev"]) for row in rows_of(drawn)]
        for name, drawn in project.oracle["plots"]["data"].items()
    }
    assert set(theirs) == {"both", "eval/p.csv", "curves/c.tsv"}
    assert ours == theirs
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
    project.spoil(project.cache, "tracked.json")
    found = project.diff()
    assert found["metrics"]["tracked.json"] == {"t.u": {"old": 1, "new": None}}
    reason, hint = lacking(found)["tracked.json"]
    assert reason.startswith("what DVC's cache has of it is damaged: '")
    assert hint.startswith("remove that; --fetch reads it from DVC's remote, ")
    assert project.diff("--fetch")["metrics"] == project.oracle["metrics"]
    project.spoil(project.place / "storage", "tracked.json")
    reason, hint = lacking(project.diff("--fetch"))["tracked.json"]
    assert "does not hold what was registered: md5 " in reason
    assert "dvc push" in hint


def test_a_limit_bounds_what_is_read_wherever_it_is(project: Project) -> None:
    small = {"GTO_DATA_LIMIT": "0.000011"}  # 11 bytes
    found = project.diff(**small)
    assert set(lacking(found)) == {"eval/m.json", "eval/p.csv", "tracked.json", "old.json", "hyper.yaml"}
    assert set(found["metrics"]) == {"out/deep/more/y.yaml", "out/deep/x.json"}
    reason, hint = lacking(found)["eval/p.csv"]
    assert reason.endswith("is not read: it has 15 bytes, and the limit is 11 bytes")
    assert hint == "the variable GTO_DATA_LIMIT sets the limit, in MiB"
    shutil.rmtree(project.cache)
    assert set(lacking(project.diff("--fetch", **small))) == set(lacking(found))
    wrong = project.repo.gto("diff", "v1", "v2", env={"GTO_DATA_LIMIT": "much"})
    said(wrong, "GTO_DATA_LIMIT: a number of MiB was expected, as in 16 or 0.5, not 'much'")


def test_what_was_never_pushed_or_has_no_remote_says_so(project: Project) -> None:
    shutil.rmtree(project.cache)
    shutil.rmtree(project.place / "storage")
    reason, hint = lacking(project.diff("--fetch"))["old.json"]
    assert reason.startswith("DVC keeps it, not Git: There is no '")
    assert hint == "`dvc push` it from where DVC's cache has it"
    project.repo.commit("no remote", {".dvc/config": ""})
    found = json.loads(done(project.repo.gto("describe", "churn", "--all", "--json", "--fetch")))
    reason, hint = lacking(found)["old.json"]
    assert reason == "DVC keeps it, not Git: DVC's configuration names no remote, and there is no cache here"
    assert hint.startswith("`dvc remote add --default NAME URL` names one")


def test_a_repository_by_url_has_no_cache_and_its_paths_are_read_where_the_user_allows_that(project: Project) -> None:
    config = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {project.place / 'storage'}\n"
    project.repo.commit("an absolute path", {".dvc/config": config})
    url = project.repo.path.as_uri()
    words = ("describe", "-r", url, "churn", "--all", "--rev", "HEAD", "--json")
    hints = "--fetch reads it from DVC's remote"
    assert lacking(json.loads(done(project.repo.gto(*words))))["eval/m.json"][1] == hints
    refused = lacking(json.loads(done(project.repo.gto(*words, "--fetch"))))["eval/m.json"]
    assert "a repository of others names this path" in refused[0]
    assert refused[1] == "--allow-local reads it nevertheless"
    found = json.loads(done(project.repo.gto(*words, "--fetch", "--allow-local")))
    assert (found["metrics"]["eval/m.json"], found["not_in_git"]) == ({"acc": 0.2}, [])


def test_files_in_s3_are_fetched(project: Project, tmp_path: Path) -> None:
    storage = project.place / "storage"
    with stores.serve_s3(tmp_path / "s3") as s3:
        for path in storage.rglob("*"):
            if path.is_file():
                assert s3.put(f"/models/outside/{path.relative_to(storage)}", path.read_bytes())[0] == 200
        options = {"url": "s3://models/outside", **s3.options}
        lines = "".join(f"    {key} = {value}\n" for key, value in options.items())
        local = project.repo.path / ".dvc/config.local"
        local.write_text(f"['remote \"storage\"']\n{lines}", encoding="utf-8")
        shutil.rmtree(storage)
        shutil.rmtree(project.cache)
        assert project.diff("--fetch")["metrics"] == project.oracle["metrics"]


def test_options_that_say_nothing_alone_are_refused(project: Project) -> None:
    said(project.repo.gto("describe", "churn", "--fetch"), "are about --all", "add --all")
    said(project.repo.gto("diff", "v1", "v2", "--allow-local"), "are about what --fetch reads", "add --fetch")
