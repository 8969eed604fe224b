"""Which form a new tag takes: plain or numbered, free, and sorting last."""

from __future__ import annotations

import pytest

from gto.core import plan
from gto.core.plan import Assignment, Registration
from gto.exceptions import ClockBehind, Conflict, TagExists
from tests.factories import Tags, lightweight, oid, tags

ONE = ("m@v1.0.0 1",)


def registered(all_tags: Tags, *, now: int | None = None, simple: bool | None = None, force: bool = False) -> str:
    context = all_tags.context(now, simple=simple, force=force)
    return str(plan.register(context, Registration(oid(9), "v9.0.0")).create[0].name)


def assigned(all_tags: Tags, *, now: int | None = None, simple: bool | None = None) -> str:
    context = all_tags.context(now, simple=simple)
    return str(plan.assign(context, Assignment("prod", "v1.0.0"), None).create[-1].name)


def deprecated(all_tags: Tags, *, simple: bool | None = None, force: bool = False) -> str:
    context = all_tags.context(simple=simple, force=force)
    return str(plan.deprecate(context, None, None, annotated=False, delete=False).create[0].name)


def test_by_default_registrations_and_deprecations_have_no_counter_and_stages_have_one() -> None:
    assert registered(tags(*ONE)) == "m@v9.0.0"
    assert assigned(tags(*ONE)) == "m#prod#1"
    assert deprecated(tags(*ONE)) == "m@deprecated"
    back = plan.deregister(tags(*ONE).context(), plan.TakeBack("v1.0.0"))
    assert str(back.create[0].name) == "m@v1.0.0!"
    off = plan.unassign(tags(*ONE, "m#prod#1 1").context(), "prod", plan.TakeBack("v1.0.0"))
    assert str(off.create[0].name) == "m#prod!#2"


def test_simple_true_gives_no_counter_and_simple_false_gives_one() -> None:
    assert (registered(tags(*ONE), simple=True), registered(tags(*ONE), simple=False)) == ("m@v9.0.0", "m@v9.0.0#1")
    assert (assigned(tags(*ONE), simple=True), assigned(tags(*ONE), simple=False)) == ("m#prod", "m#prod#1")
    assert (deprecated(tags(*ONE), simple=True), deprecated(tags(*ONE), simple=False)) == (
        "m@deprecated",
        "m@deprecated#1",
    )


def test_the_counter_is_one_more_than_the_highest_on_any_tag_of_the_artifact() -> None:
    assert assigned(tags(*ONE, "m#dev#3 1", "m@v2.0.0#7 2", "m#dev!#5 1")) == "m#prod#8"
    assert assigned(tags(*ONE, "m@v2.0.0! 2", "m@deprecated#4 1")) == "m#prod#5"
    assert assigned(tags(*ONE, more=[lightweight("m#prod#11")])) == "m#prod#12"


def test_what_only_looks_like_a_counter_is_none() -> None:
    assert assigned(tags(*ONE, "m#2024 1")) == "m#prod#1"
    assert (
        assigned(tags(*ONE, more=[lightweight("m@junk#5"), lightweight("m#prod#x"), lightweight("m#²")])) == "m#prod#1"
    )
    assert assigned(tags(*ONE, more=[lightweight("m#prod#" + "9" * 5000), lightweight("m#qa#0")])) == "m#prod#1"


def test_no_counter_is_left_above_the_highest_that_is_read() -> None:
    highest = "m#prod#" + "9" * 18
    with pytest.raises(Conflict) as refused:
        assigned(tags(*ONE, more=[lightweight(highest)]))
    assert refused.value.message == f"No counter is left above that of tag '{highest}'"
    assert refused.value.hint == f"delete it: `git tag -d '{highest}'`"
    assert registered(tags(*ONE, more=[lightweight(highest)])) == "m@v9.0.0"


def test_a_taken_plain_form_is_numbered_by_default() -> None:
    assert registered(tags(*ONE, more=[lightweight("m@v9.0.0")])) == "m@v9.0.0#1"
    assert deprecated(tags("m@deprecated 1", *ONE)) == "m@deprecated#1"
    assert assigned(tags(*ONE, "m#prod 2"), simple=None) == "m#prod#1"


def test_a_taken_plain_form_is_refused_with_simple_true_even_by_force() -> None:
    for force in (False, True):
        with pytest.raises(TagExists) as refused:
            registered(tags(*ONE, more=[lightweight("m@v9.0.0")]), simple=True, force=force)
        assert refused.value.message == "tag 'm@v9.0.0' already exists"
        assert refused.value.hint == "leave out --simple true to get a numbered tag"
        assert refused.value.name == "m@v9.0.0"


def test_deprecating_by_force_takes_the_counter() -> None:
    assert deprecated(tags(*ONE), force=True) == "m@deprecated#1"


def test_an_event_that_would_not_sort_last_in_its_second_takes_the_counter() -> None:
    busy = tags("m@v1.0.0 1 0", "m#dev#3 1 60")
    assert registered(busy, now=60) == "m@v9.0.0#4"
    assert registered(busy, now=60, force=True) == "m@v9.0.0#4"
    assert registered(busy, now=61) == "m@v9.0.0"
    assert registered(tags("m@v1.0.0 1 60", "m@deprecated 1 60"), now=60) == "m@v9.0.0"


def test_a_forced_deregistration_in_the_second_of_a_numbered_registration_counts() -> None:
    before = tags("m@v1.0.0#1 1 0")
    context = before.context(0, force=True)
    after = before.after(plan.deregister(context, plan.TakeBack("v1.0.0")), context)
    assert after.state().latest is None


def test_an_event_that_would_not_sort_last_is_refused_with_simple_true() -> None:
    with pytest.raises(Conflict) as refused:
        registered(tags("m@v1.0.0 1 0", "m#dev#3 1 60"), now=60, simple=True)
    assert refused.value.message == "'m@v9.0.0' would not sort last"
    assert refused.value.hint == "an event of this very second stands in the way: leave out --simple true"


def test_a_tag_that_was_set_aside_counts_for_what_sorts_last() -> None:
    stray = tags("m@v1.0.0 1 0", "m@v9.0.0! 9 60")
    assert registered(stray, now=60) == "m@v9.0.0#1"
    with pytest.raises(ClockBehind):
        registered(stray, now=30)


def test_a_clock_behind_the_newest_event_is_refused_with_both_times() -> None:
    with pytest.raises(ClockBehind) as refused:
        registered(tags("m@v1.0.0 1 60"), now=59)
    assert refused.value.message == (
        "The clock says 2022-01-01T00:00:59+00:00, but the newest event of 'm', tag 'm@v1.0.0', "
        "is of 2022-01-01T00:01:00+00:00"
    )
    assert refused.value.hint == "set the clock, or use --force to write an event that will sort before it"
    assert refused.value.now == "2022-01-01T00:00:59+00:00"
    assert refused.value.newest == "2022-01-01T00:01:00+00:00"


def test_by_force_an_event_is_written_with_the_clock_behind() -> None:
    assert registered(tags("m@v1.0.0 1 60"), now=59, force=True) == "m@v9.0.0"


def test_the_clock_of_another_artifact_does_not_matter() -> None:
    assert registered(tags("m@v1.0.0 1 0", "other@v1.0.0 1 600"), now=60) == "m@v9.0.0"


def test_a_message_is_kept_and_otherwise_made() -> None:
    given = plan.register(tags().context(message="why"), Registration(oid(1)))
    assert [tag.message for tag in given.create] == ["why"]
    made = plan.register(tags().context(), Registration(oid(1)))
    assert [tag.message for tag in made.create] == ["Registering artifact m version v0.0.1"]
