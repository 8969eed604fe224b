from __future__ import annotations

import csv
import io
import json
import os
import shutil
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from fastapi import FastAPI
from starlette.routing import Mount, Route, Router

from gto.output.escape import clean
from tests.conftest import copied
from tests.hostile.words import WORDS, plant_words
from tests.studio_app import studio_of
from tests.studio_browser import NARROW, WIDE, Visit, chromium, served, walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from tests.repo import Repo
    from tests.studio_app import Studio

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
KEYS = ("q", "repo", "stage", "label", "type", "is", "sort", "order", "columns", "page", "at", "version", "v", "event",
        "author", "limit", "cursor", "deprecated", "metrics", "params", "baseline", "branch", "c", "project",
        "since", "until", "base", "only", "goal", "do", "commit", "back", "m", "framework",
        "method", "form")  # fmt: skip
TOGETHER = 4
VALUES = ("%00", "%FF%FE", "%ED%A0%80", "9" * 400, "-1",
          "%2527%20OR%201=1--", "%3Cscript%3Ewindow.hacked=1%3C/script%3E",
          "%7B%7B7*191%7D%7D", "1e999", "0001-01-01", "9999-12-31T23:59:59", "stage:%22", "a%3E1e309")  # fmt: skip


@pytest.fixture
def strangers(repo: Repo, templates: dict[str, Repo], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    if "strangers" not in templates:
        made = copied(repo, tmp_path_factory.mktemp("template"))
        plant_words(made)
        templates["strangers"] = made
    shutil.rmtree(repo.path)
    made = copied(templates["strangers"], tmp_path)
    made.git("update-index", "--refresh")  # the index tells a file by its inode, too
    return made


@pytest.fixture
def studio(strangers: Repo, tmp_path: Path) -> Iterator[Studio]:
    with studio_of({"team": strangers.path}, tmp_path / "index.db") as running:
        yield running


class Checked(HTMLParser):
    """HTML whose elements are closed in their order, and that runs nothing but our one script."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        self.faults += [f"<{name}> is not closed" for name in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        self.end_cells(("td",) if tag == "td" else ("td", "tr") if tag == "tr" else ())
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.faults += [f"<{tag} {name}>" for name in names if name.startswith("on") or name in {"style", "srcdoc"}]
        if tag in {"script", "iframe", "link", "img"}:
            place = names.get("src") or names.get("href") or ""
            self.faults += [] if place.startswith("/") else [f"<{tag}> of {place!r}"]
        for name in ("href", "action", "formaction", "src"):
            place = (names.get(name) or "/").lower()
            self.faults += [] if place.startswith(("/", "#", "?", "http://", "https://")) else [f"{name}={place!r}"]

    def end_cells(self, kinds: tuple[str, ...]) -> None:
        """End what needs no end tag."""
        for kind in kinds:
            if self.open and self.open[-1] == kind:
                self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        self.end_cells(("td", "tr") if tag == "tbody" else ("td",) if tag == "tr" else ())
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def faults_of(answer: Response) -> list[str]:
    """What is wrong with an answer."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    found = [] if answer.status_code < 500 else [str(answer.status_code)]
    found += ["a traceback"] if "Traceback (most" in answer.text else []
    found += ["a template was run"] if str(7 * 191) in answer.text else []
    text = "" if "attachment" in answer.headers.get("content-disposition", "") else answer.content.decode("utf-8")
    match kind:
        case "text/html":
            is_alone = "sandbox" in answer.headers["content-security-policy"]  # plots run where they reach nothing
            found += [fault for fault in Checked(text).faults if not (is_alone and fault == "<script> of ''")]
            found += ["a control character"] if clean(text) != text else []
        case "application/json" | "application/problem+json":
            json.loads(text)
        case "application/atom+xml":
            ET.fromstring(text)  # noqa: S314  our own answer
        case "text/csv":
            rows = list(csv.reader(io.StringIO(text, newline="")))
            found += ["rows of different lengths"] if len({len(row) for row in rows}) > 1 else []
            found += [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "\t"))]
        case _:
            pass
    return found


def paths(studio: Studio) -> list[str]:
    """The address of every route that reads, with an artifact of a stranger in the place of its parameters."""
    app = studio.client.app
    assert isinstance(app, FastAPI)
    found = []
    for route in routes(app.router):
        if "GET" in (route.methods or ()):
            path = route.path.replace("{name:path}", "script").replace("{repo}", "team")
            found.append(path.replace("{selector:path}", "script@v0.1.0").replace("{action}", "register"))
    return found


def routes(router: Router) -> Iterator[Route]:
    """Every route of a router and of those in it."""
    for route in router.routes:
        if isinstance(route, Route):
            yield route
        elif not isinstance(route, Mount):
            yield from routes(route.original_router)  # type: ignore[attr-defined]  # how FastAPI keeps an included router


def test_whatever_a_repository_says_every_answer_is_well_formed(studio: Studio) -> None:
    found = {}
    assert {one["artifact"] for one in studio.json("/models")["artifacts"]} == set(WORDS)  # type: ignore[attr-defined]
    for path in paths(studio):
        for name in WORDS if "script" in path else ("script",):
            address = path.replace("script", name)
            found[address] = faults_of(studio.client.get(address))
    assert not {address: faults for address, faults in found.items() if faults}


def test_whatever_is_asked_no_answer_is_a_failure(studio: Studio) -> None:
    found = {}
    pages = [path for path in paths(studio) if not path.endswith(".json")]  # the same, read as the page reads it
    for place, path in enumerate(pages):
        for first in range(0, len(KEYS), TOGETHER):
            keys = [KEYS[(7 * place + 5 * (first + step)) % len(KEYS)] for step in range(TOGETHER)]
            pairs = (f"{key}={VALUES[(place + first + step) % len(VALUES)]}" for step, key in enumerate(keys))
            address = f"{path}?{'&'.join(pairs)}"
            found[address] = faults_of(studio.client.get(address))
    for value in VALUES:
        for address in (
            f"/m/{value}/x",
            f"/m/team/{value}",
            f"/m/team/{value}/-/history",
            f"/api/v1/artifacts/team/{value}",
        ):
            found[address] = faults_of(studio.client.get(address))
    assert not {address: faults for address, faults in found.items() if faults}


def test_a_page_shows_what_was_written(studio: Studio) -> None:
    for name in ("script", "attribute", "template", "sql", "formula", "entities"):
        assert WORDS[name] in "".join(Checked(studio.page(f"/m/team/{name}")).text), name


def test_words_of_a_query_are_no_wildcards(studio: Studio) -> None:
    for text in ("%", "_", "\\"):
        assert studio.json("/models", q=f'name:"{text}"')["artifacts"] == []


def test_in_a_browser_nothing_runs_and_nothing_leaves_its_place(strangers: Repo, tmp_path: Path) -> None:
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with chromium() as browser, served(browser, ["-r", str(strangers.path)], env, tmp_path) as running:
        starts = ["/models", *(f"/m/repo/{quote(name)}" for name in WORDS), "/history", "/repos"]
        with Visit(browser, running) as visit:
            for page in {*walk(visit, starts), *starts}:
                visit.go(page)
                assert visit.tab.evaluate("window.hacked") is None, page
                visit.look("light", NARROW)
                visit.look("light", WIDE)
            assert not visit.faults, "\n".join(visit.faults)


def test_the_words_reach_every_kind_of_page(studio: Studio) -> None:
    evil = WORDS["script"]
    model = studio.page("/m/team/script")
    card = model.partition('id="card"')[2]
    assert "ontoggle=window.hacked" in "".join(Checked(f"<div>{card.partition('</section>')[0]}</div>").text)
    for path, words in {
        "/m/team/script": (evil, "wide" * 300),
        "/reviews": (evil,),
        "/r/team": ("<img/src=x/onerror=hacked=1>", "{{cycler}}"),
        "/r/team/experiments": ("<img/src=x/onerror=hacked=1>", evil),
        "/m/team/script/-/compare": (evil,),
        "/history": (evil,),
    }.items():
        text = "".join(Checked(studio.page(path)).text)
        for word in words:
            assert word in text, (path, word)
