"""Libraries that only some models need, imported when they are used."""

from importlib import import_module
from typing import Any

from gto.exceptions import ExtraMissing


def imported(module: str, extra: str = "") -> Any:  # noqa: ANN401  a module
    """Return a module; ExtraMissing says how to get it. A model's own library comes with none of GTO's extras."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        raise ExtraMissing("To save and load such models", module.partition(".")[0], extra) from error
