"""Secrets in addresses and in git's configuration: used, and neither shown, nor kept, nor seen by others."""

from __future__ import annotations

import base64
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.hostile.tracing import trace
from tests.repo import START, TICK, Repo
from tests.server import serve
from tests.stories.healthy import done, make_healthy, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server import Server

LATER = START + 60 * TICK
NAME, PASSWORD = "ada", "correct-h@rse/battery"
WRITTEN = f"{NAME}:correct-h%40rse%2Fbattery"
BASIC = base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
SECRETS = ("correct-h", "rse/battery", BASIC)
TRACED = {
    "GIT_TRACE": "1",
    "GIT_TRACE_CURL": "1",
    "GIT_CURL_VERBOSE": "1",
    "GIT_TRACE_REDACT": "0",
    "GIT_TRACE_PACKET": "1",
}


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Server]:
    """A server that wants a name and a password, with one repository."""
    with serve(tmp_path / "guarded", (NAME, PASSWORD)) as running:
        bare = running.new("models.git", "uploadpack.allowFilter=true")
        work = make_healthy(tmp_path / "seed")
        work.commit("annotated", {"dvc.yaml": "artifacts:\n  ok: {type: model, path: README.md}\n"})
        work.git("push", "--quiet", "--tags", str(bare.path), "HEAD:main")
        yield running


@pytest.fixture
def clone(guarded: Server, tmp_path: Path) -> Repo:
    """A clone that lacks its remote's events; its remote is named without a secret."""
    made = make_healthy(tmp_path / "clone")
    made.clock = LATER
    made.git("remote", "add", "origin", guarded.url())
    made.tag("ok@v0.0.9", made.commit("more"))
    made.git("tag", "--delete", "ok#prod#1")
    return made


def lines(url: str) -> list[tuple[str, ...]]:
    """Every command that takes an address."""
    return [
        ("show", "-r", url),
        ("show", "ok", "--json", "-r", url),
        ("describe", "ok", "-r", url),
        ("history", "-r", url),
        ("doctor", "-r", url),
        ("register", "ok", "-r", url),
        ("annotate", "ok", "--label", "x", "--commit", "-r", url),
        ("cache", "clear", url),
        ("status", "--remote", url),
        ("fetch", "--remote", url),
        ("push", "--remote", url),
        ("doctor", "--remote", url),
        ("repos", "add", url),
    ]


def check(text: str, *more: str) -> None:
    for secret in (*SECRETS, *more):
        assert secret not in text, text


def check_disk(*places: Path) -> None:
    """Nothing below these directories holds a secret, in its name or its bytes."""
    found = [path for place in places for path in place.rglob("*")]
    for path in found:
        check(str(path))
        if path.is_file() and not path.is_symlink():
            assert not any(secret.encode() in path.read_bytes() for secret in SECRETS), path
    assert found


@pytest.mark.parametrize("env", [{}, TRACED], ids=["quiet", "traced"])
@pytest.mark.parametrize("userinfo", [WRITTEN, f"{NAME}:wrong-correct-h%40rse"], ids=["right", "wrong"])
def test_a_password_in_an_address_is_nowhere(userinfo: str, env: dict[str, str], guarded: Server, clone: Repo) -> None:
    for words in lines(guarded.url(userinfo=userinfo)):
        result = clone.gto("-v", *words, "--traceback", env=env)
        check(result.stdout + result.stderr)
        if userinfo == WRITTEN and words[0] != "repos":
            assert result.code == 0 or words[0] == "doctor", result
            assert "Traceback" not in result.stderr
    check_disk(Path(os.environ["HOME"]), clone.path)


@pytest.mark.skipif(shutil.which("strace") is None, reason="there is no strace")
def test_the_arguments_of_no_process_hold_it(guarded: Server, clone: Repo, tmp_path: Path) -> None:
    url = guarded.url(userinfo=WRITTEN)
    for words in lines(url):
        log = trace(clone, tmp_path / "log", *words)
        seen = "\n".join(f"{one.program} {one.arguments}" for one in log.executed if "gto" not in one.arguments)
        check(seen.replace(url, ""), WRITTEN)
        assert url not in seen, seen


@pytest.mark.skipif(shutil.which("strace") is None, reason="there is no strace")
def test_git_by_itself_shows_it_to_everybody(guarded: Server, clone: Repo, tmp_path: Path) -> None:
    log = trace(clone, tmp_path / "log", argv=("git", "ls-remote", guarded.url(userinfo=WRITTEN)))
    assert any("correct-h" in one.arguments and "remote-http" in one.arguments for one in log.executed)


def test_secrets_of_the_configuration_are_nowhere(guarded: Server, clone: Repo) -> None:
    header = f"Authorization: Basic {BASIC}"
    clone.git("config", f"http.{guarded.url('')}.extraHeader", header)
    (clone.path / ".git/shallow").touch()
    for words in (("status",), ("fetch",), ("push",), ("doctor", "--remote", "origin"), ("register", "ok", "--force")):
        result = clone.gto("-v", *words, "--traceback", env=TRACED)
        assert result.code == 0 or words[0] == "doctor", result
        check(result.stdout + result.stderr)
    check_disk(Path(os.environ["HOME"]))


def test_a_password_in_a_rewritten_address_is_not_shown(guarded: Server, clone: Repo) -> None:
    real = guarded.url("", userinfo=WRITTEN)
    clone.git("config", "--global", f"url.{real}.insteadOf", "https://models.example/")
    clone.git("remote", "set-url", "origin", "https://models.example/models.git")
    for words in (("status",), ("fetch",), ("show", "-r", "https://models.example/models.git")):
        result = clone.gto("-v", *words, "--traceback", env=TRACED)
        assert result.code == 0, result
        check(result.stdout + result.stderr)
    clone.git(
        "config",
        "--global",
        f"url.{guarded.url('', userinfo='ada:correct-hearse')}.insteadOf",
        "https://other.example/",
    )
    result = clone.gto("-v", "show", "-r", "https://other.example/models.git", "--traceback", env=TRACED)
    check(result.stdout + result.stderr)
    assert result.code == 1
    check_disk(Path(os.environ["HOME"]) / ".cache")


def test_what_a_credential_helper_says_is_nowhere_and_no_helper_is_told(
    guarded: Server, clone: Repo, tmp_path: Path
) -> None:
    helper = tmp_path / "helper"
    told = tmp_path / "told"
    helper.write_text(
        f"#!/bin/sh\necho $1 >> '{told}'\ntest $1 = get && printf 'username={NAME}\\npassword={PASSWORD}\\n'\n",
        encoding="utf-8",
    )
    helper.chmod(0o755)
    clone.git("config", "--global", "credential.helper", str(helper))
    for words in (("status",), ("show", "-r", guarded.url())):
        result = clone.gto("-v", *words, "--traceback", env=TRACED)
        assert result.code == 0, result
        check(result.stdout + result.stderr)
    check_disk(Path(os.environ["HOME"]))
    told.unlink()
    done(clone.gto("show", "-r", guarded.url(userinfo=WRITTEN)))
    assert not told.exists(), "an address that has its own login is nothing for the user's store of passwords"


def test_a_name_without_a_password_goes_to_the_helpers(guarded: Server, clone: Repo, tmp_path: Path) -> None:
    helper = tmp_path / "helper"
    helper.write_text(f"#!/bin/sh\ngrep -q username={NAME} && printf 'password={PASSWORD}\\n'\n", encoding="utf-8")
    helper.chmod(0o755)
    clone.git("config", "--global", "credential.helper", str(helper))
    assert "v0.0.1" in done(clone.gto("show", "-r", guarded.url(userinfo=NAME)))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://models.example/x.git?private_token=correct-horse", "carries a query"),
        ("ssh://git:correct-horse@models.example/x", "carries a password"),
        ("https://models.example/x#correct-horse", "carries a query"),
        ("https://ada:correct-horse%0aquit@models.example/x", "no line break"),
    ],
)
def test_an_address_that_git_could_not_keep_to_itself_is_refused(url: str, words: str, clone: Repo) -> None:
    for line in (("show", "-r", url), ("status", "--remote", url), ("push", "--remote", url)):
        result = clone.gto("-v", *line, "--traceback")
        assert result.code == 1
        assert words in result.stderr
        assert "correct-horse" not in result.stdout + result.stderr
        said(clone.gto(*line), words)


def test_the_address_is_kept_from_rewriting_that_is_meant_for_others(guarded: Server, clone: Repo) -> None:
    clone.git("config", "--global", "url.http://127.0.0.1:1/.insteadOf", guarded.url(""))
    clone.git("config", "--global", "url.http://127.0.0.1:1/.pushInsteadOf", guarded.url(""))
    url = guarded.url(userinfo=WRITTEN)
    assert "v0.0.1" in done(clone.gto("show", "-r", url))
    assert json.loads(done(clone.gto("push", "--remote", url, "--json")))["pushed"] == ["ok@v0.0.9"]
