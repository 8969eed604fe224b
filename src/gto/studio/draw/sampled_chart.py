"""Charts with as many points as a page holds: of more, every so many is drawn and listed."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gto.plots.chart import Chart, DataPoint
from gto.plots.html_page import script_json
from gto.plots.templates import Spec

MOST_BYTES = 160_000
"""Of all drawings of a page, as JSON."""
_MOST_LISTED = 400  # points in all tables of a page, when there are few charts
_FEWEST_LISTED = 20  # of each chart


class SampledChart(NamedTuple):
    """A chart, and what is shown of it."""

    chart: Chart
    spec: Spec | None
    """None where not even some of its points fit."""
    every: int
    """How many points one stands for in the drawing."""
    listed: Sequence[DataPoint]
    listed_every: int
    """How many points one stands for in the table."""


def sample(charts: Sequence[tuple[Chart, Spec]], most: int = MOST_BYTES) -> tuple[SampledChart, ...]:
    """Return the charts, those that are large thinned until all together have at most so many bytes."""
    sizes = [len(script_json(spec)) for _, spec in charts]
    share = _share(sizes, most)
    listed = max(_FEWEST_LISTED, _MOST_LISTED // max(1, len(charts)))
    return tuple(_sampled(chart, spec, size, share, listed) for (chart, spec), size in zip(charts, sizes, strict=True))


def _share(sizes: Sequence[int], most: int) -> int:
    """Return how much the largest may have, so that the small ones stay whole."""
    left = most
    for place, size in enumerate(sorted(sizes)):
        fair = left // (len(sizes) - place)
        if size > fair:
            return max(1, fair)
        left -= size
    return most


def _sampled(chart: Chart, spec: Spec, size: int, share: int, listed: int) -> SampledChart:
    every = -(-size // share)
    drawn: Spec | None = spec
    if every > 1:
        thin = _thinned(spec, len(chart.points), every)
        drawn = thin if isinstance(thin, dict) and len(script_json(thin)) <= 2 * share else None
    step = -(-len(chart.points) // listed)
    return SampledChart(chart, drawn, every, chart.points[::step], step)


def _thinned(value: object, points: int, every: int) -> object:
    """Return a drawing with every so many of its rows; what was counted of all points stays as it is."""
    if isinstance(value, dict):
        return {
            key: _some(part, points, every) if key == "values" else _thinned(part, points, every)
            for key, part in value.items()
        }
    return [_thinned(one, points, every) for one in value] if isinstance(value, list) else value


def _some(value: object, points: int, every: int) -> object:
    return value[::every] if isinstance(value, list) and len(value) == points else value


def notes(charts: Sequence[SampledChart], command: str) -> Iterator[str]:
    """Yield what is said of the charts that are not drawn."""
    for one in charts:
        if one.spec is None:
            yield f"{one.chart.title}: it is too large for this page; `{command}` draws it"
