"""The journal of a watcher: whole after every kill, small, and of one repository."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import BadFile, LockHeld, UsageError, WatcherRuns
from gto.fs import file_lock
from gto.watch import journal
from gto.watch.journal import HandledTag, Mark

if TYPE_CHECKING:
    from pathlib import Path

REPO = "https://example.com/models"


def held(number: int, mark: Mark = Mark.DONE) -> HandledTag:
    return HandledTag(mark, f"{number:040x}", f"m#prod#{number}")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal"


def write(place: Path, *found: HandledTag) -> None:
    with journal.opened(str(place), REPO) as cursor:
        cursor.add(*found)


def test_what_was_added_is_read_again(place: Path) -> None:
    letter = HandledTag(Mark.DEAD, "ab", "m@v1.0.0", 6, "exit code 1", 1_700_000_000)
    write(place, held(1), held(2, Mark.PASSED))
    write(place, letter)
    found = journal.read(str(place), REPO)
    assert set(found.held.values()) == {held(1), held(2, Mark.PASSED), letter}
    assert found.dead() == [letter]
    assert not found.is_new
    assert place.stat().st_mode & 0o777 == 0o600


def test_a_journal_that_never_was_is_new_and_looking_makes_no_file(place: Path) -> None:
    assert journal.read(str(place), REPO).is_new
    with journal.opened(str(place), REPO):
        pass
    assert not place.exists()
    write(place)
    assert not journal.read(str(place), REPO).is_new


def test_a_line_that_a_kill_cut_short_does_not_count_and_is_overwritten(place: Path) -> None:
    write(place, held(1))
    write(place, held(2))
    whole = place.read_bytes()
    for length in range(len(whole) - 2, whole.rindex(b"\n", 0, -1), -1):
        place.write_bytes(whole[:length])
        assert set(journal.read(str(place), REPO).held) == {("m#prod#1", held(1).oid)}
        write(place, held(3))
        assert set(journal.read(str(place), REPO).held.values()) == {held(1), held(3)}


@pytest.mark.parametrize("line", [b"\0\0\0", b"[]", b'["odd", "ab", "m"]', b'["done", "ab"]', b"{}"])
def test_a_line_that_is_none_is_told_with_its_number(place: Path, line: bytes) -> None:
    write(place, held(1))
    place.write_bytes(place.read_bytes() + line + b"\n")
    with pytest.raises(BadFile, match=r"line 3.*no line") as error:
        write(place, held(2))
    assert "--since" in error.value.hint


def test_another_file_and_another_repository_are_refused(place: Path) -> None:
    place.parent.mkdir()
    place.write_text("stages: [dev]\n")
    with pytest.raises(BadFile, match="no journal"):
        journal.read(str(place), REPO)
    place.unlink()
    write(place, held(1))
    with pytest.raises(UsageError, match=REPO):
        journal.read(str(place), "https://example.com/other")


def test_an_empty_file_counts_as_none(place: Path) -> None:
    place.parent.mkdir()
    place.touch()
    write(place, held(1))
    assert set(journal.read(str(place), REPO).held.values()) == {held(1)}


def test_a_tag_that_is_gone_has_no_name_any_more_but_its_object_is_known(place: Path) -> None:
    write(place, held(1), held(2))
    write(place, held(1, Mark.GONE))
    found = journal.read(str(place), REPO)
    assert found.names() == {"m#prod#2": held(2).oid}
    assert ("m#prod#1", held(1).oid) in found.held


def test_a_tag_that_moved_before_it_was_gone_keeps_its_new_name(place: Path) -> None:
    moved = HandledTag(Mark.DONE, "ab", "m#prod#1")
    write(place, held(1), moved, held(1, Mark.GONE))
    assert journal.read(str(place), REPO).names() == {"m#prod#1": "ab"}


def test_what_became_of_a_tag_is_known_after_it_was_gone_and_when_it_is_back(place: Path) -> None:
    letter = held(2, Mark.DEAD)
    write(place, held(1, Mark.PASSED), letter, held(1, Mark.GONE), held(2, Mark.GONE))
    found = journal.read(str(place), REPO)
    assert (found.names(), found.dead()) == ({}, [letter])
    assert found.held[letter.ref, letter.oid] == letter
    assert found.returned({"m#prod#1": held(1).oid, "m#prod#2": "other"}) == [held(1, Mark.PASSED)]
    write(place, held(1, Mark.PASSED))
    assert journal.read(str(place), REPO).names() == {"m#prod#1": held(1).oid}


def test_what_is_to_be_delivered_is_not_handled_until_it_was(place: Path) -> None:
    begun = [HandledTag(Mark.TRY, held(number).oid, held(number).ref, number) for number in (1, 2)]
    letter = held(3, Mark.DEAD)
    write(place, held(1, Mark.PASSED), letter, *begun, letter._replace(mark=Mark.TRY, tries=4))
    found = journal.read(str(place), REPO)
    assert list(found.tried.values()) == begun
    assert list(found.held.values()) == [letter]  # it stays one until it is delivered
    assert [one.was_cut for one in (*begun, begun[0]._replace(reason="no"), begun[0]._replace(tries=0), letter)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    write(place, held(1), held(2, Mark.DEAD))
    assert journal.read(str(place), REPO).tried == {}


def test_a_journal_that_is_written_anew_says_the_same(place: Path) -> None:
    begun = HandledTag(Mark.TRY, held(4).oid, held(4).ref, 2, "no")
    gone = [held(1, Mark.GONE), held(2, Mark.GONE)]
    write(place, held(1), held(2, Mark.DEAD), held(3), *gone, begun)
    with journal.opened(str(place), REPO) as cursor:
        for _ in range(300):
            cursor.add(*(begun for _ in range(10)))
    assert len(place.read_bytes().splitlines()) < 1100
    found = journal.read(str(place), REPO)
    assert found.names() == {"m#prod#3": held(3).oid}
    assert (found.dead(), list(found.tried.values())) == ([held(2, Mark.DEAD)], [begun])
    assert len(found.held) == 3


def test_lines_that_say_nothing_new_are_dropped_in_time(place: Path) -> None:
    write(place)
    with journal.opened(str(place), REPO) as cursor:
        for turn in range(2500):
            cursor.add(*(held(1, Mark.DEAD if turn % 2 else Mark.DONE) for _ in range(10)))
    assert len(place.read_bytes().splitlines()) < 1100
    assert journal.read(str(place), REPO).dead() == [held(1, Mark.DEAD)]


def test_one_event_costs_one_short_line_however_many_there_were(place: Path) -> None:
    write(place, *(held(number) for number in range(10_000)))
    before = place.stat()
    with journal.opened(str(place), REPO) as cursor:
        cursor.add(held(10_000))
        after = place.stat()
    assert after.st_ino == before.st_ino
    assert 0 < after.st_size - before.st_size < 200


def test_two_watchers_cannot_have_it_at_once(place: Path) -> None:
    with journal.opened(str(place), REPO), pytest.raises(WatcherRuns, match="Another"):
        write(place)
    write(place)


def test_a_lock_that_is_busy_inside_is_told_as_it_is(place: Path, tmp_path: Path) -> None:
    other = str(tmp_path / "other")
    with (
        file_lock.hold(other, 0),
        pytest.raises(LockHeld),
        journal.opened(str(place), REPO),
        file_lock.hold(other, 0),
    ):
        pass
    assert os.path.exists(other)
