"""`gto show --all` on 50 repositories, cold and warm, beside 50 listings of their tags by git, in one run.

"Cold" is with nothing kept, "warm" the second time. A listing is `git for-each-ref` printing the names of all tags,
which is the least that has to be asked. The aim for CPU, warm: 4 times the listings plus 0.3 s (start-up).
"""

from __future__ import annotations

import argparse
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.measure import Cost, median, repeat, run
from benchmarks.registry import Shape
from benchmarks.run import ROOT, environment, make_apart, show
from tests.environment import make_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

COUNT = 50
SHAPE = Shape(8, 20, 30, 100)  # 400 tags each
LISTING = ["git", "for-each-ref", "--format=%(refname)", "refs/tags"]
CAP = 120.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="runs of each, for the median")
    runs = parser.parse_args().runs
    home = ROOT / ".reference" / f"catalog-{COUNT}"
    print(f"==> {COUNT} repositories, {COUNT * SHAPE.tags:,} tags")
    for number in range(COUNT):
        make_apart(home / f"repo-{number:02}", SHAPE)
    catalog = home / "repos.yaml"
    catalog.write_text("repos:\n- glob: repo-*\n", encoding="utf-8")
    gto = make_environment("gto-bench", [str(ROOT)], anew=True).parent / "gto"
    compare(home, [str(gto), "show", "--all", "--catalog", str(catalog)], runs)


def compare(home: Path, command: list[str], runs: int) -> None:
    """Measure the listings and the command, and print a line for each."""
    env = environment()
    listings = median([_listings(home, env) for _ in range(runs)])
    print(f"    {'listings':10} {show(listings)}   (names only, one after another)")
    cold = repeat(partial(_cold, home, command, env), runs)
    print(f"    {'cold':10} {show(cold)} = {cold.cpu / listings.cpu:5.2f} listings")
    warm = repeat(partial(run, command, home, env, CAP), runs)
    ratio = (warm.cpu - 0.3) / listings.cpu
    print(f"    {'warm':10} {show(warm)} = {warm.cpu / listings.cpu:5.2f} listings; without 0.3 s {ratio:.2f} (aim: 4)")


def _listings(home: Path, env: Mapping[str, str]) -> Cost:
    costs = [run(LISTING, home / f"repo-{number:02}", env, CAP) for number in range(COUNT)]
    return Cost(sum(one.cpu for one in costs), sum(one.wall for one in costs), max(one.memory for one in costs))


def _cold(home: Path, command: list[str], env: Mapping[str, str]) -> Cost:
    for kept in home.glob("repo-*/.git/gto"):
        shutil.rmtree(kept)
    return run(command, home, env, CAP)


if __name__ == "__main__":
    main()
