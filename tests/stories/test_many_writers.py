"""Many processes write at once: every event is there once, every process ends well, every commit has its tags."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.repo import GTO, Repo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.server import Server

WORKER = """
import subprocess, sys
gto, place, name, own, count = sys.argv[1:6]
for number in range(int(count)):
    if own:
        subprocess.run(["git", "commit", "--quiet", "--allow-empty", "-m", f"{own} {number}"], cwd=place, check=True)
        rev = "HEAD"
    else:
        rev = f"work-{name}-{number}"
    for words in sys.argv[6:]:
        argv = [sys.executable, "-P", "-m", "gto", *words.format(rev=rev, name=name, number=number).split()]
        done = subprocess.run(argv, cwd=place, capture_output=True, text=True)
        print(done.returncode, words.split()[0], rev, (done.stdout.split("'") + ["", ""])[1], sep="\\t")
        if done.returncode:
            print(done.stderr, file=sys.stderr)
"""


class Shape(NamedTuple):
    """How many processes, and how often each writes."""

    processes: int
    times: int


SHAPES = [
    pytest.param(Shape(3, 2), id="small"),
    pytest.param(Shape(16, 25), id="whole", marks=pytest.mark.soak),
]


def start(place: Path, name: str, own: str, times: int, *words: str) -> list[list[str]]:
    """Run one worker, and return a line for each command: exit code, command, revision, tag."""
    argv = [sys.executable, "-c", WORKER, GTO[0], str(place), name, own, str(times), *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=1500)
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert {line[0] for line in lines} == {"0"}, done.stderr
    return lines


@pytest.fixture(autouse=True)
def filled(server: Server, tmp_path: Path) -> None:
    """The server has one bare repository, with a commit on main."""
    server.new()
    seed = clone(server, tmp_path / "seed")
    seed.commit()
    seed.git("push", "--quiet", "origin", "HEAD:main")


def clone(server: Server, place: Path) -> Repo:
    Repo(place.parent).git("clone", "--quiet", server.url(), str(place))
    return Repo(place)


def clones(server: Server, tmp_path: Path, count: int) -> list[Repo]:
    return [clone(server, tmp_path / f"clone-{number}") for number in range(count)]


def together(jobs: Sequence[tuple[Path, str, str, int, tuple[str, ...]]]) -> list[list[str]]:
    """Run all workers at once."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(start, place, name, own, times, *words) for place, name, own, times, words in jobs]
        return [line for future in futures for line in future.result()]


def bare(server: Server) -> Repo:
    return Repo(server.root / "models.git")


@pytest.mark.parametrize("shape", SHAPES)
def test_versions_that_many_clones_push_are_all_there_and_none_is_doubled(
    shape: Shape, server: Server, tmp_path: Path
) -> None:
    words = ("register nn {rev} --push",)
    repos = clones(server, tmp_path, shape.processes)
    lines = together([(repo.path, str(n), f"clone {n}", shape.times, words) for n, repo in enumerate(repos)])
    tags = [line[3] for line in lines]
    assert len(set(tags)) == len(tags) == shape.processes * shape.times
    assert {f"refs/tags/{tag}" for tag in tags} == set(bare(server).refs("refs/tags"))
    assert {tag.split("@")[1].split("#")[0] for tag in tags} == {f"v0.0.{n}" for n in range(1, len(tags) + 1)}
    for repo in repos:
        here, there = repo.refs("refs/tags"), bare(server).refs("refs/tags")
        assert here.items() <= there.items()
    owners = Counter(bare(server).git("rev-parse", *(f"{tag}^{{commit}}" for tag in tags)).splitlines())
    assert set(owners.values()) == {1}
    assert bare(server).git("fsck", "--no-dangling") == ""


@pytest.mark.parametrize(
    "shape",
    [pytest.param(Shape(4, 2), id="small"), pytest.param(Shape(16, 50), id="whole", marks=pytest.mark.soak)],
)
@pytest.mark.parametrize("push", ["", "--push"])
def test_versions_that_many_processes_of_one_clone_register_are_all_there(
    push: str, shape: Shape, server: Server, tmp_path: Path
) -> None:
    repo = clone(server, tmp_path / "one")
    for n in range(shape.processes):
        for number in range(shape.times):
            repo.commit(f"{n} {number}")
            repo.git("tag", f"work-{n}-{number}")
    jobs = [(repo.path, str(n), "", shape.times, (f"register nn {{rev}} {push}",)) for n in range(shape.processes)]
    lines = together(jobs)
    tags = {line[3] for line in lines}
    assert len(tags) == shape.processes * shape.times
    assert tags == {ref.removeprefix("refs/tags/") for ref in repo.refs("refs/tags") if "@" in ref}
    for line in lines:
        assert repo.git("rev-parse", f"{line[3]}^{{commit}}") == repo.git("rev-parse", f"{line[2]}^{{commit}}")
    if push:
        assert repo.refs("refs/tags/nn@*") == bare(server).refs("refs/tags")


@pytest.mark.parametrize("shape", SHAPES)
def test_assignments_and_deprecations_of_many_clones_are_all_there(
    shape: Shape, server: Server, tmp_path: Path
) -> None:
    words = (
        "assign nn {rev} --stage dev --push",
        "assign nn {rev} --stage prod --push --force",
        "deprecate own-{name} --push --force",
        "register own-{name} {rev} --push",
    )
    repos = clones(server, tmp_path, shape.processes)
    lines = together([(repo.path, str(n), f"clone {n}", shape.times, words) for n, repo in enumerate(repos)])
    tags = [line[3] for line in lines]
    there = {ref.removeprefix("refs/tags/") for ref in bare(server).refs("refs/tags")}
    assert len(set(tags)) == len(tags) == 4 * shape.processes * shape.times
    assert set(tags) <= there
    check = clone(server, tmp_path / "check")
    for line in lines:
        if line[1] == "assign":
            assert check.git("rev-parse", f"{line[3]}^{{commit}}")
    problems = json.loads(check.gto("doctor", "--json").stdout)["problems"]
    assert {problem["code"] for problem in problems} == {"version-unreached"}  # nobody pushed a branch
