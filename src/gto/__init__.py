"""GTO, Git Tag Ops: a registry of models and other artifacts in a Git repository."""

from importlib import import_module

from gto.version import __version__

__all__ = ["__version__", "api"]


def __getattr__(name: str) -> object:
    """Import `gto.api` when it is asked for: the command line does without it."""
    if name == "api":
        return import_module("gto.api")
    raise AttributeError(f"module 'gto' has no attribute '{name}'")
