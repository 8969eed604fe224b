"""`gto check`: whose policy counts, what is judged, and what it says where it cannot tell."""

from __future__ import annotations

import json
import subprocess
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


def test_a_shallow_clone_that_cannot_know_a_branch_says_what_brings_its_history(repo: Repo, tmp_path: Path) -> None:
    repo.commit("on main only", {".gto.policy.yaml": "rules: [{name: merged, stages: prod, branch: main}]\n"})
    repo.git("clone", "--quiet", "--depth=1", f"file://{repo.path}", str(tmp_path / "shallow"))
    shallow = Repo(tmp_path / "shallow", LATER)
    shallow.git("fetch", "--quiet", "--depth=1", "origin", "refs/tags/ok#prod#1:refs/tags/ok#prod#1")
    result = shallow.gto("check", "ok#prod#1")
    assert "is not on branch 'main', as far as this shallow clone goes back" in done(result, code=1)
    assert "`git fetch --unshallow`" in result.stderr
    shallow.git("fetch", "--quiet", "--unshallow")
    assert "allowed" in done(shallow.gto("check", "ok#prod#1"))


def test_errors_say_what_to_name(repo: Repo, clone: Repo) -> None:
    for words in ((), ("ok@v0.0.1", "--range")):
        result = clone.gto("check", *words)
        assert "Error: Name tags, or use --range: `gto check churn#prod#3`" in result.stderr
        assert (result.stdout, result.code) == ("", 2)
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


@pytest.mark.parametrize("damage", ["removed", "garbage", "emptied"])
@pytest.mark.parametrize("what", ["HEAD:.gto.policy.yaml", "HEAD^{tree}", "HEAD:.gto"])
def test_a_policy_that_git_cannot_read_forbids(what: str, damage: str, repo: Repo, tmp_path: Path) -> None:
    repo.commit("stages", {".gto": "stages: [prod]\n"})
    repo.git("clone", "--quiet", "--bare", "--no-hardlinks", ".", str(tmp_path / "bare.git"))
    bare = Repo(tmp_path / "bare.git", LATER)
    assert done(bare.gto("check", "ok@v0.0.1")) == "ok@v0.0.1: allowed\n"
    oid = bare.git("rev-parse", what)
    for pack in (bare.path / "objects/pack").glob("*.pack"):
        moved = pack.rename(tmp_path / pack.name)
        with moved.open("rb") as file:
            subprocess.run(["git", "unpack-objects", "-q"], stdin=file, cwd=bare.path, check=True)
    for index in (bare.path / "objects/pack").iterdir():
        index.unlink()
    place = bare.path / "objects" / oid[:2] / oid[2:]
    place.chmod(0o644)
    if damage == "removed":
        place.unlink()
    else:
        place.write_bytes(b"garbage" if damage == "garbage" else b"")
    result = bare.gto("check", "ok#prod#1")
    assert result.code == 1
    assert "allowed" not in result.stdout
    assert "Traceback" not in result.stderr


def test_a_tag_named_as_a_branch_is_not_taken_for_it(repo: Repo, clone: Repo) -> None:
    for name in ("main", "origin/main", "origin/HEAD", "HEAD"):
        clone.git("update-ref", f"refs/tags/{name}", repo.git("rev-parse", "HEAD~1"))
    for words in ((), ("--policy-from", "origin/main"), ("--policy-from", "main"), ("--policy-from", "main~0")):
        assert "may not do this" in done(clone.gto("check", "ok#prod#1", *words), code=1)
    assert "allowed" in done(clone.gto("check", "ok#prod#1", "--policy-from", "refs/tags/main"))


def test_where_the_default_branch_is_not_known_a_reader_does_not_go_by_what_is_checked_out(
    repo: Repo, tmp_path: Path
) -> None:
    job = Repo(tmp_path / "job", LATER)
    job.path.mkdir()
    job.git("init", "--quiet")
    job.git("remote", "add", "origin", str(repo.path))
    job.git("fetch", "--quiet", "origin", "+refs/tags/ok*:refs/tags/ok*")
    job.git("checkout", "--quiet", "ok#prod#1")
    said(job.gto("show", "ok#prod", "--require-policy"), "it is 'main', which was not fetched")
    # A branch that is called as default branches mostly are is not taken for the one that the remote has.
    repo.git("branch", "master", "HEAD~1")
    job.git("fetch", "--quiet", "origin", "master:refs/remotes/origin/master")
    said(job.gto("check", "ok#prod#1"), "it is 'main', which was not fetched")
    job.git("fetch", "--quiet", "origin", "main:refs/remotes/origin/main")
    assert "may not do this" in done(job.gto("check", "ok#prod#1"), code=1)
    job.git("remote", "rename", "origin", "upstream")
    said(job.gto("show", "ok#prod", "--require-policy"), "No remote is called 'origin'")


def test_a_branch_of_a_rule_is_the_remotes_and_not_one_of_its_name_here(repo: Repo, tmp_path: Path) -> None:
    repo.commit("policy", {".gto.policy.yaml": "rules: [{name: released, branch: release}]\n"})
    repo.git("branch", "release", "HEAD")
    assert "allowed" in done(repo.gto("check", "ok@v0.0.1", "--policy-from", "main"))  # without a remote
    repo.git("branch", "--force", "release", repo.git("commit-tree", "-m", "other", "HEAD^{tree}"))
    repo.git("clone", "--quiet", "--single-branch", "--branch=main", ".", str(tmp_path / "job"))
    job = Repo(tmp_path / "job", LATER)
    job.git("checkout", "--quiet", "-b", "release")
    assert "is not on branch 'release'" in done(job.gto("check", "ok@v0.0.1", "--policy-from", "origin/main"), code=1)
    said(job.gto("register", "new"), "is not on branch 'release'")


def test_a_refused_event_is_no_ground_for_another(tmp_path: Path) -> None:
    rules = "rules: [{stages: staging, who: []}, {stages: prod, after: staging}]\n"
    repo = make_healthy(tmp_path / "repo")
    repo.tag("ok#staging#2")
    repo.tag("ok#prod#3")
    repo.commit("policy", {".gto.policy.yaml": rules})
    found = json.loads(done(repo.gto("check", "ok#prod#3", "--policy-from", "HEAD", "--json"), code=1))
    assert [reason["code"] for reason in found[0]["reasons"]] == ["out-of-order"]


def test_what_claims_to_be_older_than_the_policy_is_judged_when_it_is_named(clone: Repo) -> None:
    clone.commit("since", {".gto.policy.yaml": "since: 2024-01-01\n" + NOBODY[".gto.policy.yaml"]})
    assert "may not do this" in done(clone.gto("check", "ok#prod#1", "--policy-from", "HEAD"), code=1)


def test_a_ref_that_is_no_utf_8_is_judged_like_any_other(clone: Repo) -> None:
    oid = clone.git("rev-parse", "refs/tags/ok@v0.0.1")
    line = f"{ZEROS} {oid} refs/tags/caf\udce9@v1.0.0\n"
    found = json.loads(done(clone.gto("check", "--range", "--json", input=line), code=1))
    assert [one["reasons"][0]["code"] for one in found] == ["ill-formed"]
