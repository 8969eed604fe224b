"""Commits of branches and experiments, read in one process each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gto.git.command import Git
from gto.git.commit_walk import Experiment, current_branch, read_commits, read_tips, walk

if TYPE_CHECKING:
    from tests.repo import Repo


def test_a_walk_tells_of_each_commit_what_git_log_does(repo: Repo) -> None:
    repo.git("config", "i18n.logOutputEncoding", "latin1")
    repo.git("config", "log.showSignature", "true")
    first = repo.git("rev-parse", "HEAD")
    second = repo.commit("Über\n\nwith a body\x1f\n\n[skip studio]")
    found = walk(Git(str(repo.path)), [second])
    assert [one.oid for one in found] == [second, first]
    assert (found[0].parents, found[1].parents) == ((first,), ())
    assert (found[0].subject, found[0].message) == ("Über", "Über\n\nwith a body\x1f\n\n[skip studio]\n")
    assert found[0].time == int(repo.git("log", "-1", "--format=%ct"))
    assert [one.oid for one in walk(Git(str(repo.path)), [second], most=1)] == [second]
    assert [one.oid for one in read_commits(Git(str(repo.path)), [first, "0" * 40])] == [first]
    assert walk(Git(str(repo.path)), []) == []


def test_dvc_s_own_refs_are_no_experiments(repo: Repo) -> None:
    head = repo.git("rev-parse", "HEAD")
    ref = f"refs/exps/{head[:2]}/{head[2:]}/shy-elm"
    for name in (ref, "refs/exps/stash", "refs/exps/exec/EXEC_HEAD", "refs/exps/celery/stash", "refs/exps/apply/x"):
        repo.git("update-ref", name, head)
    git = Git(str(repo.path))
    assert read_tips(git).experiments == (Experiment(ref, "shy-elm", head, head),)
    branch = current_branch(git)
    assert [one.name for one in read_tips(git).branches] == [branch]
    repo.git("switch", "--quiet", "--detach")
    assert current_branch(git) is None
