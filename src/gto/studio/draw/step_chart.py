"""A chart of numbers by step, as wide as its box: lines over a grid, and words in HTML beside them."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from gto.studio.words import number

_HEIGHT, _EDGE = 140, 6
_SVG = Markup(
    '<svg class="draw" width="100%" height="140" viewBox="0 0 100 140" preserveAspectRatio="none" role="img">'
    "<title>{title}</title>{grid}{lines}</svg>"
)
_GRID = Markup('<line class="grid" x1="0" x2="100" y1="{y}" y2="{y}" vector-effect="non-scaling-stroke"/>')
_LINE = Markup('<g class="s-{key}"><polyline class="series" points="{points}" vector-effect="non-scaling-stroke"/></g>')
_KEYS = 4


class StepLine(NamedTuple):
    """A line of a chart."""

    name: str
    points: tuple[tuple[int, float], ...]
    """Step and number."""


class StepChart(NamedTuple):
    """A chart, and what stands beside it."""

    drawn: Markup
    low: float
    high: float
    first: int
    last: int


def draw(lines: Sequence[StepLine], title: str) -> StepChart | None:
    """Draw lines over the same steps; None where there are no numbers."""
    every = [point for line in lines for point in line.points]
    if not every:
        return None
    steps, values = [step for step, _ in every], [value for _, value in every]
    chart = StepChart(Markup(), min(values), max(values), min(steps), max(steps))
    grid = Markup().join(_GRID.format(y=y) for y in (_EDGE, _HEIGHT / 2, _HEIGHT - _EDGE))
    shown = Markup().join(
        _LINE.format(key=place % _KEYS, points=_placed(line.points, chart)) for place, line in enumerate(lines)
    )
    told = f"{title}: from {number(chart.low)} to {number(chart.high)}, steps {chart.first} to {chart.last}"
    return chart._replace(drawn=_SVG.format(title=told, grid=grid, lines=shown))


def _placed(points: Sequence[tuple[int, float]], chart: StepChart) -> str:
    """Return where points lie; a single one is a short line, so that it is seen."""
    wide, tall = chart.last - chart.first, chart.high - chart.low
    placed = [
        (
            (step - chart.first) / wide * 100 if wide else 50.0,
            _HEIGHT - _EDGE - (value - chart.low) / tall * (_HEIGHT - 2 * _EDGE) if tall else _HEIGHT / 2,
        )
        for step, value in points
    ]
    if len(placed) == 1:
        (x, y) = placed[0]
        placed = [(max(0.0, x - 1), y), (min(100.0, x + 1), y)]
    return " ".join(f"{x:.2f},{y:.1f}" for x, y in placed)
