"""`gto check`: whose policy counts, what is judged, and what it says where it cannot tell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import gto.api
from tests.repo import START, TICK, Repo
from tests.stories.healthy import done, make_healthy, said

if TYPE_CHECKING:
    from pathlib import Path

LATER = START + 60 * TICK
NOBODY = {".gto.policy.yaml": "rules: [{name: closed, stages: prod, who: []}]\n"}
ZEROS = "0" * 40


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """ok@v0.0.1 and ok#prod#1; afterwards a policy that lets nobody into prod."""
    repo = make_healthy(tmp_path / "repo")
    repo.commit("policy", NOBODY)
    return repo


@pytest.fixture
def clone(repo: Repo, tmp_path: Path) -> Repo:
    repo.git("clone", "--quiet", ".", str(tmp_path / "clone"))
    return Repo(tmp_path / "clone", LATER)


def test_a_tag_is_judged_by_the_default_branch_of_the_remote(clone: Repo) -> None:
    clone.commit("open here", {".gto.policy.yaml": "rules: []\n"})
    assert done(clone.gto("check", "ok@v0.0.1")) == "ok@v0.0.1: allowed\n"
    result = clone.gto("check", "ok@v0.0.1", "ok#prod#1")
    text = "rule 'closed': 'ada@example.com' may not do this; allowed: nobody"
    assert done(result, code=1) == f"ok@v0.0.1: allowed\nok#prod#1: refused: {text}\n"
    assert result.stderr == "   ask one of them, or change the rule\n"


def test_json_says_which_rule_decides(clone: Repo) -> None:
    found = json.loads(done(clone.gto("check", "refs/tags/ok#prod#1", "--json"), code=1))
    reason = {
        "code": "not-allowed",
        "rule": "closed",
        "text": "'ada@example.com' may not do this; allowed: nobody",
        "hint": "ask one of them, or change the rule",
    }
    assert found == [{"ref": "ok#prod#1", "allowed": False, "rules": ["closed"], "reasons": [reason]}]
    (verdict,) = gto.api.check(str(clone.path), ["ok#prod#1"])
    assert verdict.dict_state() == found[0]


def test_a_revision_of_one_s_own_counts_where_it_is_named(clone: Repo) -> None:
    commit = clone.commit("open here", {".gto.policy.yaml": "rules: []\n"})
    assert "allowed" in done(clone.gto("check", "ok#prod#1", "--policy-from", commit))
    assert "allowed" in done(clone.gto("check", "ok#prod#1", "--policy-from", "HEAD"))
    said(clone.gto("check", "ok#prod#1", "--policy-from", "nowhere"), "Ref 'nowhere' was not found")


def test_without_a_policy_only_what_is_no_event_is_refused(tmp_path: Path) -> None:
    repo = make_healthy(tmp_path / "repo")
    repo.tag("ok#dev", annotated=False)
    repo.tag("release-1")
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    bare = Repo(tmp_path / "bare.git", LATER)
    assert done(bare.gto("check", "ok#prod#1", "release-1")) == "ok#prod#1: allowed\n"
    assert "a lightweight tag is no event" in done(bare.gto("check", "ok#dev"), code=1)


def test_later_events_do_not_count_against_a_tag(clone: Repo, repo: Repo) -> None:
    repo.tag("ok#dev#2")
    repo.tag("ok#dev#3")
    clone.git("fetch", "--quiet", "--tags")
    assert done(clone.gto("check", "ok#dev#2", "ok#dev#3")).count("allowed") == 2


def test_what_a_push_changed_is_judged_as_the_branch_was_before(repo: Repo, clone: Repo) -> None:
    old = clone.git("rev-parse", "origin/HEAD")
    repo.commit("open", {".gto.policy.yaml": "rules: []\n"})
    repo.tag("ok#prod#2")
    clone.git("fetch", "--quiet", "--tags")
    tag = f"{ZEROS} {repo.git('rev-parse', 'refs/tags/ok#prod#2')} refs/tags/ok#prod#2\n"
    assert "allowed" in done(clone.gto("check", "--range", input=tag))
    branch = f"{old} {repo.git('rev-parse', 'HEAD')} refs/heads/main\n"
    assert "may not do this" in done(clone.gto("check", "--range", input=branch + tag), code=1)
    born = f"{ZEROS} {repo.git('rev-parse', 'HEAD')} refs/heads/main\n"
    assert "allowed" in done(clone.gto("check", "--range", input=born + tag))
    assert "allowed" in done(clone.gto("check", "--range", "--policy-from", "origin/main", input=branch + tag))


def test_a_tag_that_is_gone_here_was_an_event_all_the_same(clone: Repo) -> None:
    oid = clone.git("rev-parse", "refs/tags/ok@v0.0.1")
    unknown = "1" * 40
    gone = clone.gto("check", "--range", input=f"{oid} {ZEROS} refs/tags/ok@v0.0.1\n")
    assert "an event is never deleted" in done(gone, code=1)
    lost = clone.gto("check", "--range", input=f"{unknown} {oid} refs/tags/ok@v0.0.1\n")
    assert "an event is never moved or overwritten" in done(lost, code=1)


def test_errors_say_what_to_name(repo: Repo, clone: Repo) -> None:
    said(clone.gto("check"), "Name tags, or use --range")
    said(clone.gto("check", "ok@v0.0.1", "--range"), "Name tags, or use --range")
    said(clone.gto("check", "nope@v1.0.0"), "'nope@v1.0.0'", "gto tags")
    said(clone.gto("check", "--range", input="a b c\n"), "'a b c' is no line of `old new ref`")
    said(repo.gto("check", "ok@v0.0.1"), "default branch of the remote is not known", "--policy-from")
    clone.git("remote", "set-head", "origin", "--delete")
    assert "allowed" in done(clone.gto("check", "ok@v0.0.1"))  # origin/main is the only one of the two usual names
    clone.commit("broken", {".gto.policy.yaml": "rules: 5\n"})
    said(clone.gto("check", "ok@v0.0.1", "--policy-from", "HEAD"), ".gto.policy.yaml")
    said(clone.gto("check", "ok@v0.0.1", "--allowed-signers", "nowhere"), "Cannot read 'nowhere'")


def test_a_policy_that_is_no_file_forbids_what_it_may_forbid(repo: Repo) -> None:
    (repo.path / ".gto.policy.yaml").unlink()
    (repo.path / ".gto.policy.yaml").mkdir()
    said(repo.gto("assign", "ok", "--version", "v0.0.1", "--stage", "dev"), ".gto.policy.yaml: it is no file")
    (repo.path / ".gto.policy.yaml").rmdir()
    (repo.path / ".gto.policy.yaml").symlink_to("/etc/hostname")
    said(repo.gto("assign", "ok", "--version", "v0.0.1", "--stage", "dev"), ".gto.policy.yaml: it is no file")


def test_both_the_work_tree_and_the_remote_must_allow_it(clone: Repo) -> None:
    words = ("assign", "ok", "--version", "v0.0.1", "--stage", "prod", "--force")
    (clone.path / ".gto.policy.yaml").write_text("rules: []\n", encoding="utf-8")
    said(clone.gto(*words), "rule 'closed'", "policy of the default branch of 'origin'")
    (clone.path / ".gto.policy.yaml").write_text(NOBODY[".gto.policy.yaml"], encoding="utf-8")
    clone.git("remote", "remove", "origin")
    said(clone.gto(*words), "rule 'closed'", "policy of the work tree")
    (clone.path / ".gto.policy.yaml").unlink()
    done(clone.gto(*words))
