"""The kinds of targets: the one table, by which a kind's module is imported when it is asked for."""

from importlib import import_module

from gto.serve.deploy.target import PlatformKind

MODULES = {
    "compose": "containers.compose",
    "docker": "containers.docker_container",
    "fly": "clouds.fly",
    "heroku": "clouds.heroku",
    "kserve": "clusters.kserve",
    "kubernetes": "clusters.kubernetes",
    "ray": "clusters.ray",
    "sagemaker": "clouds.sagemaker",
    "systemd": "machines.systemd",
}
"""The module of each kind, in gto.serve.deploy; it has a constant KIND."""


def find_kind(name: str) -> PlatformKind:
    """Return a kind of MODULES."""
    found: PlatformKind = import_module(f"gto.serve.deploy.{MODULES[name]}").KIND
    return found
