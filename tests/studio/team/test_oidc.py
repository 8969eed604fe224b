"""Login by OpenID Connect: at a real provider, and at one that lies."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from httpx2 import Client, HTTPError
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from gto.studio.team import accounts
from gto.studio.team.oidc import Provider
from gto.studio.team.oidc_answers import LoginRefused
from gto.studio.team.oidc_page import CALLBACK
from gto.studio.team.serve import make_team_app
from gto.studio.team.serve_options import OidcSettings
from gto.studio.visitor import Role
from tests.environment import make_environment
from tests.stores import free_port, running
from tests.team_app import URL, TeamStudio, team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from tests.repo import Repo
    from tests.team_app import Browser

CLIENT = "studio"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A provider in which somebody has an account, by its issuer's address."""
    port = free_port()
    python = make_environment("oidc", ["oidc-provider-mock==0.3.4"])
    ada = {"sub": "ada-1", "email": "ada@example.com", "name": "Ada Lovelace", "groups": ["ml-team", "all"]}
    argv = [str(python), "-m", "oidc_provider_mock", "--port", str(port), "--user-claims", json.dumps(ada)]
    with running(argv, port, tmp_path_factory.mktemp("oidc")):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def studio_at(issuer: str, registry: Repo, place: Path) -> Iterator[TeamStudio]:
    """A team's Studio that asks this provider."""
    settings = OidcSettings(issuer, CLIENT, "a secret of the client")
    made = Provider(settings, URL + CALLBACK)
    with team_studio({"churn": (registry.path, ["marketing"])}, place / "studio.db", provider=made) as studio:
        yield studio


def leave(browser: Browser) -> str:
    """Where the login leads."""
    answer = browser.get("/login/oidc?next=/m/churn/churn")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def authorize(address: str, subject: str) -> str:
    """The path on Studio to which a provider leads back whom it knows."""
    answer = httpx2.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    where = urlsplit(answer.headers["location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == URL + CALLBACK
    return f"{where.path}?{where.query}"


def test_who_the_provider_knows_is_logged_in_with_the_roles_of_their_groups(
    provider: str, registry: Repo, tmp_path: Path
) -> None:
    with studio_at(provider, registry, tmp_path) as studio:
        with studio.team.database.record() as connection:
            accounts.set_roles(connection, "ml-team", {"marketing": Role.MAINTAINER})
        browser = studio.browser()
        assert "Log in with your organisation" in browser.get("/login").text
        back = browser.get(authorize(leave(browser), "ada-1"))
        assert (back.status_code, back.headers["location"]) == (303, "/m/churn/churn"), back.text
        assert browser.get("/m/churn/churn").status_code == 200
        with studio.team.database.read() as connection:
            row = accounts.find(connection, "ada@example.com")
            roles = accounts.roles_of(connection, row.id, row.claimed)
        assert (row.full_name, row.email, row.password) == ("Ada Lovelace", "ada@example.com", None)
        assert roles == {"marketing": Role.MAINTAINER}


def test_whom_the_provider_knows_without_a_role_sees_nothing(provider: str, registry: Repo, tmp_path: Path) -> None:
    with studio_at(provider, registry, tmp_path) as studio:
        browser = studio.browser()
        browser.get(authorize(leave(browser), "somebody"))
        assert browser.json("/models")["artifacts"] == []
        assert browser.get("/m/churn/churn").status_code == 404


def test_a_name_that_somebody_has_is_never_taken_over(provider: str, registry: Repo, tmp_path: Path) -> None:
    with studio_at(provider, registry, tmp_path) as studio:
        studio.person("ada@example.com", {"*": Role.ADMIN}, "correct horse battery")
        browser = studio.browser()
        browser.get(authorize(leave(browser), "ada-1"))
        with studio.team.database.read() as connection:
            assert accounts.find(connection, "ada@example.com").issuer is None
            assert accounts.find(connection, "ada@example.com-2").subject == "ada-1"
        assert browser.json("/models")["artifacts"] == []


def test_a_code_serves_once_and_in_the_browser_that_left(provider: str, registry: Repo, tmp_path: Path) -> None:
    with studio_at(provider, registry, tmp_path) as studio:
        browser, other = studio.browser(), studio.browser()
        back = authorize(leave(browser), "ada-1")
        assert other.get(back).status_code == 403  # somebody else's link: it would log one in as them
        back = authorize(leave(browser), "ada-1")
        assert browser.get(back).status_code == 303
        assert browser.get(back).status_code == 403
        code = parse_qs(urlsplit(back).query)["code"][0]
        state = parse_qs(urlsplit(leave(browser)).query)["state"][0]
        replayed = browser.get(f"{CALLBACK}?code={code}&state={state}")  # a code that was used, with a new state
        assert replayed.status_code == 403
        assert "did not confirm" in replayed.text


def test_a_refusal_of_the_provider_is_told(provider: str, registry: Repo, tmp_path: Path) -> None:
    with studio_at(provider, registry, tmp_path) as studio:
        browser = studio.browser()
        state = parse_qs(urlsplit(leave(browser)).query)["state"][0]
        back = browser.get(f"{CALLBACK}?error=access_denied&error_description=Not+today&state={state}")
        assert back.status_code == 403
        assert "The provider refused the login" in back.text
        assert "Not today" in back.text


class Liar(NamedTuple):
    """A provider that says what it is told to."""

    server: ThreadingHTTPServer
    key: RSAKey
    says: dict[str, Any]

    @property
    def issuer(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def token(self, nonce: str) -> str:
        """A token of ID, right but for what it is told to say."""
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "eve", "iat": now, "exp": now + 60, "nonce": nonce,
            "email": "eve@example.com", "name": "Eve", "groups": [], **self.says.get("claims", {}),
        }  # fmt: skip
        claims = {key: value for key, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": "one", **self.says.get("header", {})}
        if header["alg"] == "none":
            _, body, _ = jwt.encode({"alg": "RS256"}, claims, self.key).split(".")
            return f"eyJhbGciOiJub25lIn0.{body}."
        return jwt.encode(header, claims, self.says.get("key", self.key), algorithms=["RS256", "HS256"])


@pytest.fixture
def liar() -> Iterator[Liar]:
    """A provider that says what a test tells it to."""
    key = RSAKey.generate_key(2048, {"kid": "one"})
    says: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in says:
                self.answer(says[self.path])
            elif self.path == "/jwks":
                self.answer({"keys": [key.as_dict(private=False)]})
            else:
                names = ("authorization_endpoint", "token_endpoint")
                about = {name: f"{made.issuer}/{name}" for name in names}
                self.answer(
                    {"issuer": made.issuer, "jwks_uri": f"{made.issuer}/jwks", **about, **says.get("about", {})}
                )

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            told = {"access_token": "x", "token_type": "Bearer", "id_token": made.token(says["nonce"])}
            self.answer(says.get(self.path, told))

        def answer(self, told: dict[str, Any] | bytes) -> None:
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Liar(server, key, says)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


def log_in_at(liar: Liar, studio: TeamStudio) -> tuple[Browser, Response]:
    """A browser that comes back from the liar, and what it is answered."""
    browser = studio.browser()
    query = parse_qs(urlsplit(leave(browser)).query)
    liar.says.setdefault("nonce", query["nonce"][0])
    return browser, browser.get(f"{CALLBACK}?code=any&state={query['state'][0]}")


OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one"})


@pytest.mark.parametrize(
    "says",
    [
        {"claims": {"iss": "https://other.example.com"}},
        {"claims": {"iss": None}},
        {"claims": {"aud": "another program"}},
        {"claims": {"aud": ["another program"]}},
        {"claims": {"azp": "another program"}},
        {"claims": {"nonce": None}},
        {"nonce": "of another login"},
        {"claims": {"exp": 1}},
        {"claims": {"exp": None}},
        {"claims": {"sub": None}},
        {"key": OTHER_KEY},
        {"header": {"alg": "none"}},
        {"header": {"alg": "HS256"}, "key": OctKey.import_key("a secret of the client")},
    ],
    ids=lambda says: json.dumps(says, default=lambda _: "another key"),
)
def test_a_token_that_proves_nothing_logs_nobody_in(
    liar: Liar, registry: Repo, tmp_path: Path, says: dict[str, Any]
) -> None:
    liar.says.update(says)
    with studio_at(liar.issuer, registry, tmp_path) as studio:
        browser, answer = log_in_at(liar, studio)
        assert answer.status_code == 403, answer.text
        assert studio.team.settings.cookie not in browser.client.cookies
        assert browser.client.get("/api/v1/repositories").status_code == 401


def test_the_liar_s_token_is_taken_where_it_does_not_lie(liar: Liar, registry: Repo, tmp_path: Path) -> None:
    with studio_at(liar.issuer, registry, tmp_path) as studio:
        browser, answer = log_in_at(liar, studio)
        assert answer.status_code == 303, answer.text
        assert browser.client.get("/api/v1/repositories").status_code == 200


def test_an_address_that_the_provider_did_not_verify_names_no_tagger(
    liar: Liar, registry: Repo, tmp_path: Path
) -> None:
    liar.says["claims"] = {"email": "ada@example.com", "email_verified": False}
    with studio_at(liar.issuer, registry, tmp_path) as studio:
        browser, _ = log_in_at(liar, studio)
        assert browser.json("/account")["email"] == "ada=example.com@users.noreply.studio.test"


def test_a_provider_that_calls_itself_otherwise_is_not_asked(liar: Liar, registry: Repo, tmp_path: Path) -> None:
    liar.says["about"] = {"issuer": "https://other.example.com"}
    with studio_at(liar.issuer, registry, tmp_path) as studio:
        answer = studio.browser().get("/login/oidc")
        assert answer.status_code == 403
        assert "is not the issuer" in answer.text


def test_a_provider_that_gives_no_answer_is_not_asked_by_everybody_who_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fail(_: Client, address: str) -> None:
        asked.append(address)
        raise HTTPError("no answer")

    monkeypatch.setattr(Client, "get", fail)
    made = Provider(OidcSettings("https://login.example.com", CLIENT), URL + CALLBACK)
    for _ in range(3):
        with pytest.raises(LoginRefused, match="cannot be asked"):
            made.begin()
    assert len(asked) == 1


DESCRIPTION = "/.well-known/openid-configuration"
NONSENSE = [
    b"", b"<html>", b"\xff\xfe", b"null", b"[]", b"4", b'"x"', b"{}", b"[" * 100_000, b" " * (2 << 20),
    json.dumps({"issuer": ["x"], "keys": {}, "error": {"x": 1}, "sub": [], "access_token": []}).encode(),
    json.dumps({"keys": [4, None, {}, {"kty": "RSA", "n": "%", "e": 1}, {"kty": ["x"]}], "id_token": {}}).encode(),
    json.dumps({"keys": [], "id_token": "a.b.c", "expires_in": "soon", "sub": "somebody else"}).encode(),
    json.dumps({"keys": "all", "id_token": 7, "expires_in": [], "sub": None}).encode(),
]  # fmt: skip
"""Documents that are none of a provider of OpenID Connect's."""


@pytest.mark.parametrize("path", [DESCRIPTION, "/jwks", "/token_endpoint", "/userinfo"])
def test_a_document_of_the_provider_that_is_none_is_told_in_a_line(liar: Liar, people: TeamStudio, path: str) -> None:
    liar.says["about"] = {"userinfo_endpoint": f"{liar.issuer}/userinfo"}
    liar.says["claims"] = {"name": None}
    for body in NONSENSE:
        liar.says[path] = body
        studio = asking(people, liar)  # anew: it keeps what it was told
        browser = studio.browser()
        answer = browser.get("/login/oidc")
        if path != DESCRIPTION:
            liar.says["nonce"] = parse_qs(urlsplit(answer.headers["location"]).query)["nonce"][0]
            state = parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]
            answer = browser.get(f"{CALLBACK}?code=any&state={state}")
        assert (answer.status_code, "The provider" in answer.text) == (403, True), (body[:80], answer.text)
        assert people.team.settings.cookie not in browser.client.cookies


def asking(people: TeamStudio, liar: Liar) -> TeamStudio:
    """A Studio that asks the liar, and was told nothing yet."""
    team = people.team._replace(provider=Provider(OidcSettings(liar.issuer, CLIENT), URL + CALLBACK))
    return TeamStudio(people.context, team, make_team_app(people.context, team))


@pytest.mark.parametrize(
    "about",
    [
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": 4},
        {"token_endpoint": "http://login.example.com/token"},
        {"jwks_uri": "https://[::1"},
        {"jwks_uri": None},
        {"userinfo_endpoint": ["x"]},
    ],
    ids=str,
)
def test_an_endpoint_that_is_no_safe_address_is_told_in_a_line(
    liar: Liar, people: TeamStudio, about: dict[str, Any]
) -> None:
    liar.says["about"] = about
    answer = asking(people, liar).browser().get("/login/oidc")
    assert (answer.status_code, f"no &#39;{next(iter(about))}&#39;" in answer.text) == (403, True), answer.text


@pytest.mark.parametrize("sub", [4, {}, ["a"], "", "a" * 256, "a\0b"], ids=repr)
def test_a_subject_that_is_no_short_text_is_nobody(liar: Liar, people: TeamStudio, sub: object) -> None:
    liar.says["claims"] = {"sub": sub}
    _, answer = log_in_at(liar, asking(people, liar))
    assert (answer.status_code, "The provider" in answer.text) == (403, True), answer.text


def test_what_no_tag_or_database_holds_is_left_out_of_what_the_provider_tells(liar: Liar, people: TeamStudio) -> None:
    said = {"name": "E\ud800ve\0\n<x>", "preferred_username": ["x"], "email": {"x": 1}, "email_verified": "false"}
    liar.says["about"] = {"userinfo_endpoint": f"{liar.issuer}/userinfo"}
    liar.says["claims"] = dict.fromkeys(("name", "email", "groups"))
    groups = ["lab", "la\u200bb", "x" * 201, 4, None, "\ud800"]
    liar.says["/userinfo"] = {"sub": "eve", **said, "groups": groups}
    browser, answer = log_in_at(liar, asking(people, liar))
    assert answer.status_code == 303, answer.text
    told = browser.json("/account")
    assert (told["full_name"], told["email"]) == ("Eve x", "eve@users.noreply.studio.test")
    with people.team.database.read() as connection:
        assert accounts.find(connection, "eve").claimed == ["lab"]


def test_who_has_no_address_gets_one_that_nobody_else_can_have(liar: Liar, people: TeamStudio) -> None:
    liar.says["claims"] = {"email": None, "name": None, "preferred_username": "eve@example.com"}
    browser, _ = log_in_at(liar, asking(people, liar))
    given = "eve=example.com@users.noreply.studio.test"
    assert browser.json("/account")["email"] == given
    other = people.logged_in("mary", Role.VIEWER)
    for email in (given, given.upper(), "mary@users.noreply.studio.test"):
        refused = other.form("/account", full_name="Mary", email=email)
        assert (refused.status_code, "one that Studio gives" in refused.text) == (400, True), email
    liar.says["claims"] = {"sub": "mallory", "email": given, "preferred_username": "mallory"}
    liar.says.pop("nonce")
    browser, _ = log_in_at(liar, asking(people, liar))
    assert browser.json("/account")["email"] == "mallory@users.noreply.studio.test"


def test_a_name_that_changes_at_the_provider_changes_here_at_the_next_login(liar: Liar, people: TeamStudio) -> None:
    log_in_at(liar, asking(people, liar))
    liar.says["claims"] = {"name": "Eve Smith", "email": "smith@example.com"}
    liar.says.pop("nonce")
    browser, _ = log_in_at(liar, asking(people, liar))
    told = browser.json("/account")
    assert (told["name"], told["full_name"], told["email"]) == ("eve@example.com", "Eve Smith", "smith@example.com")
