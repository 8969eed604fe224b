from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import BadFile
from gto.plots import custom_template, templates
from gto.plots.chart import Chart, DataPoint, chart_of, points_of
from gto.plots.declaration import Column, Plot

if TYPE_CHECKING:
    from gto.plots.data_file import Row

ONE = Plot("p.csv", (Column("p.csv", None),), (), {})
TWO = Plot("two", (Column("a/x.csv", "u"), Column("b/x.csv", "v")), (Column("a/x.csv", "t"),), {"title": "Both"})


def rows(_file: str) -> list[Row]:
    """Three rows of every file."""
    return [{"t": step, "u": step * 2, "v": "w", "a.b": 1} for step in range(3)]


def chart(plot: Plot, revs: tuple[str, ...] = ("old", "new")) -> Chart:
    """A chart of two versions."""
    return chart_of(plot, [point for rev in revs for point in points_of(plot, rev, rows)], revs)


def test_without_columns_the_last_is_drawn_by_its_row() -> None:
    found = chart(ONE)
    assert (found.x, found.y, found.title) == ("step", "a.b", "p.csv")
    assert [(point.x, point.y, point.rev) for point in found.points[2:4]] == [(2, 1, "old"), (0, 1, "new")]


def test_columns_of_several_files_are_told_apart() -> None:
    found = chart(TWO)
    assert (found.x_label, found.y_label, found.title) == ("t", "y", "Both")
    assert list(found.series.values()) == ["a/x.csv: u", "b/x.csv: v"]
    spec = templates.draw("linear", found)
    assert spec is not None
    assert isinstance(spec["encoding"], dict)
    assert spec["encoding"]["strokeDash"]["field"] == "series"
    assert spec["encoding"]["y"]["type"] == "nominal"


def test_each_version_keeps_its_colour_where_it_lacks_a_plot() -> None:
    found = chart_of(ONE, points_of(ONE, "new", rows), ("old", "new"))
    assert (found.shown, list(found.colours)) == (("new",), ["old", "new"])
    assert len(set(found.colours.values())) == 2


@pytest.mark.parametrize(
    ("plot", "words"),
    [
        (ONE._replace(xs=(Column("p.csv", "t"), Column("p.csv", "u"))), "2 columns for x and 1 for y"),
        (ONE._replace(ys=(Column("p.csv", "z"),)), "has no column 'z'"),
    ],
)
def test_columns_that_do_not_fit_are_refused(plot: Plot, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        points_of(plot, "old", rows)


def test_confusion_counts_in_each_version_and_shares_are_of_one_y() -> None:
    column = Column("c.csv", "y")
    pairs = [("a", "a"), ("a", "a"), ("b", "a"), ("b", "b")]
    points = [DataPoint(x, y, "old", column, {}) for x, y in pairs]
    found = templates.draw("confusion_normalized", chart_of(ONE, points, ("old", "new")))
    assert found is not None
    assert isinstance(found["data"], dict)
    told = {(row["rev"], row["x"], row["y"]): (row["count"], row["share"]) for row in found["data"]["values"]}
    assert told == {
        ("old", "a", "a"): (2, 2 / 3),
        ("old", "a", "b"): (0, 0.0),
        ("old", "b", "a"): (1, 1 / 3),
        ("old", "b", "b"): (1, 1.0),
    }


def test_there_is_no_template_of_another_name() -> None:
    assert templates.draw("fancy", chart(ONE)) is None
    assert len(templates.names()) == 9


ANCHORS = [
    *("DATA", "TITLE", "X", "Y", "X_LABEL", "Y_LABEL", "COLOR", "PLOT_WIDTH", "PLOT_HEIGHT", "TOOLTIP", "STROKE_DASH"),
    *("SHAPE", "ROW", "COLUMN", "GROUP_BY", "GROUP_BY_X", "GROUP_BY_Y", "PIVOT_FIELD", "ZOOM_AND_PAN"),
]


@pytest.mark.parametrize("plot", [ONE, TWO])
def test_every_placeholder_of_dvc_is_filled(plot: Plot) -> None:
    anchors: dict[str, object] = {name: f"<DVC_METRIC_{name}>" for name in ANCHORS}
    text = json.dumps(anchors | {"list": [["<DVC_METRIC_X>", 1]], "data": {"values": anchors.pop("DATA")}})
    found = custom_template.fill(custom_template.read_template(text.encode(), "t.json"), chart(plot))
    assert "<DVC" not in json.dumps(found)
    assert isinstance(found["data"], dict)
    assert {"rev", "filename", "field"} <= found["data"]["values"][0].keys()
    assert found["list"] == [["step" if plot is ONE else "t", 1]]


def test_names_with_dots_are_no_paths_and_unknown_placeholders_stay() -> None:
    text = b'{"y": "<DVC_METRIC_Y>", "in": "at <DVC_METRIC_TITLE>, <DVC_METRIC_DATA>", "z": "<DVC_METRIC_OTHER>"}'
    found = custom_template.fill(custom_template.read_template(text, "t.json"), chart(ONE))
    assert found == {"y": "a\\.b", "in": "at p.csv, <DVC_METRIC_DATA>", "z": "<DVC_METRIC_OTHER>"}


@pytest.mark.parametrize("data", [b"[", b"[]", b"\xff", b"[" * 5000, b'{"a":' * 70 + b"1" + b"}" * 70])
def test_a_template_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(BadFile, match=r"t\.json"):
        custom_template.read_template(data, "t.json")


def test_a_matrix_of_too_many_classes_and_numbers_beyond_a_float_are_no_charts() -> None:
    found = chart(ONE)
    point = found.points[0]
    many = found._replace(points=tuple(point._replace(x=number, y=-number) for number in range(300)))
    for name in ("confusion", "confusion_normalized"):
        with pytest.raises(ValueError, match="300 classes beside 300"):
            templates.draw(name, many)
    wide = found._replace(points=(point._replace(x=1.7e308, y=1), point._replace(x=-1.7e308, y=2)))
    assert "inf" not in json.dumps(templates.draw("scatter_jitter", wide))


def test_points_beyond_what_a_page_takes_are_refused() -> None:
    assert len(points_of(ONE, "new", rows, 6)) == 3
    with pytest.raises(ValueError, match="more points"):
        points_of(ONE, "new", rows, 5)


def test_a_template_that_multiplies_the_data_is_refused() -> None:
    data = json.dumps({"a": ["<DVC_METRIC_DATA>"] * 5}).encode()
    with pytest.raises(BadFile, match="more than 4 times"):
        custom_template.read_template(data.replace(b"_", b"\\u005f"), "t.json")


def test_what_a_stranger_may_bind_is_listed_and_other_grammars_are_refused() -> None:
    evil = {"input": "range", "min": 1, "element": "body", "style": "position: fixed", "onclick": "x"}
    params = [{"bind": evil}, {"bind": {"x": evil, "element": "body"}}, {"bind": "scales"}]
    text = json.dumps({"params": params, "config": {"signals": [{"name": "s", "bind": evil}]}})
    kept = {"input": "range", "min": 1}
    assert custom_template.read_template(text.encode(), "t.json") == {
        "params": [{"bind": kept}, {"bind": {"x": kept}}, {"bind": "scales"}],
        "config": {},
    }
    with pytest.raises(BadFile, match="Vega-Lite"):
        custom_template.read_template(b'{"$schema": "https://vega.github.io/schema/vega/v5.json"}', "t.json")


@pytest.mark.parametrize(
    "text",
    [
        *('{"data": {"sequence": {"start": 0, "stop": 1e9}}}', '{"data": {"graticule": {"step": [1e-9, 1e-9]}}}'),
        *('{"density": "y", "steps": 1e9}', '{"density": "y", "steps": {"signal": "1e9"}}', '{"maxbins": "1000000"}'),
        *('{"impute": "y", "keyvals": {"stop": 1e9}}', '{"quantile": "y", "step": 1e-9}', '{"bin": {"step": 1}}'),
        *('{"transform": [{"filter": {"and": ["length(sequence (1e9))"]}}]}', '{"calculate": "pad(1, 1e9)"}'),
        *('{"transform": [{"fold": ["x"]}, {"fold": ["x"]}, {"flatten": ["x"]}]}',),
        *(
            '{"calculate": "p\\\\u0061d(1, 1e9)"}',
            '{"calculate": "(pad)(1, 1e9)"}',
            '{"calculate": "pad\\ufeff(1, 1e9)"}',
        ),
        *('{"expr": "utcSequence(\'day\', 0, 1e15)"}', '{"axis": {"format": "0500000000d"}}'),
        *('{"expr": "format(1, \'0500000000d\')"}', '{"expr": "format(1, datum.x)"}'),
        *('{"expr": "test(\'(a+)+$\', datum.x)"}', '{"expr": "replace(datum.x, /(a+)+$/, 1)"}'),
    ],
)
def test_a_template_that_makes_rows_without_end_is_refused(text: str) -> None:
    with pytest.raises(BadFile, match=r"makes more than a page shows|multiplies the data"):
        custom_template.read_template(text.encode(), "t.json")


def test_a_template_that_makes_a_few_rows_is_taken() -> None:
    few = {"bin": {"maxbins": 30}, "axis": {"tickCount": "month"}, "width": {"step": 20}, "fold": ["x", "y"]}
    assert custom_template.read_template(json.dumps(few).encode(), "t.json") == few


def test_columns_and_words_that_are_called_like_what_makes_rows_are_taken() -> None:
    fine = {
        "title": "Loss by sequence (tokens)",
        "labelExpr": "format(100 * datum['value'], '.2f') / 2 + replace(datum.label, /a/, '')",
        "data": {"values": [{"step": "warm-up", "fold": 1, "t": "pad(1)"}], "format": {"parse": {"step": "number"}}},
        "datasets": {"more": [{"step": None, "repeat": 1}, {"steps": 1e9, "repeat": 2}, {"repeat": 3}]},
        "params": [{"name": "brush", "value": {"step": [0, 10]}, "bind": {"step": {"input": "range"}}}],
        "encoding": {"x": {"field": "sequence (tokens)", "axis": {"title": ["repeat (all)"]}}},
    }
    assert custom_template.read_template(json.dumps(fine).encode(), "t.json") == fine


def test_rows_that_are_no_data_of_the_chart_are_judged() -> None:
    point = chart(ONE).points[0]
    evil = chart(ONE)._replace(points=(point._replace(row={"calculate": "sequence(0, 1e9)"}),))
    with pytest.raises(BadFile, match="makes more than a page shows"):
        custom_template.fill({"transform": "<DVC_METRIC_DATA>"}, evil)


@pytest.mark.parametrize("key", ["calculate", "expr", "labelExpr", "test", "on", "name", "parse"])
def test_words_of_a_chart_make_no_expression(key: str) -> None:
    template = custom_template.read_template(json.dumps({key: "<DVC_METRIC_TITLE>"}).encode(), "t.json")
    evil = chart(ONE._replace(properties={"title": "length(sequence(0, 1e9))"}))
    with pytest.raises(BadFile, match="makes more than a page shows"):
        custom_template.fill(template, evil)
    ends_its_quotes = chart(ONE._replace(properties={"title": r'\": sequence(0, 1e9), "'}))
    with pytest.raises(BadFile, match="makes more than a page shows"):
        custom_template.fill({"title": "<DVC_METRIC_TITLE>"}, ends_its_quotes)


def test_each_file_of_a_matrix_has_a_facet_of_its_own() -> None:
    for name in ("confusion", "confusion_normalized", "bar_horizontal"):
        text = json.dumps(templates.draw(name, chart(TWO)))
        assert '"sort": ["a/x.csv: u", "b/x.csv: v"]' in text
    found = templates.draw("confusion", chart(TWO))
    assert found is not None
    assert isinstance(found["data"], dict)
    assert {row["count"] for row in found["data"]["values"]} == {0, 1}
