"""Words that nobody knows: what they may have meant, and what is the first of its name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.stories.healthy import copy, done, make_healthy, said

if TYPE_CHECKING:
    from tests.repo import Repo


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """The sound artifact `ok` is joined by `churn`; nothing here is written."""
    repo = make_healthy(tmp_path_factory.mktemp("mistyped") / "repo", "--initial-branch=main")
    repo.commit("annotate", {"dvc.yaml": "artifacts:\n  plan: {path: plan.md, desc: 'modèle 顧客'}\n"})
    for name in ("churn@v1.0.0", "churn#prod#1"):
        repo.tag(name)
    return repo


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("show chrun", "did you mean 'churn'? `gto show`"),
        ("show plna", "did you mean 'plan'?"),
        ("get chrun", "did you mean 'churn'?"),
        ("describe chrun --rev HEAD", "did you mean 'churn'? `gto show` lists the artifacts"),
        ("deprecate churn v1.0.1", "did you mean 'v1.0.0'?"),
        ("assign churn --version v1.0.1 --stage prod", "did you mean 'v1.0.0'?"),
        ("rollback churn --stage prdo", "did you mean 'prod'?"),
        ("register churn mian", "did you mean 'main'?"),
        ("diff chrun HEAD", "did you mean 'churn'?"),
        ("assign churn v1.0.0 --stage prod", "a version is named by --version"),
        ("diff v1.0.0 HEAD", "a version is named as in 'churn@v1.0.0'"),
        ("describe churn", "`gto annotate churn` writes one\n"),
    ],
)
def test_an_error_names_what_was_meant(words: str, hint: str, shared: Repo) -> None:
    result = shared.gto(*words.split())
    said(result, hint)
    if "v1.0.0 HEAD" in words:
        assert "--version" not in result.stderr


@pytest.mark.parametrize(
    ("words", "note"),
    [
        ("show churn#prdo", "is in stage 'prdo'; did you mean 'prod'?"),
        ("show --in-stage prdo", "is in stage 'prdo'; did you mean 'prod'?"),
        ("history chrun", "there is no event of 'chrun'; did you mean 'churn'?"),
        ("history churn --since 2030-01-01", "there is no event of 'churn' in that time"),
        ("show --at 2021-12-31", "the first event was at 2022-01-01"),
    ],
)
def test_what_finds_nothing_says_so_on_stderr_alone(words: str, note: str, shared: Repo) -> None:
    result = shared.gto(*words.split())
    assert done(result) == "Nothing found in the current workspace\n"
    assert note in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("shwo", "Did you mean 'show'?"),
        ("assign churn v1.0.0 prod", "for example: gto assign churn --version v1.2.0 --stage prod"),
        ("register", "for example: gto register churn"),
    ],
)
def test_a_wrong_form_shows_the_right_one(words: str, told: str, shared: Repo) -> None:
    result = shared.gto(*words.split())
    assert result.code == 2
    assert told in result.stderr


def test_what_is_the_first_of_its_name_is_said_with_what_it_may_be_a_slip_of(
    shared: Repo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    repo = copy(shared.path, tmp_path_factory.mktemp("founded") / "repo")
    told = repo.gto("register", "chrun").stderr
    assert told == (
        "note: 'chrun' is the first of its name; did you mean 'churn'? `gto deprecate chrun --delete` takes it back\n"
    )
    assert (
        "stage 'prdo' is the first of its name; did you mean 'prod'?"
        in repo.gto("assign", "chrun", "--stage", "prdo").stderr
    )
    assert repo.gto("register", "plan").stderr == "note: 'plan' is the first of its name\n", "an annotation names it"
    repo.commit()
    assert repo.gto("register", "chrun").stderr == ""


def test_patterns_and_limits_choose_what_is_shown(shared: Repo) -> None:
    assert done(shared.gto("show", "c*", "--name")) == "churn\n"
    assert done(shared.gto("history", "[o]?", "--plain", "-n", "1")).count("ok@") + 1 == 1
    result = shared.gto("show", "--limit", "1", "--name")
    assert (result.stdout, result.stderr) == ("churn\n", "note: 2 artifact(s) are not shown (--limit)\n")
    assert "1 older event(s) are not shown" in shared.gto("history", "ok", "-n", "1", "--asc").stderr
    said(shared.gto("show", "--all", "--limit", "1"), "--limit is for one repository")


def test_describe_shows_letters_and_json_for_scripts_escapes_them(shared: Repo) -> None:
    assert "modèle 顧客" in done(shared.gto("describe", "plan"))
    assert "mod\\u00e8le" in done(shared.gto("describe", "plan", "--json"))


def test_a_stage_named_by_a_word_of_other_clients_is_written_with_a_note_and_doctor_keeps_it_in_mind(
    shared: Repo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    repo = copy(shared.path, tmp_path_factory.mktemp("reserved") / "repo")
    note = "stage 'latest': to clients of MLflow, the Hub and OCI this word means the latest version, not the stage"
    for told in (note, ""):
        result = repo.gto("assign", "churn", "--version", "v1.0.0", "--stage", "latest", "--force")
        assert (result.code, told in result.stderr, "note" in result.stderr) == (0, True, bool(told)), result.stderr
        repo.commit()
    assert done(repo.gto("which", "churn", "latest")) == "v1.0.0\n"
    examined = repo.gto("doctor", "--json")
    assert json.loads(examined.stdout)["notes"] == [note]
