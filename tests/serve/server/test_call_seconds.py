"""Which calls of a model keep all else waiting: by what the processor does for them, under any load."""

from __future__ import annotations

from gto.serve.server.call_seconds import CallSeconds


def noted(*calls: tuple[float, float, int]) -> CallSeconds:
    """What is known after a first call and these."""
    found = CallSeconds()
    found.note(2.0, 1.5, 1)
    for call in calls:
        found.note(*call)
    return found


def test_nothing_is_short_before_it_was_called_twice() -> None:
    assert not CallSeconds().is_short
    assert not noted().is_short
    assert noted((0.002, 0.002, 1)).is_short


def test_calls_that_took_turns_are_as_short_as_each_would_be_alone() -> None:
    assert noted(*[(0.028, 0.0035, 8)] * 40).is_short


def test_calls_that_wait_are_not_short_however_little_the_processor_does() -> None:
    assert not noted((0.03, 0.001, 1)).is_short
    assert not noted((0.03, 0.001, 8)).is_short
    several = noted((0.03, 0.002, 1), *[(0.03, 0.002, 16)] * 40)
    assert not several.is_short, "what was seen of one alone is known"


def test_a_machine_that_does_other_things_makes_no_short_call_long() -> None:
    assert noted(*[(0.04, 0.003, 1)] * 5, (0.0035, 0.003, 1)).is_short


def test_after_a_long_call_the_next_ones_leave_room_for_others() -> None:
    assert not noted((0.002, 0.002, 1), (0.3, 0.3, 1), *[(0.002, 0.002, 1)] * 19).is_short
    assert noted((0.3, 0.3, 1), *[(0.002, 0.002, 1)] * 20).is_short
