"""Which version was in which stage, over time: a lane a stage, a bar a stay."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from gto.core.snapshot import ArtifactState, StageState, VersionState
from gto.studio.words import short

MOST_LANES = 12
"""More stages of one artifact than these are not drawn: the page says who is in which."""
MOST_BARS = 150
"""More bars of a lane than this cannot be told apart; the oldest are left out."""


Held = tuple[VersionState, StageState]
"""A version, and a stage that it was in."""


class Stay(NamedTuple):
    """A version in a stage, from one moment to another."""

    version: str
    start: int
    end: int | None
    """None while it lasts."""


class Lane(NamedTuple):
    """The stays in one stage, the oldest first."""

    stage: str
    stays: tuple[Stay, ...]


class LaneBar(NamedTuple):
    """A stay, as it is drawn: in percent of the width."""

    x: str
    width: str
    label: str
    is_short: bool
    """Whether the label has room on a wide page alone."""
    title: str


class Drawn(NamedTuple):
    """A lane's bars."""

    stage: str
    y: int
    bars: tuple[LaneBar, ...]


class AxisMark(NamedTuple):
    """A moment on the axis."""

    x: str
    text: str


class StageLanes(NamedTuple):
    """All lanes, and the axis below them."""

    lanes: tuple[Drawn, ...]
    marks: tuple[AxisMark, ...]
    height: int
    title: str


def lanes_of(state: ArtifactState, stages: Sequence[str]) -> list[Lane]:
    """Return who was in each stage and when, as the stage showed it: the newest assignment that still counted.

    Of many stages those are drawn that something happened to last, in the order given.
    """
    held: dict[str, list[Held]] = defaultdict(list)
    for version in state.versions:
        for one in version.stages:
            held[one.stage].append((version, one))
    used = [stage for stage in stages if stage in held]
    if len(used) > MOST_LANES:
        newest = {stage: max(one.newest.key for _, one in held[stage]) for stage in used}
        last = set(sorted(used, key=newest.__getitem__)[-MOST_LANES:])
        used = [stage for stage in used if stage in last]
    return [Lane(stage, tuple(_stays(held[stage]))) for stage in used]


def _stays(held: Sequence[Held]) -> list[Stay]:
    inside: dict[str, None] = {}  # the last to enter stands last
    found: list[Stay] = []
    shown: str | None = None
    for time, _, _, version, enters in sorted(_changes(held)):
        inside.pop(version, None)
        if enters:
            inside[version] = None
        now = next(reversed(inside), None)
        if now != shown:
            if shown is not None:
                found[-1] = found[-1]._replace(end=time)
            if now is not None:
                found.append(Stay(now, time, None))
            shown = now
    return found[-MOST_BARS:]


def _changes(held: Sequence[Held]) -> list[tuple[int, int, int, str, bool]]:
    """Return when versions entered and left a stage; who is deregistered, or deprecated with all, leaves it too."""
    found = []
    for version, one in held:
        name = version.name
        found += [(event.time, event.key[1], event.key[2], name, True) for event in one.assignments]
        found += [(event.time, event.key[1], event.key[2], name, False) for event in one.unassignments]
        found += [(event.time, event.key[1], event.key[2], name, False) for event in version.deregistrations]
        if version.is_active and one.is_active and version.deregistrations:
            back = version.registrations[-1]
            found.append((back.time, back.key[1], back.key[2], name, True))
    return found


_LANE, _LEFT, _RIGHT = 36, 1.0, 99.0
_NARROW = 4.0
"""Percent of the width below which a bar bears no text."""
_LAST = 92.0
"""Percent of the width behind which the axis says today alone."""


def draw(lanes: Sequence[Lane], now: int) -> StageLanes | None:
    """Place the lanes between the first stay and now; None where nothing was ever in a stage."""
    starts = [stay.start for lane in lanes for stay in lane.stays]
    if not starts:
        return None
    first, last = min(starts), max(now, *starts)
    span = max(1, last - first)

    def at(moment: int) -> float:
        return _LEFT + (moment - first) / span * (_RIGHT - _LEFT)

    drawn = tuple(
        Drawn(lane.stage, number * _LANE, tuple(_bar(lane.stage, stay, at, last) for stay in lane.stays))
        for number, lane in enumerate(lanes)
    )
    words = [
        f"{lane.stage}: " + ", then ".join(stay.version for stay in lane.stays[-5:]) for lane in lanes if lane.stays
    ]
    marks = tuple(AxisMark(f"{at(moment):.2f}%", text) for moment, text in _marks(first, last) if at(moment) < _LAST)
    return StageLanes(drawn, marks, len(drawn) * _LANE, "Which version was in which stage. " + "; ".join(words))


def _bar(stage: str, stay: Stay, at: Callable[[int], float], last: int) -> LaneBar:
    left, right = at(stay.start), at(last if stay.end is None else stay.end)
    width = max(0.4, right - left - 0.2)
    label = short(stay.version) if width >= _NARROW else ""
    return LaneBar(f"{left:.2f}%", f"{width:.2f}%", label, width < 4 * _NARROW, f"{stage}: {stay.version}")


_MOST_MARKS = 12
_DAY = 86400
_SHORT = 45 * _DAY
_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 1200)  # months


def _marks(first: int, last: int) -> Iterator[tuple[int, str]]:
    """Yield the moments that the axis names: first days of months, of years where there are many; else days."""
    start = datetime.fromtimestamp(first, UTC)
    if last - first < _SHORT:
        step = max(_DAY, (last - first) // 5)
        for moment in range(first - first % _DAY + _DAY, last, step):
            yield moment, datetime.fromtimestamp(moment, UTC).strftime("%-d %b")
        return
    months = (last - first) // (30 * _DAY)
    every = next((step for step in _STEPS if months / step <= _MOST_MARKS), _STEPS[-1])
    number = start.year * 12 + start.month
    number += -number % every
    while True:
        year, month = divmod(number, 12)
        moment = int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp())
        if moment >= last:
            return
        if moment > first:
            yield moment, datetime(year, month + 1, 1, tzinfo=UTC).strftime("%b" if month else "%b %Y")
        number += every
