"""`/reviews`: which versions wait for approval, for whom, and which approvals do not count."""

from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from gto.output.published import Published
from gto.studio.context import context_of
from gto.studio.index import list_counts, waiting
from gto.studio.index.database import kept
from gto.studio.index.waiting import Waiting
from gto.studio.respond import respond

router = APIRouter()


class ReviewsPage(NamedTuple):
    """What waits in every repository."""

    repositories: tuple[Waiting, ...]
    stages: tuple[str, ...]

    @property
    def waiting(self) -> int:
        """How many lines wait for somebody's approval."""
        return sum(not line.is_enough for one in self.repositories for line in one.lines)

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"waiting": self.waiting, "repositories": [one.as_dict() for one in self.repositories]}


@router.get("/reviews", include_in_schema=False)
@router.get("/reviews.json", include_in_schema=False)
def show_reviews(request: Request) -> Response:
    """Answer what waits."""
    with context_of(request).database.read() as connection:
        page = ReviewsPage(waiting.find(connection), kept(connection, list_counts.stages))
    return respond(request, "reviews.html", page)
