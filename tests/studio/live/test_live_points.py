"""The points of a live plot."""

from __future__ import annotations

from itertools import pairwise

from gto.studio.live.live_points import MOST, PlotPoints, Point


def point(step: int, loss: float = 0.0) -> Point:
    return Point(step, {"loss": loss})


def test_a_step_that_is_sent_twice_is_there_once_with_what_was_sent_last() -> None:
    found = PlotPoints().merged([point(0), point(1), point(2, 0.5)]).merged([point(2, 0.25), point(3)])
    assert [one.step for one in found.points] == [0, 1, 2, 3]
    assert found.points[2].values == {"loss": 0.25}


def test_of_many_steps_some_are_kept_from_the_first_to_the_newest() -> None:
    kept = PlotPoints()
    for start in range(0, 10_000, 7):
        kept = kept.merged(point(step) for step in range(start, min(start + 7, 10_000)))
        steps = [one.step for one in kept.points]
        assert (steps[0], steps[-1]) == (0, min(start + 6, 9_999))
        assert len(steps) <= MOST + 1
        gaps = {after - before for before, after in pairwise(steps[:-1])}
        assert gaps <= {kept.every}
    assert kept.every == 32
    assert kept.merged([point(3)]) == kept  # one that was left out stays so


def test_steps_are_put_in_order_and_those_of_any_numbers_are_kept() -> None:
    found = PlotPoints().merged([point(5), point(1), point(3)])
    assert [one.step for one in found.points] == [1, 3, 5]
    odd = PlotPoints().merged(point(2 * one + 1) for one in range(5 * MOST))
    assert len(odd.points) > MOST / 2 - 1
