"""`gto import mlflow`: a real registry of MLflow's, brought into Git."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import pytest

from scripts import pages, sample
from tests.loopback import running
from tests.mlflow_registry import DAY, START, MlflowSource, contents, fill, newest, oldest
from tests.repo import Repo
from tests.stories.healthy import copy, done, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.repo import Result


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> MlflowSource:
    return fill(newest(), tmp_path_factory.mktemp("mlflow") / "registry")


@pytest.fixture(scope="session")
def template() -> list[Repo]:
    """The repository with the whole registry, once somebody asked for it."""
    return []


@pytest.fixture
def filled(
    source: MlflowSource, template: list[Repo], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> Repo:
    """A repository that has the whole registry: a copy of the one that the first test that asks makes."""
    if not template:
        made = Repo(tmp_path_factory.mktemp("filled") / "repo")
        made.path.mkdir()
        made.git("init", "--quiet")
        done(source.into(made))
        template.append(made)
    return copy(template[0].path, tmp_path / "filled")


@pytest.fixture
def twin(source: MlflowSource, tmp_path: Path) -> MlflowSource:
    return source.copy_to(tmp_path / "twin")


def files_of(repo: Repo, commit: str, directory: str) -> dict[str, bytes]:
    """The files of a directory of a commit."""
    names = repo.git("ls-tree", "-r", "-z", "--name-only", commit, f"{directory}/").split("\0")
    found = {}
    for name in filter(None, names):
        blob = subprocess.run(["git", "cat-file", "blob", f"{commit}:{name}"], cwd=repo.path, check=True, stdout=-1)
        found[name.removeprefix(f"{directory}/")] = blob.stdout
    return found


def answer(result: Result, code: int = 0) -> dict[str, Any]:
    assert result.code == code, result.stderr
    value: dict[str, Any] = json.loads(result.stdout)
    return value


@pytest.mark.parametrize("release", ["newest", "oldest"])
def test_a_whole_registry_comes_with_files_dates_stages_and_what_is_known(
    release: str, source: MlflowSource, empty_repo: Repo, tmp_path: Path
) -> None:
    registry = source if release == "newest" else fill(oldest(), tmp_path / "registry")
    told = answer(registry.into(empty_repo, "--json"))
    assert [(one["artifact"], one["version"]) for one in told["versions"]] == [
        ("fraud-detector", "v1.0.0"),
        ("segment", "v1.0.0"),
        ("churn", "v2.0.0"),
        ("fraud-detector", "v2.0.0"),
        ("churn", "v3.0.0"),
        ("churn", "v5.0.0"),
    ]
    assert told["names"] == {"fraud detector": "fraud-detector"}
    for one in told["versions"]:
        expected = contents(registry.files[one["model"]][one["number"]])
        assert files_of(empty_repo, one["ref"], f"models/{one['artifact']}") == expected
        when = START + one["number"] * DAY
        assert empty_repo.git("log", "-1", "--format=%at %ct", one["commit"]) == f"{when} {when}"
    assert empty_repo.git("status", "--porcelain") == ""
    assert contents(empty_repo.path / "models/churn") == contents(registry.files["churn"][5])
    shown = json.loads(done(empty_repo.gto("show", "churn", "--json")))
    assert {one["version"]: [each["stage"] for each in one["stages"]] for one in shown} == {
        "v5.0.0": ["Staging", "challenger"],
        "v3.0.0": ["Production", "champion"],
        "v2.0.0": ["Archived"],
    }
    events = json.loads(done(empty_repo.gto("history", "churn", "--json", "--asc")))
    moments = [(one["event"], one["version"], one["timestamp"][:13]) for one in events if one["event"] != "commit"]
    assert moments[:2] == [
        ("registration", "v2.0.0", "2023-11-16T22"),
        ("assignment", "v2.0.0", "2023-11-16T23"),
    ]
    known = json.loads(done(empty_repo.gto("describe", "churn@v3.0.0", "--all", "--json")))
    assert known["metrics"] == {"models/metrics.json": {"auc": 0.32, "drift": "nan"}}
    assert known["params"] == {"models/params.yaml": {"depth": 3, "loss": "log loss: base 2"}}
    assert known["annotation"]["labels"] == ["nlp"]
    assert known["annotation"]["description"] == "Who leaves"
    assert known["annotation"]["custom"]["owner"] == "ada"
    assert known["annotation"]["custom"]["mlflow"]["tags"] == {"checked": "yes"}
    assert "Trained again: 3\n\nMLflow-Model: churn\nMLflow-Version: 3\nMLflow-Run: " in empty_repo.git(
        "tag", "--list", "--format=%(contents)", "churn@v3.0.0"
    )
    assert empty_repo.gto("doctor").code == 0


def test_the_second_import_brings_only_what_is_new(twin: MlflowSource, filled: Repo) -> None:
    repo = filled
    before, head = repo.refs("refs/tags"), repo.git("rev-parse", "HEAD")
    assert done(twin.into(repo)) == "Nothing new to import\n6 version(s) were imported before\n"
    assert (repo.refs("refs/tags"), repo.git("rev-parse", "HEAD")) == (before, head)
    twin.ask(
        "source = client.get_model_version('churn', '3').source\n"
        "client.create_model_version('churn', source)\n"
        "client.set_registered_model_alias('churn', 'champion', '2')\n"
        "client.delete_registered_model_alias('churn', 'challenger')\n"
        "client.transition_model_version_stage('churn', '3', 'Archived')\n"
        "client.delete_model_version('churn', '5')\n"
    )
    told = answer(twin.into(repo, "--json"))
    assert [one["version"] for one in told["versions"]] == ["v6.0.0"]
    assert {(one["event"], one["stage"], one["version"]) for one in told["stages"]} == {
        ("assignment", "champion", "v2.0.0"),
        ("unassignment", "challenger", "v5.0.0"),
        ("unassignment", "Production", "v3.0.0"),
        ("assignment", "Archived", "v3.0.0"),
    }
    assert [(one["what"], one["reason"]) for one in told["unplaced"]] == [
        ("version 5", "MLflow deleted it: it stays here")
    ]
    shown = json.loads(done(repo.gto("show", "--json")))["churn"]
    assert shown["version"] == "v6.0.0"
    assert shown["stage"]["champion"] == "v2.0.0"
    assert "challenger" not in shown["stage"] or shown["stage"]["challenger"] is None
    assert json.loads(repo.git("show", "churn@v6.0.0:models/metrics.json")) == {}
    assert answer(twin.into(repo, "--json"))["versions"] == []


def test_what_people_changed_here_is_not_changed_back(source: MlflowSource, filled: Repo) -> None:
    repo = filled
    repo.clock = datetime(2025, 1, 1, tzinfo=UTC)
    done(repo.gto("assign", "churn", "--version", "v2.0.0", "--stage", "champion"))
    done(repo.gto("deprecate", "churn", "v5.0.0"))
    before = repo.refs("refs/tags")
    done(source.into(repo, "churn"))
    assert repo.refs("refs/tags") == before


def test_an_import_that_is_killed_goes_on_where_it_was(source: MlflowSource, repo: Repo) -> None:
    words = [str(source.python), "-P", "-m", "gto", "import", "mlflow", source.uri]
    for wanted in (2,):
        process = subprocess.Popen(words, cwd=repo.path, stdout=-3, stderr=-3)
        while len(repo.git("log", "--format=%H", "--grep=^MLflow-Version").split()) < wanted:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
    while (repo.path / ".git/index.lock").exists():  # the git that it left ends by itself
        time.sleep(0.01)
    done(source.into(repo))
    said_of = repo.git("log", "--format=%(trailers:key=MLflow-Model,key=MLflow-Version,separator=%x20)").split("\n")
    assert len([one for one in said_of if one]) == len({one for one in said_of if one}) == 6
    assert len([ref for ref in repo.refs("refs/tags") if "@v" in ref]) == 6
    assert repo.git("status", "--porcelain") == ""
    assert repo.gto("doctor").code == 0


def test_a_commit_whose_tag_is_missing_is_registered_and_not_made_again(source: MlflowSource, filled: Repo) -> None:
    head, made = filled.git("rev-parse", "HEAD", "segment@v1.0.0^{commit}").split()
    filled.git("tag", "-d", "segment@v1.0.0")
    assert done(source.into(filled, "segment")) == "segment@v1.0.0 imported: version 1 of 2023-11-15\n"
    assert filled.git("rev-parse", "HEAD", "segment@v1.0.0^{commit}").split() == [head, made]


def test_a_dry_run_writes_nothing(source: MlflowSource, repo: Repo) -> None:
    before = repo.refs()
    told = answer(source.into(repo, "--dry-run", "--json"))
    assert (len(told["versions"]), len(told["stages"]), told["dry_run"]) == (6, 6, True)
    assert repo.refs() == before
    assert "churn#champion would be assigned to v3.0.0\n" in done(source.into(repo, "--dry-run", "churn"))


def test_models_are_chosen_by_pattern_and_called_otherwise(source: MlflowSource, repo: Repo) -> None:
    words = ("seg*", "churn", "--name", "churn=eu/leavers", "--stage", "Production=prod", "--to", "assets/ml")
    told = answer(source.into(repo, *words, "--file", "artifacts.yaml", "--json"))
    assert {one["artifact"] for one in told["versions"]} == {"eu/leavers", "segment"}
    assert files_of(repo, "eu/leavers@v3.0.0", "assets/ml/eu__leavers") == contents(source.files["churn"][3])
    assert done(repo.gto("show", "eu/leavers#prod", "--version")) == "v3.0.0\n"
    assert "eu/leavers" in (repo.path / "artifacts.yaml").read_text(encoding="utf-8")
    again = answer(source.into(repo, "--json"))  # the name is remembered
    assert {one["artifact"] for one in again["versions"]} == {"fraud-detector"}
    said(source.into(repo, "nosuch*"), "No registered model fits 'nosuch*'", "churn, fraud detector, segment")


def test_another_branch_gets_the_commits_and_the_work_tree_stays(source: MlflowSource, repo: Repo) -> None:
    head = repo.commit("a directory", {"sub/dir/file": ""})
    (repo.path / "dvc.yaml").write_text("mine: true\n", encoding="utf-8")
    done(source.into(repo, "segment", "--branch", "mlflow"))
    assert repo.git("rev-parse", "HEAD", "mlflow~1").split() == [head, head]
    assert repo.git("status", "--porcelain") == "?? dvc.yaml"
    said(source.into(repo, "churn"), "'dvc.yaml' has changes that are not committed", "commit or undo them")
    done(source.into(Repo(repo.path / "sub/dir"), "churn", "--branch", "mlflow"))
    assert repo.git("rev-list", "--count", "mlflow") == "6"
    assert repo.git("ls-tree", "--name-only", "mlflow").split() == ["README.md", "dvc.yaml", "models", "sub"]


def test_files_in_the_way_are_not_overwritten(source: MlflowSource, repo: Repo) -> None:
    repo.commit("mine", {".gitignore": "/models\n"})
    (repo.path / "models/segment").mkdir(parents=True)
    (repo.path / "models/segment/MLmodel").write_text("mine", encoding="utf-8")
    said(source.into(repo, "segment"), "Files of the work tree stand in the way", "--branch NAME")
    assert (repo.path / "models/segment/MLmodel").read_text(encoding="utf-8") == "mine"
    assert repo.refs("refs/tags") == {}
    repo.commit("an artifact of one's own", {"models/churn/other": "mine"})
    said(source.into(repo, "churn"), "'models/churn' is there already, and did not come from MLflow", "--to DIR")


def test_an_artifact_that_did_not_come_from_mlflow_is_left_alone(source: MlflowSource, repo: Repo) -> None:
    done(repo.gto("register", "churn"))
    told = answer(source.into(repo, "--json"))
    assert {one["model"] for one in told["versions"]} == {"fraud detector", "segment"}
    assert told["unplaced"][0]["reason"].endswith("--name 'churn=OTHER' calls it otherwise")


def test_push_sends_the_branch_and_the_tags(source: MlflowSource, repo: Repo, tmp_path: Path) -> None:
    repo.git("init", "--quiet", "--bare", str(tmp_path / "origin.git"))
    repo.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    assert "Pushed the branch 'main' and 4 tag(s)" in done(source.into(repo, "segment", "fraud*", "--push"))
    origin = Repo(tmp_path / "origin.git")
    assert origin.refs("refs/tags") == repo.refs("refs/tags")
    assert origin.git("rev-parse", "main") == repo.git("rev-parse", "HEAD")
    done(source.into(repo))
    done(source.into(repo, "--push"))  # nothing is new, and what was not pushed goes
    assert origin.refs("refs/tags") == repo.refs("refs/tags")


def test_lfs_keeps_the_files_where_it_is_asked_to(source: MlflowSource, repo: Repo, tmp_path: Path) -> None:
    repo.git("lfs", "install", "--local")
    told = answer(source.into(repo, "churn", "--storage", "lfs", "--json"))
    assert {one["storage"] for one in told["versions"]} == {"lfs"}
    pointer = files_of(repo, "churn@v3.0.0", "models/churn")["data/weights.bin"]
    assert pointer.startswith(b"version https://git-lfs.github.com/spec/v1\noid sha256:")
    assert contents(repo.path / "models/churn") == contents(source.files["churn"][5])
    assert repo.git("status", "--porcelain") == ""
    assert "missing" not in repo.git("lfs", "fsck")
    done(repo.gto("get", "churn@v3.0.0", "-o", str(tmp_path / "got")))
    assert contents(tmp_path / "got") == contents(source.files["churn"][3])


def test_dvc_keeps_the_files_where_it_is_asked_to(source: MlflowSource, repo: Repo, tmp_path: Path) -> None:
    said_no = answer(source.into(repo, "segment", "--storage", "dvc", "--json"), code=1)
    assert "`dvc init`" in said_no["failed"][0]["reason"]
    repo.commit("as `dvc init` makes it", {".dvc/config": "", ".dvc/.gitignore": "/cache\n/tmp\n", ".dvcignore": ""})
    told = answer(source.into(repo, "churn", "--storage", "dvc", "--json"))
    assert {one["storage"] for one in told["versions"]} == {"dvc"}
    assert (repo.path / "models/.gitignore").read_text(encoding="utf-8") == "/churn\n"
    assert repo.git("status", "--porcelain") == ""
    done(repo.gto("get", "churn@v3.0.0", "-o", str(tmp_path / "got")))
    assert contents(tmp_path / "got") == contents(source.files["churn"][3])


@pytest.fixture
def hostile(twin: MlflowSource) -> MlflowSource:
    """A registry whose rows no client of MLflow's would have written."""
    away = twin.root / "away"
    away.mkdir()
    (away / "secret").write_text("do not read", encoding="utf-8")
    linked = twin.root / "linked"
    linked.mkdir()
    (linked / "MLmodel").write_text("flavors: {}\n", encoding="utf-8")
    (linked / "key").symlink_to(away / "secret")
    changes = {
        2: f"storage_location = 'file://{linked}', source = 'file://{linked}'",
        3: "creation_time = 99999999999999999",
        5: "version = 123456789012",
    }
    with closing(sqlite3.connect(twin.root / "mlflow.db")) as database:
        database.execute("PRAGMA foreign_keys = OFF")
        for table in ("registered_models", "model_versions", "model_version_tags", "registered_model_aliases"):
            database.execute(f"UPDATE {table} SET name = '☃.. etc' WHERE name = 'segment'")  # noqa: S608  names of ours
        for number, change in changes.items():
            database.execute(f"UPDATE model_versions SET {change} WHERE name = 'churn' AND version = {number}")  # noqa: S608  see above
        database.execute(
            "UPDATE model_versions SET creation_time = 250000000000000 WHERE name LIKE 'fraud%' AND version = 2"
        )
        database.execute("UPDATE registered_model_aliases SET alias = 'latest' WHERE alias = 'champion'")
        database.execute(
            "UPDATE model_versions SET description = 'x' || char(10, 10) || 'MLflow-Version: 77' WHERE version = 1"
        )
        database.commit()
    return twin


def test_a_hostile_registry_gets_nothing_out_of_its_directory(hostile: MlflowSource, repo: Repo) -> None:
    told = answer(hostile.into(repo, "--json"), code=1)
    assert {(one["artifact"], one["version"]) for one in told["versions"]} == {
        ("etc", "v1.0.0"),
        ("fraud-detector", "v1.0.0"),
        ("fraud-detector", "v2.0.0"),
    }
    assert [one["reason"].partition(" (")[0] for one in told["failed"]] == [
        "'key' of version 2 of 'churn' is a link out of the version"
    ]
    reasons = " ".join(one["reason"] for one in told["unplaced"])
    assert "'123456789012' is no number of a version" in reasons
    assert "version 3 was created at no date that Git can hold" in reasons
    assert "'latest' means the highest version" in reasons
    assert "do not read" not in repo.git("log", "-p", "--all")
    assert repo.git("tag", "--list", "--format=%(trailers:key=MLflow-Version,valueonly)", "etc@v1.0.0").strip() == "1"
    assert {path.name for path in repo.path.iterdir()} == {".git", "README.md", "models", "dvc.yaml"}
    assert {one["model"] for one in answer(hostile.into(repo, "--json"), code=1)["versions"]} == set()
    repo.clock = datetime.now(UTC)
    done(repo.gto("assign", "fraud-detector", "--version", "v2.0.0", "--stage", "prod"))  # no event is of the future


class LyingServer(BaseHTTPRequestHandler):
    """A server as MLflow's, whose artifacts have paths that lead elsewhere, or are on the client's machine."""

    paths = ("../../escaped", "/absolute", "a/../../b", ".git/config")
    asked_elsewhere: ClassVar[list[str]] = []
    """With which credentials it was asked by its other name."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        model, host = {"name": "bad", "creation_timestamp": 1, "tags": []}, self.headers["Host"]
        if host.startswith("localhost"):
            self.asked_elsewhere.append(self.headers.get("Authorization", ""))
        if path.endswith("get-download-uri"):
            number = int(self.path.rpartition("version=")[2].partition("&")[0])
            there = f"http://{host}/api/2.0/mlflow-artifacts/artifacts/{number}"
            return self._say({"artifact_uri": there if number < 5 else self._away(number)})
        if path.endswith("/mlflow-artifacts/artifacts"):
            number = int(self.path.rpartition("path=")[2])
            return self._say({"files": [{"path": self.paths[number - 1], "is_dir": False, "file_size": 1}]})
        run = {"run_id": "r", "run_uuid": "r", "artifact_uri": "/etc", "experiment_id": "0", "status": "FINISHED"}
        known = {
            "registered-models/search": {"registered_models": [model]},
            "registered-models/get": {"registered_model": model},
            "model-versions/search": {"model_versions": [self._version(number) for number in range(1, 10)]},
            "runs/get": {"run": {"info": run, "data": {}}},
        }
        found = next((told for end, told in known.items() if path.endswith(end)), None)
        if found is not None:
            return self._say(found)
        return self._say({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"no {self.path}"}, 404)

    def _away(self, number: int) -> str:
        """Return an address of what is none of this server's: of a file, by a detour, or of another host."""
        other = f"localhost:{self.headers['Host'].rpartition(':')[2]}"
        return {
            5: "file:///etc",
            6: "models:/bad/5",
            7: "runs:/r/",
            8: f"http://{other}/api/2.0/mlflow-artifacts/artifacts/1",
            9: f"mlflow-artifacts://{other}/1",
        }[number]

    def _version(self, number: int) -> dict[str, object]:
        when = 1_700_000_000_000 + number
        return {"name": "bad", "version": str(number), "creation_timestamp": when, "status": "READY"}

    def _say(self, value: object, code: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def lying() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), LyingServer)
    with running(server):
        yield server.server_port


@pytest.mark.parametrize("release", [newest, oldest])
def test_paths_of_a_lying_server_are_refused_and_its_token_is_never_shown(
    release: Callable[[], Path], repo: Repo, source: MlflowSource
) -> None:
    with lying() as port:
        uri = f"http://user:s3cr3t-token@127.0.0.1:{port}"
        result = MlflowSource(release(), source.root, uri, {}).into(repo, "--json")
        told = answer(result, code=1)
    reasons = [one["reason"] for one in told["failed"]]
    assert len(reasons) == 9
    # What MLflow's newer clients refuse themselves, they call an invalid path.
    assert all("is no path that could stand in Git" in one or "Invalid path" in one for one in reasons[:4]), reasons
    assert all("is a path of this machine (--allow-local believes it)" in one for one in reasons[4:7]), reasons
    assert all(f"are at another host, 'http://localhost:{port}/" in one for one in reasons[7:]), reasons
    assert LyingServer.asked_elsewhere == []
    dead = MlflowSource(release(), source.root, uri, {}).into(repo)
    assert dead.code == 1
    for text in (result.stdout, result.stderr, dead.stdout, dead.stderr, repo.git("log", "--all", "--format=%B")):
        assert "s3cr3t-token" not in text
    assert not os.path.exists(repo.path.parent / "escaped")


def test_without_mlflow_the_extra_is_named(repo: Repo) -> None:
    said(
        repo.gto("import", "mlflow", "http://127.0.0.1:1"), "needs the Python package 'mlflow-skinny'", "extra 'mlflow'"
    )
    said(repo.gto("import", "mlflow", "sqlite:///nosuch.db"), "There is no database", "sqlite:///mlflow.db")


def test_the_commands_of_the_page_print_what_it_says(source: MlflowSource, tmp_path: Path) -> None:
    page = pages.ROOT / "docs/how-to/import-mlflow.md"
    text = page.read_text(encoding="utf-8")
    (tmp_path / "mlflow.db").write_bytes((source.root / "mlflow.db").read_bytes())
    env = sample.environment(str(source.python.parent)) | {"HOME": str(tmp_path)}
    new = pages.replay(text, tmp_path, env, tmp_path, ["the tests run it, in an environment of its own"])
    if "PAGES_WRITE" in os.environ:
        page.write_text(new, encoding="utf-8")
    assert new == text
