"""`gto deploy status` and `apply` tell a Studio that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import yaml

from gto.studio.visitor import Role
from tests.serve.deploy.docker_host import docker_host
from tests.serve.deploy.scene import release
from tests.team_process import TeamPlace, serving, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.repo import Repo

IMAGE = "registry.example.com/churn:{version}"
TARGETS = {"here": {"kind": "docker", "selector": "churn#prod", "image": IMAGE}}


def test_studio_is_told_what_runs_and_shows_it(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = docker_host(tmp_path, monkeypatch)
    files = {"deploy.yaml": yaml.safe_dump({"targets": TARGETS}), "artifacts.yaml": "churn:\n  path: m.txt\n"}
    repo.commit("declared", {**files, "m.txt": "m"})
    release(repo, "v1.0.0", "prod")
    place = TeamPlace(tmp_path / "team", {"EVERY": "1"})
    place.list_repository(repo.path, "churn")
    place.add_person(role=Role.ADMIN)
    token = place.make_token("write")
    with serving(place) as studio:
        page, login = f"{studio.url}/r/churn", {"authorization": f"Bearer {token}"}

        def shown() -> dict[str, Any]:
            found: list[dict[str, Any]] = httpx2.get(f"{studio.url}/deployments.json", headers=login).json()["targets"]
            return found[0] if found else {}

        wait_for(lambda: shown().get("version") == "v1.0.0")
        refused = repo.gto("deploy", "status", "--report", page)
        assert (refused.code, "GTO_STUDIO_TOKEN is not set" in refused.stderr) == (1, True)
        monkeypatch.setenv("GTO_STUDIO_TOKEN", "gto_wrong")
        refused = repo.gto("deploy", "status", "--report", page)
        assert (refused.code, "GTO_STUDIO_TOKEN holds no token" in refused.stderr) == (1, True)
        monkeypatch.setenv("GTO_STUDIO_TOKEN", token)
        assert repo.gto("deploy", "status", "--report", studio.url).code == 1
        assert repo.gto("deploy", "status", "--report", page).code == 0
        assert (shown()["state"], shown()["runs"]) == ("missing", None)
        applied = repo.gto("deploy", "apply", "--report", page)
        assert applied.code == 0, applied.stderr
        assert (shown()["state"], shown()["runs"], shown()["kind"]) == ("synced", "v1.0.0", "docker")
        release(repo, "v1.1.0", "prod")
        wait_for(lambda: shown()["state"] == "out of sync")
        assert shown()["version"] == "v1.1.0"
        host.program.unlink()
        assert repo.gto("deploy", "status", "--report", page).code == 0
        assert shown()["state"] == "unreachable"
