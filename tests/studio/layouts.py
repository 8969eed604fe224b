"""Real repositories of four kinds, as people lay them out, to put one question to a page and to the command line."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import sample, sample_catalog, sample_models
from tests.environment import make_environment
from tests.repo import GTO, Repo, run
from tests.studio.conftest import wrote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).parent.parent.parent
SETTINGS = "stages: [dev, staging, prod]\ntypes: [model, dataset]\n"
ODD_MESSAGE = "Better <b>everywhere</b>, \N{GREEK SMALL LETTER ALPHA} | beta\n\nbody: *stars*\n\n  and an end"


def several(repo: Repo) -> dict[str, Repo]:
    """Seven artifacts of one repository; what was done to some of them was undone, moved, deleted or set aside."""
    artifacts = {
        "churn": {
            "path": "models/churn.txt",
            "type": "model",
            "desc": "Who will leave, by size: Größe",
            "labels": ["tabular", "b|c"],
        },
        "ranking": {"path": "models/ranking.txt", "type": "model", "custom": {"lower_better": ["loss"]}},
        "features": {"path": "data/features.csv", "type": "dataset", "labels": ["tabular"]},
    }
    for number in range(6):
        metrics = {"auc": 0.8 + number / 100, "loss": {"val": 1 / (number + 1)}, "words": "none", "odd": None}
        files = {
            ".gto": SETTINGS,
            "dvc.yaml": json.dumps({"artifacts": artifacts, "metrics": ["metrics.json"], "params": ["params.yaml"]}),
            "metrics.json": json.dumps(metrics),
            "params.yaml": f"trees: {number * 100}\ndeep: {{rate: 0.{number}, layers: [1, {number}]}}\n",
            "models/churn.txt": f"model {number}\n",
            **({} if number in {0, 4} else described_model(number)),
            "requirements.txt": f"numpy==1.2{number}\n",
            f"code-{number}.py": "pass\n",
        }
        repo.commit(f"train {number}\n\nof all", files)
        wrote(repo, "register", "churn", *(["-m", ODD_MESSAGE] if number == 3 else []))
        wrote(repo, "assign", "churn", "--version", f"v0.0.{number + 1}", "--stage", "dev")
    at = ("assign", "churn", "--version")
    for version, stage in (("v0.0.1", "staging"), ("v0.0.2", "prod"), ("v0.0.3", "prod"), ("v0.0.1", "prod")):
        wrote(repo, *at, version, "--stage", stage)
    wrote(repo, "deprecate", "churn", "v0.0.1", "prod")
    wrote(repo, "deprecate", "churn", "v0.0.4")
    wrote(repo, "deprecate", "churn", "v0.0.5", "dev", "--delete")
    wrote(repo, "register", "churn", "HEAD~6", "--version", "v1.0.0-rc.1+b.2")
    wrote(repo, "register", "ranking", "HEAD~2", "--version", "v1.0.0")
    wrote(repo, "assign", "ranking", "HEAD", "--stage", "dev")
    wrote(repo, "deprecate", "ranking")
    wrote(repo, "register", "segment", "--version", "v2.0.0")
    wrote(repo, "deprecate", "segment")
    wrote(repo, "register", "segment", "HEAD~1", "--version", "v2.1.0")
    wrote(repo, "assign", "unversioned", "HEAD~3", "--stage", "staging", "--skip-registration")
    wrote(repo, "assign", "unversioned", "HEAD~1", "--stage", "dev", "--skip-registration")
    date = repo.dated()["GIT_COMMITTER_DATE"]
    for tag in ("twins@v0.0.1", "twins@v0.0.2", "twins#dev#1", "twins#prod#2"):  # all in one second
        repo.tag(tag, "HEAD" if tag.endswith("2") else "HEAD~1", date=date)
    repo.tag("churn#prod#99", annotated=False)
    for tag in ("churn@v1", "release-1", "a@b@v1.0.0"):
        repo.tag(tag)
    repo.git("switch", "--quiet", "--orphan", "aside")
    repo.commit("aside", {"aside.txt": "x\n"})
    wrote(repo, "register", "orphan")
    repo.git("switch", "--quiet", "-f", "main")
    repo.git("branch", "--quiet", "-D", "aside")
    del artifacts["ranking"]
    described = json.dumps({"artifacts": artifacts, "metrics": ["metrics.json"]})
    repo.commit("Broken", {"dvc.yaml": described, "metrics.json": '{"auc": '})
    wrote(repo, "register", "broken")
    repo.commit("At last", {"metrics.json": '{"auc": 0.7, "loss": {"val": 0.25}}'})
    wrote(repo, "register", "churn", "--version", "v3.0.0")
    return {"several": repo}


def described_model(number: int) -> dict[str, str]:
    """The side-car of a model, of XGBoost first and scikit-learn later; that of number 4 is the one of number 3."""
    model = sample_models.read("xgboost/table.json" if number < 3 else "pickle/pipeline.pkl")
    return model._replace(data=f"model {number}\n".encode()).beside("models/churn.txt")


NESTED_POLICY = """\
rules:
- {name: two-see-it, stages: prod, artifacts: "services/*", approvals: 2}
- {name: in-order, stages: prod, after: staging}
- {name: only-eve, stages: staging, artifacts: team/churn, who: [eve@example.com]}
"""


def nested(repo: Repo) -> dict[str, Repo]:
    """A monorepo: artifacts of subfolders, in both kinds of file, some with slashes; a policy; a broken file."""
    files = {
        "dvc.yaml": "artifacts: {team/churn: {path: m.txt, type: model, labels: [root]}}\nmetrics: [top.json]\n",
        "top.json": '{"top": 1}',
        "m.txt": "m\n",
        "services/eu/dvc.yaml": "artifacts: {churn: {path: model.txt, desc: of Europe}}\nmetrics: [metrics.json]\n"
        "params: [params.yaml]\n",
        "services/eu/.dvc/config": "",
        "services/us/dvc.yaml": "artifacts: {team/deep/churn: {path: https://example.com/m, labels: [us]}}\n",
        "artifacts.yaml": "services/us:ranker: {type: model, virtual: true}\nplain: {type: dataset, path: data}\n",
        "lib/dvc.yaml": "artifacts: 7\n",
        "a.b/c_d/artifacts.yaml": "churn: {type: dataset, path: d.txt}\n",  # not read: GTO reads one at the root
        "a.b/c_d/dvc.yaml": "artifacts: {churn: {type: dataset, path: d.txt}}\n",
        "a.b/c_d/d.txt": "d\n",
        "data/one.csv": "1\n",
        "data/deep/two.csv": "2\n",
    }
    names = ("team/churn", "services/eu:churn", "services/us:team/deep/churn", "services/us:ranker", "plain")
    for number in range(3):
        numbers = {"services/eu/metrics.json": f'{{"mape": 0.{9 - number}, "list": [1, 2]}}'}
        repo.commit(
            f"work {number}", {**files, **numbers, "services/eu/params.yaml": f"rate: {number}\n", "m.txt": f"{number}"}
        )
        for name in names[: number + 3]:
            wrote(repo, "register", name)
    for name, stage in ((names[0], "staging"), (names[0], "prod"), (names[1], "staging"), (names[1], "dev")):
        wrote(repo, "assign", name, "--version", "v0.0.2", "--stage", stage)
    wrote(repo, "assign", names[1], "--version", "v0.0.1", "--stage", "prod")
    repo.commit("Who decides", {".gto.policy.yaml": NESTED_POLICY})
    wrote(repo, "assign", names[0], "--version", "v0.0.3", "--stage", "dev")
    repo.tag(f"{names[0].replace('/', '-')}#prod#1")  # an artifact that nobody describes
    repo.tag(f"{names[0]}#staging#7", "HEAD~1")  # which only Eve may
    repo.git("branch", "other", "HEAD~2")
    return {"mono": repo}


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
open("kept.json", "w").write(json.dumps({"kept": rate * 2}))
open("loss.csv", "w").write("step,loss\\n" + "".join(f"{n},{rate / (n + 1)}\\n" for n in range(9)))
open("model.txt", "w").write(str(rate))
"""
DVC_YAML = f"""\
stages:
  train:
    cmd: {sys.executable} train.py ${{train.rate}}
    deps: [raw.csv, train.py]
    params: [train.rate]
    outs: [model.txt]
    metrics: [metrics.json: {{cache: false}}, kept.json]
    plots: [loss.csv: {{cache: false, x: step, y: loss}}]
artifacts:
  model: {{path: model.txt, type: model, desc: What DVC keeps}}
"""
COMMITS = 300
"""Of the history that DVC's trainings end."""


def dvc(repo: Repo, *commands: Sequence[str]) -> str:
    """Run several commands of DVC's in one process."""
    python = make_environment("dvc", ["dvc>=3,<4", "--editable", str(ROOT)])
    result = run(str(python), "-c", SEVERAL, json.dumps(commands), cwd=repo.path, env=ENV)
    assert result.code == 0, result.stderr
    return result.stdout


def experiments(repo: Repo) -> dict[str, Repo]:
    """Hundreds of commits on two branches with what DVC writes of a training, and experiments, made by DVC itself."""
    files = {"params.yaml": "train: {rate: 0.1, layers: [1, 2]}\nother: x\n", "raw.csv": "1\n", "train.py": TRAIN}
    for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org")):
        repo.git("config", key, value)
    repo.commit("code", {**files, "dvc.yaml": DVC_YAML, ".gitignore": "site-cache\nmodel.txt\nkept.json\n"})
    dvc(repo, ["init", "--quiet"], ["repro", "--quiet"])
    repo.git("add", "--all")
    repo.commit("train")
    wrote(repo, "register", "model")
    _past(repo)
    wrote(repo, "register", "model")
    wrote(repo, "assign", "model", "--version", "v0.0.1", "--stage", "prod")
    training = ["exp", "run", "--quiet", "--name"]
    dvc(repo, ["repro", "--quiet"])
    repo.git("add", "--all")
    repo.commit("train anew")
    wrote(repo, "register", "model")
    dvc(repo, [*training, "fast", "-S", "train.rate=0.3"], [*training, "slow", "-S", "train.rate=0.01"])
    (repo.path / "metrics.json").write_text('{"auc": 0.99}', encoding="utf-8")
    dvc(repo, ["exp", "save", "--quiet", "--force", "--name", "kept"])
    repo.git("restore", ".")
    return {"dvc": repo}


def _past(repo: Repo) -> None:
    """Let there be many trainings since the last one, on two branches, a minute each."""
    lock, began = (repo.path / "dvc.lock").read_text(encoding="utf-8"), int(repo.clock.timestamp())
    lines = []
    for number in range(COMMITS):
        rate = round(0.1 + number / 1000, 4)
        branch = "main" if number % 5 else "other"
        before = "from refs/heads/main^0\n" if number < 2 else ""
        values = {
            "metrics.json": json.dumps({"auc": 0.5 + rate, "test": {"loss": 1 - rate}, "list": [number % 3]}),
            "params.yaml": f"train: {{rate: {rate}, layers: [1, {number}]}}\nother: x\n",
            "dvc.lock": lock.replace("rate: 0.1", f"rate: {rate}"),
            "loss.csv": "step,loss\n" + "".join(f"{step},{rate / (step + 1)}\n" for step in range(9)),
        }
        if number % 7 == 0:
            values = {"notes.txt": f"{number}\n"}
        who = f"Ada <ada@example.org> {began + 60 * number} +0000"
        message = f"Train with {rate}" + ("\n\n[skip studio]" if number % 11 == 0 else "")
        lines.append(f"commit refs/heads/{branch}\nauthor {who}\ncommitter {who}\ndata {len(message)}\n{message}\n")
        lines.append(before)
        lines += [f"M 100644 inline {name}\ndata {len(text)}\n{text}\n" for name, text in values.items()]
    done = run("git", "fast-import", "--quiet", cwd=repo.path, text="".join(lines))
    assert done.code == 0, done.stderr
    repo.git("reset", "--quiet", "--hard", "main")
    repo.clock = type(repo.clock).fromtimestamp(began + 60 * COMMITS, repo.clock.tzinfo)


def demo(place: Path) -> Path:
    """Make the sample as `make demo` does; the file of its catalogue."""
    env = demo_environment(place)
    sample.build(place / sample.NAME, GTO, env)
    return sample_catalog.build(place / sample_catalog.NAME, place / sample.NAME, GTO, env)


def demo_environment(place: Path) -> dict[str, str]:
    """The environment in which the sample is made and shown."""
    return sample.environment(str(Path(sys.executable).parent)) | {"XDG_CACHE_HOME": str(place / "cache")}


def demo_repositories(place: Path) -> dict[str, Repo]:
    """The repositories of its catalogue, which was made there."""
    paths = {"customer": place / sample.NAME, **{one: place / sample_catalog.NAME / one for one in ("demand", "fraud")}}
    return {name: Repo(path, datetime.now(UTC)) for name, path in paths.items()}


LAYOUTS: Mapping[str, Callable[[Repo], dict[str, Repo]]] = {
    "several": several,
    "nested": nested,
    "experiments": experiments,
}
