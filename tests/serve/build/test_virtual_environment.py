"""`gto build venv`: an environment that holds what was locked, in which the model was tried; whole or not at all."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.repo import run
from tests.serve.build.small_index import add_model, add_wheel
from tests.stories.healthy import done

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo


@pytest.mark.models
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_by_uv_and_by_pip_the_recorded_sample_passes_in_what_was_built(churn: Repo, installer: str) -> None:
    words = ("build", "venv", "churn", "--installer", installer, "-o", "env", "--sample", "sample.json")
    told = json.loads(done(churn.gto(*words, "--json")))
    assert (told["called"], told["notes"]) == (["predict"], [])
    assert {"pandas", "scikit-learn", "skops"} < {one.partition("==")[0] for one in told["packages"]}


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_scripts_name_the_place_that_it_got(repo: Repo, installer: str) -> None:
    add_model(repo)
    done(repo.gto("build", "venv", "small", "-o", "deep/env", "--installer", installer, "--no-trial"))
    script = (repo.path / "deep/env/bin/alpha-tool").read_text(encoding="utf-8")
    assert str(repo.path / "deep/env/bin/python") in script
    assert [one.name for one in (repo.path / "deep").iterdir()] == ["env"]
    done(run("deep/env/bin/python", "-c", "import alpha, beta_two", cwd=repo.path))


@pytest.mark.usefixtures("index")
def test_force_replaces_an_environment_and_nothing_else(repo: Repo) -> None:
    add_model(repo)
    words = ("build", "venv", "small", "--no-trial", "-o")
    done(repo.gto(*words, "env"))
    (repo.path / "env/mine").touch()
    said = repo.gto(*words, "env")
    done(said, 1)
    assert "--force" in said.stderr
    done(repo.gto(*words, "env", "--force"))
    assert not (repo.path / "env/mine").exists()
    said = repo.gto(*words, "m", "--force")
    done(said, 1)
    assert "is a directory of other files" in said.stderr


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_a_file_that_is_not_the_locked_one_is_refused_and_nothing_is_left(
    repo: Repo, index: Path, installer: str
) -> None:
    add_model(repo)
    done(repo.gto("build", "requirements", "small", "-o", "locked/requirements.txt"))
    add_wheel(index, "beta-two", "1.5", text="import os\n")
    words = ("--requirements", "locked/requirements.txt", "--installer", installer, "--no-trial")
    said = repo.gto("build", "venv", "small", "-o", "made/env", *words)
    done(said, 1)
    assert "beta-two" in said.stderr
    assert "the index has other files than were locked" in said.stderr
    assert not list((repo.path / "made").iterdir())


@pytest.mark.usefixtures("index")
def test_a_model_that_runs_code_is_tried_only_where_it_is_trusted_and_what_it_lacks_is_named(repo: Repo) -> None:
    add_model(repo)
    said = repo.gto("build", "venv", "small", "-o", "made/env")
    done(said, 1)
    assert "runs code: it would import builtins.len" in said.stderr
    said = repo.gto("build", "venv", "small", "-o", "made/env", "--trusted")
    done(said, 1)
    assert "the package 'cloudpickle' is needed, and not among the requirements" in said.stderr
    assert not (repo.path / "made/env").exists()


@pytest.mark.usefixtures("index")
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, as only root may")
def test_a_full_disk_is_said_and_leaves_nothing(repo: Repo, tmp_path: Path) -> None:
    add_model(repo)
    small = tmp_path / "disk"
    small.mkdir()
    done(run("mount", "-t", "tmpfs", "-o", "size=16k", "none", str(small), cwd=tmp_path))
    (small / "other").write_bytes(bytes(12 << 10))
    try:
        for words in (("venv", "--no-trial"), ("wheel",), ("docker", "--trusted")):
            said = repo.gto("build", words[0], "small", "-o", str(small / "made"), *words[1:])
            done(said, 1)
            assert "No space left on device" in said.stderr
            assert "make room" in said.stderr
            assert [one.name for one in small.rglob("*") if one.is_file()] == ["other"]
    finally:
        done(run("umount", "--lazy", str(small), cwd=tmp_path))


@pytest.mark.usefixtures("index")
def test_a_sample_that_is_none_is_refused_before_anything_is_built(repo: Repo) -> None:
    add_model(repo)
    for name, text in (("list.json", '{"a": 1}'), ("text.json", "no JSON"), ("gone.json", None)):
        if text is not None:
            (repo.path / name).write_text(text, encoding="utf-8")
        said = repo.gto("build", "venv", "small", "-o", "env", "--trusted", "--sample", name)
        done(said, 1)
        assert f"'{name}' " in said.stderr
        assert not (repo.path / "env").exists()


@pytest.mark.usefixtures("index")
def test_requirements_without_a_hash_are_refused(repo: Repo) -> None:
    add_model(repo)
    done(repo.gto("build", "requirements", "small", "-o", "good.txt"))
    text = (repo.path / "good.txt").read_text(encoding="utf-8")
    (repo.path / "bad.txt").write_text(re.sub(r" \\\n +--hash=\S+$", "\n", text), encoding="utf-8")
    said = repo.gto("build", "venv", "small", "-o", "env", "--requirements", "bad.txt", "--no-trial")
    done(said, 1)
    assert "no hash holds 'beta-two==1.5' in 'bad.txt'" in said.stderr
