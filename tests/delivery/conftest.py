"""Projects that the real DVC built, once a session; what `dvc get` brought of each stands beside it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests import stores
from tests.conftest import GIT_CONFIG
from tests.delivery.web import serve_files
from tests.environment import dvc_of_clouds
from tests.repo import Repo
from tests.web import serve_web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.web import Web


class Layout(NamedTuple):
    """One project."""

    place: Path
    """The project is `repo` in it, the remote usually `storage`, what `dvc get` brought `expected`."""
    path: str
    """What was asked for."""
    code: int
    """How `dvc get` ended."""
    said: str

    @property
    def repo(self) -> Repo:
        """The project, in which `model` is registered as an artifact."""
        return Repo(self.place / "repo")

    @property
    def objects(self) -> list[Path]:
        """The objects of the remote."""
        return sorted(path for path in (self.place / "storage").rglob("*") if path.is_file())

    def copy(self, place: Path) -> Layout:
        """The same, to be damaged."""
        shutil.copytree(self.place, place, symlinks=True)
        for config in place.glob("repo/.dvc/config*"):
            text = config.read_text(encoding="utf-8")
            config.write_text(text.replace(str(self.place), str(place)), encoding="utf-8")
        return self._replace(place=place)


@pytest.fixture(scope="session")
def dvc_python() -> Path:
    """An environment with the newest DVC 3 in which this checkout stands for GTO."""
    return dvc_of_clouds()


@pytest.fixture(scope="session")
def layouts(dvc_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Layout]]:
    """Every layout by its name."""
    place = tmp_path_factory.mktemp("layouts")
    home = tmp_path_factory.mktemp("dvc-home")
    (home / "gitconfig").write_text(GIT_CONFIG, encoding="utf-8")
    with ExitStack() as servers:
        url, s3 = (
            servers.enter_context(serve_files(place / "web")),
            servers.enter_context(stores.serve_s3(place / "s3")),
        )
        azure, ssh, lfs = (_serve(servers, one, place) for one in (_azure, _ssh, _lfs))
        env = {
            **{
                key: value
                for key, value in os.environ.items()
                if not key.startswith(("GIT_", "GTO_", "COVERAGE_", "AWS_"))
            },
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(home / "site"),
            "LAYOUTS_HTTP": url,
            "LAYOUTS_S3": f"{s3.endpoint} {stores.KEY} {stores.SECRET}",
            "LAYOUTS_AZURE": azure,
            "LAYOUTS_SSH": ssh,
            "LAYOUTS_LFS": lfs,
        }
        script = Path(__file__).parent / "layouts.py"
        argv = [str(dvc_python), str(script), str(place)]
        done = subprocess.run(argv, cwd=place, env=env, capture_output=True, timeout=900, check=False)
        assert done.returncode == 0, done.stderr.decode()
        results = json.loads((place / "results.json").read_text(encoding="utf-8"))
        found = {name: Layout(place / name, **result) for name, result in results.items()}
        for layout in found.values():
            _annotate(layout, home)
        yield found


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server that fails as it is told."""
    with serve_web() as running:
        yield running


def _serve(servers: ExitStack, begin: Callable[[ExitStack, Path], str], place: Path) -> str:
    """What layouts.py has to know of a server; empty where this machine has not the program."""
    try:
        return begin(servers, place)
    except pytest.skip.Exception:
        return ""


def _azure(servers: ExitStack, place: Path) -> str:
    return servers.enter_context(stores.serve_azure(place / "azure")).connection


def _ssh(servers: ExitStack, place: Path) -> str:
    ssh = servers.enter_context(stores.serve_ssh(place / "ssh"))
    (place / "known_hosts").write_text(ssh.known, encoding="utf-8")
    return f"{stores.this_user()} {ssh.port} {ssh.key}"


def _lfs(servers: ExitStack, place: Path) -> str:
    return f"{servers.enter_context(stores.serve_lfs(place / 'lfs'))}/team/models.git"


@pytest.fixture
def known_hosts(layouts: dict[str, Layout]) -> None:
    """The key of the SSH server is one that this user knows."""
    known = next(iter(layouts.values())).place.parent / "known_hosts"
    if known.exists():
        own = Path(os.environ["HOME"]) / ".ssh"
        own.mkdir()
        shutil.copy(known, own)


def _annotate(layout: Layout, home: Path) -> None:
    """Register what was asked for as version v1.0.0 of the artifact `model`."""
    repo = layout.repo
    env = {"GIT_CONFIG_GLOBAL": str(home / "gitconfig")}
    (repo.path / "artifacts.yaml").write_text(json.dumps({"model": {"path": layout.path}}), encoding="utf-8")
    repo.git("add", "artifacts.yaml", **env)
    repo.git("commit", "--quiet", "--message=annotate", **env, **repo.dated())
    repo.git("tag", "--annotate", "--message=register", "model@v1.0.0", **env, **repo.dated())
