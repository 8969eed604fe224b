"""A real MLflow registry in SQLite, and the environments of MLflow that fill and read it.

Three models: `churn` (versions 2, 3 and 5 are left of five; aliases, all stages), `fraud detector`, whose name GTO does
not allow, and `segment`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.environment import PLACE, make_environment
from tests.measured import measured
from tests.repo import TIME_LIMIT, Result, run

if TYPE_CHECKING:
    from tests.repo import Repo

START = 1_700_000_000
"""Seconds: the version N of each model was created N days later, and changed an hour after that."""
DAY = 86_400

_DATABASES = ["sqlalchemy>=2.0.30", "alembic>=1.13"]
_OURS = ["coverage>=7.10", "--editable", str(PLACE.parent)]


@dataclass(frozen=True, slots=True)
class MlflowSource:
    """A registry, and the files of its versions as they were logged."""

    python: Path
    """Of the environment of MLflow, which has this checkout of GTO too."""
    root: Path
    uri: str
    files: dict[str, dict[int, Path]]
    """The directory of each version that was not deleted, by model and number."""

    def copy_to(self, directory: Path) -> MlflowSource:
        """A copy whose database may be changed; the files of versions stay where they are."""
        directory.mkdir()
        shutil.copy(self.root / "mlflow.db", directory)
        return MlflowSource(self.python, directory, f"sqlite:///{directory}/mlflow.db", self.files)

    def ask(self, program: str) -> str:
        """What a program prints that gets MLflow's `client`."""
        head = "import mlflow, warnings; warnings.simplefilter('ignore')\n"
        head += f"mlflow.set_tracking_uri({self.uri!r}); client = mlflow.MlflowClient({self.uri!r}, {self.uri!r})\n"
        done = run(str(self.python), "-c", head + program, cwd=self.root)
        assert done.code == 0, done.stderr
        return done.stdout

    def into(self, repo: Repo, *words: str, uri: str | None = None) -> Result:
        """What `gto import mlflow` says in a repository."""
        return self.gto(repo, "import", "mlflow", uri or self.uri, *words)

    def gto(self, repo: Repo, *args: str) -> Result:
        """What a gto of that environment says, forked from a process that has imported MLflow."""
        worker = started(self.python)
        assert worker.stdin is not None
        assert worker.stdout is not None
        with TemporaryDirectory() as scratch:
            out, err = (Path(scratch, name) for name in ("stdout", "stderr"))
            wanted = {"args": args, "cwd": str(repo.path), "stdout": str(out), "stderr": str(err)}
            env = {**os.environ, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
            worker.stdin.write(json.dumps({**wanted, "env": env}) + "\n")
            worker.stdin.flush()
            code = int(worker.stdout.readline())
            return Result.of(out.read_bytes(), err.read_bytes(), code)


@cache
def started(python: Path) -> subprocess.Popen[str]:
    """The process of an environment that forks; it ends when this process does, and closes its stdin."""
    program = str(Path(__file__).with_name("mlflow_worker.py"))
    env = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    argv = [str(python), "-P", *measured(env), program]
    return subprocess.Popen(argv, stdin=-1, stdout=-1, stderr=-3, text=True, env=env)


def newest() -> Path:
    """The Python of an environment with the newest MLflow, whose models predict, and GTO."""
    return make_environment("mlflow-newest", ["mlflow-skinny==3.17.2", "numpy", "pandas", *_DATABASES, *_OURS])


def oldest() -> Path:
    """The Python of an environment with the oldest MLflow that is read, and GTO."""
    # It imports pkg_resources, and what SQLAlchemy 2.1 has no more.
    return make_environment(
        "mlflow-2.3.2", ["mlflow-skinny==2.3.2", "setuptools<81", "sqlalchemy<2.1", *_DATABASES, *_OURS]
    )


def fill(python: Path, root: Path) -> MlflowSource:
    """Fill a registry with the MLflow of an environment."""
    program = str(Path(__file__).with_name("mlflow_filling.py"))
    env = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(
        [str(python), program, str(root)],
        check=False,
        capture_output=True,
        timeout=TIME_LIMIT,
        env=env,
        cwd=root.parent,
    )
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout.splitlines()[-1])
    files = {model: {int(n): Path(at) for n, at in made.items()} for model, made in told["files"].items()}
    return MlflowSource(python, root, told["uri"], files)


def contents(directory: Path) -> dict[str, bytes]:
    """The files below a directory, by path."""
    return {str(one.relative_to(directory)): one.read_bytes() for one in directory.rglob("*") if one.is_file()}
