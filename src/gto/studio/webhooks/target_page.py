"""`/webhooks`: who is told of events, how that went, and the buttons to test, pause, change and remove it."""

from collections.abc import Callable
from typing import Annotated, NamedTuple, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.exceptions import GTOException
from gto.output.published import Published
from gto.studio.context import context_of, team_of
from gto.studio.forms import read_index_form
from gto.studio.respond import respond
from gto.studio.team import audit
from gto.studio.webhooks import delivery_log, outbox, target_form, targets
from gto.studio.webhooks.delivery_log import LoggedDelivery, TargetCounts
from gto.studio.webhooks.target_form import TargetForm
from gto.studio.webhooks.targets import TargetEdit, WebhookTarget

router = APIRouter()

T = TypeVar("T")


class TargetList(NamedTuple):
    """All targets."""

    rows: tuple[tuple[WebhookTarget, TargetCounts], ...]
    form: TargetForm

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"webhooks": [{**published(one), **_numbers(counts)} for one, counts in self.rows]}


class TargetPage(NamedTuple):
    """One target, and its log."""

    target: WebhookTarget
    counts: TargetCounts
    deliveries: tuple[LoggedDelivery, ...]
    form: TargetForm
    state: str = ""
    """The state whose deliveries are listed; empty for all."""
    secret: str = ""
    """What was just made; empty else."""

    @property
    def older(self) -> int | None:
        """The delivery before which the next page begins; None where this is the last one."""
        return self.deliveries[-1].id if len(self.deliveries) == delivery_log.SHOWN else None

    def as_dict(self) -> Published:
        """Return it for JSON."""
        told = {**published(self.target), **_numbers(self.counts), "secret": self.secret or None}
        return {**told, "deliveries": [one.as_dict() for one in self.deliveries]}


def published(target: WebhookTarget) -> dict[str, object]:
    """Return a target for JSON: its URL may be a secret, so its host alone is told."""
    return {**target._asdict(), "filters": target.filters._asdict()}


def _numbers(counts: TargetCounts) -> dict[str, object]:
    return {**counts._asdict(), "last": counts.last and counts.last._asdict()}


@router.get("/webhooks", include_in_schema=False)
@router.get("/webhooks.json", include_in_schema=False)
def show_targets(request: Request) -> Response:
    """Answer the list."""
    return respond(request, "webhooks.html", read_list(request))


@router.post("/webhooks/add", include_in_schema=False)
def add_target(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Add a target, and show its secret this once."""
    try:
        made = target_form.add(request, target_form.read_wish(form))
    except GTOException as error:
        page = read_list(request)
        return respond(request, "webhooks.html", page._replace(form=page.form.refused(form, error)), 400)
    return _with_secret(request, str(made[0]), made[1])


@router.post("/webhooks/{target}/edit", include_in_schema=False)
def edit_target(request: Request, target: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Change its name, its URL and its filters; what waits goes to the new URL."""
    page = read_target(request, target)
    try:
        target_form.edit(request, target, target_form.read_edit(form))
    except GTOException as error:
        told = page._replace(form=page.form.refused(form, error))
        return respond(request, "webhook_target.html", told, 400)
    return RedirectResponse(f"/webhooks/{int(target)}?done=changed", 303)


@router.get("/webhooks/{target}", include_in_schema=False)
@router.get("/webhooks/{target}.json", include_in_schema=False)
def show_target(request: Request, target: str) -> Response:
    """Answer the page of a target."""
    state, before = request.query_params.get("state", ""), request.query_params.get("before", "")
    last = int(before) if before.isascii() and before.isdigit() and len(before) < len("9999999999") else None
    return respond(request, "webhook_target.html", read_target(request, target.removesuffix(".json"), state, last))


@router.post("/webhooks/{target}/test", include_in_schema=False)
def test_target(request: Request, target: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Send a test, also to one that is paused: to see whether it is to be resumed."""
    del form
    change(request, target, "webhook tested", lambda connection, one: outbox.add_test(connection, one.id))
    return RedirectResponse(f"/webhooks/{int(target)}?done=tested", 303)


@router.post("/webhooks/{target}/pause", include_in_schema=False)
def pause_target(request: Request, target: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Tell it of nothing."""
    del form
    target_form.edit(request, target, TargetEdit(), is_active=False)
    return RedirectResponse(f"/webhooks/{int(target)}?done=paused", 303)


@router.post("/webhooks/{target}/resume", include_in_schema=False)
def resume_target(request: Request, target: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Tell it of events again."""
    del form
    target_form.edit(request, target, TargetEdit(), is_active=True)
    return RedirectResponse(f"/webhooks/{int(target)}?done=resumed", 303)


@router.post("/webhooks/{target}/rotate", include_in_schema=False)
def rotate_target(request: Request, target: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Make a new secret, and show it this once."""
    del form
    return _with_secret(request, target, rotate(request, target))


def rotate(request: Request, target: str) -> str:
    """Make a new secret, and return it."""
    box = team_of(request).box

    def act(connection: Connection, one: WebhookTarget) -> str:
        return targets.rotate(connection, box, one.id)

    return change(request, target, "webhook secret changed", act)


@router.post("/webhooks/{target}/delete", include_in_schema=False)
def delete_target(request: Request, target: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Remove it, with its log."""
    del form
    change(request, target, "webhook removed", lambda connection, one: targets.remove(connection, one.id))
    return RedirectResponse("/webhooks?done=webhook-removed", 303)


@router.post("/webhooks/{target}/replay", include_in_schema=False)
def replay_delivery(request: Request, target: str, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Send one thing again."""
    replay(request, target, str(form.get("delivery", "")))
    return RedirectResponse(f"/webhooks/{int(target)}?done=again", 303)


def replay(request: Request, target: str, delivery: str) -> None:
    """Have a delivery sent again; 404 where there is none that is over."""
    number = int(delivery) if delivery.isascii() and delivery.isdigit() and len(delivery) < len("9999999999") else 0

    def again(connection: Connection, one: WebhookTarget) -> None:
        if not outbox.replay(connection, one.id, number):
            raise HTTPException(404, "There is no such delivery, or it is on its way.")

    change(request, target, "webhook sent again", again, number)


def change(
    request: Request, target: str, action: str, act: Callable[[Connection, WebhookTarget], T], delivery: int = 0
) -> T:
    """Do something to a target, and write down who did."""
    with team_of(request).database.record() as connection:
        found = targets.find(connection, target)
        done = act(connection, found)
        about = (connection, context_of(request).visitor, audit.origin_of(request), action, found.name)
        audit.note(*about, delivery=delivery or None)
    return done


def _with_secret(request: Request, target: str, secret: str) -> Response:
    answer = respond(request, "webhook_target.html", read_target(request, target)._replace(secret=secret))
    answer.headers["cache-control"] = "no-store"
    return answer


def read_list(request: Request) -> TargetList:
    """Read all targets."""
    with team_of(request).database.engine.connect() as connection:
        counts = delivery_log.counts(connection)
        rows = tuple((one, counts.get(one.id, TargetCounts())) for one in targets.find_all(connection))
    return TargetList(rows, target_form.form_of(request))


def read_target(request: Request, target: str, state: str = "", before: int | None = None) -> TargetPage:
    """Read one target."""
    with team_of(request).database.engine.connect() as connection:
        found = targets.find(connection, target)
        deliveries = delivery_log.find(connection, found.id, state, before)
        counts = delivery_log.counts(connection).get(found.id, TargetCounts())
    return TargetPage(found, counts, tuple(deliveries), target_form.form_of(request, found), state)
