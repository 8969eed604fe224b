"""Writes small skops files into the directory that is its argument: `python -P scripts/model_files/skops.py DIR`."""

import io
import os
import re
import sys
import zipfile
from importlib.metadata import version

import numpy as np
import pandas as pd
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

CHANCE = np.random.default_rng(0)
TABLE = pd.DataFrame({"tenure": CHANCE.integers(1, 72, 40), "charges": CHANCE.random(40), "contract": list("my" * 20)})
CHURN = (TABLE["charges"] > 0.5).astype(int)  # noqa: PLR2004  half of them
NUMBERS = TABLE[["tenure", "charges"]].to_numpy()


def double(rows: np.ndarray) -> np.ndarray:
    """Return the rows, doubled: a function of somebody's own."""
    return rows * 2


def write(model: object, path: str) -> None:
    """Write a model with its addresses in memory renumbered, so that the file is small and the same each time."""
    found = skops.io.dumps(model)
    with zipfile.ZipFile(io.BytesIO(found)) as source:
        members = {name: source.read(name) for name in source.namelist()}
    numbers: dict[bytes, bytes] = {}

    def renumber(match: re.Match[bytes]) -> bytes:
        return numbers.setdefault(match[0], b"%d" % (len(numbers) + 1))

    schema = re.sub(rb"\b1[34]\d{13}\b", renumber, members.pop("schema.json"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in {**members, "schema.json": schema}.items():
            stem = name.partition(".")[0].encode()
            member = zipfile.ZipInfo(name.replace(stem.decode(), numbers.get(stem, stem).decode()))
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, data)
    skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))


def main(directory: str) -> None:
    """Write a pipeline of a table, trees, a search, and a function of somebody's own."""
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), ["tenure", "charges"]), ("words", OneHotEncoder(), ["contract"])]
    )
    table = Pipeline([("columns", columns), ("model", LogisticRegression(C=0.5))]).fit(TABLE, CHURN)
    boosting = HistGradientBoostingClassifier(max_iter=2, max_depth=2, min_samples_leaf=5).fit(NUMBERS, CHURN)
    forest = RandomForestRegressor(2, max_depth=2, random_state=0).fit(NUMBERS, CHURN)
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2).fit(NUMBERS, CHURN)
    logarithm = make_pipeline(FunctionTransformer(np.log1p), LogisticRegression()).fit(NUMBERS, CHURN)
    own = make_pipeline(FunctionTransformer(double), LogisticRegression()).fit(NUMBERS, CHURN)
    models = {"table": table, "boosting": boosting, "forest": forest, "search": search, "log": logarithm, "own": own}
    for name, model in models.items():
        write(model, os.path.join(directory, f"{name}.skops"))


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    main(sys.argv[1])
    print({name: version(name) for name in ("skops", "scikit-learn", "numpy", "pandas")})
