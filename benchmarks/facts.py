"""Reading the facts of all versions of a repository at once, beside reading them one by one: CPU-ms a version.

The CPU is that of the whole process with its git processes. The aim is at most 1.5 ms a version, for each shape.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.measure import Cost, repeat, run
from benchmarks.run import ROOT, environment, show

if TYPE_CHECKING:
    from collections.abc import Iterator

CAP = 600.0
AIM = 1.5
"""CPU-milliseconds a version."""
SAMPLE = 40
"""Versions that are read one by one."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Commits of a DVC project, each of which is a version of some artifacts."""

    artifacts: int
    commits: int
    at_once: int
    """Artifacts of which each commit is a version."""
    is_annotated_anew: bool = False
    """Whether each commit changes an annotation in `dvc.yaml`; else `dvc.yaml` stays as it is."""

    @property
    def versions(self) -> int:
        """How many versions there are."""
        return self.commits * self.at_once


SHAPES = {
    "5 artifacts, all in each commit": Shape(5, 2000, 5),
    "5 artifacts, one in each commit": Shape(5, 2000, 1),
    "5 artifacts, dvc.yaml changes": Shape(5, 2000, 1, is_annotated_anew=True),
    "500 artifacts, one in each commit": Shape(500, 1000, 1),
    "500 artifacts, dvc.yaml changes": Shape(500, 1000, 1, is_annotated_anew=True),
}
READ = """
import sys
from gto.lineage import bulk, collect
from gto.registry.registry import Registry
from gto.registry.resolve import Target
way, *lines = open(sys.argv[1]).read().splitlines()
points = [Target(name, commit, name, "v1.0.0") for commit, name in map(str.split, lines)]
registry = Registry.open(".")
if way == "alone":
    found = [known for point in points for known in collect.gather(registry, [point])]
else:
    found = bulk.gather_each(registry, points)
assert sum(1 for known in found if known.annotation and known.lineage and known.metrics.files) == len(points)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="runs of each, for the median")
    runs = parser.parse_args().runs
    for number, (title, shape) in enumerate(SHAPES.items()):
        place = ROOT / ".reference" / f"facts-{number}"
        with ProcessPoolExecutor(1) as pool:
            pool.submit(make, place, shape).result()
        compare(title, place, shape, runs)


def compare(title: str, place: Path, shape: Shape, runs: int) -> None:
    """Measure one shape, and print a line for each way of reading."""
    print(f"==> {title}: {shape.versions:,} versions in {shape.commits:,} commits")
    points = (place / ".git" / "points").read_text(encoding="ascii").splitlines()
    start = repeat(partial(_read, place, "alone", []), runs)
    alone = repeat(partial(_read, place, "alone", points[:: len(points) // SAMPLE][:SAMPLE]), runs)
    bulk = repeat(partial(_read, place, "bulk", points), runs)
    one, each = ((cost.cpu - start.cpu) * 1000 / count for cost, count in ((alone, SAMPLE), (bulk, len(points))))
    print(f"    {'alone':6} {show(alone)} = {one:7.2f} CPU-ms a version ({SAMPLE} of them)")
    print(f"    {'bulk':6} {show(bulk)} = {each:7.2f} CPU-ms a version (aim: {AIM}), {one / each:.0f} times less")


def _read(place: Path, way: str, points: list[str]) -> Cost:
    told = place / ".git" / "asked"
    told.write_text("\n".join([way, *points]), encoding="ascii")
    return run([sys.executable, "-c", READ, str(told)], place, environment(), CAP)


def make(place: Path, shape: Shape) -> None:
    """Make the repository, packed as after `git gc`, with a list of its versions; done before, nothing is done."""
    done = place / ".git" / "made"
    if done.exists():
        return
    place.mkdir(parents=True, exist_ok=True)
    git = ["git", "-C", str(place)]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    text = "".join(part for number in range(shape.commits) for part in _commit(number, shape)).encode()
    subprocess.run([*git, "fast-import", "--quiet", "--date-format=raw"], input=text, check=True)
    subprocess.run([*git, "reset", "--quiet", "--hard", "main"], check=True)
    subprocess.run([*git, "gc", "--quiet"], check=True)
    listed = subprocess.run([*git, "rev-list", "--reverse", "main"], check=True, capture_output=True, text=True).stdout
    lines = [
        f"{commit} model-{(number + place) % shape.artifacts:03}\n"
        for number, commit in enumerate(listed.split())
        for place in range(shape.at_once)
    ]
    (place / ".git" / "points").write_text("".join(lines), encoding="ascii")
    done.touch()


def _commit(number: int, shape: Shape) -> Iterator[str]:
    message = f"Train, run {number}"
    yield f"commit refs/heads/main\nmark :{number + 1}\n"
    yield f"committer Ada <ada@example.com> {1_600_000_000 + number} +0000\n"
    yield f"data {len(message)}\n{message}\n"
    if number:
        yield f"from :{number}\n"
    files = _trained(number)
    if not number:
        files |= {".dvc/config": "[core]\n    remote = store\n", "requirements.txt": "numpy==1.26\npandas>=2\n"}
        files |= {f"src/module_{one:02}.py": f"NUMBER = {one}\n" for one in range(40)}
    if not number or shape.is_annotated_anew:
        files["dvc.yaml"] = _pipeline(number, shape.artifacts)
    for path, text in files.items():
        yield f"M 100644 inline {path}\ndata {len(text)}\n{text}\n"


def _trained(number: int) -> dict[str, str]:
    md5 = f"{number:032x}"
    lock = f"""schema: '2.0'
stages:
  clean:
    cmd: python src/clean.py
    deps:
    - path: data/raw.csv
      hash: md5
      md5: {md5}
      size: {1000 + number}
    outs:
    - path: data/clean.csv
      hash: md5
      md5: {md5[::-1]}
      size: {900 + number}
  train:
    cmd: python src/train.py --data data/clean.csv --out models --metrics metrics.json
      --curve curves/loss.csv
    deps:
    - path: data/clean.csv
      hash: md5
      md5: {md5[::-1]}
      size: {900 + number}
    - path: src/module_00.py
      hash: md5
      md5: c0ffee00000000000000000000000000
      size: 11
    params:
      params.yaml:
        train.epochs: {number % 50}
        train.lr: 0.{number + 1}
        train.layers:
        - 64
        - {number}
    outs:
    - path: metrics.json
      hash: md5
      md5: {md5}
      size: 77
    - path: models
      hash: md5
      md5: {md5}.dir
      size: {100_000 + number}
      nfiles: 500
"""
    params = f"train:\n  epochs: {number % 50}\n  lr: 0.{number + 1}\n  layers: [64, {number}]\nclean:\n  seed: 7\n"
    metrics = {"auc": 1 - 1 / (number + 2), "loss": 1 / (number + 1), "test": {"f1": number / 3000, "rows": number}}
    return {"dvc.lock": lock, "params.yaml": params, "metrics.json": json.dumps(metrics, indent=2) + "\n"}


def _pipeline(number: int, artifacts: int) -> str:
    entries = "".join(
        f"  model-{one:03}:\n    path: models/{one:03}.pkl\n    type: model\n    desc: Model number {one}"
        f"{f', run {number}' if one == number % artifacts else ''}\n    labels: [weekly, team-{one % 7}]\n"
        for one in range(artifacts)
    )
    return f"""stages:
  clean:
    cmd: python src/clean.py
    deps:
    - data/raw.csv
    outs:
    - data/clean.csv
  train:
    cmd: python src/train.py --data data/clean.csv --out models --metrics metrics.json
      --curve curves/loss.csv
    deps:
    - data/clean.csv
    - src/module_00.py
    params:
    - train.epochs
    - train.lr
    - train.layers
    outs:
    - models
    metrics:
    - metrics.json:
        cache: false
plots:
- curves/loss.csv:
    x: epoch
artifacts:
{entries}"""


if __name__ == "__main__":
    main()
