"""A team's Studio in a browser: how its pages look, what can be clicked, and what a click leaves behind."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, NamedTuple

import httpx2
import pytest

from gto.studio.team.serve import open_team
from gto.studio.team.serve_options import ServeOptions
from scripts import sample, sample_catalog
from tests.forges import GITHUB, TOKEN, serve_forge
from tests.repo import run
from tests.studio_browser import NARROW, WIDE, Served, Visit, chromium, walk
from tests.team_process import PASSWORD, TeamPlace, serving, wait_for
from tests.team_scene import LONG, fill

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.repo import Repo
    from tests.team_scene import Scene

STARTS = [
    "/models", "/people", f"/people/{LONG}", "/people/dorothy", "/people?q=nobody", "/account", "/account/forges",
    "/watched", "/audit", "/audit?person=nobody", "/webhooks", "/webhooks/1", "/webhooks/2?state=failed",
    "/repos", "/r/fraud/-/settings", "/r/fraud/-/webhook", "/r/demand/-/webhook", "/r/away/-/settings",
    "/m/fraud/detector/-/files", "/m/fraud/detector/-/annotate", "/r/fraud/-/add", "/r/fraud/experiments",
    "/r/fraud/live/1", "/r/fraud/live/2", "/auth/device-login", "/auth/device-login?done=in",
    "/auth/device-login?done=away",
]  # fmt: skip
ADMIN, VIEWER, NEW, NOBODY = "ada", "katherine", "newcomer", ""


class Team(NamedTuple):
    """A team's Studio that listens, and who works there."""

    base: str
    scene: Scene
    demo: Path

    def as_(self, name: str) -> Served:
        """Studio with the session of a person, or without one."""
        value = self.scene.cookies.get(name, "nobody's")
        return Served(self.base, {"name": "gto_studio", "value": value, "url": self.base})


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def team(demo_place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """The sample catalogue and a repository that nobody reaches, in a real process, and people at work."""
    place = TeamPlace(tmp_path_factory.mktemp("team"))
    catalogue = demo_place / sample_catalog.NAME
    repos = {"customer": (demo_place / sample.NAME, "demo"), "demand": (catalogue / "demand", "demo")}
    repos["fraud"] = (catalogue / "fraud", "risk")
    lines = [f"- path: {path}\n  name: {name}\n  group: {group}\n" for name, (path, group) in repos.items()]
    lines.append("- url: http://127.0.0.1:9/team/recommendation-of-products.git\n  name: away\n  group: demo\n")
    place.catalog.write_text(f"repos:\n{''.join(lines)}", encoding="utf-8")
    made = open_team(ServeOptions(str(place.data)))
    scene = fill(made, password=PASSWORD)
    made.database.close()
    with serving(place) as running:
        wait_until_read(running.url, scene.cookies[ADMIN], "away")
        yield Team(running.url, scene, demo_place)


def wait_until_read(url: str, cookie: str, last: str) -> None:
    """Wait until every repository was read, or that failed, and that of all versions."""
    with httpx2.Client(base_url=url, cookies={"gto_studio": cookie}, timeout=30) as client:

        def is_read() -> bool:
            repos = client.get("/repos.json").json()["repositories"]
            return all(one["read_at"] or one["error"] or one["name"] == last for one in repos)

        wait_for(is_read)


def test_links_lead_an_admin_and_a_viewer_to_pages_that_are_there_and_say_nothing_to_the_console(
    browser: Browser, team: Team
) -> None:
    for name, starts in ((ADMIN, STARTS), (VIEWER, ["/models", "/account", "/watched", "/m/demand/forecast/-/files"])):
        with Visit(browser, team.as_(name)) as visit:
            found = walk(visit, starts)
            assert not visit.faults, "\n".join(visit.faults)
            assert not visit.dead, "\n".join(visit.dead)
            assert len(found) > 20


def test_every_page_of_a_team_is_right_in_light_and_dark_wide_and_narrow(browser: Browser, team: Team) -> None:
    scene = team.scene
    pages: Mapping[str, list[str]] = {
        ADMIN: [
            *STARTS,
            f"/auth/device-login?code={scene.code}",
            "/m/fraud/detector",
            "/people/no-such",
            "/webhooks?done=tested",
        ],
        NEW: ["/models", "/watched", "/account/forges"],
        VIEWER: ["/people", "/m/demand/forecast"],
        NOBODY: ["/login", "/login?out=1", f"/invitation/{scene.invitation}", f"/invitation/{scene.reset}"],
    }
    for name, paths in pages.items():
        with Visit(browser, team.as_(name)) as visit:
            for path in paths:
                tab = visit.go(path)
                assert tab.locator("h1").count() == 1, path
                visit.look("light", WIDE, axe=True)
                visit.look("dark", NARROW, axe=True)
            assert not visit.faults, "\n".join(visit.faults)


def test_by_the_keyboard_one_logs_in_opens_a_menu_and_is_asked_before_a_token_goes(
    browser: Browser, team: Team
) -> None:
    with Visit(browser, team.as_(NOBODY)) as visit:
        tab = visit.go("/login?next=%2Faccount")
        for typed in ("mary", "Tab", PASSWORD, "Enter"):
            tab.keyboard.press(typed) if typed in {"Tab", "Enter"} else tab.keyboard.type(typed)
        tab.wait_for_url("**/account")
        tab.keyboard.press("Tab")
        assert focused(tab) == "Skip to content"
        tab.get_by_role("button", name="Mary Jackson").focus()
        tab.keyboard.press("Enter")
        assert tab.get_by_role("link", name="Watched models").is_visible()
        tab.keyboard.press("Tab")
        assert focused(tab) == "Your account"
        tab.keyboard.press("Escape")
        assert focused(tab) == "MJ"
        assert not visit.faults, "\n".join(visit.faults)


def focused(tab: Page) -> str:
    """The words of what has the focus."""
    return str(tab.evaluate("document.activeElement.innerText")).strip()


def test_a_token_is_made_opens_what_it_may_and_is_taken_back_after_a_question(browser: Browser, team: Team) -> None:
    with Visit(browser, team.as_("grace"), width=NARROW) as visit:
        tab = visit.go("/account")
        tab.get_by_label("What it is for").fill("nightly job")
        tab.get_by_role("button", name="Make a token").click()
        made = tab.locator("#tokens .code").inner_text().strip()
        asked = {"authorization": f"Bearer {made}"}
        assert httpx2.get(f"{team.base}/api/v1/artifacts", headers=asked).status_code == 200
        tab.get_by_role("button", name="Take back").click()
        assert "refused at once" in tab.locator(".sure:popover-open").inner_text()
        tab.get_by_role("button", name="Take the token back").click()
        tab.get_by_role("status").filter(has_text="The token is taken back: it opens nothing any more.").wait_for()
        assert httpx2.get(f"{team.base}/api/v1/artifacts", headers=asked).status_code == 401
        assert not visit.faults, "\n".join(visit.faults)


def test_who_logs_out_is_told_so_and_the_session_opens_nothing(browser: Browser, team: Team) -> None:
    with Visit(browser, team.as_(NOBODY)) as visit:
        tab = visit.go("/m/fraud/detector?version=v0.2.0")
        tab.get_by_label("Name").fill("mary")
        tab.get_by_label("Password").fill(PASSWORD)
        tab.get_by_role("main").get_by_role("button", name="Log in").click()
        tab.wait_for_url("**/m/fraud/detector?version=v0.2.0")
        tab.get_by_role("button", name="Mary Jackson").click()
        tab.get_by_role("button", name="Log out").click()
        tab.get_by_role("status").filter(has_text="You are logged out.").wait_for()
        assert visit.go("/account").url.partition("?")[0].endswith("/login")
        assert not visit.faults, "\n".join(visit.faults)


def test_a_file_and_an_archive_are_saved_by_the_browser_with_their_names_and_bytes(
    browser: Browser, team: Team, tmp_path: Path
) -> None:
    model = "models/detector.skops"
    with Visit(browser, team.as_(ADMIN)) as visit:
        tab = visit.go("/m/fraud/detector/-/files?version=v0.3.0")
        saved = {}
        for link in ("detector.skops", ".tar.gz"):
            with tab.expect_download() as begun:
                tab.get_by_role("main").get_by_role("link", name=link, exact=True).click()
            saved[begun.value.suggested_filename] = tmp_path / link
            begun.value.save_as(tmp_path / link)
        assert list(saved) == ["detector.skops", "detector-v0.3.0.tar.gz"]
        kept = run("git", "rev-parse", f"detector@v0.3.0:{model}", cwd=team.demo / sample_catalog.NAME / "fraud")
        made = run("git", "hash-object", str(saved["detector.skops"]), cwd=tmp_path)
        assert made.stdout == kept.stdout
        with tarfile.open(saved["detector-v0.3.0.tar.gz"]) as archive:
            inside = [one for one in archive.getmembers() if one.isfile()]
            part = archive.extractfile(inside[0])
            assert part is not None
            assert part.read() == saved["detector.skops"].read_bytes()
        assert not visit.faults, "\n".join(visit.faults)


def test_a_view_that_is_saved_for_all_is_chosen_by_another(browser: Browser, team: Team) -> None:
    with Visit(browser, team.as_(ADMIN)) as visit:
        tab = visit.go("/models?stage=staging&columns=labels")
        tab.get_by_role("button", name="Views").click()
        tab.get_by_label("Name of the view").fill("In staging")
        tab.get_by_label("for everybody").check()
        tab.locator("#views").get_by_role("button", name="Save").click()
        listed = tab.locator("tbody").inner_text()
    with Visit(browser, team.as_("grace"), width=NARROW, theme="dark") as visit:
        tab = visit.go("/models")
        tab.get_by_role("button", name="Views").click()
        tab.get_by_role("link", name="In staging").click()
        assert tab.url.endswith("/models?stage=staging&columns=labels")
        assert tab.locator("tbody td:first-child > a").all_text_contents() == ["forecast", "detector", "churn"]
        assert "forecast" in listed
        assert not visit.faults, "\n".join(visit.faults)


@pytest.mark.parametrize("mode", ["own", "server"])
def test_a_stage_is_changed_by_clicks_as_an_admin_chose(
    browser: Browser, registry: Repo, tmp_path: Path, mode: str
) -> None:
    place = TeamPlace(tmp_path / "place")
    with serve_forge(GITHUB, registry, tmp_path / "served") as forge:
        where = forge.server.url(GITHUB.path, "machine:machine-word")
        registry.git("push", "--quiet", where, "--tags")
        helper = "!echo username=machine; echo password=machine-word; :"
        run("git", "config", "--global", "credential.helper", helper, cwd=tmp_path)
        place.path.mkdir()
        place.catalog.write_text(
            f"repos:\n- url: {forge.server.url(GITHUB.path)}\n  name: churn\n  group: lab\n", encoding="utf-8"
        )
        made = open_team(ServeOptions(str(place.data)))
        scene = fill(made)
        made.database.close()
        with serving(place) as running:
            wait_until_read(running.url, scene.cookies[ADMIN], "")
            with Visit(browser, Team(running.url, scene, tmp_path).as_(ADMIN)) as visit:
                tab = visit.go("/r/churn/-/settings")
                tab.locator(f"input[value={mode}]").check()
                if mode == "own":
                    tab.get_by_label("Forge", exact=True).select_option("github")
                    tab.get_by_label("Its address").fill(f"http://127.0.0.1:{forge.server.port}")
                tab.get_by_role("button", name="Save").click()
                tab.get_by_role("status").filter(has_text="The settings are kept").wait_for()
                visit.go("/m/churn/churn").get_by_role("link", name="Assign stage").click()
                tab.get_by_label("Stage").fill("prod")
                tab.keyboard.press("Tab")
                tab.locator(".will", has_text="churn#prod").wait_for()
                tab.get_by_role("button", name="Assign a stage").click()
                if mode == "own":
                    tab.get_by_label("Token").fill(TOKEN)
                    tab.get_by_role("button", name="Go on").click()
                tab.locator("h1", has_text="Written and pushed").wait_for()
                tab.get_by_role("link", name="Back to churn").click()
                tab.locator(".stages li", has_text="prod").filter(has_text="v0.0.3").wait_for()
                assert not visit.faults, "\n".join(visit.faults)
        tags = [one for one in forge.origin.refs() if "churn#prod" in one]
        newest = forge.origin.git("cat-file", "-p", max(tags, key=lambda one: (len(one), one)))
        assert ("Via: Studio" in newest) == (mode == "server")
