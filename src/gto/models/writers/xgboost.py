"""XGBoost's models: UBJSON and JSON, which hold the trees and no code."""

import json
from collections.abc import Sequence
from typing import Any

from gto.models.extras import imported

FORMATS = {".ubj": "xgboost-ubj", ".json": "xgboost-json"}
ON_DEMAND = frozenset({"xgboost-json"})
FRAMEWORK = "xgboost"
METHODS = ("predict", "predict_proba")


def can_save(model: object, modules: frozenset[str]) -> bool:  # noqa: ARG001  see Writer
    """Return whether a class is one of XGBoost's, which build upon scikit-learn's."""
    return "xgboost" in modules


def write(model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401, ARG001  see Writer
    """Write a model; XGBoost goes by the end of the name."""
    model.save_model(path)
    return ("xgboost", "sklearn") if hasattr(model, "get_booster") else ("xgboost",)


def load(path: str, file_format: str) -> Any:  # noqa: ANN401, ARG001  see Writer
    """Return a classifier, a regressor or a ranker where one was saved, else a Booster."""
    xgboost = imported("xgboost")
    booster = xgboost.Booster()
    booster.load_model(path)
    said = json.loads(booster.attr("scikit_learn") or "{}")
    kinds = {"classifier": "XGBClassifier", "regressor": "XGBRegressor", "ranker": "XGBRanker"}
    name = kinds.get(said.get("_estimator_type", ""))
    if name is None:
        return booster
    model = getattr(xgboost, name)()
    model.load_model(path)
    return model
