"""The page on building, run with the index that pip and uv are configured for, and a registry on loopback."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from scripts import pages
from tests.environment import serving_python
from tests.oci_tools import debian_registry, skopeo
from tests.page_replay import WITH_MODEL, check_page, commands, committing, page_environment, put_in
from tests.serve.build.python_base import VERSION, make_base
from tests.stores import free_port, running

if TYPE_CHECKING:
    from pathlib import Path

HERE = "tests/serve/build/test_build_page.py"
BUILT = f"{HERE} runs it"
SERVED = f"{HERE} runs it until it has answered"
PAGE = "docs/serving/build.md"


def training_environment(place: Path) -> dict[str, str]:
    """An environment of its own to which the libraries of models belong already, with pip beside gto and Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python, libraries = place / "bin/python", serving_python()
    (site,) = libraries.parent.parent.glob("lib/python*/site-packages")
    (here,) = place.glob("lib/python*/site-packages")
    (here / "libraries.pth").write_text(f"import site; site.addsitedir({str(site)!r})\n", encoding="utf-8")
    env = page_environment(place / "programs", python)
    pip = place / "programs/pip"
    words = shlex.join([sys.executable, "-m", "pip", "--python", str(python)])
    pip.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    pip.chmod(0o755)
    only_errors = {"PIP_QUIET": "2", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return {**env, **committing(), **only_errors, "VIRTUAL_ENV": str(place)}


@pytest.mark.models
def test_the_commands_of_the_page_print_what_it_says(tmp_path: Path) -> None:
    env = training_environment(tmp_path / "train")
    work = tmp_path / "work"
    (work / ".config/containers").mkdir(parents=True)
    (work / "gto").symlink_to(pages.ROOT)
    with debian_registry(tmp_path / "registry") as host:
        base = make_base(tmp_path / "base")
        name = f"python:{'.'.join(VERSION.split('.')[:2])}-slim"
        skopeo("copy", "--dest-tls-verify=false", f"oci:{base}", f"docker://{host}/library/{name}", cwd=tmp_path)
        hub = f'[[registry]]\nprefix = "docker.io"\nlocation = "{host}"\ninsecure = true\n'
        (work / ".config/containers/registries.conf").write_text(hub, encoding="utf-8")
        check_page(PAGE, work, env, work, WITH_MODEL, BUILT, hosts={"registry.example.com": host})
        image = f"docker://{host}/models/churn:v1.0.0"
        there = json.loads(skopeo("inspect", "--tls-verify=false", image, cwd=tmp_path))
        assert there["Labels"]["gto.version"] == "v1.0.0"
    port = free_port()
    (step,) = commands(PAGE, SERVED)
    asked = put_in(step.command, {"/model/": f"{work}/models/", "0.0.0.0": f"127.0.0.1 --port {port}"})  # noqa: S104  replaced
    with (
        running(["env", *(f"{key}={value}" for key, value in env.items()), *asked.split()], port, tmp_path / "served"),
        urlopen(f"http://127.0.0.1:{port}/v2/models/churn", timeout=30) as answer,
    ):
        assert json.load(answer)["versions"] == ["v1.0.0"]
