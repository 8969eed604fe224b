"""A metric over the commits of a branch, as wide as its box."""

from collections.abc import Sequence

from markupsafe import Markup

from gto.studio.draw.spark import place

MOST_POINTS = 200
_HEIGHT = 44
_SVG = Markup(
    '<svg class="spark" width="100%" height="44" role="img"><title>{title}</title>'
    '<svg viewBox="0 0 100 44" preserveAspectRatio="none" width="100%" height="44"><polyline points="{points}"'
    ' fill="none" stroke="currentColor" stroke-width="1.5" vector-effect="non-scaling-stroke" stroke-linejoin="round"/>'
    '</svg><circle cx="97%" cy="{y}" r="3"/></svg>'
)


def trend(values: Sequence[float], title: str) -> Markup:
    """Return the line through some numbers, the oldest first, with a dot at the last; nothing for fewer than two."""
    if len(values) < 2:  # noqa: PLR2004  a line has two ends
        return Markup()
    heights = [y for _, y in place(values[-MOST_POINTS:], 0, _HEIGHT, 6)]
    step = 96 / (len(heights) - 1)
    points = [f"{1 + number * step:.1f},{y:g}" for number, y in enumerate(heights)]
    return _SVG.format(points=" ".join(points), y=f"{heights[-1]:g}", title=title)
