"""`/kit`: every part that pages are made of, on one page for whoever works on Studio; no page leads to it."""

from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from gto.output.published import Published
from gto.studio.respond import respond

router = APIRouter()


class KitPage(NamedTuple):
    """What the parts are shown with."""

    words: tuple[tuple[str, str], ...] = (
        ("", "Headings, names, figures"),
        ("muted", "Second line, labels"),
        ("dim", "Dates, units, hints"),
        ("good", "Better, signed, allowed"),
        ("warn", "Behind, not yet"),
        ("bad", "Worse, refused, broken"),
    )
    stages: tuple[str, ...] = ("dev", "staging", "prod", "shadow", "canary", "blue", "green", "eu", "us", "test")
    people: tuple[str, ...] = ("Ada Lovelace", "Grace Hopper", "Katherine Johnson", "Alan Turing", "Mary Jackson")
    trend: tuple[float, ...] = (0.71, 0.78, 0.76, 0.84, 0.91)
    icons: tuple[str, ...] = (
        "search", "theme", "tag", "more", "info", "check", "warning", "close", "copy", "download", "plus", "columns",
        "shield", "box", "undo", "delta", "file", "clock", "external", "people", "sync", "branch", "commit", "flask",
    )  # fmt: skip

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return self._asdict()


@router.get("/kit", include_in_schema=False)
@router.get("/kit.json", include_in_schema=False)
def kit(request: Request) -> Response:
    """Answer the page."""
    return respond(request, "kit_page.html", KitPage())
