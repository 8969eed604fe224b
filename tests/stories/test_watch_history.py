"""`gto watch` where tags are made anew, a history is rewritten, or the watcher is killed at its first start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.stories.healthy import done, said
from tests.watch.watching import ONCE, SEEN, begin, journal, refs, seen, start, until

if TYPE_CHECKING:
    from tests.repo import Repo

GATED = ("--", "sh", "-c", "cat >> seen; echo > started; read x < gate")


@pytest.fixture
def begun(repo: Repo) -> Repo:
    """A repository whose watcher has looked once: `m@v1.0.0` was there before."""
    return begin(repo)


@pytest.mark.parametrize("looks", [True, False], ids=["it-looks-in-between", "it-does-not"])
def test_a_counter_that_is_used_again_is_a_new_event_whenever_somebody_looked(begun: Repo, *, looks: bool) -> None:
    begun.commit("better")
    done(begun.gto("register", "m", "--version", "v2.0.0"))
    done(begun.gto("assign", "m", "--version", "v1.0.0", "--stage", "prod"))
    done(begun.gto(*ONCE, "--event", "assignment", *SEEN))
    done(begun.gto("deprecate", "m", "v1.0.0", "prod", "--delete"))
    if looks:
        done(begun.gto(*ONCE, "--event", "assignment", *SEEN))
    done(begun.gto("assign", "m", "--version", "v2.0.0", "--stage", "prod"))
    done(begun.gto(*ONCE, "--event", "assignment", *SEEN))
    assert [(one["ref"], one["version"]) for one in seen(begun)] == [
        ("refs/tags/m#prod#1", "v1.0.0"),
        ("refs/tags/m#prod#1", "v2.0.0"),
    ]


def known(repo: Repo, count: int) -> list[str]:
    """So many event tags that a watcher has handled."""
    names = [f"m#prod#{number}" for number in range(2, count + 1)]  # and m@v1.0.0
    for name in names:
        repo.tag(name)
    done(repo.gto(*ONCE, "--stage", "none", *SEEN))
    return names


def test_a_rewritten_history_is_no_news_and_a_new_journal_begins_anew(begun: Repo, tmp_path: Path) -> None:
    names = known(begun, 21)
    kept = Path(journal(begun)).read_bytes()
    begun.git("tag", "-d", *names[:6])
    for name in names[6:11]:
        begun.git("tag", "-d", name)
        begun.tag(name, message="another")
    for words in ((*ONCE, *SEEN), ("watch", "--interval", "0.1", *SEEN), ("watch", "--dry-run", *SEEN)):
        said(begun.gto(*words), "11 of the 21 event tags", "--state FILE")
    assert Path(journal(begun)).read_bytes() == kept
    own = ("--state", str(tmp_path / "own"))
    assert done(begun.gto(*ONCE, *own, *SEEN)) == ""
    begun.tag("m#dev#1")
    assert done(begun.gto(*ONCE, *own, *SEEN)) == "delivered assignment m#dev#1\n"
    assert refs(begun) == ["m#dev#1"]


@pytest.mark.parametrize(("count", "lost"), [(20, 10), (19, 18)], ids=["half", "of-few"])
def test_half_of_many_tags_may_go_and_most_of_few(begun: Repo, count: int, lost: int) -> None:
    names = known(begun, count)
    begun.git("tag", "-d", *names[:lost])
    result = begun.gto(*ONCE, *SEEN)
    assert done(result) == ""
    assert f"and {lost - 3} more were gone" in result.stderr


@pytest.mark.parametrize("fresh", [True, False], ids=["of-a-new-journal", "of-tags-passed-over-before"])
def test_what_since_asked_for_is_delivered_even_if_the_first_delivery_was_killed(repo: Repo, *, fresh: bool) -> None:
    for number in (1, 2, 3):
        repo.tag(f"m#prod#{number}")
    repo.tag("m#dev#4")
    if not fresh:
        done(repo.gto(*ONCE, *SEEN))
    os.mkfifo(repo.path / "gate")
    process = start(repo.path, "--since", "all", "--stage", "prod", *GATED)
    until((repo.path / "started").exists, process)
    process.kill()
    with (repo.path / "gate").open("w") as gate:  # the command goes on by itself, and holds the pipes
        gate.write("end\n")
    process.communicate()
    done(repo.gto(*ONCE, "--stage", "prod", *SEEN))
    assert refs(repo) == ["m#prod#1", "m#prod#1", "m#prod#2", "m#prod#3"]
    done(repo.gto(*ONCE, *SEEN))
    assert len(refs(repo)) == 4


def test_since_may_name_a_tag_that_was_deleted_after_the_first_start(repo: Repo) -> None:
    for name in ("m@v1.0.0", "m#prod#1", "m#prod#2"):
        repo.tag(name)
    words = (*ONCE, "--since", "m#prod#2", *SEEN)
    done(repo.gto(*words))
    repo.git("tag", "-d", "m#prod#2")
    repo.tag("m#prod#3")
    result = repo.gto(*words)
    assert done(result) == "delivered assignment m#prod#3\n"
    assert "note: 'm#prod#2' is not there any more, so nothing is delivered that was passed over" in result.stderr
    assert refs(repo) == ["m#prod#2", "m#prod#3"]
