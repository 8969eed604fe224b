"""Taggers as git reads them, and lines of theirs that are too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.core.event import Problem, tagger
from gto.git import tag_reader
from gto.git.command import Git
from tests.repo import run
from tests.signing import body_of
from tests.stories.healthy import done, problems

if TYPE_CHECKING:
    from tests.repo import Repo


def write(repo: Repo, name: str, who: str) -> None:
    """Put a tag there with this text between `tagger` and the end of the line, whatever git thinks of it."""
    text = f"object {repo.git('rev-parse', 'HEAD')}\ntype commit\ntag {name}\ntagger {who}\n\na tag\n"
    words = ("git", "hash-object", "-t", "tag", "-w", "--literally", "--stdin")
    repo.git("update-ref", f"refs/tags/{name}", run(*words, cwd=repo.path, text=text).stdout.strip())


@pytest.mark.parametrize(
    "who",
    [
        "Ada <a@b>",
        "Ada  <a@b>",
        "<a@b>",
        " <a@b>",
        "Ada <<<a@b>",
        "Ada <a@b> x>",
        "Ada <a<c@d>",
        "Ada> <a@b>",
        "A <x> B <a@b>",
        "A <x@y> 5 +0000> <a@b>",
        "Ada <>",
        "> Ada <a@b>",
        "Ada a@b>",
    ],
)
def test_name_and_address_are_those_that_git_reads(repo: Repo, who: str) -> None:
    write(repo, "nn@v1.0.0", f"{who} 1640995200 +0000")
    told = repo.git("for-each-ref", "--format=%(taggername)|%(taggeremail)", "refs/tags/nn@v1.0.0")
    found = tagger(body_of(repo, "nn@v1.0.0"))
    name, _, email = told.rpartition("|")
    assert (found.name, found.email) == (name, email.removeprefix("<").removesuffix(">"))


@pytest.mark.parametrize(("length", "is_long"), [(4000, False), (4050, False), (5000, True), (200_000, True)])
def test_the_line_of_a_tagger_is_bounded(repo: Repo, length: int, is_long: bool) -> None:  # noqa: FBT001  a case
    write(repo, "nn@v1.0.0", f"{'A' * length} <a@b> 1640995200 +0000")
    repo.tag("nn@v1.0.1")
    git = Git(str(repo.path))
    found = {item.code for item in tag_reader.read_tags(git, tag_reader.list_tags(git)) if isinstance(item, Problem)}
    assert found == ({"tag-tagger-too-long"} if is_long else set())
    assert problems(repo) >= ({("tag-tagger-too-long", "nn@v1.0.0")} if is_long else set())
    assert done(repo.gto("latest", "nn")) == "v1.0.1\n"
