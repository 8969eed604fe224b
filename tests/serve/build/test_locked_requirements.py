"""`gto build requirements`: what a version needs, pinned and hashed, by uv or by pip."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import UsageError
from gto.serve.build.locked_requirements import LockWish, lock
from tests.serve.build.small_index import add_model
from tests.stories.healthy import done

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

PROJECT = """
[project]
name = "local"
version = "1"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import os
def prepare_metadata_for_build_wheel(place, settings=None):
    os.mkdir(f"{place}/local-1.dist-info")
    with open(f"{place}/local-1.dist-info/METADATA", "w") as file:
        file.write("Metadata-Version: 2.1\\nName: local\\nVersion: 1\\n")
    return "local-1.dist-info"
"""
INSTALLERS = ("uv", "pip")


def test_both_forms_pin_and_hash_all_and_tell_nothing_of_this_machine(repo: Repo, index: Path, tmp_path: Path) -> None:
    add_model(repo)
    texts = {}
    for installer in INSTALLERS:
        for out in ("one.txt", "two.txt"):
            place = tmp_path / installer / out
            done(repo.gto("build", "requirements", "small", "--installer", installer, "-o", str(place)))
            texts[installer, out] = place.read_text(encoding="utf-8")
        assert texts[installer, "one.txt"] == texts[installer, "two.txt"]
    bodies = {text.partition("\n")[2] for text in texts.values()}
    assert len(bodies) == 1
    lines = bodies.pop().splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["alpha==1.0 \\", "beta-two==1.5 \\"]
    assert all(line.startswith("    --hash=sha256:") for line in lines if line.startswith(" "))
    for text in texts.values():
        assert text.startswith("# small@v1.0.0-rc.1 with all that it needs, locked for Python 3.")
        told = "".join(line for line in text.splitlines(keepends=True) if "--hash=" not in line)  # hashes hold anything
        assert not any(word in told for word in (str(index), os.sep + "tmp", "http", "find-links", "index", "20"))


def test_without_a_file_the_text_is_printed_and_json_has_it_too(repo: Repo, index: Path) -> None:
    add_model(repo)
    text = done(repo.gto("build", "requirements", "small", "--wheels", str(index)))
    told = json.loads(done(repo.gto("build", "requirements", "small", "--json")))
    assert (told["text"], told["packages"]) == (text, ["alpha==1.0", "beta-two==1.5"])
    assert (told["artifact"], told["version"], told["installer"]) == ("small", "v1.0.0-rc.1", "uv")


@pytest.mark.usefixtures("index")
def test_another_python_is_named_by_its_number_and_nothing_is_downloaded(repo: Repo) -> None:
    add_model(repo, python="3.12")
    said = repo.gto("build", "requirements", "small", "--python", "3.99", "--json")
    assert json.loads(done(said))["python"] == "3.99"
    assert "saved by Python 3.12, and this is for 3.99" in said.stderr
    assert "download" not in said.stderr
    assert "saved by" not in repo.gto("build", "requirements", "small", "--python", "3.12").stderr
    said = repo.gto("build", "requirements", "small", "--python", "3.99", "--installer", "pip")
    done(said, 1)
    assert "there is no Python '3.99' here" in said.stderr


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_package_that_the_index_lacks_is_named(repo: Repo, installer: str, tmp_path: Path) -> None:
    add_model(repo, requirements=("alpha==1.0", "gone==3.1"))
    place = tmp_path / "requirements.txt"
    said = repo.gto("build", "requirements", "small", "--installer", installer, "-o", str(place))
    done(said, 1)
    assert "gone==3.1" in said.stderr
    assert "no index that it asks has this" in said.stderr
    assert not place.exists()


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("installer", INSTALLERS)
def test_where_the_index_lacks_this_gto_it_is_said_how_to_bring_it(repo: Repo, installer: str) -> None:
    add_model(repo, requirements=("gto==99.0",))
    said = repo.gto("build", "requirements", "small", "--installer", installer)
    done(said, 1)
    assert "the index has no such GTO: `pip wheel --no-deps" in said.stderr
    assert "from versions" not in said.stderr
    assert repo.gto("build", "requirements", "small", "--wheels", "none").code == 2


@pytest.mark.usefixtures("index")
def test_a_model_of_which_nothing_is_recorded_says_what_records_it(repo: Repo) -> None:
    add_model(repo, requirements=())
    said = repo.gto("build", "requirements", "small")
    done(said, 1)
    assert "nothing says what the model of 'small' needs" in said.stderr
    assert "gto.save(model, path, sample_data, name='small')" in said.stderr


@pytest.mark.usefixtures("index")
def test_with_serve_gto_is_among_them(repo: Repo) -> None:
    add_model(repo)
    packages = json.loads(done(repo.gto("build", "requirements", "small", "--with-serve", "--json")))["packages"]
    names = {one.partition("==")[0] for one in packages}
    assert {"alpha", "gto", "fastapi", "uvicorn", "prometheus-client"} < names
    assert not names & {"pandas", "pyarrow", "skops"}  # those of a model are in its side-car


@pytest.mark.usefixtures("index")
def test_where_neither_uv_nor_pip_is_installed_that_of_python_itself_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    found = lock(LockWish(["alpha==1.0"], installer="pip"))
    assert found.packages == ["alpha==1.0", "beta-two==1.5"]


@pytest.mark.usefixtures("index")
def test_what_comes_from_no_archive_has_no_hash_and_is_refused(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local/pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "local/backend.py").write_text(BACKEND, encoding="utf-8")
    with pytest.raises(UsageError, match="'local' comes from no archive"):
        lock(LockWish([f"local @ {(tmp_path / 'local').as_uri()}"], installer="pip"))
