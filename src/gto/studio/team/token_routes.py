"""The routes of the REST API about one's own tokens."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gto.exceptions import NotFound
from gto.studio.context import context_of, team_of
from gto.studio.rest.answers import ProblemDetails
from gto.studio.team import audit, tokens
from gto.studio.team.tokens import ListedToken

router = APIRouter(
    prefix="/api/v1",
    tags=["tokens"],
    responses={status: {"model": ProblemDetails} for status in (400, 401, 403, 404)},
)

Scope = Literal["read", "experiments", "write", "admin"]
_LARGEST = 2**31 - 1


class TokenNotFound(NotFound):
    """Somebody has no such token."""

    def __init__(self, number: int) -> None:
        super().__init__(f"You have no token {number}", "GET /api/v1/tokens lists them")


class TokenResource(BaseModel):
    """A token, without what it opens."""

    id: int
    name: str
    prefix: str = Field(description="Its first characters, by which one knows it again")
    scopes: list[Scope]
    created_at: datetime
    used_at: datetime | None = Field(description="When it was used last, to a minute")
    expires_at: datetime | None = Field(description="Null where it lasts until it is taken back")


class NewTokenResource(TokenResource):
    """A token that was just made."""

    token: str = Field(description="What a program sends as `Authorization: Bearer ...`: it is shown this once")


class TokenList(BaseModel):
    """All tokens of who asks."""

    items: list[TokenResource]


class TokenWish(BaseModel):
    """What a token shall be."""

    name: str = Field(max_length=200, description="What it is for")
    scopes: list[Scope] = Field(
        min_length=1, max_length=4, description="`write` holds `read` and `experiments`, `admin` all"
    )
    expires_in_days: float | None = Field(
        90.0, gt=0, le=3660, allow_inf_nan=False, description="Null for one that lasts until it is taken back"
    )


@router.get("/tokens")
def list_tokens(request: Request) -> TokenList:
    """List one's tokens, the newest first."""
    with team_of(request).database.engine.connect() as connection:
        found = tokens.find_all(connection, _my_number(request))
    return TokenList(items=[TokenResource.model_validate(_values(one)) for one in found])


@router.post("/tokens", status_code=201)
def make_token(request: Request, wish: TokenWish) -> NewTokenResource:
    """Make a token; one that a token asks for does not outlast it."""
    number = _my_number(request)
    wanted = tokens.parse_new(wish.name, wish.scopes, wish.expires_in_days)
    with team_of(request).database.record() as connection:
        made = tokens.make_for(connection, number, wanted, request.headers)
        told = tokens.find_all(connection, number)[0]
        tokens.note_made(connection, context_of(request).visitor, audit.origin_of(request), told)
    return NewTokenResource.model_validate({**_values(told), "token": made})


@router.delete("/tokens/{number}", status_code=204)
def remove_token(request: Request, number: Annotated[int, Path(ge=1, le=_LARGEST)]) -> Response:
    """Take a token back: it is dead at its next request."""
    mine = _my_number(request)
    with team_of(request).database.record() as connection:
        told = next((one for one in tokens.find_all(connection, mine) if one.id == number), None)
        if told is None or not tokens.take_back(connection, mine, number):
            raise TokenNotFound(number)
        visitor = context_of(request).visitor
        audit.note(connection, visitor, audit.origin_of(request), "remove token", told.name, prefix=told.prefix)
    return Response(status_code=204)


def _my_number(request: Request) -> int:
    number = context_of(request).visitor.id
    assert number is not None  # noqa: S101  a request of nobody is refused before
    return number


def _values(one: ListedToken) -> dict[str, object]:
    times = {key: getattr(one, key) for key in ("created_at", "used_at", "expires_at")}
    moments = {key: None if at is None else datetime.fromtimestamp(at, UTC) for key, at in times.items()}
    return {**one.as_dict(), **moments}
