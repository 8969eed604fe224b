"""A small trend of numbers, as wide as a word."""

from collections.abc import Sequence

from markupsafe import Markup

_WIDTH, _HEIGHT, _EDGE = 56, 18, 3
_SVG = Markup(
    '<svg class=spark width=56 height=18 aria-hidden=true><polyline points="{points}"/>'
    "<circle cx={x} cy={y} r=2 /></svg>"
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
