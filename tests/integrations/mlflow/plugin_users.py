"""Users of MLflow with the plugin, whose registry is a Git repository, and no server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.environment import PLACE, make_environment
from tests.studio.protocols.mlflow.mlflow_clients import MlflowUser

if TYPE_CHECKING:
    from pathlib import Path

_OURS = ["coverage>=7.10"]
for _project in ("", "/integrations/mlflow"):
    _OURS += ["--editable", f"{PLACE.parent}{_project}"]
RELEASES = {
    # What `mlflow server` needs beyond skinny.
    "3.17.2": ["numpy", "pandas", "aiohttp", "alembic", "cryptography", "fastapi", "flask", "flask-cors", "graphene",
               "huey", "sqlalchemy", "uvicorn"],
    "2.3.2": ["setuptools<81", "numpy<2", "pandas<3"],  # it imports pkg_resources
}  # fmt: skip


def python_of(release: str = "3.17.2") -> Path:
    """The Python of an environment with MLflow, GTO and the plugin."""
    return make_environment(f"mlflow-gto-{release}", [f"mlflow-skinny=={release}", *RELEASES[release], *_OURS])


def user_of(registry_uri: str, home: Path, release: str = "3.17.2") -> MlflowUser:
    """Somebody whose registry is this, and whose runs are in a directory."""
    variables = {"MLFLOW_REGISTRY_URI": registry_uri, "MLFLOW_TRACKING_URI": f"file://{home}/runs"}
    variables["MLFLOW_ALLOW_FILE_STORE"] = "true"
    return MlflowUser(home, variables, release, python_of(release))
