"""REST for webhooks that go out: `/api/v1/webhooks`, for admins of all repositories with a token of scope `admin`."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import Response

from gto.studio.context import team_of
from gto.studio.rest import answers
from gto.studio.webhooks import delivery_log, outbox, target_form, target_page, targets
from gto.studio.webhooks.delivery_log import LoggedDelivery
from gto.studio.webhooks.targets import TargetEdit, TargetWish, WebhookTarget

router = APIRouter(
    prefix="/api/v1/webhooks",
    tags=["webhooks"],
    responses={status: {"model": answers.ProblemDetails} for status in (400, 401, 403, 404)},
)

Words = Annotated[list[str], Field(max_length=100)]


class FilterResource(BaseModel):
    """Which events are told; each list must let one through, and an empty one lets all through."""

    model_config = ConfigDict(extra="forbid")

    repositories: Words = []
    groups: Words = []
    artifacts: Words = Field(default=[], description="Names, in which `*` stands for anything")
    kinds: Words = Field(default=[], description=f"Of {', '.join(targets.KINDS)}")
    stages: Words = []


class NewWebhook(BaseModel):
    """A webhook to be made."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=64)
    url: str = Field(max_length=2000)
    template: str = Field("cloudevents", description=f"One of {', '.join(targets.TEMPLATES)}")
    filters: FilterResource = FilterResource()
    allows_private: bool = Field(default=False, description="Where `--allow-private-webhooks` allows it")


class WebhookChange(BaseModel):
    """What of a webhook is to be another; what is left out, or null, stays."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, max_length=64)
    url: str | None = Field(None, max_length=2000, description="Where what waits goes, too")
    filters: FilterResource | None = Field(None, description="In place of all of them")
    allows_private: bool | None = Field(None, description="Where `--allow-private-webhooks` allows it")
    is_active: bool | None = Field(None, description="False pauses it: it is told nothing but tests")


class WebhookResource(BaseModel):
    """Who is told of events. The URL is not shown again: those of chat systems are secrets."""

    id: int
    name: str
    host: str
    template: str
    filters: FilterResource
    is_active: bool
    allows_private: bool
    created_at: datetime


class MadeWebhook(WebhookResource):
    """A webhook that was just made."""

    secret: str = Field(description="By which its receiver verifies what comes; shown this once")


class NewSecret(BaseModel):
    """A secret that was just made."""

    secret: str = Field(description="Shown this once")
    former_until: datetime = Field(description="Until then all is signed with the one before, too")


class WebhookList(BaseModel):
    """All webhooks."""

    items: list[WebhookResource]


class TryResource(BaseModel):
    """One POST."""

    at: datetime
    status: int | None = Field(description="Of the answer; null where none came")
    seconds: float
    reason: str
    answer: str = Field(description="How it begins")


class DeliveryResource(BaseModel):
    """What was put on its way."""

    id: int
    event_id: str = Field(description="As the receiver sees it, in `webhook-id`")
    repository: str
    artifact: str
    kind: str
    state: Literal["waiting", "delivered", "failed"]
    reason: str
    created_at: datetime
    tries: list[TryResource]


class DeliveryList(BaseModel):
    """Deliveries, the newest first."""

    items: list[DeliveryResource]
    next: int | None = Field(description="`before` of the next page; null where this is the last one")


class QueuedDelivery(BaseModel):
    """What is going to be sent."""

    id: int


@router.get("")
def list_webhooks(request: Request) -> WebhookList:
    """List the webhooks that go out."""
    with team_of(request).database.engine.connect() as connection:
        return WebhookList(items=[WebhookResource.model_validate(_fields(one)) for one in targets.find_all(connection)])


@router.post("", status_code=201)
def add_webhook(request: Request, wish: NewWebhook) -> MadeWebhook:
    """Make a webhook."""
    filters = targets.parse_filter(wish.filters.model_dump())
    number, secret = target_form.add(
        request, TargetWish(wish.name, wish.url, wish.template, filters, wish.allows_private)
    )
    with team_of(request).database.engine.connect() as connection:
        return MadeWebhook.model_validate({**_fields(targets.find(connection, str(number))), "secret": secret})


@router.get("/{target}")
def one_webhook(request: Request, target: str) -> WebhookResource:
    """Return one webhook."""
    with team_of(request).database.engine.connect() as connection:
        return WebhookResource.model_validate(_fields(targets.find(connection, target)))


@router.patch("/{target}")
def edit_webhook(request: Request, target: str, wanted: WebhookChange) -> WebhookResource:
    """Change a webhook, pause or resume it."""
    filters = targets.parse_filter(wanted.filters.model_dump()) if wanted.filters is not None else None
    edit = TargetEdit(wanted.name, wanted.url, filters, wanted.allows_private)
    done = target_form.edit(request, target, edit, is_active=wanted.is_active)
    return WebhookResource.model_validate(_fields(done))


@router.post("/{target}/rotate")
def rotate_webhook(request: Request, target: str) -> NewSecret:
    """Make a new secret; for a day all is signed with the one before, too."""
    secret = target_page.rotate(request, target)
    with team_of(request).database.engine.connect() as connection:
        until = targets.find(connection, target).secret_until
    return NewSecret(secret=secret, former_until=_moment(until or 0.0))


@router.delete("/{target}", status_code=204)
def delete_webhook(request: Request, target: str) -> Response:
    """Remove a webhook, with its log."""
    target_page.change(request, target, "webhook removed", lambda connection, one: targets.remove(connection, one.id))
    return Response(status_code=204)


@router.post("/{target}/test", status_code=202)
def test_webhook(request: Request, target: str) -> QueuedDelivery:
    """Send a test, also to a paused one; its delivery says how that went."""

    def act(connection: Connection, one: WebhookTarget) -> int:
        return outbox.add_test(connection, one.id)

    return QueuedDelivery(id=target_page.change(request, target, "webhook tested", act))


@router.get("/{target}/deliveries")
def list_deliveries(
    request: Request,
    target: str,
    state: Annotated[Literal["", "waiting", "delivered", "failed"], Query()] = "",
    before: Annotated[int | None, Query(ge=1, lt=1 << 62)] = None,
) -> DeliveryList:
    """List what was sent, 50 at a time."""
    with team_of(request).database.engine.connect() as connection:
        found = delivery_log.find(connection, targets.find(connection, target).id, state, before)
    more = found[-1].id if len(found) == delivery_log.SHOWN else None
    return DeliveryList(items=list(map(_delivery, found)), next=more)


@router.post("/{target}/deliveries/{delivery}/replay", status_code=202)
def replay_webhook(request: Request, target: str, delivery: str) -> QueuedDelivery:
    """Send one thing again, under the same id."""
    target_page.replay(request, target, delivery)
    return QueuedDelivery(id=int(delivery))


def _fields(one: WebhookTarget) -> dict[str, object]:
    told = {key: value for key, value in target_page.published(one).items() if key in WebhookResource.model_fields}
    return {**told, "created_at": _moment(one.created_at)}


def _delivery(one: LoggedDelivery) -> DeliveryResource:
    tries = [{**each._asdict(), "at": _moment(each.at)} for each in one.tries]
    kept = {key: value for key, value in one._asdict().items() if key in DeliveryResource.model_fields}
    return DeliveryResource.model_validate({**kept, "created_at": _moment(one.created_at), "tries": tries})


def _moment(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)
