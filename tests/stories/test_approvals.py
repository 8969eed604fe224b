"""`gto approve`, `gto reviews` and `--require-policy`, by people with SSH keys in clones of one served repository."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from gto import api
from gto.exceptions import UsageError
from tests.repo import START, Repo, run
from tests.signing import Keys, need
from tests.stories.healthy import done, problems, said

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.repo import Result
    from tests.server import Server

POLICY = """\
signing: {sign: true, allowed_signers: .gto.signers}
groups:
  approvers: [grace@example.com, joan@example.com]
rules:
- name: production
  stages: prod*
  approvals: NUMBER
  approvers:
  - approvers
"""
PEOPLE = ("ada", "grace", "joan", "bob")


def configure(repo: Repo, keys: Keys, person: str, *scope: str) -> None:
    """Let git write and sign as somebody."""
    settings = {
        "user.name": person.title(),
        "user.email": f"{person}@example.com",
        "gpg.format": "ssh",
        "user.signingKey": str(keys.place / person),
    }
    for key, value in settings.items():
        repo.git("config", *scope, key, value)


@dataclass(slots=True)
class Team:
    """A served repository, the keys of four people, and one clock for all of their clones."""

    root: Path
    server: Server
    keys: Keys
    clock: datetime = START
    clones: dict[str, Repo] = field(default_factory=dict)

    @property
    def bare(self) -> Repo:
        return Repo(self.server.root / "models.git")

    def clone(self, person: str, *words: str) -> Repo:
        """Somebody's clone, made when it is first asked for."""
        if person not in self.clones:
            Repo(self.root).git("clone", "--quiet", *words, self.server.url(), str(self.root / person))
            repo = self.clones[person] = Repo(self.root / person)
            configure(repo, self.keys, person)
        return self.clones[person]

    def gto(self, person: str, *words: str) -> Result:
        """What gto says in somebody's clone, a minute after anybody's last."""
        repo = self.at(person)
        result = repo.gto(*words)
        self.clock = repo.clock
        return result

    def at(self, person: str) -> Repo:
        """Somebody's clone, with the clock of all."""
        repo = self.clone(person)
        repo.clock = max(repo.clock, self.clock)
        return repo

    def tag(self, person: str, name: str, target: str = "HEAD", *, key: str | None = None) -> None:
        """A tag by plain git, signed with somebody's key."""
        repo = self.at(person)
        words = ["-c", f"user.signingKey={self.keys.place / (key or person)}", "tag", "--sign", "-m", "by hand"]
        repo.git(*words, "--", name, target, **repo.dated())
        self.clock = repo.clock

    def set_policy(self, text: str, signers: tuple[str, ...] = PEOPLE) -> None:
        """Ada pushes another policy to main."""
        lines = "".join(f"{who}@example.com {self.keys.public(who)}\n" for who in signers)
        repo = self.at("ada")
        repo.commit("policy", {".gto.policy.yaml": text, ".gto.signers": lines})
        self.clock = repo.clock
        repo.git("push", "--quiet", "origin", "main")

    def unguard(self) -> None:
        """Take the hook away: what is pushed now, only readers judge."""
        done(self.bare.gto("hook", "remove", "pre-receive"))

    def waiting(self, person: str, *words: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(done(self.gto(person, "reviews", "--json", *words)))["reviews"]
        return found


class Made(NamedTuple):
    """What every test begins with: a bare repository, Ada's clone of it, the keys, and the time after all that."""

    root: Path
    keys: Keys
    clock: datetime


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Version v0.0.1 of `churn` is registered; one approval lets it into prod, and a hook guards that."""
    need("ssh-keygen", "openssh-client")
    root = tmp_path_factory.mktemp("made")
    (root / "keys").mkdir()
    (root / "served").mkdir()
    keys = Keys(root / "keys")
    for person in PEOPLE:
        keys.make(person)
    bare = Repo(root / "served" / "models.git")
    Repo(root).git("init", "--quiet", "--bare", "--initial-branch=main", str(bare.path))
    bare.git("config", "http.receivepack", "true")
    Repo(root).git("clone", "--quiet", str(bare.path), str(root / "ada"))
    ada = Repo(root / "ada")
    configure(ada, keys, "ada")
    lines = "".join(f"{who}@example.com {keys.public(who)}\n" for who in PEOPLE)
    ada.commit("policy", {".gto.policy.yaml": POLICY.replace("NUMBER", "1"), ".gto.signers": lines})
    ada.git("push", "--quiet", "origin", "HEAD:main")
    ada.git("remote", "set-head", "origin", "main")
    done(bare.gto("hook", "install", "pre-receive"))
    done(ada.gto("register", "churn", "--push"))
    return Made(root, keys, ada.clock)


@pytest.fixture
def team(made: Made, tmp_path: Path, server: Server) -> Team:
    """A copy of all that, served."""
    team = Team(tmp_path, server, made.keys, made.clock)
    shutil.copytree(made.root / "served", server.root, dirs_exist_ok=True)
    shutil.copytree(made.root / "ada", tmp_path / "ada", symlinks=True)
    team.clones["ada"] = Repo(tmp_path / "ada")
    team.clones["ada"].git("remote", "set-url", "origin", server.url())
    return team


def approval_in(result: Result) -> str:
    """The tag that a command says it made."""
    return done(result).split("'")[1]


PROMOTE = ("assign", "churn", "--version", "v0.0.1", "--stage", "prod", "--push")
APPROVE = ("approve", "churn", "--stage", "prod", "--push")


def test_who_may_assign_next_is_told_by_who_approved(team: Team) -> None:
    team.set_policy(POLICY.replace("NUMBER", "2"))
    assert "1 of 2 approvals are given" in team.gto("grace", *APPROVE).stderr
    second = team.gto("joan", *APPROVE).stderr
    assert "rule 'production': 2 of 2 approvals are given" in second
    assert "--stage prod` by another than the approvers is next" in second
    team.set_policy(POLICY.replace("NUMBER", "1").replace("[grace@", "[bob@example.com, grace@"))
    team.at("bob").git("pull", "--quiet")
    third = team.gto("bob", *APPROVE).stderr
    assert "rule 'production': 3 approvals are given, and 1 would be enough" in third
    assert "--stage prod` is next" in third
    done(team.gto("bob", *PROMOTE))


def test_what_another_approved_can_be_promoted(team: Team) -> None:
    said(team.gto("ada", *PROMOTE), "rule 'production': 0 of 1 approvals are given", "`gto approve churn@v0.0.1")
    result = team.gto("grace", *APPROVE)
    tag = approval_in(result)
    assert result.stdout.splitlines() == [
        f"Created git tag '{tag}' that approves version 'v0.0.1' for stage 'prod'",
        f"Running `git push origin {tag}`",
        f"Successfully pushed git tag {tag} on remote.",
    ]
    assert "rule 'production': 1 of 1 approvals are given" in result.stderr
    assert "`gto assign churn --version v0.0.1 --stage prod` by another than you is next" in result.stderr
    assert tag in team.bare.git("tag")
    done(team.gto("ada", *PROMOTE))
    assert tag in team.clone("ada").git("tag").splitlines()  # it was fetched before the policy was asked
    assert done(team.gto("joan", "show", "-r", team.server.url(), "churn#prod", "--version")) == "v0.0.1\n"


def test_the_same_person_does_not_approve_twice(team: Team) -> None:
    tag = approval_in(team.gto("grace", *APPROVE))
    said(team.gto("grace", *APPROVE), "'grace@example.com' approved 'v0.0.1' for stage 'prod' already", tag)
    assert team.clone("grace").git("tag", "--list", "approvals/*") == tag


def test_who_is_no_approver_is_refused_by_gto_and_by_the_server(team: Team) -> None:
    words = "rule 'production': 'bob@example.com' may not approve this; allowed: approvers"
    said(team.gto("bob", *APPROVE), words)
    assert team.clone("bob").git("tag", "--list", "approvals/*") == ""
    team.tag("bob", "approvals/churn,v0.0.1,prod,0123456789ab", "churn@v0.0.1^{}")
    pushed = run("git", "push", "origin", "--tags", cwd=team.clone("bob").path)
    assert pushed.code == 1
    assert words in pushed.stderr


def test_nobody_counts_as_an_approver_of_an_own_assignment(team: Team) -> None:
    done(team.gto("grace", *APPROVE))
    said(team.gto("grace", *PROMOTE), "0 of 1 approvals are given", "by others than 'grace@example.com'")
    done(team.gto("joan", *APPROVE))
    done(team.gto("grace", *PROMOTE))


def test_nobody_counts_under_a_second_address_with_the_same_key(team: Team) -> None:
    team.unguard()
    ada = team.at("ada")
    signers = f"ada@example.com,countess@example.com {team.keys.public('ada')}\n"
    ada.commit("policy", {".gto.signers": signers, ".gto.policy.yaml": POLICY.replace("NUMBER", "1") + "  - '*@*'\n"})
    team.clock = ada.clock
    ada.git("push", "--quiet", "origin", "main")
    countess = {"GIT_COMMITTER_NAME": "Countess", "GIT_COMMITTER_EMAIL": "countess@example.com"}
    done(ada.gto(*APPROVE, env=countess))
    team.clock = ada.clock
    said(team.gto("ada", *PROMOTE), "0 of 1 approvals are given")


def test_an_approval_of_another_commit_does_not_count(team: Team) -> None:
    ada = team.at("ada")
    other = ada.commit("more")
    team.clock = ada.clock
    ada.git("push", "--quiet", "origin", "main")
    team.clone("grace").git("pull", "--quiet", "--ff-only")
    team.tag("grace", "approvals/churn,v0.0.1,prod,0123456789ab", other)
    pushed = run("git", "push", "origin", "--tags", cwd=team.clone("grace").path)
    assert pushed.code == 1
    assert "it is not on the commit of 'v0.0.1'" in pushed.stderr
    team.unguard()
    team.clone("grace").git("push", "--quiet", "origin", "--tags")
    said(team.gto("ada", *PROMOTE), "0 of 1 approvals are given")
    result = team.gto("ada", "reviews")
    assert f"it is on commit {other[:7]}, not on" in result.stderr
    assert [line["given"] for line in team.waiting("ada")] == [0]


def test_an_approval_that_came_after_the_assignment_does_not_count_for_it(team: Team) -> None:
    team.unguard()
    team.tag("ada", "churn#prod#1", "churn@v0.0.1^{}")
    team.clone("ada").git("push", "--quiet", "origin", "churn#prod#1")
    team.tag("grace", "approvals/churn,v0.0.1,prod,0123456789ab", "churn@v0.0.1^{}")
    team.clone("grace").git("push", "--quiet", "origin", "--tags")
    done(team.gto("joan", "fetch"))
    result = team.gto("joan", "show", "churn#prod", "--require-policy", "--version")
    assert done(result) == ""
    assert "note: 'churn#prod#1' is left out: refused: rule 'production': 0 of 1" in result.stderr
    assert done(team.gto("joan", "show", "churn#prod", "--version")) == "v0.0.1\n"


def test_an_approval_by_a_key_that_was_removed_does_not_count(team: Team) -> None:
    done(team.gto("grace", *APPROVE))
    assert [line["given"] for line in team.waiting("grace")] == [1]
    team.set_policy(POLICY.replace("NUMBER", "1"), ("ada", "joan", "bob"))
    said(team.gto("ada", *PROMOTE), "0 of 1 approvals are given")
    line = team.waiting("ada")[0]
    assert (line["given"], line["approvals"]) == (0, [])
    assert [one["author_email"] for one in line["not_counted"]] == ["grace@example.com"]
    assert "unknown signer" in line["not_counted"][0]["reason"]


def test_an_approval_forged_in_somebodys_name_does_not_count_and_does_not_hinder(team: Team) -> None:
    team.unguard()
    grace = team.clone("grace")
    team.tag("grace", "approvals/churn,v0.0.1,prod,0123456789ab", "churn@v0.0.1^{}", key="bob")
    grace.git("push", "--quiet", "origin", "--tags")
    said(team.gto("ada", *PROMOTE), "0 of 1 approvals are given")
    done(team.gto("grace", *APPROVE))
    line = team.waiting("grace")[0]
    assert (line["given"], len(line["not_counted"])) == (1, 1)
    assert "signed by another" in line["not_counted"][0]["reason"]
    done(team.gto("ada", *PROMOTE))


def test_two_approve_at_once_in_two_clones(team: Team) -> None:
    team.set_policy(POLICY.replace("NUMBER", "2"))
    approvers = [team.clone(name) for name in ("grace", "joan")]
    for repo in approvers:
        repo.git("pull", "--quiet", "--ff-only")
        repo.clock = team.clock
    with ThreadPoolExecutor() as pool:
        for result in pool.map(lambda repo: repo.gto(*APPROVE), approvers):
            done(result)
    team.clock = max(repo.clock for repo in approvers)
    assert len(team.bare.git("tag", "--list", "approvals/*").splitlines()) == 2
    done(team.gto("ada", *PROMOTE))


def test_the_work_tree_and_the_remote_may_ask_for_different_numbers(team: Team) -> None:
    joan = team.clone("joan")
    team.set_policy(POLICY.replace("NUMBER", "2"))
    joan.git("fetch", "--quiet")
    found = json.loads(done(team.gto("joan", *APPROVE, "--json")))
    assert [(one["given"], one["needed"]) for one in found["rules"]] == [(1, 1), (1, 2)]


def test_where_more_are_needed_the_next_command_is_another_approval(team: Team) -> None:
    team.set_policy(POLICY.replace("NUMBER", "2"))
    team.clone("grace").git("pull", "--quiet", "--ff-only")
    result = team.gto("grace", *APPROVE, "--message", "it is sound")
    assert "1 of 2" in result.stderr
    assert "others approve too: `gto approve churn@v0.0.1 --stage prod`" in result.stderr
    assert "it is sound" in team.clone("grace").git("cat-file", "tag", approval_in(result))


# --- what is approved


@pytest.mark.parametrize("words", ["churn", "churn@latest", "churn@v0.0.1", "churn#dev"])
def test_a_selector_names_the_version(words: str, team: Team) -> None:
    done(team.gto("ada", "assign", "churn", "--version", "v0.0.1", "--stage", "dev", "--push"))
    found = json.loads(done(team.gto("grace", "approve", words, "--stage", "prod", "--push", "--json")))
    assert found["pushed"] is True
    assert {key: found["approval"][key] for key in ("artifact", "version", "stage", "author_email", "commit")} == {
        "artifact": "churn",
        "version": "v0.0.1",
        "stage": "prod",
        "author_email": "grace@example.com",
        "commit": team.bare.git("rev-parse", "churn@v0.0.1^{}"),
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("churn@v9.0.0", "--stage", "prod"), "'churn' has no version 'v9.0.0'"),
        (("churn#nowhere", "--stage", "prod"), "No version in stage 'nowhere'"),
        (("other", "--stage", "prod"), "Cannot find artifact 'other'"),
        (("ch urn", "--stage", "prod"), "Invalid artifact name"),
        (("churn", "--stage", "a,b"), "Invalid stage name"),
        (("churn", "--stage", "prod", "-m", "a\0b"), "NUL"),
        (("churn", "--stage", "prod", "--keep-local", "-r", "URL"), "--keep-local needs a clone"),
    ],
)
def test_what_cannot_be_approved_is_refused(words: tuple[str, ...], told: str, team: Team) -> None:
    if "\0" in "".join(words):
        with pytest.raises(UsageError, match=told):
            api.approve(team.clone("grace").path, "churn", "prod", message="a\0b")
        return
    said(team.gto("grace", "approve", *(team.server.url() if word == "URL" else word for word in words)), told)
    assert team.clone("grace").git("tag", "--list", "approvals/*") == ""


def test_a_version_that_was_taken_back_or_is_in_the_stage_or_deprecated_is_not_approved(team: Team) -> None:
    done(team.gto("grace", *APPROVE))
    done(team.gto("ada", *PROMOTE))
    said(team.gto("joan", *APPROVE), "Version 'v0.0.1' is already in stage 'prod'", "`gto show churn#prod` shows it")
    done(team.gto("ada", "deprecate", "churn", "v0.0.1", "--push"))
    said(team.gto("joan", *APPROVE), "'churn' has no version any more")
    done(team.gto("ada", "deprecate", "churn", "--push"))
    said(team.gto("joan", *APPROVE), "'churn' is deprecated")
    assert team.waiting("joan") == []
    assert team.waiting("joan", "churn") == []


def test_a_stage_that_the_configuration_does_not_list_is_refused(team: Team) -> None:
    (team.clone("grace").path / ".gto").write_text("stages: [dev, prod]\n", encoding="utf-8")
    said(team.gto("grace", "approve", "churn", "--stage", "production"), "Allowed stages are: '['dev', 'prod']'")


def test_where_no_rule_asks_an_approval_is_written_and_a_note_says_so(team: Team) -> None:
    result = team.gto("bob", "approve", "churn", "--stage", "dev")
    tag = approval_in(result)
    assert f"    git push origin {tag}\n" in result.stdout
    assert "note: no rule of a policy asks for approvals of 'churn' for stage 'dev'" in result.stderr
    said(team.gto("bob", "approve", "churn", "--stage", "dev"), "approved 'v0.0.1' for stage 'dev' already")


def test_without_a_policy_two_approvals_by_one_key_are_one_too_many(repo: Repo, tmp_path: Path) -> None:
    need("ssh-keygen", "openssh-client")
    Keys(tmp_path).make("ada")
    repo.git("config", "gpg.format", "ssh")
    repo.git("config", "user.signingKey", str(tmp_path / "ada"))
    done(repo.gto("register", "churn"))
    done(repo.gto("approve", "churn", "--stage", "prod"))
    said(repo.gto("approve", "churn", "--stage", "prod"), "approved 'v0.0.1' for stage 'prod' already")
    result = repo.gto("reviews")
    assert result.stderr == "note: nothing waits for approval (policy of nowhere: there is none)\n"


def test_a_key_that_git_cannot_use_writes_nothing(team: Team) -> None:
    team.clone("grace").git("config", "user.signingKey", str(team.root / "lost"))
    result = team.gto("grace", *APPROVE)
    assert result.code == 1
    assert "Traceback" not in result.stderr
    assert team.bare.git("tag", "--list", "approvals/*") == ""


def test_a_date_that_git_does_not_take_is_refused(team: Team) -> None:
    result = team.clone("grace").gto(*APPROVE, env={"GIT_COMMITTER_DATE": "@300000000000 +0000"})
    said(result, "invalid date format: 300000000000")
    assert team.bare.git("tag", "--list", "approvals/*") == ""


def test_an_approval_is_given_through_a_url(team: Team, tmp_path: Path) -> None:
    configure(Repo(tmp_path), team.keys, "grace", "--global")
    url = team.server.url()
    place = Repo(tmp_path, team.clock)
    tag = approval_in(place.gto("approve", "churn", "--stage", "prod", "-r", url))
    assert team.bare.git("tag", "--list", "approvals/*") == tag
    said(place.gto("approve", "churn", "--stage", "prod", "-r", url), "'grace@example.com' approved", tag)
    configure(place, team.keys, "joan", "--global")
    done(place.gto("assign", "churn", "--version", "v0.0.1", "--stage", "prod", "-r", url))
    assert done(place.gto("show", "churn#prod", "--version", "-r", url)) == "v0.0.1\n"


# --- sharing


def test_status_push_and_fetch_take_approvals_along(team: Team) -> None:
    tag = approval_in(team.gto("grace", "approve", "churn", "--stage", "prod"))
    lines = json.loads(done(team.gto("grace", "status", "--json")))["events"]
    assert [(line["state"], line["event"], line["ref"]) for line in lines] == [("not pushed", "approval", tag)]
    assert f"Pushed git tag '{tag}'" in done(team.gto("grace", "push", tag))
    assert "not fetched" in done(team.gto("ada", "status", "churn"))
    assert done(team.gto("ada", "fetch", "churn")) == f"Fetched git tag '{tag}'\n"
    assert done(team.gto("ada", "status")) == ""
    said(team.gto("ada", "status", tag.replace("v0.0.1", "v0.0.2")), "was not found")


def test_a_registration_goes_before_its_approval_and_that_before_the_assignment(team: Team) -> None:
    date = {"GIT_COMMITTER_DATE": "2022-03-01T00:00:00Z"}
    joan = team.clone("joan")
    joan.commit("more")
    for words in (("register", "churn"), ("approve", "churn", "--stage", "prod")):
        done(joan.gto(*words, env=date))
    tags = done(team.gto("joan", "push", "--tags-per-push", "1")).split("'")[1::2]
    assert tags[0] == "churn@v0.0.2"
    assert tags[1].startswith("approvals/churn,v0.0.2,prod,")


def test_a_registration_that_the_remote_lacks_is_pushed_with_the_approval(team: Team) -> None:
    team.at("grace").commit("more")
    done(team.gto("grace", "register", "churn"))
    result = team.gto("grace", *APPROVE)
    assert "'churn@v0.0.2' was not on 'origin': it was pushed too" in result.stderr
    assert approval_in(result).startswith("approvals/churn,v0.0.2,")
    assert "churn@v0.0.2" in team.bare.git("tag")


def test_an_approval_is_kept_here_where_the_remote_is_gone(team: Team) -> None:
    grace = team.clone("grace")
    grace.git("remote", "set-url", "origin", str(team.root / "nowhere"))
    result = team.gto("grace", *APPROVE)
    assert result.code == 1
    assert grace.git("tag", "--list", "approvals/*") == ""
    said(team.gto("grace", *APPROVE, "--keep-local"), "`gto push` sends them")
    assert grace.git("tag", "--list", "approvals/*").startswith("approvals/churn,v0.0.1,prod,")


def test_a_shallow_clone_without_tags_asks_the_remote_for_approvals(team: Team) -> None:
    done(team.gto("grace", *APPROVE))
    ada = team.at("ada")
    ada.commit("later")
    team.clock = ada.clock
    ada.git("push", "--quiet", "origin", "main")
    shallow = team.clone("shallow", "--depth", "1", "--no-tags")
    configure(shallow, team.keys, "ada")
    done(team.gto("shallow", *PROMOTE))
    assert shallow.git("rev-list", "--count", "HEAD") == "1"
    assert "churn#prod#1" in team.bare.git("tag")


def test_a_tag_whose_object_is_gone_stops_approvals(team: Team) -> None:
    grace = team.clone("grace")
    (grace.path / ".git" / "refs" / "tags" / "churn@v0.0.3").write_text(f"{'1' * 40}\n", encoding="utf-8")
    said(team.gto("grace", "approve", "churn", "--stage", "prod"), "Nothing is written while tag 'churn@v0.0.3'")


# --- reading


def test_reviews_lists_what_waits_and_the_next_command(team: Team) -> None:
    assert [(line["version"], line["stage"]) for line in team.waiting("ada")] == []  # prod* names no stage by itself
    (team.clone("ada").path / ".gto").write_text("stages: [dev, prod, prod-eu]\n", encoding="utf-8")
    assert [(line["version"], line["stage"]) for line in team.waiting("ada")] == [
        ("v0.0.1", "prod"),
        ("v0.0.1", "prod-eu"),
    ]
    done(team.gto("grace", *APPROVE))
    done(team.gto("ada", "fetch"))
    result = team.gto("ada", "reviews", "churn", "--plain")
    assert [line.split() for line in done(result).splitlines()] == [
        ["artifact", "version", "stage", "approvals", "rule", "by"],
        ["churn", "v0.0.1", "prod", "1", "of", "1", "production", "grace@example.com"],
        ["churn", "v0.0.1", "prod-eu", "0", "of", "1", "production", "-"],
    ]
    assert "`gto approve churn@v0.0.1 --stage prod-eu --push` approves" in result.stderr
    assert "`gto assign churn --version v0.0.1 --stage prod --push` promotes" in result.stderr
    done(team.gto("ada", *PROMOTE))
    assert [line["stage"] for line in team.waiting("ada")] == ["prod-eu"]
    said(team.gto("ada", "reviews", "other"), "Cannot find artifact 'other'")
    said(team.gto("ada", "reviews", "--json", "--plain"), "Only one output format", code=2)


def test_an_older_version_with_approvals_waits_until_it_was_in_the_stage(team: Team) -> None:
    done(team.gto("grace", *APPROVE))
    team.at("ada").commit("more")
    done(team.gto("ada", "register", "churn", "--push"))
    done(team.gto("ada", "fetch"))
    assert [line["version"] for line in team.waiting("ada")] == ["v0.0.2", "v0.0.1"]
    done(team.gto("ada", *PROMOTE))
    assert [line["version"] for line in team.waiting("ada")] == ["v0.0.2"]
    team.at("ada").commit("even more")
    done(team.gto("ada", "register", "churn", "--push"))
    assert [line["version"] for line in team.waiting("ada")] == ["v0.0.3"]  # nobody approved v0.0.2


def test_where_all_is_approved_only_the_assignment_is_left(team: Team) -> None:
    done(team.gto("grace", *APPROVE))
    result = team.gto("grace", "reviews")
    assert "grace@example.com" in done(result)
    assert result.stderr == "   `gto assign churn --version v0.0.1 --stage prod --push` promotes\n"


def test_one_person_with_two_approvals_counts_once(team: Team) -> None:
    team.unguard()
    team.set_policy(POLICY.replace("NUMBER", "2"))
    for number in range(2):
        team.tag("grace", f"approvals/churn,v0.0.1,prod,00000000000{number}", "churn@v0.0.1^{}")
    team.clone("grace").git("pull", "--quiet", "--ff-only")
    line = team.waiting("grace")[0]
    assert line["given"] == 1
    assert "gave 'approvals/churn,v0.0.1,prod,000000000000'" in line["not_counted"][0]["reason"]


def test_the_latest_version_of_every_artifact_waits_for_a_stage_that_a_rule_names(team: Team) -> None:
    team.set_policy(POLICY.replace("NUMBER", "1").replace("prod*", "[prod, qa/eu]"))
    done(team.gto("ada", "register", "other", "--push"))
    assert {(line["artifact"], line["stage"]) for line in team.waiting("ada")} == {
        (name, stage) for name in ("churn", "other") for stage in ("prod", "qa/eu")
    }
    done(team.gto("grace", "approve", "churn", "--stage", "qa/eu", "--push"))
    team.clone("grace").git("fetch", "--quiet")
    assert [line["given"] for line in team.waiting("grace", "churn") if line["stage"] == "qa/eu"] == [1]
    done(team.gto("ada", "assign", "churn", "--version", "v0.0.1", "--stage", "qa/eu", "--push"))


def test_approvals_are_neither_events_nor_other_tags(team: Team) -> None:
    tag = approval_in(team.gto("grace", "approve", "churn", "--stage", "prod"))
    grace = team.clone("grace")
    grace.tag("approvals/nothing", "HEAD")
    assert done(team.gto("grace", "tags")) == "churn@v0.0.1\n"
    assert done(team.gto("grace", "tags", "--other")) == "approvals/nothing\n"
    assert tag not in done(team.gto("grace", "history")) + done(team.gto("grace", "show", "churn"))
    assert problems(grace) == set()


def test_doctor_names_approvals_that_cannot_be_read(team: Team) -> None:
    sound = approval_in(team.gto("grace", "approve", "churn", "--stage", "prod"))
    grace = team.clone("grace")
    names = [f"approvals/churn,v0.0.1,prod,{number:012x}" for number in range(4)]
    grace.tag(names[0], annotated=False)
    grace.git("update-ref", f"refs/tags/{names[1]}", grace.git("rev-parse", f"refs/tags/{sound}"))
    (grace.path / ".git" / "refs" / "tags" / names[2]).write_text(f"{'1' * 40}\n", encoding="utf-8")
    oid = grace.tag(names[3])
    damaged = grace.path / ".git" / "objects" / oid[:2] / oid[2:]
    damaged.chmod(0o644)
    damaged.write_bytes(b"damaged")
    unreadable = {("approval-unreadable", names[number]) for number in (0, 2, 3)}
    assert problems(grace) == {*unreadable, ("tag-renamed", names[1])}
    line = team.waiting("grace")[0]
    assert (line["given"], line["not_counted"]) == (1, [])


def test_an_artifact_may_be_called_as_approvals_begin(team: Team) -> None:
    done(team.gto("ada", "register", "approvals/churn", "--push"))
    done(team.gto("ada", "assign", "approvals/churn", "--stage", "dev"))
    assert "approvals/churn#dev#1" in done(team.gto("ada", "push"))
    assert "approvals/churn" in done(team.gto("joan", "show", "-r", team.server.url()))


READERS = [
    (("show", "--json"), "prod"),
    (("show", "churn#prod", "--version"), "v0.0.1"),
    (("show", "churn", "--plain"), "prod"),
    (("history", "--plain"), "churn#prod#1"),
    (("history", "churn", "--plain"), "churn#prod#1"),
    (("check-ref", "churn#prod#1", "--version"), "v0.0.1"),
    (("stages", "--used"), "prod"),
    (("which", "churn", "prod"), "v0.0.1"),
]


@pytest.fixture
def overruled(team: Team) -> Team:
    """Ada promoted without an approval, where no hook stood."""
    team.unguard()
    team.tag("ada", "churn#prod#1", "churn@v0.0.1^{}")
    team.clone("ada").git("push", "--quiet", "origin", "churn#prod#1")
    return team


@pytest.mark.parametrize(("words", "shown"), READERS, ids=lambda value: " ".join(value) if value != "prod" else "")
def test_a_reader_may_ignore_what_the_policy_refuses(words: tuple[str, ...], shown: str, overruled: Team) -> None:
    assert shown in done(overruled.gto("joan", *words))
    result = overruled.gto("joan", *words, "--require-policy")
    assert shown not in done(result)
    assert "rule 'production': 0 of 1 approvals are given" in result.stderr


def test_latest_is_of_what_the_policy_lets_through(overruled: Team) -> None:
    assert done(overruled.gto("joan", "latest", "churn", "--require-policy")) == "v0.0.1\n"
    said(overruled.gto("joan", "show", "--all", "--require-policy"), "--require-policy is for one repository")


def test_a_reader_by_url_trusts_only_the_signers_that_are_named(team: Team, tmp_path: Path) -> None:
    done(team.gto("grace", *APPROVE))
    done(team.gto("ada", *PROMOTE))
    signers = tmp_path / "trusted"
    signers.write_text("".join(f"{who}@example.com {team.keys.public(who)}\n" for who in PEOPLE), encoding="utf-8")
    words = ("show", "-r", team.server.url(), "churn#prod", "--version", "--require-policy")
    assert done(Repo(tmp_path).gto(*words)) == ""
    assert done(Repo(tmp_path).gto(*words, "--allowed-signers", str(signers))) == "v0.0.1\n"
    assert done(Repo(tmp_path).gto(*words, "--allowed-signers", str(signers), "--require-signed")) == "v0.0.1\n"


def test_an_overview_with_signatures_tells_nothing_of_what_is_left_out(overruled: Team) -> None:
    found = json.loads(done(overruled.gto("joan", "show", "--json", "--verify", "--require-policy")))
    assert found["churn"]["signature"]["verdict"] == "good"
    assert found["churn"]["stage"] == {}


def test_many_refused_events_are_counted_on_one_line(team: Team) -> None:
    team.unguard()
    for number in range(5):
        team.tag("ada", f"churn#prod#{number + 1}", "churn@v0.0.1^{}")
    result = team.gto("ada", "show", "--require-policy")
    assert "2 more event(s) are left out" in result.stderr
    assert "v0.0.1" in done(result)


def test_without_a_remote_the_policy_is_that_of_the_work_tree(repo: Repo) -> None:
    done(repo.gto("register", "churn"))
    done(repo.gto("assign", "churn", "--stage", "prod"))
    assert done(repo.gto("show", "churn#prod", "--version", "--require-policy")) == "v0.0.1\n"
    repo.commit("policy", {".gto.policy.yaml": "rules: [{name: nobody, stages: prod, who: []}]\n"})
    result = repo.gto("show", "churn#prod", "--version", "--require-policy")
    assert done(result) == ""
    assert "refused: rule 'nobody'" in result.stderr


def test_where_the_default_branch_is_not_known_the_hint_says_how_to_find_it_out(team: Team) -> None:
    ada = team.clone("ada")
    ada.git("branch", "-m", "other")
    ada.git("push", "--quiet", "origin", "other")
    ada.git("remote", "set-head", "origin", "--delete")
    ada.git("update-ref", "-d", "refs/remotes/origin/main")
    for words in (("reviews",), ("show", "--require-policy")):
        said(
            team.gto("ada", *words), "default branch of the remote is not known", "`git remote set-head origin --auto`"
        )


def test_a_bare_repository_has_its_own_policy(team: Team) -> None:
    result = team.bare.gto("reviews", "--json")
    assert json.loads(done(result))["policy"] == "the default branch"
    signers = team.root / "nobody"
    signers.write_text("", encoding="utf-8")
    done(team.gto("grace", *APPROVE))
    for words, given in (((), 1), (("--allowed-signers", str(signers)), 0)):
        found = json.loads(done(team.bare.gto("reviews", "--json", *words)))["reviews"]
        assert [line["given"] for line in found] == [given]


def test_scripts_approve_and_review(team: Team) -> None:
    grace = team.clone("grace").path
    made = api.approve(grace, "churn", "prod", author="Grace", author_email="grace@example.com")
    assert made.approval.name.version == "v0.0.1"
    assert [(one.given, one.needed) for one in made.tallies][:1] == [(1, 1)]
    found = api.reviews(grace, "churn").lines
    assert [(one.version, one.tally.is_enough) for one in found] == [("v0.0.1", True)]
    assert api.show(grace, "churn", require_policy=True)
    assert api.history(grace, require_policy=True)
    assert api.check_ref(grace, "churn@v0.0.1", require_policy=True)


def test_a_script_sees_what_is_approved(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    api.approve(team.clone("grace").path, "churn@v0.0.1", "prod", push=True, stdout=True)
    assert "that approves version 'v0.0.1' for stage 'prod'" in capsys.readouterr().out
