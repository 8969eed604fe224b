"""A registry with a history, and a Studio that shows it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.conftest import copied
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio

DVC_YAML = """\
stages:
  train:
    cmd: python train.py
    deps:
      - train.py
    params:
      - trees
    metrics:
      - metrics.json
artifacts:
  churn:
    path: models/churn.txt
    type: model
    desc: Who will leave
    labels:
      - tabular
      - weekly
  features:
    path: data/features.csv
    type: dataset
"""


@pytest.fixture(scope="session")
def demo_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sample of `make demo` is; nobody writes there."""
    from tests.studio import layouts  # which imports this file

    place = tmp_path_factory.mktemp("demo")
    layouts.demo(place)
    return place


@pytest.fixture
def registry(repo: Repo, templates: dict[str, Repo], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Three versions of `churn`, stages, an undone one, a deprecated artifact, and one without a version."""
    if "studio" not in templates:
        templates["studio"] = with_history(copied(repo, tmp_path_factory.mktemp("template")))
    shutil.rmtree(repo.path)
    made = copied(templates["studio"], tmp_path)
    made.git("update-index", "--refresh")  # the index tells a file by its inode, too
    return made


def with_history(repo: Repo) -> Repo:
    """The repository, after some months."""
    for number, (auc, trees) in enumerate(((0.86, 100), (0.88, 200), (0.91, 300))):
        files = {"metrics.json": f'{{"auc": {auc}, "loss": {1 - auc:.2f}}}', "params.yaml": f"trees: {trees}\n"}
        repo.commit(f"train {number}", {**files, "dvc.yaml": DVC_YAML, "models/churn.txt": f"model {number}\n"})
        wrote(repo, "register", "churn")
        wrote(repo, "assign", "churn", "--version", f"v0.0.{number + 1}", "--stage", "dev")
    wrote(repo, "assign", "churn", "--version", "v0.0.1", "--stage", "prod")
    wrote(repo, "assign", "churn", "--version", "v0.0.2", "--stage", "prod", "-m", "better")
    wrote(repo, "register", "ranking", "--version", "v1.0.0")
    wrote(repo, "deprecate", "ranking")
    return repo


def wrote(repo: Repo, *words: str) -> None:
    """Run a command that must succeed."""
    result = repo.gto(*words)
    assert result.code == 0, result.stderr


@pytest.fixture
def studio(registry: Repo, tmp_path: Path) -> Iterator[Studio]:
    """A Studio over the registry, which it calls `team`."""
    with studio_of({"team": registry.path}, tmp_path / "index.db") as running:
        yield running
