"""A program for an environment with MLflow: it fills a real registry in SQLite, at given dates, and says what is there.

`python mlflow_filling.py DIRECTORY`. Where pandas is there too, the models predict.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import warnings
from contextlib import closing
from pathlib import Path

warnings.simplefilter("ignore")

import mlflow  # noqa: E402  its warnings are of no interest

START = 1_700_000_000_000  # milliseconds: 2023-11-14T22:13:20Z
DAY = 86_400_000
MODELS = {
    "churn": [1, 2, 3, 4, 5],
    "fraud detector": [1, 2],
    "segment": [1],
}
DELETED = [("churn", 1), ("churn", 4)]
NOTHING = b"\0\r\n\xff" * 5


class Registry:
    """The registry being filled."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.uri = f"sqlite:///{root}/mlflow.db"
        mlflow.set_tracking_uri(self.uri)
        self.client = mlflow.MlflowClient(self.uri, self.uri)
        self.experiment = self.client.create_experiment("training", artifact_location=f"file://{root}/artifacts")
        self.made: dict[str, dict[int, str]] = {}

    def version(self, model: str, number: int) -> None:
        """Log a run with a model, and register it."""
        run = self.client.create_run(self.experiment, tags={"mlflow.source.git.commit": f"{number:040x}"})
        self.client.log_param(run.info.run_id, "depth", number)
        self.client.log_param(run.info.run_id, "loss", "log loss: base 2")
        for step in (1, 2):
            self.client.log_metric(run.info.run_id, "auc", number / 10 + step / 100, step=step)
        self.client.log_metric(run.info.run_id, "drift", float("nan"))
        place = self.root / f"made-{model.replace(' ', '-')}-{number}"
        save(place, number)
        self.client.log_artifacts(run.info.run_id, str(place), "model")
        source = f"{run.info.artifact_uri}/model"
        found = self.client.create_model_version(
            model, source, run.info.run_id, tags={"checked": "yes"}, description=f"Trained again: {number}"
        )
        assert int(found.version) == number
        self.made.setdefault(model, {})[number] = str(place)


def save(place: Path, number: int) -> None:
    """Save a model that multiplies; where it could not be loaded, the files of one."""
    try:
        from mlflow import pyfunc  # which needs numpy and pandas
    except ImportError:
        (place / "data").mkdir(parents=True)
        (place / "MLmodel").write_text("flavors: {}\n", encoding="utf-8")
    else:

        class Times(pyfunc.PythonModel):  # type: ignore[misc]  # MLflow tells no types here
            def predict(self, context: object, model_input: dict[str, list[float]]) -> list[float]:  # noqa: ARG002  MLflow goes by the names
                return [float(value) * number for value in model_input["x"]]

        pyfunc.save_model(str(place), python_model=Times(), pip_requirements=["mlflow-skinny"])
        (place / "data").mkdir()
    (place / "data" / "weights.bin").write_bytes(NOTHING + bytes([number]))
    (place / "data" / "größe (1).txt").write_text(f"{number}\r\n", encoding="utf-8")
    (place / "data" / "empty").write_bytes(b"")


def date(root: Path) -> None:
    """Give versions their dates: version N is N days after the start, and was changed an hour after."""
    with closing(sqlite3.connect(root / "mlflow.db")) as database:
        for column, more in (("creation_time", 0), ("last_updated_time", 3_600_000)):
            database.execute(f"UPDATE model_versions SET {column} = {START} + version * {DAY} + {more}")  # noqa: S608  numbers of ours
        database.commit()


def fill(root: Path) -> dict[str, object]:
    """Fill a registry with three models: deleted versions, gaps, aliases, stages, tags, descriptions."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    registry = Registry(root)
    client = registry.client
    client.create_registered_model("churn", tags={"owner": "ada", "nlp": "", "a b": "c"}, description="Who leaves")
    client.create_registered_model("fraud detector", description="Says: it's fraud")
    client.create_registered_model("segment")
    for model, numbers in MODELS.items():
        for number in numbers:
            registry.version(model, number)
    for model, number in DELETED:
        client.delete_model_version(model, str(number))
    client.set_registered_model_alias("churn", "champion", "3")
    client.set_registered_model_alias("churn", "challenger", "5")
    client.set_registered_model_alias("fraud detector", "champion", "2")
    client.transition_model_version_stage("churn", "2", "Archived")
    client.transition_model_version_stage("churn", "3", "Production")
    client.transition_model_version_stage("churn", "5", "Staging")
    date(root)
    made = {
        model: {n: at for n, at in places.items() if (model, n) not in DELETED}
        for model, places in registry.made.items()
    }
    return {"uri": registry.uri, "files": made}


if __name__ == "__main__":
    print(json.dumps(fill(Path(sys.argv[1]).absolute())))  # noqa: T201  a program prints its answer
