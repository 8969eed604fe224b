"""How Studio writes to a team's repositories: not at all, as who asks, or as the server; and never past a policy."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from sqlalchemy import update

from gto.studio.proposals.forge_client import ForgeToken
from gto.studio.team import write_settings
from gto.studio.team.sessions import TeamForms
from gto.studio.team.team_tables import repository_setting
from gto.studio.team.write_settings import RepositorySettings
from gto.studio.visitor import Role
from gto.studio.write_access import WriteMode
from tests.forges import GITHUB, TOKEN, serve_forge
from tests.signing import ssh_keys
from tests.studio.test_guard import routes
from tests.studio_forms import fields_of
from tests.team_app import OWN, team_studio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from httpx2 import Response

    from tests.forges import FakeForge
    from tests.repo import Repo
    from tests.team_app import Browser, TeamStudio

BASE = "/m/churn/churn/-/"
API = "/api/v1/artifacts/churn/churn"
ASSIGN = {"stage": "test", "version": "v0.0.2"}
SIGNED = ".gto.policy.yaml"


def send(browser: Browser, path: str, /, **changed: str) -> Response:
    """Open a form, change some of its fields, and send it."""
    fields = fields_of(browser.get(path).text)
    return posted(browser, path.partition("?")[0], {**fields, **changed})


def posted(browser: Browser, path: str, fields: Mapping[str, str]) -> Response:
    """Send a form as a page of this Studio does."""
    cookie = browser.client.cookies.get(browser.team.settings.cookie, "") or ""
    token = TeamForms(browser.team.box).form_token(cookie)
    return browser.client.post(path, data={**fields, "form_token": token}, headers=OWN)


class Scene(NamedTuple):
    """A team's Studio over a repository on a forge, and the browser of Eve, who is its admin."""

    studio: TeamStudio
    forge: FakeForge
    eve: Browser
    token: str
    """Eve's, for programs."""

    @property
    def tags(self) -> dict[str, str]:
        """What is on the forge."""
        return self.forge.origin.refs()

    def choose(self, mode: WriteMode) -> None:
        """Have Studio write in a mode."""
        place = self.studio.context.worker.places[0]
        host = self.forge.settings.hosts[f"127.0.0.1:{self.forge.server.port}"]
        wanted = RepositorySettings(mode, f"{host.kind.value},{host.site}")
        with self.studio.team.database.record() as connection:
            write_settings.keep_settings(connection, place, wanted)

    def api(self, method: str, path: str, body: object = None, **headers: str) -> Response:
        """What a program of Eve's is answered."""
        given = {"authorization": f"Bearer {self.token}", **headers}
        return self.studio.browser().client.request(method, path, json=body, headers=given)

    def pushers(self, tag: str) -> list[str]:
        """Who pushed a tag."""
        log = self.forge.origin.path / "logs" / "refs" / "tags" / tag
        return [line.split(" ")[2] for line in log.read_text(encoding="utf-8").splitlines()]

    def tag(self, name: str) -> str:
        """The text of a tag's object."""
        return self.forge.origin.git("cat-file", "-p", f"refs/tags/{name}")


@pytest.fixture
def scene(registry: Repo, tmp_path: Path) -> Iterator[Scene]:
    with serve_forge(GITHUB, registry, tmp_path / "served") as forge:
        where = forge.server.url(GITHUB.path, "machine:machine-word")
        registry.git("push", "--quiet", where, "--tags")
        with team_studio({"churn": (where, ["marketing"])}, tmp_path / "studio.db") as studio:
            number = studio.person("eve", {"*": Role.ADMIN})
            yield Scene(studio, forge, studio.browser(studio.cookie(number)), studio.token(number, "admin"))


IN_DATABASE = ("/links", "/watch", "/hidden")
"""What changes something that is not in Git."""


def with_policy(scene: Scene, registry: Repo, text: str) -> None:
    """Put a policy on the forge's default branch."""
    registry.commit("policy", {SIGNED: text})
    registry.git("push", "--quiet", scene.forge.server.url(GITHUB.path, "machine:machine-word"), "HEAD:main")


def test_a_repository_of_which_nobody_said_anything_is_written_to_by_no_route(scene: Scene, registry: Repo) -> None:
    """Each route that changes something, with what would do it: refused with the command, or about Studio alone."""
    with scene.studio.team.database.record() as connection:
        number = scene.studio.context.visitor.id or 1
        write_settings.keep_token(connection, scene.studio.team.box, number, scene.forge.token)
    before, here = scene.tags, registry.refs()
    fields = {**ASSIGN, "commit": "HEAD", "name": "fresh", "path": "models/fresh.txt", "type": "model", "standing": ""}
    body = {"commit": "main", "version": "v9.0.0", "stage": "test"}
    filled = {"repo": "churn", "name:path": "churn", "stage": "test", "version": "v0.0.2"}
    refused = 0
    for route in routes(scene.studio.app.router):
        for method in sorted((route.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
            path = re.sub(r"{([^}]*)}", lambda match: filled.get(match[1], "none"), route.path)
            if path.endswith("/settings"):  # an admin's: it is how the mode would change
                continue
            if path.startswith("/api/"):
                answer = scene.api(method, f"{path}?version=v0.0.2", body if method in {"POST", "PUT"} else None)
                is_told = "json" in answer.headers["content-type"]  # DVC is answered in text
                command: Any = answer.json().get("command") if is_told else None
            else:
                answer = posted(scene.studio.browser(scene.studio.cookie(1)), path, fields)  # one of them logs out
                command = html.unescape(answer.text)
            if path.startswith((f"{API}", "/m/", "/r/churn/-/add")) and not path.endswith(IN_DATABASE):
                assert answer.status_code == 403, (path, answer.text)
                assert "gto " in command, path
                assert "Studio does not write to this repository" in html.unescape(answer.text)
                refused += 1
            assert scene.tags == before, path
    assert refused >= 17
    assert registry.refs() == here


def test_a_form_of_a_repository_that_is_not_written_to_shows_the_command_and_no_button(scene: Scene) -> None:
    for word in ("register", "assign?stage=test", "deregister", "annotate?text=Others&asked=1&path=models/churn.txt"):
        page = scene.eve.get(BASE + word).text
        assert "Studio does not write to this repository" in page
        assert re.search(r"gto \w+ -r http", html.unescape(page))
        form = page[page.index("data-preview") : page.index("</form>", page.index("data-preview"))]
        assert 'name="form_token"' not in form
    assert "<code>off</code>" in scene.eve.get("/r/churn/-/settings").text


def test_what_is_written_as_who_asks_is_pushed_with_their_token_and_tagged_by_them(scene: Scene) -> None:
    scene.choose(WriteMode.OWN)
    before = scene.tags
    asked = send(scene.eve, f"{BASE}assign", **ASSIGN, message="kept <text>")
    assert (asked.status_code, scene.tags) == (400, before)
    assert "kept &lt;text&gt;" in asked.text
    wrong = send(scene.eve, f"{BASE}assign", **ASSIGN, forge_token="tok-wrong-9876", message="kept <text>")  # noqa: S106  none
    assert "GitHub lets nobody push with this token" in wrong.text
    assert ("tok-wrong" in wrong.text, "kept &lt;text&gt;" in wrong.text) == (False, True)
    assert scene.tags == before
    done = send(scene.eve, f"{BASE}assign", **ASSIGN, forge_token=TOKEN)
    assert done.status_code == 303, done.text
    (new,) = {ref.removeprefix("refs/tags/") for ref in scene.tags.keys() - before.keys()}
    assert scene.pushers(new) == [GITHUB.login]
    assert "tagger Eve <eve@example.com>" in scene.tag(new)
    assert "Via:" not in scene.tag(new)
    assert scene.eve.json("/account/forges")["tokens"] == [], "typed for one action, it is not kept"
    undo = scene.eve.get(done.headers["location"])
    assert f"{BASE}unassign?version=v0.0.2&amp;stage=test" in undo.text


def test_a_kept_token_is_encrypted_goes_to_its_forge_and_can_be_replaced_and_removed(scene: Scene) -> None:
    scene.choose(WriteMode.OWN)
    site = scene.forge.token.site
    assert scene.eve.form("/account/forges", site=f"{site}/acme", forge_token="old-token-1").status_code == 303  # noqa: S106  none
    expired = send(scene.eve, f"{BASE}assign", **ASSIGN)
    assert (expired.status_code, "GitHub lets nobody push with this token" in expired.text) == (400, True)
    assert scene.eve.form("/account/forges", site=site, forge_token=TOKEN).status_code == 303
    page = scene.eve.get("/account/forges").text
    assert site in page
    assert TOKEN not in page + scene.eve.get("/account/forges.json").text
    with scene.studio.team.database.engine.connect() as connection:
        kept = connection.exec_driver_sql("select secret from forge_token").all()
        assert len(kept) == 1
        assert TOKEN.encode() not in bytes(kept[0][0])
    assert send(scene.eve, f"{BASE}assign", **ASSIGN).status_code == 303
    assert scene.eve.json("/account/forges")["tokens"][0]["used_at"] is not None
    for bad in ({"site": "ftp://x", "forge_token": TOKEN}, {"site": site, "forge_token": "two words"}):
        refused = scene.eve.form("/account/forges", **bad)
        assert (refused.status_code, bad["forge_token"] in refused.text) == (400, False)
    assert scene.eve.form("/account/forges/remove", site=site).status_code == 303
    assert scene.eve.json("/account/forges")["tokens"] == []


def test_what_the_server_writes_is_tagged_by_who_asks_and_says_how_it_came(scene: Scene, registry: Repo) -> None:
    scene.choose(WriteMode.SERVER)
    done = send(scene.eve, f"{BASE}assign", **ASSIGN, message="better\n\nReviewed-by: Ada <ada@example.com>", sign="1")
    assert done.status_code == 303, done.text
    text = scene.tag("churn#test#6")
    assert "tagger Eve <eve@example.com>" in text
    assert text.endswith("better\n\nReviewed-by: Ada <ada@example.com>\nVia: Studio")
    assert scene.pushers("churn#test#6") == ["machine"]
    plain = send(scene.eve, f"{BASE}deregister", version="v0.0.1")
    assert plain.status_code == 303
    registry.git("fetch", "--quiet", scene.forge.server.url(GITHUB.path, "machine:machine-word"), "--tags")
    shown = registry.gto("history", "churn", "--json").stdout
    assert "Deregistering artifact churn version v0.0.1\\n\\nVia: Studio" in shown
    assert '"author": "Eve"' in shown


NAMED = "rules: [{name: production, stages: test, who: [eve@example.com]}]\n"
POLICIES = (
    "signing: {required: true}\n",
    "signing: {sign: true}\n",
    "rules: [{name: production, stages: test, signed: true}]\n",
    "rules: [{name: production, stages: test, approvals: 1}]\n",
    NAMED,
)
"""Policies that want more than the server can give; all but the last refuse who pushes with a token, too."""


@pytest.mark.parametrize("policy", POLICIES)
def test_what_a_policy_wants_signed_or_approved_is_refused_with_the_command(
    scene: Scene, registry: Repo, tmp_path: Path, policy: str
) -> None:
    is_for_own = policy != NAMED
    with_policy(scene, registry, policy)
    registry.git("config", "--global", "user.signingKey", str(tmp_path / "the-server-s"))  # which is nobody's
    before = scene.tags
    for mode in (WriteMode.SERVER, *([WriteMode.OWN] if is_for_own else [])):
        scene.choose(mode)
        page = scene.eve.get(f"{BASE}assign?stage=test&version=v0.0.2").text
        form = page[page.index("data-preview") : page.index("</form>", page.index("data-preview"))]
        assert 'name="form_token"' not in form
        refused = send(scene.eve, f"{BASE}assign", **ASSIGN, forge_token=TOKEN)
        assert refused.status_code == 403, refused.text
        assert "gto assign" in html.unescape(refused.text)
        told = scene.api("PUT", f"{API}/stages/test", {"version": "v0.0.2"}, **{"forge-token": TOKEN})
        assert (told.status_code, told.json()["command"].split()[:2]) == (403, ["gto", "assign"])
        assert "--sign" in told.json()["command"]
        dry = scene.api("PUT", f"{API}/stages/test?dry_run=true", {"version": "v0.0.2"})
        assert dry.status_code == 403
    assert scene.tags == before
    if not is_for_own:
        scene.choose(WriteMode.OWN)
        assert send(scene.eve, f"{BASE}assign", **ASSIGN, forge_token=TOKEN).status_code == 303


def test_whoever_takes_over_studio_promotes_nothing_where_readers_verify(
    scene: Scene, registry: Repo, tmp_path: Path
) -> None:
    """They have what the server has: its credential and everybody's name, but nobody's key."""
    keys = ssh_keys(registry, tmp_path / "keys")
    registry.commit("signers", {"signers": keys.signers.read_text(encoding="utf-8")})
    with_policy(scene, registry, "signing: {required: true, allowed_signers: signers}\n")
    where = scene.forge.server.url(GITHUB.path, "machine:machine-word")
    scene.choose(WriteMode.SERVER)
    assert send(scene.eve, f"{BASE}assign", **ASSIGN).status_code == 403
    commit = registry.git("rev-parse", "churn@v0.0.2^{commit}")
    who = "tagger Ada Lovelace <ada@example.com> 1700000000 +0000"
    forged = f"object {commit}\ntype commit\ntag churn#test#6\n{who}\n\nAssigning stage test\n\nVia: Studio"
    (registry.path / "forged").write_text(forged, encoding="utf-8")
    oid = registry.git("hash-object", "-t", "tag", "-w", "forged")
    registry.git("update-ref", "refs/tags/churn#test#6", oid)
    registry.git("push", "--quiet", where, "refs/tags/churn#test#6")
    assert "unsigned" in registry.gto("show", "-r", where, "churn#test", "--verify").stdout
    strict = registry.gto("show", "-r", where, "churn#test", "--require-policy", "--json")
    assert "v0.0.2" not in strict.stdout, strict
    assert "the tag is not signed" in strict.stderr


def test_an_approval_is_a_command_in_every_mode(scene: Scene) -> None:
    before = scene.tags
    for mode in WriteMode:
        scene.choose(mode)
        answer = send(scene.eve, f"{BASE}approve", stage="prod", version="v0.0.3", forge_token=TOKEN)
        assert answer.status_code == 403
        assert "gto approve" in html.unescape(answer.text)
        told = scene.api("POST", f"{API}/approvals", {"version": "v0.0.3", "stage": "prod"})
        assert (told.status_code, told.json()["command"].split()[1]) == (403, "approve")
    assert scene.tags == before


def test_where_somebody_pushed_between_page_and_click_nothing_is_written(scene: Scene, registry: Repo) -> None:
    where = scene.forge.server.url(GITHUB.path, "machine:machine-word")
    for number, mode in enumerate((WriteMode.OWN, WriteMode.SERVER)):
        scene.choose(mode)
        made_for = scene.eve.json(f"{BASE}assign", stage="test")["made_for"]
        registry.tag(f"churn#other#{number + 20}")
        registry.git("push", "--quiet", where, "--tags")
        before = scene.tags
        late = send(scene.eve, f"{BASE}assign", **ASSIGN, made_for=made_for, forge_token=TOKEN)
        assert late.status_code == 409, late.text
        assert scene.tags == before


def test_a_description_is_proposed_as_who_asks_with_a_pull_request(scene: Scene) -> None:
    scene.choose(WriteMode.OWN)
    page = scene.eve.get(f"{BASE}annotate").text
    assert 'value="Annotate artifact `churn`"' in page
    assert "Proposed by Eve with GTO Studio." in page
    fields = {"text": "Who leaves soon", "proposal_title": "Say it", "proposal_text": "For others."}
    before = scene.tags
    asked = send(scene.eve, f"{BASE}annotate", **fields)
    assert (asked.status_code, scene.tags) == (400, before)
    done = send(scene.eve, f"{BASE}annotate", **fields, forge_token=TOKEN)
    assert done.status_code == 200, done.text
    assert f"{scene.forge.site}/acme/churn/pull/7" in done.text
    (branch,) = {ref.removeprefix("refs/heads/") for ref in scene.tags.keys() - before.keys()}
    assert scene.forge.pushers(branch) == [GITHUB.login]
    assert scene.forge.posted == [{"title": "Say it", "text": "For others.", "branch": branch}]
    assert send(scene.eve, f"{BASE}annotate", **fields, forge_token=TOKEN).status_code == 200, "the same is found again"


def test_without_a_token_the_server_pushes_the_branch_and_the_page_leads_on(scene: Scene) -> None:
    scene.choose(WriteMode.SERVER)
    done = send(scene.eve, f"{BASE}annotate", text="Who leaves soon")
    assert done.status_code == 200, done.text
    assert f"{scene.forge.site}/acme/churn/compare/main..." in done.text
    (branch,) = [ref for ref in scene.tags if "gto/annotate-churn" in ref]
    assert scene.forge.pushers(branch.removeprefix("refs/heads/")) == ["machine"]
    assert not scene.forge.posted


def test_into_a_directory_the_server_writes_and_nobody_pushes(registry: Repo, tmp_path: Path) -> None:
    with team_studio({"churn": (registry.path, ["marketing"])}, tmp_path / "studio.db") as studio:
        ada = studio.logged_in("ada", Role.ADMIN, "marketing")
        refused = ada.form("/r/churn/-/settings", write_mode="own")
        assert refused.status_code == 400
        assert "is a directory of this server: nobody pushes there with a token" in html.unescape(refused.text)
        assert ada.form("/r/churn/-/settings", write_mode="server").status_code == 303
        assert ada.json("/r/churn")["write_mode"] == "server"
        assert send(ada, f"{BASE}assign", **ASSIGN).status_code == 303
        assert "tagger Ada <ada@example.com>" in registry.git("cat-file", "-p", "refs/tags/churn#test#6")
        head = registry.git("rev-parse", "HEAD")
        done = send(ada, f"{BASE}annotate", text="Who leaves soon")
        assert done.status_code == 200, done.text
        (branch,) = [ref for ref in registry.refs("refs/heads") if "gto/annotate-churn" in ref]
        assert registry.git("log", "-1", "--format=%an", branch) == "Ada"
        assert registry.git("rev-parse", "HEAD") == head
        keep = studio.logged_in("mia", Role.MAINTAINER, "marketing")
        assert keep.get("/r/churn/-/settings").status_code == 403
        assert keep.form("/r/churn/-/settings", write_mode="off").status_code == 403


def test_rest_writes_once_for_a_key_and_tells_what_it_would_write(scene: Scene, registry: Repo) -> None:
    scene.choose(WriteMode.SERVER)
    registry.commit("train again", {"models/churn.txt": "model 3\n"})
    registry.git("push", "--quiet", scene.forge.server.url(GITHUB.path, "machine:machine-word"), "HEAD:main")
    body, before = {"commit": "main", "message": "by a program"}, scene.tags
    dry = scene.api("POST", f"{API}/versions?dry_run=true", body)
    assert dry.status_code == 200, dry.text
    assert (dry.json()["tags"], scene.tags) == (["churn@v0.0.4"], before)
    first = scene.api("POST", f"{API}/versions", body, **{"idempotency-key": "one"})
    assert first.status_code == 200, first.text
    again = scene.api("POST", f"{API}/versions", body, **{"idempotency-key": "one"})
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert {one for one in scene.tags if "@v" in one} - set(before) == {"refs/tags/churn@v0.0.4"}
    other = scene.api("POST", f"{API}/versions", {**body, "message": "x"}, **{"idempotency-key": "one"})
    assert (other.status_code, other.headers["content-type"]) == (422, "application/problem+json")
    with scene.studio.team.database.record() as connection:
        connection.exec_driver_sql("update answered set status = null, body = null")
    assert scene.api("POST", f"{API}/versions", body, **{"idempotency-key": "one"}).status_code == 409
    with scene.studio.team.database.record() as connection:
        connection.exec_driver_sql("update answered set at = at - 90000")
    late = scene.api("POST", f"{API}/versions", {**body, "version": "v0.0.4"}, **{"idempotency-key": "one"})
    assert (late.status_code, "v0.0.4" in late.json()["detail"]) == (400, True)


def test_a_body_that_is_no_json_is_told_how_it_is_sent(scene: Scene) -> None:
    token = scene.studio.token(scene.studio.person("kim", {"*": Role.MAINTAINER}), "write")
    headers = {"authorization": f"Bearer {token}", "content-type": "application/x-www-form-urlencoded"}
    answer = scene.studio.browser().client.post(f"{API}/versions", content=b'{"commit": "main"}', headers=headers)
    assert (answer.status_code, answer.json()["detail"].startswith("body: ")) == (400, True)
    assert "Content-Type: application/json" in answer.json()["hint"]


def test_a_request_that_was_refused_may_be_sent_again_with_its_key(scene: Scene, registry: Repo) -> None:
    scene.choose(WriteMode.OFF)
    registry.commit("train again", {"models/churn.txt": "model 3\n"})
    registry.git("push", "--quiet", scene.forge.server.url(GITHUB.path, "machine:machine-word"), "HEAD:main")
    asked = {"commit": "main", "version": "v0.0.4"}
    assert scene.api("POST", f"{API}/versions", asked, **{"idempotency-key": "two"}).status_code == 403
    scene.choose(WriteMode.SERVER)
    allowed = scene.api("POST", f"{API}/versions", asked, **{"idempotency-key": "two"})
    assert (allowed.status_code, "idempotent-replayed" in allowed.headers) == (200, False)


def test_rest_knows_every_event_with_roles_and_scopes(scene: Scene) -> None:
    scene.choose(WriteMode.SERVER)
    calls: tuple[tuple[str, str, object, str], ...] = (
        ("PUT", "/stages/test", {"version": "v0.0.3"}, "churn#test#6"),
        ("POST", "/stages/prod/rollback", {}, "churn#prod#7"),
        ("DELETE", "/stages/test?version=v0.0.3", None, "churn#test!#8"),
        ("DELETE", "/versions/v0.0.3", None, "churn@v0.0.3!"),
        ("DELETE", "", None, "churn@deprecated"),
    )
    number = scene.studio.person("vic", {"*": Role.CONTRIBUTOR})
    low, narrow = scene.studio.token(number, "write"), scene.studio.token(number, "read")
    client = scene.studio.browser().client
    for method, path, body, tag in calls:
        for token in (low, narrow):
            refused = client.request(method, API + path, json=body, headers={"authorization": f"Bearer {token}"})
            assert refused.status_code == 403, path
        before = scene.tags
        answer = scene.api(method, API + path, body)
        assert answer.status_code == 200, answer.text
        assert scene.tags.keys() - before.keys() == {f"refs/tags/{one}" for one in answer.json()["tags"]}
        assert [one.partition("#")[0] for one in answer.json()["tags"]] == [tag.partition("#")[0]], tag
    with scene.studio.team.database.engine.connect() as connection:
        noted = connection.exec_driver_sql("select action, person, repository from audit").all()
    assert [tuple(one) for one in noted] == [
        (word, "eve", "churn") for word in ("assign", "rollback", "unassign", "deregister", "deprecate")
    ]


def test_settings_are_read_and_chosen_by_rest_and_every_change_is_noted(scene: Scene) -> None:
    path = "/api/v1/repositories/churn/settings"
    assert scene.api("GET", path).json() == {"write_mode": "off", "forge": ""}
    wanted = {"write_mode": "own", "forge": "github"}
    assert scene.api("PUT", path, wanted).json() == wanted
    assert scene.api("GET", path).json() == wanted
    assert scene.api("PUT", path, {"write_mode": "root"}).status_code == 400
    assert scene.api("PUT", path, {"write_mode": "own", "forge": "sourceforge"}).status_code == 400
    number = scene.studio.person("gus", {"marketing": Role.ADMIN})
    headers = {"authorization": f"Bearer {scene.studio.token(number, 'admin')}"}
    evil = {"write_mode": "own", "forge": "github,https://evil.example"}
    refused = scene.studio.browser().client.put(path, json=evil, headers=headers)
    assert (refused.status_code, "admin of all" in refused.json()["detail"]) == (400, True)
    with scene.studio.team.database.engine.connect() as connection:
        noted = connection.exec_driver_sql("select action, detail from audit").all()
    assert [one.action for one in noted] == ["settings"]
    paths = scene.studio.browser(scene.studio.cookie(number)).client.get("/api/openapi.json").json()["paths"]
    assert set(paths[path.replace("churn", "{repo}")]) == {"get", "put"}


def test_a_token_for_another_forge_is_not_sent(scene: Scene) -> None:
    """A kept token is found by its site alone, and a site that an admin names later has none."""
    with scene.studio.team.database.record() as connection:
        token = ForgeToken("https://github.com", TOKEN)
        write_settings.keep_token(connection, scene.studio.team.box, 1, token)
    scene.choose(WriteMode.OWN)
    asked = send(scene.eve, f"{BASE}assign", **ASSIGN)
    assert (asked.status_code, scene.forge.site in asked.text) == (400, True)


def test_of_many_who_send_a_request_at_once_with_one_key_one_is_answered_and_one_event_written(
    scene: Scene, registry: Repo
) -> None:
    scene.choose(WriteMode.SERVER)
    registry.commit("train again", {"models/churn.txt": "model 3\n"})
    registry.git("push", "--quiet", scene.forge.server.url(GITHUB.path, "machine:machine-word"), "HEAD:main")
    body, before = {"commit": "main"}, scene.tags
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(scene.api, "POST", f"{API}/versions", body, **{"idempotency-key": "k"}) for _ in range(4)]
        answers = [one.result() for one in calls]
    assert scene.tags.keys() - before.keys() == {"refs/tags/churn@v0.0.4"}
    assert {one.status_code for one in answers} <= {200, 409}
    assert len({one.text for one in answers if one.status_code == 200}) == 1


def test_a_mode_of_a_later_release_writes_nothing_and_the_settings_say_so(scene: Scene) -> None:
    scene.choose(WriteMode.SERVER)
    with scene.studio.team.database.record() as connection:
        connection.execute(update(repository_setting).values(write_mode="merge-queue"))
    before = scene.tags
    assert send(scene.eve, f"{BASE}assign", **ASSIGN).status_code == 403
    assert scene.tags == before
    assert "kept the mode <code>merge-queue</code>" in scene.eve.get("/r/churn/-/settings").text
    told = scene.eve.json("/r/churn/-/settings")
    assert (told["write_mode"], told["unknown_mode"]) == ("off", "merge-queue")
    scene.choose(WriteMode.SERVER)
    assert scene.eve.json("/r/churn/-/settings")["unknown_mode"] is None
