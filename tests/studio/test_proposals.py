"""An annotation proposed: a branch that is the person's own, and a pull request on the repository's forge."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from gto.catalog.entry import CatalogEntry
from gto.catalog.parallel import Way
from gto.catalog.repositories import CatalogRepository
from gto.exceptions import Conflict, UsageError
from gto.git.acting import Person
from gto.registry.registry import Registry
from gto.registry.write import verbs
from gto.studio.actions.annotation_wish import AnnotationWish, ProposalWords
from gto.studio.proposals.annotation_proposal import branch_of, propose_annotation
from gto.studio.proposals.forge_api import ForgeRefused
from gto.studio.proposals.forge_client import ForgeToken
from gto.studio.proposals.forge_site import ForgeHost, ForgeKind, ForgeSettings
from gto.studio.proposals.propose import Proposal, Proposer
from gto.studio.proposals.push_access import pushing, token_site
from tests.forges import DIALECTS, GITHUB, TOKEN, serve_forge
from tests.server import serve
from tests.web import Reply, serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.forges import Dialect, FakeForge
    from tests.repo import Repo

EVE = Person("Eve", "eve@example.com")
NO_WORDS = ProposalWords()
WISH = AnnotationWish("annotate", "churn", "models/churn.txt", "model", ("weekly",), "Who will leave")
FILES = {"models/churn.txt": "a model\n", "artifacts.yaml": "other:\n  path: README.md\n"}


@pytest.fixture
def forge(repo: Repo, tmp_path: Path) -> Iterator[FakeForge]:
    repo.commit("files", FILES)
    with serve_forge(GITHUB, repo, tmp_path / "served") as running:
        yield running


def ask(
    forge: FakeForge,
    wish: AnnotationWish = WISH,
    words: ProposalWords = NO_WORDS,
    token: ForgeToken | None = None,
    settings: ForgeSettings | None = None,
    *,
    person: Person = EVE,
) -> Proposal:
    """Propose to a forge, as Eve with her token; this machine's own user reads and could push too."""
    address = forge.server.url(forge.dialect.path, "machine:machine-word")
    place = CatalogRepository("team", address, CatalogEntry("url", address))
    proposer = Proposer(person, forge.token if token is None else token)
    return propose_annotation(place, Way(), wish, proposer, words, settings or forge.settings)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.kind.value)
def test_a_proposal_is_a_branch_of_the_person_and_one_pull_request_however_often_it_is_made(
    dialect: Dialect, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit("files", FILES)
    for word in ("GIT_TRACE", "GIT_TRACE2_EVENT", "GIT_TRACE_CURL"):
        monkeypatch.setenv(word, str(tmp_path / "trace"))
    with serve_forge(dialect, repo, tmp_path / "served") as forge:
        before = forge.origin.refs()
        made = ask(forge, words=ProposalWords(title="Say what churn is", text="So that others find it."))
        branch = branch_of(WISH)
        assert (made.branch, made.base, made.pushed, made.opened, made.problem) == (branch, "main", True, True, "")
        assert made.url == forge.site + dialect.page
        escaped = quote(branch, safe="" if "%2F" in dialect.link or "=" in dialect.link.split("{")[0][-8:] else "/")
        assert made.link == forge.site + dialect.link.replace("{branch}", escaped)
        assert forge.posted == [{"title": "Say what churn is", "text": "So that others find it.", "branch": branch}]
        assert forge.origin.refs() == {**before, f"refs/heads/{branch}": made.commit}
        form = "%an <%ae> %cn <%ce>%n%P%n%B"
        author, parent, *message = forge.origin.git("log", "-1", f"--format={form}", branch).splitlines()
        assert author == "Eve <eve@example.com> Eve <eve@example.com>"
        assert parent == before["refs/heads/main"]
        assert message == ["Say what churn is", "", "So that others find it."]
        assert "Who will leave" in forge.origin.git("show", f"{branch}:artifacts.yaml")
        again = ask(forge, words=ProposalWords(title="Something else"))
        assert again == made._replace(pushed=False)
        assert len(forge.posted) == 1
        assert forge.pushers(branch) == [dialect.login]
    trace = (tmp_path / "trace").read_text(encoding="utf-8")
    assert "git-receive-pack" in trace
    assert TOKEN not in trace


def test_many_who_propose_the_same_at_once_make_one_branch_and_one_pull_request(forge: FakeForge) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: ask(forge, person=Person(f"Eve {number}", EVE.email)), range(4)))
    assert {one._replace(pushed=True) for one in made} == {made[0]._replace(pushed=True)}
    assert made[0].opened
    assert [one.pushed for one in made].count(True) == len(forge.pushers(made[0].branch)) == len(forge.posted) == 1


def test_a_removal_is_proposed_too_and_on_a_branch_of_a_chosen_name(forge: FakeForge) -> None:
    """Nobody says which forge it is, and the host does not say it when it is asked."""
    wish, words = AnnotationWish("remove", "other"), ProposalWords(branch="eve/no-other")
    token = ForgeToken(forge.server.url(""), TOKEN, GITHUB.login)
    made = ask(forge, wish, words, token, ForgeSettings())
    assert (made.branch, made.pushed, made.opened, made.link) == ("eve/no-other", True, False, "")
    assert "other" not in forge.origin.git("show", "eve/no-other:artifacts.yaml")
    assert forge.pushers("eve/no-other") == [GITHUB.login]
    assert ask(forge, wish, words, token, ForgeSettings()) == made._replace(pushed=False)


def test_without_a_token_the_branch_is_there_and_the_link_leads_to_the_form(forge: FakeForge) -> None:
    address = forge.server.url(forge.dialect.path, "machine:machine-word")
    place = CatalogRepository("team", address, CatalogEntry("url", address))
    made = propose_annotation(place, Way(), WISH, Proposer(EVE), settings=forge.settings)
    assert (made.pushed, made.opened, made.url) == (True, False, "")
    assert made.link == f"{forge.site}/acme/churn/compare/main...{made.branch}?expand=1"
    assert forge.pushers(made.branch) == ["machine"]
    assert forge.origin.git("log", "-1", "--format=%an %cn", made.branch) == "Eve Eve"
    assert not forge.web.asked


def test_a_clone_leads_to_the_remote_that_it_is_of(forge: FakeForge, repo: Repo) -> None:
    """The machine's user is known to git by a credential helper."""
    repo.git("remote", "add", "origin", forge.address)
    with open(f"{os.environ['HOME']}/.netrc", "w", encoding="utf-8") as netrc:
        netrc.write("machine 127.0.0.1 login machine password machine-word\n")
    place = CatalogRepository("team", str(repo.path), CatalogEntry("path", str(repo.path)))
    made = propose_annotation(place, Way(), WISH, Proposer(EVE, forge.token), settings=forge.settings)
    assert made.opened
    assert forge.pushers(made.branch) == [GITHUB.login]
    assert made.branch not in repo.git("branch", "--all")


def test_tags_go_out_with_a_forge_s_token_too(forge: FakeForge) -> None:
    registry = Registry.open(forge.server.url(GITHUB.path, "machine:machine-word"))
    assert token_site(forge.address, forge.settings) == forge.token.site
    with pushing(forge.address, EVE, forge.token, forge.settings):
        verbs.register(registry, "churn", None)
    log = forge.origin.path / "logs" / "refs" / "tags" / "churn@v0.0.1"
    assert log.read_text(encoding="utf-8").split(" ")[2] == GITHUB.login


def test_a_token_for_another_forge_goes_nowhere(forge: FakeForge) -> None:
    with serve_web() as other, pytest.raises(UsageError, match=f"The token is for '{other.url}'"):
        ask(forge, token=ForgeToken(other.url, TOKEN))
    with pytest.raises(UsageError, match="This is no token"):
        ask(forge, token=ForgeToken(forge.site, f"{TOKEN}\nX-Header: 1"))
    assert not forge.web.asked
    assert f"refs/heads/{branch_of(WISH)}" not in forge.origin.refs()
    assert TOKEN not in repr(forge.token)


def test_a_token_that_may_not_push_is_told_so_and_the_machine_does_not_push_instead(forge: FakeForge) -> None:
    with pytest.raises(ForgeRefused, match="GitHub lets nobody push with this token") as refused:
        ask(forge, token=ForgeToken(forge.site, "another"))
    assert "`repo`" in refused.value.hint
    assert f"refs/heads/{branch_of(WISH)}" not in forge.origin.refs()


def test_where_the_pull_request_is_refused_the_branch_stays_with_the_link_and_the_reason(forge: FakeForge) -> None:
    body = b'{"message": "Resource not accessible by personal access token"}'
    head = {"X-Accepted-Github-Permissions": "pull_requests=write"}
    forge.refuse = lambda asked: Reply(403, body, head) if asked.method == "POST" else None
    made = ask(forge)
    assert (made.pushed, made.opened) == (True, False)
    assert made.problem == "GitHub does not let this token do that: Resource not accessible by personal access token"
    assert made.hint == "give a token that may: pull_requests=write"
    forge.refuse = lambda _: None
    assert ask(forge).opened


def test_a_token_is_not_sent_where_an_answer_leads(forge: FakeForge) -> None:
    with serve_web() as other:
        forge.refuse = lambda _: Reply(301, b"", {"Location": f"{other.url}/repositories/1/pulls"})
        assert "was moved: 127.0.0.1" in ask(forge).problem
        assert not other.asked


def test_a_branch_with_another_change_is_left_alone(forge: FakeForge, repo: Repo) -> None:
    where = forge.server.url(GITHUB.path, "machine:machine-word")
    repo.git("push", "--quiet", where, "HEAD:refs/heads/release")
    made = ask(forge, words=ProposalWords(branch="eve/churn"))
    repo.git("fetch", "--quiet", where, made.branch)
    repo.git("reset", "--quiet", "--hard", made.commit)
    repo.commit("more", {"train.py": "print('not of Eve')\n"})
    repo.git("push", "--quiet", where, f"HEAD:refs/heads/{made.branch}")
    assert ask(forge, words=ProposalWords(branch="eve/churn")).url == made.url, "what others add to it is theirs to do"
    forge.open.clear()
    before = forge.origin.refs()
    for name in ("release", made.branch):
        with pytest.raises(Conflict, match=f"There is a branch '{name}' already, with another change"):
            ask(forge, words=ProposalWords(branch=name))
    with pytest.raises(UsageError, match="'main' is the branch that the change is proposed to"):
        ask(forge, words=ProposalWords(branch="main"))
    assert forge.origin.refs() == before


def test_what_is_said_already_is_no_proposal_and_what_was_merged_and_taken_back_is_one_again(
    forge: FakeForge, repo: Repo
) -> None:
    where = forge.server.url(GITHUB.path, "machine:machine-word")
    made = ask(forge)
    repo.git("pull", "--quiet", where, made.branch)
    repo.git("push", "--quiet", where, "HEAD:refs/heads/main")
    forge.open.clear()
    with pytest.raises(Conflict, match=r"'artifacts\.yaml' on 'main' says that already"):
        ask(forge)
    repo.commit("take it back", FILES)
    repo.git("push", "--quiet", where, "HEAD:refs/heads/main")
    again = ask(forge)
    assert (again.branch, again.pushed, again.opened) == (made.branch, True, True)
    assert forge.origin.git("merge-base", "main", again.branch) == repo.git("rev-parse", "HEAD")


def test_a_repository_that_is_read_by_ssh_is_pushed_to_by_http(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's key would let it push; its token is the person's alone."""
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n', encoding="utf-8")
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    path = tmp_path / "team" / "churn.git"
    repo.commit("files", FILES | {f"many/{number}.txt": f"{number}\n" * 50 for number in range(20)})
    with serve(tmp_path.parents[-1]) as server:
        origin = server.new(str(path)[1:], "core.logAllRefUpdates=always", "uploadpack.allowFilter=true")
        repo.git("push", "--quiet", str(path), "HEAD:refs/heads/main")
        server.users["oauth2"] = TOKEN
        site = server.url("").rstrip("/")
        settings = ForgeSettings({"forge.example": ForgeHost(ForgeKind.GITLAB, site)})
        address = f"ssh://git@forge.example{path}"
        place = CatalogRepository("team", address, CatalogEntry("url", address))
        proposer = Proposer(EVE, ForgeToken(site, TOKEN))
        made = propose_annotation(place, Way(), WISH, proposer, settings=settings)
        assert origin.refs()[f"refs/heads/{made.branch}"] == made.commit
        log = origin.path / "logs" / "refs" / "heads" / made.branch
        assert log.read_text(encoding="utf-8").split(" ")[2] == "oauth2"
        with pytest.raises(ForgeRefused, match="GitLab lets nobody push with this token"):
            propose_annotation(
                place, Way(), WISH._replace(text="Another"), Proposer(EVE, ForgeToken(site, "wrong")), settings=settings
            )
        with serve_web() as web:
            elsewhere = ForgeSettings({"forge.example": ForgeHost(ForgeKind.GITLAB, web.url)})
            proposer, wish = Proposer(EVE, ForgeToken(web.url, TOKEN)), WISH._replace(text="A third")
            with pytest.raises(ForgeRefused, match="GitLab shows no such repository to this token"):
                propose_annotation(place, Way(), wish, proposer, settings=elsewhere)
            web.rule(f"{path}/info/refs", lambda *_: Reply(301, b"", {"Location": f"{site}/x"}))
            with pytest.raises(ForgeRefused, match="GitLab says that the repository was moved"):
                propose_annotation(place, Way(), wish, proposer, settings=elsewhere)
