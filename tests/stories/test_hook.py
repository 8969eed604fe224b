"""The pre-receive hook behind smart HTTP refuses every breach; `gto check` and gto before writing say the same."""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.repo import Repo, run
from tests.server import serve
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.repo import Result
    from tests.server import Server

POLICY = """
max_age: 30d
users: {ada: ada@example.com, bob: bob@example.com, carol: carol@example.com}
groups:
  leads: [ada@example.com, bob@example.com]
signing: {allowed_signers: .gto.signers}
rules:
- name: versions
  events: [registration, deregistration]
  who: [leads]
- name: production
  stages: prod
  who: [leads]
  signed: true
  after: staging
  branch: main
  prereleases: false
  annotated: true
  one_version: true
  approvals: 1
  approvers: [leads]
"""
PEOPLE = ("ada", "bob", "carol", "eve")
DAY = 86400
BROKEN = {".gto.policy.yaml": "rules: 5\n"}


@dataclass(slots=True)
class Team:
    """A served repository, a clone to copy, keys, and the ids of its commits."""

    root: Path
    server: Server
    now: int
    commits: dict[str, str]

    def key(self, person: str) -> str:
        return str(self.root / "keys" / person)

    def clone(self, path: Path) -> Clone:
        shutil.copytree(self.root / "clone", path, symlinks=True)
        return Clone(self, Repo(path))


class Clone(NamedTuple):
    """One clone, in which anybody may write tags with plain git."""

    team: Team
    repo: Repo

    def write(
        self, name: str, rev: str = "first", by: str = "ada", key: str | None = "", at: int = 0, **changes: str
    ) -> str:
        """Make an annotated tag; key: whose key signs, empty for the tagger's own, None for no signature."""
        commit = self.team.commits.get(rev, rev)
        when = f"{self.team.now + at} +0000"
        env = {"GIT_COMMITTER_NAME": by.title(), "GIT_COMMITTER_EMAIL": f"{by}@example.com", "GIT_COMMITTER_DATE": when}
        signed = key is not None
        self.repo.git("config", "user.signingKey", self.team.key(key or by))
        words = ["-s"] if signed else ["-a"]
        self.repo.git("tag", *words, "-f", "-m", "a tag", "--", name, commit, **env)
        if changes:
            self.rewrite(name, **changes)
        return self.repo.git("rev-parse", f"refs/tags/{name}")

    def rewrite(self, name: str, **changes: str) -> None:
        """Put another object under the tag's name, in which some texts are others."""
        body = self.repo.git("cat-file", "tag", f"refs/tags/{name}") + "\n"
        for old, new in changes.items():
            match = re.search(r"\Z" if old == "tail" else old, body)
            assert match is not None
            body = body[: match.start()] + new + body[match.end() :]
        args = ("git", "hash-object", "-t", "tag", "-w", "--literally", "--stdin")
        oid = run(*args, cwd=self.repo.path, text=body).stdout.strip()
        self.repo.git("update-ref", f"refs/tags/{name}", oid)

    def push(self, *words: str, by: str = "ada") -> Result:
        url = self.team.server.url("models.git", f"{by}:secret")
        return run("git", "push", "--porcelain", url, *words, cwd=self.repo.path)


def make_team(root: Path, server: Server) -> Team:
    """Versions v1.0.0 (staging, approved by bob), v1.1.0 (prod), v2.0.0-rc.1 (staging), and more."""
    (root / "keys").mkdir()
    for person in (*PEOPLE, "old"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", str(root / "keys" / person), cwd=root)
    public = {person: (root / "keys" / f"{person}.pub").read_text().strip() for person in (*PEOPLE, "old")}
    signers = [f"{person}@example.com {public[person]}" for person in ("ada", "bob", "carol")]
    signers.append(f'ada@example.com valid-before="20200101" {public["old"]}')
    bare = server.new("models.git")
    run("git", "config", "receive.advertisePushOptions", "true", cwd=bare.path)
    repo = Repo(root / "clone")
    repo.path.mkdir()
    repo.git("init", "--quiet", "--initial-branch=main")
    now = int(time.time())
    team = Team(root, server, now, {})

    def commit(name: str, files: dict[str, str] | None = None) -> None:
        team.commits[name] = repo.commit(name, files, f"{now - 5 * DAY} +0000")

    annotated = {"artifacts.yaml": "churn: {type: model, path: m.pkl}\n"}
    since = datetime.fromtimestamp(now - 4.5 * DAY, UTC).isoformat()
    commit("bare", {".gto.policy.yaml": f"since: {since}\n{POLICY}", ".gto.signers": "\n".join(signers) + "\n"})
    commit("first", {**annotated, ".gto": "stages: [dev, staging, prod]\n"})
    for name in ("second", "third", "candidate", "fourth", "free"):
        commit(name)
    repo.git("checkout", "--quiet", "-b", "side")
    commit("side")
    repo.git("checkout", "--quiet", "main")
    repo.git("config", "gpg.format", "ssh")
    clone = Clone(team, repo)
    versions = {"bare": "v0.1.0", "first": "v1.0.0", "second": "v1.1.0", "candidate": "v2.0.0-rc.1", "side": "v3.0.0"}
    for place, (rev, version) in enumerate({**versions, "fourth": "v4.0.0"}.items()):
        clone.write(f"churn@{version}", rev, at=place - 4 * DAY)
        if rev != "fourth":
            clone.write(f"churn#staging#{place + 1}", rev, at=place - 3 * DAY)
        for approver, day in (("bob", -2.5),) if rev != "fourth" else ():
            clone.write(f"approvals/churn,{version},prod,{place:012x}", rev, approver, at=int(day * DAY))
    clone.write("churn#prod#9", "second", at=-2 * DAY)
    repo.git("remote", "add", "origin", server.url("models.git", "ada:secret"))
    repo.git("push", "--quiet", "origin", "main", "side", "--tags")
    repo.git("fetch", "--quiet", "origin")
    repo.git("remote", "set-head", "origin", "main")
    repo.git("symbolic-ref", "HEAD", "refs/heads/main")
    bare.git("symbolic-ref", "HEAD", "refs/heads/main")
    done(bare.gto("hook", "install", "pre-receive"))
    return team


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """One server for all: what is refused changes nothing."""
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("team")
        home = root / "home"
        home.mkdir()
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CONFIG_HOME", str(home))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        for key, value in {"user.name": "Ada", "user.email": "ada@example.com"}.items():
            run("git", "config", "--global", key, value, cwd=root)
        with serve(root / "served") as server:
            server.users.update(dict.fromkeys(PEOPLE, "secret"))
            yield make_team(root, server)


@pytest.fixture
def clone(team: Team, tmp_path: Path) -> Clone:
    return team.clone(tmp_path / "clone")


class Breach(NamedTuple):
    """What is done in a clone, and the reason for which it is refused."""

    code: str
    make: Callable[[Clone], object]
    refs: tuple[str, ...]
    """What is pushed; `:` before a tag deletes it, `+` forces it."""
    by: str = "ada"
    words: tuple[str, ...] = ()
    """The words of gto that would write the same, where it can."""


def only(**words: object) -> Callable[[Clone], object]:
    """Write one tag."""
    return lambda clone: clone.write(**words)  # type: ignore[arg-type]  # words are those of Clone.write


def lightweight(clone: Clone) -> None:
    clone.repo.git("tag", "churn#dev", clone.team.commits["first"])


def on_a_tree(clone: Clone) -> None:
    clone.write("churn#dev#77", f"{clone.team.commits['first']}^{{tree}}", key=None)


def under_another_name(clone: Clone) -> None:
    oid = clone.write("churn#dev#77", key=None)
    clone.repo.git("update-ref", "refs/tags/churn#dev#78", oid)


def approved_by_herself(clone: Clone) -> None:
    clone.write("churn@v5.0.0", "free", at=-400)
    clone.write("churn#staging#80", "free", at=-300)
    clone.write("approvals/churn,v5.0.0,prod,0000000000ff", "free", at=-200)
    clone.write("churn#prod!#81", "second", at=-150)
    clone.write("churn#prod#82", "free")


def without_the_policy(clone: Clone) -> None:
    clone.repo.commit("no policy", {".gto.policy.yaml": "rules: []\n"})
    clone.write("churn#prod#90", "first", by="carol", key=None)


P = "churn#prod#90"
U = "churn#prod!#89"


def promoted(**words: object) -> Callable[[Clone], object]:
    """Take v1.1.0 out of prod, which is in order, and put another version there, which is not."""

    def make(clone: Clone) -> None:
        clone.write(U, "second", at=-60)
        clone.write(P, **words)  # type: ignore[arg-type]  # words are those of Clone.write

    return make


BREACHES = {
    "an event is deleted": Breach("deleted", lambda _: None, (":churn@v1.0.0",)),
    "an approval is deleted": Breach("deleted", lambda _: None, (":approvals/churn,v1.0.0,prod,000000000001",)),
    "an event is moved": Breach("moved", only(name="churn@v1.0.0", rev="third"), ("+churn@v1.0.0",)),
    "an approval is moved": Breach(
        "moved",
        only(name="approvals/churn,v1.0.0,prod,000000000001", rev="third", by="bob"),
        ("+approvals/churn,v1.0.0,prod,000000000001",),
        "bob",
    ),
    "an event is overwritten by a lightweight tag": Breach(
        "moved", lambda clone: clone.repo.git("tag", "-f", "churn@v1.0.0", "HEAD"), ("+churn@v1.0.0",)
    ),
    "a lightweight tag looks like an event": Breach("tag-lightweight", lightweight, ("churn#dev",)),
    "the counter is none": Breach("ill-formed", only(name="churn#dev#x"), ("churn#dev#x",)),
    "the version is none": Breach("ill-formed", only(name="churn@v1.0"), ("churn@v1.0",)),
    "the approval names nothing": Breach("ill-formed", only(name="approvals/churn"), ("approvals/churn",)),
    "the event is none that GTO knows": Breach("tag-creation", only(name="churn@created"), ("churn@created",)),
    "the object has another name": Breach("tag-renamed", under_another_name, ("churn#dev#78",)),
    "the tag is on a tree": Breach("tag-not-on-commit", on_a_tree, ("churn#dev#77",)),
    "there is no tagger": Breach(
        "tag-without-tagger", only(name="churn#dev#77", key=None, **{"tagger [^\n]*\n": ""}), ("churn#dev#77",)
    ),
    "the year has five digits": Breach(
        "tag-bad-date", only(name="churn#dev#77", key=None, **{"> [0-9]+ ": "> 999999999999 "}), ("churn#dev#77",)
    ),
    "the tag is older than the newest event": Breach(
        "back-dated", only(name="churn#dev#77", at=-3 * DAY), ("churn#dev#77",)
    ),
    "the tag is from the future": Breach("in-the-future", only(name="churn#dev#77", at=DAY), ("churn#dev#77",)),
    "the tag is too old": Breach("too-old", only(name="new#dev#1", at=-60 * DAY), ("new#dev#1",)),
    "the tag claims to be older than the policy": Breach(
        "not-allowed", only(name="new@v1.0.0", by="carol", at=int(-4.7 * DAY)), ("new@v1.0.0",), "carol"
    ),
    "the stage is none of .gto": Breach("unknown-stage", only(name="churn#production#77"), ("churn#production#77",)),
    "somebody registers who may not": Breach(
        "not-allowed",
        only(name="churn@v6.0.0", rev="free", by="carol"),
        ("churn@v6.0.0",),
        "carol",
        ("register", "churn", "free", "--version", "v6.0.0"),
    ),
    "somebody promotes who may not": Breach("not-allowed", promoted(by="carol"), (U, P), "carol"),
    "somebody empties prod who may not": Breach(
        "not-allowed",
        only(name=U, rev="second", by="carol"),
        (U,),
        "carol",
        ("deprecate", "churn", "v1.1.0", "prod"),
    ),
    "somebody takes the version in prod back who may not": Breach(
        "not-allowed",
        only(name="churn@v1.1.0!", rev="second", by="carol"),
        ("churn@v1.1.0!",),
        "carol",
        ("deprecate", "churn", "v1.1.0"),
    ),
    "somebody deprecates what is in prod who may not": Breach(
        "not-allowed",
        only(name="churn@deprecated", rev="second", by="carol"),
        ("churn@deprecated",),
        "carol",
        ("deprecate", "churn"),
    ),
    "a promotion is not signed": Breach("unsigned", promoted(key=None), (U, P)),
    "nobody knows the key": Breach("unknown-signer", promoted(key="eve"), (U, P)),
    "another one's key": Breach("other-signer", promoted(key="bob"), (U, P)),
    "the key has expired": Breach("expired", promoted(key="old"), (U, P)),
    "the text is not what was signed": Breach("tampered", promoted(**{"a tag": "another"}), (U, P)),
    "text stands after the signature": Breach("trailing-text", promoted(tail="and this\n"), (U, P)),
    "the tag is older than its commit": Breach(
        "backdated",
        lambda clone: [clone.write(U, "second", at=-60), clone.write("new#prod#1", "first", at=-6 * DAY)],
        ("new#prod#1",),
    ),
    "the version was not in staging": Breach("out-of-order", promoted(rev="fourth"), (U, P)),
    "the commit is on another branch": Breach("not-on-branch", promoted(rev="side"), (U, P)),
    "the version is a pre-release": Breach("pre-release", promoted(rev="candidate"), (U, P)),
    "the commit does not annotate it": Breach("not-annotated", promoted(rev="bare"), (U, P)),
    "another version is in prod still": Breach(
        "occupied", only(name=P), (P,), words=("assign", "churn", "--version", "v1.0.0", "--stage", "prod")
    ),
    "nobody approved": Breach("not-approved", promoted(rev="fourth"), (U, P)),
    "only she herself approved": Breach(
        "not-approved",
        approved_by_herself,
        (
            "churn@v5.0.0",
            "churn#staging#80",
            "approvals/churn,v5.0.0,prod,0000000000ff",
            "churn#prod!#81",
            "churn#prod#82",
        ),
    ),
    "an approval is not signed": Breach(
        "approval-not-signed",
        only(name="approvals/churn,v1.0.0,prod,0000000000aa", by="bob", key=None),
        ("approvals/churn,v1.0.0,prod,0000000000aa",),
        "bob",
    ),
    "an approval is on another commit": Breach(
        "approval-elsewhere",
        only(name="approvals/churn,v1.0.0,prod,0000000000aa", rev="third", by="bob"),
        ("approvals/churn,v1.0.0,prod,0000000000aa",),
        "bob",
    ),
    "an approval is lightweight": Breach(
        "approval-unreadable",
        lambda clone: clone.repo.git("tag", "approvals/churn,v1.0.0,prod,0000000000aa", "HEAD"),
        ("approvals/churn,v1.0.0,prod,0000000000aa",),
        "bob",
    ),
    "a version is registered elsewhere again": Breach(
        "version-moved", only(name="churn@v1.0.0#70", rev="third"), ("churn@v1.0.0#70",)
    ),
    "a commit gets a second version": Breach("two-versions", only(name="churn@v7.0.0"), ("churn@v7.0.0",)),
    "a version is taken back that never was": Breach(
        "deregistration-without-version", only(name="churn@v7.0.0!"), ("churn@v7.0.0!",)
    ),
    "somebody pushes another one's tag": Breach("impersonated", only(name="churn#dev#77"), ("churn#dev#77",), "bob"),
    "nobody knows who pushes": Breach("unknown-user", only(name="churn#dev#77", by="eve"), ("churn#dev#77",), "eve"),
    "the policy is dropped in the same push": Breach("not-allowed", without_the_policy, ("main", P), "carol"),
}


def lines_of(clone: Clone, refs: tuple[str, ...], there: dict[str, str]) -> str:
    """What git would give a pre-receive hook."""
    zeros, found = "0" * 40, []
    for ref in refs:
        name = f"refs/heads/{ref}" if ref == "main" else f"refs/tags/{ref.lstrip(':+')}"
        new = zeros if ref.startswith(":") else clone.repo.git("rev-parse", name)
        found.append(f"{there.get(name, zeros)} {new} {name}\n")
    return "".join(found)


def named(rule: str | None) -> str:
    """What a line says of the rule, or of the key of the policy, that decides."""
    if rule is None:
        return ""
    return f"{rule}: " if rule in {"max_age", "signing.required", "users"} else f"rule '{rule}': "


@pytest.mark.parametrize("name", BREACHES)
def test_the_hook_refuses_a_breach_and_check_says_the_same(name: str, team: Team, clone: Clone) -> None:
    breach = BREACHES[name]
    there = Repo(team.server.root / "models.git")
    before = there.refs()
    breach.make(clone)
    force = ("+",)
    specs = [
        ref
        if ref == "main"
        else f":refs/tags/{ref[1:]}"
        if ref[0] == ":"
        else f"{'+' if ref[0] in force else ''}refs/tags/{ref.lstrip('+')}:refs/tags/{ref.lstrip('+')}"
        for ref in breach.refs
    ]
    pushed = clone.push(*specs, by=breach.by)
    assert pushed.code != 0
    told = [line.removeprefix("remote: gto: ").strip() for line in pushed.stderr.splitlines() if "refused: " in line]
    assert told, pushed.stderr
    assert there.refs() == before
    checked = clone.repo.gto(
        "check", "--range", "--json", "--user", breach.by, input=lines_of(clone, breach.refs, before)
    )
    verdicts = json.loads(done(checked, code=1))
    codes = {reason["code"] for one in verdicts for reason in one["reasons"]}
    assert breach.code in codes, codes
    texts = [
        f"{one['ref']}: refused: {named(reason['rule'])}{reason['text']}"
        for one in verdicts
        for reason in one["reasons"]
    ]
    assert sorted(texts) == sorted(told)


@pytest.mark.parametrize("name", [name for name, breach in BREACHES.items() if breach.words])
def test_gto_refuses_to_write_it_with_the_same_reason(name: str, team: Team, clone: Clone) -> None:
    breach = BREACHES[name]
    breach.make(clone)
    lines = lines_of(clone, breach.refs, Repo(team.server.root / "models.git").refs())
    verdicts = json.loads(done(clone.repo.gto("check", "--range", "--json", "--user", breach.by, input=lines), code=1))
    (text,) = {reason["text"] for one in verdicts for reason in one["reasons"] if reason["code"] == breach.code}
    clone.repo.git("tag", "-d", *(ref for ref in breach.refs))
    clone.repo.git("tag", "free", team.commits["free"])
    clone.repo.git("config", "user.signingKey", team.key(breach.by))
    refs = clone.repo.refs()
    env = {
        "GIT_COMMITTER_NAME": breach.by,
        "GIT_COMMITTER_EMAIL": f"{breach.by}@example.com",
        "GIT_COMMITTER_DATE": f"{team.now} +0000",
    }
    result = clone.repo.gto(*breach.words, env=env)
    assert result.code == 1
    assert text in result.stderr
    assert clone.repo.refs() == refs


def test_a_server_that_does_not_say_who_pushes_refuses_where_it_matters(team: Team, clone: Clone) -> None:
    there = Repo(team.server.root / "models.git")
    clone.write("churn#dev#77")
    pushed = run("git", "push", str(there.path), "refs/tags/churn#dev#77", cwd=clone.repo.path)
    assert pushed.code != 0
    assert "the server does not say who pushes" in pushed.stderr
    named = run("git", "push", str(there.path), "refs/tags/churn#dev#77", cwd=clone.repo.path, env={"GTO_USER": "bob"})
    assert "is said to have made" in named.stderr


def test_a_commit_that_comes_to_the_branch_in_the_same_push_is_not_there_yet(clone: Clone) -> None:
    commit = clone.repo.commit("new", date=f"{clone.team.now - 600} +0000")
    clone.write("churn@v8.0.0", commit, at=-500)
    clone.write("churn#prod#91", commit, at=-400)
    pushed = clone.push("main", "refs/tags/churn@v8.0.0", "refs/tags/churn#prod#91")
    assert "is not on branch 'main'" in pushed.stderr


def test_a_push_that_takes_the_signers_away_is_refused(clone: Clone) -> None:
    clone.repo.git("rm", "--quiet", ".gto.signers")
    clone.repo.commit("no signers")
    pushed = clone.push("main")
    assert pushed.code != 0
    assert "there is no file '.gto.signers'" in pushed.stderr


def test_a_server_with_namespaces_is_told_that_they_are_not_judged(team: Team, clone: Clone) -> None:
    there = Repo(team.server.root / "models.git")
    env = {"GIT_NAMESPACE": "ns", "GTO_USER": "ada"}
    pushed = run("git", "push", str(there.path), "main", cwd=clone.repo.path, env=env)
    assert "GIT_NAMESPACE is set" in pushed.stderr


def test_a_broken_policy_is_refused(clone: Clone) -> None:
    clone.repo.commit("broken", BROKEN)
    pushed = clone.push("main")
    assert pushed.code != 0
    assert ".gto.policy.yaml" in pushed.stderr
    assert "Traceback" not in pushed.stderr


def test_what_is_in_order_gets_through(tmp_path: Path) -> None:
    root = tmp_path / "team"
    root.mkdir()
    with serve(root / "served") as server:
        server.users.update(dict.fromkeys(PEOPLE, "secret"))
        team = make_team(root, server)
        clone = team.clone(tmp_path / "mine")
        there = Repo(server.root / "models.git")
        clone.write("churn@v5.0.0", "free", at=-400)
        clone.write("churn#staging#80", "free", at=-300)
        first = clone.push("refs/tags/churn@v5.0.0", "refs/tags/churn#staging#80")
        assert first.code == 0, first.stderr
        approval = "approvals/churn,v5.0.0,prod,0000000000ff"
        clone.write(approval, "free", "bob", at=-200)
        second = clone.push(f"refs/tags/{approval}", by="bob")
        assert second.code == 0, second.stderr
        clone.write("churn#prod!#81", "second", at=-150)
        clone.write("churn#prod#82", "free")
        clone.repo.git("tag", "release-1")
        clone.repo.git("tag", "npm-package@1.0.0")
        third = clone.push("main", "side", "--tags")
        assert third.code == 0, third.stderr
        assert "refs/tags/churn#prod#82" in there.refs()
        assert "refs/tags/npm-package@1.0.0" in there.refs()
        assert done(clone.repo.gto("check", "churn#prod#82", approval, "churn@v5.0.0")).count("allowed") == 3
        # What cannot be read forbids every tag, and lets the push through that mends it.
        broken = clone.repo.commit("broken", BROKEN)
        clone.repo.git("push", "--quiet", str(there.path), "main:refs/heads/tmp", "--no-verify")
        there.git("update-ref", "refs/heads/main", broken)
        clone.write("churn#dev#83", "free")
        fourth = clone.push("refs/tags/churn#dev#83")
        assert fourth.code != 0
        assert ".gto.policy.yaml" in fourth.stderr
        clone.repo.commit("mended", {".gto.policy.yaml": POLICY})
        assert clone.push("main").code == 0
        assert clone.push("refs/tags/churn#dev#83").code == 0


def test_who_pushes_what_cannot_be_read_is_told_what_to_type_in_the_clone(team: Team, clone: Clone) -> None:
    line = f"{'0' * 40} {'1' * 40} refs/tags/churn#dev#90\n"
    bare = Repo(team.server.root / "models.git")
    told = bare.gto("hook", "run", "pre-receive", input=line)
    assert "gto: churn#dev#90: refused: git cannot read the tag object" in told.stderr
    assert told.stderr.splitlines()[1].startswith("gto:    delete the tag in your clone, write it again with gto")
    own = f"refs/tags/churn#dev#90 {'1' * 40} refs/tags/churn#dev#90 {'0' * 40}\n"
    told = clone.repo.gto("hook", "run", "pre-push", input=own)
    assert told.stderr.splitlines()[1].startswith("gto:    `gto doctor --fix` fetches it again")
    assert told.code == 1


def test_nothing_that_a_client_says_of_the_server_is_believed(team: Team, clone: Clone) -> None:
    zeros, head = "0" * 40, clone.repo.git("rev-parse", "main")
    bare = Repo(team.server.root / "models.git")
    for lines, told in (
        ([f"{zeros} {head} refs/tags/x", f"{zeros} {head} refs/tags/x"], "named twice"),
        ([f"{zeros} {head} refs/heads/main"], "which the push does not know of"),
        ([f"{head} {zeros} refs/tags/none"], "is not there"),
    ):
        command = [sys.executable, "-P", "-m", "gto", "hook", "run", "pre-receive"]
        found = run(*command, cwd=bare.path, text="\n".join(lines) + "\n")
        assert (found.code, told in found.stderr) == (1, True), found


def test_hooks_are_installed_beside_no_others(team: Team, clone: Clone) -> None:
    hook = clone.repo.path / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 0\n")
    said(clone.repo.gto("hook", "install", "pre-push"), "There is a hook", "--force")
    said(clone.repo.gto("hook", "remove", "pre-push"), "no hook of gto")
    done(clone.repo.gto("hook", "install", "pre-push", "--force"))
    clone.write(P, "first", by="carol", key=None)
    pushed = clone.push(f"refs/tags/{P}")
    assert pushed.code != 0
    assert f"gto: {P}: refused: rule 'production': 'carol@example.com' may not do this" in pushed.stderr
    assert "Removed" in done(clone.repo.gto("hook", "remove", "pre-push"))
    assert not hook.exists()
    assert team.commits
