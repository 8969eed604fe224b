"""A repository whose versions keep their files in Git and in a store of DVC's."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests import stores
from tests.conftest import copied
from tests.studio.conftest import wrote
from tests.studio_app import studio_of
from tests.team_app import team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio
    from tests.team_app import TeamStudio

ANNOTATIONS = """\
plain: {path: plain, type: model}
data: {path: data, type: dataset}
single: {path: model.bin, type: model}
"""
DATA = {"a.csv": b"x,y\n1,2\n", "deep/er/b.bin": bytes(range(256)) * 5000, "empty": b""}
MODEL = b"weights" * 100_000


class Keeper:
    """A store of DVC's in a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def place(self, mark: str) -> Path:
        """Where an object is."""
        return self.root / "files/md5" / mark[:2] / mark[2:]

    def put(self, body: bytes, ending: str = "") -> str:
        """Keep an object, and return its hash."""
        mark = hashlib.md5(body, usedforsecurity=False).hexdigest() + ending
        self.place(mark).parent.mkdir(parents=True, exist_ok=True)
        self.place(mark).write_bytes(body)
        return mark


@pytest.fixture
def keeper(models: Repo) -> Keeper:
    """The store, which stands beside the repository."""
    return Keeper(models.path.parent / "store")


@pytest.fixture
def models(repo: Repo, templates: dict[str, Repo], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Versions of a directory in Git, of one in the store, and of a file in the store."""
    if "downloads" not in templates:
        place = tmp_path_factory.mktemp("template")
        templates["downloads"] = with_files(copied(repo, place), Keeper(place / "store"))
    shutil.rmtree(repo.path)
    shutil.copytree(templates["downloads"].path.parent / "store", tmp_path / "store")
    made = copied(templates["downloads"], tmp_path)
    made.git("update-index", "--refresh")
    return made


def with_files(repo: Repo, keeper: Keeper) -> Repo:
    """The repository with versions, and the store with their files."""
    listing = [{"md5": keeper.put(body), "relpath": path} for path, body in sorted(DATA.items())]
    directory, model = keeper.put(json.dumps(listing).encode(), ".dir"), keeper.put(MODEL)
    files = {
        ".dvc/config": "[core]\n    remote = far\n['remote \"far\"']\n    url = ../../store\n",
        "data.dvc": f"outs: [{{md5: {directory}, hash: md5, path: data}}]\n",
        "model.bin.dvc": f"outs: [{{md5: {model}, size: {len(MODEL)}, hash: md5, path: model.bin}}]\n",
        "artifacts.yaml": ANNOTATIONS,
        "plain/ä file.txt": "read me\n",
        "plain/run/it.sh": "#!/bin/sh\n",
    }
    repo.commit("files", files)
    (repo.path / "plain/run/it.sh").chmod(0o755)
    repo.git("add", "plain/run/it.sh")
    repo.commit("it runs")
    for name in ("plain", "data", "single"):
        wrote(repo, "register", name, "--version", "v1.0.0")
    return repo


@pytest.fixture
def mine(models: Repo, tmp_path: Path) -> Iterator[Studio]:
    """Somebody's own Studio."""
    with studio_of({"team": models.path}, tmp_path / "index.db") as running:
        yield running


@pytest.fixture
def ours(models: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeper: Keeper) -> Iterator[TeamStudio]:
    """A team's Studio, whose server's own configuration of DVC names the store."""
    known = tmp_path / "dvc"
    known.mkdir()
    (known / "config").write_text(f"['remote \"models\"']\n    url = {keeper.root}\n", "utf-8")
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(known))
    places = {"team": (models.path, ["lab"]), "secret": (models.path, ["vault"])}
    with team_studio(places, tmp_path / "team.db") as running:
        yield running


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stores.S3]:
    """SeaweedFS."""
    with stores.serve_s3(tmp_path_factory.mktemp("s3") / "it") as running:
        yield running


@pytest.fixture(scope="session")
def lfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Git LFS server."""
    with stores.serve_lfs(tmp_path_factory.mktemp("lfs") / "it") as url:
        yield url
