"""`-r URL` over smart HTTP on loopback: the first call and later ones, beside git and beside GTO 1.10.1, in one run.

The repository has 2,000 commits, 2,000 tags and 200 MB of weights.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.measure import Cost, median, run
from benchmarks.registry import Shape
from benchmarks.run import environment, make_apart
from tests.environment import make_environment
from tests.server import Server, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parent.parent
SHAPE = Shape(40, 20, 30, 2000, weights=100_000)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="runs of ours and of git, for the median")
    parser.add_argument("--reference-runs", type=int, default=1, help="runs of GTO 1.10.1; 0 for none")
    parser.add_argument("--cap", type=float, default=300, help="seconds that a run may take")
    options = parser.parse_args()
    ours = make_environment("gto-bench", [str(ROOT)], anew=True).parent / "gto"
    reference = make_environment("gto-1.10.1", ["gto==1.10.1"]).parent / "gto" if options.reference_runs else None
    source = ROOT / ".reference" / "registry-remote"
    print("==> `-r URL`: 2,000 commits, 2,000 tags, 200 MB, over smart HTTP")
    make_apart(source, SHAPE)
    with tempfile.TemporaryDirectory() as scratch, serve(source.parent) as server:
        subprocess.run(["git", "-C", str(source), "config", "uploadpack.allowFilter", "true"], check=True)
        compare(Path(scratch), server, f"{source.name}/.git", (ours, reference), options)


def compare(
    scratch: Path, server: Server, name: str, programs: tuple[Path, Path | None], options: argparse.Namespace
) -> None:
    """Print a line for each way to read the remote repository."""
    ours, reference = programs
    url = server.url(name)
    env = environment() | {"XDG_CACHE_HOME": str(scratch / "cache"), "HOME": str(scratch)}

    def measure(label: str, argv: Sequence[str], times: int, before: Callable[[], None] = lambda: None) -> Cost:
        costs = []
        for _ in range(times):
            before()
            server.forget()
            costs.append(run(argv, scratch, env, options.cap))
        size = server.counts.sent / 1e6
        cost = median(costs)
        print(f"    {label:28} {cost.wall:7.3f} s {cost.cpu:7.3f} CPU-s {size:8.3f} MB", flush=True)
        return cost

    def forget() -> None:
        shutil.rmtree(scratch / "cache", ignore_errors=True)
        shutil.rmtree(scratch / "clone", ignore_errors=True)

    clone = ["git", "clone", "--quiet", "--bare", "--filter=blob:none", url, "clone"]
    limit = measure("git clone, no blobs", clone, options.runs, forget)
    first = measure("gto show -r URL, first", [str(ours), "show", "-r", url], options.runs, forget)
    listing = measure("git ls-remote --tags", ["git", "ls-remote", "--quiet", "--tags", url], options.runs)
    later = measure("gto show -r URL, later", [str(ours), "show", "-r", url], options.runs)
    print(f"    first = {first.wall / limit.wall:.2f} clones, later = {later.wall / listing.wall:.2f} listings")
    if reference:
        theirs = measure("1.10.1 show -r URL", [str(reference), "show", "-r", url], options.reference_runs)
        print(f"    first = {first.wall / theirs.wall:.4f} of the time of 1.10.1")


if __name__ == "__main__":
    main()
