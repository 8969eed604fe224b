"""`/m/REPO/NAME/-/plots` and `/r/REPO/plots`: DVC's plots of versions or commits, in a frame without rights."""

import secrets
import shlex
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from gto.catalog.repositories import Failure
from gto.exceptions import GTOException, UsageError
from gto.output.published import Published
from gto.plots import vega_bundle
from gto.plots.chart import COLOURS
from gto.plots.gallery import Gallery, plot_each
from gto.plots.html_page import data_url, script_json
from gto.studio.addresses import sides_url
from gto.studio.context import StudioContext, context_of
from gto.studio.draw import sampled_chart
from gto.studio.index import events, lookup
from gto.studio.pages.compare import asked_names, side_of, targets_of_commits, wanted_versions
from gto.studio.pages.compare_page import Side
from gto.studio.respond import render, respond

router = APIRouter()

_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Of the frame: an origin of its own, its own scripts, no network. Vega puts a style into the page for its tooltips."""


class PlotsPage(NamedTuple):
    """The versions whose plots are wanted."""

    studio: StudioContext
    repo: str
    name: str
    """Of the artifact; empty for commits."""
    sides: tuple[Side, ...]

    def link(self, page: str) -> str:
        """Return the address of what else shows these versions: of their comparison, say."""
        return sides_url(self.repo, self.name, page, [side.name for side in self.sides])

    @property
    def command(self) -> str:
        """The command that draws all points."""
        targets = [side.target for side in self.sides]
        name = ["--name", self.name] if self.name and any(one.version is None for one in targets) else []
        where = self.studio.place(self.repo).address
        return shlex.join(["gto", "plots", *(one.label for one in targets), *name, "-r", where])

    def gallery(self) -> Gallery:
        """Read the plots from Git, or raise the error that says why there are none."""
        targets = [side.target for side in self.sides]
        found = self.studio.read_git(self.repo, lambda registry: plot_each(registry, targets))
        if isinstance(found, Failure):
            raise UsageError(found.error, found.hint)
        return found

    def as_dict(self) -> Published:
        """Return it for JSON, as `gto plots --json` prints it."""
        return self.gallery().as_dict(self.link("plots/frame"))


@router.get("/m/{repo}/{name:path}/-/plots", include_in_schema=False)
@router.get("/m/{repo}/{name:path}/-/plots.json", include_in_schema=False)
def plots_of_versions(request: Request, repo: str, name: str) -> Response:
    """Answer the page around the frame."""
    return respond(request, "plots.html", read_wanted(request, repo, name))


@router.get("/r/{repo}/plots", include_in_schema=False)
@router.get("/r/{repo}/plots.json", include_in_schema=False)
def plots_of_commits(request: Request, repo: str) -> Response:
    """Answer the page around the frame."""
    return respond(request, "plots.html", read_wanted(request, repo))


@router.get("/m/{repo}/{name:path}/-/plots/frame", include_in_schema=False)
@router.get("/r/{repo}/plots/frame", include_in_schema=False)
def frame(request: Request, repo: str, name: str = "") -> Response:
    """Answer what is in the frame."""
    page, nonce = read_wanted(request, repo, name), secrets.token_urlsafe(16)
    values: dict[str, object] = {"page": page, "nonce": nonce, "data_url": data_url, "error": None, "shown": None}
    values["palette"] = script_json(COLOURS)
    try:
        sheet = page.gallery().sheet
        charts = sampled_chart.sample(sheet.charts)
        drawn = [one for one in charts if one.spec is not None]
        notes = [*sheet.notes, *sampled_chart.notes(charts, page.command)]
        values |= {"shown": sheet, "charts": drawn, "notes": notes, "specs": script_json([one.spec for one in drawn])}
    except GTOException as error:
        values["error"] = context_of(request).hush(error)
    headers = {"content-security-policy": _POLICY.format(nonce=nonce), "cache-control": "no-store"}
    return HTMLResponse(render(request, "plots_frame.html", values).encode("utf-8", "replace"), headers=headers)


@router.get("/static/vega.js", include_in_schema=False)
def program() -> Response:
    """Answer the program that draws: made by a process of its own the first time, and kept."""
    headers = {
        "access-control-allow-origin": "*",  # the frame has an origin of its own
        "cross-origin-resource-policy": "cross-origin",
        "cache-control": "public, max-age=86400",
    }
    return Response(vega_bundle.load_bundle_apart().encode(), media_type="text/javascript", headers=headers)


def read_wanted(request: Request, repo: str, name: str = "") -> PlotsPage:
    """Read which versions or commits the address names."""
    studio = context_of(request)
    if not name:
        wanted = asked_names(request, "c")
        if not wanted:
            raise UsageError("No commit to plot is named", "choose some among the experiments")
        studio.place(repo)
        return PlotsPage(studio, repo, "", targets_of_commits(studio, repo, wanted))
    with studio.database.read() as connection:
        found = lookup.find_repository(connection, repo)
        lookup.find_artifact(connection, found, name)
        state = events.artifact_state(connection, found.id, name)
    versions = wanted_versions(state, asked_names(request, "v"))
    return PlotsPage(studio, repo, name, tuple(side_of(name, one, {}) for one in versions))
