"""`gto watch` and what cannot be delivered: how long it is tried, and what becomes of dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.fs import file_lock
from tests.repo import GTO, TIME_LIMIT, run
from tests.stories.healthy import done, said
from tests.watch.watching import ONCE, SEEN, begin, journal, refs, running

if TYPE_CHECKING:
    from tests.repo import Repo

DIE = (*ONCE, "--retries", "0", "--", "false")


@pytest.fixture
def begun(repo: Repo) -> Repo:
    """A repository whose watcher has looked once: `m@v1.0.0` was there before."""
    return begin(repo)


def letters(repo: Repo) -> str:
    return done(repo.gto("watch", "--dead-letters", "--json"))


def test_a_service_tries_for_long_and_who_waits_for_the_end_does_not(begun: Repo) -> None:
    begun.tag("m#prod#1")
    assert "(6 tries)" in done(begun.gto("watch", "--once", "--backoff", "0", "--", "false"), 1)
    assert "(6 tries)" in done(begun.gto("watch", "--retry-dead", "--backoff", "0", "--", "false"), 1)
    with running(begun.path, "--", "false", args=("--interval", "0.1", "--backoff", "0")) as process:
        begun.tag("m#prod#2")
        assert process.stdout is not None
        assert process.stdout.readline() == "given up  assignment m#prod#2: it ended with exit code 1 (301 tries)\n"


def overtake(repo: Repo, how: str) -> str:
    """Let an assignment of v1.0.0 fail, and be overtaken; return why it is."""
    repo.tag("m#prod#1")
    done(repo.gto(*DIE), 1)
    if how == "taken":
        repo.commit("better")
        repo.tag("m@v2.0.0")
        repo.tag("m#prod#2")
        return "version 'v2.0.0' is in stage 'prod' by now"
    if how == "anew":
        repo.git("tag", "-d", "m#prod#1")
        repo.tag("m#prod#1", message="another")
        return "its tag was made anew"
    repo.tag("m#prod!#2" if how == "unassigned" else "m@v1.0.0!")
    return "no version is in stage 'prod' by now"


@pytest.mark.parametrize("how", ["taken", "unassigned", "deregistered", "anew"])
def test_a_dead_letter_that_later_events_overtook_is_never_delivered(begun: Repo, how: str) -> None:
    why = overtake(begun, how)
    done(begun.gto(*ONCE, *SEEN))
    delivered = refs(begun)
    said_so = f"note: 'm#prod#1' is passed over: {why}\n"
    assert begun.gto("watch", "--retry-dead", "--dry-run", *SEEN).stderr == said_so
    result = begun.gto("watch", "--retry-dead", *SEEN)
    assert (done(result), result.stderr) == ("", said_so)
    assert letters(begun) == ""
    assert "passed over" not in begun.gto("watch", "--retry-dead", *SEEN).stderr
    done(begun.gto(*ONCE, "--since", "all", "--event", "assignment", *SEEN))
    assert refs(begun) == delivered


def test_a_dead_letter_stays_one_while_its_tag_is_gone_and_is_delivered_when_it_is_back(begun: Repo) -> None:
    oid = begun.tag("m#prod#1")
    done(begun.gto(*DIE), 1)
    begun.git("tag", "-d", "m#prod#1")
    assert "'m#prod#1' was gone" in begun.gto(*ONCE, *SEEN).stderr
    result = begun.gto("watch", "--retry-dead", *SEEN)
    assert (done(result), result.stderr) == ("", "note: 'm#prod#1' is not there, and stays a dead letter\n")
    assert "m#prod#1" in letters(begun)
    begun.git("update-ref", "refs/tags/m#prod#1", oid)
    done(begun.gto(*ONCE, *SEEN))
    assert refs(begun) == []
    assert done(begun.gto("watch", "--retry-dead", *SEEN)) == "delivered assignment m#prod#1\n"
    assert letters(begun) == ""


def test_a_dead_letter_that_fails_again_or_is_killed_meanwhile_stays_one(begun: Repo) -> None:
    begun.tag("m#prod#1")
    done(begun.gto(*DIE), 1)
    script = "cat >> seen; kill -9 $PPID; exit 1"
    # A process of its own, whose pipes the script has too: this waits for its end, until which it holds the journal.
    assert run(*GTO, "watch", "--retry-dead", "--", "sh", "-c", script, cwd=begun.path).code == -9
    assert refs(begun) == ["m#prod#1"]
    assert "m#prod#1" in letters(begun)
    assert done(begun.gto(*ONCE, *SEEN)) == ""
    assert done(begun.gto("watch", "--retry-dead", *SEEN)) == "delivered assignment m#prod#1\n"


def test_dead_letters_wait_for_the_end_of_the_watcher_that_runs(begun: Repo) -> None:
    with file_lock.hold(f"{journal(begun)}.lock", TIME_LIMIT):
        said(begun.gto("watch", "--retry-dead", *SEEN), "Another `gto watch` holds", "end it first", "as handled")
