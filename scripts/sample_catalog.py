"""A sample catalogue: the sample registry and two small ones, whose months of history end at a moment that is given."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from gto.inspect.facts import Tensor
from scripts import sample, sample_models

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NAME = "demo-catalogue"
FILE = "catalog.yaml"

NOW = int(datetime(2025, 3, 18, 12, tzinfo=UTC).timestamp())
"""Where the history of the sample registry ends."""

CATALOG = """\
repos:
- path: {registry}
  name: customer
- path: demand
- path: fraud
  groups: [risk]
"""

DEMAND_DVC = """\
stages:
  prepare:
    cmd: python prepare.py
    deps: [data/sales.csv, prepare.py]
    outs: [data/weekly.csv]
  train:
    cmd: python train.py
    deps: [data/weekly.csv, train.py]
    params: [train]
    outs: [models/forecast.json]
    metrics:
    - metrics.json: {cache: false}
    plots:
    - plots/loss.csv: {cache: false, x: epoch, y: loss}
artifacts:
  forecast:
    path: models/forecast.json
    type: model
    desc: Returns of each shop, by week
    labels: [forecast, weekly]
  weekly-sales: # a data set that nobody has registered yet
    path: data/weekly.csv
    type: dataset
    desc: Sales of each shop, by week
"""

FRAUD_DVC = """\
artifacts:
  detector:
    path: {path}
    type: model
    desc: Payments that customers did not make
    labels: [tabular, regulated]
  rules:
    path: rules.yaml
    type: rules
    desc: What is refused whatever the detector says
"""

FRAUD_MEASURED = "metrics: [metrics.yaml]\nparams: [params.yaml]\n"

FRAUD_POLICY = """\
since: {since}
rules:
- name: what-decides-on-payments
  stages: prod
  artifacts: detector
  approvals: 1
"""

ADA, GRACE, ALAN = sample.AUTHOR, ("Grace Hopper", "grace@example.com"), ("Alan Turing", "alan@example.com")


class DemandRun(NamedTuple):
    """A training of the forecast."""

    days: float
    """How long before the end."""
    by: tuple[str, str]
    message: str
    mape: float
    depth: int
    rate: float
    version: str


DEMAND_RUNS = (
    DemandRun(142, ADA, "The first forecast of returns", 0.1412, 4, 0.3, "v0.1.0"),
    DemandRun(118, GRACE, "Holidays of each country", 0.1193, 4, 0.3, "v0.2.0"),
    DemandRun(80, ADA, "Deeper trees", 0.1104, 6, 0.2, "v0.3.0"),
    DemandRun(41, GRACE, "A smaller rate, twice the epochs", 0.0986, 6, 0.1, "v1.0.0"),
    DemandRun(12, ALAN, "Weather of the week before", 0.0921, 7, 0.1, "v1.1.0"),
    DemandRun(0.2, ADA, "Retrain on the last quarter", 0.0917, 7, 0.1, ""),
)


class History:
    """One repository while it is being made; its moments are days before the end."""

    def __init__(self, path: Path, gto_command: Sequence[str], env: Mapping[str, str], now: int) -> None:
        self._path, self._gto, self._env = path, gto_command, env
        self._now = datetime.fromtimestamp(now, UTC)

    def at(self, days: float, by: tuple[str, str]) -> tuple[sample.Sample, str]:
        """Return the repository in the hands of somebody, and the date."""
        who = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in zip(
            ("NAME", "EMAIL"), by, strict=True)}  # fmt: skip
        date = (self._now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")
        return sample.Sample(self._path, self._gto, {**self._env, **who}), date

    def begin(self, days: float) -> None:
        """Make the repository."""
        self._path.mkdir(parents=True)
        for words in (
            ("init", "--quiet", "--initial-branch=main", "--object-format=sha1"),
            ("config", "user.name", ADA[0]),
            ("config", "user.email", ADA[1]),
            ("config", "commit.gpgSign", "false"),
            ("config", "tag.gpgSign", "false"),
        ):
            self.git(days, *words)

    def git(self, days: float, *words: str, by: tuple[str, str] = ADA) -> None:
        """Run git."""
        made, date = self.at(days, by)
        made.git(date, *words)

    def read(self, *words: str) -> str:
        """Return what git says."""
        told = subprocess.run(
            ("git", *words), cwd=self._path, env=self._env, capture_output=True, text=True, check=True
        )
        return told.stdout.strip()

    def gto(self, days: float, *words: str, by: tuple[str, str] = ADA) -> None:
        """Run gto."""
        made, date = self.at(days, by)
        made.gto(date, *words)

    def commit(self, days: float, message: str, files: Mapping[str, str | bytes], by: tuple[str, str] = ADA) -> None:
        """Commit files."""
        made, date = self.at(days, by)
        made.commit(date, message, files)


def clear(directory: Path) -> None:
    """Make way for a new catalogue; raise sample.NotOurs where something else stands there."""
    if (directory / "demand" / sample.MARK).is_file():
        shutil.rmtree(directory)
    elif directory.exists() or directory.is_symlink():
        raise sample.NotOurs(f"{directory} exists, and `make demo` did not make it: move it, or name another place")


def build(directory: Path, registry: Path, gto_command: Sequence[str], env: Mapping[str, str], now: int = NOW) -> Path:
    """Make the two registries in `directory`, which must not exist, and return the catalogue that lists all three."""
    directory.mkdir(parents=True)
    _demand(History(directory / "demand", gto_command, env, now))
    _fraud(History(directory / "fraud", gto_command, env, now))
    for name in ("demand", "fraud"):
        (directory / name / sample.MARK).touch()
    catalog = directory / FILE
    catalog.write_text(CATALOG.format(registry=json.dumps(str(registry))), encoding="utf-8")
    return catalog


def _demand(history: History) -> None:
    history.begin(150)
    history.commit(
        150,
        "Sales of each shop",
        {
            ".gto": sample.SETTINGS,
            "prepare.py": "# sums sales by week\n",
            "train.py": "# trains the forecast\n",
            "requirements.txt": "xgboost==3.2.0\npandas==2.2.3\n",
        },
    )
    for run in DEMAND_RUNS:
        history.commit(run.days, run.message, _trained(run), run.by)
        if not run.version:
            break  # nobody has registered the last one
        history.gto(run.days - 0.1, "register", "forecast", "--version", run.version, "-m", run.message, by=run.by)
        history.gto(run.days - 0.2, "assign", "forecast", "--version", run.version, "--stage", "dev", by=run.by)
        if run.days > 30:  # noqa: PLR2004  the younger ones are still being tried
            named = ("assign", "forecast", "--version", run.version, "--stage")
            history.gto(run.days - 11, *named, "staging", by=GRACE)
            history.gto(run.days - 20, *named, "prod", "-m", "Backtests pass", by=ALAN)
        if run.version == "v0.2.0":
            _branch(history, "holidays-of-regions", run, (0.1188, 0.1201), "Holidays of regions, too")
    history.gto(5, "rollback", "forecast", "--stage", "prod", "-m", "Too high for new shops", by=ALAN)
    _branch(history, "quantiles", DEMAND_RUNS[4], (0.0930, 0.0902), "Quantiles instead of means")
    history.git(0.1, "branch", "weather", "main~1")
    _experiment(history, "tidal-bream", DEMAND_RUNS[5]._replace(mape=0.0899, rate=0.05))


def _experiment(history: History, name: str, run: DemandRun) -> None:
    """Leave a training as DVC's `exp run` does: on a ref of its own, below the commit that it started from."""
    history.git(0.05, "switch", "--quiet", "--detach", "main")
    history.commit(0.05, f"dvc: commit experiment {hashlib.sha256(name.encode()).hexdigest()}", _trained(run))
    base = history.read("rev-parse", "main")
    history.git(0.05, "update-ref", f"refs/exps/{base[:2]}/{base[2:]}/{name}", "HEAD")
    history.git(0.05, "switch", "--quiet", "main")


def _branch(history: History, name: str, run: DemandRun, errors: Sequence[float], message: str) -> None:
    """Leave trainings on a branch of their own."""
    history.git(run.days - 0.3, "switch", "--quiet", "--create", name)
    for number, mape in enumerate(errors):
        days = run.days - 1 - number
        tried = run._replace(mape=mape, depth=run.depth + 1 + number, message=message)
        history.commit(days, f"{message}, depth {tried.depth}", _trained(tried), GRACE)
    history.git(run.days - 3, "switch", "--quiet", "main")


def _trained(run: DemandRun) -> dict[str, str | bytes]:
    epochs = 12
    loss = [round(run.mape * (1 + 2.5 * 0.6**step * run.rate / 0.3), 4) for step in range(epochs)]
    model = _forecast(run)
    files: dict[str, str | bytes] = {
        "params.yaml": f"train:\n  depth: {run.depth}\n  rate: {run.rate}\n  horizon: 28\n",
        "metrics.json": json.dumps({"mape": run.mape, "rmse": round(run.mape * 91.7, 2), "coverage": 0.9}) + "\n",
        "plots/loss.csv": "epoch,loss\n" + "".join(f"{step},{value}\n" for step, value in enumerate(loss)),
        "data/sales.csv": f"shop,day,sales\n1,{1 + int(200 - run.days)},{run.depth * 7}\n",
        "data/weekly.csv": f"shop,week,sales\n1,{1 + int(200 - run.days) // 7},{run.depth * 49}\n",
        **model,
    }
    return {**files, "dvc.yaml": DEMAND_DVC, "dvc.lock": _lock(files, run)}


def _forecast(run: DemandRun) -> dict[str, str | bytes]:
    """Return the model of a run: the first ones have no side-car, and v1.0.0 left the one of v0.3.0 as it was."""
    path, place = "models/forecast.json", [one.version for one in DEMAND_RUNS].index(run.version)
    if place < 2:  # noqa: PLR2004  v0.1.0 and v0.2.0
        return {path: json.dumps({"depth": run.depth, "error": run.mape}) + "\n"}
    model = sample_models.read("xgboost/linear.json" if run.version == "v0.3.0" else "xgboost/table.json")
    model = model._replace(data=model.data + b"\n" * int(run.mape * 10_000 % 50))  # each training makes another file
    return {path: model.data, **({} if run.version == "v1.0.0" else model.beside(path))}


def _lock(files: Mapping[str, str | bytes], run: DemandRun) -> str:
    """Return what DVC writes of a run: the hash of each file that it read and wrote."""

    def of(path: str, text: str = "# trains\n") -> dict[str, object]:
        data = files.get(path, text)
        body = data.encode() if isinstance(data, str) else data
        digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
        return {"path": path, "hash": "md5", "md5": digest, "size": len(body)}

    train = {
        "cmd": "python train.py",
        "deps": [of("data/weekly.csv"), of("train.py")],
        "params": {"params.yaml": {"train": {"depth": run.depth, "rate": run.rate, "horizon": 28}}},
        "outs": [of("models/forecast.json"), of("metrics.json"), of("plots/loss.csv")],
    }
    prepare = {"cmd": "python prepare.py", "deps": [of("data/sales.csv")], "outs": [of("data/weekly.csv")]}
    return json.dumps({"schema": "2.0", "stages": {"prepare": prepare, "train": train}}, indent=2) + "\n"


def _fraud(history: History) -> None:
    history.begin(120)
    settings = sample.SETTINGS.replace("dataset", "rules")
    described = FRAUD_DVC.format(path="models/detector.json")
    files: dict[str, str | bytes] = {".gto": settings, "dvc.yaml": described, "rules.yaml": "limit: 5000\n"}
    history.commit(120, "What is refused", files)
    history.gto(119, "register", "rules", "--version", "v1.0.0", by=ALAN)
    history.gto(118, "assign", "rules", "--version", "v1.0.0", "--stage", "prod", by=ALAN)
    models = {
        "v0.2.0": sample_models.saved("skops/table.skops"),
        "v0.3.0": sample_models.saved("skops/own.skops", Tensor("merchant", "BYTES")),
    }
    for days, auc, trees, version in (
        (96, 0.9012, 200, "v0.1.0"),
        (52, 0.9187, 400, "v0.2.0"),
        (9, 0.9241, 600, "v0.3.0"),
    ):
        model = models.get(version)
        path = f"models/detector.{'skops' if model else 'json'}"
        files = {
            "dvc.yaml": FRAUD_MEASURED + FRAUD_DVC.format(path=path),
            "params.yaml": f"trees: {trees}\nseed: 7\n",
            "metrics.yaml": f"auc: {auc}\nrecall: {round(auc - 0.11, 4)}\nfalse_alarms: {round(0.2 - auc / 10, 4)}\n",
            path: model.data if model else json.dumps({"trees": trees}) + "\n",
            **(model.beside(path) if model else {}),
        }
        history.commit(days, f"Detector of {trees} trees", files, GRACE)
        history.gto(days - 0.1, "register", "detector", "--version", version, by=GRACE)
        history.gto(days - 0.2, "assign", "detector", "--version", version, "--stage", "staging", by=GRACE)
        if version == "v0.2.0":
            named = ("assign", "detector", "--version", version, "--stage", "prod", "-m", "Agreed with risk")
            history.gto(40, *named, by=ADA)
    since = history.at(8, ADA)[1][:10]  # what happened before is not judged
    history.commit(8, "Who decides on payments", {".gto.policy.yaml": FRAUD_POLICY.format(since=since)})
