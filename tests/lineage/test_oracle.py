"""Odd shapes of metrics and parameters, beside DVC."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.lineage.pipeline import Pipeline, write
from tests.stories.healthy import done

if TYPE_CHECKING:
    from tests.repo import Repo

pytestmark = pytest.mark.dvc

DVC_YAML = """\
vars: [sub/vars.toml, {own: {deep: 1}}]
metrics: [m.json, one.json, missing.json, folder, sub/x.toml, words.yaml, metrics.py]
params: [whole.yaml, sub/whole.toml, nowhere.yaml, directive.yaml]
stages:
  grid:
    matrix: {model: [a, b], size: [1, 2]}
    wdir: sub/${item.model}
    vars: [local.yaml]
    cmd: x ${big.size} ${local.key} ${own.deep} ${rate}
    params: [lr, nested.list, 'nested.map', gone, ../code.py: [Train.rate, DEPTH, gone.too], ../some.json: ]
    outs: ["${item.size}.bin"]
    metrics: ["${item.size}.json": {cache: false}]
  each:
    foreach: {x: {n: 1}, y: {n: 2}}
    do:
      cmd: x ${key} ${item.n}
      params: ['each.${key}']
      metrics: ["each-${item.n}.yaml": {cache: false}]
  named:
    matrix: {name: "${each}"}
    cmd: x
    metrics: ["named-${item.name}.json": {cache: false}]
"""
NESTED = """\
stages:
  plain: {cmd: "x ${rate}"}
  mapped: {foreach: "${events}", do: {cmd: "x ${item.post}"}}
  listed: {foreach: "${words}", do: {cmd: "x ${item}"}}
  grid: {matrix: {w: "${words}", n: ["${deep.one}", 7], d: "${events}"}, cmd: "x ${item.w} ${item.n} ${item.d}"}
"""


def files(number: int) -> dict[str, str]:
    """The files of one version."""
    found = {
        "dvc.yaml": DVC_YAML,
        "params.yaml": f"rate: {number}\neach: {{x: [{number}], y: {{z: {number}}}}}\nempty: {{}}\nnone: null\n",
        "m.json": json.dumps(
            {"a": number, "b": {"c": [number], "d": None, "e": {}, "f": {"g": 0.1 * number}}, "x.y": 3 - number}
        ),
        "one.json": str(number / 8),
        "folder/in.json": json.dumps({"deep": number, "same": 1}),
        "folder/deeper/in.yaml": f"text: run {number}\nyes: {'true' if number == 1 else 'false'}\n",
        "sub/x.toml": f"[t]\nv = {number}\nwhen = 2026-01-0{number}\n",
        "words.yaml": f"word: '{number}'\nnumber: {number}e3\nbig: 1_00{number}\nhex: 0x1{number}\nother: {number}.\n",
        "metrics.py": f"LOSS = {number}.5\nclass Train:\n    best = {number}\n",
        "whole.yaml": f"a: [1, {{b: {number}}}]\nc: [{number}]\nkey{number}: 1\ngone: {'null' if number == 1 else 1}\n",
        "sub/whole.toml": f"[x.y]\nz = {number}\nsame = true\n",
        "sub/vars.toml": f"[big]\nsize = {number}\nunused = {number}\n",
        "sub/code.py": f"DEPTH: int = {number}\nclass Train:\n    rate = 0.{number}\n    other = {number}\n",
        "sub/some.json": json.dumps({"k": {"l": number}}),
        "each-1.yaml": f"v: {number}\n",
        "each-2.yaml": "v: 5\n",
    }
    found["nested/dvc.yaml"] = NESTED
    found["nested/params.yaml"] = (
        f"rate: {number}\nunused: {number}\nevents: {{a: {{post: P{number}, no: {number}}}}}\n"
        f"words: [w, v{number}]\ndeep: {{one: {number}, two: {number}}}\n"
    )
    found |= {f"named-{key}.json": json.dumps({"named": number}) for key in "xy"}
    found["directive.yaml"] = (
        f"%YAML 1.1\n---\nflag: {'yes' if number == 1 else 'no'}\nmask: 01{number}\nhour: 1:0{number}\n"
    )
    for model in "ab":
        found[f"sub/{model}/params.yaml"] = (
            f"lr: 0.{number}\nnested: {{list: [1, {number}], map: {{k: {number}}}, no: {number}}}\n"
        )
        found[f"sub/{model}/local.yaml"] = f"local: {{key: {number}, unused: {number}}}\n"
        for size in (1, 2):
            found[f"sub/{model}/{size}.json"] = json.dumps({"score": number * size})
    return found


@pytest.fixture
def project(empty_repo: Repo, pipeline: Pipeline) -> Pipeline:
    """A DVC project of two versions, in which nothing ever ran."""
    made = Pipeline(empty_repo, pipeline.python)
    assert made.dvc("init", "--quiet").code == 0
    for number in (1, 2):
        for name, text in files(number).items():
            write(empty_repo.path, name, text)
        empty_repo.git("add", "--all")
        empty_repo.commit(f"version {number}")
    return made


@pytest.mark.parametrize("kind", ["metrics", "params"])
def test_odd_shapes_are_read_as_dvc_reads_them(project: Pipeline, kind: str) -> None:
    oracle = json.loads(done(project.dvc(kind, "diff", "--json", "HEAD~1", "HEAD")))
    ours = json.loads(done(project.repo.gto("diff", "HEAD~1", "HEAD", "--json")))[kind]
    assert len(oracle) > 5
    assert ours == oracle


def test_dvclive_in_a_directory_of_its_own_is_read_as_dvc_reads_it(empty_repo: Repo, pipeline: Pipeline) -> None:
    made = Pipeline(empty_repo, pipeline.python)
    assert made.dvc("init", "--quiet").code == 0
    for number in (1, 2):
        write(empty_repo.path, "dvclive/dvc.yaml", "params: [params.yaml]\nmetrics: [metrics.json]\n")
        write(empty_repo.path, "dvclive/metrics.json", json.dumps({"train": {"acc": number}, "step": number}))
        write(empty_repo.path, "dvclive/params.yaml", f"lr: 0.{number}\n")
        empty_repo.git("add", "--all")
        empty_repo.commit(f"version {number}")
    for kind in ("metrics", "params"):
        oracle = json.loads(done(made.dvc(kind, "diff", "--json", "HEAD~1", "HEAD")))
        assert json.loads(done(empty_repo.gto("diff", "HEAD~1", "HEAD", "--json")))[kind] == oracle != {}
