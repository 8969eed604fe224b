from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from gto.dvc import project
from gto.plots import gallery
from gto.plots.declaration import find_plots
from gto.registry.registry import Registry
from tests.unit.lineage.reading import aside, read

if TYPE_CHECKING:
    import pytest

    from tests.repo import Repo


def test_the_nearest_declaration_of_a_file_counts(repo: Repo) -> None:
    files = {
        "eu/dvc.yaml": "stages: {s: {cmd: x, plots: [out/curves: {x: epoch}, out/curves/b.csv: {x: near}]}}\n"
        "plots: [out: {title: all}, out/curves: {template: smooth}, {named: {y: {out/curves/a.csv: [l, m]}}}]\n",
        "eu/out/curves/a.csv": "x\n1\n",
        "eu/out/curves/b.csv": "x\n1\n",
        "eu/out/c.svg": "<svg/>",
    }
    checkout, found = read(repo, files)
    plots = find_plots(checkout, found)
    told = {name: dict(plot.properties) for name, plot in plots.items() if "named" not in name}
    assert told == {
        "eu/out/curves/a.csv": {"x": "epoch", "template": "smooth"},
        "eu/out/curves/b.csv": {"x": "near"},
        "eu/out/c.svg": {"title": "all"},
    }
    assert plots["eu/out/c.svg"].image == "image/svg+xml"
    named = plots["eu/dvc.yaml: named"]
    assert [(column.file, column.field) for column in named.ys] == [
        ("eu/out/curves/a.csv", "l"),
        ("eu/out/curves/a.csv", "m"),
    ]


def test_rows_and_images_beyond_the_bounds_are_left_out(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "_MOST_BYTES", 15)
    files = {
        "dvc.yaml": "plots: [long.csv, a.png, b.png]",
        "long.csv": "x\n" + "1\n" * 50_001,
        "a.png": "x" * 10,
        "b.png": "x" * 10,
    }
    repo.commit("plots", files)
    found = gallery.plot(Registry.open(repo.path), ["HEAD"])
    assert [len(chart.points) for chart, _ in found.sheet.charts] == [50_000]
    assert [name for name, _ in found.sheet.pictures] == ["a.png"]
    assert [(one.code, one.subject) for one in found.problems] == [
        ("lineage-many", "long.csv"),
        ("lineage-many", "b.png"),
    ]


def test_a_plot_that_one_version_lacks_is_drawn_of_the_other(repo: Repo) -> None:
    repo.commit("one", {"dvc.yaml": "plots: [a.csv, a.png, gone.csv]", "a.csv": "x\n1\n", "a.png": "x"})
    repo.commit("two", {"dvc.yaml": "plots: [b.csv]", "b.csv": "x\n1\n"})
    found = gallery.plot(Registry.open(repo.path), ["HEAD~1", "HEAD", "HEAD"])
    assert [(chart.plot.id, chart.shown) for chart, _ in found.sheet.charts] == [
        ("a.csv", ("HEAD~1",)),
        ("b.csv", ("HEAD",)),
    ]
    assert [[one.rev for one in pictures] for _, pictures in found.sheet.pictures] == [["HEAD~1"]]


def test_names_that_are_no_utf8_are_shown_as_far_as_they_can(repo: Repo) -> None:
    name = os.fsdecode(b"out/\xff<.png")
    repo.commit("odd", {"dvc.yaml": "plots: [out]", name: "x"})
    found = gallery.plot(Registry.open(repo.path), ["HEAD"])
    assert b"<h2>out/?&lt;.png</h2>" in found.page()
    assert found.as_dict("p")["images"] == [{"id": name, "versions": ["HEAD"]}]


def test_headless_columns_and_templates_by_path(repo: Repo) -> None:
    files = {
        "dvc.yaml": "plots: [a.csv: {header: false, x: '0', template: mine/t.json}]",
        "a.csv": "1,2\n3,4\n",
        "mine/t.json": json.dumps({"ours": "<DVC_METRIC_Y>"}),
    }
    repo.commit("plots", files)
    found = gallery.plot(Registry.open(repo.path), ["HEAD"])
    assert [spec for _, spec in found.sheet.charts] == [{"ours": "1"}]


def test_files_beyond_the_bound_are_left_out(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "_MOST_FILES", 1)
    checkout, found = read(repo, {"a/dvc.yaml": "", "b/dvc.yaml": ""})
    assert len(found.pipelines) == 1
    assert aside(checkout) == [("lineage-many", ".")]


def test_a_plot_that_would_be_too_large_is_set_aside(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "dvc.yaml": "plots: [many.csv: {x: a, y: b, template: confusion}, few.csv: {x: a, y: b}, more.csv: ]",
        "many.csv": "a,b\n" + "".join(f"{n},{-n}\n" for n in range(300)),
        "few.csv": "a,b\n1,2\n",
        "more.csv": "a\n" + "1\n" * 200,
    }
    repo.commit("plots", files)
    monkeypatch.setattr(gallery, "MOST_CELLS", 400)
    found = gallery.plot(Registry.open(repo.path), ["HEAD"])
    assert [chart.plot.id for chart, _ in found.sheet.charts] == ["few.csv"]
    assert [(one.code, one.subject) for one in found.problems] == [
        ("lineage-plot", "many.csv"),
        ("lineage-plot", "more.csv"),
    ]
