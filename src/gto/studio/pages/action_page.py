"""`/m/REPO/NAME/-/register` and its like: what will be written, the writing, and how to take it back."""

from collections.abc import Callable, Mapping
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.catalog.repositories import CatalogRepository
from gto.core import tag
from gto.exceptions import GTOException
from gto.git import command
from gto.output.published import Published
from gto.studio.actions import perform
from gto.studio.actions.action import ACTIONS, OfferedAction, offered
from gto.studio.actions.action_form import ActionForm, read_action_form
from gto.studio.actions.counter_action import Undo, undo_of
from gto.studio.actions.wish import ActionRequest, Wish, read_wish
from gto.studio.addresses import artifact_url, url
from gto.studio.context import StudioContext, context_of
from gto.studio.forms import read_form
from gto.studio.index import events, list_counts, lookup
from gto.studio.index.database import kept
from gto.studio.index.history_lines import HistoryLine, history_lines
from gto.studio.pages.errors import refusal_status
from gto.studio.pages.token_page import ask_token
from gto.studio.respond import respond
from gto.studio.visitor import Role
from gto.studio.write_access import TokenRefused, TokenWanted, WriteMode, WriteRefused

router = APIRouter()

_BELOW = "/m/{repo}/{name:path}/-/"


class MenuPage(NamedTuple):
    """What can be done with an artifact."""

    repo: str
    name: str
    actions: tuple[OfferedAction, ...]
    version: str
    stage: str

    def link(self, action: OfferedAction) -> str:
        """Return the address of an action's form, with what is chosen already."""
        return url(artifact_url(self.repo, self.name, action.word), version=self._version(action), stage=self.stage)

    def _version(self, action: OfferedAction) -> str:
        return "" if action.word in {"register", "rollback"} else self.version

    def as_dict(self) -> Published:
        """Return it for JSON."""
        links = {one.word: self.link(one) for one in self.actions}
        return {"repo": self.repo, "artifact": self.name, "actions": links}


class DonePage(NamedTuple):
    """What was written, and how to take it back."""

    repo: str
    name: str
    lines: tuple[HistoryLine, ...]
    refs: tuple[str, ...]
    stages: tuple[str, ...]
    pushed: bool
    undo: tuple[Undo, ...]

    def as_dict(self) -> Published:
        """Return it for JSON."""
        undo = [one._asdict() for one in self.undo]
        return {"repo": self.repo, "artifact": self.name, "tags": list(self.refs), "pushed": self.pushed, "undo": undo}


def refuse_read_only(request: Request) -> StudioContext:
    """Return the Studio that a request came to; 403 where it only reads."""
    studio = context_of(request)
    if studio.settings.read_only:
        raise HTTPException(403, "This Studio was started with --read-only: it offers nothing that writes.")
    return studio


@router.get(f"{_BELOW}actions", include_in_schema=False)
@router.get(f"{_BELOW}actions.json", include_in_schema=False)
def menu(request: Request, repo: str, name: str) -> Response:
    """Answer the list of what can be done."""
    studio = refuse_read_only(request)
    with studio.database.read() as connection:
        found = lookup.find_repository(connection, repo)
        lookup.find_artifact(connection, found, name)
        state = events.artifact_state(connection, found.id, name)
    given = request.query_params
    mine = tuple(one for one in offered(state) if one.word == "register" or repo in studio.promotable)
    page = MenuPage(repo, name, mine, given.get("version", ""), given.get("stage", ""))
    return respond(request, "actions.html", page)


@router.get(f"{_BELOW}done", include_in_schema=False)
@router.get(f"{_BELOW}done.json", include_in_schema=False)
def done(request: Request, repo: str, name: str) -> Response:
    """Answer what was written, as the index has it by now."""
    studio = context_of(request)
    refs = tuple(request.query_params.getlist("ref"))
    request.state.written = f"{', '.join(refs)} in {repo}"  # whether the index can be read or not
    with studio.database.read() as connection:
        found = lookup.find_repository(connection, repo)
        state = events.artifact_state(connection, found.id, name)
        stages = kept(connection, list_counts.stages)
    lines = tuple(line for line in history_lines(state) if line.ref in refs)
    kinds = {ref: parsed.kind for ref in refs if (parsed := tag.find(ref)) is not None}
    undo = () if repo not in studio.promotable else tuple(undo_of(repo, line, kinds[line.ref]) for line in lines)
    ways = tuple(one for one in undo if one is not None)
    page = DonePage(repo, name, lines, refs, stages, "pushed" in request.query_params, ways)
    return respond(request, "done.html", page)


def _pages_of(action: OfferedAction) -> tuple[Callable[..., Response], Callable[..., Response]]:
    """Return what shows the form of an action, and what carries it out."""

    def show(request: Request, repo: str, name: str) -> Response:
        studio = refuse_read_only(request)
        mine = _as_offered(studio, repo, action)
        wish = read_wish(mine, name, request.query_params, push=studio.settings.push)
        asked = _asked(studio, repo, mine, wish._replace(made_for="", last=""), request.query_params)
        return respond(request, "action.html", _read(request, asked))

    def write(request: Request, repo: str, name: str, form: Annotated[FormData, Depends(read_form)]) -> Response:
        studio = refuse_read_only(request)
        wish = read_wish(action, name, form, push=studio.settings.push)
        asked = _asked(studio, repo, action, wish, form)
        try:
            written = carry_out(studio, asked, form)
        except (TokenWanted, TokenRefused) as error:
            page = ask_token(asked.access, form, error, asked.action.title.format(name))
            return respond(request, "forge_token.html", page, 400)
        except GTOException as error:
            bring_up_to_date(studio, asked.place)
            return respond(
                request, "action.html", _read(request, asked._replace(error=studio.hush(error))), refusal_status(error)
            )
        pushed = wish.push or asked.place.is_remote
        return RedirectResponse(url(artifact_url(repo, name, "done"), ref=written.refs, pushed=pushed), 303)

    return show, write


for one in ACTIONS:
    shown, written = _pages_of(one)
    router.add_api_route(f"{_BELOW}{one.word}", shown, methods=["GET"], include_in_schema=False)
    router.add_api_route(f"{_BELOW}{one.word}.json", shown, methods=["GET"], include_in_schema=False)
    router.add_api_route(f"{_BELOW}{one.word}", written, methods=["POST"], include_in_schema=False)


def _as_offered(studio: StudioContext, repo: str, action: OfferedAction) -> OfferedAction:
    """Return an action as its form offers it: a stage at once is for who may assign it."""
    if studio.may(Role.MAINTAINER, repo):
        return action
    return action._replace(fields=tuple(one for one in action.fields if one != "at_once"))


def _asked(
    studio: StudioContext, repo: str, action: OfferedAction, wish: Wish, given: Mapping[str, object]
) -> ActionRequest:
    with studio.database.read() as connection:
        stages = kept(connection, list_counts.stages)
    branch, text = (str(given.get(key, "")).strip() for key in ("branch", "find"))
    access = studio.write_access(repo)
    wish = wish._replace(sign=wish.sign and access.mode is None)
    return ActionRequest(action, studio.place(repo), wish, branch, text, tuple(stages), access=access)


def check_wish(studio: StudioContext, asked: ActionRequest) -> None:
    """Raise where a wish cannot be carried out whatever the repository says: by its mode, its fields, or a role."""
    if (refused := asked.access.why_not(asked.action.word)) is not None:
        raise refused
    if asked.wish.stage and not studio.may(Role.MAINTAINER, asked.place.name):
        raise WriteRefused("A stage is assigned by a maintainer, and your role is another", "register without a stage")
    perform.require(asked.action, asked.wish)


def carry_out(studio: StudioContext, asked: ActionRequest, given: Mapping[str, object]) -> perform.WrittenTags:
    """Write what is asked for, unless the artifact is another than it was made for; it is in the audit log then.

    The index has it at once, as far as it can be read.
    """
    wish, access = asked.wish, asked.access
    check_wish(studio, asked)
    token = studio.token_for(access, given) if access.mode is WriteMode.OWN else None
    with command.within(studio.way.seconds), access.acting(token):
        registry = perform.open_at(asked.place, studio.way, wish.commit or "HEAD")
        written = perform.perform(registry, wish, perform.write_options(wish, access))
    studio.note(wish.action, wish.name, repository=asked.place.name, refs=list(written.refs), commit=written.commit)
    bring_up_to_date(studio, asked.place)
    return written


def _read(request: Request, asked: ActionRequest) -> ActionForm:
    studio = context_of(request)
    with command.within(studio.way.seconds):
        return read_action_form(perform.open_at(asked.place, studio.way), asked)


def bring_up_to_date(studio: StudioContext, place: CatalogRepository) -> None:
    """Read the tags of a repository into the index now; the facts of new versions follow."""
    try:
        way = studio.way._replace(offline=place.is_remote or studio.way.offline)
        studio.worker.read_tags(place, way)
    except SQLAlchemyError as error:  # what is written is written, and is read when the worker looks next
        studio.worker.complain(error)
    except (GTOException, OSError):
        pass
    studio.worker.ask(place.name)
