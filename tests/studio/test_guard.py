from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.routing import Mount, Route, Router

from gto.studio.context import StudioSettings
from gto.studio.forms import back
from tests.studio.test_sync import contents
from tests.studio_app import HOST, OWN, studio_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio


def addresses(studio: Studio) -> Iterator[tuple[str, str]]:
    """Method and address of every route, with something in the place of its parameters."""
    app = studio.client.app
    assert isinstance(app, FastAPI)
    for route in routes(app.router):
        path = route.path.replace("{name:path}", "churn").replace("{repo}", "team")
        path = path.replace("{path:path}", "churn.txt")
        path = path.replace("{selector:path}", "churn@latest")
        for name, text in {
            "kind": "models",
            "namespace": "team",
            "slug": "churn",
            "revision:path": "main",
            "target": "eu",
        }.items():
            path = path.replace(f"{{{name}}}", text)
        for parameter in ("{signature}", "{expires}", "{commit}"):
            path = path.replace(parameter, "0")
        assert "{" not in path, path
        for method in route.methods or ():
            yield method, path


def routes(router: Router) -> Iterator[Route]:
    """Every route of a router and of those in it."""
    for route in router.routes:
        if isinstance(route, Route):
            yield route
        elif not isinstance(route, Mount):
            yield from routes(route.original_router)  # type: ignore[attr-defined]  # how FastAPI keeps an included router


def test_a_foreign_host_is_refused_on_every_route(studio: Studio) -> None:
    for method, path in addresses(studio):
        for host in ("example.com", "127.0.0.1", f"{HOST}.example.com", ""):
            assert studio.client.request(method, path, headers={**OWN, "host": host}).status_code == 421, path


def test_without_a_session_no_route_answers(studio: Studio) -> None:
    studio.client.cookies.clear()
    for method, path in addresses(studio):
        expected = 200 if path in {"/health", "/static/vega.js"} else 401
        if path.startswith("/signed/") and method in {"GET", "HEAD"}:  # an address that says itself who may come
            expected = 403
        assert studio.client.request(method, path, headers=OWN).status_code == expected, path


INDEX_ALONE = {"/sync", "/r/team/commits"}
"""Forms that change nothing in Git."""
CLIENTS = ("/hf/", "/mlflow/", "/api/2.0/mlflow/", "/signed/mlflow/")
"""Beginnings of the paths of other tools' clients, which send no forms: tests/studio/protocols/ has theirs."""
REGISTRY = "/v2/"
"""How the addresses of the container registry begin: whatever writes there is 405, for everybody."""


def test_a_studio_that_only_reads_writes_by_no_route_and_leads_to_none(registry: Repo, tmp_path: Path) -> None:
    before = (registry.git("for-each-ref"), registry.git("status", "--porcelain"))
    with studio_of({"team": registry.path}, tmp_path / "index.db", StudioSettings(read_only=True)) as studio:
        worker = studio.context.worker
        worker.start()
        pages, refused = dict[str, str](), set[str]()
        for method, path in addresses(studio):
            if method == "POST" and path.startswith(CLIENTS):
                assert studio.client.post(path, json={"tag": "", "paths": []}, headers=OWN).status_code < 500, path
            elif method == "POST":
                refusal = 405 if path.startswith(REGISTRY) else 403
                assert (studio.form(path).status_code == refusal) == (path not in INDEX_ALONE), path
            elif method == "GET" and path != "/static/vega.js" and not path.startswith(CLIENTS):
                answer = studio.client.get(path)
                if answer.status_code == 403:
                    refused.add(path)
                else:
                    pages[path] = answer.text
        assert "/m/team/churn/-/register" in refused
        for path, page in pages.items():
            led = {html.unescape(one).partition("?")[0] for one in re.findall('(?:href|action)="([^"]*)"', page)}
            assert not led & refused, path
            posts = re.findall('<form[^>]*method="post"[^>]*>', page)
            assert all(any(f'action="{one}"' in post for one in INDEX_ALONE) for post in posts), path
        worker.close()
        worker.join(30)
    assert (registry.git("for-each-ref"), registry.git("status", "--porcelain")) == before


FOREIGN: tuple[dict[str, str], ...] = (
    {"origin": "http://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "http://127.0.0.1:9999", "sec-fetch-site": "same-site"},
    {"origin": f"http://{HOST}", "sec-fetch-site": "cross-site"},
    {"origin": "null"},
    {},
)


@pytest.mark.parametrize("headers", FOREIGN)
def test_what_writes_is_refused_from_another_site(studio: Studio, headers: dict[str, str]) -> None:
    for method, path in addresses(studio):
        if method not in {"GET", "HEAD"}:
            assert studio.client.request(method, path, headers=headers).status_code == 403, path


def test_a_form_without_its_token_is_refused(studio: Studio) -> None:
    for method, path in addresses(studio):
        if method == "POST" and (not path.startswith(CLIENTS) or "/tag/" in path):
            for data in ({}, {"form_token": "x"}):
                refusal = 405 if path.startswith(REGISTRY) else 403
                assert studio.client.post(path, headers=OWN, data=data).status_code == refusal, path


def test_what_reads_writes_nothing_whatever_its_address_asks_for(studio: Studio, registry: Repo) -> None:
    asked = {
        "form_token": studio.sessions.form_token(studio.client.cookies[studio.sessions.cookie]),
        "version": "v0.0.1",
        "stage": "staging",
        "commit": "HEAD",
        "message": "m",
        "where": str(registry.path),
        "name": "new",
        "path": "README.md",
        "type": "model",
        "branch": "new",
        "repo": "team",
        "since": "2020-01-01",
        "back": "/repos",
        "again": "1",
        "write": "1",
        "confirm": "1",
        "_method": "POST",
        "push": "1",
    }
    before = everything(registry, studio)
    for method, path in addresses(studio):
        if method in {"GET", "HEAD"} and path != "/static/vega.js":
            studio.client.request(method, path, params=asked, headers=OWN)
    assert everything(registry, studio) == before


def everything(registry: Repo, studio: Studio) -> object:
    """All that could be written: refs, files, and the index."""
    files = {
        str(path): path.read_bytes()
        for path in registry.path.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(registry.path).parts
    }
    return registry.refs(), registry.git("rev-parse", "HEAD"), files, contents(studio.database)


def test_methods_that_no_route_has_are_refused(studio: Studio) -> None:
    known: dict[str, set[str]] = {}
    for method, path in addresses(studio):
        known.setdefault(path, set()).add(method)
    for path, methods in known.items():
        for method in {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} - methods:
            status = studio.client.request(method, path, headers=OWN).status_code
            assert status in {403, 404, 405}, (method, path, status)


def test_the_token_of_the_address_serves_once_and_leaves_the_address(studio: Studio) -> None:
    studio.client.cookies.clear()
    token = studio.sessions.new_token()
    opened = studio.client.get("/models", params={"token": token, "q": "churn"})
    assert (opened.status_code, opened.headers["location"]) == (303, "/models?q=churn")
    cookie = opened.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert studio.client.get("/models").status_code == 200
    studio.client.cookies.clear()
    assert studio.client.get("/models", params={"token": token}).status_code == 401


def test_whom_another_site_leads_here_a_page_leads_on_because_a_redirect_would_lose_the_cookie(studio: Studio) -> None:
    studio.client.cookies.clear()
    asked = {"token": studio.sessions.new_token(), "q": '"><script>'}
    opened = studio.client.get("/models", params=asked, headers={"sec-fetch-site": "cross-site"})
    assert opened.status_code == 200
    assert 'content="0; url=/models?q=%22%3E%3Cscript%3E"' in opened.text
    assert asked["token"] not in opened.text
    assert studio.client.get("/models").status_code == 200


ELSEWHERE = (
    "//evil.example", "/evil.example", "///evil.example", "////evil.example/%2f..", "//evil.example/%2f%2e%2e",
    "//user@evil.example/", "/https://evil.example", "//https://evil.example//", "/https:evil.example",
    "https:evil.example", "//evil%00.example", "//evil%E3%80%82example", "/%09/evil.example", "//%09/evil.example",
    "///%09/evil.example", "/%0a/evil.example", "/%0d/evil.example", "/%0d%0a/evil.example",
    "/%09%0a%0d//evil.example", "/%5cevil.example", "/%5c%5cevil.example", "/%5c/evil.example",
    "/%5c%09/evil.example", "/%09%5cevil.example", "/%09%09%5c%5cevil.example", "/%20/evil.example",
    "/%20%5c%5cevil.example", "/.//evil.example", "/..//evil.example", "/%2e%2e//evil.example", "/;//evil.example",
    "/%00/evil.example", "/%01//evil.example", "/%0b/evil.example", "/%c2%a0//evil.example",
    "/%e2%80%8b//evil.example", "/%25%30%39/evil.example", "/%2509/evil.example", "/%252fevil.example",
    "/%2f%2fevil.example", "/%2f/evil.example", "/%5c%2fevil.example", "/javascript:alert(1)",
    "//javascript:alert(1)", "/%09/javascript:alert(1)", "java%0d%0ascript:alert(0)", "/@evil.example",
    "/%40evil.example", "/%23//evil.example", "/%3f//evil.example",
)  # fmt: skip
"""Spellings of addresses by which redirects were led to another site, as published lists of them have it."""


def site_of(address: str) -> str:
    """Which site a browser goes to from a page of this Studio, by the rules of the URL Standard."""
    read = re.sub(r"[\t\r\n]", "", address.strip("".join(map(chr, range(33))))).replace("\\", "/")
    found = re.match(r"(?:https?:)?//+([^/?#]*)", read, re.IGNORECASE)
    assert found or read.startswith(("/", "?")), address  # else a scheme of its own, or a path beside the page
    return found[1] if found else HOST


def test_no_spelling_of_an_address_is_led_on_to_another_site(studio: Studio) -> None:
    for path in ELSEWHERE:
        for headers in ({}, {"sec-fetch-site": "cross-site"}):
            token = studio.sessions.new_token()
            studio.client.cookies.clear()
            opened = studio.client.get(f"http://{HOST}/{path.removeprefix(chr(47))}?token={token}", headers=headers)
            led = opened.headers.get("location") or html.unescape(re.findall(r'url=([^"]*)"', opened.text)[0])
            assert site_of(led) == HOST, (path, led)
    for path in ELSEWHERE:
        for given in (path, unquote(path)):
            assert site_of(back(FormData({"back": given}), "/repos")) == HOST, given


def test_every_answer_says_what_a_page_may_load(studio: Studio) -> None:
    for path in ("/models", "/models.json", "/m/team/nothing", "/static/studio.css"):
        headers = studio.client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_cookies_of_other_programs_on_this_host_do_not_lock_it(studio: Studio) -> None:
    name = studio.sessions.cookie
    own = f"{name}={studio.client.cookies[name]}"
    for other in ('x={"a": "b"}', "a[b]=1", "x=é", f"{name}=planted", "=", "x"):
        for line in (f"{other}; {own}", f"{own}; {other}"):
            answer = studio.client.get("/models", headers=[(b"cookie", line.encode())])
            assert answer.status_code == 200, line


def test_without_a_session_an_error_says_nothing_of_the_repositories(studio: Studio) -> None:
    studio.client.cookies.clear()
    for path in ("/static/none", "/healthy", "/static/%2e%2e%2fguard.py", "/health.json"):
        answer = studio.client.get(path)
        assert (answer.status_code, answer.text) == (404, "Not Found\n"), path
    assert studio.client.post("/health", headers=OWN).text == "Method Not Allowed\n"
