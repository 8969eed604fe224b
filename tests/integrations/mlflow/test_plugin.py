"""MLflow's real clients, newest and oldest, with a Git repository as their registry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from scripts import pages, sample
from tests.integrations.mlflow.plugin_users import RELEASES, python_of, user_of
from tests.keys import public_pem
from tests.studio.protocols.mlflow.mlflow_clients import make_registry, model_files, printed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

OLD_CANNOT = re.compile("churn@(v|.*/)")
"""What client 2.3.2 refuses by itself."""


@pytest.fixture
def registry(repo: Repo) -> Repo:
    """Versions of models that every client can load."""
    return make_registry(repo)


def hexed(directory: str, factor: int) -> dict[str, str]:
    """The files of a model as a client's program prints them."""
    return {path[len(directory) + 1 :]: text.encode().hex() for path, text in model_files(directory, factor).items()}


def test_every_form_of_a_models_address_gets_the_files_of_its_version_from_git(registry: Repo, tmp_path: Path) -> None:
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
        release: user_of(f"gto://{registry.path}", tmp_path / release, release).start(
            *(f"files('models:/{form}')" for form in some), "predict('models:/churn/prod')"
        )
        for release, some in forms.items()
    }
    for release, process in running.items():
        *got, predicted = printed(process)
        assert dict(zip(forms[release], got, strict=True)) == {form: expected[form] for form in forms[release]}, release
        assert predicted == [2.0, 4.0]


def test_a_client_searches_assigns_registers_and_is_refused_in_its_own_words(registry: Repo, tmp_path: Path) -> None:
    head = registry.git("rev-parse", "HEAD")
    done = user_of(f"gto://{registry.path}", tmp_path / "ada").run(
        "[one.name for one in client.search_registered_models()]",
        "[one.name for one in client.search_registered_models(\"name LIKE 'chu%'\", order_by=['name DESC'])]",
        "[one.version for one in client.search_model_versions(\"name='churn'\", order_by=['version_number ASC'])]",
        "[client.get_registered_model('churn').aliases, client.get_registered_model('churn').tags]",
        "client.get_model_version('churn', '2').tags['gto.version']",
        "client.set_registered_model_alias('churn', 'champion', '3')",
        "predict('models:/churn@champion')",
        "client.delete_registered_model_alias('churn', 'champion')",
        "client.transition_model_version_stage('churn', '1', 'Staging').current_stage",
        f"client.create_model_version('planned', 'git@{head}', tags={{'gto.version': 'v2.0.0'}}, run_id='ab1').version",
        f"mlflow.register_model('git@{head}', 'single', tags={{'gto.version': 'v2.0.0'}}).version",
        "[client.get_model_version_by_alias('planned', 'v2.0.0').run_id, files('models:/single/latest')]",
        "[[one.name for one in page] for page in [client.search_registered_models(max_results=3)] for page in "
        "[page, client.search_registered_models(max_results=3, page_token=page.token)]]",
        "client.get_model_version_by_alias('churn', 'champion')",
        "client.get_registered_model('nothing')",
        "client.set_model_version_tag('churn', '1', 'a', 'b')",
        "client.create_registered_model('nothing')",
        "client.create_model_version('churn', 'runs:/1/model')",
        "client.delete_registered_model('churn')",
        "client.search_model_versions('stars > 3')",
        "files('models:/churn/latest/no/such/file')",
    )
    assert done[:7] == [
        ["churn", "planned", "services~eu=churn", "single"], ["churn"], ["1", "2", "3"],
        [{"prod": "2"}, {"gto.repo": "repo", "gto.type": "model", "tabular": ""}], "v1.2.0", None, [3.0, 6.0],
    ]  # fmt: skip
    assert done[7:12] == [None, "Staging", "1", "2", ["ab1", {"one.bin": b"four\n".hex()}]]
    assert done[12] == [["churn", "planned", "services~eu=churn"], ["single"]]
    words = (
        "in stage 'champion'", "'nothing'", "not changed", "artifacts.yaml", "git@COMMIT", "gto deprecate",
        "Invalid attribute key", "no/such/file",
    )  # fmt: skip
    for error, word in zip(done[13:], words, strict=True):
        assert error.startswith("MlflowException: "), error
        assert word in error
    assert {"churn#champion#2", "churn#Staging#4", "single@v2.0.0", "planned@v2.0.0"} <= set(
        registry.git("tag", "--list").split()
    )


def test_the_oldest_client_searches_and_writes_too(registry: Repo, tmp_path: Path) -> None:
    done = user_of(f"gto://{registry.path}", tmp_path / "ada", "2.3.2").run(
        "[one.name for one in client.search_registered_models(filter_string=\"name ILIKE 'CHU%'\")]",
        "sorted(one.version for one in client.search_model_versions(\"name='churn'\"))",
        "client.set_registered_model_alias('churn', 'champion', '3')",
        "client.get_registered_model('churn').aliases",
        f"client.create_model_version('planned', 'git@{registry.git('rev-parse', 'HEAD')}').version",
        "client.rename_registered_model('churn', 'left')",
    )
    assert done[:5] == [["churn"], ["1", "2", "3"], None, {"champion": "3", "prod": "2"}, "1"]
    assert "register it anew" in done[5]


def test_numbers_are_those_of_trailers_then_of_dates_and_deregistered_versions_keep_theirs(
    registry: Repo, tmp_path: Path
) -> None:
    registry.commit("5", model_files("model", 5))
    assert registry.gto("register", "churn", "--version", "v2.0.0", "-m", "Five\n\nMLflow-Version: 2").code == 0
    assert registry.gto("deprecate", "churn", "v1.2.0").code == 0
    done = user_of(f"gto://{registry.path}", tmp_path / "ada").run(
        "{one.tags['gto.version']: one.version for one in client.search_model_versions(\"name='churn'\")}",
        "client.get_model_version('churn', '4')",
    )
    assert done[0] == {"v2.0.0": "2", "v1.0.0": "3", "v1.3.0+b.5": "5"}
    assert "'v1.2.0' was deregistered" in done[1]


def test_a_repository_that_a_url_names_is_read_through_a_mirror_and_written_by_a_push(
    registry: Repo, tmp_path: Path
) -> None:
    registry.git("clone", "--quiet", "--bare", ".", str(tmp_path / "models.git"))
    done = user_of(f"gto+file://{tmp_path}/models.git", tmp_path / "ada").run(
        "predict('models:/churn@prod')",
        "client.set_registered_model_alias('churn', 'champion', '3')",
        "client.get_model_version_by_alias('churn', 'champion').tags['gto.repo']",
        "client.get_model_version_download_uri('churn', '3')",
    )
    assert done == [[2.0, 4.0], None, "models", f"gto+file://{tmp_path}/models.git/-/churn/v1.3.0+b.5"]
    assert "churn#champion#" in registry.git("ls-remote", "--tags", str(tmp_path / "models.git"))


def test_a_clone_pushes_where_the_address_says_so_and_its_policy_decides(registry: Repo, tmp_path: Path) -> None:
    policy = "signing: {public_keys: keys.pem}\nrules:\n- {name: prod, stages: prod, files_signed: true}\n"
    registry.commit("policy", {".gto.policy.yaml": policy, "keys.pem": public_pem("secp256r1").decode()})
    registry.git("clone", "--quiet", "--bare", ".", str(tmp_path / "origin.git"))
    registry.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    registry.git("fetch", "--quiet", "origin")
    user = user_of(f"gto://{registry.path}?push=true", tmp_path / "ada")
    done = user.run(
        "client.set_registered_model_alias('churn', 'champion', '3')",
        "predict('models:/churn@champion')",
        "client.set_registered_model_alias('churn', 'prod', '3')",
        "files('models:/churn@prod')",
    )
    assert done[:2] == [None, [3.0, 6.0]]
    for error in done[2:]:
        assert error.startswith("MlflowException: ")
        assert "sign" in error
    tags = registry.git("ls-remote", "--tags", "origin")
    assert ("churn#champion#" in tags, "churn#prod#" in tags.replace("churn#prod#1", "")) == (True, False)


def test_the_commands_of_the_page_print_what_it_says(tmp_path: Path) -> None:
    text = (pages.ROOT / "docs/how-to/mlflow-over-git.md").read_text(encoding="utf-8")
    also = ["the tests run it, in an environment of its own"]
    # No variable says where runs are: the environment has what all of MLflow has for that, and skinny lacks.
    env = {**sample.environment(str(python_of().parent)), "HOME": str(tmp_path), "MLFLOW_DISABLE_TELEMETRY": "true"}
    assert pages.replay(text, tmp_path, env, tmp_path, also) == text
