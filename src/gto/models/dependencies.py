"""Which distributions a model needs: those of the modules that loading it imports, in the installed versions."""

from collections.abc import Iterable
from importlib import import_module, metadata
from typing import Any, NamedTuple

from gto.exceptions import ExtraMissing


class Dependencies(NamedTuple):
    """What must be installed, and what nobody can install."""

    requirements: tuple[str, ...]
    """As pip takes them, `numpy==2.5.5`, sorted."""
    local: tuple[str, ...]
    """Modules that belong to no distribution: the user's own, which must be there where the model is loaded."""


def dependencies_of(modules: Iterable[str]) -> Dependencies:
    """Return what the modules belong to; those of Python itself need nothing."""
    import sys

    tops = {module.partition(".")[0] for module in modules} - set(sys.stdlib_module_names) - {""}
    found: set[str] = set()
    local: list[str] = []
    owners = metadata.packages_distributions()  # of all that are installed, which takes 0.1 s
    for top in sorted(tops):
        names = owners.get(top, ())
        found.update(f"{_name(one)}=={_public(metadata.version(one))}" for one in names)
        if not names:
            local.append(top)
    return Dependencies(tuple(sorted(found)), tuple(local))


def _name(distribution: str) -> str:
    import re

    return re.sub(r"[-_.]+", "-", distribution).lower()


def _public(version: str) -> str:
    """Return a version without its local part (`2.13.0+cpu`), which no index but one's own may have."""
    return version.partition("+")[0]


def imported(module: str) -> Any:  # noqa: ANN401  a module
    """Return a module of a library that only some models need; ExtraMissing says how to get it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != top:
            raise
        raise ExtraMissing("To save and load such models", top, "models") from error
