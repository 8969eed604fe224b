"""`gto build oci`: a layout that skopeo pushes and umoci unpacks, the same from every clone."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from gto.fs.file_lock import lock_now
from gto.storage.partial_file import SUFFIX, prefix_of
from tests.oci_tools import debian_registry, files_in, python_of_clients, skopeo, unpacked
from tests.repo import GTO, Repo, run
from tests.stories.healthy import done

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"m/model.bin": "weights\n" * 1000, "m/config.json": "{}\n", "m/läuft/README.md": "# read me\n"}
YAML = """\
churn:
  type: model
  path: m
  description: Who will leave
  custom: {license: Apache-2.0}
single: {path: m/model.bin, type: model}
"""


@pytest.fixture
def models(repo: Repo) -> Repo:
    """A registry with a directory, and a file of it."""
    repo.commit("models", {"artifacts.yaml": YAML, **FILES})
    for name in ("churn", "single"):
        done(repo.gto("register", name, "--version", "v1.0.0+b.1"))
    return repo


def built(repo: Repo, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done(repo.gto("build", "oci", *words, "--json")))
    return found


@pytest.mark.parametrize("shape", ["modelpack", "modelcar"])
def test_two_clones_give_the_same_bytes(models: Repo, tmp_path: Path, shape: str) -> None:
    other = Repo(tmp_path / "other")
    models.git("clone", "--quiet", "--no-local", str(models.path), str(other.path))
    made = [
        built(repo, "churn", "--format", shape, "-o", str(tmp_path / name))
        for repo, name in ((models, "one"), (models, "two"), (other, "three"))
    ]
    assert len({one["digest"] for one in made}) == 1
    first = files_in(tmp_path / "one")
    assert first == files_in(tmp_path / "two") == files_in(tmp_path / "three")
    for path, data in first.items():
        if path.startswith("blobs/"):
            assert path == f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"
    assert [one["tag"] for one in made] == ["v1.0.0_b.1"] * 3
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".gto-")]


def test_skopeo_pushes_both_shapes_and_umoci_unpacks_the_image(models: Repo, tmp_path: Path) -> None:
    pack = built(models, "churn", "-o", str(tmp_path / "pack"))
    car = built(models, "churn", "-o", str(tmp_path / "car"), "--format", "modelcar")
    plain = ("--dest-tls-verify=false", "--src-tls-verify=false", "--preserve-digests")
    with debian_registry(tmp_path / "registry") as host:
        for name, made in (("pack", pack), ("car", car)):
            there, back = f"docker://{host}/{name}:v1", f"oci:back-{name}:v1"
            skopeo("copy", plain[0], plain[2], f"oci:{name}", there, cwd=tmp_path)
            skopeo("copy", plain[1], plain[2], there, back, cwd=tmp_path)
            index = json.loads((tmp_path / f"back-{name}/index.json").read_bytes())
            assert index["manifests"][0]["digest"] == made["digest"]
    assert unpacked(f"{tmp_path}/back-car:v1", tmp_path) == {
        f"models/{path.removeprefix('m/')}": text.encode() for path, text in FILES.items()
    }
    told = json.loads(skopeo("inspect", "oci:car", cwd=tmp_path))
    assert told["Labels"]["org.opencontainers.image.version"] == "v1.0.0+b.1"


def test_the_configuration_is_as_the_schema_of_modelpack_has_it(models: Repo, tmp_path: Path) -> None:
    made = built(models, "churn", "-o", str(tmp_path / "pack"))
    manifest = json.loads((tmp_path / "pack/blobs/sha256" / made["digest"].removeprefix("sha256:")).read_bytes())
    config = tmp_path / "pack/blobs/sha256" / manifest["config"]["digest"].removeprefix("sha256:")
    asked = (
        "import json, sys, jsonschema, modelpack_client.schema as told;"
        "jsonschema.validate(json.load(sys.stdin), told.CONFIG_SCHEMA)"
    )
    judged = run(str(python_of_clients()), "-c", asked, cwd=tmp_path, text=config.read_text(encoding="utf-8"))
    assert judged.code == 0, judged.stderr
    told = json.loads(config.read_bytes())["descriptor"]
    assert (told["licenses"], told["description"]) == (["Apache-2.0"], "Who will leave")


def test_the_facts_of_a_model_that_were_kept_in_git_are_in_the_configuration(repo: Repo, tmp_path: Path) -> None:
    tensors = {"w": {"dtype": "BF16", "shape": [600, 2], "data_offsets": [0, 2400]}}
    head = json.dumps(tensors).encode()
    repo.commit("tiny", {"artifacts.yaml": "tiny: {path: tiny.safetensors, type: model}\n"})
    (repo.path / "tiny.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + bytes(2400))
    repo.git("add", "tiny.safetensors")
    done(repo.gto("annotate", "tiny", "--inspect"))
    repo.git("add", ".")
    repo.commit("its facts")
    done(repo.gto("register", "tiny"))
    other = Repo(tmp_path / "other")
    repo.git("clone", "--quiet", "--no-local", str(repo.path), str(other.path))
    made = [built(one, "tiny", "-o", str(tmp_path / name)) for one, name in ((repo, "one"), (other, "two"))]
    assert made[0]["digest"] == made[1]["digest"]
    configs = [json.loads(data) for data in files_in(tmp_path / "one").values() if data.startswith(b'{"config":{"f')]
    assert [one["config"] for one in configs] == [{"format": "safetensors", "paramSize": "1.2K", "precision": "bf16"}]


def test_a_file_alone_and_a_revision_are_built(models: Repo, tmp_path: Path) -> None:
    out = tmp_path / "single"
    said = models.gto("build", "oci", "single", "-o", str(out))
    digest, place = done(said).split()
    assert (out / "blobs/sha256" / digest.removeprefix("sha256:")).exists()
    assert place == str(out)
    head = models.git("rev-parse", "HEAD")
    at_head = built(models, "single", "--rev", "HEAD", "-o", str(tmp_path / "head"))
    assert (at_head["version"], at_head["tag"]) == (None, head[:12])


def test_what_is_there_is_replaced_only_by_force_and_only_if_it_is_a_layout(models: Repo, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("build", "oci", "churn", "-o", str(out))
    done(models.gto(*words))
    before = files_in(out)
    refused = models.gto(*words, "--format", "modelcar")
    assert (refused.code, "--force" in refused.stderr) == (1, True)
    assert files_in(out) == before
    done(models.gto(*words, "--format", "modelcar", "--force"))
    assert files_in(out) != before
    shutil.rmtree(out)
    out.mkdir()
    (out / "mine").write_text("mine", encoding="utf-8")
    refused = models.gto(*words, "--force")
    assert (refused.code, "is a directory of other files" in refused.stderr) == (1, True)
    assert files_in(out) == {"mine": b"mine"}


def test_a_file_that_is_not_what_was_promised_leaves_nothing(repo: Repo, tmp_path: Path) -> None:
    store, mark = tmp_path / "store", hashlib.md5(b"right", usedforsecurity=False).hexdigest()
    place = store / "files/md5" / mark[:2] / mark[2:]
    place.parent.mkdir(parents=True)
    place.write_bytes(b"wrong")
    repo.commit(
        "model",
        {
            ".dvc/config": f"[core]\n    remote = s\n['remote \"s\"']\n    url = {store}\n",
            "model.bin.dvc": f"outs:\n- md5: {mark}\n  size: 5\n  hash: md5\n  path: model.bin\n",
            "artifacts.yaml": "m: {path: model.bin, type: model}\n",
        },
    )
    done(repo.gto("register", "m"))
    refused = repo.gto("build", "oci", "m", "-o", str(tmp_path / "out"))
    assert (refused.code, mark in refused.stderr) == (1, True)
    assert not (tmp_path / "out").exists()
    place.write_bytes(b"right")
    done(repo.gto("build", "oci", "m", "-o", str(tmp_path / "out")))
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".gto-")]


def test_what_a_killed_run_left_is_removed_unless_another_run_is_at_it(models: Repo, tmp_path: Path) -> None:
    out = tmp_path / "out"
    left, held = (tmp_path / f"{prefix_of(str(out))}{name}{SUFFIX}" for name in ("left", "held"))
    for one in (left, held):
        (one / "files").mkdir(parents=True)
    handle = os.open(held, os.O_RDONLY)
    lock_now(handle)
    built(models, "churn", "-o", str(out))
    os.close(handle)
    assert (out.exists(), left.exists(), held.exists()) == (True, False, True)


def test_a_disk_that_is_full_leaves_nothing(models: Repo, tmp_path: Path) -> None:
    limit = ("sh", "-c", 'ulimit -f 1; trap "" XFSZ; exec "$@"', "sh")
    refused = run(*limit, *GTO, "build", "oci", "churn", "-o", str(tmp_path / "out"), cwd=models.path)
    assert (refused.code, "Cannot write" in refused.stderr, "Traceback" in refused.stderr) == (1, True, False)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["repo"]
