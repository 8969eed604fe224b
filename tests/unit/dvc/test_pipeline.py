from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.lineage.reading import aside, read

if TYPE_CHECKING:
    from tests.repo import Repo

MATRIX = """\
vars: [{sizes: [1, 2], deep: [{a: 1}, {a: 2}]}]
stages:
  train:
    matrix: {model: [cnn, rnn], size: "${sizes}"}
    wdir: runs/${item.model}
    cmd: x
    deps: [../data, "${key}.txt"]
    outs: ["${item.size}.bin"]
  each:
    foreach: {eu: {n: 1}, us: {n: 2}}
    do: {cmd: x, outs: ["${key}-${item.n}.bin"]}
  numbered:
    foreach: ${deep}
    do: {cmd: x, outs: ["n${item.a}.bin"]}
  words:
    foreach: [a, 1, true]
    do: {cmd: x, outs: ["w${item}.bin"]}
  nested:
    matrix: {m: [[1], [2]]}
    cmd: x
    outs: ["${item.m[0]}.nested"]
"""


def test_foreach_and_matrix_give_the_stages_that_dvc_lock_names(repo: Repo) -> None:
    checkout, project = read(repo, {"sub/dvc.yaml": MATRIX})
    made = {ran.stage.name: [output.path for output in ran.stage.outs] for ran in project.stages}
    assert made == {
        "train@cnn-1": ["sub/runs/cnn/1.bin"],
        "train@cnn-2": ["sub/runs/cnn/2.bin"],
        "train@rnn-1": ["sub/runs/rnn/1.bin"],
        "train@rnn-2": ["sub/runs/rnn/2.bin"],
        "each@eu": ["sub/eu-1.bin"],
        "each@us": ["sub/us-2.bin"],
        "numbered@0": ["sub/n1.bin"],
        "numbered@1": ["sub/n2.bin"],
        "words@a": ["sub/wa.bin"],
        "words@1": ["sub/w1.bin"],
        "words@true": ["sub/wtrue.bin"],
        "nested@m0": ["sub/1.nested"],
        "nested@m1": ["sub/2.nested"],
    }
    assert project.stages[0].stage.deps == ("sub/runs/data", "sub/runs/cnn/cnn-1.txt")
    assert project.stages[0].stage.address == "sub/dvc.yaml:train@cnn-1"
    assert checkout.problems == []


def test_the_vars_of_a_stage_are_named_from_where_it_runs(repo: Repo) -> None:
    files = {
        "dvc.yaml": "vars: [top.yaml]\nstages: {s: {cmd: x, wdir: w, vars: [own.yaml:b, {c: 3}], "
        "outs: ['${a}-${b}-${c}']}}\n",
        "top.yaml": "{a: 1}",
        "w/own.yaml": "{b: 2, unused: 4}",
    }
    _, project = read(repo, files)
    assert [output.path for output in project.stages[0].stage.outs] == ["w/1-2-3"]
    assert project.pipelines[0].used == dict.fromkeys(("params.yaml", "top.yaml", "w/own.yaml"), ("a", "b", "c"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("stages: {s: {cmd: x, outs: ['${no}']}}", "names no variable"),
        ("stages: {s: {foreach: 1, do: {cmd: x}}}", "'foreach' takes"),
        ("stages: {s: {matrix: [1], cmd: x}}", "'matrix' takes"),
        ("stages: {s: {foreach: '${no}', do: {cmd: x}}}", "names no variable"),
        ("vars: [no.yaml]\nstages: {s: {cmd: x, outs: ['${no}']}}", "no.yaml"),
        ("metrics: ['${no}']", "names no variable"),
        ("plots: ['${no}']", "names no variable"),
        ("a: [", "line"),
        ("a: !!python/object x", "not supported"),
    ],
)
def test_what_dvc_would_refuse_is_set_aside_with_a_reason(repo: Repo, text: str, reason: str) -> None:
    checkout, project = read(repo, {"dvc.yaml": text})
    assert project.stages == ()
    (problem,) = checkout.problems
    assert problem.subject == "dvc.yaml"
    assert reason in problem.reason or reason == "line"


HOSTILE = [
    "",
    "[]",
    "3",
    "stages: []",
    "stages: {1: 2, a: null, b: [], c: {}}",
    "stages: {a: {deps: 3, outs: {x: 1}, metrics: [[1], null, {a: [1]}], params: {a: 1}, plots: [1, {}]}}",
    "stages: {a: {deps: [{[1]: 2}]}}",
    "stages: {a: {params: [3, null, [x]]}}",
    "stages: {a: {wdir: 3, vars: 3, deps: [x]}}",
    "stages: {a: {wdir: ../../.., outs: [../../x, /etc/passwd, 's3://b/k']}}",
    "stages: {a: {foreach: [], do: {}}, b: {foreach: {}, do: 3}, c: {matrix: {}}, d: {matrix: {x: []}}}",
    "stages: {a: {foreach: [[1], {a: 1}, null], do: {outs: ['${item}']}}}",
    "metrics: 3\nparams: {a: {b: 1}}\nplots: {x: 3, y: {y: {z: [1, {}]}}}",
    "metrics: [., .., /, '', '\\0', \"a\\nb\"]",
    "plots: [{p: {y: {a.csv: [1, null]}, x: 3}}, {q: {y: 3, x: {a: {b: 1}}}}, null, [], 7]",
    "params: [a, [b], {c: [d]}]",
    "vars: 3\nstages: {a: {outs: ['${x}']}}",
]


def test_no_file_makes_reading_fail(repo: Repo) -> None:
    from gto.lineage import values
    from gto.lineage.trace import trace
    from gto.plots.declaration import find_plots

    lock = ["", "3", "stages: 3", "stages: {a: 3, b: {deps: 3, outs: [1, {}, {path: [1]}], params: [1], cmd: [1, {}]}}"]
    files = {f"d{place}/dvc.yaml": text for place, text in enumerate(HOSTILE)}
    files |= {f"d{place}/dvc.lock": lock[place % len(lock)] for place in range(len(HOSTILE))}
    files |= {"x.dvc": "3", "y.dvc": "outs: {a: 1}\ndeps: [{repo: 3}]", "z.dvc": "outs: [{path: ../../a, md5: [1]}]"}
    checkout, project = read(repo, files)
    values.read_metrics(checkout, project)
    values.read_params(checkout, project)
    find_plots(checkout, project)
    for path in ("x", "y", "z", "d1/x", "../x", "/etc/passwd", "s3://a/b", ".", ""):
        trace(checkout, project, path)
    wrong = {subject for _, subject in aside(checkout)}
    assert wrong >= {"d8/dvc.yaml", "d1/dvc.lock", "x.dvc"}
    assert {ran.stage.name for ran in project.stages if ran.stage.file == "d9/dvc.yaml"} == {"a"}


def test_stages_beyond_the_bounds_are_left_out(repo: Repo) -> None:
    axis = "[" + ",".join(map(str, range(40))) + "]"
    checkout, project = read(repo, {"dvc.yaml": f"stages: {{s: {{matrix: {{a: {axis}, b: {axis}}}, cmd: x}}}}"})
    assert len(project.stages) == 1600
    assert checkout.problems == []
    many = "stages:\n" + "".join(f"  s{n}: {{foreach: {axis}, do: {{cmd: x}}}}\n" for n in range(251))
    checkout, project = read(repo, {"dvc.yaml": many})
    assert len(project.stages) == 10_000
    assert aside(checkout) == [("lineage-invalid", "dvc.yaml")]


def test_what_all_stages_fill_in_is_bounded_together(repo: Repo) -> None:
    numbers = "[" + ",".join(map(str, range(500))) + "]"
    text = f"vars: [{{big: {'x' * 10_000}}}]\nstages: {{s: {{foreach: {numbers}, do: {{cmd: x, outs: ['${{big}}']}}}}}}"
    checkout, project = read(repo, {"dvc.yaml": text})
    assert len(project.stages) < 110
    assert "more than 1048576 characters" in checkout.problems[0].reason


def test_a_project_within_a_project_is_not_read(repo: Repo) -> None:
    text = "metrics: [m.json]"
    files = {".dvc/config": "", "dvc.yaml": text, "sub/.dvc/config": "", "sub/dvc.yaml": text, "sub/x/dvc.yaml": text}
    _, project = read(repo, files)
    assert [pipeline.file for pipeline in project.pipelines] == ["dvc.yaml"]
    _, project = read(repo, {}, "sub")
    assert [pipeline.metrics for pipeline in project.pipelines] == [("sub/m.json",), ("sub/x/m.json",)]


def test_files_too_large_are_set_aside(repo: Repo) -> None:
    from gto.lineage import values

    files = {"dvc.yaml": "metrics: [big.json, many.json]", "big.json": " " * (4 << 20) + "{}",
             "many.json": "{" + ",".join(f'"k{n}": {n}' for n in range(10_001)) + "}"}  # fmt: skip
    checkout, project = read(repo, files)
    found = values.read_metrics(checkout, project)
    assert {path: len(keyed) for path, keyed in found.files.items()} == {"many.json": 10_000}
    assert aside(checkout) == [("lineage-file", "big.json"), ("lineage-many", "many.json")]


def test_a_matrix_over_a_mapping_has_a_stage_for_each_key(repo: Repo) -> None:
    files = {
        "dvc.yaml": 'stages: {t: {matrix: {m: "${models}"}, cmd: x, outs: ["${item.m}.bin"]}}',
        "params.yaml": "models: {us: {lr: 1}, uk: {lr: 2}}",
    }
    checkout, project = read(repo, files)
    assert [(ran.stage.name, ran.stage.outs[0].path) for ran in project.stages] == [
        ("t@us", "us.bin"),
        ("t@uk", "uk.bin"),
    ]
    assert checkout.problems == []


def test_a_section_that_dvc_does_not_know_is_named(repo: Repo) -> None:
    checkout, project = read(repo, {"dvc.yaml": "train: {cmd: x}\nmetrics: [m.json]"})
    assert project.pipelines[0].metrics == ("m.json",)
    assert aside(checkout) == [("dvc-yaml-refused", "dvc.yaml")]
