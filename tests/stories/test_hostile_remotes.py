"""Remotes that lie, never end, or lead elsewhere; addresses and arguments that mean something else to git."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.hostile.web import Web, advertise, serve_git, serve_web
from tests.objects import write_object
from tests.repo import START, TICK, Repo, run
from tests.stories.healthy import done, make_healthy, said
from tests.stories.test_strangers import CONTROL_RE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Result
    from tests.server import Server

LATER = START + 60 * TICK
READS = (("show",), ("show", "--json"), ("show", "ok", "--json"), ("history",), ("describe", "ok"), ("tags", "--other"))


@pytest.fixture
def away(tmp_path: Path) -> Repo:
    """A directory that is no repository."""
    (tmp_path / "away").mkdir()
    return Repo(tmp_path / "away", LATER)


@pytest.fixture
def clone(tmp_path: Path) -> Repo:
    """A repository with one sound artifact, whose remote a test names."""
    made = make_healthy(tmp_path / "clone")
    made.clock = LATER
    return made


def ends_well(result: Result) -> None:
    """An exit code that means something, words that a person can read, no traceback."""
    assert result.code in {0, 1, 2}, result
    assert "Traceback" not in result.stderr, result
    assert not CONTROL_RE.search(result.stdout + result.stderr), result
    assert result.code == 0 or result.stdout + result.stderr, result


# --- servers


def test_a_server_s_refs_are_no_instructions(clone: Repo) -> None:
    """A ref with a newline in its name forges lines of `ls-remote`; what stands there is no object to ask for."""
    oid = clone.git("rev-parse", "HEAD")
    evil = b"refs/tags/a\n+refs/heads/*:refs/heads/*\trefs/tags/x@v1.0.0"
    with serve_git([(oid, b"refs/heads/main"), (oid, evil)]) as url:
        forged = run("git", "ls-remote", url, cwd=clone.path).stdout
        assert "\n+refs/heads/*:refs/heads/*\trefs/tags/x@v1.0.0" in forged, "the vector is one of air"
        clone.git("remote", "add", "origin", url)
        before = clone.refs()
        for args in (("status", "--json"), ("fetch", "-v"), ("push",), ("status", "--remote", url)):
            result = clone.gto(*args)
            ends_well(result)
            assert "+refs/heads" not in result.stdout
        assert clone.refs() == before


NAMES = (
    b"refs/tags/../../x",
    b"refs/tags/../../../hooks/x@v1.0.0",
    b"refs/heads/.git/config",
    b"refs/tags/-x@v1.0.0",
    b"refs/tags/\x1b[2J\xe2\x80\xae@v1.0.0",
    b"../../x",
    b"HEAD\nrefs/tags/x",
    b"refs/tags/" + b"x" * 5000,
)


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_impossible_names_of_refs_are_passed_over_or_refused(name: bytes, clone: Repo, away: Repo) -> None:
    oid = clone.git("rev-parse", "HEAD")
    with serve_web(advertise([(oid, b"refs/heads/main"), (oid, name)])) as web:
        listed = subprocess.run(["git", "ls-remote", web.url], cwd=away.path, capture_output=True, check=False)
        assert name.partition(b"\n")[0] in listed.stdout or b"fatal" in listed.stderr, "the vector is one of air"
        for words in READS:
            ends_well(away.gto(*words, "-r", web.url))
        for words in (("status",), ("fetch",)):
            ends_well(clone.gto(*words, "--remote", web.url))
    assert list(away.path.iterdir()) == []


ANSWERS = {
    "a status of 500": Web(500),
    "no git at all": Web(body=b"<html>\n\x1b[2J\n</html>\n", headers={"Content-Type": "text/html"}),
    "half a line": Web(
        body=b"001e# service=git-up", headers={"Content-Type": "application/x-git-upload-pack-advertisement"}
    ),
    "a line that is too long": Web(
        body=b"fff0# service=git-upload-pack\n", headers={"Content-Type": "application/x-git-upload-pack-advertisement"}
    ),
    "an error that commands the terminal": Web(
        body=b"001e# service=git-upload-pack\n00000016ERR \x1b[2J\xc2\x9b31mx\n",
        headers={"Content-Type": "application/x-git-upload-pack-advertisement"},
    ),
    "a reason that commands the terminal": Web(
        404, body=b"\x1b]0;x\x07\xe2\x80\xae", headers={"Content-Type": "text/plain"}
    ),
    "a redirect to a file": Web(301, headers={"Location": "file:///etc/x.git/info/refs?service=git-upload-pack"}),
    "a redirect to a command": Web(301, headers={"Location": "ext::touch% sprung/info/refs?service=git-upload-pack"}),
    "a redirect to itself": Web(302, headers={"Location": "/x.git/info/refs?service=git-upload-pack"}),
    "a redirect to a listener of another kind": Web(
        302, headers={"Location": "gopher://127.0.0.1:1/x/info/refs?service=git-upload-pack"}
    ),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_wrong_answer_is_one_clear_line(answer: str, away: Repo) -> None:
    with serve_web(ANSWERS[answer]) as web:
        for words in (("show",), ("show", "--json"), ("register", "x"), ("history",)):
            result = away.gto(*words, "-r", web.url)
            ends_well(result)
            said(result, "Cannot reach 'http://127.0.0.1:")
        assert web.seen
    assert list(away.path.iterdir()) == []


@pytest.mark.parametrize("piece", [b"0", b"0000" * 4096], ids=["slow", "fast"])
def test_an_answer_without_an_end_is_given_up(piece: bytes, away: Repo) -> None:
    with serve_web(Web(headers={"Content-Type": "text/plain"}, endless=piece)) as web:
        result = away.gto("show", "-r", web.url, env={"GTO_TIMEOUT": "1"})
        said(result, "no answer within 1 seconds")


def test_credentials_do_not_follow_a_redirect_to_another_host(away: Repo) -> None:
    with serve_web(Web(401, headers={"WWW-Authenticate": 'Basic realm="x"'})) as other:
        place = f"http://localhost:{other.port}/x.git/info/refs?service=git-upload-pack"
        with serve_web(Web(302, headers={"Location": place})) as web:
            url = web.url.replace("//", "//ada:correct-horse@")
            said(away.gto("show", "-r", url), "Cannot reach")
        assert other.seen
        assert {login for _, login in other.seen} == {""}


def test_a_tree_that_has_not_git_s_form_is_no_reason_to_fall_over(server: Server, tmp_path: Path, away: Repo) -> None:
    bare = server.new("models.git", "uploadpack.allowFilter=true")
    work = make_healthy(tmp_path / "work")
    blob = work.git("rev-parse", "HEAD:README.md")
    sound = b"100644 .git\0" + bytes.fromhex(blob) + b"100644 dvc.yaml\0" + bytes.fromhex(blob)
    bodies = {"with-git": sound, "cut-short": sound[:-5], "no-end-of-a-name": sound + b"100644 zzzz"}
    for name, body in bodies.items():
        tree = write_object(work, "tree", body)
        head = b"tree %s\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n" % tree.encode()
        commit = write_object(bare, "commit", head)
        shutil.copytree(work.path / ".git/objects", bare.path / "objects", dirs_exist_ok=True)
        (bare.path / "refs/heads" / name).write_text(commit + "\n", encoding="utf-8")
        bare.git("symbolic-ref", "HEAD", f"refs/heads/{name}")
        assert body is sound or "fatal" in run("git", "ls-tree", name, cwd=bare.path).stderr, "the vector is one of air"
        for words in (("show",), ("describe", "ok"), ("show", "--type", "x", "-b", name)):
            ends_well(away.gto(*words, "-r", server.url()))


# --- addresses and arguments

ADDRESSES = (
    "ext::touch sprung",
    "ext::touch% sprung",
    "fd::0",
    "fd::17/x",
    "transport::address",
    "--upload-pack=touch sprung",
    "-oProxyCommand=touch sprung",
    "ssh://-oProxyCommand=touch%20sprung/x",
    "ssh://-oProxyCommand=touch${IFS}sprung/x",
    "ssh://host/-x",
    "-x:y",
    "user@-oProxyCommand=x:path",
    "https://example.invalid/x\nfetch",
    "https://example.invalid/%0ahost=x",
    "https://a%0ab:c@127.0.0.1:1/x",
    "git://127.0.0.1:1/x%0ahost=y",
    "file:///nowhere\0x",
    "http://127.0.0.1:1/\x1b[2J",
    "file://--upload-pack=touch sprung",
    "http://[::1]:1/x",
    "HTTP://127.0.0.1:1/x",
    "http://127.0.0.1:1/?x=1",
    "ssh://ada:secret-word@127.0.0.1:1/x",
)


@pytest.mark.parametrize("address", [one for one in ADDRESSES if "\0" not in one], ids=repr)
def test_an_address_is_an_address_and_nothing_else(address: str, away: Repo, clone: Repo) -> None:
    lines = (
        (away, ("show", f"--repo={address}")),
        (away, ("register", "x", f"--repo={address}")),
        (clone, ("status", f"--remote={address}")),
        (clone, ("fetch", f"--remote={address}")),
        (clone, ("push", f"--remote={address}")),
        (clone, ("doctor", f"--remote={address}")),
        (away, ("cache", "clear", "--", address)),
        (away, ("repos", "add", "--catalog", "c.yaml", "--", address)),
    )
    before = clone.refs()
    for repo, words in lines:
        result = repo.gto(*words, env={"GTO_TIMEOUT": "10", "GIT_SSH_COMMAND": "false"})
        ends_well(result)
        assert "secret-word" not in result.stdout + result.stderr
    assert not (away.path / "sprung").exists()
    assert not (clone.path / "sprung").exists()
    assert clone.refs() == before


def test_git_without_a_guard_takes_such_words_for_options_and_commands(clone: Repo) -> None:
    run("git", "ls-remote", "--upload-pack=touch sprung; false", ".", cwd=clone.path)
    assert (clone.path / "sprung").exists()
    (clone.path / "sprung").unlink()
    run("git", "-c", "protocol.ext.allow=always", "ls-remote", "ext::touch sprung", cwd=clone.path)
    assert (clone.path / "sprung").exists()


WORDS = ("..", "../x", "a/../b", ".git/config", "a\nb", "\x1b[2J", "a\u202eb", "x" * 5000, "--", "-x", "@{u}", "a:b:c")


@pytest.mark.parametrize("word", WORDS, ids=repr)
def test_a_name_is_a_name_and_no_path_out(word: str, clone: Repo) -> None:
    before = (clone.refs(), sorted(path.name for path in clone.path.parent.iterdir()))
    lines = (
        ("register", "--", word),
        ("register", "ok", f"--version={word}"),
        ("register", "ok", "--", word),
        ("assign", "ok", f"--stage={word}"),
        ("annotate", "--", word),
        ("annotate", "ok", f"--file={word}"),
        ("annotate", f"{word}:x", "--type=model"),
        ("remove", "--", word),
        ("describe", "--", word),
        ("describe", "ok", f"--rev={word}"),
        ("check-ref", "--", word),
        ("show", "--", word),
        ("history", "--", word),
        ("search", "--", word),
        ("show", f"--branch={word}"),
        ("status", "--", word),
        ("nosuch" + word,),
    )
    for words in lines:
        ends_well(clone.gto(*words))
    assert (clone.refs(), sorted(path.name for path in clone.path.parent.iterdir())) == before
    assert json.loads(done(clone.gto("show", "--json")))["ok"]["version"] == "v0.0.1"
