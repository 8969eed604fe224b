"""Stores of which no more is read than a list allows: where links and redirects lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.core.allowed_stores import AllowedStores, parse_location
from gto.exceptions import StoreNotAllowed
from gto.storage.location import StoreAddress
from gto.storage.store_kinds import open_store
from tests.web import Asked, Reply, Web, serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gto.storage.store import Store


def opened(url: str, *listed: str) -> Store:
    """A store that the server's own configuration names, of a repository that may read these."""
    allowed = AllowedStores(("lab",), tuple(parse_location(one, {}) for one in listed))
    return open_store(StoreAddress(url, trusted=True, allowed=allowed))


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server."""
    with serve_web() as running:
        yield running


def test_a_link_is_judged_by_what_is_behind_it(tmp_path: Path) -> None:
    lab, vault = tmp_path / "lab", tmp_path / "vault"
    for directory in (lab, vault):
        directory.mkdir()
        (directory / "file").write_bytes(b"of " + directory.name.encode())
    (tmp_path / "alias").symlink_to(lab)
    (lab / "link").symlink_to(vault / "file")
    (lab / "directory").symlink_to(vault)
    store = opened(str(lab), str(tmp_path / "alias"))  # where the list's own link leads is what the list means
    assert b"".join(store.read("file")) == b"of lab"
    for key in ("link", "directory/file", "../vault/file", "%2e%2e/vault/file"):
        with pytest.raises(StoreNotAllowed):
            store.stat(key)
        with pytest.raises(StoreNotAllowed):
            list(store.read(key))
    with pytest.raises(StoreNotAllowed):
        list(store.list(""))
    (lab / "link").unlink()
    assert list(store.list("")) == [("file", 6)]
    for url in (f"{lab}/directory", str(vault), f"file://{vault}", f"{lab}/../vault", str(tmp_path)):
        with pytest.raises(StoreNotAllowed):
            opened(url, str(lab))


def test_a_redirect_leads_to_listed_stores_only(web: Web) -> None:
    web.files |= {"/lab/file": b"of lab", "/vault/file": b"of vault"}
    targets = {
        "same": "/lab/file",
        "other": "/vault/file",
        "dots": "/lab/../vault/file",
        "host": f"http://localhost:{web.port}/lab/file",
        "query": "/lab/file?as=vault",
    }

    def lead(asked: Asked, _: Reply) -> Reply:
        return Reply(302, headers={"Location": targets[asked.path.rpartition("/")[2]]})

    for name in targets:
        web.rule(f"/lab/{name}", lead)
    store = opened(f"{web.url}/lab", f"{web.url}/lab")
    assert b"".join(store.read("file")) == b"".join(store.read("same")) == b"of lab"
    before = len(web.asked)
    for name in targets.keys() - {"same"}:
        with pytest.raises(StoreNotAllowed):
            list(store.read(name))
        with pytest.raises(StoreNotAllowed):
            store.stat(name)
    assert all(one.path.startswith("/lab/") and "?" not in one.path for one in web.asked[before:])


def test_the_refusal_says_which_store_of_which_group_and_what_an_admin_adds() -> None:
    allowed = AllowedStores(("lab", "eu"), ())
    address = StoreAddress("s3://key:secret@models/x", {"endpointurl": "https://s3.example.com"}, allowed=allowed)
    with pytest.raises(StoreNotAllowed) as caught:
        open_store(address)
    assert "'s3://models/x' may not be read" in caught.value.message
    assert "neither for group 'lab', 'eu' nor for '*'" in caught.value.message
    added = "- {url: s3://models/x, endpointurl: https://s3.example.com}"
    assert caught.value.hint == f"an admin adds `{added}` there, below `lab:`"
