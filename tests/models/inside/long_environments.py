"""An environment that holds the requirements alone, of models that need large libraries."""

from pathlib import Path

import lightgbm
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import gto
from gto.exceptions import NotReproduced

TABLE = pd.DataFrame({"tenure": [1, 2, 3, 4] * 5, "plan": pd.Categorical(list("abca") * 5)})
LEFT = [0, 1, 0, 1] * 5


def test_a_pipeline_with_categories_works_with_what_was_found(tmp_path: Path) -> None:
    columns = ColumnTransformer([("words", OneHotEncoder(), ["plan"]), ("numbers", StandardScaler(), ["tenure"])])
    booster = lightgbm.LGBMClassifier(n_estimators=2, min_child_samples=1, verbose=-1)
    model = Pipeline([("columns", columns), ("model", booster)]).fit(TABLE, LEFT)
    saved = gto.save(model, str(tmp_path / "churn.joblib"), TABLE, verify=True)
    needed = [one for one in saved.facts.requirements if not one.startswith("lightgbm")]
    with pytest.raises(NotReproduced, match="lightgbm"):
        gto.save(model, str(tmp_path / "other.joblib"), TABLE, verify=True, requirements=needed)
    assert not (tmp_path / "other.joblib").exists()
