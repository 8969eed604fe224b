"""A router that is asked only where a path begins as one of its routes answers as any other."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from gto.studio.page_router import PageRouter

PATHS = ("/", "/models", "/models/", "/models.json", "/m/a/b", "/m/a/b/", "/m/a", "/m", "/api/x/y", "/api/x", "/none")


def answers(kind: type[APIRouter]) -> list[tuple[int, str, str]]:
    """What an app answers whose routers are of this kind."""
    first, second, inner = kind(), kind(prefix="/api"), kind()
    first.get("/")(lambda: "home")
    first.get("/models")(lambda: "models")
    first.get("/m/{repo}/{name:path}")(lambda repo, name: f"{repo} {name}")
    second.post("/x/{one}")(lambda one: one)
    inner.get("/models.json")(lambda: "json")
    first.include_router(inner)
    app = FastAPI(openapi_url=None)
    app.include_router(first)
    app.include_router(second)
    client = TestClient(app, follow_redirects=False)
    found = [client.request(method, path) for method in ("GET", "POST") for path in (*PATHS, "/api/y")]
    return [(one.status_code, one.headers.get("location", ""), one.text) for one in found]


def test_routes_answer_whatever_router_they_are_of() -> None:
    found = answers(PageRouter)
    assert found == answers(APIRouter)
    assert {status for status, _, _ in found} == {200, 307, 404, 405}
