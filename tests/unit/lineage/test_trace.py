from __future__ import annotations

from typing import TYPE_CHECKING

from gto.lineage.trace import trace
from tests.unit.lineage.reading import aside, read

if TYPE_CHECKING:
    from tests.repo import Repo

IMPORTED = """\
outs: [{path: raw, md5: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.dir}]
deps: [{path: data/raw, repo: {url: 'https://example.com/data.git', rev_lock: 1234}}]
"""


def test_a_file_in_an_output_leads_to_its_stage_and_to_what_was_imported(repo: Repo) -> None:
    files = {
        "dvc.yaml": "stages:\n  fit: {cmd: x, deps: [raw/part.csv, fit.py], outs: [models]}\n"
        "  other: {cmd: y, outs: [o]}\n",
        "dvc.lock": "schema: '2.0'\nstages:\n  fit:\n    cmd: [one, two]\n    deps: [{path: raw/part.csv, md5: 11}]\n"
        "    outs: [{path: models, md5: 22.dir, size: 9, nfiles: 2}]\n",
        "raw.dvc": IMPORTED,
    }
    checkout, project = read(repo, files)
    found = trace(checkout, project, "models/churn.bin")
    assert (found.home, [step.stage for step in found.steps]) == ("elsewhere", ["fit"])
    (step,) = found.steps
    assert step.command == "one\ntwo"
    (taken,) = step.inputs
    assert (taken.home, taken.origin) == ("dvc", "data/raw of https://example.com/data.git at 1234")
    whole = trace(checkout, project, "models")
    assert (whole.home, whole.datum.md5, whole.datum.files) == ("dvc", "22.dir", 2)
    assert [datum.path for datum in whole.data] == ["raw/part.csv", "models"]


def test_an_imported_artifact_says_where_it_came_from(repo: Repo) -> None:
    files = {"eu/m.bin.dvc": "outs: [{path: m.bin, md5: 33, size: 4}]\ndeps: [{path: 's3://bucket/m.bin', etag: e}]\n"}
    checkout, project = read(repo, files)
    found = trace(checkout, project, "eu/m.bin")
    assert (found.home, found.datum.md5, found.datum.size, found.origin) == ("dvc", "33", 4, "s3://bucket/m.bin")


def test_an_artifact_in_git_and_one_elsewhere_need_no_stage(repo: Repo) -> None:
    checkout, project = read(repo, {"m/a.bin": "x"})
    assert trace(checkout, project, "m").home == "git"
    assert trace(checkout, project, "s3://bucket/key").home == "elsewhere"


def test_stages_in_a_circle_count_once(repo: Repo) -> None:
    text = "stages:\n  a: {cmd: x, deps: [y], outs: [x]}\n  b: {cmd: x, deps: [x], outs: [y]}\n"
    checkout, project = read(repo, {"dvc.yaml": text})
    found = trace(checkout, project, "x")
    assert [(step.stage, step.is_recorded) for step in found.steps] == [("a", False), ("b", False)]
    assert [one.stage for step in found.steps for one in step.inputs] == ["b", "a"]


def test_the_walk_back_is_bounded(repo: Repo) -> None:
    stages = [f"  s{n}: {{cmd: x, deps: [f{n + 1}], outs: [f{n}]}}\n" for n in range(1001)]
    checkout, project = read(repo, {"dvc.yaml": "stages:\n" + "".join(stages)})
    assert len(trace(checkout, project, "f0").steps) == 1000
    assert aside(checkout) == [("lineage-many", "f0")]


def test_a_lock_of_old_and_a_broken_one_are_read_as_far_as_they_go(repo: Repo) -> None:
    old = (
        "fit:\n  cmd: x\n  deps: [{path: a, checksum: 44}]\n  outs: [{path: m, md5: 55, size: true}]\n"
        "  params: {p.yaml: {k: 2026-01-01, x: [1]}}\n"
    )
    checkout, project = read(repo, {"dvc.yaml": "stages: {fit: {cmd: x, deps: [a], outs: [m]}}", "dvc.lock": old})
    found = trace(checkout, project, "m")
    assert (found.datum.md5, found.datum.size) == ("55", None)
    assert found.steps[0].inputs[0].datum.md5 == "44"
    assert found.steps[0].params == {"p.yaml": {"k": "2026-01-01", "x": [1]}}
    checkout, project = read(repo, {"dvc.lock": "[", "m.dvc": "{"})
    assert trace(checkout, project, "m").steps[0].is_recorded is False
    assert aside(checkout) == [("lineage-file", "dvc.lock"), ("lineage-file", "m.dvc")]


def test_a_lock_of_a_newer_form_is_named_and_a_stage_that_never_ran_has_the_command_of_its_file(repo: Repo) -> None:
    text = 'stages: {fit: {cmd: ["run ${lr}", "end ${all}"], outs: [m]}, raw: {cmd: "run ${all}", outs: [n]}}'
    files = {
        "dvc.yaml": text,
        "dvc.lock": "schema: '3.0'\nstages: {fit: {cmd: old}}",
        "params.yaml": "lr: 3\nall: {a: 1}",
    }
    checkout, project = read(repo, files)
    assert trace(checkout, project, "m").steps[0].command == "run ${lr}\nend ${all}"
    assert trace(checkout, project, "n").steps[0].command == "run ${all}"
    assert [(problem.subject, problem.reason) for problem in checkout.problems] == [
        ("dvc.lock", "schema 3.0 is not known")
    ]
