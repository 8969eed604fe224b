"""Git acts for a person: their name in what is written, their token and nothing else in what is pushed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import GitError, UsageError
from gto.git.acting import Person, PushCredential, as_person
from gto.git.command import Git
from gto.registry.registry import Registry
from gto.registry.write import verbs
from tests.repo import run
from tests.server import serve
from tests.web import Reply, serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.server import Server

EVE = Person("Eve Öz", "eve@example.com")
TOKEN = "glpat-0123456789"  # noqa: S105  of a server on loopback
SERVER_WORD = "machine-password"


@pytest.fixture
def forge(repo: Repo, tmp_path: Path) -> Iterator[Server]:
    """A server that knows two people; the machine's own user could push to it in every way that git has."""
    with serve(tmp_path / "served") as server:
        server.users.update({"machine": SERVER_WORD, "eve": TOKEN})
        server.new("models.git", "core.logAllRefUpdates=always")
        repo.git("push", "--quiet", server.url(userinfo=f"machine:{SERVER_WORD}"), "HEAD:refs/heads/main")
        home = os.environ["HOME"]
        with open(f"{home}/.netrc", "w", encoding="utf-8") as netrc:
            netrc.write(f"machine 127.0.0.1 login machine password {SERVER_WORD}\n")
        run("git", "config", "--global", "tag.gpgSign", "true", cwd=repo.path)
        yield server


def pushers(server: Server, tag: str) -> list[str]:
    """Who pushed a tag, as the server's log of refs has it."""
    log = server.root / "models.git" / "logs" / "refs" / "tags" / tag
    return [line.split(" ")[2] for line in log.read_text(encoding="utf-8").splitlines()]


def test_a_tag_is_of_the_person_and_goes_out_with_their_token(
    forge: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's user has a `.netrc`, a header and a signing key; none of them counts."""
    header = "Authorization: Basic bWFjaGluZTptYWNoaW5lLXBhc3N3b3Jk"
    run("git", "config", "--global", f"http.{forge.url('')}.extraHeader", header, cwd=tmp_path)
    for word in ("GIT_TRACE", "GIT_TRACE2_EVENT", "GIT_TRACE_CURL"):
        monkeypatch.setenv(word, str(tmp_path / "trace"))
    monkeypatch.setenv("GIT_TRACE2_CONFIG_PARAMS", "http.*")
    registry = Registry.open(forge.url())
    with as_person(EVE, PushCredential(forge.url(), "eve", TOKEN)):
        verbs.register(registry, "churn", None)
    served = (forge.root / "models.git").as_posix()
    tagger = Git(served).run(["for-each-ref", "--format=%(taggername) %(taggeremail)", "refs/tags"]).decode()
    assert tagger == "Eve Öz <eve@example.com>\n"
    assert pushers(forge, "churn@v0.0.1") == ["eve"]
    trace = (tmp_path / "trace").read_bytes()
    assert b"git-receive-pack" in trace
    assert b"remote-http" in trace, "every argument of every process stands there"
    assert TOKEN.encode() not in trace
    assert b"ZXZlOmdscGF0" not in trace, "the same as a header has it"


def test_a_wrong_token_pushes_nothing_although_the_machine_s_user_could(forge: Server) -> None:
    registry = Registry.open(forge.url())
    with (
        as_person(EVE, PushCredential(forge.url(), "eve", "no-such-token")),
        pytest.raises(GitError) as refused,
    ):
        verbs.register(registry, "churn", None)
    assert "no-such-token" not in str(refused.value)
    assert not (forge.root / "models.git" / "logs" / "refs" / "tags").exists()


def test_a_push_elsewhere_is_refused_before_git_starts(repo: Repo, forge: Server) -> None:
    credential = PushCredential(forge.url(), "eve", TOKEN)
    with as_person(EVE, credential), pytest.raises(UsageError, match="nothing is pushed to another place"):
        Git(str(repo.path)).run(["push", "origin", "HEAD"])
    assert TOKEN not in repr(credential)


def test_a_token_is_sent_to_no_place_that_an_answer_leads_to_and_no_hook_sees_it(repo: Repo, tmp_path: Path) -> None:
    hook = repo.path / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\n", encoding="utf-8")
    hook.chmod(0o755)
    with serve(tmp_path / "served") as server, serve_web() as web:
        server.new()
        web.rule("/x/info/refs", lambda asked, _: Reply(301, b"", {"Location": server.url() + asked.path[2:]}))
        push = ["push", "--", f"{web.url}/x", "HEAD:refs/heads/x"]
        with as_person(EVE, PushCredential(f"{web.url}/x", "eve", TOKEN)), pytest.raises(GitError, match="error: 301"):
            Git(str(repo.path)).run(push)
        assert not server.requests
        with as_person(EVE, PushCredential(server.url(), "eve", TOKEN)):
            Git(str(repo.path)).run(["push", "--", server.url(), "HEAD:refs/heads/x"])
    assert not (tmp_path / "seen").exists()


def test_without_a_token_the_name_is_the_person_s_and_the_push_is_the_machine_s(forge: Server) -> None:
    registry = Registry.open(forge.url())
    with as_person(EVE):
        verbs.register(registry, "churn", None)
    assert pushers(forge, "churn@v0.0.1") == ["machine"]


@pytest.mark.parametrize("person", [Person("", "a@b.c"), Person("Eve", "a\n@b.c"), Person("Eve <x>", "a@b.c")])
def test_a_name_that_git_would_change_is_refused(person: Person) -> None:
    with pytest.raises(UsageError, match="Nobody can commit"), as_person(person):
        pass


@pytest.mark.parametrize("url", ["ssh://git@h/x", "git@h:x", "https://ada:secret@h/x", "https://h/x?y"])
def test_a_token_is_for_an_address_by_http(url: str) -> None:
    with pytest.raises(UsageError, match="by HTTP"), as_person(EVE, PushCredential(url, "eve", TOKEN)):
        pass
