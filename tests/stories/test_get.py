"""`gto get`, `ls` and `url`: what a selector leads to, and what happens to files that are there."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, cast

import pytest

import gto.api
from gto.exceptions import EmptyStage, RemoteUnreachable, UnsafePath, UsageError, VersionNotFound
from tests.repo import Repo
from tests.stories.healthy import done, said
from tests.web import Reply, serve_web

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server import Server

ANNOTATED = "artifacts:\n  churn: {path: models/churn.txt}\n  segment: {path: models}\n"


@pytest.fixture
def registry(empty_repo: Repo) -> Repo:
    """Three versions of `churn`, the first in prod; the latest is deregistered; `segment` is not registered."""
    repo = empty_repo
    for number in ("one", "two", "three"):
        repo.commit(number, {"dvc.yaml": ANNOTATED, "models/churn.txt": number, "models/deep/x": "x"})
        done(repo.gto("register", "churn"))
    done(repo.gto("deprecate", "churn", "v0.0.3"))
    done(repo.gto("assign", "churn", "--version", "v0.0.1", "--stage", "prod"))
    repo.commit("EU", {"eu/dvc.yaml": "artifacts: {churn: {path: m.txt}}", "eu/m.txt": "eu"})
    done(repo.gto("register", "eu:churn"))
    repo.commit("later", {"models/churn.txt": "later", "models/run": "#!"})
    return repo


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["churn"], "two"),
        (["churn@latest"], "two"),
        (["churn@v0.0.1"], "one"),
        (["churn#prod"], "one"),
        (["churn", "--rev", "HEAD"], "later"),
        (["churn", "--rev", "HEAD~1"], "three"),
        (["eu:churn"], "eu"),
        (["eu:churn@v0.0.1"], "eu"),
    ],
)
def test_a_selector_leads_to_the_file_of_its_version(
    registry: Repo, tmp_path: Path, words: list[str], text: str
) -> None:
    assert done(registry.gto("get", *words, "-o", str(tmp_path / "out"))) == f"{tmp_path / 'out'}\n"
    assert (tmp_path / "out").read_text() == text


def test_a_dash_is_stdout_for_one_file(registry: Repo) -> None:
    result = registry.gto("get", "churn@v0.0.1", "-o", "-")
    assert (result.stdout, result.code) == ("one", 0)
    assert result.stderr == ""
    assert not (registry.path / "-").exists()
    said(registry.gto("get", "segment", "--rev", "HEAD", "-o", "-"), "'models' is a directory", "-o DIR")
    said(registry.gto("get", "churn", "-o", "-", "--json"), "--json")
    assert registry.gto("get", "churn", "-o", "").code == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nobody"], "Cannot find artifact 'nobody'"),
        (["churn@v9.9.9"], "has no version 'v9.9.9'"),
        (["churn@v0.0.3"], "has no version 'v0.0.3'"),
        (["churn#dev"], "No version in stage 'dev'"),
        (["segment"], "--rev HEAD"),
        (["churn#prod", "--rev", "HEAD"], "naming shortcut"),
        (["churn", "--rev", "nowhere"], "Ref 'nowhere' was not found"),
        (["no good"], "Invalid"),
        (["eu:churn", "--rev", "HEAD~2"], "No annotation of 'eu:churn'"),
        (["churn", "--jobs", "0"], "--jobs must be at least 1"),
        (["churn", "--allowed-signers", "x"], "add --require-signed"),
    ],
)
def test_what_leads_nowhere_is_told_with_the_next_step(registry: Repo, words: list[str], told: str) -> None:
    before = sorted(path.name for path in registry.path.iterdir())
    said(registry.gto("get", *words), told)
    assert sorted(path.name for path in registry.path.iterdir()) == before


def test_a_deprecated_artifact_is_not_delivered_unless_by_its_commit(registry: Repo, tmp_path: Path) -> None:
    done(registry.gto("deprecate", "churn"))
    said(registry.gto("get", "churn"), "'churn' is deprecated", "--rev")
    done(registry.gto("get", "churn", "--rev", "churn@v0.0.1", "-o", str(tmp_path / "out")))
    assert (tmp_path / "out").read_text() == "one"


def test_an_annotation_without_a_path_is_told(repo: Repo) -> None:
    repo.commit("annotated", {"artifacts.yaml": "churn: {type: model}"})
    done(repo.gto("register", "churn"))
    said(repo.gto("get", "churn"), "artifacts.yaml names no path of 'churn'", "gto annotate churn --path")


@pytest.mark.parametrize("path", ["../outside", "link", "loop", "dead", "module", "sub\nline", "gone"])
def test_a_path_that_is_no_file_of_the_commit_is_refused(repo: Repo, path: str) -> None:
    for name, target in (("link", "../../etc/passwd"), ("loop", "loop"), ("dead", "nothing")):
        (repo.path / name).symlink_to(target)
    repo.git("add", "link", "loop", "dead")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.git('rev-parse', 'HEAD')},module")
    repo.commit("annotated", {"artifacts.yaml": json.dumps({"churn": {"path": path}})})
    done(repo.gto("register", "churn"))
    before = sorted(one.name for one in repo.path.iterdir())
    said(repo.gto("get", "churn"))
    assert sorted(one.name for one in repo.path.iterdir()) == before


def test_links_in_a_directory_are_followed_inside_of_the_repository(repo: Repo, tmp_path: Path) -> None:
    (repo.path / "models").mkdir()
    (repo.path / "models/inside").symlink_to("../README.md")
    repo.git("add", "models")
    repo.commit("annotated", {"artifacts.yaml": "churn: {path: models}", "models/own": "own"})
    done(repo.gto("register", "churn"))
    done(repo.gto("get", "churn", "-o", str(tmp_path / "out")))
    assert (tmp_path / "out/inside").read_text() == "a repository\n"
    assert not (tmp_path / "out/inside").is_symlink()
    (repo.path / "models/outside").symlink_to("/etc/hostname")
    repo.git("add", "models")
    repo.commit("a link out")
    said(repo.gto("get", "churn", "--rev", "HEAD", "-o", str(tmp_path / "other")), "a link out of the repository")
    assert not (tmp_path / "other").exists()


def test_a_file_gets_its_own_name_unless_told_otherwise(registry: Repo) -> None:
    assert done(registry.gto("get", "churn")) == "churn.txt\n"
    assert (registry.path / "churn.txt").read_text() == "two"
    assert done(registry.gto("get", "churn", "-o", "new/")) == "new/churn.txt\n"
    assert done(registry.gto("get", "churn@v0.0.1", "-o", "eu")) == "eu/churn.txt\n"
    assert done(registry.gto("get", "segment", "--rev", "HEAD", "-o", "eu/all")) == "eu/all\n"
    assert sorted(path.name for path in (registry.path / "eu/all").iterdir()) == ["churn.txt", "deep", "run"]


def test_other_files_are_not_overwritten_without_force(registry: Repo) -> None:
    done(registry.gto("get", "churn", "-o", "out"))
    again = registry.gto("get", "churn", "-o", "out")
    done(again)
    assert "there already, with the same content" in again.stderr
    said(registry.gto("get", "churn@v0.0.1", "-o", "out"), "is there already and differs", "--force")
    assert (registry.path / "out").read_text() == "two"
    done(registry.gto("get", "churn@v0.0.1", "-o", "out", "--force"))
    assert (registry.path / "out").read_text() == "one"


def test_json_says_what_was_delivered(registry: Repo) -> None:
    found = json.loads(done(registry.gto("get", "churn#prod", "--json")))
    commit = registry.git("rev-parse", "churn@v0.0.1^{commit}")
    blob = registry.git("rev-parse", f"{commit}:models/churn.txt")
    assert found == {
        "artifact": "churn",
        "version": "v0.0.1",
        "commit_hexsha": commit,
        "path": "models/churn.txt",
        "target": "churn.txt",
        "files": [{"path": "churn.txt", "size": 3, "hash": f"git:{blob}", "executable": False}],
        "kept": [],
    }


def test_a_repository_that_a_url_names_is_delivered_from(registry: Repo, server: Server, tmp_path: Path) -> None:
    server.new("models.git", "uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true")
    registry.git("push", "--quiet", "--tags", server.url(), "HEAD:refs/heads/main")
    away = Repo(tmp_path / "away")
    away.path.mkdir()
    assert done(away.gto("get", "churn#prod", "-r", server.url())) == "churn.txt\n"
    assert (away.path / "churn.txt").read_text() == "one"
    done(away.gto("get", "segment", "--rev", "main", "-r", server.url(), "-o", "all"))
    assert (away.path / "all/deep/x").read_text() == "x"
    listed = json.loads(done(away.gto("ls", "segment", "-R", "--rev", "main", "-r", server.url(), "--json")))
    assert [file["path"] for file in listed["files"]] == ["churn.txt", "deep/x", "run"]


@pytest.mark.parametrize("name", [".ssh", "models"])
def test_a_repository_given_by_a_url_adds_to_no_directory_of_its_reader(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    repo.commit("annotated", {"artifacts.yaml": f"churn: {{path: m/{name}}}", f"m/{name}/rc": "theirs"})
    done(repo.gto("register", "churn"))
    mine = tmp_path / "home" / name
    mine.mkdir(parents=True)
    (mine / "own").write_text("mine")
    monkeypatch.chdir(mine.parent)
    for out in (None, "./"):
        with pytest.raises(UnsafePath) as caught:
            gto.api.get(f"file://{repo.path}", "churn", out=out)
        assert "--force" in caught.value.hint
    assert [file.name for file in mine.iterdir()] == ["own"]
    gto.api.get(f"file://{repo.path}", "churn", out="other")
    assert (mine.parent / "other/rc").read_text() == "theirs"
    gto.api.get(f"file://{repo.path}", "churn", force=True)
    gto.api.get(f"file://{repo.path}", "churn", out=name)
    assert (mine / "rc").read_text() == "theirs"


@pytest.mark.parametrize("where", ["path", "lfs"])
def test_a_server_of_this_machine_is_asked_for_a_stranger_only_where_that_is_wanted(
    repo: Repo, tmp_path: Path, where: str
) -> None:
    data = b"internal"
    oid = hashlib.sha256(data).hexdigest()
    with serve_web() as web:
        action = {"download": {"href": f"{web.url}/objects/it"}}
        answer = json.dumps({"objects": [{"oid": oid, "size": len(data), "actions": action}]}).encode()
        web.rule("/lfs/objects/batch", lambda _asked, _reply: Reply(200, answer))
        web.files["/objects/it"] = data
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(data)}\n"
        path = f"{web.url}/objects/it" if where == "path" else "m.bin"
        config = f"[lfs]\n url = {web.url}/lfs\n"
        files = {"m.bin": pointer, ".gitattributes": "*.bin filter=lfs\n", ".lfsconfig": config}
        repo.commit("annotated", {"artifacts.yaml": f"churn: {{path: '{path}'}}", **files})
        done(repo.gto("register", "churn"))
        with pytest.raises(RemoteUnreachable, match="private network"):
            gto.api.get(f"file://{repo.path}", "churn", out=str(tmp_path / "out"))
        assert web.asked == []
        gto.api.get(f"file://{repo.path}", "churn", out=str(tmp_path / "out"), trust_remote=True)
    assert (tmp_path / "out").read_bytes() == data


@pytest.mark.parametrize("path", ["{there}", "file://{there}"])
def test_a_path_of_this_machine_is_read_for_its_own_repositories_alone(
    repo: Repo, server: Server, tmp_path: Path, path: str
) -> None:
    there = tmp_path / "secret.txt"
    there.write_text("secret")
    repo.commit("annotated", {"artifacts.yaml": f"churn: {{path: '{path.format(there=there)}'}}"})
    done(repo.gto("register", "churn"))
    mine = repo.gto("get", "churn", "-o", "mine")
    done(mine)
    assert (repo.path / "mine").read_text() == "secret"
    assert "nobody promised what is in 1 file(s)" in mine.stderr
    server.new("models.git", "uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true")
    repo.git("push", "--quiet", "--tags", server.url(), "HEAD:refs/heads/main")
    for words in ([], ["--trust-remote"]):
        said(repo.gto("get", "churn", "-r", server.url(), "-o", "theirs", *words), "--allow-local")
    assert not (repo.path / "theirs").exists()
    done(repo.gto("get", "churn", "-r", server.url(), "-o", "theirs", "--allow-local"))
    assert (repo.path / "theirs").read_text() == "secret"


def test_a_directory_that_a_path_names_is_delivered_whole(repo: Repo, tmp_path: Path) -> None:
    there = tmp_path / "there"
    (there / "deep").mkdir(parents=True)
    (there / "a").write_text("a")
    (there / "deep/b").write_text("b")
    repo.commit("annotated", {"artifacts.yaml": f"churn: {{path: '{there}/'}}\ngone: {{path: '{there}/gone'}}"})
    done(repo.gto("register", "churn"))
    done(repo.gto("get", "churn", "-o", "out"))
    assert (repo.path / "out/deep/b").read_text() == "b"
    said(repo.gto("get", "gone", "--rev", "HEAD"), "gone")


def test_what_is_not_signed_is_not_delivered_where_that_is_asked_for(registry: Repo) -> None:
    said_ = registry.gto("get", "churn", "--require-signed")
    assert said_.code == 1
    assert "event(s) are left out" in said_.stderr


def test_the_help_shows_the_commands_together(registry: Repo) -> None:
    words = done(registry.gto("--help"))
    section = words.partition("Deliver files")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in section.splitlines()[1:]] == [
        "get",
        "ls",
        "url",
        "build",
        "apply",
        "serve",
        "deploy",
    ]


def test_python_has_the_same_functions(registry: Repo, tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = gto.api.get(registry.path, "churn#prod", out=str(out))
    assert isinstance(found, dict)
    assert found["target"] == str(out)
    assert out.read_text() == "one"
    listed = gto.api.ls(registry.path, "segment", rev="HEAD")
    assert isinstance(listed, dict)
    assert [file["path"] for file in cast("list[dict[str, str]]", listed["files"])] == ["churn.txt", "deep/x", "run"]
    with pytest.raises(EmptyStage):
        gto.api.get(registry.path, "churn#nowhere")
    with pytest.raises(VersionNotFound):
        gto.api.url(registry.path, "churn", require_signed=True)


def test_offline_delivers_what_was_fetched_before(registry: Repo, server: Server, tmp_path: Path) -> None:
    server.new("models.git", "uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true")
    registry.git("push", "--quiet", "--tags", server.url(), "HEAD:refs/heads/main")
    away = Repo(tmp_path / "away")
    away.path.mkdir()
    done(away.gto("get", "churn#prod", "-r", server.url(), "-o", "first"))
    server.forget()
    done(away.gto("get", "churn#prod", "-r", server.url(), "-o", "again", "--offline"))
    assert (away.path / "again").read_text() == "one"
    said(away.gto("get", "churn", "-r", server.url(), "-o", "other", "--offline"), "leave out --offline")
    assert server.requests == []
    assert sorted(path.name for path in away.path.iterdir()) == ["again", "first"]


def test_windows_outside_of_wsl_gets_one_clear_line(registry: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(UsageError, match="GTO brings no files on Windows") as raised:
        gto.api.get(registry.path, "churn#prod")
    assert raised.value.hint == "run it in WSL, the Windows Subsystem for Linux"
