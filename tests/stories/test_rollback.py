"""`gto rollback`: the version before goes back into its stage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from tests.repo import Repo


@pytest.fixture
def three(repo: Repo) -> Repo:
    """nn: v0.0.1, v0.0.2, v0.0.3, each put into prod in its turn."""
    for _ in range(3):
        done(repo.gto("assign", "nn", "--stage", "prod"))
        repo.commit()
    return repo


def prod(repo: Repo) -> str:
    return done(repo.gto("show", "nn#prod", "--version")).strip()


def test_the_version_before_comes_back_and_is_named(three: Repo) -> None:
    result = three.gto("rollback", "nn", "--stage", "prod", "-m", "v3 is bad")
    assert "Created git tag 'nn#prod#4' that assigns stage to version 'v0.0.2'" in done(result)
    assert result.stderr == "note: stage 'prod' of 'nn' goes back from 'v0.0.3' to 'v0.0.2'\n"
    assert prod(three) == "v0.0.2"
    assert three.git("tag", "-l", "--format=%(contents)", "nn#prod#4").strip() == "v3 is bad"


def test_twice_is_where_it_began(three: Repo) -> None:
    done(three.gto("rollback", "nn", "--stage", "prod"))
    done(three.gto("rollback", "nn", "--stage", "prod"))
    assert prod(three) == "v0.0.3"


def test_to_names_the_version(three: Repo) -> None:
    result = three.gto("rollback", "nn", "--stage", "prod", "--to", "v0.0.1", "--json")
    assert json.loads(done(result))["events"][0]["version"] == "v0.0.1"
    assert "from 'v0.0.3' to 'v0.0.1'" in result.stderr
    said(three.gto("rollback", "nn", "--stage", "prod", "--to", "v0.0.1"), "already in stage")
    said(three.gto("rollback", "nn", "--stage", "prod", "--to", "v9.0.0"), "Version 'v9.0.0' is not registered")


def test_a_version_that_was_taken_back_is_passed_over(three: Repo) -> None:
    done(three.gto("deprecate", "nn", "v0.0.2"))
    done(three.gto("rollback", "nn", "--stage", "prod"))
    assert prod(three) == "v0.0.1"


def test_a_commit_without_a_version_is_gone_back_to(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    done(repo.gto("assign", "nn", "--stage", "dev", "--sr"))
    repo.commit()
    done(repo.gto("assign", "nn", "--stage", "dev", "--sr"))
    done(repo.gto("rollback", "nn", "--stage", "dev"))
    assert json.loads(done(repo.gto("show", "--json")))["nn"]["stage"]["dev"] == first


def test_where_nothing_was_before_there_is_nowhere_to_go(repo: Repo) -> None:
    said(repo.gto("rollback", "nn", "--stage", "prod"), "Cannot find artifact 'nn'")
    done(repo.gto("assign", "nn", "--stage", "prod"))
    said(repo.gto("rollback", "nn", "--stage", "dev"), "No version in stage 'dev' was found for 'nn'")
    said(
        repo.gto("rollback", "nn", "--stage", "prod"), "No version was in stage 'prod' before 'v0.0.1'", "gto assign nn"
    )
