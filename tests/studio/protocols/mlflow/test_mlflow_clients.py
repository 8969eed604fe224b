"""MLflow's real clients, newest and old, against `gto studio serve`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2
import pytest

from gto.studio.visitor import Role
from scripts import pages
from tests.mlflow_registry import contents, fill, newest
from tests.stores import free_port
from tests.studio.protocols.mlflow.mlflow_clients import RELEASES, MlflowUser, make_registry, model_files, printed
from tests.team_process import TeamPlace, serving, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_process import RunningStudio

PAGE = pages.ROOT / "docs/studio/clients/mlflow.md"
OLD_CANNOT = re.compile("churn@(v|.*/)")
"""What client 2.3.2 refuses by itself."""


@pytest.fixture
def registry(repo: Repo) -> Repo:
    """Versions of models that every client can load."""
    return make_registry(repo)


@contextmanager
def served_from(repo: Repo, tmp_path: Path) -> Iterator[tuple[RunningStudio, str]]:
    """A Studio that is served and has read a repository, and the token of an admin."""
    place = TeamPlace(tmp_path / "team", {"EVERY": "1000"})
    place.list_repository(repo.path, "team")
    place.add_person(role=Role.ADMIN)
    token = place.make_token("admin")
    with serving(place) as studio:
        login = {"authorization": f"Bearer {token}"}
        settings = {"write_mode": "server"}
        done = httpx2.put(f"{studio.url}/api/v1/repositories/team/settings", json=settings, headers=login)
        assert done.status_code == 200, done.text
        wait_for(lambda: httpx2.get(f"{studio.url}/api/v1/artifacts", headers=login).json()["items"])
        yield studio, token


@pytest.fixture
def served(registry: Repo, tmp_path: Path) -> Iterator[tuple[RunningStudio, str]]:
    """Studio over models that every client can load."""
    with served_from(registry, tmp_path) as made:
        yield made


def hexed(directory: str, factor: int) -> dict[str, str]:
    """The files of a model as a client's program prints them."""
    return {path[len(directory) + 1 :]: text.encode().hex() for path, text in model_files(directory, factor).items()}


def user_of(served: tuple[RunningStudio, str], home: Path, release: str = "3.17.2") -> MlflowUser:
    """Somebody whose runs are elsewhere, on a server that has another token."""
    studio, token = served
    address = f"http://x:{token}@{studio.url.removeprefix('http://')}/mlflow/team"
    variables = {"MLFLOW_REGISTRY_URI": address, "MLFLOW_TRACKING_URI": f"file://{home}/runs"}
    variables |= {"MLFLOW_TRACKING_TOKEN": "another-server-s", "MLFLOW_ALLOW_FILE_STORE": "true"}
    return MlflowUser(home, variables, release)


def test_every_form_of_a_models_address_gets_the_files_of_its_version(
    served: tuple[RunningStudio, str], tmp_path: Path
) -> None:
    one, two, three = (hexed("model", number) for number in (1, 2, 3))
    expected = {
        "churn/1": one, "churn/2": two, "churn/v1.0.0": one, "churn/1.2.0": two, "churn/v1.3.0+b.5": three,
        "churn/prod": two, "churn/Production": two, "churn@prod": two, "churn/latest": three,
        "services~eu=churn/prod": hexed("services/eu/model", 7), "single/1": {"one.bin": b"one\n".hex()},
        "churn/prod/data/weights.json": two["data/weights.json"],
        "churn@v1.2.0": two, "churn@prod/data/weights.json": two["data/weights.json"],
    }  # fmt: skip
    forms = {one: [form for form in expected if one != "2.3.2" or not OLD_CANNOT.match(form)] for one in RELEASES}
    running = {
        release: user_of(served, tmp_path / release, release).start(
            *(f"files('models:/{form}')" for form in some), "predict('models:/churn/prod')"
        )
        for release, some in forms.items()
    }
    studio, token = served
    alone = {"MLFLOW_TRACKING_URI": studio.url, "MLFLOW_TRACKING_TOKEN": token}  # all repositories, and no other server
    everything = MlflowUser(tmp_path / "alone", alone).start(
        "files('models:/churn@prod')", "predict('models:/churn/1')"
    )
    for release, process in running.items():
        *got, predicted = printed(process)
        assert dict(zip(forms[release], got, strict=True)) == {form: expected[form] for form in forms[release]}, release
        assert predicted == [2.0, 4.0]
    assert printed(everything) == [two, [1.0, 2.0]]


def test_a_client_searches_assigns_registers_and_is_refused_in_its_own_words(
    served: tuple[RunningStudio, str], registry: Repo, tmp_path: Path
) -> None:
    head = registry.git("rev-parse", "HEAD")
    user = user_of(served, tmp_path / "ada")
    done = user.run(
        "[one.name for one in client.search_registered_models()]",
        "[one.name for one in client.search_registered_models(\"name LIKE 'chu%'\", order_by=['name DESC'])]",
        "[one.version for one in client.search_model_versions(\"name='churn'\")]",
        "client.get_registered_model('churn').aliases",
        "client.get_model_version('churn', '2').tags['gto.version']",
        "client.set_registered_model_alias('churn', 'champion', '3')",
        "predict('models:/churn@champion')",
        "client.delete_registered_model_alias('churn', 'champion')",
        "client.transition_model_version_stage('churn', '1', 'Staging').current_stage",
        f"client.create_model_version('planned', 'git@{head}', tags={{'gto.version': 'v2.0.0'}}).version",
        f"mlflow.register_model('git@{head}', 'single', tags={{'gto.version': 'v2.0.0'}}).version",
        "[client.get_model_version_by_alias('planned', 'v2.0.0').status, files('models:/single/latest')]",
        "client.get_model_version_by_alias('churn', 'champion')",
        "client.set_model_version_tag('churn', '1', 'a', 'b')",
        "client.create_registered_model('nothing')",
        "client.create_model_version('churn', 'runs:/1/model')",
        "client.delete_registered_model('churn')",
        "mlflow.models.get_model_info('models:/churn/1').flavors['python_function']['loader_module']",
    )
    assert done[:7] == [
        ["churn", "planned", "services~eu=churn", "single"], ["churn"], ["3", "2", "1"], {"prod": "2"},
        "v1.2.0", None, [3.0, 6.0],
    ]  # fmt: skip
    assert done[7:12] == [None, "Staging", "1", "2", ["READY", {"one.bin": b"four\n".hex()}]]
    words = ("RESOURCE_DOES_NOT_EXIST", "kept in Git|not changed", "artifacts.yaml", "git@COMMIT", "gto deprecate")
    for error, word in zip(done[12:17], words, strict=True):
        assert re.search(word, error), error
    assert done[17] == "times_loader"
    assert {"churn#champion#2", "single@v2.0.0", "planned@v2.0.0"} <= set(registry.git("tag", "--list").split())


def test_the_page_leads_from_an_empty_machine_to_a_model_that_is_served(
    served: tuple[RunningStudio, str], tmp_path: Path
) -> None:
    studio, token = served
    user, port = MlflowUser(tmp_path / "ada", {}), free_port()  # nothing is set but what the page sets
    user.home.mkdir()
    block = next(one for one in pages.blocks(PAGE.read_text("utf-8")) if one.info == "console")
    text = "\n".join(line[2:] for line in block.lines if line.startswith("$ "))
    for said, meant in {
        "pip install": "echo", "https://studio.example.com": studio.url, "gto_...": token,
        "--env-manager local": f"--env-manager local --port {port}",
    }.items():  # fmt: skip
        assert said in text
        text = text.replace(said, meant)
    env = {**user.env(), "PATH": f"{user.python.parent}{os.pathsep}{os.environ['PATH']}"}
    printed_to, argv = tmp_path / "printed", ["bash", "-ec", text]
    with (
        printed_to.open("w") as out,
        subprocess.Popen(argv, cwd=user.home, env=env, stdout=out, start_new_session=True) as process,
    ):
        try:
            wait_for(lambda: process.poll() is not None or answers(f"http://127.0.0.1:{port}/ping"))
            body = {"dataframe_split": {"columns": ["x"], "data": [[1.5], [4.0]]}}
            answer = httpx2.post(f"http://127.0.0.1:{port}/invocations", json=body, timeout=60)
            assert answer.json() == {"predictions": [3.0, 8.0]}, answer.text
            lines = printed_to.read_text("utf-8").splitlines()
            assert {line for line in block.lines if not line.startswith("$ ")} <= set(lines)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def answers(url: str) -> bool:
    """Whether a server answers well."""
    try:
        return httpx2.get(url, timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False


def test_a_registry_that_was_imported_is_served_back_with_the_same_files_and_predictions(
    repo: Repo, tmp_path: Path
) -> None:
    source = fill(newest(), tmp_path / "mlflow")
    done = source.into(repo)
    assert done.code == 0, done.stderr
    versions = [(model, number) for model, made in source.files.items() for number in made]
    forms = ("churn@champion", "churn/Production", "churn/Staging", "churn/5", "fraud-detector@champion", "segment/1")
    with served_from(repo, tmp_path) as served:
        got = user_of(served, tmp_path / "ada").run(
            *(f"files('models:/{model.replace(' ', '-')}/{number}')" for model, number in versions),
            *(f"predict('models:/{form}')" for form in forms),
            "sorted(one.version for one in client.search_model_versions(\"name='churn'\"))",
            "client.get_registered_model('churn').aliases",
            "client.get_model_version('churn', '3').run_id != ''",
            "client.get_model_version('churn', '4')",
        )
    files, said, told = got[: len(versions)], got[len(versions) : -4], got[-4:]
    for (model, number), found in zip(versions, files, strict=True):
        assert found == {path: data.hex() for path, data in contents(source.files[model][number]).items()}, model
    assert said == [[3.0, 6.0], [3.0, 6.0], [5.0, 10.0], [5.0, 10.0], [2.0, 4.0], [1.0, 2.0]]
    assert told[0] == ["2", "3", "5"]
    assert told[1] == {"Archived": "2", "Production": "3", "Staging": "5", "challenger": "5", "champion": "3"}
    assert told[2] is True
    assert "RESOURCE_DOES_NOT_EXIST" in told[3]
