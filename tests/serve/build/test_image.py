"""`gto build oci --format image`: one digest, without a daemon, pushed, unpacked, and serving."""

from __future__ import annotations

import json
import os
import tarfile
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from tests.oci_tools import debian_registry, files_in, needed, skopeo
from tests.repo import Repo, run
from tests.serve.build.python_base import VERSION, make_base
from tests.serve.build.small_index import add_model, add_wheel
from tests.stores import free_port, running
from tests.stories.healthy import done

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image with a Python."""
    return make_base(tmp_path_factory.mktemp("base"))


def built(repo: Repo, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done(repo.gto("build", "oci", "small", "--format", "image", *words, "--json")))
    return found


@pytest.mark.usefixtures("index")
def test_uv_and_pip_clones_and_places_give_one_digest_which_a_registry_keeps(
    repo: Repo, base: Path, tmp_path: Path
) -> None:
    add_model(repo)
    other = Repo(tmp_path / "elsewhere/other")
    other.path.parent.mkdir()
    repo.git("clone", "--quiet", "--no-local", str(repo.path), str(other.path))
    archive = tmp_path / "base.tar"
    with tarfile.open(archive, "w") as file:
        file.add(base, arcname=".")
    one = built(repo, "-o", "image", "--base", str(base), "--trusted", "--installer", "uv")
    with debian_registry(tmp_path / "registry") as host:
        words = ("--trusted", "--installer", "pip", "--push", f"{host}/team/small:v1")
        two = built(other, "-o", str(tmp_path / "deep/image"), "--base", str(archive), *words)
        skopeo("copy", "--dest-tls-verify=false", f"oci:{base}", f"docker://{host}/python:3", cwd=tmp_path)
        three = built(repo, "-o", "again", "--base", f"{host}/python:3", "--trusted", "--installer", "uv")
        assert one["base"] == two["base"]
        there = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{host}/team/small:v1", cwd=tmp_path))
    assert there["Digest"] == one["digest"] == two["digest"]
    assert three["packages"] == one["packages"]
    labels = there["Labels"]
    assert (labels["gto.artifact"], labels["gto.version"]) == ("small", "v1.0.0-rc.1")
    assert (labels["gto.trusted"], labels["gto.code-on-load"]) == ("true", "unknown")
    assert files_in(repo.path / "image") == files_in(tmp_path / "deep/image")
    config = json.loads(skopeo("inspect", "--config", "oci:image", cwd=repo.path))["config"]
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == [
        *("python3", "-m", "gto", "serve", "small@v1.0.0-rc.1=/model/small.pkl"),
        *("--host", "0.0.0.0", "--trusted"),  # noqa: S104  of a container
    ]
    assert config["Cmd"], "Heroku takes no image without"
    assert f"PYTHON_VERSION={VERSION}" in " ".join(config["Env"])
    assert "PYTHONPATH=/opt/gto/site-packages" in config["Env"]


def test_nothing_of_this_machine_is_in_the_layers(repo: Repo, index: Path, base: Path) -> None:
    add_wheel(index, "alpha", "1.0", "beta-two", text="print('hello')\n")
    add_model(repo)
    told = built(repo, "-o", "image", "--base", str(base), "--trusted")
    manifest = json.loads((repo.path / "image/blobs/sha256" / told["digest"].removeprefix("sha256:")).read_bytes())
    names: list[str] = []
    for layer in manifest["layers"][1:]:
        path = repo.path / "image/blobs/sha256" / layer["digest"].removeprefix("sha256:")
        assert str(repo.path.parent).encode() not in path.read_bytes()
        with tarfile.open(path) as archive:
            names += archive.getnames()
            assert {(one.mtime, one.uid, one.gid) for one in archive.getmembers()} == {(0, 0, 0)}
    assert "opt/gto/site-packages/alpha/__init__.py" in names
    assert "model/small.pkl.model.yaml" in names
    assert not [one for one in names if "/bin/" in one or one.endswith((".pyc", "INSTALLER", "direct_url.json"))]


@pytest.mark.usefixtures("index")
def test_what_does_not_fit_is_said_and_nothing_is_left(repo: Repo, base: Path, tmp_path: Path) -> None:
    add_model(repo)
    words = ("build", "oci", "small", "-o", "made/image", "--format", "image", "--trusted")
    cases = [
        (("--base", str(base), "--python", "3.99"), f"the base has Python {VERSION}"),
        (("--base", str(tmp_path / "nothing")), "there is no image at"),
        (("--base", str(repo.path / "README.md")), "it is no archive of an image"),
        (("--base", str(tmp_path)), "index.json"),
    ]
    for more, expected in cases:
        said = repo.gto(*words, *more)
        done(said, 1)
        assert expected in said.stderr
    layer = max((base / "blobs/sha256").iterdir(), key=lambda one: one.stat().st_size)
    whole = layer.read_bytes()
    layer.write_bytes(whole + b"x")
    said = repo.gto(*words, "--base", str(base))
    layer.write_bytes(whole)
    done(said, 1)
    assert "its digest is" in said.stderr
    assert not (repo.path / "made").exists() or not list((repo.path / "made").iterdir())
    said = repo.gto("build", "oci", "small", "-o", "car", "--format", "modelcar", "--base", str(base))
    done(said, 1)
    assert "--format image" in said.stderr


@pytest.mark.models
@pytest.mark.skipif(os.geteuid() != 0, reason="changes the root directory, as only root may")
def test_pushed_and_unpacked_it_serves(churn: Repo, base: Path, own_wheel: Path, tmp_path: Path) -> None:
    chroot, umoci = needed("chroot"), needed("umoci")
    with debian_registry(tmp_path / "registry") as host:
        words = ("--base", str(base), "--wheels", str(own_wheel), "--push", f"{host}/churn:v1.2.0")
        done(churn.gto("build", "oci", "churn", "-o", "image", "--format", "image", *words))
        skopeo("copy", "--src-tls-verify=false", f"docker://{host}/churn:v1.2.0", "oci:back:v1", cwd=tmp_path)
    done(run(umoci, "unpack", "--image", "back:v1", "bundle", cwd=tmp_path))
    process = json.loads((tmp_path / "bundle/config.json").read_bytes())["process"]
    user = "{uid}:{gid}".format(**process["user"])
    assert user == "10001:10001"
    port = free_port()
    argv = [*process["args"][:-2], "serve"]  # as SageMaker starts it; the port is told as Heroku does
    started = [
        "env",
        "-i",
        *process["env"],
        f"PORT={port}",
        chroot,
        f"--userspec={user}",
        str(tmp_path / "bundle/rootfs"),
        *argv,
    ]
    sample = json.loads((churn.path / "sample.json").read_bytes())
    with running(started, port, tmp_path / "server"):
        body = json.dumps(sample["rows"]).encode()
        asked = Request(f"http://127.0.0.1:{port}/predict", body, {"Content-Type": "application/json"})
        with urlopen(asked, timeout=30) as answer:  # noqa: S310  of our own server
            assert answer.headers["GTO-Model-Version"] == "churn@v1.2.0"
            assert json.load(answer)["rows"] == sample["outputs"]
        with urlopen(f"http://127.0.0.1:{port}/ping", timeout=30) as answer:
            assert answer.status == 200
