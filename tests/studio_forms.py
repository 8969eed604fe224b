"""Forms of Studio, filled in and sent as a browser without JavaScript would, and the commands that their pages show."""

from __future__ import annotations

import html
import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from tests.studio_app import OWN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.studio_app import Studio


def fields_of(page: str, mark: str = "data-preview") -> dict[str, str]:
    """What the form of a page would send as it stands: the one at whose beginning this mark is."""
    form = page[page.index(mark) : page.index("</form>", page.index(mark))]
    found = {}
    for tag in re.findall(r"<(?:input|button)[^>]*>", form):
        words = {key: html.unescape(value) for key, value in re.findall(r'([a-z_-]+)="([^"]*)"', tag)}
        is_off = words.get("type") in {"radio", "checkbox"} and not re.search(r" checked\b", tag)
        if "name" in words and not is_off and " disabled" not in tag:
            found[words["name"]] = words.get("value", "")
    for name, options in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        every = re.findall(r"<option([^>]*)>([^<]*)<", options)
        chosen = next((one for one in every if "selected" in one[0]), every[0])
        value = re.search(r'value="([^"]*)"', chosen[0])
        found[name] = html.unescape(value[1] if value else chosen[1])
    text = re.search(r'name="message">([^<]*)<', form)
    return {**found, "message": html.unescape(text[1]) if text else ""}


def opened(studio: Studio, address: str) -> str:
    """The page at an address, which holds a query already."""
    answer = studio.client.get(html.unescape(address))
    assert answer.status_code == 200, answer.text
    return answer.text


class Answer(NamedTuple):
    """What came back of a form that was sent."""

    status_code: int
    text: str
    location: str


def send(studio: Studio, path: str, /, **changed: str) -> Answer:
    """Open a form, change some fields, and send it."""
    fields = fields_of(opened(studio, path))
    answer = studio.client.post(path, data={**fields, **changed}, headers=OWN)
    return Answer(answer.status_code, answer.text, answer.headers.get("location", ""))


def command_on(page: str, path: Path, other: Path) -> list[str]:
    """The words of the command that a page shows, for another copy of its repository."""
    shown = re.search(r'<div class="code"><span class="dim">\$ </span>(.*?)<button', page, re.DOTALL)
    assert shown is not None
    words = shlex.split(html.unescape(shown[1]).replace("\\\n", ""))
    return [str(other) if word == str(path) else word for word in words]
