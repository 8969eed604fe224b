"""`gto ci` for an assignment, in a shallow checkout of 10,000 tags and 2,000 commits over smart HTTP on loopback.

Beside it the git commands by which GTO's own action makes sure of its tags: it deletes and fetches all.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.measure import Cost, median, run
from benchmarks.registry import Shape
from benchmarks.run import environment, make_apart
from tests.environment import make_environment
from tests.server import serve

ROOT = Path(__file__).parent.parent
SHAPE = Shape(100, 20, 80, 2000)
BYTES, CPU, WALL = 1.2, 1.0, 2.0  # MB, CPU-seconds, seconds: the limits
ALL = "git tag | xargs git tag --delete && git fetch --all --prune --tags --unshallow"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="runs, for the median")
    options = parser.parse_args()
    ours = make_environment("gto-bench", [str(ROOT)], anew=True).parent / "gto"
    source = ROOT / ".reference" / "registry-ci"
    print("==> `gto ci`: 10,000 tags, 2,000 commits, a checkout of depth 1")
    make_apart(source, SHAPE)
    subprocess.run(["git", "-C", str(source), "config", "uploadpack.allowFilter", "true"], check=True)
    tags = subprocess.run(
        ["git", "-C", str(source), "tag", "--list", "*/model-0055#prod*"], capture_output=True, check=True
    )
    ref = tags.stdout.decode().split()[-1]
    env = environment() | {"GITHUB_ACTIONS": "true", "GITHUB_REF": f"refs/tags/{ref}"}
    with tempfile.TemporaryDirectory() as scratch, serve(source.parent) as server:
        place = Path(scratch) / "job"
        clone = [
            "git",
            "clone",
            "--quiet",
            "--depth=1",
            f"--branch={ref}",
            server.url(f"{source.name}/.git"),
            str(place),
        ]

        def measure(label: str, argv: list[str]) -> tuple[Cost, float]:
            costs = []
            for _ in range(options.runs):
                shutil.rmtree(place, ignore_errors=True)
                subprocess.run(clone, env=environment(), check=True, capture_output=True)
                server.forget()
                costs.append(run(argv, place, env, 60))
            cost, size = median(costs), server.counts.sent / 1e6
            print(f"    {label:32} {cost.wall:7.3f} s {cost.cpu:7.3f} CPU-s {size:8.3f} MB", flush=True)
            return cost, size

        cost, size = measure("gto ci", [str(ours), "ci"])
        measure("delete and fetch all tags", ["sh", "-c", ALL])
        is_met = cost.cpu <= CPU and cost.wall <= WALL and size <= BYTES
        print(f"    limits: {WALL} s, {CPU} CPU-s, {BYTES} MB: {'met' if is_met else 'MISSED'}")


if __name__ == "__main__":
    main()
