"""What a stranger's page, a crooked address or an admin's form cannot do to a team's Studio."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pytest

from gto.exceptions import UsageError
from gto.studio.team.access import NEEDS
from gto.studio.team.repository_sources import RepositorySources
from gto.studio.team.team_guard import SIGNED
from gto.studio.visitor import EVERY, Role
from tests.studio.test_guard import ELSEWHERE, site_of
from tests.studio_app import HOST as LOOPBACK
from tests.team_app import HOST, OWN, URL, team_studio
from tests.team_routes import FILLED, addresses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_app import Browser, TeamStudio

PASSWORD = "correct horse battery"  # noqa: S105  of nobody


@pytest.fixture
def team(registry: Repo, tmp_path: Path) -> Iterator[TeamStudio]:
    with team_studio({"churn": (registry.path, ["marketing"])}, tmp_path / "studio.db") as made:
        yield made


@pytest.fixture
def admin(team: TeamStudio) -> Iterator[Browser]:
    browser = team.logged_in("ada", Role.ADMIN)
    with browser.client:
        yield browser


FOREIGN: tuple[dict[str, str], ...] = (
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": f"https://{HOST}.evil.example", "sec-fetch-site": "same-site"},
    {"origin": URL, "sec-fetch-site": "cross-site"},
    {"origin": "null"},
    {},
)


def _basic(token: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(f'me:{token}'.encode()).decode()}", "accept": "text/html"}


def test_a_page_of_another_site_has_nothing_written(team: TeamStudio, admin: Browser) -> None:
    for one in addresses(team.app):
        if one.method not in {"GET", "HEAD"} and not one.path.startswith(SIGNED):
            for headers in FOREIGN:
                answer = admin.client.request(one.method, one.path, headers=headers)
                assert (answer.status_code, "another site" in answer.text) == (403, True), (one, headers)


def test_a_token_that_a_browser_keeps_serves_no_page_of_another_site(team: TeamStudio) -> None:
    """Who types a token into the browser's own window (Basic) has it sent with whatever a page sends here."""
    ada, eve = (team.person(name, {EVERY: Role.ADMIN}) for name in ("ada", "eve"))
    client, kept = team.browser().client, _basic(team.token(ada, "admin"))
    page = client.get("/people", headers=_basic(team.token(eve, "admin"))).text
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found is not None
    for one in addresses(team.app):
        if one.method not in {"GET", "HEAD"}:
            for site in ("cross-site", "same-site"):
                answer = client.request(one.method, one.path, headers={**kept, "sec-fetch-site": site})
                assert (answer.status_code, "another site" in answer.text) == (403, True), one
    # An old browser does not say from where a form comes: one of another's token is none of this one's.
    told = {"form_token": found[1], "name": "mal", "group": EVERY, "role": "admin"}
    assert client.post("/people/-/add", headers=kept, data=told).status_code == 403


def test_a_program_without_its_token_is_asked_for_one(team: TeamStudio) -> None:
    client = team.browser().client
    for headers in ({}, {"authorization": "Bearer "}, FOREIGN[0]):
        answer = client.post("/api/v1/artifacts/churn/churn/versions", json={"commit": "main"}, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "send a token" in answer.json()["detail"]
    assert client.post("/login", data={"name": "ada"}, headers=FOREIGN[0]).status_code == 403


def test_an_address_that_is_not_there_is_told_while_the_database_is_away(registry: Repo, tmp_path: Path) -> None:
    with team_studio({"churn": (registry.path, [])}, tmp_path / "away.db", public=(EVERY,)) as team:
        client = team.browser().client
        with team.team.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE repository RENAME TO lost")
        for path in ("/favicon.ico", "/models"):
            answer = client.get(path, headers={"accept": "text/html"})
            assert (answer.status_code, "try again in a moment" in answer.text) == (503, True), path
            assert "repository" not in answer.text, path
        with team.team.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE lost RENAME TO repository")


def test_a_form_without_the_token_of_its_session_is_refused(team: TeamStudio, admin: Browser) -> None:
    other = team.team.box.sign("form", team.cookie(team.person("eve", {EVERY: Role.ADMIN})))
    for one in addresses(team.app):
        need = NEEDS[one.method, one.route]
        is_form = not one.path.startswith(("/api/", "/webhook/", "/mlflow/", "/hf/", "/v2/"))  # programs send JSON
        if one.method not in {"GET", "HEAD"} and not need.is_open and is_form:
            for data in ({}, {"form_token": "x"}, {"form_token": other}, {"form_token": ""}):
                answer = admin.client.request(one.method, one.path, headers=OWN, data=data)
                assert (answer.status_code, "too old" in answer.text) == (403, True), (one, data)


def test_a_session_that_was_there_before_the_login_is_another_one_after_it(team: TeamStudio) -> None:
    made = team.person("ada", {EVERY: Role.VIEWER}, PASSWORD)
    for planted in ("planted-by-somebody-else", team.cookie(made)):
        browser = team.browser(planted)
        answer = browser.client.post("/login", data={"name": "ada", "password": PASSWORD}, headers=OWN)
        given = answer.cookies[team.team.settings.cookie]
        assert given != planted
        assert team.browser(planted).get("/models").status_code == 303  # to the login
        assert team.browser(given).get("/models").status_code == 200


def test_whether_a_name_is_known_no_answer_tells(team: TeamStudio) -> None:
    team.person("ada", {EVERY: Role.VIEWER}, PASSWORD)
    told = []
    for name in ("ada", "adb"):
        answer = team.browser().client.post("/login", data={"name": name, "password": "wrong"}, headers=OWN)
        told.append((answer.status_code, re.sub(r'value="[^"]*"', "", answer.text), sorted(answer.headers)))
    assert told[0] == told[1]


def test_no_parameter_leads_to_another_site(team: TeamStudio, admin: Browser) -> None:
    every = [spelling for path in ELSEWHERE for spelling in {path, unquote(path)}]
    nasty = ("//evil.example", "/\\evil.example", "https:evil.example", "/\t/evil.example")
    for one in addresses(team.app):
        if one.method == "GET" and one.path != "/static/vega.js":
            tried = every if one.path == "/login" else nasty[:2]
            for there in tried:
                given = dict.fromkeys(("next", "back", "url", "to", "redirect", "return"), there)
                _check_site(admin.client.get(one.path, params=given).headers.get("location", "/"), there)
    for there in every:
        answer = admin.form("/sync", repo="none", back=there)
        _check_site(answer.headers["location"], there)


def _check_site(led: str, there: str) -> None:
    assert site_of(led) in {LOOPBACK, HOST}, (led, there)


def test_a_person_who_logs_in_is_not_led_to_another_site(team: TeamStudio) -> None:
    team.person("ada", {EVERY: Role.VIEWER}, PASSWORD)
    for there in ("//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"):
        fields = {"name": "ada", "password": PASSWORD, "back": there, "next": there}
        answer = team.browser().client.post("/login", data=fields, headers=OWN)
        assert (answer.status_code, answer.headers["location"]) == (303, "/models"), there


CROOKED = (
    "../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/etc/passwd",
    "\x00",
    "x\r\nset-cookie: planted=1",
    "--upload-pack=touch",
    ".git/config",
    "x" * 5000,
    "é\u202e",
)


def test_no_parameter_of_a_path_leads_out_of_a_repository_nor_breaks_a_page(team: TeamStudio, admin: Browser) -> None:
    for one in addresses(team.app):
        if one.route.endswith((".json", ".md", ".csv")):
            continue  # as the page
        for place in re.findall(r"\{[^}]*\}", one.route):
            for crooked in CROOKED:
                path = one.route
                for other in re.findall(r"\{[^}]*\}", path):
                    text = quote(crooked, errors="surrogatepass") if other == place else FILLED[other]
                    path = path.replace(other, text)
                answer = admin.client.request(one.method, path, headers=OWN)
                assert answer.status_code < 500, (one, crooked)
                assert "root:x:0" not in answer.text, (one, crooked)
                assert "repositoryformatversion" not in answer.text, (one, crooked)
                assert "planted" not in answer.cookies, (one, crooked)
    for crooked in CROOKED[:3]:
        assert admin.client.get(f"/static/{crooked}").status_code in {404, 403}, crooked


def test_no_parameter_of_an_address_puts_a_line_into_a_header(team: TeamStudio, admin: Browser) -> None:
    names = ("next", "back", "v", "m", "c", "q", "do", "baseline", "columns", "stage", "repo", "version", "at", "_q")
    given = dict.fromkeys(names, "register:x\r\nset-cookie: planted=1\r\n\r\n<b>")
    for one in addresses(team.app):
        if one.method == "GET" and one.path != "/static/vega.js":
            answer = admin.client.get(one.path, params=given)
            assert answer.status_code < 500, one
            assert not any(re.search(rb"[\r\n\x00]", value) for _, value in answer.headers.raw), one


def test_a_large_body_is_not_read_to_its_end(admin: Browser) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 65536
            yield b"x" * 65536

    for path in ("/sync", "/login", "/m/churn/churn/-/register"):
        for headers in ({"content-type": "application/x-www-form-urlencoded"}, {"content-type": "application/json"}):
            answer = admin.client.post(path, content=body(), headers={**OWN, **headers})
            assert answer.status_code in {400, 403, 413}, (path, answer.status_code)
    many = "&".join(f"a{number}=1" for number in range(5000))
    form = {**OWN, "content-type": "application/x-www-form-urlencoded"}
    assert admin.client.post("/sync", content=many, headers=form).status_code == 400
    parts = {f"a{number}": (None, "1") for number in range(500)}
    assert admin.client.post("/sync", files=parts, headers=OWN).status_code == 400
    assert admin.client.post("/sync", content=b"a=" + b"x" * (1 << 21), headers=form).status_code in {400, 413}


def test_methods_that_no_route_has_are_refused(team: TeamStudio, admin: Browser) -> None:
    known: dict[str, set[str]] = {}
    for one in addresses(team.app):
        known.setdefault(one.path, set()).add(one.method)
    for path, methods in known.items():
        for method in {"HEAD", "POST", "PUT", "DELETE", "OPTIONS"} - methods if "." not in path else ():
            answer = admin.client.request(method, path, headers=OWN)
            assert answer.status_code in {403, 404, 405}, (method, path, answer.status_code)


REFUSED = (
    "file:///etc",
    "FILE:///srv/git/x.git",
    "ext::sh -c 'touch /tmp/x'",
    "fd::7",
    "/etc",
    "/srv/*",
    "../other",
    "~/repo",
    ".",
    "http://127.0.0.1/x.git",
    "http://localhost:8080/x.git",
    "http://127.1/x.git",
    "http://2130706433/x.git",
    "http://[::1]/x.git",
    "http://[::ffff:127.0.0.1]/x.git",
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.7/x.git",
    "https://192.168.1.1/x.git",
    "ssh://git@127.0.0.1/x.git",
    "git@127.0.0.1:x.git",
    "git@localhost:x.git",
    "-oProxyCommand=x:y",
)


@pytest.mark.parametrize("where", REFUSED)
def test_a_page_adds_no_repository_of_the_server_s_disk_nor_of_its_network(where: str) -> None:
    with pytest.raises(UsageError):
        RepositorySources().check(where, ())


def test_a_page_adds_what_whoever_runs_the_server_allows(tmp_path: Path) -> None:
    allowed, outside = tmp_path / "git", tmp_path / "git-outside"
    for place in (allowed / "repo", outside):
        place.mkdir(parents=True)
    (allowed / "link").symlink_to(outside)
    sources = RepositorySources((str(allowed),), has_private=True)
    for fine in (f"{allowed}/repo", f"{allowed}/*", "http://127.0.0.1/x.git", "https://93.184.215.14/x.git"):
        sources.check(fine, ())
    for wrong in (f"{allowed}/link", f"{allowed}/../git-outside", f"{allowed}/*/../../git-outside", str(outside), "/"):
        with pytest.raises(UsageError):
            sources.check(wrong, ())
    RepositorySources().check("https://10.0.0.7/other.git", {"10.0.0.7"})  # the catalogue names this host


def test_the_form_of_a_team_refuses_a_path_and_says_why(registry: Repo, tmp_path: Path) -> None:
    catalogue = tmp_path / "team.yaml"
    catalogue.write_text(f"repositories:\n- {{path: '{registry.path}', name: churn}}\n")
    places = {"churn": (registry.path, ["marketing"])}
    with team_studio(places, tmp_path / "studio.db", catalogue=str(catalogue)) as team:
        answer = team.logged_in("ada", Role.ADMIN).form("/repos/add", where=str(tmp_path))
    assert answer.status_code == 400
    assert "A path of this server is not added by a page" in answer.text
    assert "--allow-local-repositories" in answer.text
    assert "Path, URL or glob" not in answer.text
