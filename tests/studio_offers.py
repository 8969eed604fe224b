"""What the pages of a Studio offer to do: every link and button that leads to the form of an action, found by links."""

from __future__ import annotations

import html
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.studio_app import Studio

_OFFER_RE = re.compile(
    r"/-/(?:register|assign|rollback|unassign|approve|deregister|deprecate|annotate|remove|add)(?:\?|$)"
)
_VIEWS = {
    "sort",
    "order",
    "columns",
    "page",
    "delta",
    "q",
    "author",
    "kind",
    "label",
    "type",
    "is",
    "repo",
    "baseline",
    "fold",
}
"""Parameters of other views of the same rows: they offer the same."""
_MOST = 2
"""Of the pages that differ in the values of their query alone."""


class Offer(NamedTuple):
    """A form that a page leads to, and which page that is."""

    address: str
    page: str

    @property
    def word(self) -> str:
        """The word of the action."""
        return urlsplit(self.address).path.rpartition("/")[2]

    @property
    def shape(self) -> tuple[str, frozenset[str]]:
        """The action, and what is filled in."""
        return self.word, frozenset(dict(parse_qsl(urlsplit(self.address).query)))


def offers_of(studio: Studio) -> list[Offer]:
    """What all pages offer that links lead to."""
    found: dict[Offer, None] = {}
    seen: Counter[tuple[str, frozenset[str]]] = Counter()
    waiting, known = ["/models"], {"/models"}
    while waiting:
        address = waiting.pop(0)
        answer = studio.client.get(address, follow_redirects=True)
        assert answer.status_code == 200, (address, answer.text)
        if answer.history and _OFFER_RE.search(answer.url.path):  # where there is nothing to ask for before
            found[Offer(answer.url.path, address)] = None
        found |= dict.fromkeys(offers_on(studio, address, answer.text))
        for link in links(answer.text):
            path, query = urlsplit(link).path, dict(parse_qsl(urlsplit(link).query))
            is_page = link.startswith("/") and not path.startswith(("/static", "/api", "/health"))
            if not is_page or "." in path.rpartition("/")[2] or _VIEWS & query.keys():
                continue
            kind = path, frozenset(query)
            seen[kind] += link not in known
            if link not in known and seen[kind] <= _MOST:
                known.add(link)
                waiting.append(link)
    return list(found)


def links(page: str) -> Iterator[str]:
    """The links of a page, without what follows a `#`."""
    for href in re.findall(r'<a\b[^>]* href="([^"]*)"', page):
        yield html.unescape(href).partition("#")[0]


def offers_on(studio: Studio, address: str, page: str) -> Iterator[Offer]:
    """What one page offers: by links, by the menus that a script opens, by buttons for chosen rows."""
    every = [link for link in links(page) if _OFFER_RE.search(link)]
    menu = page.partition('id="row-menu"')[2].partition("</div>")[0]
    bare = {word: "data-bare" in rest for word, rest in re.findall(r'data-to="([a-z]+)"([^>]*)>', menu)}
    for words, link in re.findall(r'data-menu="([^"]*)" href="([^"]*)"', page):
        assert set(words.split()) <= bare.keys()
        every += [_of_menu(html.unescape(link), word, bare=bare[word]) for word in words.split() or bare]  # none: all
    chooser = re.search(r'<form action="([^"]*)" class="chooser">', page)
    rows = re.findall(r'name="c" value="([^"]*)"', page)
    if chooser and rows:  # else every branch is folded
        for do in re.findall(r'name="do" value="(register:[^"]*)"', page):
            query = urlencode({"do": html.unescape(do), "c": rows[0]})
            every.append(studio.client.get(f"{chooser[1]}?{query}").headers["location"])
    yield from (Offer(one, urlsplit(address).path) for one in every)


def _of_menu(link: str, word: str, *, bare: bool) -> str:
    """Where a script leads: what the link of the menu says, with the word of the action."""
    parts = urlsplit(link)
    query = [(key, value) for key, value in parse_qsl(parts.query) if not (bare and key == "version")]
    path = parts.path.removesuffix("actions") + word
    return path + (f"?{urlencode(query)}" if query else "")


def ways_on(page: str) -> dict[str, str]:
    """The ways to use a version that a page offers, by name, as a shell takes them."""
    found = re.findall(r'<details class="use".*?<summary class="small">(.*?)</summary>(.*?)</details>', page, re.DOTALL)
    return {name: html.unescape(re.sub("<.*?>", "", code)) for name, code in found}
