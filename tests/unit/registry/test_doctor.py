from __future__ import annotations

from gto.core.event import NULL_OID, Problem
from gto.registry.doctor.event_checks import compare
from gto.registry.doctor.repair import Repair, RepairKind, plan

A, B = "a" * 40, "b" * 40


def problem(code: str, subject: str) -> Problem:
    return Problem(code, subject, "a reason")


def test_locks_files_and_caches_are_removed_and_nothing_else_is() -> None:
    found = [
        problem("lock-stale", ".git/packed-refs.lock"),
        problem("file-left-behind", ".gto-12345678"),
        problem("cache-damaged", ".git/gto/standings"),
        problem("ref-broken", "refs/heads/x"),
        problem("tag-differs", "x@v1.0.0"),
        problem("tag-lightweight", "y@v1.0.0"),
    ]
    assert plan(found, {"x@v1.0.0": A}, {"x@v1.0.0": B}) == (
        Repair("lock-stale", ".git/packed-refs.lock", RepairKind.REMOVE_LOCK),
        Repair("file-left-behind", ".gto-12345678", RepairKind.REMOVE_FILE),
        Repair("cache-damaged", ".git/gto/standings", RepairKind.REMOVE_CACHE),
    )


def test_an_object_is_fetched_only_where_both_sides_name_the_same() -> None:
    found = [problem("tag-missing", name) for name in ("same", "other", "here", "there", "null")]
    found.append(problem("tag-corrupt", "corrupt"))
    here = {"same": A, "other": A, "here": A, "null": NULL_OID, "corrupt": B}
    there = {"same": A, "other": B, "there": A, "null": NULL_OID, "corrupt": B}
    assert plan(found, here, there) == (
        Repair("tag-missing", "same", RepairKind.FETCH, A),
        Repair("tag-corrupt", "corrupt", RepairKind.FETCH, B),
    )


def test_tags_that_are_no_events_are_not_compared() -> None:
    assert compare({"release-1": A, "mine": A}, {"release-1": B, "theirs": A}, "origin") == ((), ())


def test_one_tag_and_several_are_counted_in_words() -> None:
    found = compare({"x@v1.0.0": A}, {"x#prod#2": A, "x#prod#1": A}, "origin")
    assert found.problems == ()
    assert found.notes == (
        "1 event tag is here not on 'origin', 'x@v1.0.0' for one",
        "2 event tags are on 'origin' not here, 'x#prod#1' for one",
    )


def test_each_tag_that_differs_is_a_problem() -> None:
    (found,) = compare({"x@v1.0.0": A, "y@v1.0.0": A}, {"x@v1.0.0": B, "y@v1.0.0": A}, "origin").problems
    assert (found.code, found.subject, found.artifact) == ("tag-differs", "x@v1.0.0", "x")
    assert "aaaaaaa" in found.reason
    assert "bbbbbbb" in found.reason
