"""One artifact's events, replayed one after another: who is where after each of them."""

from __future__ import annotations

from gto.core.indexed_replay import IndexedReplay
from tests.factories import START, oid
from tests.policies import ADA, by, past


def test_nothing_was_before_the_first_event() -> None:
    nothing = IndexedReplay()
    assert nothing.newest is None
    assert nothing.latest is None
    assert nothing.holder("prod") is None
    assert list(nothing.stages) == []
    assert not nothing.is_deprecated
    assert nothing.subject(by(ADA, "m#prod")) is None


def names(found: IndexedReplay, stage: str) -> list[str]:
    return [draft.name for draft in found.holders(stage)]


def test_versions_stages_and_what_was_taken_back_are_known() -> None:
    known = past(
        by(ADA, "m@v1.0.0", 1, START),
        by(ADA, "m@v2.0.0", 2, START + 1),
        by(ADA, "m#dev", 1, START + 2),
        by(ADA, "m#prod", 1, START + 3),
        by(ADA, "m#prod#2", 2, START + 4),
        by(ADA, "m#dev", 3, START + 5),
    )
    assert (names(known, "prod"), names(known, "dev")) == (["v1.0.0", "v2.0.0"], ["v1.0.0", oid(3)])
    first = known.add(by(ADA, "m#prod!", 1, START + 6))
    known.add(by(ADA, "m#qa!", 1, START + 7))
    assert first is not None
    assert [stage for stage in first.stages if first.put_on(stage)] == ["dev"]
    known.add(by(ADA, "m@v1.0.0!", 1, START + 8))
    assert names(known, "dev") == [oid(3)]
    known.add(by(ADA, "m@v1.0.0#9", 1, START + 9))
    assert names(known, "dev") == ["v1.0.0", oid(3)]  # its assignment is the older one still


def test_a_deprecation_takes_nothing_off_by_itself_and_the_next_event_undoes_it() -> None:
    known = past(by(ADA, "m@v1.0.0"), by(ADA, "m#prod", time=START + 1), by(ADA, "m@deprecated", time=START + 2))
    assert known.is_deprecated
    assert names(known, "prod") == ["v1.0.0"]
    known.add(by(ADA, "m#dev", time=START + 3))
    assert not known.is_deprecated


def test_a_stage_counts_for_the_active_version_of_its_commit_that_was_registered_last() -> None:
    known = past(by(ADA, "m@v1.0.0"), by(ADA, "m@v1.0.1", time=START + 1), by(ADA, "m@v1.0.2", time=START + 2))
    steps = [
        ("m@v1.0.0#3", "v1.0.0"),
        ("m@v1.0.0!#4", "v1.0.2"),
        ("m@v1.0.2!#5", "v1.0.1"),
        ("m@v1.0.1!#6", "v1.0.0"),  # none is active: the one that was registered last
        ("m@v1.0.2#7", "v1.0.2"),
    ]
    for place, (tag, meant) in enumerate(steps, 3):
        known.add(by(ADA, tag, time=START + place))
        found = known.subject(by(ADA, "m#prod", time=START + 60))
        assert found is not None
        assert found.name == meant
