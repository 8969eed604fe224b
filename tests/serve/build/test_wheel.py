"""`gto build wheel`: a package with the model inside, the same bytes from every clone."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from gto.serve.build.wheel import module_of, python_version
from tests.repo import Repo, run
from tests.serve.build.small_index import add_model
from tests.stories.healthy import done

if TYPE_CHECKING:
    from pathlib import Path

ASK = """
import json, pandas, churn_model
sample = json.load(open("sample.json"))
found = churn_model.load().predict(pandas.DataFrame(sample["rows"])).tolist()
print(churn_model.version, found == sample["outputs"])
"""


def test_two_clones_give_the_same_bytes_and_its_record_is_true(repo: Repo, tmp_path: Path) -> None:
    add_model(repo)
    other = Repo(tmp_path / "other")
    repo.git("clone", "--quiet", "--no-local", str(repo.path), str(other.path))
    told = [json.loads(done(one.gto("build", "wheel", "small", "-o", "dist", "--json"))) for one in (repo, other)]
    assert told[0] == told[1]
    assert told[0]["target"] == "dist/small_model-1.0.0rc1-py3-none-any.whl"
    assert told[0]["sha256"] == hashlib.sha256((other.path / told[0]["target"]).read_bytes()).hexdigest()
    assert "wants load(trusted=True): it would import builtins.len" in told[0]["notes"][0]
    with zipfile.ZipFile(repo.path / told[0]["target"]) as archive:
        *files, last = csv.reader(archive.read("small_model-1.0.0rc1.dist-info/RECORD").decode().splitlines())
        assert last == ["small_model-1.0.0rc1.dist-info/RECORD", "", ""]
        assert sorted(name for name, _, _ in [*files, last]) == sorted(archive.namelist())
        for name, digest, size in files:
            made = base64.urlsafe_b64encode(hashlib.sha256(archive.read(name)).digest()).decode().rstrip("=")
            assert (digest, int(size)) == (f"sha256={made}", len(archive.read(name)))
    done(repo.gto("build", "wheel", "small", "-o", "dist"))  # the same: nothing is lost
    (repo.path / told[0]["target"]).write_bytes(b"other")
    said = repo.gto("build", "wheel", "small", "-o", "dist")
    done(said, 1)
    assert "--force" in said.stderr
    done(repo.gto("build", "wheel", "small", "-o", "dist", "--force"))
    assert [one.name for one in (repo.path / "dist").iterdir()] == ["small_model-1.0.0rc1-py3-none-any.whl"]


@pytest.mark.models
def test_in_an_environment_it_is_installed_imported_and_loads(churn: Repo, own_wheel: Path) -> None:
    told = json.loads(done(churn.gto("build", "wheel", "churn", "-o", "dist", "--json")))
    assert (told["module"], told["package"], told["version"]) == ("churn_model", "churn-model==1.2.0", "v1.2.0")
    done(run("uv", "venv", "--quiet", "env", cwd=churn.path))
    words = ("pip", "install", "--quiet", "--python", "env/bin/python", "--find-links", str(own_wheel))
    done(run("uv", *words, told["target"], cwd=churn.path))
    assert done(run("env/bin/python", "-I", "-c", ASK, cwd=churn.path)) == "v1.2.0 True\n"


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("v1.2.3", "1.2.3"),
        ("v1.2.3-rc.1", "1.2.3rc1"),
        ("v1.2.3-alpha", "1.2.3a0"),
        ("v1.2.3-Beta.11+b.05", "1.2.3b11+b.5"),
        ("v1.2.3-dev.4", "1.2.3.dev4"),
        ("v1.2.3-try-2.x", "1.2.3.dev0+try.2.x"),
        ("v1.2.3-rc.1.2+AB-c", "1.2.3.dev0+rc.1.2.ab.c"),
        ("", "0.dev0+g0123456789ab"),
    ],
)
def test_versions_are_told_as_packages_have_them(version: str, expected: str) -> None:
    assert python_version(version, "0123456789abcdef") == expected


def test_the_module_is_named_after_the_artifact() -> None:
    names = {name: module_of(name) for name in ("churn", "team/Churn-model", "models/eu:2x")}
    assert names == {
        "churn": "churn_model",
        "team/Churn-model": "team_churn_model",
        "models/eu:2x": "models_eu_2x_model",
    }
