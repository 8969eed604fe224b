"""`gto history`, `check-ref`, `stages`, `tags`, `parse-tag`, `print-state`, `doctor`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from tests.repo import Repo


@pytest.fixture
def filled(repo: Repo) -> Repo:
    """One event of each kind, a day apart, the last of another artifact."""
    lines = (
        ("register", "nn"),
        ("assign", "nn", "--version", "v0.0.1", "--stage", "prod", "-m", "go"),
        ("deprecate", "nn", "v0.0.1", "prod"),
        ("deprecate", "nn", "v0.0.1"),
        ("deprecate", "nn"),
        ("register", "other"),
    )
    for day, args in enumerate(lines, start=1):
        done(repo.gto(*args, env={"GIT_COMMITTER_DATE": f"2024-01-0{day}T23:30:00+01:00"}))
    return repo


ORDER = ["nn@v0.0.1", "nn#prod#1", "nn#prod!#2", "nn@v0.0.1!", "nn@deprecated", "other@v0.0.1"]


def refs(repo: Repo, *args: str) -> list[str]:
    return [line["ref"] for line in json.loads(done(repo.gto("history", "--json", *args)))]


def test_history_is_newest_first_or_oldest_first(filled: Repo) -> None:
    assert refs(filled) == ORDER[::-1]
    assert refs(filled, "--asc") == refs(filled, "--ascending") == ORDER
    assert refs(filled, "nn") == ORDER[4::-1]
    assert refs(filled, "-a") == refs(filled, "-A") == ORDER[::-1]
    assert done(filled.gto("history", "nope")) == "Nothing found in the current workspace\n"


def test_history_is_cut_at_dates(filled: Repo) -> None:
    assert refs(filled, "--since", "2024-01-03", "--until", "2024-01-04", "--asc") == ORDER[2:4]
    assert refs(filled, "--since", "2024-01-05T22:30:00Z", "--asc") == ORDER[4:]
    assert refs(filled, "--until", "2024-01-01T23:30:00+01:00") == ORDER[:1]
    said(filled.gto("history", "--since", "soon"), "'soon' is no date")


def test_history_as_a_table(filled: Repo) -> None:
    lines = done(filled.gto("history", "--plain", "nn")).splitlines()
    assert lines[0].split() == ["timestamp", "artifact", "event", "version", "stage", "commit", "ref"]
    short = filled.git("rev-parse", "--short=7", "HEAD")
    assert lines[-2].split() == [
        "2024-01-02", "23:30:00+01:00", "nn", "assignment", "v0.0.1", "prod", short, "nn#prod#1"]  # fmt: skip
    assert [line.split()[3] for line in lines[1:]] == [
        "deprecation", "deregistration", "unassignment", "assignment", "registration"]  # fmt: skip


@pytest.mark.parametrize(
    ("ref", "answers"),
    [
        ("nn@v0.0.1", ("nn", "v0.0.1", "registration", "")),
        ("refs/tags/nn#prod#1", ("nn", "v0.0.1", "assignment", "prod")),
        ("nn#prod!#2", ("nn", "v0.0.1", "unassignment", "prod")),
        ("nn@v0.0.1!", ("nn", "v0.0.1", "deregistration", "")),
        ("nn@deprecated", ("nn", "", "deprecation", "")),
        ("nn@v9.9.9", ("", "", "", "")),
        ("main", ("", "", "", "")),
        ("refs/heads/main", ("", "", "", "")),
        ("HEAD", ("", "", "", "")),
    ],
)
def test_check_ref_says_what_a_tag_is(ref: str, answers: tuple[str, ...], filled: Repo) -> None:
    for flag, answer in zip(("--name", "--version", "--event", "--stage"), answers, strict=True):
        assert done(filled.gto("check-ref", ref, flag)) == (f"{answer}\n" if answer else "")


def test_check_ref_in_a_sentence_and_in_json(filled: Repo) -> None:
    assert (
        done(filled.gto("check-ref", "nn#prod#1"))
        == '✅  Stage "prod" was assigned to version "v0.0.1" of artifact "nn"\n'
    )
    assert done(filled.gto("check-ref", "nn@v0.0.1")) == '✅  Version "v0.0.1" of artifact "nn" was registered\n'
    assert json.loads(done(filled.gto("check-ref", "nn#prod#1", "--json"))) == {
        "artifact": "nn",
        "created_at": "2024-01-02T23:30:00+01:00",
        "author": "Ada Lovelace",
        "author_email": "ada@example.com",
        "message": "go",
        "commit_hexsha": filled.git("rev-parse", "HEAD"),
        "tag": "nn#prod#1",
        "version": "v0.0.1",
        "stage": "prod",
        "event": "assignment",
    }
    assert done(filled.gto("check-ref", "nope", "--json")) == ""


def test_stages_allowed_used_and_in_use(filled: Repo) -> None:
    assert done(filled.gto("stages")) == ""
    assert done(filled.gto("stages", "--used")) == "prod\n"
    assert done(filled.gto("stages", "--used", "--json")) == '[\n    "prod"\n]\n'
    assert json.loads(done(filled.gto("stages", "--allowed", "--json"))) is None
    (filled.path / ".gto").write_text("stages: [dev, qa]\n", encoding="utf-8")
    assert done(filled.gto("stages")) == done(filled.gto("stages", "--allowed")) == "dev\nqa\n"
    assert done(filled.gto("stages", "--used")) == "prod\n"
    said(filled.gto("stages", "--used", "--allowed"), 'Either "allowed" or "used" can be set', code=2)


def test_tags_are_events_or_others(filled: Repo) -> None:
    for name in ("v1.0", "release@home", "nn@created"):
        filled.tag(name)
    filled.tag("nn@v3.0.0", annotated=False)
    assert sorted(done(filled.gto("tags")).splitlines()) == sorted(ORDER)
    assert done(filled.gto("tags", "--other")).splitlines() == ["nn@created", "nn@v3.0.0", "release@home", "v1.0"]
    assert json.loads(done(filled.gto("tags", "--other", "--json"))) == [
        "nn@created",
        "nn@v3.0.0",
        "release@home",
        "v1.0",
    ]


def test_parse_tag_needs_no_repository(filled: Repo) -> None:
    assert json.loads(done(filled.gto("parse-tag", "a/b=nn#prod!#3"))) == {
        "name": "a/b:nn",
        "stage": "prod",
        "action": "unassign",
        "counter": 3,
    }
    assert done(filled.gto("parse-tag", "nn@v1.0.0", "--key", "version")) == '"v1.0.0"\n'
    said(filled.gto("parse-tag", "nn@v1.0.0", "--key", "stage"), "has no 'stage'", "it has name, version")
    said(filled.gto("parse-tag", "v1.0"), "Cannot parse tag name 'v1.0'")


def test_print_state_holds_everything(filled: Repo) -> None:
    state = json.loads(done(filled.gto("print-state")))["artifacts"]
    assert set(state) == {"nn", "other"}
    assert state["nn"]["deprecations"][0]["tag"] == "nn@deprecated"


def test_doctor_prints_version_configuration_and_nothing_wrong(filled: Repo) -> None:
    lines = done(filled.gto("doctor")).splitlines()
    assert lines[0] == "🪴  GTO Version: 1.11.0"
    assert "CONFIG_FILE_NAME='.gto'" in lines
    assert lines[-1] == "✅  No issues found"
    value = json.loads(done(filled.gto("doctor", "--json")))
    assert (value["version"], value["problems"]) == ("1.11.0", [])


def test_doctor_names_problems_with_the_next_step(filled: Repo) -> None:
    filled.tag("mm@v1.0.0", annotated=False)
    filled.commit("bad", {"artifacts.yaml": "zz: {type: model}\nzz: {}\n"})
    result = filled.gto("doctor")
    assert "❌ artifacts.yaml: line 2: key 'zz' stands twice" in done(result, 1)
    assert "mm@v1.0.0: a lightweight tag is no event [tag-lightweight]" in result.stdout
    problem = json.loads(filled.gto("doctor", "--json").stdout)["problems"][-1]
    assert problem == {
        "code": "tag-lightweight",
        "subject": "mm@v1.0.0",
        "reason": "a lightweight tag is no event",
        "hint": "`git tag -d 'mm@v1.0.0'`, then `gto fetch`; write the event with gto only if no remote has it",
        "artifact": "mm",
    }
