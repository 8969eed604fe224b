"""Debian's chromium before a real `gto studio`: what a page says, asks for, runs and how it lies."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests.repo import GTO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Response

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, NARROW = 1440, 390

_OVERFLOW = "document.documentElement.scrollWidth - window.innerWidth"
_DOWNLOADS = "[href*='/-/archive.'], [href*='/-/file/']"
_LINKS = f"all => all.filter(one => !one.matches(`{_DOWNLOADS}`)).map(one => one.getAttribute('href'))"
_FILES = (".json", ".csv", ".atom", ".md")
_MOST = 3
"""Of the links that differ in the query alone."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; the test is skipped where there is none."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"needs {CHROMIUM}")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield running
        finally:
            running.close()


class Served(NamedTuple):
    """A Studio that listens."""

    base: str
    cookie: dict[str, str]
    """Of a session."""


@contextmanager
def served(browser: Browser, words: list[str], env: dict[str, str], where: Path) -> Iterator[Served]:
    """A `gto studio` of these words that has read everything, and a session of its."""
    command = [*GTO, "studio", "--no-open", "--port", "0", *words]
    with subprocess.Popen(command, env=env, cwd=where, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            context = browser.new_context()
            context.request.get(address)
            found = context.cookies()[0]
            base = address.partition("/models")[0]
            token = re.search('name="form_token" value="([^"]*)"', context.request.get(f"{base}/repos").text())
            assert token is not None
            own = {"origin": base, "accept": "application/json"}
            done = context.request.post(f"{base}/sync", form={"form_token": token[1]}, headers=own)
            assert done.ok, done.text()
            context.close()
            yield Served(base, {"name": found["name"], "value": found["value"], "url": base})
        finally:
            process.terminate()
            process.wait(60)


class Visit:
    """A tab with the session of a Studio, and whatever went wrong in it."""

    def __init__(
        self, browser: Browser, studio: Served, *, script: bool = True, theme: Literal["light", "dark"] = "light",
        width: int = WIDE,
    ) -> None:  # fmt: skip
        self.base = studio.base
        self.faults: list[str] = []
        self.status = 0
        self.dead: list[str] = []
        self._context = browser.new_context(
            java_script_enabled=script,
            color_scheme=theme,
            reduced_motion="reduce",  # in a transition colours are neither the old nor the new ones
            viewport={"width": width, "height": 900},
        )
        self._context.add_cookies([studio.cookie])  # type: ignore[list-item]  # the keys that it takes
        self.tab: Page = self._context.new_page()
        self.tab.on("console", self._heard)
        self.tab.on("pageerror", lambda error: self._found(f"error: {error}"))
        self.tab.on("dialog", self._asked)
        self.tab.on("request", self._sent)
        self.tab.on("response", self._answered)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()

    def _found(self, fault: str) -> None:
        self.faults.append(f"{urlsplit(self.tab.url).path}: {fault}")

    def _heard(self, told: ConsoleMessage) -> None:
        is_of_page = told.text.startswith("Failed to load resource") and told.location["url"] == self.tab.url
        if not is_of_page:  # a page that says that nothing is there is a page
            self._found(f"console: {told.text}")

    def _asked(self, dialog: Dialog) -> None:
        self._found(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _sent(self, request: Request) -> None:
        if not request.url.startswith(f"{self.base}/"):
            self._found(f"asks {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._found(f"{response.status} of {response.url}")

    def go(self, path: str) -> Page:
        """Open a page of the Studio."""
        answer = self.tab.goto(self.base + path)
        self.status = answer.status if answer else 0
        return self.tab

    def look(self, theme: Literal["light", "dark"], width: int, *, axe: bool = False) -> None:
        """See the page as it is in another window: it must not be wider than that, and judged by axe be right."""
        self.tab.emulate_media(color_scheme=theme)
        self.tab.set_viewport_size({"width": width, "height": 900})
        wider = self.tab.evaluate(_OVERFLOW)
        if wider > 0:
            self._found(f"{wider} px too wide at {width}, {theme}")
        if axe:
            for one in Axe().run(self.tab).response["violations"]:
                places = ", ".join(str(node["html"])[:120] for node in one["nodes"][:3])
                self._found(f"axe, {theme}, {width}: {one['id']}: {places}")

    def links(self) -> list[str]:
        """The pages of this Studio that the page leads to."""
        found = self.tab.eval_on_selector_all("a[href]", _LINKS)
        return [str(link) for link in found if str(link).startswith("/") and not shape(str(link))[0].endswith(_FILES)]


def shape(link: str) -> tuple[str, ...]:
    """What tells one kind of page from another: the path without names, and the keys of the query."""
    parts = urlsplit(link)
    path = re.sub("^/m/.*?(?=/-/|$)", "/m/*", parts.path)
    path = re.sub("^/r/[^/]*", "/r/*", path)
    return path, *sorted({key for key, _ in parse_qsl(parts.query)})


def walk(visit: Visit, starts: list[str]) -> list[str]:
    """One page of each kind that links lead to."""
    found: dict[tuple[str, ...], str] = {}
    of_path: Counter[str] = Counter()
    waiting = list(starts)
    while waiting:
        link = waiting.pop(0).partition("#")[0]
        path = shape(link)[0]
        if shape(link) in found or (of_path[path] >= _MOST and link not in starts):
            continue
        of_path[path] += 1
        found[shape(link)] = link
        visit.go(link)
        if visit.status >= HTTPStatus.BAD_REQUEST and link not in starts:
            visit.dead.append(f"a link leads to {link}: {visit.status}")
            del found[shape(link)]
            continue
        waiting += visit.links()
    return list(found.values())
