"""A trend of numbers: as wide as a word, or as its box."""

from collections.abc import Sequence

from markupsafe import Markup

_WIDTH, _HEIGHT, _EDGE = 56, 18, 3
_SVG = Markup(
    '<svg class=spark width=56 height=18 aria-hidden=true><polyline points="{points}"/>'
    "<circle cx={x} cy={y} r=2 /></svg>"
)

MOST_POINTS = 200
"""Of a trend that is as wide as its box."""
_WIDE_HEIGHT = 44
_WIDE_SVG = Markup(
    '<svg class="spark" width="100%" height="44" role="img"><title>{title}</title>'
    '<svg viewBox="0 0 100 44" preserveAspectRatio="none" width="100%" height="44"><polyline points="{points}"'
    ' fill="none" stroke="currentColor" stroke-width="1.5" vector-effect="non-scaling-stroke" stroke-linejoin="round"/>'
    '</svg><circle cx="97%" cy="{y}" r="3"/></svg>'
)


def spark(values: Sequence[float]) -> Markup:
    """Return the line through some numbers, with a dot at the last; nothing for fewer than two."""
    if len(values) < 2:  # noqa: PLR2004  a line has two ends
        return Markup()
    points = [f"{x:g},{y:g}" for x, y in place(values, _WIDTH, _HEIGHT, _EDGE)]
    x, y = points[-1].split(",")
    return _SVG.format(points=" ".join(points), x=x, y=y)


def place(values: Sequence[float], width: float, height: float, edge: float) -> list[tuple[float, float]]:
    """Return where the numbers lie in a box: from left to right, the greatest at the top."""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = (width - 2 * edge) / max(1, len(values) - 1)
    middle = height / 2
    return [
        (
            round(edge + number * step, 1),
            round(height - edge - (value - low) / span * (height - 2 * edge), 1) if high > low else middle,
        )
        for number, value in enumerate(values)
    ]


def trend(values: Sequence[float], title: str) -> Markup:
    """Return the line through some numbers, the oldest first, with a dot at the last; nothing for fewer than two."""
    if len(values) < 2:  # noqa: PLR2004  a line has two ends
        return Markup()
    heights = [y for _, y in place(values[-MOST_POINTS:], 0, _WIDE_HEIGHT, 6)]
    step = 96 / (len(heights) - 1)
    points = [f"{1 + number * step:.1f},{y:g}" for number, y in enumerate(heights)]
    return _WIDE_SVG.format(points=" ".join(points), y=f"{heights[-1]:g}", title=title)
