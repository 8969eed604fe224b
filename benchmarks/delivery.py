"""Measures `gto get` beside `dvc get`: one small file, 200 files, 100 MB; and the memory that 2 GB take.

All in one run, from a remote in S3, from one behind HTTP, and from a directory. The ratios decide: at most 0.15, 0.15,
0.5 times the wall time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.measure import repeat, run  # noqa: E402  the path is known only now
from benchmarks.run import environment  # noqa: E402
from tests.delivery.web import serve_files  # noqa: E402
from tests.environment import dvc_of_clouds  # noqa: E402
from tests.stores import serve_s3  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.measure import Cost

AIMS = {"small": 0.15, "files": 0.15, "large": 0.5}
MEGABYTE = 1_000_000
CAP = 600.0


def main() -> None:
    """Print a line for each size."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--gigabytes", type=int, default=2, help="the size of the file whose memory is measured")
    chosen = options.parse_args()
    dvc = dvc_of_clouds().parent / "dvc"
    gto = Path(sys.executable).parent / "gto"
    with tempfile.TemporaryDirectory(prefix="gto-delivery-") as name:
        place = Path(name)
        env = surroundings(place)
        with serve_s3(place / "s3") as s3, serve_files(place / "storage") as web:
            with ProcessPoolExecutor(1) as pool:  # its memory would count as the peak of what this process starts
                repo = pool.submit(build, place, dvc, {"http": web, "s3": "s3://models"}, s3.options).result()
            for remote in ("s3", "http", "directory"):
                subprocess.run([dvc, "remote", "default", "--quiet", "--local", remote], cwd=repo, env=env, check=True)
                print(f"==> {remote}")
                compare(place, repo, (gto, dvc), chosen.runs)
        if chosen.gigabytes:
            with ProcessPoolExecutor(1) as pool:
                pool.submit(enlarge, repo, place / "storage", chosen.gigabytes * 1000 * MEGABYTE, env).result()
            print(f"{chosen.gigabytes} GB   gto {show(get([gto, 'get', 'huge', '-r', repo, '-o'], place, env))}")


def compare(place: Path, repo: Path, programs: tuple[Path, Path], runs: int) -> None:
    """Print a line for each artifact."""
    gto, dvc = programs
    env = surroundings(place)
    for artifact, aim in AIMS.items():
        mine = repeat(partial(get, [gto, "get", artifact, "-r", repo, "-o"], place, env), runs)
        words = [dvc, "get", "--quiet", repo, artifact, "--rev", "main", "-o"]
        theirs = repeat(partial(get, words, place, env), runs)
        ratio = mine.wall / theirs.wall
        verdict = "ok" if ratio <= aim else "MISSED"
        print(f"{artifact:6} gto {show(mine)}   dvc {show(theirs)}   ratio {ratio:.3f} (aim {aim}) {verdict}")


def surroundings(place: Path) -> dict[str, str]:
    """Return the variables for all that is started."""
    return environment() | {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(place / "site"), "HOME": str(place)}


def build(place: Path, dvc: Path, remotes: Mapping[str, str], options: Mapping[str, str]) -> Path:
    """Make a DVC project with a version of each artifact, whose files are in its remotes alone."""
    repo = place / "repo"
    repo.mkdir()
    env = surroundings(place)
    do = partial(subprocess.run, cwd=repo, env=env, check=True, stdout=subprocess.DEVNULL)
    do(["git", "init", "--quiet", "--initial-branch=main"])
    do([dvc, "init", "--quiet"])
    for name, url in {"directory": str(place / "storage"), **remotes}.items():
        do([dvc, "remote", "add", "--quiet", name, url])
    for key, value in options.items():
        do([dvc, "remote", "modify", "--quiet", "--local", "s3", key, value])
    (repo / "small").write_text("bytes\n", encoding="utf-8")
    (repo / "files").mkdir()
    for number in range(200):
        (repo / "files" / f"{number}.txt").write_text(f"file {number}\n" * 100, encoding="utf-8")
    (repo / "large").write_bytes(os.urandom(100 * MEGABYTE))
    do([dvc, "add", "--quiet", *AIMS])
    for name in ("directory", "s3"):
        do([dvc, "push", "--quiet", "--remote", name])
    lines = [f"{name}: {{path: {name}}}\n" for name in (*AIMS, "huge")]
    (repo / "artifacts.yaml").write_text("".join(lines), encoding="utf-8")
    commit(repo, [*AIMS], env)
    shutil.rmtree(repo / ".dvc/cache")
    return repo


def commit(repo: Path, artifacts: Sequence[str], env: Mapping[str, str]) -> None:
    """Commit all, and register a version of each artifact there."""
    do = partial(subprocess.run, cwd=repo, env=dict(env), check=True)
    do(["git", "add", "--all"])
    do(["git", "commit", "--quiet", "--message=work"])
    for name in artifacts:
        do(["git", "tag", "--annotate", "--message=register", f"{name}@v1.0.0"])


def enlarge(repo: Path, storage: Path, size: int, env: Mapping[str, str]) -> None:
    """Put one large file into the remote, and its hash into a DVC file."""
    block = os.urandom(MEGABYTE)
    found = md5(usedforsecurity=False)
    part = storage / "part"
    with part.open("wb") as file:
        for _ in range(size // MEGABYTE):
            found.update(block)
            file.write(block)
    value = found.hexdigest()
    place = storage / "files/md5" / value[:2] / value[2:]
    place.parent.mkdir(exist_ok=True)
    part.rename(place)
    text = f"outs:\n- path: huge\n  md5: {value}\n  size: {size}\n  hash: md5\n"
    (repo / "huge.dvc").write_text(text, encoding="utf-8")
    commit(repo, ["huge"], env)


def get(words: Sequence[object], place: Path, env: Mapping[str, str]) -> Cost:
    """Deliver once, to a new place, and delete what came."""
    out = place / "out"
    cost = run([*map(str, words), str(out)], place, env, CAP)
    if out.is_dir():
        shutil.rmtree(out)
    else:
        out.unlink()
    return cost


def show(cost: Cost) -> str:
    """Write a cost: seconds, CPU-seconds, megabytes."""
    return f"{cost.wall:7.3f} s {cost.cpu:7.3f} CPU-s {cost.memory / 1e6:4.0f} MB"


if __name__ == "__main__":
    main()
