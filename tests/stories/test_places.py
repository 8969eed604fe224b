"""Every kind of repository and every place in it from which gto may be run."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.repo import START, TICK, Repo, run
from tests.stories.healthy import check_reads, check_still_writes, done, make_healthy, problems, said

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LATER = START + 30 * TICK


def has_reftable() -> bool:
    version = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    return tuple(int(part) for part in version.split(".")[:2]) >= (2, 45)


FORMATS = (
    ("--object-format=sha1",),
    ("--object-format=sha256",),
    *((("--ref-format=reftable",),) if has_reftable() else ()),
)


@pytest.mark.parametrize("init", FORMATS, ids=" ".join)
def test_every_format_of_repository_is_read_and_written(init: Iterable[str], tmp_path: Path) -> None:
    repo = make_healthy(tmp_path / "repo", *init)
    check_reads(repo)
    assert problems(repo) == set()
    check_still_writes(repo)
    repo.commit("next")
    assert "ok@v0.0.2" in done(repo.gto("assign", "ok", "--stage", "prod"))
    assert "ok#prod!#4" in done(repo.gto("deprecate", "ok", "v0.0.2", "prod"))
    assert json.loads(done(repo.gto("show", "ok", "--json")))[0]["commit_hexsha"] == repo.git("rev-parse", "HEAD")
    assert done(repo.gto("deprecate", "ok", "v0.0.2", "-d"))
    repo.git("pack-refs", "--all")
    check_reads(repo)


@pytest.mark.parametrize(
    "name", ["with spaces", "gâteau - 模型 🎂", "-r", "quote'\"$HOME;#&", "a:b", "x\udcffy", "new\nline"]
)
def test_any_directory_name_will_do(name: str, tmp_path: Path) -> None:
    repo = make_healthy(tmp_path / name)
    check_reads(repo)
    check_still_writes(repo)
    outside = Repo(tmp_path)
    assert "ok" in done(outside.gto("show", f"--repo={repo.path}"))
    assert "ok" in done(outside.gto("show", "-r", f"./{name}"))


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with one sound artifact."""
    return make_healthy(tmp_path / "repo")


def test_a_bare_repository_is_read_and_written(repo: Repo, tmp_path: Path) -> None:
    repo.commit("configuration", {".gto": "stages: [prod, qa]\n", "artifacts.yaml": "ok: {type: model}\n"})
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    bare = Repo(tmp_path / "bare.git", LATER)
    check_reads(bare)
    assert problems(bare) == set()
    check_still_writes(bare)
    assert done(bare.gto("stages", "--allowed")) == "prod\nqa\n"
    assert json.loads(done(bare.gto("describe", "ok"))) == {"type": "model"}
    said(bare.gto("annotate", "ok", "--type", "data"), "bare repository")
    said(bare.gto("remove", "ok"), "bare repository")


def test_a_bare_repository_has_the_annotations_of_its_head(repo: Repo, tmp_path: Path) -> None:
    repo.commit("annotation", {"artifacts.yaml": "new: {type: model}\n"})
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    assert "*new" in done(Repo(tmp_path / "bare.git", LATER).gto("show"))


def test_a_branch_that_is_none_is_no_reason_to_show_all(repo: Repo) -> None:
    said(repo.gto("show", "--branch", "nosuch"), "Ref 'nosuch' was not found")
    assert done(repo.gto("show", "--branch", "main")) == done(repo.gto("show"))


def test_a_bare_repository_without_commits_is_empty(tmp_path: Path) -> None:
    bare = Repo(tmp_path / "bare.git")
    bare.path.mkdir()
    bare.git("init", "--quiet", "--bare")
    assert done(bare.gto("show")) == "Nothing found in the current workspace\n"
    said(bare.gto("register", "nn"), "Ref 'HEAD' was not found")


def test_inside_of_the_git_directory_the_configuration_of_head_counts(repo: Repo) -> None:
    repo.commit("configuration", {".gto": "stages: [prod]\n"})
    inside = Repo(repo.path / ".git", LATER)
    before = set(inside.path.iterdir())
    said(inside.gto("assign", "ok", "--stage", "dev"), "Allowed stages are")
    said(inside.gto("annotate", "ok", "--type", "model"), "no work tree")
    assert set(inside.path.iterdir()) == before


def test_a_linked_work_tree_shares_tags_and_reads_its_own_configuration(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked", LATER)
    (linked.path / ".gto").write_text("stages: [prod, qa]\n", encoding="utf-8")
    check_reads(linked)
    check_still_writes(linked)
    assert done(linked.gto("stages", "--allowed")) == "prod\nqa\n"
    assert "qa" in done(repo.gto("stages")).split()
    assert "Updated" in done(linked.gto("annotate", "ok", "--type", "model", "--commit"))
    assert repo.git("show", "linked:artifacts.yaml") == "ok:\n  type: model"


def test_a_submodule_is_a_repository_of_its_own(repo: Repo, tmp_path: Path) -> None:
    outer = make_healthy(tmp_path / "outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repo.path), "inner")
    inner = Repo(outer.path / "inner", LATER)
    check_reads(inner)
    check_still_writes(inner)
    assert done(outer.gto("stages")) == "prod\n"


@pytest.mark.parametrize("place", ["sub", "sub/deeper", ".git", ".git/refs"])
def test_any_directory_inside_will_do(place: str, repo: Repo) -> None:
    repo.commit(
        "files", {".gto": "stages: [prod, qa]\n", "sub/deeper/file": "x", "artifacts.yaml": "ok: {type: model}\n"}
    )
    there = Repo(repo.path / place, LATER)
    check_reads(there)
    assert problems(there) == set()
    check_still_writes(there)
    if not place.startswith(".git"):
        assert done(there.gto("stages", "--allowed")) == "prod\nqa\n"
        assert json.loads(done(there.gto("describe", "ok"))) == {"type": "model"}
        done(there.gto("annotate", "ok", "--label", "x"))
        assert "labels" in (repo.path / "artifacts.yaml").read_text(encoding="utf-8")


def test_a_detached_head_is_a_commit_like_any_other(repo: Repo) -> None:
    repo.commit("next")
    repo.git("checkout", "--quiet", "--detach", "HEAD~1")
    check_reads(repo)
    check_still_writes(repo)
    said(repo.gto("register", "ok"), "already registered")
    done(repo.gto("register", "ok", "main"))


def test_a_repository_without_a_commit_says_so(empty_repo: Repo) -> None:
    assert done(empty_repo.gto("show")) == "Nothing found in the current workspace\n"
    assert done(empty_repo.gto("show", "--json")) == "{}\n"
    assert done(empty_repo.gto("history")) == "Nothing found in the current workspace\n"
    for args in (("stages",), ("tags",), ("check-ref", "ok@v0.0.1")):
        assert done(empty_repo.gto(*args)) == ""
    assert problems(empty_repo) == set()
    said(empty_repo.gto("show", "ok"), "Cannot find artifact 'ok'")
    for words in (["register", "ok"], ["assign", "ok", "--stage", "prod"], ["deprecate", "ok", "--ref", "HEAD"]):
        said(empty_repo.gto(*words), "Ref 'HEAD' was not found")
    assert "Updated" in done(empty_repo.gto("annotate", "ok", "--type", "model", "--commit"))
    assert empty_repo.git("show", "HEAD:artifacts.yaml") == "ok:\n  type: model"


def test_a_branch_that_has_no_commit_yet_shows_all_tags(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "--orphan", "new")
    check_reads(repo)
    said(repo.gto("register", "ok"), "Ref 'HEAD' was not found")
    check_still_writes(repo)


# --- clones that lack something


@pytest.fixture
def origin(repo: Repo, tmp_path: Path) -> Repo:
    """A bare origin: ok@v0.0.1 and ok#prod#1 on the first of three commits, annotations in each."""
    for place in range(2):
        repo.commit("next", {"artifacts.yaml": f"ok: {{type: model, description: number {place}}}\n"})
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "origin.git"))
    bare = Repo(tmp_path / "origin.git", LATER)
    bare.git("config", "uploadpack.allowFilter", "true")
    bare.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return bare


def clone(origin: Repo, *options: str) -> Repo:
    path = origin.path.with_name("clone")
    origin.git("clone", "--quiet", *options, origin.path.as_uri(), str(path))
    return Repo(path, LATER)


def test_a_shallow_clone_numbers_on_from_what_the_remote_has(origin: Repo) -> None:
    shallow = clone(origin, "--depth=1")
    assert done(shallow.gto("show", "--json", "--registered-only")).count("v0.0.1") == 0
    said(shallow.gto("register", "ok", "--version", "v0.0.1"), "Version 'v0.0.1' already was registered.")
    assert shallow.refs("refs/tags") == {}
    commits = shallow.git("rev-list", "--all", "--count")
    assert "ok@v0.0.2" in done(shallow.gto("register", "ok"))
    assert "ok#dev#2" in done(shallow.gto("assign", "ok", "--stage", "dev", "--push"))
    assert set(shallow.refs("refs/tags")) == {"refs/tags/ok@v0.0.2", "refs/tags/ok#dev#2"}
    assert "refs/tags/ok#dev#2" in origin.refs("refs/tags")
    assert shallow.git("rev-list", "--all", "--count") == commits
    assert "new@v0.0.1" in done(shallow.gto("register", "new"))


def test_a_shallow_clone_deletes_on_the_remote_what_it_does_not_have_itself(origin: Repo) -> None:
    shallow = clone(origin, "--depth=1")
    there = len(origin.refs("refs/tags"))
    done(shallow.gto("deprecate", "ok", "--delete", "--push"))
    assert shallow.refs("refs/tags") == {}
    assert 0 <= len(origin.refs("refs/tags")) < there
    assert not any("/ok" in ref for ref in origin.refs("refs/tags"))


def test_a_shallow_clone_promotes_a_version_whose_commit_it_lacks(origin: Repo) -> None:
    work = origin.path.with_name("repo")
    later = Repo(work, LATER)
    for number in range(3):
        later.commit(f"more {number}")
    later.git("push", "--quiet", str(origin.path), "HEAD:main")
    shallow = clone(origin, "--depth=1")
    assert shallow.git("rev-list", "--all", "--count") == "1"
    assert "ok#dev#2" in done(shallow.gto("assign", "ok", "--version", "v0.0.1", "--stage", "dev", "--push"))
    assert "refs/tags/ok#dev#2" in origin.refs("refs/tags")
    assert int(shallow.git("rev-list", "--all", "--count")) <= 2
    said(shallow.gto("deprecate", "ok", "v0.0.1", "--delete"), "on 'origin' only", "add --push")


def test_a_shallow_clone_whose_remote_does_not_answer_registers_only_by_force(origin: Repo) -> None:
    shallow = clone(origin, "--depth=1")
    origin.path.rename(origin.path.with_name("gone"))
    said(shallow.gto("register", "new"), "Cannot reach 'file://", "does not appear to be a git repository", "--force")
    assert shallow.refs("refs/tags") == {}
    assert "new@v0.0.1" in done(shallow.gto("register", "new", "--force"))


def test_a_partial_clone_is_read_and_written(origin: Repo) -> None:
    partial = clone(origin, "--filter=blob:none", "--no-checkout")
    check_reads(partial)
    assert problems(partial) == set()
    check_still_writes(partial)
    assert json.loads(done(partial.gto("show", "ok", "--json")))[0]["version"] == "v0.0.1"
    described = json.loads(done(partial.gto("describe", "ok", "--rev", "HEAD")))
    assert described == {"type": "model", "description": "number 1"}


def test_tags_of_a_partial_clone_are_read_without_its_remote(origin: Repo) -> None:
    partial = clone(origin, "--filter=blob:none")
    origin.path.rename(origin.path.with_name("gone"))
    check_reads(partial)


# --- what a repository's own configuration could run


PLANTED = {
    "core.fsmonitor": "{trap}",
    "core.pager": "{trap}",
    "pager.for-each-ref": "{trap}",
    "pager.show-ref": "{trap}",
    "core.editor": "{trap}",
    "core.sshCommand": "{trap}",
    "core.askPass": "{trap}",
    "credential.helper": "!{trap}",
    "diff.external": "{trap}",
    "alias.for-each-ref": "!{trap}",
    "alias.cat-file": "!{trap}",
    "alias.show-ref": "!{trap}",
    "alias.rev-parse": "!{trap}",
    "alias.tag": "!{trap}",
    "filter.trap.clean": "{trap}",
    "filter.trap.smudge": "{trap}",
    "filter.trap.process": "{trap}",
    "diff.trap.textconv": "{trap}",
    "gpg.program": "{trap}",
    "gpg.ssh.program": "{trap}",
    "uploadpack.packObjectsHook": "{trap}",
    "remote.origin.uploadpack": "{trap}",
}


def test_reading_tags_runs_nothing_that_the_repository_s_configuration_names(repo: Repo, tmp_path: Path) -> None:
    repo.commit("files", {"artifacts.yaml": "ok: {type: model}\n", ".gitattributes": "* filter=trap diff=trap\n"})
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\n", encoding="utf-8")
    trap.chmod(0o755)
    for key, value in PLANTED.items():
        repo.git("config", key, value.format(trap=trap))
    for hook in ("reference-transaction", "pre-commit", "post-checkout", "post-index-change", "fsmonitor-watchman"):
        os.symlink(trap, repo.path / ".git/hooks" / hook)
    (repo.path / "README.md").write_text("changed\n", encoding="utf-8")
    check_reads(repo)
    assert problems(repo) == set()
    done(repo.gto("describe", "ok"))
    done(repo.gto("describe", "ok", "--rev", "HEAD"))
    done(repo.gto("annotate", "ok", "--label", "x"))
    assert not (tmp_path / "sprung").exists()
    run("git", "status", cwd=repo.path)
    assert (tmp_path / "sprung").exists(), "the trap is none"


def test_variables_that_point_git_elsewhere_do_not_count(repo: Repo, tmp_path: Path) -> None:
    other = make_healthy(tmp_path / "other")
    done(other.gto("register", "other"))
    env = {
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": str(other.path),
        "GIT_INDEX_FILE": str(other.path / ".git/index"),
        "GIT_OBJECT_DIRECTORY": str(other.path / ".git/objects"),
        "GIT_NAMESPACE": "elsewhere",
        "GIT_CONFIG_PARAMETERS": "'core.bare=true'",
    }
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"):
        assert "other" not in check_reads(repo, env={name: env[name]})
    check_still_writes(repo)


def test_a_git_in_another_language_is_understood(repo: Repo) -> None:
    check_reads(repo, env={"LANGUAGE": "de", "LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8"})


# --- arguments that look like options


VALUES = (
    "-x",
    "--",
    "--upload-pack=touch sprung",
    "^HEAD",
    "HEAD..HEAD~0",
    "@{99}",
    "HEAD^{tree}",
    "é b",
    "HEAD\nHEAD",
)


@pytest.mark.parametrize("value", VALUES)
def test_no_value_is_taken_for_an_option_of_git(value: str, repo: Repo) -> None:
    before = repo.refs()
    lines = (
        ("register", "ok", "--force", "--", value),
        ("register", "--", value),
        ("register", "new", f"--version={value}"),
        ("assign", "ok", "--stage=dev", "--force", "--", value),
        ("assign", "ok", f"--stage={value}"),
        ("assign", "ok", "--stage=dev", f"--version={value}"),
        ("deprecate", "ok", "--ref", value),
        ("deprecate", "--", "ok", "v0.0.1", value),
        ("rollback", "ok", f"--stage={value}"),
        ("describe", "ok", f"--rev={value}"),
        ("describe", "--", value),
        ("show", "--", value),
        ("show", "-r", value),
        ("annotate", "--", value),
        ("annotate", "ok", "--must-exist", f"--path={value}"),
    )
    for args in lines:
        result = repo.gto(*args)
        assert result.code in {1, 2}, (args, result)
        assert result.stderr, args
        assert "Traceback" not in result.stderr, args
    for args in (("check-ref", "--", value), ("history", "--", value)):
        assert done(repo.gto(*args)) in {"", "Nothing found in the current workspace\n"}
    assert not (repo.path / "sprung").exists()
    assert repo.refs() == before
