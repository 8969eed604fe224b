"""Pages whose commands need a registry, a cluster, a host of containers or a Studio, run beside those on loopback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx2

from gto.studio.visitor import Role
from scripts import pages, sample
from tests.kubernetes_api import cluster_on_loopback
from tests.kubernetes_schemas import problems
from tests.oci_tools import debian_registry, needed, skopeo
from tests.page_replay import check_page, commands, put_in
from tests.repo import Repo, gto
from tests.serve.deploy.docker_host import docker_host
from tests.serve.deploy.machine import make_machine
from tests.serve.deploy.scene import find_kubectl
from tests.team_process import TeamPlace, serving, wait_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

    from tests.serve.deploy.docker_host import DockerHost
    from tests.server import Server

HERE = "tests/docs/test_pages_beside_servers.py"
ON_REGISTRY = f"{HERE} runs it against a registry on loopback"
ON_CLUSTER = f"{HERE} runs it with kubectl against an API server of its own"
PUSHED = f"{HERE} runs it, and pushes to a repository beside it"
ON_DOCKER = f"{HERE} runs it, where a stand-in is `docker`"
ON_STUDIO = f"{HERE} runs it, and a Studio"
FOR_EVER = f"{HERE} runs it until it has deployed"
DEPLOY = "docs/serving/deploy.md"


def with_origin(registry: Path, place: Path) -> Repo:
    """A copy of a registry, and where its branch and its tags are pushed."""
    made = Repo(place / sample.NAME)
    shutil.copytree(registry, made.path, symlinks=True)
    made.git("init", "--quiet", "--bare", "--initial-branch=main", "../origin.git")
    made.git("remote", "add", "origin", str(place / "origin.git"))
    made.git("push", "--quiet", "--set-upstream", "origin", "main", "--tags")
    return made


def test_what_the_page_pushes_is_in_the_registry(tmp_path: Path, environment: dict[str, str], registry: Path) -> None:
    needed("skopeo")
    with debian_registry(tmp_path / "registry") as host:
        plain = tmp_path / ".config/containers/registries.conf"
        plain.parent.mkdir(parents=True)
        plain.write_text(f'[[registry]]\nlocation = "{host}"\ninsecure = true\n', encoding="utf-8")
        hosts = {"registry.example.com": host}
        check_page("docs/how-to/build-oci.md", tmp_path, environment, registry, ON_REGISTRY, hosts=hosts)
        image = f"docker://{host}/models/churn:v1.0.0"
        there = skopeo("inspect", "--raw", "--tls-verify=false", image, cwd=tmp_path)
        assert there == skopeo("inspect", "--raw", "oci:churn-oci", cwd=tmp_path / sample.NAME)


def test_the_page_on_kubernetes_with_a_cluster(tmp_path: Path, environment: dict[str, str], registry: Path) -> None:
    find_kubectl()
    config = tmp_path / "kubeconfig"
    with cluster_on_loopback(problems, config) as cluster:
        told = {"GTO_NAME": "churn", "GTO_VERSION": "v1.1.0", "GTO_STAGE": "prod", "KUBECONFIG": str(config)}
        origin = with_origin(registry, tmp_path / "origin")
        check_page("docs/serving/kubernetes.md", tmp_path, environment | told, origin.path, PUSHED, ON_CLUSTER)
        assert cluster.one("Deployment")["metadata"]["annotations"]["gto/version"] == "v1.1.0"
        assert origin.git("ls-remote", "origin", "main").split()[0] == Repo(tmp_path / sample.NAME).git(
            "rev-parse", "HEAD"
        )


def test_the_page_on_deploying_with_containers_a_studio_and_a_watch(
    tmp_path: Path, environment: dict[str, str], registry: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = docker_host(tmp_path, monkeypatch)
    path = f"{host.program.parent}{os.pathsep}{environment['PATH']}"
    env = {**environment, "PATH": path, "DOCKER_STAND_IN": str(host.containers)}
    origin = with_origin(registry, tmp_path / "origin")
    with make_machine(tmp_path / "machine") as machine:
        ssh, hosts = {"GTO_SSH": machine.ssh}, {"deploy@edge.example.com": "box"}
        check_page(DEPLOY, tmp_path, env | ssh, origin.path, ON_DOCKER, hosts=hosts)
        repo = Repo(tmp_path / sample.NAME, pages.CLOCK)
        repo.git("add", "deploy.yaml")
        repo.commit("targets")
        tell_studio(repo, tmp_path / "team", env | ssh)
        server.new("team/models.git")
        repo.git("push", "--quiet", "--mirror", server.url("team/models.git"))
        deploy_when_a_stage_moves(tmp_path, server, env, host)


def tell_studio(repo: Repo, place: Path, env: Mapping[str, str]) -> None:
    """Do what the page says of a Studio."""
    team = TeamPlace(place, {"EVERY": "1"})
    team.list_repository(repo.path, "models")
    team.add_person(role=Role.ADMIN)
    with serving(team) as studio:
        token = team.make_token("write")

        def states() -> list[str]:
            answer = httpx2.get(f"{studio.url}/deployments.json", headers={"authorization": f"Bearer {token}"})
            return [one["state"] for one in answer.json()["targets"]]

        wait_for(states)
        (step,) = commands(DEPLOY, ON_STUDIO)
        asked = put_in(step.command, {"https://studio.example.com": studio.url, "gto_...": token})
        (printed,) = pages.run([replace(step, command=asked)], repo.path, env)
        assert pages.fits(step.expected, printed.splitlines()), printed
        assert states() == ["missing", "synced"]


def deploy_when_a_stage_moves(place: Path, server: Server, env: Mapping[str, str], host: DockerHost) -> None:
    """Run the page's watch, which looks more often, until it has deployed what an assignment elsewhere says."""
    (step,) = commands(DEPLOY, FOR_EVER)
    told = {"https://git.example.com": server.url("").rstrip("/"), "gto watch": "exec gto watch --interval 1"}
    log = place / "watch.log"
    with log.open("w") as file:
        words = ["bash", "-c", put_in(step.command, told)]
        process = subprocess.Popen(words, cwd=place, env=env, stdout=file, stderr=file)
    try:
        wait_for(lambda: "were there before" in log.read_text(), log)
        move = ("assign", "churn", "--version", "v1.1.0", "--stage", "prod")
        assert gto(*move, "-r", server.url("team/models.git"), cwd=place).code == 0
        wait_for(lambda: "delivered assignment churn#prod#11" in log.read_text(), log)
    finally:
        process.terminate()
        process.wait()
    assert json.loads(host.containers.read_text())["gto-prod"]["image"] == "registry.example.com/churn:v1.1.0"
