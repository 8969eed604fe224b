"""DVC 3 with this GTO in place of the one on the index: what DVC imports, and what its users type."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.environment import dvc_of_clouds
from tests.repo import Repo, Result, run

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.dvc


@dataclass(slots=True)
class Project:
    """A DVC project in Git, and the DVC that works on it."""

    repo: Repo
    python: Path

    def dvc(self, *args: str, cwd: Path | None = None) -> Result:
        """Run the command `dvc`."""
        return run(str(self.python), "-m", "dvc", *args, cwd=cwd or self.repo.path, env=ENV)

    def evaluate(self, code: str) -> object:
        """Run Python beside DVC, and return what it prints as JSON."""
        result = run(str(self.python), "-c", code, cwd=self.repo.path, env=ENV)
        assert result.code == 0, result.stderr
        return json.loads(result.stdout)


ENV = {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": "site-cache", "COVERAGE_PROCESS_CONFIG": ""}


@pytest.fixture(scope="session")
def dvc_python() -> Path:
    """An environment with the newest DVC 3 in which this checkout stands for GTO."""
    return dvc_of_clouds()


@pytest.fixture(scope="session")
def built() -> dict[str, Project]:
    """The project as it was built, once somebody asked for it."""
    return {}


@pytest.fixture
def project(
    tmp_path: Path, dvc_python: Path, built: dict[str, Project], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """Two versions of one model at the root, one in a sub-directory; the first in prod."""
    if "it" not in built:
        built["it"] = build(tmp_path_factory.mktemp("dvc"), dvc_python)
    first = built["it"].repo
    shutil.copytree(first.path, tmp_path / "project", symlinks=True)
    return Project(Repo(tmp_path / "project", first.clock), dvc_python)


def build(place: Path, python: Path) -> Project:
    """Make the project with DVC and GTO, in a new directory, and its storage beside it."""
    repo = Repo(place / "project")
    repo.path.mkdir()
    repo.git("init", "--quiet")
    made = Project(repo, python)
    assert made.dvc("init", "--quiet").code == 0
    made.dvc("remote", "add", "--default", "local", str(place / "storage"))
    train(made, "first", {"churn.pkl": "one", "eu/churn.pkl": "eu one"})
    assert repo.gto("register", "churn").code == 0
    assert repo.gto("register", "eu:churn", "--version", "v1.0.0").code == 0
    assert repo.gto("assign", "churn", "--version", "v0.0.1", "--stage", "prod").code == 0
    train(made, "second", {"churn.pkl": "two", "eu/churn.pkl": "eu two"})
    assert repo.gto("register", "churn").code == 0
    assert repo.gto("register", "eu:churn", "--version", "v1.10.0").code == 0
    train(made, "third, not registered", {"churn.pkl": "three", "eu/churn.pkl": "eu three"})
    return made


def train(project: Project, message: str, files: dict[str, str]) -> None:
    """Write the models, track them with DVC, annotate, commit."""
    for name, text in files.items():
        place = project.repo.path / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)
    assert project.dvc("add", "--quiet", *files).code == 0
    assert project.dvc("push", "--quiet").code == 0
    for name in ("churn", "eu:churn"):
        done = project.repo.gto("annotate", name, "--type", "model", "--path", name.replace(":", "/") + ".pkl")
        assert done.code == 0, done.stderr
    project.repo.git("add", ".dvc/config", "dvc.yaml", "eu", "*.dvc", ".gitignore")
    project.repo.commit(message)


def test_gto_1_10_is_not_there_and_ours_is(project: Project) -> None:
    code = "import json, gto, importlib.metadata as m; print(json.dumps([gto.__file__, m.version('gto')]))"
    found = project.evaluate(code)
    assert isinstance(found, list)
    assert Path(found[0]).is_relative_to(ROOT)
    assert found[1] == "1.11.0"
    check = run(str(project.python), "-m", "pip", "check", cwd=project.repo.path)
    assert "gto" not in check.stdout, check.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["churn"], "two"),
        (["churn", "--rev", "v0.0.1"], "one"),
        (["churn", "--rev", "v0.0.2"], "two"),
        (["churn", "--stage", "prod"], "one"),
        (["eu:churn"], "eu two"),
        (["eu:churn", "--rev", "v1.0.0"], "eu one"),
        (["eu/dvc.yaml:churn", "--rev", "v1.10.0"], "eu two"),
    ],
)
def test_dvc_gets_the_version_that_is_asked_for(project: Project, words: list[str], expected: str) -> None:
    out = project.repo.path.parent / "out"
    done = project.dvc("artifacts", "get", str(project.repo.path), *words, "-o", str(out), cwd=out.parent)
    assert done.code == 0, done.stderr
    assert out.read_text() == expected


def test_dvc_reads_an_annotation_that_names_the_facts_of_its_model(project: Project) -> None:
    done = project.repo.gto("annotate", "churn", "--inspect", "--commit")
    assert done.code == 0, done.stderr
    assert (project.repo.path / "churn.pkl.model.yaml").is_file()
    code = "import json; from dvc.repo import Repo; found = Repo('.').artifacts.read(); print(json.dumps(str(found)))"
    assert "churn.pkl.model.yaml" in str(project.evaluate(code))
    assert project.dvc("status", "--quiet").code == 0


def test_dvc_names_what_it_does_not_find(project: Project) -> None:
    done = project.dvc("artifacts", "get", str(project.repo.path), "churn", "--stage", "nowhere")
    assert done.code != 0
    assert "churn" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "rev", "path"),
    [
        ("'churn'", "churn@v0.0.2", "churn.pkl"),
        ("'churn', version='v0.0.1'", "churn@v0.0.1", "churn.pkl"),
        ("'churn', stage='prod'", "churn#prod#1", "churn.pkl"),
        ("'eu:churn'", "eu=churn@v1.10.0", "eu/churn.pkl"),
    ],
)
def test_dvc_shows_revision_and_path_of_an_artifact(project: Project, arguments: str, rev: str, path: str) -> None:
    code = f"import json, dvc.api; print(json.dumps(dvc.api.artifacts_show({arguments})))"
    commit = project.repo.git("rev-parse", f"refs/tags/{rev}^{{commit}}")
    assert project.evaluate(code) == {"rev": commit, "path": path}


def test_dvc_reads_the_annotations_that_gto_wrote(project: Project) -> None:
    code = (
        "import json; from dvc.repo import Repo\n"
        "found = Repo('.').artifacts.read()\n"
        "print(json.dumps({file: {k: v.to_dict() for k, v in a.items()} for file, a in found.items()}))"
    )
    model = {"path": "churn.pkl", "type": "model", "labels": [], "meta": {}}
    found = project.evaluate(code)
    assert isinstance(found, dict)
    slim = {
        file: {name: {key: entry[key] for key in ("path", "type")} for name, entry in entries.items()}
        for file, entries in found.items()
    }
    wanted = {"churn": {key: model[key] for key in ("path", "type")}}
    assert slim == {"dvc.yaml": wanted, os.path.join("eu", "dvc.yaml"): wanted}


def test_gto_tag_find_works_on_the_git_object_of_dvc(project: Project) -> None:
    code = (
        "import json; from dvc.repo import Repo; from gto.tag import find, parse_tag\n"
        "from gto.base import sort_versions\n"
        "tags = find(name='churn', scm=Repo('.').scm)\n"
        "best = sort_versions(parse_tag(tag) for tag in tags)[0]\n"
        "fields = [[t.name, t.target, t.tagger_name, t.tagger_email, t.message, t.tag_time] for t in tags]\n"
        "print(json.dumps(fields + [best.version]))"
    )
    found = project.evaluate(code)
    assert isinstance(found, list)
    assert [entry[0] for entry in found[:-1]] == ["churn@v0.0.1", "churn#prod#1", "churn@v0.0.2"]
    assert found[0][2:5] == ["Ada Lovelace", "ada@example.com", "Registering artifact churn version v0.0.1"]
    assert found[-1] == "v0.0.2"


def test_dvc_refuses_the_names_that_gto_refuses(project: Project) -> None:
    code = (
        "import json; from dvc.repo.artifacts import name_is_compatible as ok\n"
        "print(json.dumps([ok(name) for name in ('churn', 'a/b', 'x', 'no!', '-a', 'a b', '')]))"
    )
    assert project.evaluate(code) == [True, True, True, False, False, False, False]
