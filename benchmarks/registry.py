"""Makes a registry of any size, the same each time, through `git fast-import`."""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = 1_600_000_000
STAGES = ("dev", "staging", "prod")
PEOPLE = ("Ada Lovelace <ada@example.com>", "Grace Hopper <grace@example.com>", "CI <ci@example.com>")


@dataclass(frozen=True, slots=True)
class Shape:
    """How many of what; the tags are artifacts times (versions plus assignments)."""

    artifacts: int
    versions: int
    assignments: int
    commits: int
    weights: int = 0
    """Bytes of a file of noise that each commit changes."""

    @property
    def tags(self) -> int:
        """How many tags there will be."""
        return self.artifacts * (self.versions + self.assignments)


def shape_of(tags: int) -> Shape:
    """Return the shape of a registry with so many tags: two versions to three assignments."""
    per_artifact = 50 if tags <= 10_000 else 100  # noqa: PLR2004
    return Shape(tags // per_artifact, per_artifact * 2 // 5, per_artifact * 3 // 5, 500 if tags <= 10_000 else 2000)  # noqa: PLR2004


def make(place: Path, shape: Shape) -> None:
    """Make the registry at `place`, packed as after `git gc`; done before, nothing is done."""
    done = place / ".git" / "made"
    if done.exists():
        return
    place.mkdir(parents=True, exist_ok=True)
    git = ["git", "-C", str(place)]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    text = "".join(_stream(shape)).encode("latin-1")
    subprocess.run([*git, "fast-import", "--quiet", "--date-format=raw"], input=text, check=True)
    subprocess.run([*git, "reset", "--quiet", "--hard", "main"], check=True)
    subprocess.run([*git, "gc", "--quiet"], check=True)
    done.touch()


def _stream(shape: Shape) -> Iterator[str]:
    names = [f"team-{number % 10}/model-{number:04}" for number in range(shape.artifacts)]
    for number in range(shape.commits):
        yield from _commit(number, names)
        if shape.weights:
            noise = random.Random(number).randbytes(shape.weights).decode("latin-1")  # noqa: S311  no secret
            yield f"M 100644 inline weights.bin\ndata {shape.weights}\n{noise}\n"
    for time, (tag, commit, message) in enumerate(_events(shape, names)):
        who = PEOPLE[time % len(PEOPLE)]
        second = START + shape.commits * 60 + time * 7
        yield f"tag {tag}\nfrom :{commit + 1}\ntagger {who} {second} +0000\ndata {len(message)}\n{message}\n"
    yield "done\n"


def _commit(number: int, names: list[str]) -> Iterator[str]:
    who = PEOPLE[number % len(PEOPLE)]
    message = f"Train, run {number}"
    yield f"commit refs/heads/main\nmark :{number + 1}\ncommitter {who} {START + number * 60} +0000\n"
    yield f"data {len(message)}\n{message}\n"
    if number:
        yield f"from :{number}\n"
    known = names[: max(1, (number + 1) * len(names) // 500)]
    lines = [f"  {name}:\n    path: models/{name}.pkl\n    type: model\n    labels: [run-{number}]\n" for name in known]
    text = "artifacts:\n" + "".join(lines)
    yield f"M 100644 inline dvc.yaml\ndata {len(text)}\n{text}\n"


def _events(shape: Shape, names: list[str]) -> Iterator[tuple[str, int, str]]:
    for step in range(shape.versions):
        share = range(step * shape.assignments // shape.versions, (step + 1) * shape.assignments // shape.versions)
        for index, name in enumerate(names):
            version = f"v{step // 10}.{step % 10}.{index % 7}"
            commit = (step * (shape.commits - 1) // shape.versions + index) % (shape.commits - 1)
            yield f"{name}@{version}", commit, f"Registering artifact {name} version {version}"
            for turn in share:
                stage = STAGES[turn % 3]
                yield (
                    f"{name}#{stage}#{turn + 1}",
                    commit,
                    f"Assigning stage {stage} to artifact {name} version {version}",
                )
