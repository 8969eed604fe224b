"""A repository with versions and a deploy.yaml, and a cluster on loopback that kubectl finds."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.kubernetes_api import cluster_on_loopback
from tests.kubernetes_schemas import problems
from tests.repo import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kubernetes_api import Cluster
    from tests.repo import Repo, Result

OLDEST = 25  # the minor version of kubectl
IMAGE = "registry.example.com/churn:{version}"


def with_versions(repo: Repo) -> Repo:
    """`churn` in v1.0.0 and v1.1.0, the first in prod."""
    annotation = "churn: {type: model, path: churn.json}\n"
    repo.commit("one", {"churn.json": "{}", "artifacts.yaml": annotation, "sample.json": '{"inputs": []}'})
    repo.tag("churn@v1.0.0")
    repo.commit("two", {"churn.json": "[]"})
    repo.tag("churn@v1.1.0")
    repo.tag("churn#prod#1", "churn@v1.0.0^{}")
    return repo


def release(repo: Repo, version: str, *stages: str) -> None:
    """Register a version of `churn` in a commit of its own, and put it into stages."""
    repo.commit(version)
    assert repo.gto("register", "churn", "--version", version).code == 0
    for stage in stages:
        assert repo.gto("assign", "churn", "--version", version, "--stage", stage).code == 0


@dataclass(slots=True)
class Scene:
    """A repository and a cluster."""

    repo: Repo
    cluster: Cluster
    env: dict[str, str]

    def declare(self, kind: str, values: dict[str, Any] | None = None, **more: str) -> None:
        """Write deploy.yaml with one target, `churn-prod`."""
        target = {"kind": kind, "selector": "churn#prod", "image": IMAGE, "values": values or {}, **more}
        told = {key: value for key, value in target.items() if value != ""}
        self.repo.commit("targets", {"deploy.yaml": yaml.safe_dump({"targets": {"churn-prod": told}})})

    def deploy(self, *words: str) -> Result:
        """What `gto deploy WORDS` says."""
        return self.repo.gto("deploy", *words, env=self.env)

    def applied(self, *words: str) -> Result:
        """What an apply that ends well says."""
        done = self.deploy("apply", *words)
        assert done.code == 0, done.stderr
        return done

    def assign(self, version: str) -> None:
        """Put a version into prod."""
        count = len(self.repo.refs("refs/tags/churn#prod#*"))
        self.repo.tag(f"churn#prod#{count + 1}", f"churn@{version}^{{}}")

    def kubectl(self, *words: str) -> None:
        """What somebody does by hand."""
        done = run("kubectl", *words, cwd=self.repo.path, env=self.env)
        assert done.code == 0, done.stderr


def find_kubectl() -> None:
    """Skip the test where there is no kubectl whose server-side apply is final."""
    found = shutil.which("kubectl")
    text = run(found, "version", "--client", "--output=json", cwd=Path.cwd()).stdout if found else "{}"
    version = json.loads(text or "{}").get("clientVersion", {})
    if int(version.get("minor", "0").rstrip("+") or 0) < OLDEST:
        pytest.skip(f"needs kubectl 1.{OLDEST} or later: no package of Debian 12 has it")


@contextmanager
def scene(repo: Repo, place: Path) -> Iterator[Scene]:
    """A scene whose cluster judges by the closed schemas."""
    find_kubectl()
    config = place / "kubeconfig"
    with cluster_on_loopback(problems, config) as cluster:
        yield Scene(with_versions(repo), cluster, {"KUBECONFIG": str(config), "HOME": str(place)})
