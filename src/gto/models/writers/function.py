"""Plain functions, by cloudpickle: loading one runs code."""

from collections.abc import Sequence
from typing import Any

from gto.models.extras import imported

FORMATS = {".cloudpickle": "cloudpickle", ".pkl": "pickle"}
ON_DEMAND = frozenset({"pickle"})
FRAMEWORK = ""
METHODS = ("__call__",)


def can_save(model: object, modules: frozenset[str]) -> bool:
    """Return whether it is a function."""
    return modules == {"builtins"} and callable(model)


def write(model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401, ARG001  see Writer
    """Write a function with all that it uses of `__main__`; a closure over a set differs between two processes."""
    cloudpickle = imported("cloudpickle", "models")
    with open(path, "wb") as file:
        cloudpickle.dump(model, file, protocol=5)
    return ("cloudpickle",)


def load(path: str, file_format: str) -> Any:  # noqa: ANN401, ARG001  see Writer
    """Return the function."""
    cloudpickle = imported("cloudpickle", "models")
    with open(path, "rb") as file:
        return cloudpickle.load(file)
