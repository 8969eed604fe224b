"""`/deployments`: what runs on each target, beside what Git says is to run there."""

from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from gto.output.published import Published
from gto.studio.context import context_of, own_address
from gto.studio.index import list_counts
from gto.studio.index.database import kept
from gto.studio.index.deployments import DeployedTarget, find_targets
from gto.studio.respond import respond

router = APIRouter()


class DeploymentsPage(NamedTuple):
    """All targets."""

    targets: tuple[DeployedTarget, ...]
    stages: tuple[str, ...]
    site: str
    """The address of this Studio, for who reports to it."""

    @property
    def bad(self) -> int:
        """How many do not run what Git says."""
        return sum(one.is_bad for one in self.targets)

    @property
    def has_reports(self) -> bool:
        """Whether anybody told what runs."""
        return any(one.seen_at is not None for one in self.targets)

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"out_of_sync": self.bad, "targets": [one._asdict() for one in self.targets]}


@router.get("/deployments", include_in_schema=False)
@router.get("/deployments.json", include_in_schema=False)
def show_deployments(request: Request) -> Response:
    """Answer what runs where."""
    with context_of(request).database.read() as connection:
        page = DeploymentsPage(find_targets(connection), kept(connection, list_counts.stages), own_address(request))
    return respond(request, "deployments.html", page)
