"""Under a protocol's paths each error has its body, whoever raises it; and a token is read in four spellings."""

from __future__ import annotations

from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException, Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.testclient import TestClient

from gto.exceptions import ArtifactNotFound
from gto.studio.app import make_app
from gto.studio.authorization_header import read_token
from gto.studio.guard import Guard
from gto.studio.login import Sessions
from gto.studio.protocols.error_bodies import ToldError
from gto.studio.protocols.raw_path import raw_segments
from gto.studio.team.access import NEEDS, Need, authorize
from gto.studio.team.team_guard import TeamGuard
from gto.studio.visitor import Role
from tests.studio_app import HOST as LOOPBACK
from tests.studio_app import studio_of
from tests.team_app import URL, team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from tests.repo import Repo

KEY = "gto_" + "k" * 40


def test_a_message_that_ends_as_a_sentence_goes_on_with_what_to_do() -> None:
    assert ToldError(409, "It is there.", "choose another").sentence == "It is there: choose another"
    assert ToldError(404, "There is none.").sentence == "There is none."


class Sample:
    """A protocol that answers nothing but errors, and what it was asked."""

    router = APIRouter(prefix="/sample")

    @staticmethod
    def tell(request: Request, error: ToldError) -> Response:
        """The body of an error."""
        cause = type(error.cause).__name__ if error.cause else None
        headers = {"www-authenticate": "Sample"} if error.status == 401 else {}
        told = {"sample": error.message, "cause": cause, "host": request.url.hostname}
        return JSONResponse(told, error.status, headers)

    ERRORS = {"/sample/": tell}  # noqa: RUF012  as a module has it


@Sample.router.get("/missing")
async def missing() -> None:
    """Nothing is there."""
    raise ArtifactNotFound("churn")


@Sample.router.get("/busy")
async def busy() -> None:
    """Nobody has time."""
    raise HTTPException(429, "Later.", {"retry-after": "7"})


@Sample.router.get("/number")
async def number(wanted: int) -> int:
    """A number."""
    return wanted


@Sample.router.get("/parts/{rest:path}")
async def parts(request: Request) -> list[str]:
    """The parts of the path."""
    return list(raw_segments(request.scope))


@Sample.router.post("/asked")
async def ask() -> str:
    """A question that is sent."""
    return "answer"


READS = Need(Role.VIEWER, is_read=True)
ROUTES = (("GET", "/sample/missing"), ("GET", "/sample/busy"), ("GET", "/sample/number"), ("POST", "/sample/asked"))


@contextmanager
def team_client(
    registry: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, url: str = URL, public: tuple[str, ...] = ()
) -> Iterator[tuple[TestClient, str]]:
    """A client of a team's Studio that speaks the protocol, and the token of somebody."""
    needs = {**NEEDS, **dict.fromkeys((*ROUTES, ("GET", "/sample/parts/{rest:path}")), READS)}
    monkeypatch.setattr("gto.studio.team.access.NEEDS", needs)
    with team_studio({"team": (registry.path, [])}, tmp_path / "studio.db", url=url, public=public) as studio:
        before = [Middleware(TeamGuard, team=studio.team, studio=studio.context)]
        app = make_app(studio.context, before, [Sample], check=authorize)
        with TestClient(app, base_url=URL, follow_redirects=False) as client:
            yield client, studio.token(studio.person("ada", {"*": Role.VIEWER}), "read")


def test_every_error_under_a_protocol_s_paths_has_its_body(
    registry: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with team_client(registry, tmp_path, monkeypatch) as (client, token):
        known = {"authorization": f"Bearer {token}"}
        cases: tuple[tuple[str, str, dict[str, str], int, str | None], ...] = (
            ("GET", "/sample/missing", known, 404, "ArtifactNotFound"),
            ("GET", "/sample/busy", known, 429, "HTTPException"),
            ("GET", "/sample/number?wanted=x", known, 400, "RequestValidationError"),
            ("POST", "/sample/number", known, 405, "HTTPException"),
            ("GET", "/sample/unknown", known, 404, "HTTPException"),
            ("GET", "/sample/missing", {}, 401, None),
            ("GET", "/sample/missing", {"accept": "text/html"}, 401, None),
            ("POST", "/sample/asked", {}, 401, None),
            ("GET", "/sample/missing", {"authorization": "Bearer gto_unknown"}, 401, None),
            ("GET", "/sample/missing", {**known, "host": "elsewhere"}, 421, None),
        )
        for method, path, headers, status, cause in cases:
            answer = client.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["cause"]) == (status, cause), (path, headers)
            if status == 401:
                assert answer.headers["www-authenticate"] == "Sample"
        assert client.get("/sample/busy", headers=known).headers["retry-after"] == "7"
        assert client.post("/sample/number", headers=known).headers["allow"] == "GET"
        assert client.get("/api/v1/nothing", headers=known).json()["status"] == 404
        assert "sample" not in client.get("/models").text


def test_a_database_that_cannot_be_read_is_told_in_the_protocol_s_body(
    registry: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with team_client(registry, tmp_path, monkeypatch) as (client, token):
        studio = client.app.state.context  # type: ignore[attr-defined]  # an app of Starlette's
        database = studio.worker.database
        with database.record() as connection:
            connection.exec_driver_sql("ALTER TABLE token RENAME TO lost")
        answer = client.get("/sample/missing", headers={"authorization": f"Bearer {token}"})
        with database.record() as connection:
            connection.exec_driver_sql("ALTER TABLE lost RENAME TO token")
        said = "The database cannot be read now: try again in a moment."
        assert (answer.status_code, answer.json()["sample"]) == (503, said)


def test_who_is_not_known_reads_what_is_public_also_by_a_question_that_is_sent(
    registry: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with team_client(registry, tmp_path, monkeypatch, public=("*",)) as (client, _):
        assert client.post("/sample/asked").json() == "answer"
        assert client.post("/sync").status_code == 401


def test_a_slash_within_a_part_stays_there_behind_a_prefix_too(
    registry: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with team_client(registry, tmp_path, monkeypatch, url=f"{URL}/ml/gto") as (client, token):
        known = {"authorization": f"Bearer {token}"}
        for start in ("/ml/gto", "/%6dl/gto"):
            answer = client.get(f"{start}/sample/parts/eu%2Fprod/x%2B%40", headers=known)
            assert answer.json() == ["sample", "parts", "eu/prod", "x+@"]
        assert client.get("/ml%2Fgto/sample/parts/x", headers=known).status_code == 404
        assert client.get("/ml/gto%2Fsample/parts/x", headers=known).status_code == 404


def test_one_token_opens_in_four_spellings_and_a_wrong_one_in_none(
    registry: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with team_client(registry, tmp_path, monkeypatch) as (client, token):
        for value, status in ((token, 404), (token + "x", 401)):
            for given_ in spellings(value):
                answer = client.get("/sample/missing", headers={"authorization": given_})
                assert answer.status_code == status, given_
        proxy = {"authorization": basic("ada", "correct horse")}
        assert client.get("/sample/missing", headers=proxy).json()["sample"].startswith("Log in")


def basic(user: str, password: str) -> str:
    """A header of Basic."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def spellings(token: str) -> tuple[str, ...]:
    """The headers in which a token comes."""
    return (
        f"Bearer {token}", f"bearer  {token}", f"token {token}", f"Bearer hf_{token}",
        basic("any", token), basic("", token), basic(token, "")
    )  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.binary(max_size=40).map(lambda raw: b64encode(raw).decode())))
def test_whatever_a_header_of_basic_holds_is_no_error(text: str) -> None:
    found = read_token(Headers(raw=[(b"authorization", f"Basic {text}".encode("utf-8", "replace"))]))
    assert found == "" or found.startswith("gto_")


def test_a_studio_of_one_person_lets_programs_in_by_the_token_that_it_was_started_with(
    registry: Repo, tmp_path: Path
) -> None:
    with studio_of({"team": registry.path}, tmp_path / "index.db") as studio:
        for key, opens in ((KEY, True), ("", False)):
            before = [Middleware(Guard, sessions=Sessions(key=key), hosts=frozenset({LOOPBACK}))]
            app = make_app(studio.context, before, [Sample])
            with TestClient(app, base_url=f"http://{LOOPBACK}", follow_redirects=False) as client:
                for given_ in spellings(KEY):
                    told = {"authorization": given_}
                    assert client.get("/sample/missing", headers=told).status_code == (404 if opens else 401)
                    assert client.post("/sample/asked", headers=told).status_code == (200 if opens else 401)
                    led = {**told, "sec-fetch-site": "same-site"}  # a browser adds what was typed into its window
                    assert client.post("/sample/asked", headers=led).status_code == (403 if opens else 401)
                for headers in ({}, {"authorization": "Bearer gto_x"}, {"authorization": "Bearer "}):
                    answer = client.post("/sample/asked", headers=headers)
                    assert (answer.status_code, answer.json()["cause"]) == (401, None)
                assert client.get("/models").status_code == 401
