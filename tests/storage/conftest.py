"""Servers of stores, each started once by the first test that needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import stores
from tests.certificates import make_company
from tests.web import serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.certificates import Company
    from tests.web import Web


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stores.S3]:
    """SeaweedFS."""
    with stores.serve_s3(tmp_path_factory.mktemp("s3") / "it") as running:
        yield running


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stores.Azure]:
    """Azurite."""
    with stores.serve_azure(tmp_path_factory.mktemp("azure") / "it") as running:
        yield running


@pytest.fixture(scope="session")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stores.Ssh]:
    """OpenSSH's server."""
    with stores.serve_ssh(tmp_path_factory.mktemp("ssh") / "it") as running:
        yield running


@pytest.fixture(scope="session")
def lfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Git LFS server."""
    with stores.serve_lfs(tmp_path_factory.mktemp("lfs") / "it") as url:
        yield url


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server that fails as it is told."""
    with serve_web() as running:
        yield running


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Certificates that no system trusts by itself."""
    return make_company(tmp_path_factory.mktemp("company"))


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """No cloud's variables from outside."""
    import os

    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "REQUESTS_")):
            monkeypatch.delenv(name)
