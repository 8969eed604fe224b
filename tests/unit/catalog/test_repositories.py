"""Repositories that entries lead to: globs searched, names given, groups and addresses chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.catalog.entry import CatalogEntry
from gto.catalog.repositories import Address, Search, choose, expand, parse_address
from gto.exceptions import RepositoryNotFound, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def make(path: Path, *parts: str) -> None:
    for part in parts or (".git",):
        (path / part).mkdir(parents=True)


def names(found: Search) -> list[str]:
    return [place.name for place in found.places]


def test_a_glob_finds_repositories_bare_ones_too_and_nothing_else(tmp_path: Path) -> None:
    make(tmp_path / "b")
    make(tmp_path / "a.git", "HEAD", "objects", "refs")
    make(tmp_path / "plain", "objects")
    make(tmp_path / ".hidden")
    make(tmp_path / "deep" / "er")
    (tmp_path / "file").touch()
    found = expand([CatalogEntry("glob", "*"), CatalogEntry("glob", "**/er")], str(tmp_path))
    assert names(found) == ["a", "b", "er"]
    assert found.failures == ()


def test_what_has_an_entry_of_its_own_is_not_counted_again(tmp_path: Path) -> None:
    make(tmp_path / "a")
    make(tmp_path / "b")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    entries = [CatalogEntry("glob", "*"), CatalogEntry("path", "b", "beta"), CatalogEntry("glob", "a")]
    assert names(expand(entries, str(tmp_path))) == ["a", "beta"]


def test_two_of_one_name_are_one_and_a_failure_with_a_hint(tmp_path: Path) -> None:
    for parent in "xyz":
        make(tmp_path / parent / "churn")
    found = expand([CatalogEntry("glob", "*/churn"), CatalogEntry("path", "z/churn")], str(tmp_path))
    assert [place.address for place in found.places] == [str(tmp_path / "z" / "churn")]
    assert [failure.repo for failure in found.failures] == ["churn", "churn"]
    twice = expand([CatalogEntry("path", "x/churn"), CatalogEntry("path", "y/churn")], str(tmp_path))
    (failure,) = twice.failures
    assert failure.error == f"'{tmp_path}/y/churn' has a name that is taken: '{tmp_path}/x/churn' has it"
    assert "--name" in failure.hint


def test_paths_count_from_the_file_and_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    entries = [
        CatalogEntry("path", "../a"),
        CatalogEntry("path", "~/b"),
        CatalogEntry("path", "/c"),
        CatalogEntry("url", "https://h/d.git"),
    ]
    found = expand(entries, str(tmp_path / "team"))
    assert [place.address for place in found.places] == [str(tmp_path / "a"), "/home/ada/b", "/c", "https://h/d.git"]
    assert [place.is_remote for place in found.places] == [False, False, False, True]


def test_names_and_groups_choose_and_unknown_ones_are_refused() -> None:
    entries = [
        CatalogEntry("path", "/a", None, ("eu",)),
        CatalogEntry("path", "/b", None, ("eu", "nlp")),
        CatalogEntry("path", "/c"),
        CatalogEntry("path", "/x/c"),
    ]
    found = expand(entries, "/")
    assert len(found.failures) == 1
    assert names(choose(found)) == ["a", "b", "c"]
    assert names(choose(found, groups=["nlp"])) == ["b"]
    assert names(choose(found, groups=["nlp", "eu"])) == ["a", "b"]
    assert names(choose(found, ["c", "a"])) == ["a", "c"]
    assert choose(found, ["a"]).failures == ()
    assert choose(found, groups=["eu"]).failures == ()
    with pytest.raises(RepositoryNotFound, match="'d'"):
        choose(found, ["d"])
    with pytest.raises(UsageError, match="group 'us'"):
        choose(found, groups=["us"])


def test_the_first_segment_of_an_address_is_the_repository() -> None:
    assert parse_address("repo/team/churn#prod") == Address("repo", "team/churn#prod")
    assert parse_address("repo/models/eu:churn@v1.0.0") == Address("repo", "models/eu:churn@v1.0.0")
    assert parse_address("repo") == Address("repo", "")
    with pytest.raises(UsageError, match="names no repository"):
        parse_address("/churn")
