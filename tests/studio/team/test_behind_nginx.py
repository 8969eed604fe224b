"""A team's Studio as others reach it: behind nginx, by TLS, below a path; and what it asks by TLS itself."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
import pytest

from tests.certificates import make_company
from tests.loopback import running
from tests.team_process import (
    CLIENT,
    NAME,
    PASSWORD,
    PREFIX,
    TeamPlace,
    log_in,
    serving,
    serving_by_tls,
    wait_for_models,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_process import Front

MOST_PAGES = 400
NOTHING_THERE = re.compile(r"/-/plots\.json|/ranking/-/files")
"""Pages that say that the registry has no plots, and `ranking` no file."""


@pytest.fixture
def front(registry: Repo, tmp_path: Path) -> Iterator[Front]:
    """Nginx by the file that we give to others, with Studio behind."""
    place = TeamPlace(tmp_path / "team")
    place.list_repository(registry.path)
    place.add_person()
    with serving_by_tls(place, make_company(tmp_path), "--log-format", "json") as made:
        yield made


class Addresses(HTMLParser):
    """What a page leads to: links and files, and where its forms go."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.asked: set[str] = set()
        self.sent: set[str] = set()
        self.feed(page)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses of an element."""
        for key, value in attrs:
            if value and key in {"href", "src", "xlink:href", "data-url"}:
                self.asked.add(value)
            elif value and key in {"action", "formaction"}:
                self.sent.add(value)


def parts_of(address: str) -> set[tuple[str, str]]:
    """What makes an address worth a request: its path, other commits and versions apart, and each key of its query."""
    found = urlsplit(address)
    path = re.sub(r"\b([0-9a-f]{7,40}|v?\d+\.\d+\.\d+|\d+)\b", "*", found.path)
    return {(path, key) for key in ("", *parse_qs(found.query))}


def addresses(answer: httpx2.Response) -> tuple[set[str], set[str]]:
    """Where an answer leads: by links, and by forms."""
    kind = answer.headers.get("content-type", "")
    if kind.startswith("text/html"):
        found = Addresses(answer.text)
        return found.asked, found.sent
    if "atom" in kind:
        return set(re.findall(r'href="([^"]+)"', answer.text)), set()
    if kind.startswith("text/css"):
        return {one for one in re.findall(r"url\(\"?([^)\"]+)", answer.text) if one[:5] != "data:"}, set()
    return set(), set()


class Crawled(NamedTuple):
    """What was found from some pages on."""

    status: dict[str, int]
    forms: set[str]
    astray: set[str]
    """What leads elsewhere on this host."""


def crawl(client: httpx2.Client, base: str, starts: list[str]) -> Crawled:
    """Ask for all that pages lead to, each page and each key of its query at least once."""
    waiting, seen = list(starts), set().union(*map(parts_of, starts))
    found = Crawled({}, set(), set())
    while waiting and len(found.status) < MOST_PAGES:
        path = waiting.pop(0)
        answer = client.get(path, headers={"accept": "text/html"}, follow_redirects=True)
        found.status[path] = answer.status_code
        links, forms = ({urljoin(str(answer.url), one) for one in part} for part in addresses(answer))
        own = {one[len(base) :].partition("#")[0] for one in links if one.startswith(base)}
        sent = {one[len(base) :] for one in forms}
        found.astray.update(f"{path}: {one}" for one in own | sent if not one.startswith(f"{PREFIX}/"))
        found.forms.update(sent)
        for one in sorted(own):
            if parts_of(one) - seen:
                seen |= parts_of(one)
                waiting.append(one)
    return found


def test_every_link_works_and_stays_below_the_path(front: Front) -> None:
    with front.client() as client:
        log_in(client, PREFIX)
        wait_for_models(client, PREFIX)
        starts = ["models", "m/churn/churn", "repos", "history", "reviews", "r/churn/experiments", "models.json"]
        found = crawl(client, front.url, [f"{PREFIX}/{one}" for one in starts])
        assert found.astray == set()
        refused = [path for path, status in found.status.items() if status != 200]
        assert [path for path in refused if not NOTHING_THERE.search(path)] == []
        assert 40 < len(found.status) < MOST_PAGES
        for part in ("static/studio.css", "history.atom", "/-/register", "/-/compare", "models.json"):
            assert [path for path in found.status if part in path], (part, sorted(found.status))
        assert found.forms
        for path in found.forms:  # there is a route; without its fields it refuses
            sent = client.post(path, headers={"origin": front.url}).status_code
            assert sent in {400, 403} or client.get(path).status_code in {200, 303, 400}, path


def test_what_leads_on_stays_below_the_path_and_who_came_is_known(front: Front) -> None:
    with front.client() as client:
        led = client.get(PREFIX)
        assert (led.status_code, urlsplit(led.headers["location"]).path) == (301, f"{PREFIX}/")
        led = client.get(f"{PREFIX}/m/churn/churn?v=1", headers={"accept": "text/html"})
        assert (led.status_code, led.headers["location"]) == (303, f"{PREFIX}/login?next=%2Fm%2Fchurn%2Fchurn%3Fv%3D1")
        assert client.get("/models").status_code == 404
        assert client.get(f"{PREFIX}/models", headers={"host": "studio.example.net"}).status_code == 421
        assert client.get(f"{PREFIX}/health").status_code == 200
        plain = httpx2.get(f"{front.plain}{PREFIX}/models?a=b")
        assert (plain.status_code, plain.headers["location"]) == (301, f"{front.url}{PREFIX}/models?a=b")
        claims = {"x-forwarded-for": "203.0.113.9", "x-forwarded-user": "root", "origin": front.url}
        fields = {"name": NAME, "password": PASSWORD, "next": "/repos"}
        done = client.post(f"{PREFIX}/login", data=fields, headers=claims)
        assert (done.status_code, done.headers["location"][: len(PREFIX)]) == (303, PREFIX)
        cookie = done.headers["set-cookie"]
        assert cookie.startswith("__Secure-gto_studio=")
        assert {"HttpOnly", "Secure", f"Path={PREFIX}", "SameSite=lax"} <= set(cookie.split("; "))
        assert done.headers["strict-transport-security"] == "max-age=31536000"
    with closing(sqlite3.connect(front.place.data / "studio.db")) as connection:
        assert connection.execute("SELECT action, address FROM audit").fetchall() == [("login", CLIENT)]
    lines = [json.loads(line) for line in front.log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    assert {one["address"] for one in lines if one.get("route") == "/login"} == {CLIENT}


def test_a_provider_of_a_company_with_its_own_authority_is_trusted_by_its_file_alone(
    registry: Repo, tmp_path: Path
) -> None:
    company = make_company(tmp_path)

    class Provider(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer = f"https://127.0.0.1:{listener.server_port}"
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            body = json.dumps({"issuer": issuer, **{name: f"{issuer}/{name}" for name in names}}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    listener.socket = company.context().wrap_socket(listener.socket, server_side=True)
    issuer = f"https://127.0.0.1:{listener.server_port}"
    place = TeamPlace(tmp_path / "team", {"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": "studio"})
    place.list_repository(registry.path)
    with running(listener):
        with serving(place) as studio:
            refused = httpx2.get(f"{studio.url}/login/oidc", timeout=30)
            assert refused.status_code == 403, refused.text
            assert "certificate" in refused.text.lower()
        with serving(place, "--ca-file", str(company.ca)) as studio:
            led = httpx2.get(f"{studio.url}/login/oidc", timeout=30)
            assert led.status_code == 303, led.text
            assert led.headers["location"].startswith(f"{issuer}/authorization_endpoint?")
