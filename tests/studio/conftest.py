"""A registry with a history, and a Studio that shows it."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests.conftest import copied
from tests.postgresql import Databases, serve_postgresql
from tests.studio_app import opener, studio_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgresql import Server
    from tests.repo import Repo
    from tests.studio_app import Studio

ONE_ENGINE = {
    "test_dvc_clients.py": "the process of `gto studio serve`, whose database is a file",
    "test_backup.py": "names the engines itself",
    "test_behind_nginx.py": "the process of `gto studio serve`; what is tested stands before it",
    "test_browser.py": "the process of `gto studio`, whose index is a file",
    "test_connection.py": "HTTP alone",
    "test_deployment_files.py": "no database",
    "test_due_kills.py": "many processes, which PostgreSQL alone serves",
    "test_forge.py": "no database",
    "test_index_file.py": "the file itself",
    "test_kills.py": "the process of `gto studio`, whose index is a file",
    "test_plots.py": "plots are read from Git, and drawn in a browser",
    "test_openapi.py": "answers of all pages are compared on both elsewhere",
    "test_many_files.py": "what is kept is in memory",
    "test_packed_files.py": "no database",
    "test_hub_clients.py": "the process of `gto studio serve`, whose database is a file",
    "test_broken_hub_requests.py": "what is broken is HTTP",
    "test_plain_http.py": "what it reads is read of both elsewhere",
    "test_broken_requests.py": "what is broken is HTTP",
    "test_registry_writes.py": "what is written is in Git",
    "test_search_filter.py": "no database",
    "test_mlflow_clients.py": "the process of `gto studio serve`, whose database is a file",
    "test_malformed_requests.py": "what is broken is HTTP",
    "test_oci_clients.py": "the process of `gto studio serve`, whose database is a file",
    "test_opening.py": "no database",
    "test_peer.py": "no database",
    "test_page_router.py": "no database",
    "test_people_commands.py": "the process of `gto studio people`, whose database is a file",
    "test_process.py": "the process of `gto studio`, whose index is a file",
    "test_serve_options.py": "options, and processes whose database is a file",
    "test_upkeep.py": "names the engines itself",
    "test_team_pages.py": "the process of `gto studio serve`, before a browser",
    "test_webhook_process.py": "the process of `gto studio serve`, whose database is a file",
    "test_roles.py": "decides before any page reads the index",
    "test_security.py": "HTTP alone",
    "test_store_lists.py": "stores alone",
    "test_words.py": "no database",
    "test_a_connection_that_the_server_ended_a_moment_ago_is_not_used": "a file has none",
    "test_a_file_that_is_no_index_of_ours_is_made_anew": "the file itself",
    "test_a_sync_that_is_killed_at_any_moment_loses_and_doubles_nothing": "test_due_kills.py does it with more",
    "test_a_message_that_ends_as_a_sentence_goes_on_with_what_to_do": "no database",
    "test_an_own_studio_says_in_a_text_who_gives_files_to_dvc": "HTTP alone",
    "test_the_command_takes_a_list_prints_it_again_and_refuses_what_is_none": "processes whose database is a file",
    "test_what_is_offered_of_an_own_studio_names_its_token_and_goes_without_tls": "words of a page",
    "test_in_a_browser_nothing_runs_and_nothing_leaves_its_place": "a browser",
    "test_the_index_of_the_release_before_becomes_a_team_s": "which was a file",
    "test_a_reading_that_lost_its_claim_midway_is_not_done_and_is_read_again": "names PostgreSQL itself",
    "test_where_the_index_fails_after_a_tag_was_written_the_page_says_that_it_was": "breaks the file",
    "test_a_client_is_led_to_a_token_and_gets_what_it_came_with": "HTTP alone",
    "test_below_a_path_a_proxy_can_lead_to_it": "HTTP alone",
    "test_the_command_line_gives_the_same_digest": "what is kept is compared on both elsewhere",
    "test_whoever_pushes_is_told_where_versions_come_from": "HTTP alone",
    "test_without_anything_public_anybody_is_refused_a_token": "HTTP alone",
    "test_a_header_that_nobody_is_trusted_with_is_told_before_anything_is_served": "no database",
    "test_whom_several_requests_name_at_once_for_the_first_time_is_one_person": "names PostgreSQL itself",
    "test_what_cannot_be_written_is_told_on_every_page_until_it_can": "no disk of this process is full",
}
"""Files and tests that run on SQLite alone, and why; all others of Studio run on PostgreSQL, too."""

DVC_YAML = """\
stages:
  train:
    cmd: python train.py
    deps:
      - train.py
    params:
      - trees
    metrics:
      - metrics.json
artifacts:
  churn:
    path: models/churn.txt
    type: model
    desc: Who will leave
    labels:
      - tabular
      - weekly
  features:
    path: data/features.csv
    type: dataset
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test on both engines."""
    if not {metafunc.definition.path.name, metafunc.definition.originalname} & ONE_ENGINE.keys():
        metafunc.parametrize("engine", ["sqlite", "postgresql"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server of PostgreSQL, one in each process that tests."""
    # Not among pytest's directories, which the next session of this user closes to the server's own user.
    with TemporaryDirectory(prefix="gto-postgresql-") as place, serve_postgresql(Path(place) / "server") as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The engine in which Studios of tests keep their index."""
    chosen = str(getattr(request, "param", "sqlite"))
    if chosen == "sqlite":
        yield chosen
        return
    databases = Databases(request.getfixturevalue("postgresql"))
    before = opener.set(databases.open)
    yield chosen
    opener.reset(before)
    databases.close()


@pytest.fixture(scope="session")
def demo_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sample of `make demo` is; nobody writes there."""
    from tests.studio import layouts  # which imports this file

    place = tmp_path_factory.mktemp("demo")
    layouts.demo(place)
    return place


@pytest.fixture
def registry(repo: Repo, templates: dict[str, Repo], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Three versions of `churn`, stages, an undone one, a deprecated artifact, and one without a version."""
    if "studio" not in templates:
        templates["studio"] = with_history(copied(repo, tmp_path_factory.mktemp("template")))
    shutil.rmtree(repo.path)
    made = copied(templates["studio"], tmp_path)
    made.git("update-index", "--refresh")  # the index tells a file by its inode, too
    return made


def with_history(repo: Repo) -> Repo:
    """The repository, after some months."""
    for number, (auc, trees) in enumerate(((0.86, 100), (0.88, 200), (0.91, 300))):
        files = {"metrics.json": f'{{"auc": {auc}, "loss": {1 - auc:.2f}}}', "params.yaml": f"trees: {trees}\n"}
        repo.commit(f"train {number}", {**files, "dvc.yaml": DVC_YAML, "models/churn.txt": f"model {number}\n"})
        wrote(repo, "register", "churn")
        wrote(repo, "assign", "churn", "--version", f"v0.0.{number + 1}", "--stage", "dev")
    wrote(repo, "assign", "churn", "--version", "v0.0.1", "--stage", "prod")
    wrote(repo, "assign", "churn", "--version", "v0.0.2", "--stage", "prod", "-m", "better")
    wrote(repo, "register", "ranking", "--version", "v1.0.0")
    wrote(repo, "deprecate", "ranking")
    return repo


def wrote(repo: Repo, *words: str) -> None:
    """Run a command that must succeed."""
    result = repo.gto(*words)
    assert result.code == 0, result.stderr


@pytest.fixture
def studio(registry: Repo, tmp_path: Path) -> Iterator[Studio]:
    """A Studio over the registry, which it calls `team`."""
    with studio_of({"team": registry.path}, tmp_path / "index.db") as running:
        yield running
