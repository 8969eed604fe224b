"""`gto watch`: each new event is handed on, once, in order; what cannot be is kept and told."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import RemoteFailed
from gto.fs import file_lock
from gto.registry.registry import Registry
from gto.watch.poller import WatchedRepository
from tests.repo import GTO, Repo, run
from tests.server import Fault
from tests.stories.healthy import done, said
from tests.watch.watching import DVC_YAML, ONCE, SEEN, begin, journal, line_with, refs, running, seen, start, until
from tests.web import Reply, serve_web

if TYPE_CHECKING:
    from tests.server import Server

WILD = "$(touch x) `touch x` ; touch x\n\"'\\ $HOME %n\r\nGTO_STAGE=evil\n::set-output name=a::b"
FIELDS = """\
import json, os, sys
told = json.load(sys.stdin)
env = {key: value for key, value in os.environ.items() if key.startswith("GTO_")}
print(json.dumps([told, env]), file=open("told", "w"))
"""


@pytest.fixture
def begun(repo: Repo) -> Repo:
    """A repository whose watcher has looked once: `m@v1.0.0` was there before."""
    return begin(repo)


def test_what_was_there_is_passed_over_and_what_comes_is_delivered_once(begun: Repo) -> None:
    assert refs(begun) == []
    begun.tag("m#prod#1")
    begun.tag("other@v0.1.0")
    assert sorted(done(begun.gto(*ONCE, *SEEN)).splitlines()) == [
        "delivered assignment m#prod#1",
        "delivered registration other@v0.1.0",
    ]
    assert done(begun.gto(*ONCE, *SEEN)) == ""
    assert sorted(refs(begun)) == ["m#prod#1", "other@v0.1.0"]


def test_the_first_look_says_how_many_it_passes_over(repo: Repo) -> None:
    repo.tag("m@v1.0.0")
    repo.tag("m#prod#1")
    repo.tag("release-1")
    result = repo.gto(*ONCE, *SEEN)
    assert done(result) == ""
    assert result.stderr == "note: 2 event tag(s) were there before, and are passed over: --since delivers them\n"
    again = repo.gto(*ONCE, *SEEN)
    assert (done(again), again.stderr) == ("", "")


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("all", ["m@v1.0.0", "m#dev#1", "m#prod#2"]),
        ("2022-02-01", ["m#dev#1", "m#prod#2"]),
        ("m#prod#2", ["m#prod#2"]),
        ("refs/tags/m#prod#2", ["m#prod#2"]),
        ("2030-01-01", []),
    ],
)
def test_since_delivers_older_events_in_their_order(repo: Repo, since: str, expected: list[str]) -> None:
    repo.tag("m#prod#2", date="2022-03-01T00:00:00Z")
    repo.tag("m@v1.0.0", date="2022-01-01T00:00:00Z")
    repo.tag("m#dev#1", date="2022-02-01T00:00:00Z")
    done(repo.gto(*ONCE, "--since", since, *SEEN))
    assert refs(repo) == expected
    done(repo.gto(*ONCE, "--since", since, *SEEN))
    assert refs(repo) == expected


def test_since_delivers_what_was_passed_over_and_nothing_twice(begun: Repo) -> None:
    begun.tag("m#prod#1")
    done(begun.gto(*ONCE, *SEEN))
    done(begun.gto(*ONCE, "--since", "all", *SEEN))
    done(begun.gto(*ONCE, "--since", "all", *SEEN))
    assert refs(begun) == ["m#prod#1", "m@v1.0.0"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], {"a@v1.0.0", "a@v1.0.0!", "a#prod#1", "a#prod!#2", "team/b#dev#1", "team/b@deprecated"}),
        (["--artifact", "a"], {"a@v1.0.0", "a@v1.0.0!", "a#prod#1", "a#prod!#2"}),
        (["--artifact", "team/*"], {"team/b#dev#1", "team/b@deprecated"}),
        (["--artifact", "a", "--artifact", "*b", "--stage", "dev"], {"team/b#dev#1"}),
        (["--stage", "prod"], {"a#prod#1", "a#prod!#2"}),
        (["--event", "assignment"], {"a#prod#1", "team/b#dev#1"}),
        (["--event", "registration", "--event", "deregistration"], {"a@v1.0.0", "a@v1.0.0!"}),
        (["--event", "unassignment", "--stage", "dev"], set()),
        (["--event", "deprecation"], {"team/b@deprecated"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_filters_take_by_artifact_event_and_stage(repo: Repo, words: list[str], expected: set[str]) -> None:
    done(repo.gto(*ONCE, *SEEN))
    for tag in ("a@v1.0.0", "a#prod#1", "a#prod!#2", "a@v1.0.0!", "team/b#dev#1", "team/b@deprecated"):
        repo.tag(tag)
    done(repo.gto(*ONCE, *words, *SEEN))
    assert set(refs(repo)) == expected
    done(repo.gto(*ONCE, *SEEN))  # what no filter took is passed over for good
    assert set(refs(repo)) == expected


def test_a_command_is_told_everything_in_its_environment_and_on_its_stdin(begun: Repo) -> None:
    begun.commit("better")
    begun.tag("m@v1.1.0")
    begun.tag("m#prod#1", "m@v1.0.0^{}", message="to production")
    oid = begun.tag("m#prod#2", "m@v1.1.0^{}", message="the better one", date="2022-06-01T10:00:00+02:00")
    done(begun.gto(*ONCE, "--", sys.executable, "-c", FIELDS))
    told, env = json.loads((begun.path / "told").read_text())
    assert told == {
        "event": "assignment",
        "name": "m",
        "version": "v1.1.0",
        "stage": "prod",
        "type": "model",
        "path": "m.pkl",
        "description": "A model",
        "ref": "refs/tags/m#prod#2",
        "commit": begun.git("rev-parse", "HEAD"),
        "previous_version": "v1.0.0",
        "repo": str(begun.path),
        **dict.fromkeys(("framework", "code_on_load", "model_facts"), ""),
        "key": oid,
        "author": "Ada Lovelace",
        "author_email": "ada@example.com",
        "created_at": "2022-06-01T10:00:00+02:00",
        "message": "the better one",
    }
    assert {key: env[f"GTO_{key.upper()}"] for key in told} == told


def test_what_strangers_wrote_reaches_a_command_as_data_alone(begun: Repo) -> None:
    begun.commit("wild", {"dvc.yaml": DVC_YAML % json.dumps(WILD)})
    begun.tag("m#prod#1", message=WILD)
    done(begun.gto(*ONCE, "--", sys.executable, "-c", FIELDS))
    told, env = json.loads((begun.path / "told").read_text())
    assert told["description"] == env["GTO_DESCRIPTION"] == WILD
    assert told["message"] == env["GTO_MESSAGE"] == WILD
    assert (told["stage"], env["GTO_STAGE"]) == ("prod", "prod")
    assert not (begun.path / "x").exists()


@pytest.mark.parametrize("file", ["dvc.yaml", ".gto"])
def test_an_annotation_that_cannot_be_read_stops_no_event(begun: Repo, file: str) -> None:
    begun.commit("broken", {file: "artifacts: ["})
    begun.tag("m#prod#1")
    done(begun.gto(*ONCE, *SEEN))
    assert [(one["ref"], one["path"]) for one in seen(begun)] == [("refs/tags/m#prod#1", "")]


def test_json_is_one_object_a_line(begun: Repo) -> None:
    oid = begun.tag("m#prod#1")
    begun.tag("n@v1.0.0")
    script = 'test "$GTO_NAME" = m'
    result = begun.gto(*ONCE, "--retries", "1", "--json", "--", "sh", "-c", script)
    lines = {line["name"]: line for line in map(json.loads, done(result, 1).splitlines())}
    assert lines["m"] == {
        "result": "delivered",
        "event": "assignment",
        "name": "m",
        "ref": "refs/tags/m#prod#1",
        "key": oid,
        "tries": 1,
        "reason": "",
    }
    assert (lines["n"]["result"], lines["n"]["tries"]) == ("dead", 2)
    assert lines["n"]["reason"] == "it ended with exit code 1"


def test_an_event_that_fails_is_tried_again_then_given_up_and_later_ones_go_on(begun: Repo) -> None:
    for number in (1, 2):
        begun.tag(f"m#prod#{number}")
    script = 'echo "$GTO_REF" >> tried; test "$GTO_REF" != refs/tags/m#prod#1'
    result = begun.gto(*ONCE, "--retries", "2", "--", "sh", "-c", script)
    assert done(result, 1).splitlines() == [
        "given up  assignment m#prod#1: it ended with exit code 1 (3 tries)",
        "delivered assignment m#prod#2",
    ]
    assert result.stderr.count("it is tried again") == 2
    assert (begun.path / "tried").read_text().splitlines() == ["refs/tags/m#prod#1"] * 3 + ["refs/tags/m#prod#2"]
    assert done(begun.gto(*ONCE, *SEEN)) == ""


def test_dead_letters_are_listed_and_delivered_again(begun: Repo) -> None:
    assert done(begun.gto("watch", "--dead-letters")) == "There are no dead letters\n"
    oid = begun.tag("m#prod#1")
    done(begun.gto(*ONCE, "--retries", "0", "--", "false"), 1)
    table = done(begun.gto("watch", "--dead-letters"))
    assert "m#prod#1" in table
    assert "exit code 1" in table
    (line,) = done(begun.gto("watch", "--dead-letters", "--json")).splitlines()
    assert {key: json.loads(line)[key] for key in ("ref", "tries", "key")} == {
        "ref": "refs/tags/m#prod#1",
        "tries": 1,
        "key": oid,
    }
    done(begun.gto("watch", "--retry-dead", "--retries", "0", "--", "false"), 1)
    begun.tag("m#prod#2")
    assert done(begun.gto("watch", "--retry-dead", *SEEN)) == "delivered assignment m#prod#1\n"
    assert done(begun.gto("watch", "--dead-letters", "--json")) == ""
    assert "no dead letters" in begun.gto("watch", "--retry-dead", *SEEN).stderr
    done(begun.gto(*ONCE, *SEEN))
    assert refs(begun) == ["m#prod#1", "m#prod#2"]


def test_tags_that_are_deleted_are_noted_once_and_those_made_anew_are_new_events(begun: Repo) -> None:
    names = [f"m#prod#{number}" for number in range(1, 7)]
    oids = {name: begun.tag(name) for name in names}
    done(begun.gto(*ONCE, *SEEN))
    begun.git("tag", "-d", *names)
    begun.tag(names[5], message="another")
    result = begun.gto(*ONCE, *SEEN)
    assert done(result) == "delivered assignment m#prod#6\n"
    assert result.stderr.splitlines() == [
        "note: 'm#prod#6' was made anew: that is a new event",
        "note: 'm#prod#1', 'm#prod#2', 'm#prod#3' and 2 more were gone: that is no event",
    ]
    begun.git("update-ref", "refs/tags/m#prod#1", oids["m#prod#1"])  # they come back as they were
    begun.git("update-ref", "refs/tags/m#prod#6", oids["m#prod#6"])
    again = begun.gto(*ONCE, *SEEN)
    assert (done(again), again.stderr) == ("", "")
    begun.git("tag", "-d", "m#prod#1")
    assert "'m#prod#1' was gone" in begun.gto(*ONCE, *SEEN).stderr
    begun.tag("m#prod#2", message="made anew")
    done(begun.gto(*ONCE, *SEEN))
    assert refs(begun) == [*names, "m#prod#6", "m#prod#2"]


def test_a_tag_that_is_no_event_is_told_and_delivered_once_it_is_one(begun: Repo) -> None:
    begun.tag("m#prod#1", annotated=False)
    begun.git("update-ref", "refs/tags/other@v1.0.0", begun.git("rev-parse", "refs/tags/m@v1.0.0"))
    result = begun.gto(*ONCE, *SEEN)
    assert done(result) == ""
    assert "'m#prod#1' is not delivered: a lightweight tag is no event" in result.stderr
    assert "'other@v1.0.0' is not delivered: the tag object calls itself 'm@v1.0.0'" in result.stderr
    begun.git("tag", "-d", "m#prod#1")
    begun.tag("m#prod#1")
    done(begun.gto(*ONCE, *SEEN))
    assert refs(begun) == ["m#prod#1"]


def test_events_of_many_artifacts_are_found_at_once(begun: Repo) -> None:
    names = [f"m{number}@v1.0.0" for number in range(12)]
    for name in names:
        begun.tag(name)
    done(begun.gto(*ONCE, *SEEN))
    assert sorted(refs(begun)) == sorted(names)


def test_what_is_not_signed_is_left_out_where_that_is_required(begun: Repo) -> None:
    begun.tag("m#prod#1")
    result = begun.gto(*ONCE, "--require-signed", *SEEN)
    assert done(result) == ""
    assert "'m#prod#1' is not delivered: it is left out" in result.stderr


def test_dry_run_says_what_would_run_and_changes_nothing(repo: Repo) -> None:
    repo.tag("m@v1.0.0")
    first = repo.gto("watch", "--dry-run", *SEEN)
    assert done(first) == ""
    assert "1 event tag(s) were there before, and would be passed over" in first.stderr
    assert not os.path.exists(journal(repo))
    done(repo.gto(*ONCE, *SEEN))
    repo.tag("m#prod#1")
    repo.tag("odd#prod#1", annotated=False)
    kept = Path(journal(repo)).read_bytes()
    result = repo.gto("watch", "--dry-run", *SEEN)
    assert done(result) == "would deliver assignment m#prod#1: sh -c 'cat >> seen'\n"
    assert "'odd#prod#1' is not delivered" in result.stderr
    (line,) = done(repo.gto("watch", "--dry-run", "--json", "--post", "https://example.com/x")).splitlines()
    assert json.loads(line)["ref"] == "refs/tags/m#prod#1"
    assert Path(journal(repo)).read_bytes() == kept
    assert refs(repo) == []


def test_a_journal_that_a_kill_cut_short_goes_on(begun: Repo) -> None:
    begun.tag("m#prod#1")
    done(begun.gto(*ONCE, *SEEN))
    with open(journal(begun), "ab") as file:
        file.write(b'["done", "0123')
    begun.tag("m#prod#2")
    done(begun.gto(*ONCE, *SEEN))
    done(begun.gto(*ONCE, *SEEN))
    assert refs(begun) == ["m#prod#1", "m#prod#2"]


def test_a_second_watcher_on_one_journal_is_refused_and_told_who_may(begun: Repo, tmp_path: Path) -> None:
    with file_lock.hold(f"{journal(begun)}.lock", 0):
        said(begun.gto(*ONCE, *SEEN), "Another `gto watch` holds", "--state")
        done(begun.gto(*ONCE, "--state", str(tmp_path / "own"), *SEEN))
    assert (tmp_path / "own").exists()


def test_a_journal_of_another_repository_is_refused(begun: Repo, empty_repo: Repo, tmp_path: Path) -> None:
    other = Repo(tmp_path / "other")
    empty_repo.git("clone", "--quiet", ".", str(other.path))
    said(other.gto(*ONCE, "--state", journal(begun), *SEEN), "journal of a watcher of", "--state")


SET = {"HOOK_SECRET": "secret", "EMPTY": "", "BAD": "whsec_*"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "Either a command"),
        (["--post", "https://example.com", "--", "true"], "Either a command"),
        (["--post", "ftp://example.com"], "no URL of a web server"),
        (["--post", "https://a:b@example.com"], "a name or a password"),
        (["--post", "https://example.com", "--secret-env", "MISSING"], "'MISSING' is not set"),
        (["--post", "https://example.com", "--secret-env", "EMPTY"], "'EMPTY' is not set"),
        (["--post", "https://example.com", "--secret-env", "BAD"], "base64"),
        (["--secret-env", "HOOK_SECRET", "--", "true"], "--secret-env signs webhooks"),
        (["--", "no-such-program-at-all"], "There is no program"),
        (["--since", "someday", "--", "true"], "no date and no event tag"),
        (["--since", "m@v9.9.9", "--", "true"], "'m@v9.9.9' was not found"),
        (["--listen", "8080", "--", "true"], "no address to listen on"),
        (["--listen", "0.0.0.0:0", "--", "true"], "needs the secret"),
        (["--listen-secret-env", "HOOK_SECRET", "--", "true"], "is for --listen"),
        (["-r", "nowhere", "--", "true"], "No Git repo found in 'nowhere'"),
        (["-r", "ftp://example.com/x", "--", "true"], "does not fetch over 'ftp'"),
    ],
    ids=str,
)
def test_a_wrong_command_line_is_told_in_one_line(repo: Repo, words: list[str], expected: str) -> None:
    said(repo.gto("watch", *words, env=SET), expected)
    assert not os.path.exists(journal(repo))


def test_a_webhook_is_posted_and_a_receiver_that_fails_gets_it_again(begun: Repo) -> None:
    oid = begun.tag("m#prod#1")
    with serve_web() as web:
        web.rule("/hook", lambda _asked, _usual: Reply(503), times=2)
        web.rule("/hook", lambda _asked, _usual: Reply(202))
        args = (*ONCE, "--post", f"{web.url}/hook", "--secret-env", "HOOK_SECRET")
        assert done(begun.gto(*args, env=SET)) == "delivered assignment m#prod#1\n"
        assert [one.headers["X-Gto-Delivery"] for one in web.asked] == [oid] * 3
        assert all(one.headers["Webhook-Signature"].startswith("v1,") for one in web.asked)
        assert len({one.body for one in web.asked}) == 1


# --- watchers that go on


@pytest.fixture
def bare(server: Server, tmp_path: Path) -> Repo:
    """A served repository with a commit; its watchers work in `tmp_path`."""
    made = server.new("models.git", "uploadpack.allowFilter=true")
    work = Repo(tmp_path / "work")
    Repo(tmp_path).git("clone", "--quiet", server.url(), str(work.path))
    work.commit("first", {"dvc.yaml": DVC_YAML % "A model"})
    work.git("push", "--quiet", "origin", "main")
    return Repo(made.path)


def test_events_that_are_pushed_are_delivered_while_it_runs(bare: Repo, server: Server, tmp_path: Path) -> None:
    here = Repo(tmp_path)
    done(here.gto(*ONCE, "-r", server.url(), *SEEN))
    with running(tmp_path, "-r", server.url(), *SEEN) as process:
        for number in (1, 2, 3):
            bare.tag(f"m#prod#{number}", "main")
            until(lambda: len(seen(here)) == number, process)  # noqa: B023  it is called at once
    assert refs(here) == ["m#prod#1", "m#prod#2", "m#prod#3"]
    assert [one["path"] for one in seen(here)] == ["m.pkl"] * 3
    assert {one["repo"] for one in seen(here)} == {server.url()}


def test_an_unchanged_remote_is_asked_for_its_listing_and_nothing_else(
    bare: Repo, server: Server, tmp_path: Path
) -> None:
    bare.tag("m@v1.0.0", "main")
    source = WatchedRepository(lambda: Registry.open(server.url()))
    assert source.look() is not None
    source.done()
    server.forget()
    assert source.look() is None
    assert server.counts.requests <= 2  # the greeting, and the listing
    bare.tag("m#prod#1", "main")
    assert source.look() is not None
    assert source.look() is not None  # it was not said to be handled
    source.done()
    assert source.look() is None
    Repo(tmp_path).gto("cache", "clear")
    assert source.look() is not None


def test_a_remote_that_cannot_be_listed_is_told(bare: Repo, server: Server, tmp_path: Path) -> None:
    source = WatchedRepository(lambda: Registry.open(server.url()))
    assert source.look() is not None
    server.fail(Fault("error"))
    with pytest.raises(RemoteFailed):
        source.look()
    server.mend()
    bare.tag("m@v1.0.0", "main")
    words = ("watch", "-r", server.url(), "--offline")
    said(Repo(tmp_path).gto(*words, "--", "true"), "--offline reaches no remote", "--once")
    done(Repo(tmp_path).gto(*words, "--once", "--", "true"))


def test_a_remote_that_does_not_answer_is_asked_again(bare: Repo, server: Server, tmp_path: Path) -> None:
    here = Repo(tmp_path)
    server.fail(Fault("error"))
    with running(tmp_path, "-r", server.url(), "--since", "all", *SEEN) as process:
        assert "it is tried again" in line_with(process, server.url())
        bare.tag("m#prod#1", "main")
        server.mend()
        until(lambda: refs(here) == ["m#prod#1"], process)
    server.fail(Fault("error"))
    said(here.gto(*ONCE, "-r", server.url(), *SEEN), server.url())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_the_delivery_that_runs(begun: Repo, number: signal.Signals) -> None:
    os.mkfifo(begun.path / "gate")
    script = "cat >> seen; echo > started; read x < gate"
    with running(begun.path, "--jobs", "1", "--", "sh", "-c", script) as process:
        for count in (1, 2):
            begun.tag(f"m#prod#{count}")
        until((begun.path / "started").exists, process)
        process.send_signal(number)
        with (begun.path / "gate").open("w") as gate:
            gate.write("go on\n")
        assert process.wait(60) == 0
    assert process.stdout is not None
    assert refs(begun) == ["m#prod#1"]
    done(begun.gto(*ONCE, *SEEN))
    assert refs(begun) == ["m#prod#1", "m#prod#2"]


def test_a_second_signal_ends_it_at_once(begun: Repo) -> None:
    os.mkfifo(begun.path / "gate")
    begun.tag("m#prod#1")
    process = start(begun.path, "--since", "all", "--", "sh", "-c", "echo > started; read x < gate")
    until((begun.path / "started").exists, process)

    def end() -> bool:
        process.send_signal(signal.SIGTERM)
        return process.poll() is not None

    until(end)
    assert process.returncode == 128 + signal.SIGTERM
    with (begun.path / "gate").open("w") as gate:  # the command goes on by itself, and holds the pipes
        gate.write("end\n")
    process.communicate()


def test_a_webhook_of_a_forge_makes_it_look_now(bare: Repo, server: Server, tmp_path: Path) -> None:
    here = Repo(tmp_path)
    done(here.gto(*ONCE, "-r", server.url(), *SEEN))
    bare.tag("m@v1.0.0", "main")
    args = ("--interval", "3600", "--listen", "127.0.0.1:0")
    with running(tmp_path, "-r", server.url(), *SEEN, args=args) as process:
        port = int(line_with(process, "webhooks are taken").rpartition(":")[2].partition("/")[0])
        until(lambda: seen(here), process)
        bare.tag("m#prod#1", "main")

        def knock() -> bool:
            line = HTTPConnection("127.0.0.1", port, timeout=30)
            line.request("POST", "/hook", "{}", {"X-Gitea-Event": "push"})
            assert line.getresponse().status == 202
            line.close()
            return len(seen(here)) > 1

        until(knock, process)
    assert refs(here) == ["m@v1.0.0", "m#prod#1"]


def test_an_answer_that_cannot_be_printed_ends_the_watcher_and_it_says_so(begun: Repo) -> None:
    begun.tag("m#prod#1")
    words = shlex.join([*GTO, *ONCE, *SEEN])
    said(run("sh", "-c", f"{words} > /dev/full", cwd=begun.path), "No space left on device")
    done(begun.gto(*ONCE, *SEEN))
    assert refs(begun) == ["m#prod#1"]
