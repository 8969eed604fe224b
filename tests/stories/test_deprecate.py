"""`gto deprecate`: an artifact retired, a version taken back, a stage taken off; or their tags deleted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from tests.repo import Repo


@pytest.fixture
def filled(repo: Repo) -> Repo:
    """nn: v0.0.1 in prod and dev, v0.0.2 in prod, which is the newest; other: v0.0.1."""
    done(repo.gto("register", "nn"))
    for stage in ("dev", "prod"):
        done(repo.gto("assign", "nn", "--version", "v0.0.1", "--stage", stage))
    done(repo.gto("register", "other"))
    repo.commit()
    done(repo.gto("assign", "nn", "--stage", "prod"))
    return repo


def overview(repo: Repo, *args: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(done(repo.gto("show", "--json", *args)))
    return found


def names(repo: Repo) -> set[str]:
    return {ref.removeprefix("refs/tags/") for ref in repo.refs("refs/tags")}


def test_an_artifact_is_retired_and_hidden(filled: Repo) -> None:
    assert done(filled.gto("deprecate", "nn", "-m", "gone")) == (
        "Created git tag 'nn@deprecated' that deprecates artifact\n"
        "To push the changes upstream, run:\n"
        "    git push origin nn@deprecated\n"
    )
    assert set(overview(filled)) == {"other"}
    assert overview(filled, "-d")["nn"]["active"] is False
    hidden = filled.gto("show", "nn")
    assert hidden.stdout == "Nothing found in the current workspace\n"
    assert "'nn' is deprecated: -d shows it" in hidden.stderr
    assert "v0.0.2" in done(filled.gto("show", "nn", "-d"))
    said(filled.gto("deprecate", "nn"), "Artifact was deprecated already")
    assert "nn@deprecated#4" in done(filled.gto("deprecate", "nn", "--force"))


def test_an_unrelated_commit_does_not_bring_it_back(filled: Repo) -> None:
    done(filled.gto("deprecate", "nn"))
    filled.commit("later", {"artifacts.yaml": "nn:\n  type: model\n"})
    assert "nn" not in overview(filled)


def test_a_version_is_taken_back_with_its_stages_and_comes_again(filled: Repo) -> None:
    assert done(filled.gto("deprecate", "nn", "v0.0.2")).splitlines()[::2] == [
        "Created git tag 'nn@v0.0.2!' that deregisters version",
        "    git push origin 'nn@v0.0.2!'",
    ]
    assert overview(filled)["nn"] == {
        "version": "v0.0.1",
        "stage": {"dev": "v0.0.1", "prod": "v0.0.1"},
        "registered": True,
        "active": True,
    }
    said(filled.gto("deprecate", "nn", "v0.0.2"), "was deregistered already")
    assert "v0.0.2" not in done(filled.gto("show", "nn"))
    assert "v0.0.2" in done(filled.gto("show", "nn", "-d"))
    result = filled.gto("register", "nn")
    assert "nn@v0.0.2#4" in done(result)
    assert overview(filled)["nn"]["stage"] == {"dev": "v0.0.1", "prod": "v0.0.2"}


def test_a_commit_whose_version_was_taken_back_gets_another_only_when_asked(filled: Repo) -> None:
    done(filled.gto("deprecate", "nn", "v0.0.2"))
    said(filled.gto("register", "nn", "--version", "v3.0.0"), "you can only register v0.0.2", "--allow-second-version")
    result = filled.gto("register", "nn", "--version", "v3.0.0", "--allow-second-version")
    assert "nn@v3.0.0" in done(result)
    assert "GTO 1.10 fails on the whole repository" in result.stderr


def test_a_stage_is_taken_off_and_the_earlier_holder_shows_again(filled: Repo) -> None:
    assert done(filled.gto("deprecate", "nn", "v0.0.2", "prod")).splitlines()[::2] == [
        "Created git tag 'nn#prod!#4' that unassigns stage from version 'v0.0.2'",
        "    git push origin 'nn#prod!#4'",
    ]
    assert overview(filled)["nn"]["stage"] == {"dev": "v0.0.1", "prod": "v0.0.1"}
    said(filled.gto("deprecate", "nn", "v0.0.2", "prod"), "Stage 'prod' is not assigned to a version 'v0.0.2'")
    said(filled.gto("deprecate", "nn", "v0.0.2", "dev"), "Stage 'dev' is not assigned to a version 'v0.0.2'")


def test_a_stage_of_a_commit_without_a_version_is_taken_off_by_ref(repo: Repo) -> None:
    done(repo.gto("assign", "nn", "--stage", "dev", "--sr"))
    head = repo.git("rev-parse", "HEAD")
    assert f"unassigns stage from version '{head}'" in done(repo.gto("deprecate", "nn", "dev", "--ref", "HEAD"))
    assert overview(repo)["nn"]["stage"] == {}
    done(repo.gto("assign", "nn", "--stage", "dev", "--sr"))
    assert "nn#dev!#4" in done(repo.gto("deprecate", "nn", head, "dev"))


def test_an_artifact_is_retired_at_a_commit_of_choice(filled: Repo) -> None:
    done(filled.gto("deprecate", "nn", "--ref", "HEAD~1"))
    assert filled.git("rev-parse", "nn@deprecated^{commit}") == filled.git("rev-parse", "HEAD~1")


def test_by_default_it_is_retired_at_the_commit_of_its_newest_event(filled: Repo) -> None:
    filled.commit()
    done(filled.gto("deprecate", "nn"))
    assert filled.git("rev-parse", "nn@deprecated^{commit}") == filled.git("rev-parse", "HEAD~1")


def test_deleting_a_version_deletes_its_tags_and_those_of_its_stages(filled: Repo) -> None:
    out = done(filled.gto("deprecate", "nn", "v0.0.1", "-d"))
    assert out.splitlines()[:3] == [
        "Deleted git tag 'nn@v0.0.1'",
        "To push the changes upstream, run:",
        "    git push --delete origin nn@v0.0.1",
    ]
    assert names(filled) == {"nn@v0.0.2", "nn#prod#3", "other@v0.0.1"}


def test_deleting_a_stage_of_a_version_leaves_the_others(filled: Repo) -> None:
    done(filled.gto("deprecate", "nn", "v0.0.2", "prod"))
    value = json.loads(done(filled.gto("deprecate", "nn", "v0.0.2", "prod", "-d", "--json")))
    assert value == {"events": [], "deleted": ["nn#prod#3", "nn#prod!#4"], "pushed": False}
    assert names(filled) == {"nn@v0.0.1", "nn#dev#1", "nn#prod#2", "nn@v0.0.2", "other@v0.0.1"}


def test_deleting_an_artifact_leaves_nothing_of_it(filled: Repo) -> None:
    done(filled.gto("deprecate", "nn", "--delete"))
    assert names(filled) == {"other@v0.0.1"}
    said(filled.gto("show", "nn"), "Cannot find artifact 'nn'")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nope",), ("Cannot find artifact 'nope'",)),
        (("nope", "-d"), ("Cannot find artifact 'nope'",)),
        (("nn", "v9.9.9"), ("No versions found for 'nn' with version 'v9.9.9'",)),
        (("nn", "v9"), ("Version 'v9' is not valid",)),
        (("nn", "v0.0.1", "st age"), ("Invalid stage name 'st age'",)),
        (("nn", "prod", "--ref", "nope"), ("Ref 'nope' was not found",)),
        (("nn", "--force", "--simple", "true"), ("Can't use 'force' with 'simple=True'",)),
        (("n n",), ("Invalid artifact name 'n n'",)),
    ],
)
def test_a_wrong_wish_is_refused_in_one_line(args: tuple[str, ...], words: tuple[str, ...], filled: Repo) -> None:
    before = filled.refs()
    said(filled.gto("deprecate", *args), *words)
    assert filled.refs() == before


def test_force_retires_what_nobody_knows(repo: Repo) -> None:
    assert "nn@deprecated#1" in done(repo.gto("deprecate", "nn", "--force"))


def test_an_artifact_that_only_an_annotation_knows_can_be_retired(repo: Repo) -> None:
    repo.commit("annotation", {"artifacts.yaml": "nn:\n  type: model\n"})
    assert "nn@deprecated" in done(repo.gto("deprecate", "nn"))


def test_a_stage_that_the_configuration_no_longer_lists_can_be_taken_off(filled: Repo) -> None:
    filled.commit("stages", {".gto": "stages: [dev]\n"})
    assert ("stage-not-allowed", "nn") in {
        (one["code"], one["subject"]) for one in json.loads(filled.gto("doctor", "--json").stdout)["problems"]
    }
    done(filled.gto("deprecate", "nn", "v0.0.2", "prod"))
