"""MLflow's own server over a Git repository, and a client that knows of neither Git nor the plugin."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import httpx2

from tests.integrations.mlflow.plugin_users import user_of
from tests.page_replay import commands, put_in
from tests.stores import free_port
from tests.studio.protocols.mlflow.mlflow_clients import MlflowUser, make_registry, model_files
from tests.team_process import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo


HERE = "tests/integrations/mlflow/test_server.py"


def answers(url: str) -> bool:
    """Whether a server answers well."""
    try:
        return httpx2.get(url, timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False


def test_a_client_loads_searches_and_writes_through_mlflows_own_server(repo: Repo, tmp_path: Path) -> None:
    registry, port = make_registry(repo), free_port()
    admin = user_of(f"gto://{registry.path}", tmp_path / "admin")
    admin.home.mkdir()
    (step,) = commands("docs/how-to/mlflow-over-git.md", f"{HERE} runs it, and a client against it")
    asked = put_in(step.command, {"/srv/models": str(registry.path), "s3://bucket/runs": str(tmp_path / "files")})
    words = [*asked.split()[1:], "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    argv = [str(admin.python), "-m", "mlflow", *words]
    env = {**admin.env(), "PATH": f"{admin.python.parent}{os.pathsep}{os.environ['PATH']}"}
    with subprocess.Popen(argv, cwd=admin.home, env=env, start_new_session=True) as process:
        try:
            wait_for(lambda: process.poll() is not None or answers(f"http://127.0.0.1:{port}/health"))
            user = MlflowUser(tmp_path / "ada", {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}"})
            head, tags = registry.git("rev-parse", "HEAD"), {"gto.version": "v2.0.0"}
            done = user.run(
                "predict('models:/churn@prod')",
                "files('models:/services~eu=churn/latest')",
                "files('models:/churn/v1.2.0/data/weights.json')",
                "[one.name for one in client.search_registered_models()]",
                "sorted(one.version for one in client.search_model_versions(\"name='churn'\"))",
                "client.set_registered_model_alias('churn', 'champion', '3')",
                f"client.create_model_version('single', 'gto://{registry.path}@{head}', tags={tags}).version",
                "client.get_model_version_download_uri('single', '2')",
                "client.set_registered_model_tag('churn', 'a', 'b')",
                "mlflow.start_run().info.status",
                "mlflow.log_text('kept', 'note.txt')",
                "mlflow.end_run()",
            )
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    eu = {path[18:]: text.encode().hex() for path, text in model_files("services/eu/model", 7).items()}
    assert done[:3] == [[2.0, 4.0], eu, model_files("m", 2)["m/data/weights.json"].encode().hex()]
    assert done[3:7] == [["churn", "planned", "services~eu=churn", "single"], ["1", "2", "3"], None, "2"]
    assert done[7] == "mlflow-artifacts:/single/v2.0.0"
    assert "edit the annotation" in done[8]
    assert done[9:] == ["RUNNING", None, None]
    assert {"churn#champion#2", "single@v2.0.0"} <= set(registry.git("tag", "--list").split())
