"""How the methods of each library's models are called with arrays and tables."""

from __future__ import annotations

import sys
from threading import Lock
from typing import TYPE_CHECKING, Any

from gto.models.dependencies import imported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_USUAL = ("predict", "predict_proba", "transform", "__call__")


def usual_methods(model: Any) -> list[str]:  # noqa: ANN401  of any library
    """Return the methods that a model has of those that models have, where nothing says which to call."""
    return [name for name in _USUAL if callable(getattr(model, name, None))]


def callable_methods(model: Any, names: Iterable[str]) -> dict[str, Callable[[Any], Any]]:  # noqa: ANN401  of any library
    """Return by name what is called with an input, for each method that the model has."""
    found = {name: getattr(model, name) for name in names if callable(getattr(model, name, None))}
    if _is_of(model, "keras", "Model"):
        lock = Lock()  # Keras makes what it runs at the first call, and not for two at a time
        return {name: _locked(call, lock, quiet=name == "predict") for name, call in found.items()}
    if _is_of(model, "torch.nn", "Module"):
        return {name: _of_torch(call) for name, call in found.items()}
    if _is_of(model, "xgboost", "Booster"):
        return {name: _of_booster(call) for name, call in found.items()}
    return found


def _is_of(model: Any, module: str, name: str) -> bool:  # noqa: ANN401  as above
    """Tell whether a model is of a class of a library; one that nobody imported is of none of its models."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(model, kind)


def _locked(call: Callable[..., Any], lock: Lock, *, quiet: bool) -> Callable[[Any], Any]:
    options = {"verbose": 0} if quiet else {}

    def run(data: Any) -> Any:  # noqa: ANN401  as above
        with lock:
            return call(data, **options)

    return run


def _of_torch(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    torch = imported("torch")

    def run(data: Any) -> Any:  # noqa: ANN401  as above
        with torch.inference_mode():
            if isinstance(data, dict):
                return call({name: torch.from_numpy(one) for name, one in data.items()})
            return call(torch.from_numpy(data) if hasattr(data, "__array_interface__") else data)

    return run


def _of_booster(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    matrix = imported("xgboost").DMatrix
    return lambda data: call(matrix(data))
