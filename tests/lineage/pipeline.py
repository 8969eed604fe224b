"""A real DVC pipeline in Git: three versions of a model, with metrics, parameters, plots and an image."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.environment import dvc_of_clouds
from tests.repo import Repo, Result, run

if TYPE_CHECKING:
    from pathlib import Path

ENV = {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": "site-cache", "COVERAGE_PROCESS_CONFIG": ""}

TRAIN = '''\
"""Write what a training would."""
import csv, json, struct, sys, tomllib, zlib
from pathlib import Path

region, lr, epochs = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
rows = len(Path("data/clean.csv").read_text().splitlines())
out = Path("out") / region
(out / "curves").mkdir(parents=True, exist_ok=True)
loss = [round(1 / (1 + lr * step * rows), 6) for step in range(epochs)]
Path(f"models/{region}").mkdir(parents=True, exist_ok=True)
Path(f"models/{region}/churn.bin").write_text(f"{lr} {epochs} {rows}")
metrics = {"accuracy": 1 - loss[-1], "loss": loss[-1], "test": {"auc": 0.5 + lr, "rows": rows}}
metrics |= {"list": [1], "by": "hand"}
(out / "metrics.json").write_text(json.dumps(metrics))
with open(out / "curves" / "loss.tsv", "w", newline="") as file:
    writer = csv.writer(file, delimiter="\\t")
    writer.writerow(["epoch", "loss"])
    writer.writerows(enumerate(loss))
(out / "roc.json").write_text(json.dumps({"points": [{"fpr": k / 10, "tpr": (k / 10) ** lr} for k in range(11)]}))
with open(out / "classes.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["actual", "predicted"])
    writer.writerows(["yes" if k % 2 else "no", "yes" if k % (2 + epochs) else "no"] for k in range(40))

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

line = b"\\0" + bytes([int(lr * 255), 80, 160]) * 8
png = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
(out / "map.png").write_bytes(png + chunk(b"IDAT", zlib.compress(line * 8)) + chunk(b"IEND", b""))
'''
DVC_YAML = """\
vars: [config/vars.yaml]
stages:
  clean:
    cmd: grep -v '^#' data/raw.csv > data/clean.csv
    deps: [data/raw.csv]
    params: [clean.seed]
    outs: [data/clean.csv]
  train:
    foreach: ${regions}
    do:
      cmd: PYTHON train.py ${item.name} ${train.lr} ${train.epochs} ${suffix}
      deps: [data/clean.csv, train.py]
      params: [train, "config/more.toml:": [opt.decay], config/code.py: [DEPTH]]
      outs: ["models/${item.name}/churn.bin"]
      metrics: ["out/${item.name}/metrics.json": {cache: false}]
      plots:
        - "out/${item.name}/classes.csv": {cache: false, template: confusion, x: actual, y: predicted}
        - "out/${item.name}/map.png": {cache: false}
        - "out/${item.name}/curves": {cache: false, x: epoch}
        - "out/${item.name}/roc.json": {cache: false}
metrics: [summary.yaml]
params: [config/whole.json]
plots:
  - out/eu/curves: {template: smooth, title: "Loss <b>per</b> epoch"}
  - ROC:
      template: mine
      x: {out/eu/roc.json: fpr, out/us/roc.json: fpr}
      y: {out/eu/roc.json: tpr, out/us/roc.json: tpr}
artifacts:
  churn:
    path: models/eu/churn.bin
    type: model
    desc: Who will leave
    meta: {lower_better: [loss]}
""".replace('"config/more.toml:"', "config/more.toml")
CUSTOM = """\
{"$schema": "https://vega.github.io/schema/vega-lite/v5.json",
 "data": {"values": "<DVC_METRIC_DATA>", "url": "https://example.com/steal.json"},
 "usermeta": {"embedOptions": {"ast": false}},
 "title": {"text": "<DVC_METRIC_TITLE> of ours", "href": "https://example.com"},
 "mark": {"type": "line", "point": true},
 "encoding": {
  "x": {"field": "<DVC_METRIC_X>", "type": "quantitative", "title": "<DVC_METRIC_X_LABEL>"},
  "y": {"field": "<DVC_METRIC_Y>", "type": "quantitative", "title": "<DVC_METRIC_Y_LABEL>"},
  "color": "<DVC_METRIC_COLOR>", "strokeDash": "<DVC_METRIC_STROKE_DASH>"}}
"""
VERSIONS = (  # learning rate, epochs, rows of data, what else is told
    (0.1, 5, 3, "Train"),
    (0.2, 5, 3, "Learn faster"),
    (0.2, 8, 6, "Use more data"),
)


@dataclass(slots=True)
class Pipeline:
    """The repository, and the DVC that works on it."""

    repo: Repo
    python: Path

    def dvc(self, *args: str) -> Result:
        """Run the command `dvc`."""
        return run(str(self.python), "-m", "dvc", *args, cwd=self.repo.path, env=ENV)


def build(path: Path) -> Pipeline:
    """Make the repository: `churn` v1.0.0, v2.0.0 and v3.0.0, the second in prod."""
    python = dvc_of_clouds()
    path.mkdir()
    made = Pipeline(Repo(path), python)
    made.repo.git("init", "--quiet")
    assert made.dvc("init", "--quiet").code == 0
    write(path, ".gitignore", "site-cache\n")
    write(path, "train.py", TRAIN)
    write(path, "dvc.yaml", DVC_YAML.replace("PYTHON", sys.executable))
    write(path, ".dvc/plots/mine.json", CUSTOM)
    for number, version in enumerate(VERSIONS, 1):
        _train(made, number, *version)
    assert made.repo.gto("assign", "churn", "--version", "v2.0.0", "--stage", "prod").code == 0
    return made


def _train(made: Pipeline, number: int, lr: float, epochs: int, rows: int, message: str) -> None:
    path = made.repo.path
    write(path, "data/raw.csv", "# raw\n" + "".join(f"{row},{row * number}\n" for row in range(rows)))
    write(
        path,
        "params.yaml",
        f"train: {{lr: {lr}, epochs: {epochs}, layers: [3, {number}], flag: {str(number > 1).lower()}}}\n"
        "clean: {seed: 7}\nregions: [{name: eu}, {name: us}]\nnot_used: {deep: [1]}\n",
    )
    write(path, "config/vars.yaml", f"suffix: run{number}\nunused: {number}\n")
    write(path, "config/more.toml", f"[opt]\ndecay = {number}\nmomentum = {number}.5\n")
    write(path, "config/code.py", f"DEPTH = {number}\nWIDTH = open('/etc/passwd')\n\nclass Train:\n    rate = {lr}\n")
    write(path, "config/whole.json", f'{{"a": {{"b": {number}, "c": null}}, "new{number}": [1, 2]}}')
    write(path, "summary.yaml", f"best: {number}.25\nmissing: null\nflag: {str(number == 2).lower()}\n")
    write(path, "requirements.txt", f"numpy==1.2{number}\npandas>=2\n")
    assert made.dvc("add", "--quiet", "data/raw.csv").code == 0
    done = made.dvc("repro", "--quiet")
    assert done.code == 0, done.stderr
    made.repo.git("add", "--all")
    made.repo.commit(message)
    assert made.repo.gto("register", "churn", "--version", f"v{number}.0.0").code == 0


def write(directory: Path, name: str, text: str) -> None:
    """Write a file, and make its directory."""
    place = directory / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
