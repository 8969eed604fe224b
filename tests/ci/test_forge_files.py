from __future__ import annotations

import os
import re
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.ci import channels, programs, recorded
from tests.ci.runner import ROOT
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.origin import Origin
    from tests.repo import Repo

FILES = ROOT / "integrations"


def run(script: str, place: Path, env: dict[str, str], bin_directory: Path) -> subprocess.CompletedProcess[bytes]:
    """A script run by sh in a checkout, as a CI does."""
    path = f"{bin_directory}:{os.environ['PATH']}"
    whole = {**os.environ, **env, "PATH": path}
    return subprocess.run(["sh", "-e", "-c", script], cwd=place, env=whole, capture_output=True, check=False)


def component(**inputs: str) -> dict[str, Any]:
    """The job of GitLab's component with its inputs filled in, as GitLab does: in the texts of what it has read."""
    head, body = yaml.safe_load_all((FILES / "gitlab/templates/gto.yml").read_text(encoding="utf-8"))
    declared = head["spec"]["inputs"]
    assert {key for key, one in declared.items() if "default" not in one} <= set(inputs)
    values = {key: one.get("default") for key, one in declared.items()} | inputs
    found: dict[str, Any] = filled(body, values)
    return found


def filled(value: Any, values: dict[str, str]) -> Any:  # noqa: ANN401 - whatever the file holds
    match value:
        case str():
            return re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda match: values[match[1]], value)
        case list():
            return [filled(one, values) for one in value]
        case dict():
            return {filled(key, values): filled(one, values) for key, one in value.items()}
        case _:
            return value


@pytest.mark.parametrize("ref", ["churn#prod#2", "hostile#prod", "release-1"])
def test_gitlabs_component_hands_the_event_to_later_jobs(ref: str, remote: Origin, tmp_path: Path) -> None:
    ((name, job),) = component(options="--require-policy").items()
    assert (name, job["stage"], job["rules"]) == ("gto", ".pre", [{"if": "$CI_COMMIT_TAG"}])
    repo = remote.checkout(tmp_path / "checkout", f"refs/tags/{ref}")
    told = recorded.job("gitlab", f"refs/tags/{ref}", "0" * 40, tmp_path)
    bin_directory = programs.make(tmp_path / "bin", "pip")
    left = run("\n".join(job["script"]), repo.path, {**told.env, **job["variables"]}, bin_directory)
    assert left.returncode == 0, left.stderr
    found = channels.dotenv((repo.path / job["artifacts"]["reports"]["dotenv"]).read_bytes())
    assert (found["event"], found["ref"]) == ("" if ref == "release-1" else "assignment", f"refs/tags/{ref}")
    assert programs.calls(bin_directory) == []  # gto is there already


def test_gitlabs_component_installs_gto_where_the_image_has_none(tmp_path: Path) -> None:
    job = component(source="gto @ git+https://git.example.com/gto@v1", **{"job-name": "ask", "stage": "build"})["ask"]
    bin_directory = programs.make(tmp_path / "bin", "pip")
    (bin_directory / "gto").unlink()
    env = {**job["variables"], "PATH": f"{bin_directory}:/usr/bin:/bin"}
    subprocess.run(["sh", "-e", "-c", job["script"][0]], cwd=tmp_path, env=env, check=True)
    assert programs.calls(bin_directory)[0][-1] == "gto @ git+https://git.example.com/gto@v1"
    script = ["sh", "-e", "-c", job["script"][0]]
    done = subprocess.run(script, cwd=tmp_path, env={**env, "INPUT_SOURCE": ""}, capture_output=True, check=False)
    assert b"INPUT_SOURCE: is an input to set, as the image has no gto" in done.stderr
    assert done.returncode != 0
    assert len(programs.calls(bin_directory)) == 1


@pytest.mark.parametrize("ref", ["churn#prod#2", "hostile#prod", "release-1"])
def test_bitbuckets_pipe_writes_what_a_step_can_read(ref: str, remote: Origin, tmp_path: Path) -> None:
    repo = remote.checkout(tmp_path / "checkout", f"refs/tags/{ref}")
    told = recorded.job("bitbucket", f"refs/tags/{ref}", "0" * 40, tmp_path)
    env = {**told.env, "BITBUCKET_CLONE_DIR": str(repo.path), "REQUIRE_POLICY": "true"}
    left = run(f"sh {FILES}/bitbucket/pipe.sh", tmp_path, env, programs.make(tmp_path / "bin"))
    assert left.returncode == 0, left.stderr
    found = channels.shell(repo.path / "gto.sh", "sh")
    assert (found["event"], found["ref"]) == ("" if ref == "release-1" else "assignment", f"refs/tags/{ref}")
    assert not list(tmp_path.rglob("hacked"))
    known = {one["name"] for one in yaml.safe_load((FILES / "bitbucket/pipe.yml").read_text("utf-8"))["variables"]}
    script = (FILES / "bitbucket/pipe.sh").read_text("utf-8")
    assert known == {name for name in re.findall(r"\$\{([A-Z_]+):-", script) if not name.startswith("BITBUCKET_")}


def test_bitbuckets_pipe_asks_the_proxy_by_the_name_that_it_has_in_a_pipe(remote: Origin, tmp_path: Path) -> None:
    """The program `gto` stands here for any git that it starts: it prints which proxy counts for the clone's remote."""
    repo = remote.checkout(tmp_path / "checkout", "refs/tags/churn#prod#2")
    told = recorded.job("bitbucket", "refs/tags/churn#prod#2", "0" * 40, tmp_path)
    origin = told.env["BITBUCKET_GIT_HTTP_ORIGIN"]
    repo.git("config", f"http.{origin}.proxy", "http://localhost:29418/")
    bin_directory = programs.make(tmp_path / "bin")
    (bin_directory / "gto").write_text(f"#!/bin/sh\ngit config --get-urlmatch http.proxy {origin}\n", encoding="utf-8")
    before = (repo.path / ".git/config").read_bytes()
    env = {**told.env, "BITBUCKET_CLONE_DIR": str(repo.path)}
    pipe = f"sh {FILES}/bitbucket/pipe.sh"
    for known, proxy in (("", "localhost"), (origin, "host.docker.internal")):
        env["BITBUCKET_GIT_HTTP_ORIGIN"] = known
        assert run(pipe, tmp_path, env, bin_directory).returncode == 0
        assert (repo.path / "gto.sh").read_text(encoding="utf-8") == f"http://{proxy}:29418/\n"
        assert (repo.path / ".git/config").read_bytes() == before
    (bin_directory / "gto").write_text("#!/bin/sh\nexit 7\n", encoding="utf-8")
    assert run(pipe, tmp_path, env, bin_directory).returncode == 7
    assert (repo.path / ".git/config").read_bytes() == before


def test_bitbuckets_pipe_asks_about_another_tag_and_fails_as_gto_does(remote: Origin, tmp_path: Path) -> None:
    repo = remote.checkout(tmp_path / "checkout", "refs/tags/release-1")
    bin_directory = programs.make(tmp_path / "bin")
    env = {"BITBUCKET_CLONE_DIR": str(repo.path), "REF": "gone@v1.0.0", "OUT": "told by gto.sh"}
    assert run(f"sh {FILES}/bitbucket/pipe.sh", tmp_path, env, bin_directory).returncode == 0
    assert channels.shell(repo.path / "told by gto.sh", "sh")["name"] == "gone"
    failed = run(f"sh {FILES}/bitbucket/pipe.sh", tmp_path, {**env, "REF": "", "OUT": "none.sh"}, bin_directory)
    assert failed.returncode == 1
    assert not (repo.path / "none.sh").exists()


def test_the_image_of_bitbuckets_pipe_gets_what_it_installs_and_nothing_else() -> None:
    first, *lines = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] != "#"]
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = re.findall(r"/src/([\w./]+)", (FILES / "bitbucket/Dockerfile").read_text("utf-8"))
    assert first == "*"
    assert allowed == {*named, project["readme"], *project["license-files"], "pyproject.toml", "src"}
    assert all((ROOT / name).exists() for name in allowed)


def test_bitbuckets_pipe_writes_to_no_file_that_a_commit_links_to(remote: Origin, tmp_path: Path) -> None:
    repo = remote.checkout(tmp_path / "checkout", "refs/tags/churn#prod#2")
    victim = tmp_path / "victim"
    victim.mkdir()
    for name in ("gto.sh", "gto.sh.new"):
        (victim / name).write_text("as it was", encoding="utf-8")
        (repo.path / name).symlink_to(victim / name)
    told = recorded.job("bitbucket", "refs/tags/churn#prod#2", "0" * 40, tmp_path)
    env = {**told.env, "BITBUCKET_CLONE_DIR": str(repo.path)}
    pipe = f"sh {FILES}/bitbucket/pipe.sh"
    assert run(pipe, tmp_path, env, programs.make(tmp_path / "bin")).returncode == 0
    assert {path.read_text(encoding="utf-8") for path in victim.iterdir()} == {"as it was"}
    assert (repo.path / "gto.sh").stat().st_mode & 0o777 == 0o644
    (repo.path / "gto.sh").unlink()
    (repo.path / "gto.sh").symlink_to(victim)
    assert run(pipe, tmp_path, env, programs.make(tmp_path / "bin")).returncode == 0
    assert channels.shell(repo.path / "gto.sh", "sh")["name"] == "churn"
    assert sorted(path.name for path in repo.path.glob("gto.sh*")) == ["gto.sh", "gto.sh.new"]
    assert sorted(path.name for path in victim.iterdir()) == ["gto.sh", "gto.sh.new"]


@pytest.mark.parametrize(("asked", "name"), [("", "churn"), ("gone@v1.0.0", "gone"), ("$(touch hacked)", "")])
def test_jenkins_step_answers_with_json(asked: str, name: str, remote: Origin, tmp_path: Path) -> None:
    groovy = (FILES / "jenkins/vars/gto.groovy").read_text(encoding="utf-8")
    scripts = re.findall(r"script: '([^'\\]*)'", groovy)  # in single quotes, in which Groovy fills nothing in
    assert len(scripts) == 1
    repo = remote.checkout(tmp_path / "checkout", "refs/tags/churn#prod#2")
    told = recorded.job("jenkins", "refs/tags/churn#prod#2", "0" * 40, tmp_path)
    left = run(scripts[0], repo.path, {**told.env, "ASKED_REF": asked}, programs.make(tmp_path / "bin"))
    assert left.returncode == 0, left.stderr
    assert yaml.safe_load(left.stdout)["name"] == name
    assert not list(tmp_path.rglob("hacked"))


def hook() -> dict[str, Any]:
    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_the_hook_of_pre_commit_takes_the_files_that_gto_reads_and_no_others() -> None:
    pattern = hook()["files"]
    names = ("artifacts.yaml", "a/b/dvc.yaml", ".gto", ".gto.policy.yaml", "a/artifacts.yaml")
    assert all(re.search(pattern, name) for name in names)
    others = ("a/.gto", "my-dvc.yaml", "dvc.yaml.orig", ".gto.policy.yaml.bak", "dvc.lock", "artifactsxyaml")
    assert not any(re.search(pattern, name) for name in others)


def test_the_hook_of_pre_commit_runs_the_check_of_files(repo: Repo) -> None:
    program, *words = hook()["entry"].split()
    assert program == "gto"
    repo.commit("sound", {"dvc.yaml": "artifacts: {churn: {path: m.pkl, type: model}}\n", ".gto": "stages: [dev]\n"})
    assert done(repo.gto(*words, "dvc.yaml", ".gto")) == ""
    repo.commit("wrong", {"dvc.yaml": "artifacts: {churn: {path: [m.pkl]}}\n"})
    said_so = done(repo.gto(*words, "dvc.yaml", ".gto"), code=1)
    assert said_so.startswith("dvc.yaml: ")
    repo.commit("a directory that looks like an option", {"-x/artifacts.yaml": "churn: 7\n"})
    assert done(repo.gto(*words, "-x/artifacts.yaml"), code=1).startswith("-x/artifacts.yaml: ")


FILES_WRONG = {
    "artifacts.yaml": ("churn: {type: 7}\n", "artifacts.yaml"),
    "sub/dvc.yaml": ("artifacts: [\n", "sub/dvc.yaml"),
    ".gto": ("stagse: [dev]\n", "unknown setting 'stagse'"),
    ".gto.policy.yaml": ("rulez: []\n", "rulez"),
}


@pytest.mark.parametrize("file", FILES_WRONG)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(file: str, repo: Repo) -> None:
    text, words = FILES_WRONG[file]
    repo.commit("wrong", {file: text})
    found = done(repo.gto("check", "--files", file), code=1)
    assert found.startswith(f"{file}: ")
    assert words in found
    rows = yaml.safe_load(done(repo.gto("check", "--files", "--json", file), code=1))
    assert {row["subject"] for row in rows} == {file}


def test_a_type_that_the_configuration_does_not_list_is_found_before_it_is_committed(repo: Repo) -> None:
    repo.commit("types", {".gto": "types: [model]\n", "artifacts.yaml": "churn: {type: modle}\n"})
    assert "'modle'" in done(repo.gto("check", "--files", "artifacts.yaml"), code=1)
    assert done(repo.gto("check", "--files", ".gto", "--json")) == "[]\n"


def test_a_broken_configuration_does_not_hide_what_is_wrong_elsewhere(repo: Repo) -> None:
    repo.commit("wrong", {".gto": "stages: 7\n", "artifacts.yaml": "churn: 7\n"})
    found = done(repo.gto("check", "--files", "artifacts.yaml", ".gto"), code=1)
    assert {line.partition(":")[0] for line in found.splitlines()} == {"artifacts.yaml", ".gto"}


def test_files_that_are_missing_unknown_or_not_named_are_said(repo: Repo) -> None:
    assert "dvc.yaml: there is no such file" in done(repo.gto("check", "--files", "dvc.yaml"), code=1)
    said(repo.gto("check", "--files", "README.md"), "GTO does not read 'README.md'")
    said(repo.gto("check", "--files", "sub/.gto"), "GTO does not read 'sub/.gto'")
    assert "Name files" in repo.gto("check", "--files").stderr
    assert "leave --range" in repo.gto("check", "--files", "--user", "ada", "dvc.yaml").stderr
    bare = repo.git("clone", "--quiet", "--bare", ".", "bare.git")
    said(repo.gto("check", "--repo", "bare.git", "--files", "dvc.yaml"), "bare repository")
    assert bare == ""
