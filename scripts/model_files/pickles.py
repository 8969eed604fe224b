"""Write pickles of small models into a directory: scikit-learn by pickle and joblib, boosters, functions."""

import os
import pickle
import platform
import sys

import catboost
import cloudpickle
import joblib
import lightgbm
import numpy as np
import pandas as pd
import sklearn
import statsmodels
import statsmodels.api as sm
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

PACKED = {"z": "zlib", "gz": "gzip", "bz2": "bz2", "lzma": "lzma", "xz": "xz"}


def main(directory: str) -> None:
    """Write all files, and print the versions of what wrote them."""
    table, target = _data()
    numbers = table[["tenure", "monthly"]]
    pipeline = _pipeline().fit(table, target)
    knn = KNeighborsClassifier(n_neighbors=3).fit(numbers.to_numpy(), target)
    vote = VotingClassifier(
        [("forest", RandomForestClassifier(2, max_depth=2, random_state=0)), ("linear", LogisticRegression())]
    )
    for name, model in {
        "pipeline.pkl": pipeline,
        "knn.pkl": knn,
        "dictionary.pkl": {"model": knn, "threshold": 0.5, "columns": list(numbers.columns)},
        "xgboost.pkl": xgboost.XGBClassifier(n_estimators=2, max_depth=2, random_state=0).fit(numbers, target),
        "lightgbm.pkl": lightgbm.LGBMClassifier(n_estimators=2, max_depth=2, verbose=-1).fit(numbers, target),
        "catboost.pkl": catboost.CatBoostClassifier(
            iterations=2, depth=2, random_seed=0, verbose=0, allow_writing_files=False
        ).fit(numbers, target),
        "statsmodels.pkl": sm.OLS(target.to_numpy(), sm.add_constant(numbers.to_numpy())).fit(),
    }.items():
        with open(os.path.join(directory, name), "wb") as file:
            pickle.dump(model, file)
    with open(os.path.join(directory, "protocol-0.pkl"), "wb") as file:
        pickle.dump(pipeline, file, protocol=0)
    joblib.dump(pipeline, os.path.join(directory, "pipeline.joblib"))
    for suffix, packing in PACKED.items():
        joblib.dump(knn, os.path.join(directory, f"knn.joblib.{suffix}"), compress=(packing, 9))
    joblib.dump(vote.fit(numbers, target), os.path.join(directory, "voting.joblib"))
    search = GridSearchCV(LogisticRegression(), {"C": [0.5, 1.0]}, cv=2).fit(numbers, target)
    joblib.dump(search, os.path.join(directory, "search.joblib"))
    _write_own_code(directory)
    for one in (sklearn, joblib, cloudpickle, xgboost, lightgbm, catboost, statsmodels):
        print(one.__name__, one.__version__)
    print("python", platform.python_version())


def _data() -> tuple[pd.DataFrame, pd.Series]:
    chance = np.random.RandomState(0)
    table = pd.DataFrame(
        {
            "tenure": chance.randint(0, 72, 40),
            "monthly": chance.rand(40) * 100,
            "contract": chance.choice(["month", "year"], 40),
        }
    )
    return table, (table.tenure > table.tenure.mean()).astype(int)


def _pipeline() -> Pipeline:
    numbers = Pipeline([("impute", SimpleImputer()), ("scale", StandardScaler())])
    columns = ColumnTransformer(
        [("numbers", numbers, ["tenure", "monthly"]), ("words", OneHotEncoder(handle_unknown="ignore"), ["contract"])]
    )
    return Pipeline([("columns", columns), ("classify", LogisticRegression(C=0.5))])


def _write_own_code(directory: str) -> None:
    """Write a function and an object of a class, whose code cloudpickle puts into the file."""
    globals()["__file__"] = "pickles.py"  # cloudpickle puts it into the file
    factor = 3

    def predict(rows):  # noqa: ANN001, ANN202  what its users write
        return np.log1p(rows) * factor

    class Doubler:
        def __init__(self) -> None:
            self.factor = 2

        def predict(self, rows):  # noqa: ANN001, ANN202  what its users write
            return np.asarray(rows) * self.factor

    for name, one in {"function.cloudpickle": predict, "object.cloudpickle": Doubler()}.items():
        with open(os.path.join(directory, name), "wb") as file:
            cloudpickle.dump(one, file)


if __name__ == "__main__":
    main(sys.argv[1])
