"""The catalogue's file: read whatever stands in it, and edited without touching what is not meant."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from gto.catalog import file, membership
from gto.catalog.entry import CatalogEntry
from gto.catalog.membership import About
from gto.exceptions import BadFile, NameTaken, NoCatalogue, NoRepo, RepositoryNotFound, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

TEAM = """\
# our models
repos:
  # who leaves
  - path: ../churn # the first
    groups: [eu, nlp]

  # what is fraud
  - url: https://example.com/fraud.git
    name: fraud
    # said by Ada
  - glob: ../models/*
# the end
"""


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """A catalogue with three entries."""
    path = tmp_path / "team" / "repos.yaml"
    path.parent.mkdir()
    path.write_text(TEAM, encoding="utf-8")
    return path


def sources(path: Path) -> list[str]:
    return [entry.text for entry in file.load(str(path)).entries]


def make(path: Path) -> Path:
    """A directory that looks like a repository."""
    (path / ".git").mkdir(parents=True)
    return path


def test_entries_come_with_their_lines(team: Path) -> None:
    first, second, third = file.load(str(team)).entries
    assert first == CatalogEntry("path", "../churn", None, ("eu", "nlp"), None, 4)
    assert (second.name, second.line) == ("fraud", 8)
    assert (third.source, third.line) == ("glob", 11)


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "{}", "repos:\n", "repos: []\n", "repos: null", "---\n"])
def test_a_catalogue_without_entries_is_empty_and_takes_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "repos.yaml"
    path.write_text(text, encoding="utf-8")
    assert file.load(str(path)).entries == ()
    make(tmp_path / "churn")
    membership.add([str(tmp_path / "churn")], About(), str(path))
    assert sources(path) == [str(tmp_path / "churn")]
    assert ("# nothing" in path.read_text()) is ("# nothing" in text)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[" * 100_000, "level"),
        (b"repos: " + b"[" * 100_000, "level"),
        (BOMB.encode(), "more than 200000 values"),
        (b"repos:\n- path: \xff\xfe\n", "not UTF-8"),
        (b"repos: [\x00]", ""),
        (b"repos:\n- path: \x1b[2J\n", ""),
        (b"x" * ((4 << 20) + 1), "larger than 4 MiB"),
        (b"- path: x\n", "must be a mapping with `repos:`, not a list"),
        (b"repos: {path: x}\n", "'repos' must be a list, not a mapping"),
        (b"repos: x\n", "'repos' must be a list, not text"),
        (b"repo:\n- path: x\n", "unknown key 'repo'"),
        (b"repos:\n- path: x\nrepos:\n- path: y\n", "stands twice"),
        (b"repos: [{path: !!python/object/apply:os.system [id]}]\n", ""),
        (b"repos: [{path: a, path: b}]", "stands twice"),
        (b"repos: [{path: x}, 3]\n", "line 1: an entry must be a mapping, not a number"),
        (b"x: &x {repos: [3]}\n<<: *x\n", "unknown key 'x'"),
        (b"<<: {repos: [3]}\n", "an entry must be a mapping"),
    ],
)
def test_a_hostile_or_wrong_file_is_refused_in_one_line(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "repos.yaml"
    path.write_bytes(data)
    with pytest.raises(BadFile) as refused:
        file.load(str(path))
    assert words in refused.value.message
    assert str(path) in refused.value.message
    with pytest.raises(BadFile):
        membership.add(["https://example.com/x"], About(), str(path))
    assert path.read_bytes() == data


def test_a_file_that_is_not_there_is_empty_or_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert file.load() == file.Catalogue(str(tmp_path / "gto" / "repos.yaml"), (), exists=False)
    with pytest.raises(NoCatalogue) as own:
        file.load_existing()
    assert own.value.hint == "`gto repos add PATH` begins one"
    with pytest.raises(NoCatalogue) as other:
        file.load_existing("team.yaml")
    assert other.value.hint == "`gto repos add PATH --catalog team.yaml` begins one"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert file.user_file() == os.path.expanduser("~/.config/gto/repos.yaml")


def test_adding_leaves_every_other_line_as_it_is(team: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "nlp")
    monkeypatch.chdir(tmp_path)
    done = membership.add(["nlp"], About("words", ("eu",), "main"), str(team))
    assert done.lines() == [f"Added 'words' to {team}"]
    added = "  - path: ../nlp\n    name: words\n    group: eu\n    branch: main\n"
    assert team.read_text() == TEAM.replace("# the end\n", f"{added}# the end\n")


def test_removing_leaves_every_other_line_as_it_is(team: Path) -> None:
    membership.remove(["fraud"], str(team))
    gone = "  - url: https://example.com/fraud.git\n    name: fraud\n    # said by Ada\n"
    assert team.read_text() == TEAM.replace(gone, "")
    membership.remove(["churn", "../models/*"], str(team))
    assert file.load(str(team)).entries == ()
    assert team.read_text().startswith("# our models\n")


@pytest.mark.parametrize("text", ["repos: [{path: /a}, {path: /b}]\n", "{repos: [{path: /a}, {path: /b}]}\n"])
def test_a_list_in_brackets_is_edited_too(tmp_path: Path, text: str) -> None:
    path = tmp_path / "repos.yaml"
    path.write_text(text)
    membership.add(["https://example.com/c"], About(groups=("x", "y")), str(path))
    assert file.load(str(path)).entries[2].groups == ("x", "y")
    membership.remove(["a"], str(path))
    assert sources(path) == ["/b", "https://example.com/c"]


def test_an_edit_that_would_change_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "repos.yaml"
    path.write_text("repos:\n- &a\n  path: /a\n- path: /b\n  <<: *a\n")
    with pytest.raises(BadFile, match="this edit would break the file") as refused:
        membership.remove(["a"], str(path))
    assert refused.value.hint == "edit the file by hand"
    text = "repos:\n- &x {path: /a}\n- &x {path: /b}\n- {<<: *x, name: c}\n"
    path.write_text(text)
    with pytest.raises(BadFile, match="this edit would change more than it should"):
        membership.remove(["b"], str(path))
    assert path.read_text() == text


def test_a_dash_in_a_comment_misleads_no_edit(tmp_path: Path) -> None:
    path = tmp_path / "repos.yaml"
    path.write_text("repos:\n  -   # one - two\n    # - three\n    path: /a\n  - path: /b\n")
    membership.add(["https://example.com/c"], About(), str(path))
    membership.remove(["a"], str(path))
    assert path.read_text() == "repos:\n  - path: /b\n  - url: 'https://example.com/c'\n"


def test_two_of_one_name_are_refused_with_a_hint_to_name_one(tmp_path: Path) -> None:
    path = tmp_path / "repos.yaml"
    for parent in ("a", "b"):
        make(tmp_path / parent / "churn")
    membership.add([str(tmp_path / "a" / "churn")], About(), str(path))
    for words in ([str(tmp_path / "b" / "churn")], ["https://example.com/churn.git"]):
        with pytest.raises(NameTaken, match="'churn' is taken") as refused:
            membership.add(words, About(), str(path))
        assert "--name" in refused.value.hint
    with pytest.raises(NameTaken):
        membership.add(["https://a.com/x", "https://b.com/x"], About(), str(path))
    with pytest.raises(UsageError, match="--name is for one"):
        membership.add(["https://a.com/x", "https://b.com/y"], About("z"), str(path))
    assert sources(path) == [str(tmp_path / "a" / "churn")]
    membership.add([str(tmp_path / "b" / "churn")], About("churn-b"), str(path))
    membership.add([str(tmp_path / "*")], About(), str(path))
    with pytest.raises(NameTaken):
        membership.add([str(tmp_path / "*")], About(), str(path))


def test_a_path_to_no_repository_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "config" / "repos.yaml"
    (tmp_path / "plain").mkdir()
    for word in ("plain", "missing"):
        with pytest.raises(NoRepo):
            membership.add([str(tmp_path / word)], About(), str(path))
    assert not path.exists()


def test_a_directory_inside_a_repository_stands_for_the_whole(repo: Repo, tmp_path: Path) -> None:
    (repo.path / "deep" / "er").mkdir(parents=True)
    done = membership.add([str(repo.path / "deep" / "er")], About(), str(tmp_path / "repos.yaml"))
    assert done.names == ("repo",)
    assert sources(tmp_path / "repos.yaml") == [str(repo.path)]


def test_what_is_not_in_the_catalogue_cannot_be_removed(team: Path, tmp_path: Path) -> None:
    make(tmp_path / "models" / "one")
    with pytest.raises(RepositoryNotFound, match="'nobody'"):
        membership.remove(["nobody"], str(team))
    with pytest.raises(UsageError, match=r"'one' is found by the glob '\.\./models/\*'") as refused:
        membership.remove(["one"], str(team))
    assert refused.value.hint == "`gto repos remove '../models/*'` removes the glob"
    with pytest.raises(NoCatalogue):
        membership.remove(["x"], str(tmp_path / "none.yaml"))
    assert team.read_text() == TEAM


def test_a_glob_that_finds_nothing_yet_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "repos.yaml"
    done = membership.add([str(tmp_path / "later" / "*")], About(), str(path))
    assert done.lines() == [f"Added to {path}; no repository is found there yet"]
    make(tmp_path / "later" / "x")
    assert membership.add([str(tmp_path / "lat*" / "*")], About(), str(path)).names == ()


def test_a_link_to_the_file_stays_a_link_and_the_mode_stays(tmp_path: Path, team: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(team)
    team.chmod(0o640)
    membership.add(["https://example.com/x"], About(), str(link))
    assert link.is_symlink()
    assert "https://example.com/x" in team.read_text()
    assert stat.S_IMODE(team.stat().st_mode) == 0o640
    assert [path.name for path in team.parent.iterdir()] == ["repos.yaml"]


def test_a_file_that_cannot_be_replaced_stays_and_nothing_is_left_behind(
    team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        membership.add(["https://example.com/x"], About(), str(team))
    assert team.read_text() == TEAM
    assert [path.name for path in team.parent.iterdir()] == ["repos.yaml"]
