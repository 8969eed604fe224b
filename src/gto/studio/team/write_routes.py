"""The routes of the REST API that write: an event each, by the verbs of the command line, in the repository's mode."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gto.exceptions import GTOException, NotFound, PolicyRefused
from gto.git import command
from gto.studio.actions import perform
from gto.studio.actions.action import (
    APPROVE,
    ASSIGN,
    DEPRECATE,
    DEREGISTER,
    REGISTER,
    ROLLBACK,
    UNASSIGN,
    OfferedAction,
)
from gto.studio.actions.checks import find_demand, policy_answers
from gto.studio.actions.wish import ActionRequest, Wish, command_instead, command_of
from gto.studio.context import StudioContext, context_of, team_of
from gto.studio.pages.action_page import carry_out, check_wish
from gto.studio.pages.errors import ErrorPage, problem, refusal_status
from gto.studio.respond import json_response
from gto.studio.rest.answers import ProblemDetails
from gto.studio.team import idempotency

_STATUSES = (400, 401, 403, 404, 409, 422)
router = APIRouter(
    prefix="/api/v1/artifacts/{repo}/{name:path}",
    tags=["actions"],
    responses={status: {"model": ProblemDetails} for status in _STATUSES},
)

_LONGEST = 300  # of a name
_MESSAGE = 10_000
_TEXT = Field("", max_length=_MESSAGE, description="The message of the tag; the usual one where it is empty")


class WrittenResource(BaseModel):
    """What was written, or with `dry_run` would be."""

    dry_run: bool
    tags: list[str] = Field(description="Their names: all are written, or none")
    commit: str
    notes: list[str] = Field(description="What is worth knowing")
    command: str = Field(description="What does the same on the command line")


class RegistrationBody(BaseModel):
    """A version to register."""

    commit: str = Field(min_length=1, max_length=_LONGEST, description="A commit, branch or tag")
    version: str = Field("", max_length=_LONGEST, description="Its name; the next patch where it is empty")
    stage: str = Field("", max_length=_LONGEST, description="A stage that it gets at once")
    message: str = _TEXT
    force: bool = False
    allow_second_version: bool = Field(default=False, description="Whether the commit may have another version")


class AssignmentBody(BaseModel):
    """A version to put into a stage."""

    version: str = Field(min_length=1, max_length=_LONGEST)
    message: str = _TEXT
    force: bool = False


class RollbackBody(BaseModel):
    """A version to put into a stage again."""

    version: str = Field("", max_length=_LONGEST, description="The version before where it is empty")
    message: str = _TEXT
    force: bool = False


class ApprovalBody(BaseModel):
    """A version to approve for a stage."""

    version: str = Field(min_length=1, max_length=_LONGEST)
    stage: str = Field(min_length=1, max_length=_LONGEST)
    message: str = _TEXT


class WriteCall:
    """How a request writes: what its query and its headers say, and its body to know it again by."""

    def __init__(
        self,
        request: Request,
        *,
        dry_run: Annotated[bool, Query(description="Only decide, and write nothing")] = False,
        idempotency_key: Annotated[
            str | None, Header(description="The same request with the same key has the same answer for a day")
        ] = None,
        forge_token: Annotated[
            str, Header(max_length=4000, description="With what to push in mode `own`; else the kept one")
        ] = "",
        forge_name: Annotated[str, Header(max_length=200, description="Whose token it is, where that counts")] = "",
    ) -> None:
        self.request = request
        self.dry_run = dry_run
        self.key = idempotency_key
        self.given = {"forge_token": forge_token, "forge_name": forge_name}


async def _with_body(call: Annotated[WriteCall, Depends()]) -> tuple[WriteCall, bytes]:
    return call, await call.request.body()


class TagWords:
    """What the query of a request without a body says of the tag."""

    def __init__(
        self,
        *,
        message: Annotated[str, Query(max_length=_MESSAGE, description="The message of the tag")] = "",
        force: bool = False,
    ) -> None:
        self.message = message
        self.ticks = ("--force",) if force else ()


Call = Annotated[tuple[WriteCall, bytes], Depends(_with_body)]
Version = Annotated[str, Query(min_length=1, max_length=_LONGEST)]
Told = Annotated[TagWords, Depends()]


@router.post("/versions", response_model=WrittenResource)
def register(call: Call, repo: str, name: str, body: RegistrationBody) -> Response:
    """Register a version at a commit."""
    ticks = ("--allow-second-version",) if body.allow_second_version else ()
    wish = Wish(REGISTER.word, name, body.commit, body.version, body.stage, body.message, ticks=ticks)
    action = REGISTER if body.version else REGISTER._replace(fields=("commit",))
    return _write(call, repo, action, _forced(wish, force=body.force))


@router.delete("/versions/{version}", response_model=WrittenResource)
def deregister(call: Call, repo: str, name: str, version: str, told: Told) -> Response:
    """Take a version back, by an event."""
    wish = Wish(DEREGISTER.word, name, version=version, message=told.message, ticks=told.ticks)
    return _write(call, repo, DEREGISTER, wish)


@router.put("/stages/{stage}", response_model=WrittenResource)
def assign(call: Call, repo: str, name: str, stage: str, body: AssignmentBody) -> Response:
    """Assign a stage to a version."""
    wish = Wish(ASSIGN.word, name, version=body.version, stage=stage, message=body.message)
    return _write(call, repo, ASSIGN, _forced(wish, force=body.force))


@router.post("/stages/{stage}/rollback", response_model=WrittenResource)
def roll_back(call: Call, repo: str, name: str, stage: str, body: RollbackBody) -> Response:
    """Put the version that was in a stage before into it again, or another that was in it."""
    wish = Wish(ROLLBACK.word, name, version=body.version, stage=stage, message=body.message)
    return _write(call, repo, ROLLBACK, _forced(wish, force=body.force))


@router.delete("/stages/{stage}", response_model=WrittenResource)
def unassign(call: Call, repo: str, name: str, stage: str, version: Version, told: Told) -> Response:
    """Take a version out of a stage, by an event."""
    wish = Wish(UNASSIGN.word, name, version=version, stage=stage, message=told.message, ticks=told.ticks)
    return _write(call, repo, UNASSIGN, wish)


@router.post("/approvals", response_model=WrittenResource)
def approve(call: Call, repo: str, name: str, body: ApprovalBody) -> Response:
    """Answer 403 with the command that approves: an approval is signed with one's own key."""
    wish = Wish(APPROVE.word, name, version=body.version, stage=body.stage, message=body.message)
    return _write(call, repo, APPROVE, wish)


@router.delete("", response_model=WrittenResource)
def deprecate(call: Call, repo: str, name: str, told: Told) -> Response:
    """Deprecate an artifact, by an event."""
    return _write(call, repo, DEPRECATE, Wish(DEPRECATE.word, name, message=told.message, ticks=told.ticks))


def _forced(wish: Wish, *, force: bool) -> Wish:
    return wish._replace(ticks=(*wish.ticks, "--force")) if force else wish


def _write(call: tuple[WriteCall, bytes], repo: str, action: OfferedAction, wish: Wish) -> Response:
    """Do it once, where the request has a key."""
    how, body = call
    request = how.request
    studio = context_of(request)
    asked = ActionRequest(action, studio.place(repo), wish, access=studio.write_access(repo))
    asked = asked._replace(wish=wish._replace(push=asked.place.is_remote, made_for=None))
    if how.key is None or studio.visitor.id is None:
        return _answer(how, asked)[0]
    keyed = idempotency.keyed(request, how.key, studio.visitor.id, body)
    return idempotency.once(team_of(request).database, keyed, lambda: _answer(how, asked))


def _answer(how: WriteCall, asked: ActionRequest) -> tuple[Response, bool]:
    """Return the answer, and whether something was written, so that the same request must not be done again."""
    studio = context_of(how.request)
    try:
        written = _decide(studio, asked) if how.dry_run else carry_out(studio, asked, how.given)
    except GTOException as error:
        status = 404 if isinstance(error, NotFound) else refusal_status(error)
        shown = command_instead(asked, error) if status == 403 else ""  # noqa: PLR2004  refused
        studio.hush(error)
        return problem(ErrorPage(status, error.message, error.hint, shown)), False
    found = WrittenResource(
        dry_run=how.dry_run,
        tags=list(written.refs),
        commit=written.commit,
        notes=list(written.notes),
        command=command_of(asked.wish, asked.place),
    )
    return json_response(found.model_dump()), not how.dry_run


def _decide(studio: StudioContext, asked: ActionRequest) -> perform.WrittenTags:
    """Return what would be written; PolicyRefused where a policy would not allow it, as far as that is known before."""
    wish, access = asked.wish, asked.access
    check_wish(studio, asked)
    with command.within(studio.way.seconds), access.reading():
        registry = perform.open_at(asked.place, studio.way, wish.commit or "HEAD")
        found = perform.perform(registry, wish, perform.write_options(wish, access, dry_run=True))
        for answer in policy_answers(registry, wish) or ():
            lacking = find_demand([answer], access.behalf) if access.behalf else None
            reasons = [lacking] if lacking else [reason for one in answer.findings for reason in one.reasons]
            if reasons:
                raise PolicyRefused(answer.event.ref, map(str, reasons), reasons[0].hint, answer.source.where)
    return found
