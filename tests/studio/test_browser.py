from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from gto.studio.opening import leading_page
from scripts import sample_catalog
from tests.studio.layouts import demo_environment
from tests.studio.test_process import address, started
from tests.studio_browser import NARROW, WIDE, Served, Visit, chromium, served, walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Route

    from tests.repo import Repo

STARTS = ["/models", "/m/demand/forecast", "/history", "/repos", "/api", "/models?q=no-such-model", "/models?q=labl:x",
          "/m/demand/no-such", "/m/demand/weekly-sales", "/models?m=demand/forecast", "/kit",
          "/compare?m=demand/forecast&m=fraud/detector"]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def studio(browser: Browser, demo_place: Path) -> Iterator[Served]:
    """The sample catalogue, in a real process."""
    catalog = demo_place / sample_catalog.NAME / sample_catalog.FILE
    with served(browser, ["--catalog", str(catalog)], demo_environment(demo_place), demo_place) as running:
        yield running


@pytest.fixture(scope="module")
def pages(browser: Browser, studio: Served) -> list[str]:
    """One page of each kind that links lead to."""
    with Visit(browser, studio) as visit:
        found = walk(visit, STARTS)
        assert not visit.faults, "\n".join(visit.faults)
        return found


def test_what_is_filled_in_before_the_script_runs_is_previewed(browser: Browser, studio: Served) -> None:
    with Visit(browser, studio) as visit:
        held: list[Route] = []
        visit.tab.route("**/static/studio.js*", lambda route: held.append(route))  # noqa: PLW0108  it sets an attribute of it
        visit.tab.goto(f"{studio.base}/m/demand/forecast/-/assign", wait_until="commit")
        field = visit.tab.get_by_label("Stage")
        stage = field.evaluate("one => [...one.options].at(-1).value")
        field.select_option(stage)
        assert visit.tab.locator(".will", has_text=f"forecast#{stage}").count() == 0
        held[0].continue_()
        visit.tab.locator(".will", has_text=f"forecast#{stage}").wait_for()
        assert not visit.faults, "\n".join(visit.faults)


def test_links_lead_to_every_kind_of_page(pages: list[str]) -> None:
    paths = {urlsplit(page).path for page in pages}
    for part in ("/models", "/m/", "/-/history", "/history", "/repos", "/api"):
        assert any(part in path for path in paths), part


def test_every_page_is_right_in_light_and_dark_wide_and_narrow(
    browser: Browser, studio: Served, pages: list[str]
) -> None:
    with Visit(browser, studio) as visit:
        for page in pages:
            visit.go(page)
            visit.look("light", WIDE, axe=True)
            visit.look("dark", NARROW, axe=True)
            visit.look("light", NARROW)
            visit.look("dark", WIDE)
        assert not visit.faults, "\n".join(visit.faults)


def test_every_page_is_the_same_without_a_script(browser: Browser, studio: Served, pages: list[str]) -> None:
    with Visit(browser, studio, script=False, theme="dark", width=NARROW) as visit:
        for page in pages:
            visit.go(page)
            visit.look("dark", NARROW)
            assert visit.tab.locator("h1").count() == 1, page
        assert not visit.faults, "\n".join(visit.faults)


def test_facts_of_models_are_right_in_light_and_dark_wide_and_narrow(browser: Browser, studio: Served) -> None:
    with Visit(browser, studio) as visit:
        for page in (
            "/m/fraud/detector",  # may run anything
            "/m/demand/forecast?version=v1.0.0",  # stale
            "/m/demand/forecast?version=v0.2.0",  # without a side-car
            "/m/fraud/detector/-/compare?v=v0.2.0&v=v0.3.0",
            "/models?columns=framework&columns=size&columns=health",
        ):
            tab = visit.go(page)
            for button in tab.get_by_role("button", name="MLflow").all()[:1]:
                button.click()
                assert '"inputs":' in tab.locator(".menu:popover-open .code").inner_text()
            visit.look("light", WIDE, axe=True)
            visit.look("dark", NARROW, axe=True)
        assert not visit.faults, "\n".join(visit.faults)


@pytest.mark.parametrize("script", [True, False])
def test_a_journey_from_the_list_to_a_version(browser: Browser, studio: Served, *, script: bool) -> None:
    with Visit(browser, studio, script=script) as visit:
        tab = visit.go("/models")
        tab.get_by_role("button", name="Repository").click()
        tab.get_by_role("checkbox", name="demand").check()
        tab.locator("#filter-repo").get_by_role("button", name="Show").click()
        assert tab.locator("tbody td:first-child > a").all_text_contents() == ["forecast", "weekly-sales"]
        tab.get_by_role("button", name="Columns").click()
        tab.locator("#columns").get_by_role("checkbox", name="Labels").uncheck()
        tab.locator("#columns").get_by_role("checkbox", name="Type").check()
        tab.locator("#columns").get_by_role("button", name="Show").click()
        assert "Labels" not in tab.locator("thead").inner_text()
        assert tab.locator("tbody td:first-child > a").all_text_contents() == ["forecast", "weekly-sales"]
        tab.get_by_role("link", name="forecast", exact=True).click()
        tab.locator("table").get_by_role("link", name="v0.2.0").first.click()
        assert "version=v0.2.0" in tab.url
        assert tab.locator("#version h2").first.inner_text() == "v0.2.0"
        tab.get_by_role("link", name="All").last.click()
        assert tab.url.partition("?")[0].endswith("/m/demand/forecast/-/history")
        tab.get_by_role("button", name="Sync now").click()
        assert tab.url.partition("?")[0].endswith("/m/demand/forecast/-/history")
        tab.get_by_role("link", name="API").click()
        assert tab.locator("h1").inner_text() == "API"
        assert not visit.faults, "\n".join(visit.faults)


def test_a_file_that_leads_on_opens_a_session(browser: Browser, registry: Repo, tmp_path: Path) -> None:
    with started(registry.path, "--port", "0") as process:
        file = tmp_path / "open.html"
        file.write_text(leading_page(address(process)), encoding="utf-8")
        tab = browser.new_page()
        tab.goto(file.as_uri())
        tab.wait_for_url("http://127.0.0.1:*/models")
        assert tab.locator("h1").inner_text() == "Models"
        tab.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_ticked_models_are_compared_and_listed(browser: Browser, studio: Served, *, script: bool) -> None:
    with Visit(browser, studio, script=script, width=NARROW) as visit:
        tab = visit.go("/models")
        assert not tab.get_by_role("button", name="Compare").is_visible()
        for name in ("forecast", "detector"):
            tab.get_by_role("checkbox", name=name, exact=True).check()
        tab.get_by_role("button", name="Compare").click()
        assert tab.locator("h1").inner_text() == "Compare 2 models"
        assert tab.locator("thead th a:first-of-type").all_text_contents()[:1] == ["forecast"]
        tab.go_back()
        tab.get_by_role("button", name="Show only these").click()
        assert sorted(tab.locator("tbody td:first-child > a").all_text_contents()) == ["detector", "forecast"]
        tab.get_by_role("link", name="Show all").click()
        tab.get_by_role("button", name="Sort").click()
        tab.get_by_role("link", name="Last change of a stage").click()
        assert "sort=staged" in tab.url
        assert not visit.faults, "\n".join(visit.faults)


def test_one_tick_chooses_all_rows_of_a_page(browser: Browser, studio: Served) -> None:
    with Visit(browser, studio, width=WIDE) as visit:
        for path in ("/models", "/r/demand/experiments"):
            tab = visit.go(path)
            ticks = tab.locator("tbody input[type=checkbox]")
            for wanted in (ticks.count(), 0):
                tab.get_by_role("checkbox", name="Choose all").set_checked(bool(wanted))
                assert tab.locator("tbody input:checked").count() == wanted
        assert not visit.faults, "\n".join(visit.faults)


def test_the_keyboard_is_enough(browser: Browser, studio: Served) -> None:
    with Visit(browser, studio) as visit:
        tab = visit.go("/models")
        focused = "document.activeElement.textContent.trim() || document.activeElement.getAttribute('aria-label') || ''"
        order = []
        for _ in range(7):
            tab.keyboard.press("Tab")
            order.append(tab.evaluate(focused))
        named = [re.sub(r"[0-9].*", "", one) for one in order]  # counts stand behind some
        assert named == ["Skip to content", "Studio", "Models", "Experiments", "History", "Reviews", "Repositories"]
        tab.keyboard.press("/")
        assert tab.evaluate("document.activeElement.name") == "q"
        tab.keyboard.type("forecast/")  # the stroke is text here
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/models?q=forecast%2F")
        tab.get_by_role("button", name="Health").focus()
        tab.keyboard.press("Enter")
        assert tab.locator("#filter-is").is_visible()
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.value") == "broken"
        tab.keyboard.press("Escape")
        assert not tab.locator("#filter-is").is_visible()
        assert not visit.faults, "\n".join(visit.faults)


def test_every_place_of_the_focus_is_seen_and_none_is_a_trap(browser: Browser, studio: Served) -> None:
    with Visit(browser, studio) as visit:
        for page in ("/models", "/m/demand/forecast"):
            tab = visit.go(page)
            seen = "(() => { const style = getComputedStyle(document.activeElement); const ring = style.outlineStyle !== 'none' || style.boxShadow !== 'none'; return [document.activeElement.outerHTML.slice(0, 90), ring]; })()"  # noqa: E501  a script on one line
            places = []
            for _ in range(200):
                tab.keyboard.press("Tab")
                if tab.evaluate("document.activeElement === document.body"):
                    break
                places.append(tab.evaluate(seen))
            else:
                pytest.fail(f"{page}: the focus never leaves")
            assert len(places) > 10
            assert not [html for html, ring in places if not ring]


def test_the_theme_that_is_chosen_stays(browser: Browser, studio: Served) -> None:
    with Visit(browser, studio, theme="light") as visit:
        tab = visit.go("/models")
        scheme = "getComputedStyle(document.documentElement).colorScheme"
        tab.get_by_title("Light or dark").click()
        assert tab.evaluate(scheme) == "dark"
        visit.go("/history")
        assert tab.evaluate(scheme) == "dark"
        tab.get_by_title("Light or dark").click()
        assert tab.evaluate(scheme) == "light"
        assert not visit.faults
