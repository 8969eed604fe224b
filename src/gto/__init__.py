"""GTO, Git Tag Ops: a registry of models and other artifacts in a Git repository."""

from importlib import import_module
from typing import TYPE_CHECKING

from gto.version import __version__

if TYPE_CHECKING:
    from gto import api as api
    from gto.config import RegistryConfig
    from gto.git_registry import GitRegistry as GitRegistry
    from gto.index import RepoIndexManager as RepoIndexManager
    from gto.models.doors import load as load
    from gto.models.doors import save as save

    CONFIG: RegistryConfig

__all__ = ["CONFIG", "GitRegistry", "RepoIndexManager", "__version__", "api", "load", "save"]

_HOMES = {
    "CONFIG": "config",
    "GitRegistry": "git_registry",
    "RepoIndexManager": "index",
    "load": "models.doors",
    "save": "models.doors",
}


def __dir__() -> list[str]:
    """Return what a notebook completes."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    """Import what is asked for: the command line does without it."""
    if name == "api":
        return import_module("gto.api")
    if name in _HOMES:
        return getattr(import_module(f"gto.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'gto' has no attribute '{name}'")
