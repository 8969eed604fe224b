"""`gto status`, `gto push`, `gto fetch`: the events of a clone and of its remote, over paths and over HTTP."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

import gto.api
from gto.exceptions import PartlyPushed, TagsDiffer
from gto.registry.write.sync import State
from tests.repo import START, TICK, Repo, run
from tests.server import FETCH, PUSH, Fault, serve
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Result
    from tests.server import Server

LATER = START + 60 * TICK
SIZE = 50_000  # bytes of the file that each commit of a long history changes


@pytest.fixture
def origin(repo: Repo, tmp_path: Path) -> Repo:
    """The bare origin of `repo`, with its main branch."""
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "origin.git"))
    repo.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    repo.git("fetch", "--quiet", "origin")
    return Repo(tmp_path / "origin.git")


@pytest.fixture
def other(repo: Repo, origin: Repo, tmp_path: Path) -> Repo:
    """A second clone, with a clock that is ahead of the first's."""
    repo.git("clone", "--quiet", str(origin.path), str(tmp_path / "other"))
    return Repo(tmp_path / "other", LATER)


def hook(repo: Repo, name: str, text: str) -> None:
    """Have a repository run a hook."""
    directory = repo.path / "hooks" if (repo.path / "hooks").exists() else repo.path / ".git/hooks"
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def log_pushes(origin: Repo) -> None:
    """Have a bare repository write the names of each push in a line."""
    hook(
        origin,
        "post-receive",
        'while read -r _ _ ref; do printf "%s " "${ref#refs/tags/}"; done >> pushes; echo >> pushes',
    )


def pushes(origin: Repo) -> list[list[str]]:
    """The tags of each push."""
    return [line.split() for line in (origin.path / "pushes").read_text().splitlines()]


def tags(repo: Repo) -> set[str]:
    """The names of all tags."""
    return {ref.removeprefix("refs/tags/") for ref in repo.refs("refs/tags")}


def states(repo: Repo, *words: str) -> dict[str, str]:
    """What `gto status` says of each tag that is not the same."""
    found = json.loads(done(repo.gto("status", "--json", *words)))
    return {row["ref"]: row["state"] for row in found["events"]}


# --- status


def test_status_tells_what_is_not_pushed_not_fetched_and_different(repo: Repo, origin: Repo, other: Repo) -> None:
    done(repo.gto("register", "both", "--push"))
    done(other.gto("register", "theirs", "--push"))
    done(repo.gto("assign", "mine", "--stage", "prod"))
    repo.tag("twice@v1.0.0")
    other.tag("twice@v1.0.0", message="another")
    other.git("push", "--quiet", "origin", "twice@v1.0.0")
    repo.tag("release-1")
    other.tag("release-2")
    other.git("push", "--quiet", "origin", "release-2")
    found = json.loads(done(repo.gto("status", "--json")))
    assert (found["remote"], found["same"]) == ("origin", 1)
    here, there = repo.refs("refs/tags"), origin.refs("refs/tags")

    def row(
        state: str, event: str, artifact: str, ref: str, version: str | None, stage: str | None
    ) -> dict[str, object]:
        ids = {"here": here.get(f"refs/tags/{ref}"), "there": there.get(f"refs/tags/{ref}")}
        parts = {"state": state, "ref": ref, "event": event, "artifact": artifact}
        return {**parts, "version": version, "stage": stage, **ids}

    assert found["events"] == [
        row("not pushed", "assignment", "mine", "mine#prod#1", None, "prod"),
        row("not pushed", "registration", "mine", "mine@v0.0.1", "v0.0.1", None),
        row("not fetched", "registration", "theirs", "theirs@v0.0.1", "v0.0.1", None),
        row("different", "registration", "twice", "twice@v1.0.0", "v1.0.0", None),
    ]
    assert states(repo, "theirs") == {"theirs@v0.0.1": "not fetched"}
    assert states(repo, "mine#prod#1") == {"mine#prod#1": "not pushed"}


def test_status_shows_a_table_and_what_to_do(repo: Repo, origin: Repo, other: Repo) -> None:
    done(other.gto("register", "theirs", "--push"))
    done(repo.gto("assign", "mine", "--stage", "prod"))
    shown = repo.gto("status", "--plain")
    assert done(shown).splitlines() == [
        "state        artifact    event         version    stage    ref",
        "not pushed   mine        assignment    -          prod     mine#prod#1",
        "not pushed   mine        registration  v0.0.1     -        mine@v0.0.1",
        "not fetched  theirs      registration  v0.0.1     -        theirs@v0.0.1",
    ]
    assert shown.stderr == "   `gto push` sends 2; `gto fetch` brings 1\n"
    repo.tag("theirs@v0.0.1")
    assert "of what differs, delete the wrong one" in repo.gto("status").stderr
    assert tags(origin) == {"theirs@v0.0.1"}, "nothing was changed"


def test_the_exit_code_of_status_tells_differences_from_failure(repo: Repo, origin: Repo) -> None:
    assert repo.gto("status", "--exit-code").code == 0
    same = repo.gto("status")
    assert (done(same), same.stderr) == ("", "'origin' has all events that are here, and no other: 0\n")
    done(repo.gto("register", "nn"))
    assert repo.gto("status", "--exit-code").code == 3
    assert repo.gto("status").code == 0
    origin.path.rename(origin.path.with_name("gone"))
    said(repo.gto("status", "--exit-code"), "Cannot reach 'origin'", "`git remote -v` lists the remotes")


@pytest.mark.usefixtures("origin")
@pytest.mark.parametrize("command", ["status", "push", "fetch"])
def test_a_name_that_neither_side_has_is_an_error(repo: Repo, command: str) -> None:
    done(repo.gto("register", "nn", "--push"))
    said(repo.gto(command, "mm"), "Cannot find artifact 'mm'", "neither this clone nor the remote has it")
    said(repo.gto(command, "nn@v7.0.0"), "Ref 'nn@v7.0.0' was not found")
    said(repo.gto(command, "not a name"), "Invalid artifact name 'not a name'")


@pytest.mark.parametrize("command", ["status", "push", "fetch"])
def test_a_url_is_no_clone(repo: Repo, command: str) -> None:
    said(repo.gto(command, "-r", "https://example.invalid/models"), "a URL is no clone", "--repo")


@pytest.mark.parametrize("command", ["status", "push", "fetch"])
def test_a_remote_that_hangs_is_given_up(repo: Repo, server: Server, command: str) -> None:
    server.new()
    server.fail(Fault("hang"))
    repo.git("remote", "add", "origin", server.url())
    said(repo.gto(command, env={"GTO_TIMEOUT": "0.5"}), "Cannot reach 'origin': no answer within 0.5 seconds")


def test_a_password_in_an_address_is_used_and_not_shown(repo: Repo, tmp_path: Path) -> None:
    with serve(tmp_path / "served", login=("ada", "geheim99")) as server:
        server.new()
        address = server.url(userinfo="ada:geheim99")
        done(repo.gto("register", "nn"))
        found = json.loads(done(repo.gto("status", "--json", "--remote", address)))
        assert found["remote"] == server.url()
        assert done(repo.gto("push", "--remote", address)) == "Pushed git tag 'nn@v0.0.1'\n"
        wrong = repo.gto("status", "--remote", server.url(userinfo="ada:falsch99"))
        said(wrong, "Cannot reach")
        assert "falsch99" not in wrong.stderr


# --- push


def test_push_sends_events_alone_the_oldest_first(repo: Repo, origin: Repo) -> None:
    log_pushes(origin)
    repo.commit("on no branch of the remote")
    for name in ("bb", "aa"):
        done(repo.gto("assign", name, "--stage", "prod"))
    done(repo.gto("assign", "aa", "--version", "v0.0.1", "--stage", "dev"))
    repo.tag("release-1")
    repo.git("config", "push.followTags", "true")
    repo.git("config", "remote.origin.push", "refs/heads/*:refs/heads/*")
    branches = origin.refs("refs/heads")
    pushed = repo.gto("push")
    assert done(pushed).splitlines() == [
        "Pushed git tag 'bb@v0.0.1'",
        "Pushed git tag 'bb#prod#1'",
        "Pushed git tag 'aa@v0.0.1'",
        "Pushed git tag 'aa#prod#1'",
        "Pushed git tag 'aa#dev#2'",
    ]
    assert "note: commit " in pushed.stderr
    assert "is on no branch of 'origin': it was pushed with its tag" in pushed.stderr
    # What one command wrote is not torn apart.
    assert [set(part) for part in pushes(origin)] == [
        {"bb@v0.0.1", "bb#prod#1"},
        {"aa@v0.0.1", "aa#prod#1", "aa#dev#2"},
    ]
    assert origin.refs("refs/heads") == branches
    assert tags(origin) == tags(repo) - {"release-1"}
    again = repo.gto("push")
    assert (done(again), again.stderr) == ("", "'origin' lacks no event\n")
    assert len(pushes(origin)) == 2


@pytest.mark.parametrize(("size", "expected"), [("0", [7]), ("1", [1] * 7), ("3", [3, 3, 1]), ("5", [5, 2])])
def test_so_many_tags_go_in_one_push(repo: Repo, origin: Repo, size: str, expected: list[int]) -> None:
    log_pushes(origin)
    for number in range(7):
        repo.tag(f"nn@v{number}.0.0")
    done(repo.gto("push", "--tags-per-push", size))
    assert [len(part) for part in pushes(origin)] == expected
    assert [ref for part in pushes(origin) for ref in part] == [f"nn@v{number}.0.0" for number in range(7)]


def test_more_tags_of_one_second_than_a_push_takes_are_divided(repo: Repo, origin: Repo) -> None:
    log_pushes(origin)
    date = repo.dated()["GIT_COMMITTER_DATE"]
    repo.tag("aa@v1.0.0", date=date)
    for number in range(4):
        repo.tag(f"nn@v{number}.0.0", date=date)
    done(repo.gto("push"))
    assert [len(part) for part in pushes(origin)] == [3, 2]


def test_only_what_is_named_is_pushed(repo: Repo, origin: Repo) -> None:
    for name in ("aa", "bb", "cc"):
        done(repo.gto("assign", name, "--stage", "prod"))
    assert json.loads(done(repo.gto("push", "aa", "cc@v0.0.1", "--json"))) == {
        "remote": "origin",
        "pushed": ["aa@v0.0.1", "aa#prod#1", "cc@v0.0.1"],
    }
    assert tags(origin) == {"aa@v0.0.1", "aa#prod#1", "cc@v0.0.1"}


def test_a_tag_that_differs_on_the_remote_stops_the_push(repo: Repo, origin: Repo, other: Repo) -> None:
    done(other.gto("register", "nn", "--push"))
    done(repo.gto("register", "nn"))
    done(repo.gto("assign", "nn", "--version", "v0.0.1", "--stage", "prod"))
    before = origin.refs()
    said(repo.gto("push"), "'nn@v0.0.1'", "not the same here and on 'origin'", "gto status")
    assert origin.refs() == before
    assert done(repo.gto("push", "nn#prod#1")) == "Pushed git tag 'nn#prod#1'\n"


def test_where_one_push_of_several_fails_it_says_which_are_done(repo: Repo, origin: Repo) -> None:
    hook(origin, "update", 'case "$1" in *cc*) echo "no cc here" >&2; exit 1;; esac')
    for name in ("aa", "bb", "cc", "dd"):
        done(repo.gto("register", name))
    with pytest.raises(PartlyPushed) as caught:
        gto.api.push(repo.path, ["aa", "cc"], tags_per_push=1)
    assert (caught.value.done, caught.value.total) == (("aa@v0.0.1",), 2)
    failed = repo.gto("push", "--tags-per-push", "1")
    assert (failed.code, failed.stdout) == (1, "Pushed git tag 'bb@v0.0.1'\n")
    assert "1 of 3 tags were pushed, the last of them 'bb@v0.0.1'" in failed.stderr
    assert "no cc here" in failed.stderr
    assert "`gto push` goes on with the rest" in failed.stderr
    assert tags(origin) == {"aa@v0.0.1", "bb@v0.0.1"}
    (origin.path / "hooks/update").unlink()
    assert done(repo.gto("push")) == "Pushed git tag 'cc@v0.0.1'\nPushed git tag 'dd@v0.0.1'\n"


def test_the_first_push_that_fails_leaves_nothing(repo: Repo, origin: Repo) -> None:
    hook(origin, "pre-receive", "echo 'closed today' >&2; exit 1")
    done(repo.gto("assign", "nn", "--stage", "prod"))
    failed = repo.gto("push")
    assert (failed.code, failed.stdout) == (1, "")
    assert "closed today" in failed.stderr
    assert tags(origin) == set()


def test_what_another_pushed_in_the_meantime_is_not_overwritten(repo: Repo, origin: Repo, other: Repo) -> None:
    done(other.gto("register", "nn"))
    hook(repo, "pre-push", f'git -C "{other.path}" push --quiet origin nn@v0.0.1')
    done(repo.gto("register", "nn"))
    said(repo.gto("push"), "'nn@v0.0.1'", "not the same here and on 'origin'")
    assert origin.refs("refs/tags") == other.refs("refs/tags")
    assert states(repo) == {"nn@v0.0.1": "different"}


def test_what_another_process_of_this_clone_pushed_in_the_meantime_is_pushed(repo: Repo, origin: Repo) -> None:
    done(repo.gto("assign", "nn", "--stage", "prod"))
    hook(repo, "pre-push", 'rm "$0"; git push --quiet origin "nn@v0.0.1" "nn#prod#1"')
    assert len(done(repo.gto("push")).splitlines()) == 2
    assert origin.refs("refs/tags") == repo.refs("refs/tags")


def test_where_another_pushed_only_a_part_it_says_to_run_it_again(repo: Repo, origin: Repo) -> None:
    done(repo.gto("assign", "nn", "--stage", "prod"))
    hook(repo, "pre-push", 'rm "$0"; git push --quiet origin "nn@v0.0.1"')
    assert repo.gto("push").code == 1
    assert tags(origin) == {"nn@v0.0.1"}
    assert done(repo.gto("push")) == "Pushed git tag 'nn#prod#1'\n"


def test_look_alikes_are_not_pushed(repo: Repo, origin: Repo) -> None:
    repo.tag("nn@v1.0.0", annotated=False)
    repo.tag("nn@created")
    done(repo.gto("register", "mm"))
    pushed = repo.gto("push")
    assert done(pushed) == "Pushed git tag 'mm@v0.0.1'\n"
    assert pushed.stderr == "note: 'nn@v1.0.0' is no event, and was not pushed: a lightweight tag is no event\n"
    assert tags(origin) == {"mm@v0.0.1"}


def test_a_push_of_which_the_reply_is_lost_is_done(repo: Repo, server: Server) -> None:
    served = server.new()
    repo.git("remote", "add", "origin", server.url())
    done(repo.gto("assign", "nn", "--stage", "prod"))
    server.fail(Fault("lose", PUSH, times=1))
    assert len(done(repo.gto("push")).splitlines()) == 2
    assert served.refs("refs/tags") == repo.refs("refs/tags")


# --- fetch


def test_fetch_brings_events_alone(repo: Repo, other: Repo) -> None:
    other.commit("news")
    other.git("push", "--quiet", "origin", "main")
    done(other.gto("assign", "nn", "--stage", "prod", "--push"))
    other.tag("release-1")
    other.git("push", "--quiet", "origin", "release-1")
    done(repo.gto("register", "mine"))
    for setting in ("fetch.prune", "fetch.pruneTags", "remote.origin.prune", "fetch.writeCommitGraph"):
        repo.git("config", setting, "true")
    repo.git("config", "remote.origin.tagOpt", "--tags")
    repo.git("config", "--add", "remote.origin.fetch", "+refs/tags/*:refs/tags/*")
    (repo.path / ".git/FETCH_HEAD").unlink(missing_ok=True)
    branches = repo.refs("refs/remotes")
    assert done(repo.gto("fetch")) == "Fetched git tag 'nn#prod#1'\nFetched git tag 'nn@v0.0.1'\n"
    assert tags(repo) == {"mine@v0.0.1", "nn@v0.0.1", "nn#prod#1"}
    assert repo.refs("refs/remotes") == branches
    assert not (repo.path / ".git/FETCH_HEAD").exists()
    assert done(repo.gto("show", "nn#prod", "--version")) == "v0.0.1\n"
    again = repo.gto("fetch")
    assert (done(again), again.stderr) == ("", "every event of 'origin' is here\n")


def test_many_fetch_into_one_clone_at_once(repo: Repo, other: Repo) -> None:
    for number in range(20):
        done(other.gto("register", f"m{number}"))
    done(other.gto("push"))
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: repo.gto("fetch"), range(6)))
    assert [result.code for result in results] == [0] * 6, [result.stderr for result in results]
    assert len(tags(repo)) == len(tags(other))


@pytest.mark.parametrize("protocol", ["0", "1", "2"])
def test_every_protocol_of_git_fetches_events(repo: Repo, served: Repo, server: Server, protocol: str) -> None:
    other = Repo(repo.path.with_name("fresh"), LATER)
    repo.git("init", "--quiet", str(other.path))
    other.git("config", "protocol.version", protocol)
    assert len(done(other.gto("fetch", "--remote", server.url())).splitlines()) == 12
    assert tags(other) == tags(served)


def test_only_what_is_named_is_fetched(repo: Repo, origin: Repo, other: Repo) -> None:
    for name in ("aa", "bb", "cc"):
        done(other.gto("assign", name, "--stage", "prod", "--push"))
    found = json.loads(done(repo.gto("fetch", "aa", "cc@v0.0.1", "--json")))
    assert found == {"remote": "origin", "fetched": ["aa#prod#1", "aa@v0.0.1", "cc@v0.0.1"], "different": []}
    assert tags(repo) == set(found["fetched"])
    assert tags(origin) == tags(other)


def test_fetch_overwrites_nothing_and_says_so(repo: Repo, origin: Repo, other: Repo) -> None:
    done(other.gto("assign", "nn", "--stage", "prod", "--push"))
    repo.tag("nn@v0.0.1")
    mine = repo.refs("refs/tags")["refs/tags/nn@v0.0.1"]
    fetched = repo.gto("fetch", "--json")
    said(fetched, "'nn@v0.0.1'", "not the same here and on 'origin'")
    assert json.loads(fetched.stdout) == {"remote": "origin", "fetched": ["nn#prod#1"], "different": ["nn@v0.0.1"]}
    assert repo.refs("refs/tags")["refs/tags/nn@v0.0.1"] == mine
    assert repo.refs("refs/tags")["refs/tags/nn#prod#1"] == origin.refs("refs/tags")["refs/tags/nn#prod#1"]


def test_a_fetch_that_fails_brings_nothing(repo: Repo, server: Server, tmp_path: Path) -> None:
    server.new()
    repo.git("remote", "add", "origin", server.url())
    repo.git("push", "--quiet", "origin", "main")
    repo.git("clone", "--quiet", server.url(), str(tmp_path / "other"))
    other = Repo(tmp_path / "other", LATER)
    other.commit("news")
    done(other.gto("assign", "nn", "--stage", "prod", "--push"))
    failing = [Fault("drop", FETCH, after=300), Fault("error", FETCH, times=2), Fault("lose", FETCH)]
    for fault in failing:
        server.fail(fault)
        failed = repo.gto("fetch")
        assert failed.code == 1
        assert "Traceback" not in failed.stderr
        assert tags(repo) == set(), fault
    server.mend()
    assert len(done(repo.gto("fetch")).splitlines()) == 2
    repo.git("fsck", "--strict")


def test_thousands_of_events_are_fetched_at_once(repo: Repo, origin: Repo) -> None:
    commit = repo.git("rev-parse", "HEAD")
    names = [f"services/of/a/long/name=churn-{number}@v0.0.1" for number in range(4000)]  # too long for one command
    lines = [f"tag {name}\nfrom {commit}\ntagger A <a@b.c> 1600000000 +0000\ndata 0\n\n" for name in names]
    run("git", "fast-import", "--quiet", cwd=origin.path, text="".join(lines))
    assert len(done(repo.gto("fetch")).splitlines()) == 4000
    assert tags(repo) == set(names)


# --- shallow clones


def long_history(repo: Repo, commits: int = 12) -> None:
    """Commits that each change a large file, a version on each."""
    source = random.Random(0)  # noqa: S311 - no secret
    for number in range(commits):
        repo.commit(f"work {number}", {"model.txt": source.randbytes(SIZE // 2).hex()})
        repo.tag(f"nn@v0.0.{number}")


@pytest.fixture
def served(repo: Repo, server: Server) -> Repo:
    """A served repository with a long history, which `repo` has too."""
    bare = server.new()
    long_history(repo)
    repo.git("remote", "add", "origin", server.url())
    repo.git("push", "--quiet", "origin", "main")
    repo.git("push", "--quiet", "--tags", "origin")
    return bare


def shallow(repo: Repo, server: Server, path: Path, *options: str) -> Repo:
    """A clone without tags, as CI makes it."""
    repo.git("clone", "--quiet", "--no-tags", *options, server.url(), str(path))
    server.forget()
    return Repo(path, LATER)


def test_a_shallow_clone_stays_shallow_and_gets_little(
    repo: Repo, served: Repo, server: Server, tmp_path: Path
) -> None:
    clone = shallow(repo, server, tmp_path / "clone", "--depth=1")
    assert done(clone.gto("fetch", "nn@v0.0.9", "nn@v0.0.11")).count("Fetched") == 2
    assert server.counts.sent < 1.5 * SIZE, "one commit, and not the nine before it"
    assert clone.git("rev-list", "--count", "HEAD") == "1"
    assert clone.git("rev-list", "--count", "nn@v0.0.9") == "1"
    assert clone.git("rev-parse", "nn@v0.0.9^{commit}") == served.git("rev-parse", "nn@v0.0.9^{commit}")
    assert clone.git("rev-parse", "--is-shallow-repository") == "true"
    clone.git("fsck", "--strict")
    assert done(clone.gto("show", "nn@v0.0.9", "--ref")).strip()
    done(clone.gto("fetch"))
    assert tags(clone) == tags(served)
    clone.git("fetch", "--quiet", "--unshallow")
    assert clone.git("rev-list", "--count", "HEAD") == "13"


def test_the_history_of_a_commit_that_is_here_is_not_cut(
    repo: Repo, served: Repo, server: Server, tmp_path: Path
) -> None:
    clone = shallow(repo, server, tmp_path / "clone", "--depth=4")
    done(clone.gto("fetch", "nn@v0.0.11", "nn@v0.0.10"))
    assert server.counts.sent < SIZE / 4, "only tag objects"
    assert clone.git("rev-list", "--count", "HEAD") == "4"
    done(clone.gto("fetch"))
    assert clone.git("rev-list", "--count", "HEAD") == "4"
    assert tags(clone) == tags(served)


@pytest.mark.usefixtures("served")
def test_a_shallow_clone_can_be_pulled_after_it_got_newer_events(repo: Repo, server: Server, tmp_path: Path) -> None:
    clone = shallow(repo, server, tmp_path / "clone", "--depth=1")
    for _ in range(2):
        repo.commit("news")
    done(repo.gto("register", "nn", "--push"))
    repo.git("push", "--quiet", "origin", "main")
    branches = clone.refs("refs/remotes")
    done(clone.gto("fetch", "nn@v0.0.12", "nn@v0.0.3"))
    assert clone.refs("refs/remotes") == branches
    clone.git("pull", "--quiet", "--ff-only")
    assert clone.git("rev-list", "--count", "HEAD") == "3"
    assert tags(clone) == {"nn@v0.0.12", "nn@v0.0.3"}
    clone.git("fsck", "--strict")


def test_a_shallow_and_partial_clone_fetches_no_file(repo: Repo, served: Repo, server: Server, tmp_path: Path) -> None:
    served.git("config", "uploadpack.allowFilter", "true")
    clone = shallow(repo, server, tmp_path / "clone", "--depth=1", "--filter=blob:none", "--no-checkout")
    done(clone.gto("fetch"))
    assert server.counts.sent < SIZE / 4
    assert tags(clone) == tags(served)
    assert done(clone.gto("show", "nn@latest", "--version")) == "v0.0.11\n"


# --- the Python API


def test_the_same_by_functions(repo: Repo, origin: Repo, other: Repo) -> None:
    done(other.gto("register", "theirs", "--push"))
    done(repo.gto("register", "mine"))
    found = gto.api.status(repo.path)
    assert [(line.state, line.tag.artifact) for line in found.lines] == [
        (State.NOT_PUSHED, "mine"),
        (State.NOT_FETCHED, "theirs"),
    ]
    assert gto.api.push(repo.path, "mine").refs == ("mine@v0.0.1",)
    assert gto.api.fetch(repo.path).refs == ("theirs@v0.0.1",)
    assert gto.api.status(repo.path, ["mine", "theirs"], "origin").same == 2
    assert tags(repo) == tags(origin)
    repo.git("tag", "--delete", "theirs@v0.0.1")
    repo.tag("theirs@v0.0.1")
    assert gto.api.fetch(repo.path).different == ("theirs@v0.0.1",)
    with pytest.raises(TagsDiffer):
        gto.api.push(repo.path)


def ended(result: Result) -> str:
    """The stderr of a command that did not crash."""
    assert "Traceback" not in result.stderr
    return result.stderr


def test_a_remote_of_another_name_is_asked(repo: Repo, origin: Repo, other: Repo) -> None:
    repo.git("remote", "rename", "origin", "upstream")
    done(repo.gto("register", "nn"))
    assert "'origin' does not appear to be a git repository" in ended(repo.gto("push"))
    assert done(repo.gto("push", "--remote", "upstream")) == "Pushed git tag 'nn@v0.0.1'\n"
    assert done(other.gto("fetch", "--remote", str(origin.path))) == "Fetched git tag 'nn@v0.0.1'\n"
    assert done(other.gto("push", "--remote", f"file://{origin.path}")) == ""
