"""`/r/REPO/live/NUMBER`: an experiment while it runs, with the values of its last step, its plots and its images."""

import time
from collections.abc import Iterator
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from gto.exceptions import NotFound
from gto.lineage.values import Value, is_number
from gto.output.published import Published
from gto.studio.addresses import repository_url, sides_url, url
from gto.studio.context import context_of, team_of
from gto.studio.downloads.sending import disposition
from gto.studio.draw import step_chart
from gto.studio.draw.step_chart import StepChart, StepLine
from gto.studio.index import lookup
from gto.studio.index.commit_table import FoundCommit, find_commit
from gto.studio.live import live_store
from gto.studio.live.live_experiment import DONE, RUNNING, LiveExperiment
from gto.studio.live.live_store import LivePlot
from gto.studio.respond import respond

router = APIRouter()

_DIGITS = 18  # of a number
_LISTED = 100  # points, the newest first
_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""Of images: whatever they hold, nothing of it runs."""


class LiveChart(NamedTuple):
    """A plot of numbers by step."""

    plot: LivePlot
    chart: StepChart | None

    @property
    def label(self) -> str:
        """What is plotted, without what all paths have in common."""
        return self.plot.path.removeprefix("dvclive/plots/metrics/").rpartition(".")[0] or self.plot.path

    @property
    def last(self) -> Value:
        """The newest number; None where there are several lines, or none."""
        points = self.plot.points or ()
        names = self.plot.series
        return points[-1].values.get(names[0]) if points and len(names) == 1 else None

    @property
    def newest(self) -> list[tuple[int, list[Value]]]:
        """The newest points as a table has them: each step with its values."""
        points = (self.plot.points or ())[-_LISTED:]
        return [(one.step, [one.values.get(name) for name in self.plot.series]) for one in reversed(points)]


class LivePage(NamedTuple):
    """An experiment, and what it became."""

    repo: str
    live: LiveExperiment
    plots: tuple[LivePlot, ...]
    baseline: FoundCommit | None
    pushed: FoundCommit | None
    """Its commit; None while that is not here."""
    now: float

    @property
    def state(self) -> str:
        """Whether it is running, stopped or finished."""
        return self.live.state(self.now)

    @property
    def is_running(self) -> bool:
        """Whether more is expected."""
        return self.state == RUNNING

    @property
    def is_done(self) -> bool:
        """Whether it ended by itself."""
        return self.state == DONE

    @property
    def table(self) -> str:
        """The address of the table of experiments."""
        return repository_url(self.repo, "experiments")

    @property
    def comparison(self) -> str:
        """The address of what it changed, once it was pushed."""
        sides = [one.oid for one in (self.baseline, self.pushed) if one]
        return sides_url(self.repo, "", "compare", sides)

    @property
    def charts(self) -> tuple[LiveChart, ...]:
        """The plots of numbers."""
        return tuple(LiveChart(one, step_chart.draw(list(_lines(one)), one.path)) for one in self.plots if one.points)

    @property
    def images(self) -> tuple[tuple[LivePlot, str], ...]:
        """The images, with their addresses: another one once there is a newer image."""
        path = repository_url(self.repo, f"live/{self.live.id}/image")
        pictures = [one for one in self.plots if one.media_type]
        return tuple((one, url(path, path=one.path, of=one.step)) for one in pictures)

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {
            "repo": self.repo,
            **self.live.as_dict(self.now),
            "commit": self.pushed.oid if self.pushed else self.live.revision or None,
            "is_pushed": self.pushed is not None,
            "plots": [
                {"path": one.path, "every": one.every, "points": [{"step": p.step, **p.values} for p in one.points]}
                for one in self.plots
                if one.points is not None
            ],
            "images": [{"path": one.path, "step": one.step, "url": address} for one, address in self.images],
        }


def _lines(plot: LivePlot) -> Iterator[StepLine]:
    for name in plot.series:
        told = ((one.step, one.values.get(name)) for one in plot.points or ())
        points = tuple((step, float(value)) for step, value in told if is_number(value))
        if points:
            yield StepLine(name, points)


@router.get("/r/{repo}/live/{number}", include_in_schema=False)
@router.get("/r/{repo}/live/{number}.json", include_in_schema=False)
def show(request: Request, repo: str, number: str) -> Response:
    """Answer the page."""
    studio = context_of(request)
    live = next((one for one in studio.live_experiments(repo) if str(one.id) == number), None)
    if live is None:
        raise NotFound("There is no such experiment any more", "the table of experiments lists those that were pushed")
    with team_of(request).database.engine.connect() as connection:
        plots = live_store.find_plots(connection, live.id)
    with studio.database.read() as connection:
        found = lookup.find_repository(connection, repo)
        baseline = find_commit(connection, found.id, live.baseline)
        pushed = find_commit(connection, found.id, live.revision) if live.revision else None
    return respond(request, "live.html", LivePage(repo, live, plots, baseline, pushed, time.time()))


@router.get("/r/{repo}/live/{number}/image", include_in_schema=False)
def image(request: Request, repo: str, number: str) -> Response:
    """Answer an image as it was posted."""
    path, place = request.query_params.get("path", ""), context_of(request).place(repo)
    found = None
    if number.isascii() and number.isdigit() and len(number) <= _DIGITS:
        with team_of(request).database.engine.connect() as connection:
            found = live_store.find_image(connection, place.name, int(number), path)
    if found is None:
        raise NotFound("There is no such image any more", "load the page again")
    name = disposition(path).replace("attachment", "inline", 1)
    headers = {"content-security-policy": _POLICY, "x-content-type-options": "nosniff", "content-disposition": name}
    return Response(found.body, media_type=found.media_type, headers=headers)
