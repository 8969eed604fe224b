"""Objects by name, and what is too large or not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.exceptions import NoRepo, RefNotFound
from gto.git.command import Git
from gto.git.objects import LARGEST_FILE, read_objects
from gto.git.repo import open_repo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo


def test_objects_come_in_the_order_of_their_names_and_what_is_not_there_is_none(repo: Repo) -> None:
    oid = repo.commit("files", {"a": "one\n", "dir/b": "two\nlines"})
    names = ["HEAD:a", "HEAD:nope", "HEAD:dir/b", "HEAD:dir", oid, "HEAD:a", "0" * 40, "odd name"]
    found = read_objects(Git(str(repo.path)), names)
    assert [one and one.type for one in found] == ["blob", None, "blob", "tree", "commit", "blob", None, None]
    assert [one.body for one in found if one and one.type == "blob"] == [b"one\n", b"two\nlines", b"one\n"]
    assert found[4] is not None
    assert found[4].oid == oid
    assert read_objects(Git(str(repo.path)), []) == []


def test_a_blob_over_the_limit_is_passed_over_and_the_next_is_read(repo: Repo) -> None:
    repo.commit("large", {"large": "x" * (LARGEST_FILE + 1), "limit": "y" * LARGEST_FILE, "small": "z"})
    large, limit, small = read_objects(Git(str(repo.path)), ["HEAD:large", "HEAD:limit", "HEAD:small"])
    assert large is not None
    assert large.body is None
    assert limit is not None
    assert limit.body == b"y" * LARGEST_FILE
    assert small is not None
    assert small.body == b"z"


def test_an_object_that_git_cannot_read_costs_only_itself(repo: Repo) -> None:
    repo.commit("files", {"a": "one\n", "b": "two\n", "c": "three\n"})
    oid = repo.git("rev-parse", "HEAD:b")
    place = repo.path / ".git/objects" / oid[:2] / oid[2:]
    place.chmod(0o644)
    place.write_bytes(b"\x78\x01garbage")
    found = read_objects(Git(str(repo.path)), ["HEAD:a", "HEAD:b", "HEAD:c"])
    assert [one and one.body for one in found] == [b"one\n", None, b"three\n"]


def test_a_revision_is_resolved_with_the_repository_or_later(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    second = repo.commit("second")
    opened = open_repo(str(repo.path), "HEAD~1")
    assert opened.rev == first
    assert opened.resolve("main") == second
    for wrong in ("nope", "--all", "^HEAD", "", "HEAD..main", "HEAD:README.md"):
        assert open_repo(str(repo.path), wrong).rev is None
        with pytest.raises(RefNotFound):
            opened.resolve(wrong)


def test_where_no_repository_is_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoRepo, match="No Git repo found in"):
        open_repo(str(tmp_path))


def test_a_repository_that_git_refuses_is_named_with_git_s_reason(repo: Repo) -> None:
    (repo.path / ".git/config").write_text("[core\n")
    with pytest.raises(NoRepo, match="bad config"):
        open_repo(str(repo.path))
