"""`gto diff`, `gto describe --all` and `gto plots` on repositories without DVC."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gto import api
from gto.exceptions import NoAnnotation, UsageError
from tests.repo import Repo
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server import Server

ANNOTATED = "artifacts: {churn: {path: models, type: model, labels: [a, b], meta: {lower_better: loss}}}\n"


@pytest.fixture
def models(repo: Repo) -> Repo:
    """`churn` v1.0.0 and v2.0.0 in Git alone."""
    dvc_yaml = ANNOTATED + "metrics: [m.json]\n"
    repo.commit("one", {"dvc.yaml": dvc_yaml, "m.json": '{"loss": 2, "up": 1}', "models/a.bin": "1"})
    done(repo.gto("register", "churn", "--version", "v1.0.0"))
    repo.commit("two", {"m.json": '{"loss": 1, "up": 1, "new": "<b>|"}', "models/b.bin": "2", "uv.lock": "x"})
    done(repo.gto("register", "churn", "--version", "v2.0.0"))
    return repo


def test_versions_are_named_in_every_way(models: Repo) -> None:
    done(models.gto("assign", "churn", "--version", "v1.0.0", "--stage", "prod"))
    wanted = done(models.gto("diff", "churn@v1.0.0", "churn@v2.0.0", "--json"))
    metrics = json.loads(wanted)["metrics"]
    assert metrics == {
        "m.json": {"loss": {"old": 2, "new": 1, "diff": -1, "better": True}, "new": {"old": None, "new": "<b>|"}}
    }
    for old, new in (
        ("churn#prod", "churn@latest"),
        ("churn#prod", "churn"),
        ("churn@v1.0.0", "refs/tags/churn@v2.0.0"),
    ):
        found = json.loads(done(models.gto("diff", old, new, "--json")))
        assert (found["metrics"], found["new"]["version"]) == (metrics, "v2.0.0")
    by_rev = json.loads(done(models.gto("diff", "HEAD~1", "main", "--name", "churn", "--json")))
    assert (by_rev["metrics"], by_rev["old"]["version"], by_rev["new"]["name"]) == (metrics, "v1.0.0", "main")
    bare = json.loads(done(models.gto("diff", "HEAD~1", "HEAD", "--lower-better", "loss", "--json")))
    assert (bare["metrics"], bare["new"]["artifact"]) == (metrics, None)


def test_what_names_nothing_says_what_would(models: Repo) -> None:
    said(models.gto("diff", "churn@v9.0.0", "churn"), "'churn' has no version 'v9.0.0'", "gto show churn")
    said(models.gto("diff", "churn#nowhere", "churn"), "No version in stage 'nowhere'")
    said(models.gto("diff", "other", "churn"), "'other' names neither a version nor a revision", "name a commit")
    said(models.gto("diff", "no:no:no", "churn"), "'no:no:no' names neither")
    said(models.gto("diff", "HEAD", "HEAD~1", "--name", "other"), "No annotation of 'other' in 'HEAD' and 'HEAD~1'")
    said(models.gto("diff", "HEAD", "HEAD", "--name", "a b"), "a b")
    said(models.gto("diff", "HEAD", "HEAD", "--md", "--json"), "exclude each other", code=2)
    said(models.gto("describe", "other", "--all"), "No annotation of 'other' in 'HEAD'")
    said(models.gto("describe", "churn@v1.0.0", "--all", "--rev", "HEAD"), "Either specify")
    said(models.gto("plots", "HEAD"), "No plots are declared in 'HEAD'")
    with pytest.raises(NoAnnotation):
        api.describe_all(models.path, "other")
    with pytest.raises(UsageError):
        api.describe_all(models.path, "churn#prod", rev="HEAD")


def test_a_version_kept_in_git_is_described_by_its_files(models: Repo) -> None:
    found = json.loads(done(models.gto("describe", "churn", "--all", "--rev", "HEAD", "--json")))
    assert (found["version"], found["files"], found["files_in_git"]) == ("v2.0.0", ["models/a.bin", "models/b.bin"], 2)
    assert (found["lineage"]["kept_in"], found["lineage"]["stages"]) == ("git", [])
    assert found["requirements"] == ["uv.lock"]
    shown = done(models.gto("describe", "churn@v1.0.0", "--all"))
    assert "│ labels   │ a, b " in shown
    assert "Made by" not in shown
    assert "models/a.bin" in shown


def test_a_name_alone_is_described_at_head_or_at_what_the_repository_was_opened_with(models: Repo) -> None:
    assert json.loads(done(models.gto("describe", "churn", "--all", "--json")))["version"] == "v2.0.0"
    models.commit("three")
    assert json.loads(done(models.gto("describe", "churn", "--all", "--json")))["version"] is None


def test_annotation_requirements_and_code_are_told_from_either_side(models: Repo) -> None:
    models.git("switch", "--quiet", "-c", "side", "HEAD~1")
    models.git("rm", "--quiet", "models/a.bin")
    models.commit("a side\twith | and `ticks`", {"dvc.yaml": "artifacts: {churn: {path: other}}\n", "models": "x"})
    found = json.loads(done(models.gto("diff", "main", "side", "--name", "churn", "--json")))
    assert found["annotation"]["path"] == {"old": "models", "new": "other"}
    assert found["annotation"]["type"] == {"old": "model", "new": None}
    assert (found["code"]["ahead"], found["code"]["behind"]) == (1, 1)
    assert [moved["path"] for moved in found["dependencies"]] == ["uv.lock"]
    statuses = {changed["path"]: changed["status"] for changed in found["code"]["files"]}
    assert statuses["models/a.bin"] == "deleted"
    assert statuses["dvc.yaml"] == "modified"
    table = done(models.gto("diff", "main", "side", "--name", "churn"))
    assert "... 'main': 1 of its commits are not in 'side'" in table
    markdown = done(models.gto("diff", "main", "side", "--name", "churn", "--md"))
    assert "``a side\\twith \\| and `ticks` ``" in markdown or "`` a side\\twith \\| and `ticks` ``" in markdown


def test_a_revision_is_about_the_artifact_that_the_other_side_names(models: Repo) -> None:
    named = done(models.gto("diff", "churn@v2.0.0", "HEAD", "--name", "churn", "--json"))
    for pair in (("churn@v2.0.0", "HEAD"), ("HEAD", "churn@v2.0.0")):
        found = json.loads(done(models.gto("diff", *pair, "--json")))
        assert found["old"]["artifact"] == found["new"]["artifact"] == "churn"
        assert found["annotation"] == json.loads(named)["annotation"]


def test_long_lists_are_cut_and_say_so(models: Repo) -> None:
    for number in range(12):
        models.commit(f"step {number}", {f"many/{number}-{part}.txt": "x" for part in range(2)})
    table = done(models.gto("diff", "churn@v2.0.0", "HEAD", "--name", "churn"))
    assert "... 2 more commits" in table
    assert "... 4 more files" in table


def test_a_side_without_annotation_is_traced_by_the_path_of_the_other(repo: Repo) -> None:
    stages = "stages: {fit: {cmd: x, deps: [in], outs: [m.bin]}}\n"
    lock = "schema: '2.0'\nstages: {fit: {cmd: x, deps: [{path: in, md5: %s}], outs: [{path: m.bin, md5: %s}]}}\n"
    repo.commit("one", {"dvc.yaml": stages, "dvc.lock": lock % ("11", "22")})
    repo.commit("two", {"dvc.yaml": stages + "artifacts: {churn: {path: m.bin}}\n", "dvc.lock": lock % ("11", "33")})
    found = json.loads(done(repo.gto("diff", "HEAD~1", "HEAD", "--name", "churn", "--json")))
    assert found["data"] == [{"path": "m.bin", "old": "22", "new": "33"}]
    without = json.loads(done(repo.gto("diff", "HEAD~1", "HEAD", "--json")))
    assert without["data"] == found["data"]


def test_a_broken_annotation_is_a_note_and_no_error(models: Repo) -> None:
    models.commit("broken", {"dvc.yaml": "artifacts: [\n"})
    result = models.gto("diff", "churn@v2.0.0", "HEAD", "--name", "churn")
    assert "dvc.yaml" in done(result) + result.stderr
    assert "dvc.yaml" in result.stderr


def test_an_artifact_of_a_directory_is_read_in_its_own_project(repo: Repo) -> None:
    files = {
        "eu/.dvc/config": "",
        "eu/dvc.yaml": "artifacts: {churn: {path: m.bin}}\nmetrics: [m.json]\n",
        "eu/m.json": '{"a": 1}',
        "dvc.yaml": "metrics: [root.json]\n",
        "root.json": '{"b": 1}',
    }
    repo.commit("one", files)
    done(repo.gto("register", "eu:churn"))
    found = json.loads(done(repo.gto("describe", "eu:churn@latest", "--all", "--json")))
    assert found["metrics"] == {"eu/m.json": {"a": 1}}


def test_a_description_notes_on_stderr_what_was_not_read(models: Repo) -> None:
    models.commit("broken", {"m.json": "{"})
    result = models.gto("describe", "churn", "--all")
    assert done(result)
    assert result.stderr.startswith("m.json: ")


def test_submodules_and_odd_names_do_no_harm(models: Repo, tmp_path: Path) -> None:
    other = Repo(tmp_path / "other")
    other.path.mkdir()
    other.git("init", "--quiet")
    commit = other.commit("x")
    models.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    models.commit(
        "odd", {"a\nb.json": "{}", 'q"uote.json': "{}", "dvc.yaml": ANNOTATED + 'metrics: [sub, "a\\nb.json"]'}
    )
    found = json.loads(done(models.gto("describe", "churn", "--all", "--json")))
    assert [one["path"] for one in found["not_in_git"]] == ["sub"]
    assert [problem["subject"] for problem in found["problems"]] == ["a\nb.json"]


def test_a_repository_by_url_is_read_without_a_clone_in_few_requests(
    models: Repo, server: Server, tmp_path: Path
) -> None:
    bare = server.new("models.git", "uploadpack.allowFilter=true")
    models.git("push", "--quiet", str(bare.path), "main", "--tags")
    away = Repo(tmp_path)
    words = ("diff", "churn@v1.0.0", "churn@v2.0.0", "--json")
    server.forget()
    assert done(away.gto(*words, "-r", server.url())) == done(models.gto(*words))
    first = len(server.requests)
    assert first <= 12, server.requests
    assert done(away.gto(*words, "-r", server.url(), "--offline")) == done(models.gto(*words))
    assert len(server.requests) == first


def test_all_is_read_in_few_processes(models: Repo) -> None:
    trace = models.path.parent / "trace"
    done(models.gto("diff", "churn@v1.0.0", "churn@v2.0.0", "--json", env={"GIT_TRACE2_EVENT": str(trace)}))
    started = [json.loads(line) for line in trace.read_text(encoding="utf-8").splitlines()]
    count = sum(event["event"] == "start" for event in started)
    assert count <= 15, count  # four of them for the file of a model that has no facts beside it


def test_a_directory_is_no_page(models: Repo) -> None:
    (models.path / "pages").mkdir()
    said(models.gto("plots", "HEAD", "-o", "pages"), "'pages' is a directory", "-o pages/plots.html")
