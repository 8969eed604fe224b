"""The table of experiments holds the values that `dvc exp show --json` prints."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from gto.lineage.values import flat
from tests.environment import make_environment
from tests.repo import run
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from tests.repo import Repo

pytestmark = pytest.mark.dvc

ROOT = Path(__file__).parent.parent.parent
ENV = {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": "site-cache", "COVERAGE_PROCESS_CONFIG": ""}
SEVERAL = """\
import json, sys
from dvc.cli import main
for words in json.loads(sys.argv[1]):
    if main(words):
        sys.exit(f"dvc {words} failed")
"""
TRAIN = """\
import json, sys
rate = float(sys.argv[1])
json.dump({"auc": 0.5 + rate, "test": {"loss": 1 - rate}, "list": [1]}, open("metrics.json", "w"))
open("model.txt", "w").write(str(rate))
"""
DVC_YAML = f"""\
stages:
  train:
    cmd: {sys.executable} train.py ${{train.rate}}
    deps: [raw.csv, train.py]
    params: [train.rate]
    outs: [model.txt]
    metrics: [metrics.json: {{cache: false}}]
"""


def dvc(repo: Repo, *commands: list[str]) -> str:
    """Run several commands of DVC's in one process."""
    python = make_environment("dvc", ["dvc>=3,<4", "--editable", str(ROOT)])
    result = run(str(python), "-c", SEVERAL, json.dumps(commands), cwd=repo.path, env=ENV)
    assert result.code == 0, result.stderr
    return result.stdout


def values_of(shown: dict[str, Any]) -> dict[str, object]:
    """What DVC shows of a commit, as the table has it: by file and key."""
    data = shown["data"]
    keyed = {
        kind: {
            file: dict(flat(one["data"], of_metrics=kind == "metrics"))
            for file, one in data[kind].items()
            if "data" in one  # else the commit has no such file
        }
        for kind in ("metrics", "params")
    }
    recorded = [pair for kind in ("deps", "outs") for pair in data[kind].items()]
    return {**keyed, "data": {path: one["hash"] for path, one in recorded if one["hash"]}}


def table_values(row: dict[str, Any]) -> dict[str, object]:
    """What a row of the table holds; to DVC a file of metrics is none of data, though `dvc.lock` records it."""
    data = {path: mark for path, mark in row["data"].items() if path not in row["metrics"]}
    return {"metrics": row["metrics"], "params": row["params"], "data": data}


def test_commits_and_experiments_hold_what_dvc_shows(repo: Repo, tmp_path: Path) -> None:
    files = {"params.yaml": "train: {rate: 0.1, layers: [1, 2]}\nother: x\n", "raw.csv": "1\n", "train.py": TRAIN}
    for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org")):
        repo.git("config", key, value)
    repo.commit("code", {**files, "dvc.yaml": DVC_YAML, ".gitignore": "site-cache\nmodel.txt\n"})
    dvc(repo, ["init", "--quiet"], ["repro", "--quiet"])
    repo.git("add", "--all")
    repo.commit("train")
    dvc(repo, ["exp", "run", "--quiet", "--name", "fast", "--set-param", "train.rate=0.3"])
    (repo.path / "metrics.json").write_text('{"auc": 0.99}', encoding="utf-8")
    out = dvc(repo, ["exp", "save", "--quiet", "--force", "--name", "kept"], ["exp", "show", "--json", "--num", "2"])
    told = {one["rev"]: one for one in json.loads(out[out.index("[{") :]) if one["rev"] != "workspace"}
    with studio_of({"team": repo.path}, tmp_path / "index.db") as studio:
        rows = cast("list[dict[str, Any]]", studio.json("/r/team/experiments")["branches"])[0]["commits"]
    here = {row["commit"]: row for row in rows if not row["experiment"]}
    assert len(told) == 2
    for rev, shown in told.items():
        assert table_values(here[rev]) == values_of(shown)
        made = {one["revs"][0]["name"]: one["revs"][0] for one in shown["experiments"] or ()}
        ours = {row["experiment"]: row for row in rows if row["baseline"] == rev}
        assert made.keys() == ours.keys()
        for name, one in made.items():
            assert ours[name]["commit"] == one["rev"]
            assert table_values(ours[name]) == values_of(one)
    assert sorted(row["experiment"] for row in rows if row["experiment"]) == ["fast", "kept"]
