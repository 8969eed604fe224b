"""Templates that a repository brings along in `.dvc/plots`: filled in, and bound to the page."""

import json
import re
from collections.abc import Iterator, Mapping
from math import prod

from gto.exceptions import BadFile
from gto.plots.chart import COLOURS, Chart, rows_for_templates
from gto.plots.templates import SCHEMA, Spec

_ANCHOR_RE = re.compile(r"<DVC_METRIC_[A-Z_]+>")
_DEEPEST = 64
_MOST_DATA = 4  # copies of all points in one chart
_MOST_MADE = 1_000  # rows, bins or ticks that one number asks for
_LEAST_STEP = 1e-5
_COUNTS = {"steps", "minsteps", "maxsteps", "maxbins", "tickCount"}
_MULTIPLIERS = {"fold", "flatten", "repeat"}
_MOST_MULTIPLIERS = 2  # in one template: each multiplies the rows, or the charts
_FIELDS = {"parse", "value", "init", "bind"}
"""Keys under which a mapping may be of columns, whose names say nothing else."""
_WORDS = {"title", "subtitle", "description", "text", "value", "field", "groupby", "as", "domain"}
"""Keys of texts that are shown, or name a column."""
# A call, as JavaScript's blanks and brackets allow it: `pad (...)`, `(pad)(...)`.
_CALL = r"[\s)\u180e\ufeff]*\("
_PLAIN_FORMAT = (
    r"""[^(),'"\\]*(?:\['[^'\\]*'\][^(),'"\\]*)*,\s*(?:'(?:(?!\d{4})[^'\\])*'|"(?:(?!\d{4})[^"\\])*")\s*\)"""
)
# What makes a result of any length in an expression, and patterns, which may take any time to match.
_MAKER_RE = re.compile(
    rf"\b(?:sequence|timeSequence|utcSequence|pad|repeat|regexp|test){_CALL}|\bformat{_CALL}(?!{_PLAIN_FORMAT})"
    r"|(?:^|[(\[,=:?&|!<>+\-*%{~^])\s*/.*[*+{]"
)
_ESCAPE_RE = re.compile(r"\\u([0-9a-fA-F]{4})")
_WIDE_RE = re.compile(r"\d{4}")  # the width of a number's format
_LOST = {"url", "href", "usermeta", "signals"}
"""Keys that lead out of the page, or change how it draws: what a stranger wrote may not."""
_BIND = {"input", "min", "max", "step", "options", "labels", "name", "debounce", "value"}
"""Keys of an input beside a chart; Vega makes others attributes of its element, or moves it in the page."""


def read_template(data: bytes, file: str) -> Spec:
    """Read a template, or raise BadFile; it is data, and nothing of it may point out of the page."""
    try:
        value = json.loads(data.decode("utf-8").removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise BadFile(file, f"no JSON: {error}") from None
    bound = _bound(value, _DEEPEST, file)
    if not isinstance(bound, dict):
        raise BadFile(file, "a template must be a mapping")
    if json.dumps(bound).count("<DVC_METRIC_DATA>") > _MOST_DATA:
        raise BadFile(file, f"it holds the data more than {_MOST_DATA} times")
    _judge(bound, file)
    if sum(key in _MULTIPLIERS and isinstance(part, list | dict) for key, part in _parts(bound)) > _MOST_MULTIPLIERS:
        raise BadFile(file, f"it multiplies the data more than {_MOST_MULTIPLIERS} times")
    if "$schema" in bound:
        if "/vega-lite/" not in str(bound["$schema"]):
            raise BadFile(file, "it is not in the Vega-Lite grammar, in which DVC's templates are")
        bound["$schema"] = SCHEMA  # of an older one: they are told apart by that alone
    return bound


def fill(template: Spec, chart: Chart) -> Spec:
    """Put a chart's data and words where the template has DVC's placeholders; BadFile where that makes an expression.

    The words are a stranger's as well.
    """
    anchors = _anchors(chart)
    found = _filled(template, anchors)
    _judge(found, "the template")
    return found if isinstance(found, dict) else {}


def _bound(value: object, depth: int, file: str) -> object:
    if depth == 0:
        raise BadFile(file, f"nested deeper than {_DEEPEST} levels")
    match value:
        case dict():
            bound = {key: _bound(part, depth - 1, file) for key, part in value.items() if key.lower() not in _LOST}
            return {key: _bind(part) if key == "bind" else part for key, part in bound.items()}
        case list():
            return [_bound(part, depth - 1, file) for part in value]
        case _:
            return value


def _parts(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Yield every part of a template with the key that it stands under, but for rows of data and what is in them."""
    match value:
        case dict():
            for name, part in value.items():
                is_rows = isinstance(part, list | str) and (key == "datasets" or (key, name) == ("data", "values"))
                if not is_rows:
                    own = "" if key in _FIELDS else name
                    yield own, part
                    yield from _parts(part, own)
        case list():
            for part in value:
                if not isinstance(part, dict | list):
                    yield key, part
                yield from _parts(part, key)
        case _:
            return


def _judge(template: object, file: str) -> None:
    """Raise BadFile where a part of a template makes more than a page shows."""
    for key, part in _parts(template):
        if _is_endless(key, part):
            raise BadFile(file, f"{key!r} makes more than a page shows")
        if isinstance(part, str) and not _is_shown(key, part) and _MAKER_RE.search(_unescaped(part)):
            raise BadFile(file, f"{part[:80]!r} makes more than a page shows")


def _unescaped(text: str) -> str:
    """Return an expression as it is read: a name in it may be written in escapes."""
    return _ESCAPE_RE.sub(lambda match: chr(int(match[1], 16)), text)


def _is_shown(key: str, text: str) -> bool:
    """Tell whether a text is words alone; with a backslash it may end the quotes in which Vega-Lite puts it."""
    return key in _WORDS and "\\" not in text


def _is_endless(key: str, part: object) -> bool:
    """Return whether a browser could be kept busy without end by what this makes out of nothing."""
    if key in _COUNTS and not (isinstance(part, str) and part.isalpha()):  # a tick each "month"
        return not isinstance(part, int | float) or part > _MOST_MADE
    if key.lower().endswith("format") and isinstance(part, str):
        return bool(_WIDE_RE.search(part))
    if key == "step":
        return not isinstance(part, int | float) or part < _LEAST_STEP
    if key in _MULTIPLIERS:
        lists = part.values() if isinstance(part, dict) else [part]
        return prod(len(one) for one in lists if isinstance(one, list)) > _MOST_MADE
    if isinstance(part, dict):
        return key in {"sequence", "graticule", "keyvals"} or (key in {"bin", "bins"} and "step" in part)
    return False


def _bind(value: object) -> object:
    """Return what an input is bound to: scales, a legend, one input, or one for each field."""
    if not isinstance(value, dict):
        return value
    if "input" in value:
        return {key: part for key, part in value.items() if key in _BIND}
    return {key: _bind(part) for key, part in value.items() if isinstance(part, dict) and "input" in part}


def _filled(value: object, anchors: Mapping[str, object]) -> object:
    match value:
        case dict():
            return {key: _filled(part, anchors) for key, part in value.items()}
        case list():
            return [_filled(part, anchors) for part in value]
        case str() if _ANCHOR_RE.fullmatch(value):
            return anchors.get(value[1:-1].removeprefix("DVC_METRIC_"), value)
        case str():
            return _ANCHOR_RE.sub(lambda match: _inside(match[0], anchors), value)
        case _:
            return value


def _inside(anchor: str, anchors: Mapping[str, object]) -> str:
    """Return what stands in the place of a placeholder within a text: text only."""
    value = anchors.get(anchor[1:-1].removeprefix("DVC_METRIC_"))
    return value if isinstance(value, str) else anchor


def _anchors(chart: Chart) -> dict[str, object]:
    has_series = len(chart.columns) > 1
    varied = {
        "file": len({one.file for one in chart.columns}) > 1,
        "field": len({one.field for one in chart.columns}) > 1,
    }
    group = "filename::field" if all(varied.values()) else "filename" if varied["file"] else "field"
    groups = ["rev", *([group] if has_series else [])]
    x, y = _escaped(chart.x), _escaped(chart.y)
    domain = sorted({_series(row, group) for row in rows_for_templates(chart)})
    by_series: object = {"field": group, "scale": {"domain": domain}} if has_series else {}
    facet: object = {"field": group, "sort": []} if has_series else {}
    return {
        "DATA": [{**row, group: _series(row, group)} for row in rows_for_templates(chart)],
        "TITLE": chart.title,
        "X": x,
        "Y": y,
        "X_LABEL": chart.x_label,
        "Y_LABEL": chart.y_label,
        "COLOR": {"field": "rev", "scale": {"domain": list(chart.shown), "range": _range(chart)}},
        "PLOT_WIDTH": 420,
        "PLOT_HEIGHT": 300,
        "TOOLTIP": [{"field": "rev"}, {"field": x}, {"field": y}, *([{"field": group}] if has_series else [])],
        "STROKE_DASH": by_series,
        "SHAPE": by_series,
        "ROW": facet,
        "COLUMN": facet,
        "GROUP_BY": groups,
        "GROUP_BY_X": [*groups, x],
        "GROUP_BY_Y": [*groups, y],
        "PIVOT_FIELD": " + '::' + ".join(f"datum['{one}']" for one in groups),
        "ZOOM_AND_PAN": {"name": "grid", "select": "interval", "bind": "scales"},
    }


def _range(chart: Chart) -> list[str]:
    return [chart.colours.get(rev, COLOURS[0]) for rev in chart.shown]


def _series(row: Mapping[str, object], group: str) -> str:
    return "::".join(str(row.get(key)) for key in group.split("::"))


def _escaped(name: str) -> str:
    """Return a field's name in which dots and brackets are no path, as Vega-Lite reads it."""
    return re.sub(r"([.\[\]])", r"\\\1", name)
