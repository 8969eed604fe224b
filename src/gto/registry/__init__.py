"""The room where read, decide and write meet: one repository's registry."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gto.git_registry import GitRegistry as GitRegistry


def __getattr__(name: str) -> object:
    """Give other programs what GTO 1.x has here."""
    if name == "GitRegistry":
        from importlib import import_module

        return import_module("gto.git_registry").GitRegistry
    raise AttributeError(f"module 'gto.registry' has no attribute '{name}'")
