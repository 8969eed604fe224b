"""`gto build docker`: a directory that `docker build` makes an image of."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.oci_tools import files_in
from tests.repo import Repo, run
from tests.serve.build.small_index import add_model, add_wheel
from tests.stories.healthy import done

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_clean_to_hadolint_and_the_same_from_every_clone(repo: Repo, index: Path, tmp_path: Path) -> None:
    add_wheel(index, "lightgbm", "4.1")
    add_model(repo, requirements=("alpha==1.0", "lightgbm==4.1"), python="3.12")
    other = Repo(tmp_path / "other")
    repo.git("clone", "--quiet", "--no-local", str(repo.path), str(other.path))
    words = ("build", "docker", "small", "-o", "image", "--trusted", "--wheels", str(index))
    done(repo.gto(*words, "--installer", "uv"))
    told = json.loads(done(other.gto(*words, "--installer", "uv", "--json")))
    files = files_in(repo.path / "image")
    assert files == files_in(other.path / "image")
    done(run("hadolint", "image/Dockerfile", cwd=repo.path))
    assert {"Dockerfile", ".dockerignore", "requirements.txt", "model/small.pkl", "model/small.pkl.model.yaml"} < set(
        files
    )
    text = files["Dockerfile"].decode()
    assert re.findall(r"^[A-Z]+", text, re.MULTILINE)[:6] == ["FROM", "WORKDIR", "COPY", "COPY", "RUN", "FROM"]
    assert "FROM python:3.12-slim\n" in text
    assert "libgomp1" in text
    assert 'ENTRYPOINT ["gto", "serve", "small@v1.0.0-rc.1=/model/small.pkl"' in text
    assert (told["labels"]["gto.version"], told["labels"]["gto.trusted"]) == ("v1.0.0-rc.1", "true")
    assert told["labels"]["gto.commit"] == repo.git("rev-parse", "HEAD")
    assert told["entrypoint"][-1] == "--trusted"
    wheels = {name for name in files if name.startswith("wheels/")}
    assert "wheels/alpha-1.0-py3-none-any.whl" in wheels


@pytest.mark.usefixtures("index")
def test_a_model_that_runs_code_is_packed_only_where_it_is_trusted(repo: Repo) -> None:
    add_model(repo)
    for words in (("docker", "small"), ("oci", "small", "--format", "image", "--base", "nowhere")):
        said = repo.gto("build", *words, "-o", "image")
        done(said, 1)
        assert "runs code: it would import builtins.len" in said.stderr
        assert "--trusted builds it nevertheless" in said.stderr
    assert not (repo.path / "image").exists()


@pytest.mark.usefixtures("index")
def test_locked_requirements_must_hold_gto(repo: Repo) -> None:
    add_model(repo)
    done(repo.gto("build", "requirements", "small", "-o", "bare.txt"))
    said = repo.gto("build", "docker", "small", "-o", "image", "--trusted", "--requirements", "bare.txt")
    done(said, 1)
    assert "the requirements do not hold GTO" in said.stderr
    assert "--with-serve" in said.stderr
    done(repo.gto("build", "requirements", "small", "-o", "whole.txt", "--with-serve"))
    done(repo.gto("build", "docker", "small", "-o", "image", "--trusted", "--requirements", "whole.txt"))
    assert (repo.path / "image/requirements.txt").read_bytes() == (repo.path / "whole.txt").read_bytes()
