"""`make bench`: ours cold and with the cache, git's own reading, and GTO 1.10.1, in one run on the same repositories.

Ours is installed from the checkout into an environment of its own, as GTO 1.10.1 is: both with compiled bytecode.
"Cold" is GTO_CACHE=false. The limit is `git for-each-ref` printing every field of every tag object.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.measure import Cost, repeat, run
from benchmarks.registry import Shape, make, shape_of
from tests.environment import make_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent
FIELDS = (
    "%(refname)%00%(objectname)%00%(objecttype)%00%(object)%00%(type)%00%(tag)%00%(taggername)%00%(taggeremail)"
    "%00%(taggerdate:raw)%00%(contents)"
)
LIMIT = ["git", "for-each-ref", f"--format={FIELDS}", "refs/tags"]
NAME = "team-0/model-0000"
COMMANDS: dict[str, list[str]] = {
    "show": ["show"],
    "show NAME": ["show", NAME],
    "history": ["history"],
    "check-ref": ["check-ref", f"{NAME}@v0.0.0"],
    "register": ["register", NAME, "HEAD"],
    "assign": ["assign", NAME, "HEAD", "--stage", "prod"],
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000], help="numbers of tags")
    parser.add_argument("--runs", type=int, default=5, help="runs of ours and of git, for the median")
    parser.add_argument("--reference-runs", type=int, default=5, help="runs of GTO 1.10.1, for the median; 0 for none")
    parser.add_argument("--cap", type=float, default=120, help="seconds that a run may take")
    options = parser.parse_args()
    print("==> Environments")
    ours = make_environment("gto-bench", [str(ROOT)], anew=True).parent / "gto"
    reference = make_environment("gto-1.10.1", ["gto==1.10.1"]).parent / "gto" if options.reference_runs else None
    small(ours, reference, options)
    for tags in options.sizes:
        place = ROOT / ".reference" / f"registry-{tags}"
        print(f"==> {tags:,} tags")
        make_apart(place, shape_of(tags))
        compare(place, ours, reference, options)


def make_apart(place: Path, shape: Shape) -> None:
    """Make a registry in a process of its own: the memory of this one would count as the peak of those it starts."""
    with ProcessPoolExecutor(1) as pool:
        pool.submit(make, place, shape).result()


def small(ours: Path, reference: Path | None, options: argparse.Namespace) -> None:
    """Measure start-up: `--version`, and `show` on ten tags."""
    place = ROOT / ".reference" / "registry-10"
    print("==> 10 tags")
    make_apart(place, Shape(2, 2, 3, 20))
    for name, words in (("--version", ["--version"]), ("show", ["show"])):
        mine = repeat(partial(once, place, ours, words, options.cap), 3 * options.runs)
        line = f"    {name:10} ours {show(mine)}"
        if reference:
            theirs = repeat(partial(once, place, reference, words, options.cap), options.reference_runs)
            line += f"   1.10.1 {show(theirs)}   ours/1.10.1 {mine.cpu / theirs.cpu:.3f}"
        print(line)


def compare(place: Path, ours: Path, reference: Path | None, options: argparse.Namespace) -> None:
    """Measure each command, and print a line for it."""
    limit = repeat(partial(run, LIMIT, place, environment(), options.cap), options.runs)
    print(f"    {'git':10} {show(limit)}   (for-each-ref, all fields of all tag objects)")
    for name, words in COMMANDS.items():
        cold = repeat(partial(once, place, ours, words, options.cap, cache=False), options.runs)
        warm = repeat(partial(once, place, ours, words, options.cap), options.runs)
        line = f"    {name:10} cold {show(cold)} = {cold.cpu / limit.cpu:5.2f} git   cache {show(warm)} = "
        line += f"{warm.cpu / limit.cpu:5.2f} git"
        if reference:
            theirs = repeat(partial(once, place, reference, words, options.cap), options.reference_runs)
            more = "" if theirs.finished else "at least "
            line += (
                f"   1.10.1 {show(theirs)} = {more}{theirs.cpu / cold.cpu:.0f} cold, {theirs.cpu / warm.cpu:.0f} cache"
            )
        print(line, flush=True)


def once(place: Path, gto: Path, words: Sequence[str], cap: float, *, cache: bool = True) -> Cost:
    """Run a command once, and take its tags back."""
    env = environment() | ({} if cache else {"GTO_CACHE": "false"})
    before = _tags(place) if words[0] in {"register", "assign"} else set()
    cost = run([str(gto), *words], place, env, cap)
    if before:
        new = _tags(place) - before
        subprocess.run(["git", "-C", str(place), "tag", "--delete", *new], check=True, stdout=subprocess.DEVNULL)
    return cost


def _tags(place: Path) -> set[str]:
    out = subprocess.run(["git", "-C", str(place), "tag"], check=True, capture_output=True, text=True).stdout
    return set(out.split())


def environment() -> dict[str, str]:
    """Return the variables for all: an identity, no configuration of the user's."""
    who = {"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com", "GIT_CONFIG_GLOBAL": os.devnull}
    author = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com"}
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "GTO_", "PYTHON"))}
    return {**kept, **who, **author}


def show(cost: Cost) -> str:
    """Write a cost: CPU-seconds, seconds, megabytes."""
    return f"{cost.cpu:7.3f} CPU-s {cost.wall:7.3f} s {cost.memory / 1e6:4.0f} MB{'' if cost.finished else ' (cap)'}"


if __name__ == "__main__":
    main()
