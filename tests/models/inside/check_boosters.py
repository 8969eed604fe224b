"""XGBoost, LightGBM, CatBoost: their own formats, which hold no code."""

from pathlib import Path

import catboost
import lightgbm
import pandas as pd
import pytest
import xgboost
from sklearn.datasets import load_iris
from trips import trip

from gto.inspect.facts import CodeOnLoad

X, Y = load_iris(return_X_y=True)
TABLE = pd.DataFrame(X, columns=["a", "b", "c", "d"])


@pytest.mark.parametrize("suffix", ["", ".json"])
def test_xgboost(tmp_path: Path, suffix: str) -> None:
    model = xgboost.XGBClassifier(n_estimators=3).fit(TABLE, Y)
    facts = trip(model, tmp_path / f"model{suffix}", TABLE, runs_code=False)
    assert (facts.framework, facts.code_on_load) == ("xgboost", CodeOnLoad.NONE)
    assert facts.class_name == "xgboost.sklearn.XGBClassifier"


def test_lightgbm_booster(tmp_path: Path) -> None:
    booster = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(TABLE, Y).booster_
    facts = trip(booster, tmp_path / "model", TABLE, runs_code=False)
    assert (facts.format, facts.framework, facts.code_on_load) == ("lightgbm", "lightgbm", CodeOnLoad.NONE)


def test_lightgbm_estimator(tmp_path: Path) -> None:
    model = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(TABLE, Y)
    for name in ("model.joblib", "model.skops"):
        facts = trip(model, tmp_path / name, TABLE, runs_code=name == "model.joblib")
        assert (facts.framework, facts.framework_version) == ("lightgbm", lightgbm.__version__)


@pytest.mark.parametrize("kind", [catboost.CatBoostClassifier, catboost.CatBoostRegressor])
def test_catboost(tmp_path: Path, kind: type) -> None:
    model = kind(iterations=3, verbose=0, allow_writing_files=False).fit(TABLE, Y)
    facts = trip(model, tmp_path / "model", TABLE, runs_code=False)
    assert (facts.framework, facts.code_on_load) == ("catboost", CodeOnLoad.NONE)
    assert facts.class_name.endswith(kind.__name__)
