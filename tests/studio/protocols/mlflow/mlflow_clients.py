"""MLflow's clients as their users install them, and a version that every release of them can load."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.environment import make_environment
from tests.studio.conftest import wrote

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

RELEASES = {
    # Servers of models need what skinny leaves out.
    "3.17.2": ["numpy", "pandas", "fastapi", "uvicorn", "flask"],
    "2.22.0": ["numpy<2", "pandas<3"],
    "2.3.2": ["setuptools<81", "numpy<2", "pandas<3"],  # it imports pkg_resources
}
PROGRAM = """
import json, os, sys, tempfile, warnings
warnings.simplefilter("ignore")
import mlflow, pandas
from mlflow import MlflowClient, pyfunc
client = MlflowClient()
def files(uri):
    place, found = tempfile.mkdtemp(), {}
    got = mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=place)
    for root, _, names in os.walk(got):
        for name in set(names) - {"registered_model_meta"}:  # which the client writes itself
            path = os.path.join(root, name)
            found[os.path.relpath(path, got)] = open(path, "rb").read().hex()
    return found or open(got, "rb").read().hex()
def predict(uri):
    return list(pyfunc.load_model(uri).predict(pandas.DataFrame({"x": [1.0, 2.0]})))
def plain(one):
    if isinstance(one, (list, tuple)):
        return [plain(each) for each in one]
    if isinstance(one, dict):
        return {str(key): plain(each) for key, each in one.items()}
    if type(one).__module__.startswith("mlflow"):
        return {key: plain(each) for key, each in dict(one).items()}
    return one if one is None or isinstance(one, (str, int, float, bool)) else str(one)
done = []
for statement in json.loads(sys.argv[1]):
    try:
        done.append(plain(eval(statement)))
    except Exception as error:
        done.append(f"{type(error).__name__}: {error}")
print("\\n" + json.dumps(done))
"""
"""Many statements in one process."""
SECONDS = 180
LOADER = """\
import json, os


class Times:
    def __init__(self, factor):
        self.factor = factor

    def predict(self, model_input, params=None):
        return [float(value) * self.factor for value in model_input["x"]]


def _load_pyfunc(path):
    with open(os.path.join(path, "weights.json")) as file:
        return Times(json.load(file)["factor"])
"""
MLMODEL = """\
flavors:
  python_function:
    code: code
    data: data
    loader_module: times_loader
    python_version: 3.11.0
"""


class MlflowUser(NamedTuple):
    """Somebody with an empty home and MLflow, whose registry is Studio."""

    home: Path
    variables: dict[str, str]
    """What MLflow's own pages tell to set."""
    release: str = "3.17.2"
    other: Path | None = None
    """The Python of another environment."""

    @property
    def python(self) -> Path:
        """The Python that has MLflow."""
        packages = [f"mlflow-skinny=={self.release}", *RELEASES[self.release]]
        return self.other or make_environment(f"mlflow-client-{self.release}", packages)

    def env(self) -> dict[str, str]:
        """The environment of their programs."""
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "PYTHON", "COVERAGE"))
        }
        return {**kept, "HOME": str(self.home), "MLFLOW_DISABLE_TELEMETRY": "true", **self.variables}

    def start(self, *statements: str) -> subprocess.Popen[str]:
        """A process that prints the value of each expression, or its error in words."""
        self.home.mkdir(exist_ok=True)
        argv = [str(self.python), "-c", PROGRAM, json.dumps(statements)]
        return subprocess.Popen(
            argv, cwd=self.home, env=self.env(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *statements: str) -> list[Any]:
        """What such a process prints."""
        return printed(self.start(*statements))


def printed(process: subprocess.Popen[str]) -> list[Any]:
    """What a process printed in the end."""
    text, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, text
    found = json.loads(text.splitlines()[-1])
    assert isinstance(found, list)
    return found


def model_files(directory: str, factor: int) -> dict[str, str]:
    """The files of a model that multiplies."""
    return {
        f"{directory}/MLmodel": MLMODEL,
        f"{directory}/code/times_loader.py": LOADER,
        f"{directory}/data/weights.json": json.dumps({"factor": factor}),
        f"{directory}/data/größe (1)+.txt": f"{factor}\n",
    }


def make_registry(repo: Repo) -> Repo:
    """Three versions of a model in Git, one of which is in a stage, another in a directory, and a single file."""
    annotations = (
        "churn: {path: model, type: model, description: Who leaves, labels: [tabular]}\nsingle: {path: one.bin}\n"
    )
    annotations += "planned: {path: later.bin, type: model}\n"
    eu = "artifacts: {churn: {path: model, type: model}}\n"
    repo.commit("1", {"artifacts.yaml": annotations, "one.bin": "one\n", **model_files("model", 1)})
    wrote(repo, "register", "churn", "--version", "v1.0.0", "-m", "The first")
    repo.commit("2", model_files("model", 2))
    wrote(repo, "register", "churn", "--version", "v1.2.0")
    wrote(repo, "assign", "churn", "--version", "v1.2.0", "--stage", "prod")
    repo.commit("3", {**model_files("model", 3), "services/eu/dvc.yaml": eu, **model_files("services/eu/model", 7)})
    wrote(repo, "register", "churn", "--version", "v1.3.0+b.5")
    wrote(repo, "register", "services/eu:churn", "--version", "v0.1.0")
    wrote(repo, "assign", "services/eu:churn", "--version", "v0.1.0", "--stage", "prod")
    wrote(repo, "register", "single", "--version", "v1.0.0")
    repo.commit("4", {"one.bin": "four\n"})
    return repo
