"""`/m/REPO/NAME/-/description` and `/-/card`: the texts of which the page of an artifact shows the beginning."""

import re
import shlex
from typing import NamedTuple

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from gto.output.published import Published
from gto.studio.addresses import artifact_url, read_number, url
from gto.studio.context import context_of
from gto.studio.draw.card_html import render_within
from gto.studio.index import events, lookup
from gto.studio.pages.version_detail import choose
from gto.studio.respond import respond
from gto.studio.sync.version_files import MOST_CARD

router = APIRouter()

_PARTS = r"(?s).{1,40000}(?=\s|\Z)|.{40000}"  # of a description: no word is cut in two
_MOST_CARD = 200_000  # characters of HTML


class LongText(NamedTuple):
    """A text of an artifact, or a part of it."""

    repo: str
    name: str
    title: str
    where: str
    """Where it is written."""
    text: str
    paragraphs: tuple[str, ...] = ()
    """Of the part that is shown."""
    card: Markup = Markup()
    """The same, as HTML."""
    command: str = ""
    """What prints all of it, where the page does not hold it."""
    number: int = 1
    pages: int = 1

    def link(self, number: int) -> str:
        """Return the address of another part."""
        return url(artifact_url(self.repo, self.name, "description"), page=number)

    def as_dict(self) -> Published:
        """Return it for JSON, whole."""
        return {"repo": self.repo, "artifact": self.name, "where": self.where, "text": self.text}


@router.get("/m/{repo}/{name:path}/-/description", include_in_schema=False)
@router.get("/m/{repo}/{name:path}/-/description.json", include_in_schema=False)
def description(request: Request, repo: str, name: str) -> Response:
    """Answer what the file of HEAD says of an artifact."""
    with context_of(request).database.read() as connection:
        row = lookup.find_artifact(connection, lookup.find_repository(connection, repo), name)
    text = row.description or ""
    parts = re.findall(_PARTS, text) or [""]
    number = min(len(parts), read_number(request.query_params))
    shown = tuple(parts[number - 1].split("\n\n"))
    page = LongText(repo, name, "Description", "at HEAD", text, shown, number=number, pages=len(parts))
    return respond(request, "long_text.html", page)


@router.get("/m/{repo}/{name:path}/-/card", include_in_schema=False)
@router.get("/m/{repo}/{name:path}/-/card.json", include_in_schema=False)
def card(request: Request, repo: str, name: str) -> Response:
    """Answer the card of a version."""
    with context_of(request).database.read() as connection:
        found = lookup.find_repository(connection, repo)
        lookup.find_artifact(connection, found, name)
        version = choose(events.artifact_state(connection, found.id, name), request.query_params.get("version", ""))
        files = lookup.files_of(connection, found, name, version.commit) if version else lookup.FoundFiles([], "", "")
    made, is_whole = render_within(files.card, _MOST_CARD)
    where = f"{files.card_path} at {version.commit[:7]}" if version and files.card_path else "there is none"
    is_whole = is_whole and len(files.card.encode("utf-8", "replace")) < MOST_CARD
    shown = "" if version is None else shlex.join(["git", "show", f"{version.commit[:7]}:{files.card_path}"])
    command = "" if is_whole else shown
    return respond(request, "long_text.html", LongText(repo, name, "Card", where, files.card, (), made, command))
