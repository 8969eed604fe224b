"""Writes small models of XGBoost, LightGBM and CatBoost into directories below the one that is its argument."""

import os
import sys
from importlib.metadata import version

import catboost
import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.datasets import load_iris

ROWS, LABELS = load_iris(return_X_y=True)
CHANCE = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "tenure": CHANCE.integers(1, 72, 120),
        "charges": CHANCE.random(120) * 100,
        "contract": pd.Categorical(CHANCE.choice(["month", "year"], 120)),
        "paperless": CHANCE.random(120) > 0.5,  # noqa: PLR2004  half of them
    }
)
CHURN = (TABLE["charges"] > 50).astype(int)  # noqa: PLR2004  half of them


def of_xgboost(directory: str) -> None:
    """Write a classifier of three classes, boosters of a table with categories, of lines, and of dart."""
    classifier = xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(ROWS, LABELS)
    classifier.save_model(os.path.join(directory, "classes.json"))
    classifier.save_model(os.path.join(directory, "classes.ubj"))
    table = xgboost.DMatrix(TABLE, CHURN, enable_categorical=True)
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 2}, table, 3)
    booster.save_model(os.path.join(directory, "table.ubj"))
    booster.save_model(os.path.join(directory, "table.json"))
    linear = xgboost.train({"booster": "gblinear"}, xgboost.DMatrix(ROWS, LABELS), 2)
    linear.save_model(os.path.join(directory, "linear.json"))
    dart = xgboost.XGBRegressor(booster="dart", n_estimators=2, max_depth=2).fit(ROWS, LABELS)
    dart.save_model(os.path.join(directory, "dart.ubj"))


def of_lightgbm(directory: str) -> None:
    """Write a booster of a table with categories, and one of arrays with three classes."""
    table = lightgbm.LGBMClassifier(n_estimators=2, max_depth=2, verbose=-1).fit(TABLE, CHURN)
    table.booster_.save_model(os.path.join(directory, "table.txt"))
    classes = lightgbm.LGBMClassifier(n_estimators=2, max_depth=2, verbose=-1).fit(ROWS, LABELS)
    classes.booster_.save_model(os.path.join(directory, "classes.txt"))


def of_catboost(directory: str) -> None:
    """Write a classifier of a table with categories and text, one of three classes, and a regressor."""
    common = {"iterations": 3, "depth": 2, "random_seed": 0, "allow_writing_files": False, "verbose": False}
    table = TABLE.assign(
        contract=TABLE["contract"].astype(str), remark=["very good" if one else "very bad" for one in CHURN]
    )
    churn = catboost.CatBoostClassifier(
        **common,
        cat_features=["contract"],
        text_features=["remark"],
        text_processing={
            "dictionaries": [{"dictionary_id": "Word", "occurrence_lower_bound": "1"}],
            "feature_processing": {"default": [{"dictionaries_names": ["Word"], "feature_calcers": ["BoW"]}]},
            "tokenizers": [{"tokenizer_id": "Space"}],
        },
    ).fit(table, CHURN)
    churn.save_model(os.path.join(directory, "text.cbm"))
    names = np.array(["setosa", "versicolor", "virginica"])[LABELS]
    classes = catboost.CatBoostClassifier(**common).fit(ROWS, names)
    regressor = catboost.CatBoostRegressor(**common, cat_features=["contract"]).fit(
        table.drop(columns="remark"), TABLE["charges"]
    )
    for name, model in (("classes", classes), ("regressor", regressor)):
        model.save_model(os.path.join(directory, f"{name}.cbm"))
        model.save_model(os.path.join(directory, f"{name}.json"), format="json")


if __name__ == "__main__":
    for write in (of_xgboost, of_lightgbm, of_catboost):
        target = os.path.join(sys.argv[1], write.__name__.removeprefix("of_"))
        os.makedirs(target, exist_ok=True)
        write(target)
    print({name: version(name) for name in ("xgboost-cpu", "lightgbm", "catboost", "scikit-learn", "pandas")})
