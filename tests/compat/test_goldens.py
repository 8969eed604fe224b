from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.compat.story import Story, commands, record, recorded
from tests.repo import Repo, Result

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.compat.reference import Reference


def ours(argv: list[str], cwd: Path, time: datetime) -> Result:
    return Repo(cwd).gto(*argv, env={"GIT_COMMITTER_DATE": time.isoformat()})


def test_every_answer_is_what_gto_1_10_answered(tmp_path: Path) -> None:
    told = Story(tmp_path / "story", ours).tell()
    for mine, golden in zip(told, recorded(), strict=True):
        assert mine["command"] == golden["command"]
        assert (bool(mine["code"]), mine["stdout"]) == (bool(golden["code"]), golden["stdout"]), mine["command"]


@pytest.mark.compat
def test_the_recorded_answers_are_those_of_gto_1_10(tmp_path: Path, reference: Reference) -> None:
    told = Story(tmp_path / "story", reference).tell()
    if os.environ.get("RECORD_GOLDENS"):
        record(told)
    assert told == recorded()


def test_the_story_holds_every_command_that_prints() -> None:
    assert {line.split()[0] for line in commands()} >= {
        "show",
        "history",
        "stages",
        "check-ref",
        "parse-tag",
        "print-state",
        "register",
        "assign",
        "promote",
        "deprecate",
    }


# What scripts match, to the letter (compat.md).
LETTERS = [
    (
        ["register nn"],
        (
            "Created git tag 'nn@v0.0.1' that registers version\n"
            "To push the changes upstream, run:\n"
            "    git push origin nn@v0.0.1\n"
        ),
    ),
    (
        ["register nn", "deprecate nn v0.0.1"],
        (
            "Created git tag 'nn@v0.0.1!' that deregisters version\n"
            "To push the changes upstream, run:\n"
            "    git push origin 'nn@v0.0.1!'\n"
        ),
    ),
    (
        ["register nn", "assign nn --stage prod"],
        (
            "Created git tag 'nn#prod#1' that assigns stage to version 'v0.0.1'\n"
            "To push the changes upstream, run:\n"
            "    git push origin 'nn#prod#1'\n"
        ),
    ),
    (
        ["register nn", "assign nn --stage prod", "deprecate nn v0.0.1 prod"],
        (
            "Created git tag 'nn#prod!#2' that unassigns stage from version 'v0.0.1'\n"
            "To push the changes upstream, run:\n"
            "    git push origin 'nn#prod!#2'\n"
        ),
    ),
    (
        ["register nn", "deprecate nn"],
        (
            "Created git tag 'nn@deprecated' that deprecates artifact\n"
            "To push the changes upstream, run:\n"
            "    git push origin nn@deprecated\n"
        ),
    ),
    (
        ["register nn", "deprecate nn v0.0.1 -d"],
        "Deleted git tag 'nn@v0.0.1'\nTo push the changes upstream, run:\n    git push --delete origin nn@v0.0.1\n",
    ),
    (
        ["register some/folder:some/artifact"],
        (
            "Created git tag 'some/folder=some/artifact@v0.0.1' that registers version\n"
            "To push the changes upstream, run:\n"
            "    git push origin some/folder=some/artifact@v0.0.1\n"
        ),
    ),
    (
        ["register rf --version v1.2.4", "check-ref rf@v1.2.4"],
        '✅  Version "v1.2.4" of artifact "rf" was registered\n',
    ),
    (
        ["register rf --version v1.2.4", "assign rf --stage production", "check-ref rf#production#1"],
        '✅  Stage "production" was assigned to version "v1.2.4" of artifact "rf"\n',
    ),
    (["show"], "Nothing found in the current workspace\n"),
    (["history"], "Nothing found in the current workspace\n"),
]


@pytest.mark.parametrize(("lines", "expected"), LETTERS, ids=[lines[-1] for lines, _ in LETTERS])
def test_scripts_find_the_words_of_gto_1_10(repo: Repo, lines: list[str], expected: str) -> None:
    said = [repo.gto(*line.split()) for line in lines]
    assert [one.code for one in said] == [0] * len(lines)
    assert said[-1].stdout == expected


def test_a_version_that_cannot_be_parsed_is_refused_in_the_words_of_gto_1_10(repo: Repo) -> None:
    said = repo.gto("register", "nn", "--version", "1.2.3")
    assert said.stderr.splitlines()[0] == "❌ Supplied version '1.2.3' cannot be parsed"
    assert (said.stdout, said.code) == ("", 1)


def test_a_push_is_said_in_the_words_of_gto_1_10_and_its_line_is_not_quoted(repo: Repo) -> None:
    repo.git("init", "--quiet", "--bare", "../origin.git")
    repo.git("remote", "add", "origin", "../origin.git")
    said = repo.gto("assign", "nn", "--stage", "prod", "--push")
    assert said.stdout == (
        "Created git tag 'nn@v0.0.1' that registers version\n"
        "Running `git push origin nn@v0.0.1`\n"
        "Successfully pushed git tag nn@v0.0.1 on remote.\n"
        "Created git tag 'nn#prod#1' that assigns stage to version 'v0.0.1'\n"
        "Running `git push origin nn#prod#1`\n"
        "Successfully pushed git tag nn#prod#1 on remote.\n"
    )
    said = repo.gto("deprecate", "nn", "v0.0.1", "prod", "-d", "--push")
    assert said.stdout == (
        "Deleted git tag 'nn#prod#1'\n"
        "Running `git push --delete origin nn#prod#1`\n"
        "Successfully deleted git tag nn#prod#1 on remote.\n"
    )
