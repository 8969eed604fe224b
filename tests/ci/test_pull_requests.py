from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ci import gh, programs, runner
from tests.ci.clouds import EXAMPLES, VARS, clouds, go
from tests.ci.runner import Run
from tests.repo import Repo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.bench import Bench
    from tests.ci.origin import Origin


def test_a_pull_request_asks_for_the_version_in_the_repository_of_environments(remote: Origin, tmp_path: Path) -> None:
    work = Repo(tmp_path / "work")
    work.path.mkdir()
    work.git("init", "--quiet")
    work.commit("first", {"prod/churn.yaml": "old\n"})
    work.git("clone", "--quiet", "--bare", ".", str(tmp_path / "environments.git"))
    values = {"vars": {**VARS, "ENVIRONMENTS": str(tmp_path / "environments.git")}}
    state = tmp_path / "github.json"
    _, calls = go("gitops-pull-request", remote, "refs/tags/churn#prod#2", clouds(tmp_path, state), **values)
    assert [call[:3] for call in calls] == [["gh", "auth", "setup-git"], ["gh", "pr", "list"], ["gh", "pr", "create"]]
    assert calls[2][3:7] == ["--head", "gto/prod/churn@v1.1.0", "--title", "churn v1.1.0 in prod"]
    bare = Repo(tmp_path / "environments.git")
    text = bare.git("show", "gto/prod/churn@v1.1.0:prod/churn.yaml")
    commit = remote.commits["churn#prod#2"]
    assert text == f'model:\n  name: "churn"\n  version: "v1.1.0"\n  commit: "{commit}"'
    stubs = clouds(tmp_path / "rerun", state)
    run, again = go("gitops-pull-request", remote, "refs/tags/churn#prod#2", stubs, **values)
    assert [call[:3] for call in again] == [["gh", "auth", "setup-git"], ["gh", "pr", "list"]]
    assert "Pull request 1 asks for it" in run.log
    state.write_text(state.read_text(encoding="utf-8").replace("open", "closed"), encoding="utf-8")
    stubs = clouds(tmp_path / "closed", state)
    _, anew = go("gitops-pull-request", remote, "refs/tags/churn#prod#2", stubs, **values)
    assert anew[-1][:3] == ["gh", "pr", "create"]
    bare.git("branch", "--force", "main", "gto/prod/churn@v1.1.0")
    stubs = clouds(tmp_path / "merged", state)
    run, merged = go("gitops-pull-request", remote, "refs/tags/churn#prod#2", stubs, **values)
    assert merged == [["gh", "auth", "setup-git"]]
    assert "has churn v1.1.0 already" in run.log


def compare(remote: Origin, place: Path, state: Path, head: str = "ada/models", stage: str = "prod") -> Run:
    """The job for pull request 7 from a branch of a repository."""
    pull = {"number": 7, "head": {"repo": {"full_name": head}}}
    workflow = runner.read(EXAMPLES / "compare-on-pull-request.yml")
    assert not runner.starts(workflow, "refs/tags/churn@v1.0.0")
    (job,) = workflow["jobs"].values()
    job["steps"][-1]["env"].update(NAME="swap", STAGE=stage)
    run = Run(remote, "refs/heads/main", place, clouds(place, state), scripts=EXAMPLES)
    run.workflow(workflow, github={"event": {"pull_request": pull}, "token": "t"})
    return run


MARK = "<!-- gto-compare swap prod -->\n"


def test_a_pull_request_is_commented_with_the_comparison_and_later_over_it(remote: Origin, tmp_path: Path) -> None:
    """A comment of another workflow stays as it is, and so does that of a stranger who writes our mark."""
    state = tmp_path / "github.json"
    others = [(gh.BOT, "Coverage: 99 %"), ("mallory", f"{MARK}mine")]
    comments = [{"id": 1 + number, "user": {"login": name}, "body": text} for number, (name, text) in enumerate(others)]
    state.write_text(json.dumps({"comments": comments}), encoding="utf-8")
    compare(remote, tmp_path / "one", state)
    *before, ours = json.loads(state.read_text(encoding="utf-8"))["comments"]
    assert before == comments
    assert ours["body"].startswith(MARK)
    assert "`swap#prod (v2.0.0)`" in ours["body"]
    state.write_text(json.dumps({"comments": [*comments, {**ours, "body": f"{MARK}old"}]}), encoding="utf-8")
    compare(remote, tmp_path / "two", state)
    assert json.loads(state.read_text(encoding="utf-8"))["comments"] == [*comments, ours]
    compare(remote, tmp_path / "three", state, stage="nowhere")
    *_, last = json.loads(state.read_text(encoding="utf-8"))["comments"]
    said = "No version of `swap` is in `nowhere` yet: there is nothing to compare with.\n"
    assert last["body"] == f"<!-- gto-compare swap nowhere -->\n{said}"


@pytest.mark.parametrize(("head", "asked"), [("eve/models", 0), ("ada/models", 1)])
def test_where_a_job_may_not_comment_the_comparison_is_in_its_summary(
    head: str, asked: int, remote: Origin, tmp_path: Path
) -> None:
    state = tmp_path / "github.json"
    state.write_text(json.dumps({"refuses": True}), encoding="utf-8")
    run = compare(remote, tmp_path / "job", state, head)
    summaries = [path.read_text(encoding="utf-8") for path in (tmp_path / "job").rglob("summary")]
    assert [text.startswith(f"{MARK}") and "`swap#prod (v2.0.0)`" in text for text in summaries] == [True]
    assert "The comparison is in the summary of this job" in run.log
    assert len(programs.calls(tmp_path / "job/bin")) == asked


def test_no_two_artifacts_and_stages_have_one_file_of_values(bench: Bench, tmp_path: Path) -> None:
    home = str(tmp_path / "environments.git")
    for words in (["init", "--quiet", "."], ["commit", "--quiet", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *words], cwd=bench.work, check=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", str(bench.work), home], check=True)
    both = [("a:b", "prod"), ("a-b", "prod"), ("a/b", "prod"), ("b", "prod/a"), ("a", "prod")]
    for artifact, stage in both:
        done = bench.run("gitops-pull-request", NAME=artifact, STAGE=stage, ENVIRONMENTS=home)
        assert done.returncode == 0, done.stderr
    names = subprocess.check_output(["git", "for-each-ref", "--format=%(refname:short)", "refs/heads/gto"], cwd=home)
    files = [
        subprocess.check_output(["git", "ls-tree", "-r", "--name-only", name], cwd=home).decode()
        for name in names.decode().split()
    ]
    assert sorted(files) == [
        "prod/a-b.yaml\n", "prod/a.yaml\n", "prod/a/b.yaml\n", "prod/a=b.yaml\n", "prod=a/b.yaml\n",
    ]  # fmt: skip


def test_a_comparison_follows_no_link_of_a_pull_request(bench: Bench, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("as it was", encoding="utf-8")
    (bench.work / "comparison.md").symlink_to(victim)
    (bench.stubs / "gto").write_text("#!/bin/sh\n", encoding="utf-8")
    words = {"HEAD_REPO": "eve/models", "GITHUB_REPOSITORY": "ada/models", "NUMBER": "7"}
    done = bench.run("compare-on-pull-request", GITHUB_STEP_SUMMARY=str(tmp_path / "summary"), **words)
    assert done.returncode == 0, done.stderr
    assert victim.read_text(encoding="utf-8") == "as it was"
    assert "nothing to compare with" in (tmp_path / "summary").read_text(encoding="utf-8")
