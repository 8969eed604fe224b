"""Compose and Docker: what is rendered against the specification and the real CLI, and a story on a stand-in."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from gto.serve.deploy.containers.compose import ComposeProject
from gto.serve.deploy.containers.docker_container import DockerContainer
from tests.environment import make_environment
from tests.serve.deploy.docker_host import docker_host
from tests.serve.deploy.scene import release
from tests.serve.deploy.wanting import wanted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

IMAGE = "registry.example.com/{artifact}:{version}"
ALL = {
    "memory": "2g", "cpus": 1.5, "networks": ["web"], "command": ["gto", "serve", "$MODEL"], "port": 9000,
    "environment": {"A": "100% $HOME", "B": 2}, "ports": ["127.0.0.1:8080:9000", "8081:9000"],
}  # fmt: skip


@pytest.mark.parametrize("values", [{}, ALL])
def test_a_compose_file_is_of_the_specification(tmp_path: Path, values: dict[str, object]) -> None:
    python = make_environment("check-jsonschema", ["check-jsonschema>=0.34"])
    (file,) = ComposeProject().render(wanted("compose", values, image=IMAGE))
    good, bad = tmp_path / "compose.yaml", tmp_path / "bad.yaml"
    good.write_text(file.text)
    bad.write_text(file.text.replace("healthcheck:", "healthchek:"))
    check: list[str | Path] = [python.parent / "check-jsonschema", "--builtin-schema", "vendor.compose-spec"]
    said = subprocess.run([*check, good], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout
    assert subprocess.run([*check, bad], capture_output=True, check=False).returncode == 1, "it is closed"


def test_compose_fills_nothing_in() -> None:
    (file,) = ComposeProject().render(wanted("compose", ALL, image=IMAGE))
    service = yaml.safe_load(file.text)["services"]["model"]
    assert service["environment"] == {"A": "100% $$HOME", "B": "2"}
    assert service["command"][-1] == "$$MODEL"
    assert service["image"] == "registry.example.com/models/eu/churn:v1.2.0_gpu"
    assert service["labels"]["gto.version"] == "v1.2.0+gpu"


@pytest.mark.parametrize("values", [{}, ALL])
def test_the_real_docker_knows_every_option_of_a_container(tmp_path: Path, values: dict[str, object]) -> None:
    if shutil.which("docker") is None:
        pytest.skip("needs docker's command line: apt-get install docker.io")
    (file,) = DockerContainer().render(wanted("docker", values, image=IMAGE))
    docker = ["docker", "--host", f"unix://{tmp_path}/none.sock"]
    told = json.loads(file.text)
    words = ["run", *told["options"], told["image"], *told["command"]]
    said = subprocess.run([*docker, *words], capture_output=True, text=True, check=False)
    assert "Cannot connect to the Docker daemon" in said.stderr, "it read all options, and found no daemon"


@pytest.mark.parametrize("kind", ["compose", "docker"])
def test_a_container_is_started_once_replaced_and_put_back(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    state = docker_host(tmp_path, monkeypatch).containers

    def declare(image: str) -> None:
        target = {"kind": kind, "selector": "churn#prod", "image": image, "sample": "sample.json"}
        text = yaml.safe_dump({"targets": {"here": target}})
        said = "churn:\n  path: m.txt\n"
        repo.commit("declared", {"deploy.yaml": text, "artifacts.yaml": said, "m.txt": "m", "sample.json": "[1]"})

    def gto(*words: str, code: int = 0) -> str:
        found = repo.gto(*words)
        assert found.code == code, (found.stdout, found.stderr)
        return found.stdout + found.stderr

    declare("churn:{version}")
    release(repo, "v1.0.0", "prod")
    gto("deploy", "plan", code=2)
    gto("deploy", "apply")
    assert "as it was" in gto("deploy", "apply")
    release(repo, "v1.1.0", "prod")
    assert "-" in gto("deploy", "plan", code=2)
    gto("deploy", "apply")
    gto("deploy", "rollback", "here")
    assert "synced" in gto("deploy", "status", "--exit-code")

    evil = {"gto.target": "here", "gto.version": "v9", "gto.rendered": base64.b64encode(b"evil").decode()}
    told = json.loads(state.read_text())
    state.write_text(json.dumps({**told, "evil": {"image": "evil", "labels": evil, "created": "9999"}}))
    assert "synced" in gto("deploy", "status", "--exit-code"), "labels of a stranger's image tell nothing of a target"

    declare("broken/churn:{version}")
    release(repo, "v1.2.0", "prod")
    said = gto("deploy", "apply", "--timeout", "1", code=1)
    assert "unhealthy" in said
    assert "v1.0.0 runs again" in said, "as it was, with the settings that it had"
    assert "the model cannot be loaded" in said
