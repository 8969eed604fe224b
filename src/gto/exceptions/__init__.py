"""Every error that GTO raises on purpose: the facts as fields, the sentence made once, the next step as hint."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gto.exceptions.annotation_errors import *
    from gto.exceptions.catalog_errors import *
    from gto.exceptions.error_kinds import *
    from gto.exceptions.lookup_errors import *
    from gto.exceptions.model_errors import *
    from gto.exceptions.policy_errors import *
    from gto.exceptions.remote_errors import *
    from gto.exceptions.repository_errors import *
    from gto.exceptions.serve_errors import *
    from gto.exceptions.storage_errors import *
    from gto.exceptions.watch_errors import *
    from gto.exceptions.write_errors import *
else:
    _FILES = (  # in the order in which commands need them: no file is imported that stands behind the one asked for
        "error_kinds",
        "lookup_errors",
        "repository_errors",
        "policy_errors",
        "write_errors",
        "remote_errors",
        "annotation_errors",
        "storage_errors",
        "catalog_errors",
        "watch_errors",
        "model_errors",
        "serve_errors",
    )

    def __dir__() -> list[str]:
        """Return the names of all errors."""
        there = (one for file in _FILES for one in vars(import_module(f"{__name__}.{file}")).items())
        return sorted({name for name, value in there if isinstance(value, type) and issubclass(value, Exception)})

    def __getattr__(name: str) -> object:
        """Import the files up to the one that has it: most commands need the first few."""
        if name == "__all__":
            return __dir__()
        for file in _FILES:
            found = vars(import_module(f"{__name__}.{file}"))
            if name in found:
                globals()[name] = found[name]
                return found[name]
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
