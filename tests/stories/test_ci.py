"""`gto ci`: what a job is told of the tag that started it, from as little of the repository as a checkout has."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from benchmarks.registry import Shape, make
from tests.repo import Repo
from tests.server import FETCH, Fault
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server import Server

ANNOTATED = "artifacts:\n  churn:\n    path: models/churn.txt\n    type: model\n    desc: Who leaves next month\n"
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_SERVER_URL": "https://example.com",
    "GITHUB_REPOSITORY": "team/churn",
}


@pytest.fixture
def origin(server: Server, tmp_path: Path) -> Repo:
    """A served repository: three versions of `churn`; the first, then the second in prod; `eu:churn` beside it."""
    bare = server.new("models.git", "uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true")
    repo = Repo(tmp_path / "author")
    repo.path.mkdir()
    repo.git("init", "--quiet", "--initial-branch=main")
    for number, words in enumerate(("one", "two", "three"), 1):
        files = {"dvc.yaml": ANNOTATED, "models/churn.txt": words, "params.yaml": f"depth: {number}\n"}
        repo.commit(words, files)
        done(repo.gto("register", "churn"))
    for version in ("v0.0.1", "v0.0.2"):
        done(repo.gto("assign", "churn", "--version", version, "--stage", "prod"))
    repo.git("remote", "add", "origin", server.url())
    repo.git("push", "--quiet", "--tags", "origin", "main")
    bare.git("symbolic-ref", "HEAD", "refs/heads/main")
    return repo


def checkout(server: Server, place: Path, ref: str) -> Repo:
    """As a job finds it: the tag's commit alone, no other tag, and a plain tag in the place of the annotated one."""
    repo = Repo(place)
    place.mkdir()
    repo.git("init", "--quiet")
    repo.git("remote", "add", "origin", server.url())
    repo.git("fetch", "--quiet", "--depth=1", "--no-tags", "origin", f"refs/tags/{ref}")
    commit = repo.git("rev-parse", "FETCH_HEAD^{commit}")
    repo.git("update-ref", f"refs/tags/{ref}", commit)
    repo.git("-c", "advice.detachedHead=false", "checkout", "--quiet", commit)
    return repo


def outputs(repo: Repo, *words: str, env: dict[str, str] | None = None) -> dict[str, str]:
    """What `gto ci --json` says."""
    found = json.loads(done(repo.gto("ci", "--json", *words, env=env)))
    assert isinstance(found, dict)
    return found


def test_a_job_is_told_what_its_tag_means_and_which_version_it_replaces(
    origin: Repo, server: Server, tmp_path: Path
) -> None:
    job = checkout(server, tmp_path / "job", "churn#prod#2")
    before = job.refs()
    found = outputs(job, env={**GITHUB, "GITHUB_REF": "refs/tags/churn#prod#2"})
    assert found == {
        "event": "assignment",
        "name": "churn",
        "version": "v0.0.2",
        "stage": "prod",
        "type": "model",
        "path": "models/churn.txt",
        "description": "Who leaves next month",
        "ref": "refs/tags/churn#prod#2",
        "commit": origin.git("rev-parse", "churn#prod#2^{commit}"),
        "previous_version": "v0.0.1",
        "repo": "https://example.com/team/churn",
        **dict.fromkeys(("framework", "code_on_load", "model_facts"), ""),
    }
    assert job.refs() == before
    assert job.git("fsck", "--no-dangling") == ""


def test_the_first_in_a_stage_replaces_nobody_and_a_registration_comes_after_the_latest(origin: Repo) -> None:
    assert outputs(origin, "--ref", "churn#prod#1")["previous_version"] == ""
    assert outputs(origin, "--ref", "churn@v0.0.1")["previous_version"] == ""
    assert outputs(origin, "--ref", "refs/tags/churn@v0.0.3")["previous_version"] == "v0.0.2"


def test_what_takes_back_replaces_nobody(origin: Repo, server: Server) -> None:
    done(origin.gto("deprecate", "churn", "v0.0.2", "prod"))
    done(origin.gto("deprecate", "churn", "v0.0.3"))
    done(origin.gto("deprecate", "churn"))
    found = [outputs(origin, "--ref", ref) for ref in ("churn#prod!#3", "churn@v0.0.3!", "churn@deprecated")]
    assert [one["event"] for one in found] == ["unassignment", "deregistration", "deprecation"]
    assert [one["version"] for one in found] == ["v0.0.2", "v0.0.3", ""]
    assert [one["stage"] for one in found] == ["prod", "", ""]
    assert [one["previous_version"] for one in found] == ["", "", ""]
    assert {one["repo"] for one in found} == {server.url()}


def test_a_ref_that_is_no_event_gives_an_empty_event_and_says_why(origin: Repo) -> None:
    origin.git("tag", "release-1")
    origin.git("tag", "churn@v9.0.0")
    reasons = {
        "release-1": "tag 'release-1' is no tag of GTO",
        "churn@v9.0.0": "tag 'churn@v9.0.0' is no event: ",
        "churn@v8.0.0": "tag 'churn@v8.0.0' is not there, or not any more",
        "churn#prod": "tag 'churn#prod' is not there, or not any more; did you mean 'churn#prod#2'?",
        "eu:churn@v0.0.1": "tag 'eu:churn@v0.0.1' is no tag of GTO; tags are written with '=' for ':'",
        "refs/heads/main": "this job was started by 'refs/heads/main', which is no tag",
    }
    for ref, reason in reasons.items():
        result = origin.gto("ci", "--json", "--ref", ref)
        found = json.loads(done(result))
        assert found.pop("ref").removeprefix("refs/tags/") == ref
        assert found.pop("repo")
        assert set(found.values()) == {""}
        assert f"note: {reason}" in result.stderr
        assert origin.gto("ci", "--ref", ref, "--exit-code").code == 3
    assert origin.gto("ci", "--ref", "churn@v0.0.1", "--exit-code").code == 0
    assert done(origin.gto("ci", "--ref", "release-1")) == "No event of GTO: refs/tags/release-1\n"


def test_outside_of_a_ci_the_tag_must_be_named(origin: Repo) -> None:
    said(origin.gto("ci", env={"CI": "true"}), "Nothing says which tag started this job", "--ref")
    said(origin.gto("ci", env=GITHUB), "Nothing says which tag started this job")


def test_a_tag_that_was_deleted_is_no_event(origin: Repo, server: Server, tmp_path: Path) -> None:
    job = checkout(server, tmp_path / "job", "churn@v0.0.3")
    origin.git("push", "--quiet", "--delete", "origin", "churn@v0.0.3")
    result = job.gto("ci", "--json", env={**GITHUB, "GITHUB_REF": "refs/tags/churn@v0.0.3"})
    assert json.loads(done(result))["event"] == ""
    assert "is not there, or not any more" in result.stderr
    payload = tmp_path / "event.json"
    payload.write_text(json.dumps({"ref": "churn@v0.0.2", "ref_type": "tag"}), encoding="utf-8")
    env = {**GITHUB, "GITHUB_EVENT_NAME": "delete", "GITHUB_EVENT_PATH": str(payload), "GITHUB_REF": "refs/heads/main"}
    result = job.gto("ci", "--json", env=env)
    assert json.loads(done(result))["ref"] == "refs/tags/churn@v0.0.2"
    assert "was deleted" in result.stderr


def test_without_its_remote_a_job_fails_unless_it_says_that_the_checkout_has_all_tags(
    origin: Repo, server: Server, tmp_path: Path
) -> None:
    env = {**GITHUB, "GITHUB_REF": "refs/tags/churn#prod#2"}
    job = checkout(server, tmp_path / "job", "churn#prod#2")
    server.fail(Fault("error"))
    for repo in (job, origin):
        said(repo.gto("ci", env=env), "Cannot reach", "credentials", "--offline")
        said(repo.gto("ci", "--show", env=env), "Cannot reach", "credentials", "--offline")
    server.forget()
    assert outputs(origin, "--offline", env=env)["previous_version"] == "v0.0.1"
    done(origin.gto("ci", "--offline", "--show", env=env))
    assert "is no event: " in job.gto("ci", "--offline", env=env).stderr  # it has a plain tag
    assert server.requests == []


def test_offline_a_commit_that_is_not_here_is_an_error(origin: Repo, tmp_path: Path) -> None:
    shallow = Repo(tmp_path / "shallow")
    Repo(tmp_path).git("clone", "--quiet", "--depth=1", "--no-tags", f"file://{origin.path}", str(shallow.path))
    (tmp_path / "tag").write_text(origin.git("cat-file", "tag", "churn@v0.0.1") + "\n", encoding="utf-8")
    oid = shallow.git("hash-object", "--literally", "-t", "tag", "-w", str(tmp_path / "tag"))
    (shallow.path / ".git/refs/tags/churn@v0.0.1").write_text(f"{oid}\n", encoding="utf-8")
    said(shallow.gto("ci", "--offline", "--ref", "churn@v0.0.1"), "is not in this checkout", "--offline")


def test_settings_of_the_worktree_and_of_the_environment_count_as_they_do_for_git(
    origin: Repo, server: Server, tmp_path: Path
) -> None:
    env = {**GITHUB, "GITHUB_REF": "refs/tags/churn#prod#2"}
    job = checkout(server, tmp_path / "job", "churn#prod#2")
    server.login = ("ada", "secret")
    said(job.gto("ci", env=env), "Cannot reach")
    job.git("config", "extensions.worktreeConfig", "true")
    key = base64.b64encode(b"ada:secret").decode()
    job.git("config", "--worktree", f"http.{server.url()}.extraheader", f"Authorization: Basic {key}")
    assert outputs(job, env=env)["previous_version"] == "v0.0.1"
    job.git("config", f"http.{server.url()}.proxy", "http://127.0.0.1:1")
    said(job.gto("ci", env=env), "Cannot reach")
    over = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"http.{server.url()}.proxy", "GIT_CONFIG_VALUE_0": ""}
    assert outputs(job, env={**env, **over})["previous_version"] == "v0.0.1"
    assert origin.git("tag")


def test_a_checkout_without_a_remote_may_lack_tags(origin: Repo) -> None:
    env = {**GITHUB, "GITHUB_REF": "refs/tags/churn#prod#2"}
    origin.git("remote", "rename", "origin", "other")
    said(origin.gto("ci", env=env), "no remote 'origin'", "--offline")
    assert outputs(origin, "--offline", env=env)["version"] == "v0.0.2"
    assert outputs(origin, "--ref", "churn#prod#2")["version"] == "v0.0.2"  # outside of a CI the clone is whole


def test_a_job_is_told_what_is_not_so_any_more(origin: Repo, server: Server, tmp_path: Path) -> None:
    job = checkout(server, tmp_path / "job", "churn#prod#1")
    env = {**GITHUB, "GITHUB_REF": "refs/tags/churn#prod#1", "GITHUB_SHA": job.git("rev-parse", "HEAD")}
    last = "note: 'churn#prod#1' is not the last word: version 'v0.0.2' is in stage 'prod' by now\n"
    assert job.gto("ci", "--json", env=env).stderr == last
    for version in ("v0.0.2", "v0.0.1"):
        done(origin.gto("deprecate", "churn", version, "prod", "--push"))
    assert "no version is in stage 'prod' by now" in job.gto("ci", "--json", env=env).stderr
    env["GITHUB_SHA"] = origin.git("rev-parse", "HEAD")
    result = job.gto("ci", "--json", env=env)
    assert f"note: 'churn#prod#1' moved: the job was started for commit {env['GITHUB_SHA'][:7]}" in result.stderr
    assert "moved" not in job.gto("ci", "--json", env={**env, "GITHUB_SHA": "HEAD"}).stderr


def test_outputs_begin_a_line_of_their_own(origin: Repo, tmp_path: Path) -> None:
    place = tmp_path / "output"
    place.write_text("a=1")
    env = {**GITHUB, "GITHUB_REF": "refs/tags/churn@v0.0.1", "GITHUB_OUTPUT": str(place)}
    for _ in range(2):
        done(origin.gto("ci", env=env))
    lines = place.read_text().splitlines()
    assert lines[0] == "a=1"
    assert sum(line.startswith("event<<") for line in lines) == 2


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--json", "--show"), "print for people"),
        (("--shell", "--history"), "print for people"),
        (("--json", "--summary"), "in the midst of the answer"),
        (("--out", "x"), "add --pull"),
    ],
)
def test_options_that_would_spoil_the_answer_are_refused(words: tuple[str, ...], reason: str, origin: Repo) -> None:
    said(origin.gto("ci", "--ref", "churn@v0.0.1", *words), reason)


def test_an_annotation_that_cannot_be_read_is_left_out_and_said(origin: Repo) -> None:
    origin.commit("broken", {"dvc.yaml": "artifacts: [\n"})
    done(origin.gto("register", "churn", "--version", "v1.0.0"))
    result = origin.gto("ci", "--json", "--ref", "churn@v1.0.0")
    found = json.loads(done(result))
    assert (found["version"], found["type"], found["path"]) == ("v1.0.0", "", "")
    assert "note: the annotation is left out: dvc.yaml" in result.stderr


def test_a_commit_that_is_not_checked_out_is_fetched(origin: Repo, server: Server, tmp_path: Path) -> None:
    job = checkout(server, tmp_path / "job", "churn#prod#2")
    assert outputs(job, "--ref", "churn@v0.0.3")["path"] == "models/churn.txt"
    assert job.git("rev-list", "--all", "--count") == "1"
    assert "churn@v0.0.3" in origin.git("tag")


def test_files_are_pulled_to_where_the_annotation_says(origin: Repo, server: Server, tmp_path: Path) -> None:
    job = checkout(server, tmp_path / "job", "churn#prod#2")
    (job.path / "models" / "churn.txt").unlink()
    done(job.gto("ci", "--ref", "churn#prod#2", "--pull"))
    assert (job.path / "models" / "churn.txt").read_text() == "two"
    done(job.gto("ci", "--ref", "churn@v0.0.3", "--pull", "--out", "new.txt"))
    assert (job.path / "new.txt").read_text() == "three"
    result = job.gto("ci", "--ref", "refs/heads/main", "--pull")
    assert (result.code, "No event" in result.stdout) == (0, True)
    origin.commit("bare", {"dvc.yaml": "artifacts: {}\n"})
    done(origin.gto("register", "churn", "--version", "v1.0.0", "--push"))
    said(job.gto("ci", "--ref", "churn@v1.0.0", "--pull"), "No annotation")
    done(origin.gto("deprecate", "churn", "--push"))
    result = job.gto("ci", "--ref", "churn@deprecated", "--pull")
    assert "note: deprecation brings no version: nothing is pulled" in result.stderr
    assert result.code == 0


def test_a_pull_replaces_only_what_the_job_checked_out(origin: Repo, server: Server, tmp_path: Path) -> None:
    env = {**GITHUB, "GITHUB_REF": "refs/tags/churn#prod#2"}
    job = checkout(server, tmp_path / "job", "churn#prod#2")
    file = job.path / "models" / "churn.txt"
    file.write_text("of an earlier job")
    said(job.gto("ci", "--ref", "churn#prod#2", "--pull"), "models/churn.txt")
    assert file.read_text() == "of an earlier job"
    done(job.gto("ci", "--pull", env=env))
    assert file.read_text() == "two"
    said(job.gto("ci", "--ref", "churn@v0.0.3", "--pull", env=env), "models/churn.txt")
    assert file.read_text() == "two"
    assert origin.git("tag")


@pytest.mark.parametrize("path", [".git/hooks/post-checkout", "git~1/hooks/x", "../out", "/etc/gto", "file:///etc/gto"])
def test_a_pull_goes_nowhere_but_into_the_checkout(path: str, origin: Repo, server: Server, tmp_path: Path) -> None:
    origin.commit("evil", {"dvc.yaml": json.dumps({"artifacts": {"evil": {"path": path}}}), "hook": "#!/bin/sh\n"})
    listed = {"outs": [{"md5": "0" * 32, "path": path, "isexec": True, "hash": "md5"}]}
    origin.commit("outs", {"evil.dvc": json.dumps(listed)})
    done(origin.gto("register", "evil", "--push"))
    job = checkout(server, tmp_path / "job", "evil@v0.0.1")
    result = job.gto("ci", "--pull", env={**GITHUB, "GITHUB_REF": "refs/tags/evil@v0.0.1"})
    assert result.code == 1
    assert not (job.path / ".git/hooks/post-checkout").exists()
    assert not (job.path / "gto").exists()


def test_a_pull_follows_no_link_out_of_the_checkout(origin: Repo, server: Server, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    job = checkout(server, tmp_path / "job", "churn#prod#2")
    (job.path / "models" / "churn.txt").unlink()
    (job.path / "models").rmdir()
    (job.path / "models").symlink_to(outside)
    said(job.gto("ci", "--pull", env={**GITHUB, "GITHUB_REF": "refs/tags/churn#prod#2"}), "which is a link")
    assert list(outside.iterdir()) == []
    assert origin.git("tag")


def test_a_summary_tells_the_event_what_changed_and_the_registry(origin: Repo, server: Server, tmp_path: Path) -> None:
    job = checkout(server, tmp_path / "job", "churn#prod#2")
    env = {**GITHUB, "GITHUB_REF": "refs/tags/churn#prod#2", "GITHUB_STEP_SUMMARY": str(tmp_path / "step.md")}
    done(job.gto("ci", "--summary", env=env))
    text = (tmp_path / "step.md").read_text()
    assert text.startswith("## assignment: `churn#prod#2` version `v0.0.2`\n")
    assert "### `v0.0.1` → `v0.0.2`" in text
    assert "| `params.yaml` | `depth` | `1` | `2` |" in text
    assert "| `churn` | `v0.0.3` | `v0.0.2` |" in text
    done(job.gto("ci", "--ref", "refs/heads/main", "--summary", str(tmp_path / "own.md")))
    assert (tmp_path / "own.md").read_text().startswith("## No event of GTO: `refs/heads/main`\n")
    assert "## registration" in done(job.gto("ci", "--ref", "churn@v0.0.1", "--summary"))
    assert origin.git("status", "--porcelain") == ""


def test_the_registry_and_its_history_are_printed_whole_from_a_shallow_checkout(
    origin: Repo, server: Server, tmp_path: Path
) -> None:
    job = checkout(server, tmp_path / "job", "churn#prod#2")
    text = done(job.gto("ci", "--ref", "churn#prod#2", "--show", "--history"))
    assert "│ churn  │ v0.0.3   │ v0.0.2  │" in text
    assert text.count("registration") == 3
    assert len(origin.refs("refs/tags")) == 5


def test_only_events_that_a_policy_allows_count_where_it_is_required(
    origin: Repo, server: Server, tmp_path: Path
) -> None:
    rule = "rules: [{name: leads, artifacts: churn, stages: prod, who: [grace@example.com]}]\n"
    origin.commit("policy", {".gto.policy.yaml": rule})
    origin.git("push", "--quiet", "origin", "main")
    job = checkout(server, tmp_path / "job", "churn#prod#2")
    place = tmp_path / "output"
    env = {**GITHUB, "GITHUB_REF": "refs/tags/churn#prod#2", "GITHUB_OUTPUT": str(place)}
    said(job.gto("ci", "--require-policy", env=env), "'churn#prod#2' is refused: rule 'leads'", "gto check")
    said(job.gto("ci", "--require-signed", env=env), "'churn#prod#2' is refused: unsigned", "gto verify")
    assert not place.exists()
    assert json.loads(done(job.gto("ci", "--json", "--ref", "churn@v0.0.2", "--require-policy")))["event"]


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_takes_any_description_as_it_is(repo: Repo, shell: str) -> None:
    nasty = (
        "first $(touch x) `id`\n::set-output name=event::hacked\n##vso[task.setvariable variable=x]y 'q' \"é\" \\n end"
    )
    repo.commit("x", {"dvc.yaml": json.dumps({"artifacts": {"m": {"path": "p", "desc": nasty}}})})
    done(repo.gto("register", "m"))
    printed = done(repo.gto("ci", "--ref", "m@v0.0.1", "--shell"))
    assert "##" not in printed
    assert not any(line.startswith("::") for line in printed.splitlines())
    argv = [shell, "-c", 'eval "$1"; env >/dev/null; printf %s "$GTO_DESCRIPTION"', shell, printed]
    assert subprocess.run(argv, capture_output=True, text=True, check=True, cwd=repo.path).stdout == nasty
    assert not (repo.path / "x").exists()


def test_a_repository_may_be_named_by_its_url(origin: Repo, server: Server) -> None:
    found = outputs(origin, "-r", server.url(), "--ref", "churn@v0.0.1")
    assert (found["path"], found["repo"]) == ("models/churn.txt", server.url())


def test_a_summary_names_the_repository_of_a_directory_too(origin: Repo, server: Server, tmp_path: Path) -> None:
    origin.git("remote", "set-url", "origin", str(server.root / "models.git"))
    place = tmp_path / "summary.md"
    assert outputs(origin, "--ref", "churn@v0.0.1", "--summary", str(place))["repo"] == str(server.root / "models.git")
    assert place.exists()


def test_ten_thousand_tags_cost_a_shallow_checkout_little(server: Server, tmp_path: Path) -> None:
    make(server.root / "large", Shape(100, 20, 80, 2000))
    large = Repo(server.root / "large")
    large.git("config", "uploadpack.allowFilter", "true")
    ref = large.git("tag", "--list", "team-5/model-0055#prod*").splitlines()[-1]
    place = tmp_path / "job"
    url = server.url("large/.git")
    Repo(tmp_path).git("clone", "--quiet", "--depth=1", f"--branch={ref}", url, str(place))
    server.forget()
    found = outputs(Repo(place), env={**GITHUB, "GITHUB_REF": f"refs/tags/{ref}"})
    assert (found["event"], found["stage"], found["ref"]) == ("assignment", "prod", f"refs/tags/{ref}")
    assert found["version"]
    assert found["previous_version"]
    fetched = server.counts
    assert fetched.sent + fetched.received < 100_000
    assert any(one.path.endswith(FETCH) for one in server.requests)


def test_half_of_a_surrogate_pair_in_metrics_does_not_end_the_job(repo: Repo) -> None:
    declared = {"dvc.yaml": "metrics: [m.json]\nartifacts: {m: {path: a}}\n"}
    for number in (1, 2):
        repo.commit(f"{number}", {**declared, "m.json": f'{{"k\\ud800": {number}}}'})
        repo.tag(f"m@v{number}.0.0")
    done(repo.gto("ci", "--ref", "m@v2.0.0", "--summary", "summary.md"))
    assert r"k\ud800" in (repo.path / "summary.md").read_text(encoding="utf-8")
