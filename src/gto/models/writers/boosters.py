"""Gradient boosting in the libraries' own formats, which hold trees and no code."""

import json
from collections.abc import Sequence
from typing import Any

from gto.models.dependencies import imported


class XGBoost:
    """XGBoost: UBJSON, and JSON where it is asked for."""

    formats = {".ubj": "xgboost-ubj", ".json": "xgboost-json"}  # noqa: RUF012  nobody changes it
    on_demand = frozenset({"xgboost-json"})
    framework = "xgboost"
    methods = ("predict", "predict_proba")

    def can_save(self, model: object, modules: frozenset[str]) -> bool:  # noqa: ARG002  see Writer
        """Return whether a class is one of XGBoost's, which build upon scikit-learn's."""
        return "xgboost" in modules

    def write(self, model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401, ARG002  see Writer
        """Write a model; XGBoost goes by the end of the name."""
        model.save_model(path)
        return ("xgboost", "sklearn") if hasattr(model, "get_booster") else ("xgboost",)

    def load(self, path: str, file_format: str, *, trusted: bool) -> Any:  # noqa: ANN401, ARG002  see Writer
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


class LightGBM:
    """LightGBM's boosters, as text; it knows no labels, and so estimators are saved as scikit-learn's are."""

    formats = {".txt": "lightgbm"}  # noqa: RUF012  nobody changes it
    on_demand: frozenset[str] = frozenset()
    framework = "lightgbm"
    methods = ("predict",)

    def can_save(self, model: object, modules: frozenset[str]) -> bool:  # noqa: ARG002  see Writer
        """Return whether a class is LightGBM's own and no estimator."""
        return "lightgbm" in modules and "sklearn" not in modules

    def write(self, model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401, ARG002  see Writer
        """Write a booster."""
        model.save_model(path)
        return ("lightgbm",)

    def load(self, path: str, file_format: str, *, trusted: bool) -> Any:  # noqa: ANN401, ARG002  see Writer
        """Return the booster."""
        return imported("lightgbm").Booster(model_file=path)


class CatBoost:
    """CatBoost: cbm, and JSON where it is asked for."""

    formats = {".cbm": "catboost-cbm", ".json": "catboost-json"}  # noqa: RUF012  nobody changes it
    on_demand = frozenset({"catboost-json"})
    framework = "catboost"
    methods = ("predict", "predict_proba")

    def can_save(self, model: object, modules: frozenset[str]) -> bool:  # noqa: ARG002  see Writer
        """Return whether a class is one of CatBoost's."""
        return "catboost" in modules

    def write(self, model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401, ARG002  see Writer
        """Write a model."""
        model.save_model(path, format=file_format.removeprefix("catboost-"))
        return ("catboost",)

    def load(self, path: str, file_format: str, *, trusted: bool) -> Any:  # noqa: ANN401, ARG002  see Writer
        """Return a classifier, a regressor or a ranker, by what it was trained to lower."""
        catboost = imported("catboost")
        kind = file_format.removeprefix("catboost-")
        model = catboost.CatBoost().load_model(path, format=kind)
        loss = str(model.get_all_params().get("loss_function", "")).partition(":")[0]
        known = catboost.CatBoost
        for name, is_of in (
            ("CatBoostClassifier", known._is_classification_objective),  # noqa: SLF001  there is no public function for it
            ("CatBoostRegressor", known._is_regression_objective),  # noqa: SLF001  as above
            ("CatBoostRanker", known._is_ranking_objective),  # noqa: SLF001  as above
        ):
            if is_of(loss):
                return getattr(catboost, name)().load_model(path, format=kind)
        return model
