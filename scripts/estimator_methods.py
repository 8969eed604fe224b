"""Print src/gto/inspect/estimator_methods.txt: the methods that classes have whatever their parameters are.

Run by the Python of an environment that has scikit-learn, XGBoost, LightGBM and CatBoost.
"""

import inspect

import catboost
import lightgbm
import xgboost
from sklearn.utils import all_estimators

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform", "inverse_transform")
AS_INNER = ("Pipeline", "GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV")
BOOSTERS = (
    *(xgboost.XGBClassifier, xgboost.XGBRegressor, xgboost.XGBRanker, xgboost.XGBRFClassifier, xgboost.XGBRFRegressor),
    *(xgboost.Booster, lightgbm.Booster, lightgbm.LGBMClassifier, lightgbm.LGBMRegressor, lightgbm.LGBMRanker),
    *(catboost.CatBoost, catboost.CatBoostClassifier, catboost.CatBoostRegressor, catboost.CatBoostRanker),
)


def main() -> None:
    """Print a line for each class; `...` says: as its last step, or as the model within."""
    print("# Made by scripts/estimator_methods.py. A class, and the methods that it has whatever its parameters are;")
    print("# `...`: those of its last step, or of the model within.")
    for one in sorted({*(one for _, one in all_estimators()), *BOOSTERS}, key=_name):
        methods = ["..."] if one.__name__ in AS_INNER else [name for name in METHODS if _always(one, name)]
        if methods:
            print(_name(one), *methods)


def _name(one: type) -> str:
    return f"{one.__module__}.{one.__qualname__}"


def _always(one: type, method: str) -> bool:
    """Return whether a method is there for all parameters: a plain function, no descriptor that asks first."""
    return inspect.isfunction(inspect.getattr_static(one, method, None))


if __name__ == "__main__":
    main()
