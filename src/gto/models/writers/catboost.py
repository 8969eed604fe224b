"""CatBoost's models: cbm, which holds the trees and no code."""

from collections.abc import Sequence
from typing import Any

from gto.models.extras import imported

FORMATS = {".cbm": "catboost-cbm", ".json": "catboost-json"}
ON_DEMAND = frozenset({"catboost-json"})
FRAMEWORK = "catboost"
METHODS = ("predict", "predict_proba")


def can_save(model: object, modules: frozenset[str]) -> bool:  # noqa: ARG001  see Writer
    """Return whether a class is one of CatBoost's."""
    return "catboost" in modules


def write(model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401, ARG001  see Writer
    """Write a model."""
    model.save_model(path, format=file_format.removeprefix("catboost-"))
    return ("catboost",)


def load(path: str, file_format: str) -> Any:  # noqa: ANN401  see Writer
    """Return a classifier, a regressor or a ranker, by what it was trained to lower."""
    catboost = imported("catboost")
    kind = file_format.removeprefix("catboost-")
    model = catboost.CatBoost().load_model(path, format=kind)
    loss = str(model.get_all_params().get("loss_function", "")).partition(":")[0]
    helpers = catboost.CatBoost
    for name, is_of in (
        ("CatBoostClassifier", helpers._is_classification_objective),  # noqa: SLF001  CatBoost has no public function for it
        ("CatBoostRegressor", helpers._is_regression_objective),  # noqa: SLF001  as above
        ("CatBoostRanker", helpers._is_ranking_objective),  # noqa: SLF001  as above
    ):
        if is_of(loss):
            return getattr(catboost, name)().load_model(path, format=kind)
    return model
