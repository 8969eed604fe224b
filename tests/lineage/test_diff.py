from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from gto import api
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from tests.lineage.pipeline import Pipeline

pytestmark = pytest.mark.dvc


@pytest.mark.parametrize(("old", "new"), [("v1.0.0", "v2.0.0"), ("v1.0.0", "v3.0.0"), ("v3.0.0", "v2.0.0")])
@pytest.mark.parametrize("kind", ["metrics", "params"])
def test_the_numbers_are_those_of_dvc(pipeline: Pipeline, kind: str, old: str, new: str) -> None:
    ours = json.loads(done(pipeline.repo.gto("diff", f"churn@{old}", f"churn@{new}", "--json")))[kind]
    oracle = json.loads(done(pipeline.dvc(kind, "diff", "--json", f"churn@{old}", f"churn@{new}")))
    for values in ours.values():
        for change in values.values():
            change.pop("better", None)
    assert oracle
    assert ours == oracle


def test_data_dependencies_code_and_annotation_are_compared(pipeline: Pipeline) -> None:
    repo = pipeline.repo
    repo.commit("Say more", {"artifacts.yaml": "", "NEWS.md": "news\n"})
    found = json.loads(done(repo.gto("diff", "churn#prod", "HEAD", "--name", "churn", "--json")))
    assert (found["old"]["version"], found["new"]["version"]) == ("v2.0.0", None)
    assert [moved["path"] for moved in found["data"]] == ["data/raw.csv", "data/clean.csv", "models/eu/churn.bin"]
    recorded = repo.git("show", "HEAD:dvc.lock")
    assert all(f"md5: {moved['new']}" in recorded for moved in found["data"])
    assert found["dependencies"] == [{"path": "requirements.txt: numpy", "old": "==1.22", "new": "==1.23"}]
    assert [passed["subject"] for passed in found["code"]["commits"]] == ["Say more", "Use more data"]
    assert found["code"]["files_changed"] == len(found["code"]["files"])
    assert {"path": "NEWS.md", "status": "added"} in found["code"]["files"]
    assert (found["annotation"], found["not_in_git"], found["problems"]) == ({}, [], [])


def test_a_direction_is_told_where_somebody_gave_one(pipeline: Pipeline) -> None:
    words = ("diff", "churn@v1.0.0", "churn", "--higher-better", "out/eu/metrics.json:accuracy", "--json")
    metrics = json.loads(done(pipeline.repo.gto(*words)))["metrics"]
    eu = metrics["out/eu/metrics.json"]
    assert (eu["loss"]["better"], eu["accuracy"]["better"], "better" in eu["test.auc"]) == (True, True, False)
    assert "better" not in metrics["out/us/metrics.json"]["accuracy"]
    other = json.loads(
        done(pipeline.repo.gto(*words[:3], "--lower-better", "auc", "--higher-better", "loss", "--json"))
    )
    eu = other["metrics"]["out/eu/metrics.json"]
    assert (eu["loss"]["better"], eu["test.auc"]["better"]) == (False, False)  # what is asked for comes before the file
    table = done(pipeline.repo.gto("diff", "churn@v1.0.0", "churn", "--plain"))
    assert "loss       0.454545  0.106383  -0.348162  better" in table


def test_equal_versions_do_not_differ(pipeline: Pipeline) -> None:
    result = pipeline.repo.gto("diff", "churn#prod", "churn@v2.0.0")
    assert done(result) == "churn#prod (v2.0.0) -> churn@v2.0.0\n\nNothing differs\n"


def test_python_gets_what_json_prints(pipeline: Pipeline) -> None:
    repo = pipeline.repo
    printed = json.loads(done(repo.gto("diff", "churn@v1.0.0", "churn", "--lower-better", "auc", "--json")))
    assert json.loads(json.dumps(api.diff(repo.path, "churn@v1.0.0", "churn", lower_better="auc"))) == printed
    described = json.loads(done(repo.gto("describe", "churn#prod", "--all", "--json")))
    assert json.loads(json.dumps(api.describe_all(repo.path, "churn#prod"))) == described


def test_a_version_is_described_with_all_that_made_it(pipeline: Pipeline) -> None:
    found = json.loads(done(pipeline.repo.gto("describe", "churn@v2.0.0", "--all", "--json")))
    assert found["commit"]["subject"] == "Learn faster"
    assert found["commit"]["author"] == "Ada Lovelace"
    assert found["annotation"]["type"] == "model"
    lineage = found["lineage"]
    assert (lineage["path"], lineage["kept_in"]) == ("models/eu/churn.bin", "dvc")
    assert [step["stage"] for step in lineage["stages"]] == ["train@0", "clean"]
    train, clean = lineage["stages"]
    assert train["command"].endswith("train.py eu 0.2 5 run2")
    taken = {dep["path"]: (dep["kept_in"], dep["made_by"]) for dep in train["deps"]}
    assert taken == {"data/clean.csv": ("dvc", "clean"), "train.py": ("git", None)}
    assert train["params"]["config/more.toml"] == {"opt.decay": 2}
    assert [(dep["path"], dep["kept_in"]) for dep in clean["deps"]] == [("data/raw.csv", "dvc")]
    assert f"md5: {lineage['md5']}" in pipeline.repo.git("show", "churn@v2.0.0:dvc.lock")
    assert found["metrics"]["summary.yaml"] == {"best": 2.25, "flag": True}
    assert found["params"]["config/code.py"] == {"DEPTH": 2}
    assert (found["requirements"], found["problems"]) == (["requirements.txt"], [])


def test_a_description_reads_like_a_page(pipeline: Pipeline) -> None:
    result = pipeline.repo.gto("describe", "churn#prod", "--all")
    shown = done(result)
    for heading in ("Version", "Made by", "Out of", "Metrics", "Parameters", "Plots", "Requirements"):
        assert f"\n{heading}\n" in f"\n{shown}"
    assert result.stderr == ""
    said(pipeline.repo.gto("describe", "churn", "--all", "--path"), "exclude each other", code=2)


def test_metrics_that_only_dvc_keeps_are_named(pipeline: Pipeline) -> None:
    repo = pipeline.repo
    text = (
        (repo.path / "dvc.yaml")
        .read_text(encoding="utf-8")
        .replace(
            'metrics: ["out/${item.name}/metrics.json": {cache: false}]', 'metrics: ["out/${item.name}/metrics.json"]'
        )
    )
    repo.git("rm", "--quiet", "--cached", "out/eu/metrics.json")
    repo.commit("keep metrics in DVC", {"dvc.yaml": text})
    shutil.rmtree(repo.path / ".dvc/cache")
    result = repo.gto("describe", "churn", "--all", "--json")
    lacking = json.loads(done(result))["not_in_git"]
    assert [(one["path"], one["of"], one["kept_in"]) for one in lacking] == [("out/eu/metrics.json", "metrics", "dvc")]
    assert f"md5: {lacking[0]['md5']}" in repo.git("show", "HEAD:dvc.lock")
    told = repo.gto("diff", "churn@v3.0.0", "HEAD", "--name", "churn")
    assert "out/eu/metrics.json (metrics) is not read: DVC keeps it, not Git, and its cache here" in told.stderr
