"""Entries of a catalogue: what may stand in one, and what a typed word becomes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gto.catalog.entry import CatalogEntry, check_url, default_name, new_entry, read_entry
from gto.exceptions import BadFile, InvalidName, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_an_entry_has_its_source_name_groups_branch_and_line() -> None:
    value = {"path": "../churn", "name": "c", "group": "eu", "groups": ["eu", "nlp"], "branch": "main"}
    assert read_entry(value, "f", 7) == CatalogEntry("path", "../churn", "c", ("eu", "nlp"), "main", 7)
    assert read_entry({"glob": "~/ml/*", "groups": "eu"}, "f", 1) == CatalogEntry(
        "glob", "~/ml/*", None, ("eu",), None, 1
    )


def test_a_url_that_is_a_path_names_a_directory() -> None:
    assert read_entry({"url": "/srv/git/churn.git"}, "f", 1) == CatalogEntry("path", "/srv/git/churn.git", line=1)
    assert read_entry({"url": "file:///srv/git/churn.git"}, "f", 1).source == "url"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("../churn", "must be a mapping, not text"),
        (None, "must be a mapping, not empty"),
        ([{"path": "x"}], "must be a mapping, not a list"),
        ({}, "one of path, url and glob"),
        ({"path": "x", "url": "https://host/x"}, "one of path, url and glob"),
        ({"path": None}, "one of path, url and glob"),
        ({"path": 3}, "'path' must be text, not a number"),
        ({"path": ["x"]}, "'path' must be text, not a list"),
        ({"path": ""}, "'path' must not be empty"),
        ({"path": "x\x00y"}, "control characters"),
        ({"path": "x\x1b[2Jy"}, "control characters"),
        ({"path": "x", "branch": True}, "'branch' must be text"),
        ({"path": "x", "branch": "a\nb"}, "control characters"),
        ({"path": "x", "name": "a/b"}, "Invalid name of a repository 'a/b'"),
        ({"path": "x", "name": "-x"}, "Invalid name of a repository"),
        ({"path": "x", "name": "n" * 101}, "Invalid name of a repository"),
        ({"path": "x", "groups": [1]}, "a group's name must be text"),
        ({"path": "x", "groups": {"eu": 1}}, "a group's name must be text"),
        ({"path": "x", "group": "e u"}, "Invalid name of a group"),
        ({"path": "x", "pth": "y"}, "unknown key 'pth'"),
        ({"path": "x", 1: "y"}, "unknown key '1'"),
        ({"glob": "x*", "name": "x"}, "a glob takes no name"),
        ({"url": "ext::sh -c id"}, "no control characters"),
        ({"url": "ext::sh"}, "no address that GTO fetches from"),
        ({"url": "ftp://host/x"}, "does not fetch over 'ftp'"),
        ({"url": "https://[host/x"}, "no URL"),
    ],
)
def test_a_wrong_entry_is_refused_with_file_line_and_reason(value: object, words: str) -> None:
    with pytest.raises(BadFile, match=r"^repos\.yaml, line 3: ") as refused:
        read_entry(value, "repos.yaml", 3)
    assert words in refused.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://me:s3cret-word@host/x.git",
        "https://s3cret-word@host/x.git",
        "https://host/x.git?token=s3cret-word",
        "ssh://git:s3cret-word@host/x",
    ],
)
def test_a_url_with_a_secret_is_refused_and_the_secret_is_not_repeated(url: str) -> None:
    for refuse in (lambda: check_url(url), lambda: read_entry({"url": url}, "f", 1), lambda: new(url)):
        with pytest.raises((UsageError, BadFile)) as refused:
            refuse()
        assert "carries a secret" in refused.value.message
        assert "credential helper" in refused.value.hint
        assert "s3cret-word" not in refused.value.message + refused.value.hint


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://host/team/churn.git", "churn"),
        ("https://host/team/churn/", "churn"),
        ("git@host:churn.git", "churn"),
        ("git@host:team/churn", "churn"),
        ("/data/my models", "my-models"),
        ("/data/.hidden", "hidden"),
        ("/data/a@b#c", "a-b-c"),
        ("/data/größe", "größe"),
        ("/", "repository"),
        ("/data/...", "repository"),
        ("/data/" + "x" * 200, "x" * 100),
    ],
)
def test_the_name_is_the_last_part_without_git(address: str, name: str) -> None:
    assert default_name(address) == name


def new(text: str, base: str | None = None) -> CatalogEntry:
    return new_entry(text, base, None, (), None)


def test_a_typed_path_is_written_whole_or_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert new("../churn") == CatalogEntry("path", str(tmp_path / "churn"))
    assert new(".") == CatalogEntry("path", str(tmp_path / "here"))
    assert new("~/x") == CatalogEntry("path", os.path.expanduser("~/x"))
    assert new("../churn", str(tmp_path)) == CatalogEntry("path", "churn")
    assert new("../models/*", str(tmp_path / "team")) == CatalogEntry("glob", "../models/*")
    assert new(str(tmp_path / "churn"), str(tmp_path)) == CatalogEntry("path", str(tmp_path / "churn"))
    assert new("https://Host/X/") == CatalogEntry("url", "https://Host/X")
    assert new("git@host:x.git") == CatalogEntry("url", "git@host:x.git")


def test_a_directory_whose_name_looks_like_a_glob_or_a_url_is_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a[1]", "host:x"):
        (tmp_path / name).mkdir()
        assert new(name).source == "path"


def test_words_that_name_nothing_are_refused() -> None:
    with pytest.raises(UsageError, match="An empty path"):
        new("")
    with pytest.raises(InvalidName):
        new_entry("x", None, "a/b", (), None)
    with pytest.raises(UsageError, match="a glob takes no name"):
        new_entry("x*", None, "a", (), None)
