"""A Studio that a proxy shows under a path: every address of a page leads below it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gto.studio.visitor import EVERY, Role
from tests.team_app import HOST, OWN, URL, team_studio

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

PAGES = (
    "/models",
    "/m/churn/churn",
    "/m/churn/churn/-/register",
    "/history",
    "/repos",
    "/r/churn/-/webhook",
    "/webhooks",
    "/r/churn/experiments",
    "/login",
)


def test_every_link_form_and_file_is_below_the_prefix(registry: Repo, tmp_path: Path) -> None:
    with team_studio({"churn": (registry.path, [])}, tmp_path / "studio.db", url=f"{URL}/ml/gto") as studio:
        cookie = studio.cookie(studio.person("ada", {EVERY: Role.ADMIN}))
        client = studio.browser().client
        for path in PAGES:
            session = {"cookie": f"{studio.team.settings.cookie}={cookie}"} if path != "/login" else {}
            answer = client.get(f"/ml/gto{path}", headers={"accept": "text/html", **session})
            assert answer.status_code == 200, path
            found = re.findall(r'(?:href|src|action|formaction)="?(/[^" >]*)', answer.text)
            assert len(found) > 5, path
            assert [one for one in found if not one.startswith("/ml/gto/")] == [], path


def test_redirects_cookies_and_feeds_are_below_the_prefix(registry: Repo, tmp_path: Path) -> None:
    with team_studio({"churn": (registry.path, [])}, tmp_path / "studio.db", url=f"{URL}/ml/gto") as studio:
        studio.person("ada", {EVERY: Role.VIEWER}, "correct horse battery")
        client = studio.browser().client
        led = client.get("/ml/gto/m/churn/churn", headers={"accept": "text/html"})
        assert led.headers["location"] == "/ml/gto/login?next=%2Fm%2Fchurn%2Fchurn"
        fields = {"name": "ada", "password": "correct horse battery", "back": "/m/churn/churn"}
        done = client.post("/ml/gto/login", data=fields, headers=OWN)
        assert done.headers["location"] == "/ml/gto/m/churn/churn"
        assert done.headers["set-cookie"].startswith("__Secure-gto_studio=")
        assert "Path=/ml/gto;" in done.headers["set-cookie"]
        assert f'href="{URL}/ml/gto/' in client.get("/ml/gto/history.atom").text


def test_a_slash_too_many_leads_neither_out_of_the_prefix_nor_out_of_tls(registry: Repo, tmp_path: Path) -> None:
    """A proxy takes TLS off: what is behind it is asked by HTTP."""
    for prefix in ("", "/ml/gto"):
        place = tmp_path / f"studio{len(prefix)}.db"
        with team_studio({"churn": (registry.path, [])}, place, url=f"{URL}{prefix}") as studio:
            client = studio.logged_in("ada", Role.ADMIN).client
            for path in ("/models", "/people", "/api/v1/webhooks"):
                led = client.get(f"http://{HOST}{prefix}{path}/?q=1")
                assert (led.status_code, led.headers["location"]) == (307, f"{prefix}{path}?q=1")


def test_a_path_that_is_not_below_the_prefix_is_not_there(registry: Repo, tmp_path: Path) -> None:
    with team_studio({"churn": (registry.path, [])}, tmp_path / "studio.db", url=f"{URL}/ml/gto") as studio:
        client = studio.browser().client
        for path in ("/models", "/ml/gtos/models", "/ml", "/login"):
            assert client.get(path).status_code == 404, path
        assert client.get("/health", headers={"host": "10.0.0.7:8765"}).status_code == 200
        assert client.get("/ml/gto/models", headers={"host": f"{HOST}.example.com"}).status_code == 421
