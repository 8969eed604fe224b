"""Drawings in the Vega-Lite grammar: those that DVC's templates name."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from gto.plots.chart import Chart
from gto.plots.data_file import Cell

Spec = dict[str, object]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
DEFAULT = "linear"
_WIDTH, _HEIGHT = 420, 300
_MOST_PAIRS = 40_000  # of classes: 200 beside 200
_SERIES: Spec = {"field": "series", "type": "nominal", "title": None}
_LEGEND: Spec = {"orient": "bottom", "direction": "vertical", "labelLimit": 0}  # names are not cut: they may end alike
_SYMBOLS: Spec = {"symbolFillColor": "transparent", "symbolStrokeColor": "#555", "symbolSize": 200, "symbolOpacity": 1}
_ZOOM: Spec = {"name": "zoom", "select": "interval", "bind": "scales"}


def draw(name: str, chart: Chart) -> Spec | None:
    """Return the drawing of a chart by one of DVC's templates; None where there is none of that name.

    ValueError is raised for a chart that this template cannot show.
    """
    template = _TEMPLATES.get(name)
    return template(chart) if template else None


def names() -> list[str]:
    """Return the names of the templates."""
    return list(_TEMPLATES)


def _linear(chart: Chart) -> Spec:
    dots: Spec = {
        "params": [
            {"name": "near", "select": {"type": "point", "on": "pointerover", "nearest": True, "clear": "pointerout"}}
        ],
        "mark": {"type": "point", "filled": True, "tooltip": True},
        "encoding": {
            "opacity": {"condition": {"param": "near", "empty": False, "value": 1}, "value": 0},
            "strokeDash": {"value": [1, 0]},  # else the legend would show these, which cannot be seen
        },
    }
    return _layers(chart, [_line(), dots])


def _simple(chart: Chart) -> Spec:
    return _layers(chart, [{"mark": {"type": "line", "tooltip": True}}], zoom=False)


def _smooth(chart: Chart) -> Spec:
    groups = ["rev", *(["series"] if _has_series(chart) else [])]
    loess = [{"loess": "y", "on": "x", "groupby": groups, "bandwidth": {"signal": "smooth"}}]
    faint: Spec = {"mark": {"type": "line", "opacity": 0.25}}
    slider = {"name": "smooth", "value": 0.2, "bind": {"input": "range", "min": 0.02, "max": 1, "step": 0.02}}
    found = _layers(chart, [faint, {"mark": {"type": "line"}, "transform": loess}])
    return {**found, "params": [slider]}


def _scatter(chart: Chart) -> Spec:
    return _layers(chart, [_dots(chart)])


def _scatter_jitter(chart: Chart) -> Spec:
    """Move points by up to half of a hundredth of the axis where it has numbers, within its band where it has words."""
    encoding: dict[str, Spec] = _encoding(chart, shape=True)
    transform: list[Spec] = []
    for axis in ("x", "y"):
        if encoding[axis]["type"] == "quantitative":
            values = [value for value in _cells(chart, axis) if isinstance(value, int | float)]
            width = max(values) / 50 - min(values) / 50 if values else 0
            transform.append({"calculate": f"datum.{axis} + (random() - 0.5) * {width!r}", "as": f"{axis}_near"})
            encoding[axis] = {**encoding[axis], "field": f"{axis}_near"}
        else:
            transform.append({"calculate": "random()", "as": f"{axis}_near"})
            encoding[f"{axis}Offset"] = {"field": f"{axis}_near", "type": "quantitative"}
    return {**_frame(_rows(chart)), "transform": transform, "mark": _dots(chart)["mark"], "encoding": encoding}


def _confusion(chart: Chart) -> Spec:
    return _matrix(chart, "count", "d")


def _confusion_normalized(chart: Chart) -> Spec:
    return _matrix(chart, "share", ".2f")


def _matrix(chart: Chart, shown: str, form: str) -> Spec:
    """Count how often two classes meet, one matrix a version and a column; shares are of all that have the same y."""
    series = chart.series
    counts = Counter((point.rev, series[point.column], str(point.x), str(point.y)) for point in chart.points)
    rows = Counter[tuple[str, str, str]]()
    for (rev, one, _, y), count in counts.items():
        rows[rev, one, y] += count
    xs, ys = sorted({x for *_, x, _ in counts}), sorted({y for *_, y in counts})
    if len(xs) * len(ys) > _MOST_PAIRS:
        raise ValueError(f"{len(xs)} classes beside {len(ys)} are more than a matrix shows")
    values = [
        {
            "rev": rev,
            "series": one,
            "x": x,
            "y": y,
            "count": counts[rev, one, x, y],
            "share": counts[rev, one, x, y] / (rows[rev, one, y] or 1),
        }
        for rev, one in dict.fromkeys(key[:2] for key in counts)
        for x in xs
        for y in ys
    ]
    axes: Spec = {
        "x": {"field": "x", "type": "nominal", "title": chart.x_label},
        "y": {"field": "y", "type": "nominal", "title": chart.y_label},
    }
    fill: Spec = {"field": shown, "type": "quantitative", "scale": {"scheme": "blues", "domainMin": 0}, "title": shown}
    most = max((float(str(value[shown])) for value in values), default=0) / 2
    ink: Spec = {"condition": {"test": f"datum.{shown} > {most!r}", "value": "white"}, "value": "black"}
    label: Spec = {"field": shown, "type": "quantitative", "format": form}
    return {
        "$schema": SCHEMA,
        "data": {"values": values},
        "facet": {
            "column": {"field": "rev", "type": "nominal", "title": None, "sort": list(chart.shown)},
            **({"row": _facet(chart)} if _has_series(chart) else {}),
        },
        "spec": {
            "width": _HEIGHT,
            "height": _HEIGHT,
            "encoding": axes,
            "layer": [
                {"mark": {"type": "rect", "tooltip": True}, "encoding": {"color": fill}},
                {"mark": "text", "encoding": {"text": label, "color": ink}},
            ],
        },
    }


def _bars(chart: Chart, order: str | None) -> Spec:
    encoding: dict[str, Spec] = {
        "y": {"field": "y", "type": "nominal", "title": chart.y_label, "sort": order},
        "x": {"field": "x", "type": "quantitative", "title": chart.x_label},
        "yOffset": {"field": "rev", "sort": list(chart.revs)},
        "color": _colour(chart),
        **({"column": _facet(chart)} if _has_series(chart) else {}),
    }
    return {**_frame(_rows(chart)), "mark": {"type": "bar", "tooltip": True}, "encoding": encoding}


def _bar_horizontal(chart: Chart) -> Spec:
    return _bars(chart, None)


def _bar_horizontal_sorted(chart: Chart) -> Spec:
    return _bars(chart, "-x")


def _layers(chart: Chart, layers: Sequence[Spec], *, zoom: bool = True) -> Spec:
    first, *rest = layers
    if zoom:
        first = {**first, "params": [_ZOOM]}
    encoding = _encoding(chart, shape=False)
    return {**_frame(_rows(chart)), "encoding": encoding, "layer": [first, *rest]}


def _line() -> Spec:
    return {"mark": {"type": "line", "point": {"size": 20}}}  # a line of one point would be nothing


def _dots(chart: Chart) -> Spec:
    found: Spec = {"mark": {"type": "point", "filled": True, "opacity": 0.7, "tooltip": True}}
    return {**found, "encoding": {"shape": {**_SERIES, "legend": _LEGEND}}} if _has_series(chart) else found


def _encoding(chart: Chart, *, shape: bool) -> dict[str, Spec]:
    found: dict[str, Spec] = {"color": _colour(chart)}
    for axis, title in (("x", chart.x_label), ("y", chart.y_label)):
        kind = "quantitative" if all(_is_number(value) for value in _cells(chart, axis)) else "nominal"
        found[axis] = {"field": axis, "type": kind, "title": title, "scale": {"zero": False}}
        if kind == "nominal":
            found[axis] = {"field": axis, "type": kind, "title": title}
        elif len(set(_cells(chart, axis))) == 1:  # of one value Vega would show no decimals: 1 for 0.7
            found[axis]["axis"] = {"format": ".6~g"}
    if _has_series(chart):
        found["shape" if shape else "strokeDash"] = {**_SERIES, "legend": _LEGEND if shape else {**_LEGEND, **_SYMBOLS}}
    return found


def _facet(chart: Chart) -> Spec:
    """Return a facet for each column, as DVC draws several files with one version."""
    return {**_SERIES, "sort": list(chart.series.values()), "header": {"labelLimit": 0}}


def _colour(chart: Chart) -> Spec:
    scale = {"domain": list(chart.colours), "range": list(chart.colours.values())}
    return {"field": "rev", "type": "nominal", "scale": scale, "legend": None}  # the page has one for all charts


def _frame(rows: Sequence[Mapping[str, Cell]]) -> Spec:
    return {"$schema": SCHEMA, "width": _WIDTH, "height": _HEIGHT, "data": {"values": list(rows)}}


def _rows(chart: Chart) -> list[Mapping[str, Cell]]:
    series = chart.series
    return [{"x": point.x, "y": point.y, "rev": point.rev, "series": series[point.column]} for point in chart.points]


def _cells(chart: Chart, axis: str) -> list[Cell]:
    return [point.x if axis == "x" else point.y for point in chart.points]


def _is_number(value: Cell) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _has_series(chart: Chart) -> bool:
    return len(chart.columns) > 1


_TEMPLATES: dict[str, Callable[[Chart], Spec]] = {
    "linear": _linear,
    "simple": _simple,
    "smooth": _smooth,
    "scatter": _scatter,
    "scatter_jitter": _scatter_jitter,
    "confusion": _confusion,
    "confusion_normalized": _confusion_normalized,
    "bar_horizontal": _bar_horizontal,
    "bar_horizontal_sorted": _bar_horizontal_sorted,
}
