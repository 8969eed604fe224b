"""A sample registry with a history of three months, made by the real `gto` and `git` at given dates."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NAME = "demo-registry"
MARK = ".git/gto-demo"
"""The file that says that a directory was made here, and may be deleted."""

AUTHOR = ("Ada Lovelace", "ada@example.com")

SETTINGS = """\
stages: [dev, staging, prod]
types: [model, dataset]
"""

ROOT_ANNOTATIONS = """\
artifacts:
  churn:
    path: models/churn.json
    type: model
    desc: Which customers will leave next month
    labels: [tabular, weekly]
  segment:
    path: models/segment.json
    type: model
    desc: Groups of customers with similar habits
  recommender:
    path: models/recommender.json
    type: model
  features: # a data set that nobody has registered yet
    path: data/features.csv
    type: dataset
"""

EU_ANNOTATIONS = """\
artifacts:
  churn:
    path: model.json
    type: model
    desc: Churn for the European service
"""


class NotOurs(Exception):
    """A directory is in the way that this script did not make."""


@dataclass(frozen=True)
class Sample:
    """The repository while it is being made."""

    path: Path
    gto_command: Sequence[str]
    env: Mapping[str, str]

    def git(self, date: str, *args: str) -> None:
        """Run git at a date."""
        self._run(date, "git", *args)

    def gto(self, date: str, *args: str) -> None:
        """Run gto at a date."""
        self._run(date, *self.gto_command, *args)

    def commit(self, date: str, message: str, files: Mapping[str, str | bytes]) -> None:
        """Commit files at a date."""
        for name, data in files.items():
            place = self.path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data.encode() if isinstance(data, str) else data)
        self.git(date, "add", "--all")
        self.git(date, "commit", "--quiet", f"--message={message}")

    def _run(self, date: str, *argv: str) -> None:
        moment = f"{date}:00+00:00"
        env = {**self.env, "GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
        done = subprocess.run(argv, cwd=self.path, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(argv)}: {done.stderr}{done.stdout}")


def environment(bin_directory: str) -> dict[str, str]:
    """Return an environment in which `gto` is found and the user's own git configuration does not show."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "GTO_", "XDG_"))}
    return {
        **kept,
        "PATH": f"{bin_directory}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
    }


def clear(directory: Path) -> None:
    """Make way for a new sample; raise NotOurs where something else stands there."""
    if (directory / MARK).is_file():
        shutil.rmtree(directory)
    elif directory.exists() or directory.is_symlink():
        raise NotOurs(f"{directory} exists, and `make demo` did not make it: move it, or name another place")


def build(directory: Path, gto_command: Sequence[str], env: Mapping[str, str]) -> None:
    """Make the sample at `directory`, which must not exist."""
    directory.mkdir(parents=True)
    sample = Sample(directory, gto_command, env)
    sample.git("2025-01-06T09:00", "init", "--quiet", "--initial-branch=main", "--object-format=sha1")
    (directory / MARK).touch()
    for key, value in (
        ("user.name", AUTHOR[0]),
        ("user.email", AUTHOR[1]),
        ("commit.gpgSign", "false"),
        ("tag.gpgSign", "false"),
        ("core.autocrlf", "false"),
    ):
        sample.git("2025-01-06T09:00", "config", key, value)
    _january(sample)
    _february(sample)
    _march(sample)


def _model(auc: float, trees: int) -> str:
    return json.dumps({"auc": auc, "trees": trees}, indent=2) + "\n"


def _january(sample: Sample) -> None:
    sample.commit(
        "2025-01-06T10:00",
        "Add the churn model",
        {".gto": SETTINGS, "dvc.yaml": ROOT_ANNOTATIONS, "models/churn.json": _model(0.71, 100)},
    )
    sample.gto("2025-01-06T10:05", "register", "churn", "--version", "v0.1.0")
    sample.gto("2025-01-06T10:10", "assign", "churn", "--version", "v0.1.0", "--stage", "dev")
    sample.commit("2025-01-13T15:00", "Retrain churn on December", {"models/churn.json": _model(0.78, 200)})
    sample.gto("2025-01-13T15:05", "register", "churn", "--bump-minor")
    sample.gto("2025-01-14T09:00", "assign", "churn", "--version", "v0.2.0", "--stage", "staging")
    sample.commit("2025-01-20T11:00", "Add the recommender", {"models/recommender.json": _model(0.61, 50)})
    sample.gto("2025-01-20T11:05", "assign", "recommender", "--stage", "dev")
    sample.gto("2025-01-27T09:00", "assign", "churn", "--version", "v0.2.0", "--stage", "prod")


def _february(sample: Sample) -> None:
    sample.commit("2025-02-03T10:00", "Add segments of customers", {"models/segment.json": _model(0.83, 80)})
    sample.gto("2025-02-03T10:05", "register", "segment", "--version", "v1.0.0", "-m", "First segments for marketing")
    sample.gto("2025-02-03T10:10", "assign", "segment", "--version", "v1.0.0", "--stage", "prod")
    eu = {"services/eu/dvc.yaml": EU_ANNOTATIONS, "services/eu/model.json": _model(0.75, 120)}
    sample.commit("2025-02-10T14:00", "Churn for the European service", eu)
    sample.gto("2025-02-10T14:05", "register", "services/eu:churn")
    sample.gto("2025-02-12T08:30", "assign", "services/eu:churn", "--version", "v0.0.1", "--stage", "prod")
    sample.commit("2025-02-17T16:00", "Churn with usage data", {"models/churn.json": _model(0.84, 400)})
    sample.gto("2025-02-17T16:05", "register", "churn", "--bump-major", "-m", "Usage data, twice the trees")
    sample.gto("2025-02-17T16:10", "assign", "churn", "--version", "v1.0.0", "--stage", "staging")
    sample.gto("2025-02-24T09:00", "assign", "churn", "--version", "v1.0.0", "--stage", "prod")
    sample.commit("2025-02-26T13:00", "Finer segments", {"models/segment.json": _model(0.85, 160)})
    sample.gto("2025-02-26T13:05", "register", "segment", "--bump-minor")
    sample.gto("2025-02-26T13:10", "assign", "segment", "--version", "v1.1.0", "--stage", "dev")


def _march(sample: Sample) -> None:
    sample.commit("2025-03-03T10:00", "Retrain churn on February", {"models/churn.json": _model(0.86, 420)})
    sample.gto("2025-03-03T10:05", "register", "churn", "--bump-minor")
    sample.gto("2025-03-04T09:00", "assign", "churn", "--version", "v1.1.0", "--stage", "prod")
    sample.gto("2025-03-05T07:45", "rollback", "churn", "--stage", "prod", "-m", "v1.1.0 is too slow in production")
    sample.gto("2025-03-05T07:50", "deprecate", "churn", "v1.0.0", "staging")
    sample.gto("2025-03-10T12:00", "deprecate", "recommender", "-m", "Nobody used it")
    sample.git("2025-03-12T12:00", "tag", "-a", "-m", "What customers got in March", "release-2025.03")
    sample.commit("2025-03-17T10:00", "Faster churn", {"models/churn.json": _model(0.86, 210)})
