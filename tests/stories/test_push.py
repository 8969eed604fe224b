"""`--push`: to a real bare origin, all tags or none, and nothing local before the remote has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.repo import START, TICK, Repo
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

LATER = START + 30 * TICK


@pytest.fixture
def origin(repo: Repo, tmp_path: Path) -> Repo:
    """The bare origin of `repo`, with its main branch."""
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "origin.git"))
    repo.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    repo.git("fetch", "--quiet", "origin")
    repo.git("branch", "--quiet", "--set-upstream-to=origin/main")
    return Repo(tmp_path / "origin.git", LATER)


def hook(repo: Repo, name: str, text: str) -> None:
    path = repo.path / ("hooks" if (repo.path / "hooks").exists() else ".git/hooks") / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def test_a_pushed_event_is_on_the_remote_and_here(repo: Repo, origin: Repo) -> None:
    assert done(repo.gto("register", "nn", "--push")) == (
        "Created git tag 'nn@v0.0.1' that registers version\n"
        "Running `git push origin nn@v0.0.1`\n"
        "Successfully pushed git tag nn@v0.0.1 on remote.\n"
    )
    assert repo.refs("refs/tags") == origin.refs("refs/tags") != {}
    assert json.loads(done(repo.gto("assign", "nn", "--version", "v0.0.1", "--stage", "dev", "--push", "--json")))[
        "pushed"
    ]


def test_a_registration_and_its_assignment_are_pushed_in_one_transaction(
    repo: Repo, origin: Repo, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    local = f"test -e '{repo.path}/.git/refs/tags/nn@v0.0.1' && echo local >> '{log}'; cat >> '{log}'"
    hook(origin, "pre-receive", local)
    done(repo.gto("assign", "nn", "--stage", "prod", "--push"))
    lines = log.read_text(encoding="utf-8").splitlines()
    assert [line.split()[-1] for line in lines] == ["refs/tags/nn@v0.0.1", "refs/tags/nn#prod#1"]
    assert repo.refs("refs/tags") == origin.refs("refs/tags")


@pytest.mark.parametrize(
    "args", [("register", "nn"), ("assign", "nn", "--stage", "prod"), ("deprecate", "nn", "--force")]
)
def test_a_refused_push_leaves_nothing_and_shows_the_server_s_words(
    args: tuple[str, ...], repo: Repo, origin: Repo
) -> None:
    hook(origin, "pre-receive", "echo 'Only Grace may release.' >&2; exit 1")
    before = repo.refs()
    result = repo.gto(*args, "--push")
    assert result.code == 1
    assert result.stdout == ""
    assert "remote: Only Grace may release." in result.stderr
    assert "pre-receive hook declined" in result.stderr
    assert "nothing was written" in result.stderr
    assert "Traceback" not in result.stderr
    assert repo.refs() == before
    assert origin.refs("refs/tags") == {}


def test_where_the_server_takes_one_tag_only_it_gets_none(repo: Repo, origin: Repo) -> None:
    hook(origin, "update", 'case "$1" in *prod*) echo "no prod here" >&2; exit 1;; esac')
    result = repo.gto("assign", "nn", "--stage", "prod", "--push")
    assert result.code == 1
    assert "no prod here" in result.stderr
    assert repo.refs("refs/tags") == origin.refs("refs/tags") == {}


def test_what_others_pushed_is_fetched_before_the_next_version_is_decided(
    repo: Repo, origin: Repo, tmp_path: Path
) -> None:
    origin.git("clone", "--quiet", str(origin.path), str(tmp_path / "other"))
    other = Repo(tmp_path / "other", LATER)
    done(other.gto("register", "nn", "--version", "v1.0.0", "--push"))
    done(other.gto("register", "mm", "--push"))
    there = origin.refs("refs/tags")
    repo.clock = other.clock
    said(repo.gto("register", "nn", "--push"), "'nn' is already registered in this commit with version 'v1.0.0'")
    repo.commit()
    said(repo.gto("register", "nn", "--version", "v1.0.0", "--push"), "Version 'v1.0.0' already was registered.")
    assert origin.refs("refs/tags") == there
    assert "nn@v1.0.1" in done(repo.gto("register", "nn", "--push"))
    assert set(repo.refs("refs/tags")) == {"refs/tags/nn@v1.0.0", "refs/tags/nn@v1.0.1"}


def test_a_tag_that_is_another_on_the_remote_stops_the_push(repo: Repo, origin: Repo, tmp_path: Path) -> None:
    origin.git("clone", "--quiet", str(origin.path), str(tmp_path / "other"))
    other = Repo(tmp_path / "other", LATER)
    done(other.gto("register", "nn", "--push"))
    done(repo.gto("register", "nn"))
    there, here = origin.refs("refs/tags"), repo.refs("refs/tags")
    repo.clock = other.clock
    said(repo.gto("assign", "nn", "--stage", "dev", "--push"), "not the same here and on 'origin'", "'nn@v0.0.1'")
    assert (origin.refs("refs/tags"), repo.refs("refs/tags")) == (there, here)


def test_a_remote_that_is_not_there_leaves_nothing(repo: Repo, origin: Repo) -> None:
    origin.path.rename(origin.path.with_name("gone"))
    result = repo.gto("register", "nn", "--push")
    assert result.code == 1
    assert "does not appear to be a git repository" in result.stderr
    assert repo.refs("refs/tags") == {}
    repo.git("remote", "remove", "origin")
    assert repo.gto("register", "nn", "--push").code == 1


def test_a_deletion_is_pushed_whole(repo: Repo, origin: Repo) -> None:
    done(repo.gto("assign", "nn", "--stage", "prod", "--push"))
    out = done(repo.gto("deprecate", "nn", "v0.0.1", "-d", "--push"))
    assert out.splitlines() == [
        "Deleted git tag 'nn@v0.0.1'",
        "Running `git push --delete origin nn@v0.0.1`",
        "Successfully deleted git tag nn@v0.0.1 on remote.",
        "Deleted git tag 'nn#prod#1'",
        "Running `git push --delete origin nn#prod#1`",
        "Successfully deleted git tag nn#prod#1 on remote.",
    ]
    assert repo.refs("refs/tags") == origin.refs("refs/tags") == {}


def test_a_refused_deletion_deletes_nothing(repo: Repo, origin: Repo) -> None:
    done(repo.gto("assign", "nn", "--stage", "prod", "--push"))
    hook(origin, "update", 'case "$1" in *prod*) echo "prod stays" >&2; exit 1;; esac')
    before = repo.refs("refs/tags")
    result = repo.gto("deprecate", "nn", "-d", "--push")
    assert result.code == 1
    assert "prod stays" in result.stderr
    assert repo.refs("refs/tags") == origin.refs("refs/tags") == before


def test_the_client_s_own_pre_push_hook_is_asked(repo: Repo, origin: Repo) -> None:
    hook(repo, "pre-push", "echo 'not on a Friday' >&2; exit 1")
    result = repo.gto("register", "nn", "--push")
    assert result.code == 1
    assert "not on a Friday" in result.stderr
    assert repo.refs("refs/tags") == origin.refs("refs/tags") == {}


def test_only_the_tags_are_pushed(repo: Repo, origin: Repo) -> None:
    repo.tag("mine")
    repo.git("config", "push.followTags", "true")
    repo.git("config", "remote.origin.push", "refs/heads/*:refs/heads/*")
    repo.commit()
    done(repo.gto("register", "nn", "--push"))
    assert set(origin.refs("refs/tags")) == {"refs/tags/nn@v0.0.1"}
    assert origin.refs("refs/heads") != repo.refs("refs/heads")


def test_the_commit_of_an_annotation_is_pushed(repo: Repo, origin: Repo) -> None:
    out = done(repo.gto("annotate", "nn", "--type", "model", "--push"))
    assert out.splitlines() == [
        "Updated `artifacts.yaml`",
        "Running `git commit` and `git push`",
        "Successfully pushed a new commit to remote.",
    ]
    assert origin.git("log", "-1", "--format=%s", "main") == "Annotate artifact `nn` of type `model`"
    done(repo.gto("remove", "nn", "--push"))
    assert origin.git("log", "-1", "--format=%s", "main") == "Remove annotation for artifact `nn`"


def test_a_refused_push_of_an_annotation_says_what_stayed(repo: Repo, origin: Repo) -> None:
    hook(origin, "pre-receive", "echo 'branch is closed' >&2; exit 1")
    result = repo.gto("annotate", "nn", "--type", "model", "--push")
    assert result.code == 1
    assert "remote: branch is closed" in result.stderr
    assert "nothing was written" not in result.stderr
    assert "the commit is made here" in result.stderr
    assert repo.git("log", "-1", "--format=%s") == "Annotate artifact `nn` of type `model`"


def test_what_was_never_pushed_is_deleted_here_only(repo: Repo, origin: Repo) -> None:
    done(repo.gto("register", "nn", "--push"))
    done(repo.gto("assign", "nn", "--version", "v0.0.1", "--stage", "dev"))
    done(repo.gto("deprecate", "nn", "v0.0.1", "--delete", "--push"))
    assert repo.refs("refs/tags") == origin.refs("refs/tags") == {}
    done(repo.gto("register", "nn"))
    done(repo.gto("deprecate", "nn", "--delete", "--push"))
    assert repo.refs("refs/tags") == {}


def test_where_the_push_succeeds_and_the_local_refs_fail_the_hint_says_so(repo: Repo, origin: Repo) -> None:
    refuse_after_push = f'test "$1" = prepared && test -e "{origin.path}/refs/tags/nn@v0.0.1" && exit 1; exit 0'
    hook(repo, "reference-transaction", refuse_after_push)
    result = repo.gto("register", "nn", "--push")
    assert result.code == 1
    assert "the remote has the change: `git fetch origin --tags`" in result.stderr
    assert repo.refs("refs/tags") == {}
    (repo.path / ".git/hooks/reference-transaction").unlink()
    repo.git("fetch", "origin", "--tags")
    assert done(repo.gto("show", "nn@latest", "--version")) == "v0.0.1\n"


def test_the_push_of_an_annotation_that_failed_can_be_done_again(repo: Repo, origin: Repo) -> None:
    hook(origin, "pre-receive", "exit 1")
    assert repo.gto("annotate", "nn", "--type", "model", "--push").code == 1
    (origin.path / "hooks/pre-receive").unlink()
    said = done(repo.gto("annotate", "nn", "--type", "model", "--push"))
    assert "Running `git push`" in said
    assert origin.git("rev-parse", "main") == repo.git("rev-parse", "HEAD")
    assert origin.git("show", "main:artifacts.yaml") == "nn:\n  type: model"


def test_an_annotation_is_not_pushed_from_a_detached_head(repo: Repo, origin: Repo) -> None:
    repo.git("checkout", "--quiet", "--detach")
    before = repo.git("rev-parse", "HEAD")
    result = repo.gto("annotate", "nn", "--type", "model", "--push")
    assert result.code == 1
    assert "HEAD is detached" in result.stderr
    assert repo.git("rev-parse", "HEAD") == before == origin.git("rev-parse", "main")
    assert not (repo.path / "artifacts.yaml").exists()


def test_an_assignment_takes_the_registration_along_that_the_remote_lacks(repo: Repo, origin: Repo) -> None:
    done(repo.gto("register", "nn"))
    result = repo.gto("assign", "nn", "--version", "v0.0.1", "--stage", "prod", "--push")
    assert result.code == 0
    assert "'nn@v0.0.1' was not on 'origin': it was pushed too" in result.stderr
    assert repo.refs("refs/tags") == origin.refs("refs/tags")
    assert len(origin.refs("refs/tags")) == 2


@pytest.mark.parametrize("trouble", ["gone", "refused"])
def test_tags_are_kept_here_on_demand_where_the_remote_does_not_take_them(
    trouble: str, repo: Repo, origin: Repo
) -> None:
    if trouble == "gone":
        origin.path.rename(origin.path.with_name("gone"))
    else:
        hook(origin, "pre-receive", "echo no >&2; exit 1")
    result = repo.gto("register", "nn", "--push", "--keep-local")
    assert result.code == 1
    assert "the tags are kept here: `gto push` sends them" in result.stderr
    assert set(repo.refs("refs/tags")) == {"refs/tags/nn@v0.0.1"}
    if trouble == "gone":
        origin.path.with_name("gone").rename(origin.path)
    else:
        (origin.path / "hooks/pre-receive").unlink()
    done(repo.gto("push"))
    assert origin.refs("refs/tags") == repo.refs("refs/tags")


def test_a_push_deletes_no_tag_here_where_git_is_told_to_prune(repo: Repo, origin: Repo) -> None:
    assert origin.path.exists()
    repo.git("config", "--global", "fetch.prune", "true")
    done(repo.gto("register", "nn"))
    repo.commit("next")
    done(repo.gto("register", "nn", "--push"))
    assert {"refs/tags/nn@v0.0.1", "refs/tags/nn@v0.0.2"} <= set(repo.refs("refs/tags"))
    repo.git("fetch", "--quiet", "origin", "refs/tags/nn@*:refs/tags/nn@*")
    assert "refs/tags/nn@v0.0.1" not in repo.refs("refs/tags"), "git does"


def test_a_second_push_url_that_refuses_is_told(repo: Repo, origin: Repo, tmp_path: Path) -> None:
    mirror = Repo(tmp_path / "mirror.git")
    repo.git("clone", "--quiet", "--bare", ".", str(mirror.path))
    for place in (origin, mirror):
        repo.git("remote", "set-url", "--add", "--push", "origin", str(place.path))
    hook(mirror, "pre-receive", "echo refused by the mirror >&2; exit 1")
    result = repo.gto("register", "nn", "--push")
    assert result.code == 1
    assert "refused by the mirror" in result.stderr
    assert "another push URL of 'origin' took it" in result.stderr
    assert "nn@v0.0.1" not in repo.git("tag", "--list")


def test_what_is_on_the_fork_that_is_pushed_to_is_not_pushed_again(repo: Repo, origin: Repo, tmp_path: Path) -> None:
    repo.git("clone", "--quiet", "--bare", str(origin.path), str(tmp_path / "fork.git"))
    repo.git("remote", "set-url", "--push", "origin", str(tmp_path / "fork.git"))
    done(repo.gto("register", "nn", "--push"))
    assert repo.gto("push").stderr == "'origin' lacks no event\n"


@pytest.mark.parametrize("depth", [(), ("--depth=1",)])
def test_a_lightweight_tag_of_a_ci_s_checkout_does_not_hide_the_remote_s_event(
    repo: Repo, origin: Repo, tmp_path: Path, depth: tuple[str, ...]
) -> None:
    done(repo.gto("register", "nn", "--push"))
    job = Repo(tmp_path / "job", LATER + TICK)
    job.path.mkdir()
    job.git("init", "--quiet")
    job.git("remote", "add", "origin", f"file://{origin.path}")
    commit = repo.git("rev-parse", "HEAD")
    job.git("fetch", "--quiet", "--no-tags", *depth, "origin", f"+{commit}:refs/tags/nn@v0.0.1")
    job.git("checkout", "--quiet", "refs/tags/nn@v0.0.1")
    done(job.gto("assign", "nn", "HEAD", "--stage", "dev", "--push"))
    said(job.gto("register", "nn", "--push"), "nn")
    assert sorted(ref.removeprefix("refs/tags/") for ref in origin.refs("refs/tags")) == ["nn#dev#1", "nn@v0.0.1"]
