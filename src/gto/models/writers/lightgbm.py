"""LightGBM's boosters: text, which holds the trees and no code. Its estimators are saved as scikit-learn's are."""

from collections.abc import Sequence
from typing import Any

from gto.models.extras import imported

FORMATS = {".txt": "lightgbm"}
ON_DEMAND: frozenset[str] = frozenset()
FRAMEWORK = "lightgbm"
METHODS = ("predict",)


def can_save(model: object, modules: frozenset[str]) -> bool:  # noqa: ARG001  see Writer
    """Return whether a class is LightGBM's own and no estimator: the text knows no labels of classes."""
    return "lightgbm" in modules and "sklearn" not in modules


def write(model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401, ARG001  see Writer
    """Write a booster."""
    model.save_model(path)
    return ("lightgbm",)


def load(path: str, file_format: str) -> Any:  # noqa: ANN401, ARG001  see Writer
    """Return the booster."""
    return imported("lightgbm").Booster(model_file=path)
