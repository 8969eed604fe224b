from __future__ import annotations

from typing import TYPE_CHECKING

from gto.lineage import requirements, values
from tests.unit.lineage.reading import aside, read

if TYPE_CHECKING:
    from tests.repo import Repo


def test_metrics_are_read_in_every_format_and_from_directories(repo: Repo) -> None:
    files = {
        "dvc.yaml": "metrics: [a.json, b.yaml, c.toml, more, one.json, none.yaml, bad.json]",
        "a.json": '{"x": {"y": 1, "none": null, "list": [1], "word": "w"}, "e": {}, "inf": Infinity}',
        "b.yaml": "x: 0.5\nday: 2026-01-01\n",
        "c.toml": "t = 1\nwhen = 2026-01-01\n",
        "more/d.json": '{"deep": 3}',
        "one.json": "0.25",
        "none.yaml": "",
        "bad.json": "{",
    }
    checkout, project = read(repo, files)
    found = values.read_metrics(checkout, project)
    assert found.files == {
        "a.json": {"x.y": 1, "x.word": "w", "inf": ".inf"},
        "b.yaml": {"x": 0.5, "day": "2026-01-01"},
        "c.toml": {"t": 1},
        "more/d.json": {"deep": 3},
        "one.json": {"": 0.25},
        "none.yaml": {},
    }
    assert aside(checkout) == [("lineage-file", "bad.json")]


def test_what_dvclive_writes_is_read(repo: Repo) -> None:
    files = {
        "dvclive/dvc.yaml": "params: [params.yaml]\nmetrics: [metrics.json]\nplots: [plots/metrics: {x: step}]\n",
        "dvclive/metrics.json": '{"acc": 1}',
        "dvclive/params.yaml": "lr: 0.1",
    }
    checkout, project = read(repo, files)
    assert values.read_metrics(checkout, project).files == {"dvclive/metrics.json": {"acc": 1}}
    assert values.read_params(checkout, project).files == {"dvclive/params.yaml": {"lr": 0.1}}


def test_stages_choose_their_parameters_and_whole_files_show_all(repo: Repo) -> None:
    files = {
        "dvc.yaml": "stages:\n"
        "  a: {cmd: x, wdir: w, params: [lr, 'deep.b[0]', deep.c, gone.x, 'list.9', 'list.²', 'list.9"
        + "9"
        * 5000
        + "', other.yaml: [k.l, k.m]]}\n"
        "  b: {cmd: x, params: [whole.yaml: ]}\n  c: {cmd: x, params: [whole.yaml: [z], gone.yaml: [q]]}\n",
        "w/params.yaml": "{lr: 1, deep: {b: [5, 6], c: {d: 7}}, list: [1], rest: 9}",
        "w/other.yaml": "{k: {l: 1, m: 2, n: 3}}",
        "whole.yaml": "{z: 1, y: [1, 2], none: null}",
    }
    checkout, project = read(repo, files)
    found = values.read_params(checkout, project)
    assert found.files == {
        "w/params.yaml": {"lr": 1, "deep.b.0": 5, "deep.c.d": 7},
        "w/other.yaml": {"k.l": 1, "k.m": 2},
        "whole.yaml": {"z": 1, "y": "[1, 2]", "none": None},
    }
    assert [(one.path, one.kind, one.datum) for one in found.elsewhere] == [("gone.yaml", "params", None)]


def test_a_metric_in_a_directory_that_dvc_tracks_is_named_with_its_hash(repo: Repo) -> None:
    files = {
        "dvc.yaml": "metrics: [data/m.json, nowhere.json]",
        "data.dvc": "outs: [{path: data, md5: 0123456789abcdef0123456789abcdef.dir, size: 5, nfiles: 2}]",
    }
    checkout, project = read(repo, files)
    kept, lost = values.read_metrics(checkout, project).elsewhere
    assert kept.datum is not None
    assert (kept.path, kept.datum.path, kept.datum.files, lost.datum) == ("data/m.json", "data", 2, None)


def test_a_metric_in_a_directory_that_a_stage_makes_is_kept_by_dvc(repo: Repo) -> None:
    files = {
        "dvc.yaml": "stages: {e: {cmd: x, outs: [eval]}}\nmetrics: [eval/deep/m.json]",
        "dvc.lock": "schema: '2.0'\nstages: {e: {cmd: x, outs: [{path: eval, md5: 12.dir}]}}",
    }
    checkout, project = read(repo, files)
    (kept,) = values.read_metrics(checkout, project).elsewhere
    assert kept.datum is not None
    assert kept.datum.md5 == "12.dir"


def test_stages_show_what_they_take_of_the_parameters_beside_a_nested_file(repo: Repo) -> None:
    text = """\
stages:
  plain: {cmd: "x ${rate}"}
  each: {foreach: "${events}", do: {cmd: "x ${item.post}"}}
  many: {matrix: {w: "${words}", v: ["${rate}", 2]}, cmd: "x ${item.w} ${item.v} ${key}"}
"""
    params = "rate: 3\nunused: 9\nevents: {a: {post: P, no: 1}}\nwords: [c]\n"
    checkout, project = read(repo, {"pipe/dvc.yaml": text, "pipe/params.yaml": params})
    found = values.read_params(checkout, project)
    assert found.files == {"pipe/params.yaml": {"events.a.post": "P", "rate": 3, "words.0": "c"}}
    assert found.elsewhere == ()


def test_requirements_are_found_beside_the_annotation_and_above(repo: Repo) -> None:
    text = "# comment\nNumPy[fast]==1.2 ; python_version > '3'\n-r more.txt\npandas\n./local\nflask >= 2 \\\n"
    text += "  --hash=sha256:1\n"
    files = {
        "requirements.txt": text,
        "eu/requirements-dev.txt": "x",
        "eu/uv.lock": "",
        "other/uv.lock": "",
        "a.txt": "",
    }
    checkout, _ = read(repo, files)
    found = requirements.find_requirements(checkout, "eu")
    assert found == ["eu/requirements-dev.txt", "eu/uv.lock", "requirements.txt"]
    packages = {
        name: wanted for (path, name), wanted in requirements.read_packages(checkout, found).items() if path[0] == "r"
    }
    assert packages == {"numpy": "==1.2", "pandas": "any", "flask": ">=2"}
