"""The points of a live plot: each step once, in order, and never more of them than a page draws."""

import json
from collections.abc import Iterable
from typing import NamedTuple

MOST = 500
"""Of one plot: of more, every second one is kept, then every fourth, and the newest in any case."""


class Point(NamedTuple):
    """What a step says."""

    step: int
    values: dict[str, float | str]


class PlotPoints(NamedTuple):
    """The points that are kept."""

    points: tuple[Point, ...] = ()
    every: int = 1
    """How many points one of them stands for."""
    since: int = 0
    """How many came since the last that stays: unless it is 0, the newest one goes when the next comes."""

    def size(self) -> int:
        """Return how many bytes they take where they are kept."""
        return len(json.dumps(self.points))

    def merged(self, more: Iterable[Point]) -> "PlotPoints":
        """Return it with more points; one of a step that is there takes its place."""
        new = {one.step: one for one in more}
        points, every, since = [new.pop(old.step, old) for old in self.points], self.every, self.since
        last = points[-1].step if points else -1
        for step in sorted(one for one in new if one > last):
            if since:
                points.pop()
            points.append(new[step])
            since = (since + 1) % every
            if len(points) > MOST and not since:
                del points[1::2]
                every *= 2
        return PlotPoints(tuple(points), every, since)
