"""Many versions at once are what each is alone, and each blob is parsed once."""

from __future__ import annotations

import random
from collections import Counter
from contextvars import copy_context
from typing import TYPE_CHECKING

from gto.git.command import watch
from gto.git.object_cache import ObjectCache
from gto.lineage.bulk import UNREADABLE, gather_each
from gto.lineage.collect import CollectedFacts, gather
from gto.registry.registry import Registry
from gto.registry.resolve import Target
from gto.yamldoc import document

if TYPE_CHECKING:
    import pytest

    from tests.repo import Repo

LOCK = """schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps:
    - path: data/{number}.csv
      md5: {number:032x}
    outs:
    - path: models/a.bin
      md5: {number:032x}
"""
PIPELINE = """vars: [more.yaml]
stages:
  train:
    cmd: python train.py ${lr}
    deps: [data/%d.csv]
    params: [lr]
    outs: [models/a.bin]
    metrics: [metrics.json: {cache: false}]
plots: [curve.csv]
artifacts:
  a: {path: models/a.bin, desc: "Run %d"}
  b:
    path: ${where}
  c: {path: kept}
  broken: [1]
"""


def targets(commits: list[str], names: list[str]) -> list[Target]:
    return [
        Target(f"{name}@v{number}", commit, name, f"v{number}")
        for number, commit in enumerate(commits)
        for name in names
    ]


def made_at_random(repo: Repo, commits: int) -> list[str]:
    """Commits that each change some files of projects: sound, broken, links, values from other files."""
    choose = random.Random(7)  # noqa: S311  no secret
    (repo.path / "sub").mkdir()
    (repo.path / "sub" / "params.yaml").symlink_to("../params.yaml")
    (repo.path / "sub" / "link.yaml").symlink_to("../metrics.json")
    (repo.path / "away").symlink_to("/etc")
    repo.git("add", "--all")
    made = []
    for number in range(commits):
        changes = {
            "dvc.yaml": [PIPELINE % (number, number), PIPELINE % (1, 1), "a: [", "stages: {train: 1}\nextra: 1\n"],
            "dvc.lock": [LOCK.format(number=number), "schema: '9'\n"],
            "params.yaml": [f"lr: {number}\nwhere: m/{number}\n", f"lr: 1\n# {number}\nwhere: m/1\n"],
            "more.yaml": [f"word: {number}\n", "lr: twice\n"],
            "metrics.json": [f'{{"auc": {number}}}', "{", "\n"],
            "kept/file": [str(number)],
            "requirements.txt": [f"numpy=={number}\n", "numpy # any\n"],
            "sub/dvc.yaml": [
                "artifacts:\n  d:\n    path: x\nmetrics:\n- link.yaml\nstages:\n  s: {cmd: a}\n",
                "artifacts: 1\n",
            ],
            "sub/.dvc/config": ["", "[core]\n"],
            "sub/x.dvc": [f"outs:\n- path: x\n  md5: {number:032x}\n", "outs: 1\n"],
            "artifacts.yaml": [f"old:\n  path: a{number}\n", "old: 1\n", "[]"],
        }
        some = choose.sample(sorted(changes), choose.randint(1, 5)) if number else sorted(changes)
        made.append(repo.commit("change", {path: choose.choice(changes[path]) for path in some} | {"n": str(number)}))
    return made


def test_versions_read_at_once_are_what_each_is_alone(repo: Repo) -> None:
    commits = made_at_random(repo, 12)
    points = targets(commits, ["a", "b", "c", "sub:d", "old", "none", "broken"])
    points += [Target("HEAD", commits[-1])]
    registry = Registry.open(repo.path)
    cache = ObjectCache()
    alone: dict[str, dict[str | None, CollectedFacts]] = {point.commit: {} for point in points}
    for point in points:
        alone[point.commit][point.artifact] = gather(registry, [point])[0]
    for one in [*gather_each(registry, points, cache, at_once=7), *gather_each(registry, points[::-1], cache)]:
        assert one == alone[one.point.commit][one.point.artifact]._replace(point=one.point)
        assert repr(one) == repr(alone[one.point.commit][one.point.artifact]._replace(point=one.point))


def trained(repo: Repo, commits: int) -> list[str]:
    """Commits that each change what training changes, and a file of variables."""
    made = []
    for number in range(commits):
        files = {"dvc.lock": LOCK.format(number=number), "more.yaml": f"where: m\nnumber: {number}\n"}
        files |= {} if number else {"dvc.yaml": PIPELINE % (0, 0), "params.yaml": "lr: 1\n"}
        made.append(repo.commit("change", files))
    return made


def test_each_blob_is_parsed_once(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = trained(repo, 12)
    parsed: Counter[str] = Counter()
    load_text = document.load_text

    def counting(text: str, file: str, *others: object) -> document.Document:
        parsed[text] += 1
        return load_text(text, file, *others)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(document, "load_text", counting)
    found = list(gather_each(Registry.open(repo.path), targets(commits, ["a", "b", "c"]), at_once=5))
    assert [one.annotation.path for one in found[:3] if one.annotation] == ["models/a.bin", "m", "kept"]
    assert set(parsed.values()) == {1}
    assert len(parsed) == 2 + 2 * len(commits)


def test_the_git_processes_are_those_of_a_part_and_not_of_a_version(repo: Repo) -> None:
    commits = trained(repo, 12)
    registry = Registry.open(repo.path)
    started: list[str] = []
    counts = []
    for some in (commits[:6], commits):
        started.clear()
        copy_context().run(read_watched, registry, targets(some, ["a", "b"]), started)
        counts.append(len(started))
    assert counts[0] == counts[1] < len(commits)


def read_watched(registry: Registry, points: list[Target], started: list[str]) -> None:
    watch(started.append)
    assert len(list(gather_each(registry, points))) == len(points)


def test_a_commit_that_is_not_there_costs_its_own_versions(repo: Repo) -> None:
    commits = made_at_random(repo, 3)
    points = targets([commits[0], "0" * 40, commits[2]], ["a"])
    registry = Registry.open(repo.path)
    first, lost, last = gather_each(registry, points)
    assert [first, last] == [gather(registry, [point])[0] for point in (points[0], points[2])]
    (problem,) = lost.problems
    assert (problem.code, problem.subject, problem.artifact) == (UNREADABLE, "0" * 40, "a")
    assert (lost.annotation, lost.lineage, lost.commit) == (None, None, None)
