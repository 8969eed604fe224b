"""What is kept between two reads of remote repositories: bounded, and shared by threads."""

from __future__ import annotations

from threading import Thread

from gto.git.objects import GitObject
from gto.git.session import FileKey, Session


def test_no_more_bytes_are_kept_than_asked_for_and_those_of_longest_ago_go_first() -> None:
    session = Session(most=4000)
    for number in range(100):
        session.recall(FileKey("d", "c:0"))
        session.keep(FileKey("d", f"c:{number}"), GitObject(str(number), "blob", b"x" * 700))
    kept = [number for number in range(100) if session.recall(FileKey("d", f"c:{number}"))]
    assert kept == [0, 97, 98, 99]


def test_a_file_that_is_not_there_is_known_not_to_be() -> None:
    session = Session()
    assert session.recall(FileKey("d", "c:f")) is None
    session.keep(FileKey("d", "c:f"), None)
    assert session.recall(FileKey("d", "c:f")) == (None,)


def test_a_mirror_is_made_anew_again_after_a_pause_and_not_before() -> None:
    session, hasty = Session(), Session(pause=0)
    for one in (session, hasty):
        assert one.may_mend("d")
        one.mended("d")
    assert not session.may_mend("d")
    assert session.may_mend("another")
    assert hasty.may_mend("d")


def test_many_threads_may_share_one() -> None:
    session = Session(most=20_000)

    def use(start: int) -> None:
        for number in range(start, start + 500):
            key = FileKey("d", f"c:{number % 90}")
            session.keep(key, GitObject("o", "blob", b"x" * 100))
            session.recall(key)

    threads = [Thread(target=use, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(session.recall(FileKey("d", f"c:{number}")) is not None for number in range(90)) == 20_000 // 356
