"""What `gto serve` refuses, and what it says then."""

from __future__ import annotations

import json
import pickle
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gto.serve.runtime.bring_model import different_packages
from gto.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo


def test_a_taken_port_is_named(repo: Repo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = repo.gto("serve", "churn#prod", "--port", str(port))
        by_variable = repo.gto("serve", "churn#prod", env={"PORT": str(port)})
    assert (result.code, by_variable.stderr) == (1, result.stderr)
    assert f"127.0.0.1:{port} cannot be listened on: Address already in use" in result.stderr
    assert "name another with --port" in result.stderr


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ("nothing#prod", "Cannot find artifact 'nothing'"),
        ("nothing@v1.0.0", "Cannot find artifact 'nothing'"),
        ("churn@v1.0.0=none.skops", "there is no file 'none.skops'"),
    ],
)
def test_what_there_is_not_is_named(repo: Repo, selector: str, said: str) -> None:
    result = repo.gto("serve", selector, "--port", "0")
    assert (result.code, said in result.stderr) == (1, True), result.stderr


def test_an_address_of_another_machine_is_not_said_to_be_a_port_that_is_taken(repo: Repo) -> None:
    result = repo.gto("serve", "churn#prod", "--host", "192.0.2.1")
    assert result.code == 1
    assert "name an address of this machine with --host" in result.stderr


def test_the_word_that_sagemaker_adds_is_no_selector(repo: Repo) -> None:
    result = repo.gto("serve", "churn#prod", "serve", "--split", "1:1")
    assert "--split" in result.stderr, "there is one selector, and two weights"
    assert "'serve'" in repo.gto("serve", "serve").stderr


def test_what_is_said_of_following_is_refused_where_nothing_is_followed(repo: Repo) -> None:
    for word, told in (("--no-environments", "--environments"), ("--trust-remote", "--trust-remote")):
        result = repo.gto("serve", "churn#prod", word)
        assert (result.code, f"{told} is for --follow" in result.stderr) == (1, True), result.stderr


def test_what_loading_would_import_is_named(repo: Repo) -> None:
    (repo.path / "model.pkl").write_bytes(pickle.dumps(json.loads))
    result = repo.gto("serve", "model.pkl", "--port", "0")
    assert result.code == 1
    assert "runs code: it would import json.loads" in result.stderr
    assert "--trusted loads it nevertheless" in result.stderr


def test_a_library_that_cannot_load_a_model_is_quoted(repo: Repo) -> None:
    (repo.path / "model.pkl").write_bytes(b"cnowhere\nModel\n.")
    result = repo.gto("serve", "model.pkl", "--port", "0", "--trusted")
    assert result.code == 1
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("package", ["fastapi", "uvicorn", "prometheus_client"])
def test_a_missing_package_is_named_with_the_extra(package: str, tmp_path: Path) -> None:
    script = f"import sys; sys.modules['{package}'] = None; from gto.__main__ import run; run()"
    command = [sys.executable, "-c", script, "serve", "churn"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"To serve models, GTO needs the Python package '{package}'" in done.stderr
    assert "extra 'serve'" in done.stderr


def test_packages_of_other_versions_are_named_with_both() -> None:
    recorded = ["gto==0.1", f"click=={__version__}.9", "no-such-package==1.0", "unpinned"]
    notes = list(different_packages(recorded, "churn@v1.0.0"))
    assert notes[0].startswith("churn@v1.0.0 was made with gto==0.1, and gto ")
    assert notes[2] == "churn@v1.0.0 was made with no-such-package==1.0, which is not installed here"
    assert len(notes) == 3
