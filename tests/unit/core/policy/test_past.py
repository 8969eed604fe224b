from __future__ import annotations

from gto.core.policy import Past
from tests.factories import START, oid
from tests.policies import ADA, by, past


def test_nothing_was_before_the_first_event() -> None:
    nothing = Past()
    assert nothing.last is None
    assert nothing.version_at(oid(1)) == oid(1)
    assert not nothing.is_in(oid(1), "prod")
    assert nothing.holders("prod") == []
    assert nothing.stages_of(None) == []


def test_versions_stages_and_what_was_taken_back_are_known() -> None:
    known = past(
        by(ADA, "m@v1.0.0", 1, START),
        by(ADA, "m@v2.0.0", 2, START + 1),
        by(ADA, "m#dev", 1, START + 2),
        by(ADA, "m#prod", 1, START + 3),
        by(ADA, "m#prod#2", 2, START + 4),
        by(ADA, "m#dev", 3, START + 5),
    )
    assert (known.version_at(oid(1)), known.version_at(oid(2)), known.version_at(oid(3))) == (
        "v1.0.0",
        "v2.0.0",
        oid(3),
    )
    assert known.holders("prod") == [oid(1), oid(2)]
    assert known.holders("dev") == [oid(1), oid(3)]
    assert known.stages_of(oid(1)) == ["dev", "prod"]
    assert known.stages_of(None) == ["dev", "prod"]
    known.add(by(ADA, "m#prod!", 1, START + 6))
    known.add(by(ADA, "m#qa!", 1, START + 7))
    assert known.stages_of(oid(1)) == ["dev"]
    known.add(by(ADA, "m@v1.0.0!", 1, START + 8))
    assert known.stages_of(oid(1)) == []
    assert known.holders("dev") == [oid(3)]
    assert known.last == by(ADA, "m@v1.0.0!", 1, START + 8).key


def test_a_deprecation_takes_nothing_off_by_itself() -> None:
    known = past(by(ADA, "m@v1.0.0"), by(ADA, "m#prod", time=START + 1), by(ADA, "m@deprecated", time=START + 2))
    assert known.is_in(oid(1), "prod")
