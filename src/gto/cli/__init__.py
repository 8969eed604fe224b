"""The command line: one file a command."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gto.cli.main import app as app


def __getattr__(name: str) -> object:
    """Give other programs what GTO 1.x has here."""
    if name == "app":
        from gto.cli.main import app

        return app
    raise AttributeError(f"module 'gto.cli' has no attribute '{name}'")
