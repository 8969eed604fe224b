"""`/m/REPO/NAME/-/annotate`, `/-/remove` and `/r/REPO/-/add`: what a file says of an artifact, edited and committed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.exceptions import GTOException
from gto.git import command
from gto.output.published import Published
from gto.registry.write.edit_target import Saved
from gto.studio.actions import annotation_form
from gto.studio.actions.annotation_form import AnnotationRequest
from gto.studio.actions.annotation_wish import AnnotationWish, read_description, read_words
from gto.studio.addresses import artifact_url, url
from gto.studio.context import StudioContext, context_of
from gto.studio.forms import read_form
from gto.studio.pages.action_page import bring_up_to_date, refuse_read_only
from gto.studio.pages.errors import refusal_status
from gto.studio.pages.token_page import ask_token
from gto.studio.respond import respond
from gto.studio.write_access import TokenWanted

if TYPE_CHECKING:
    from gto.studio.proposals.propose import Proposal

router = APIRouter()

_BELOW = "/m/{repo}/{name:path}/-/"


class AddPage(NamedTuple):
    """The repositories that a model may be added to."""

    repos: tuple[str, ...]

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"repositories": list(self.repos)}


class SavedPage(NamedTuple):
    """What was written, and where."""

    repo: str
    name: str
    file: str
    branch: str
    committed: bool
    pushed: bool
    undo: str
    undo_words: str

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return dict(self._asdict())


class ProposedPage(NamedTuple):
    """What became of a proposal."""

    repo: str
    name: str
    made: "Proposal"
    is_remote: bool

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"repo": self.repo, "artifact": self.name, **self.made.as_dict()}


@router.get("/add", include_in_schema=False)
@router.get("/add.json", include_in_schema=False)
def choose(request: Request) -> Response:
    """Ask which repository a model is added to, where there are several."""
    names = tuple(place.name for place in refuse_read_only(request).places)
    if len(names) == 1:
        return RedirectResponse(url(f"/r/{names[0]}/-/add"), 303)
    return respond(request, "add.html", AddPage(names))


@router.get("/r/{repo}/-/add", include_in_schema=False)
@router.get("/r/{repo}/-/add.json", include_in_schema=False)
def add(request: Request, repo: str) -> Response:
    """Answer the form of a new artifact."""
    return _show(request, repo, "add", "")


@router.post("/r/{repo}/-/add", include_in_schema=False)
def write_new(request: Request, repo: str, form: Annotated[FormData, Depends(read_form)]) -> Response:
    """Describe a new artifact."""
    return _write(request, repo, "add", "", form)


@router.get(f"{_BELOW}annotate", include_in_schema=False)
@router.get(f"{_BELOW}annotate.json", include_in_schema=False)
def edit(request: Request, repo: str, name: str) -> Response:
    """Answer the form of an annotation."""
    return _show(request, repo, "annotate", name)


@router.post(f"{_BELOW}annotate", include_in_schema=False)
def write_edit(request: Request, repo: str, name: str, form: Annotated[FormData, Depends(read_form)]) -> Response:
    """Change an annotation."""
    return _write(request, repo, "annotate", name, form)


@router.get(f"{_BELOW}remove", include_in_schema=False)
@router.get(f"{_BELOW}remove.json", include_in_schema=False)
def take_away(request: Request, repo: str, name: str) -> Response:
    """Answer the form that takes an annotation away."""
    return _show(request, repo, "remove", name)


@router.post(f"{_BELOW}remove", include_in_schema=False)
def write_removal(request: Request, repo: str, name: str, form: Annotated[FormData, Depends(read_form)]) -> Response:
    """Take an annotation away."""
    return _write(request, repo, "remove", name, form)


@router.get(f"{_BELOW}saved", include_in_schema=False)
@router.get(f"{_BELOW}saved.json", include_in_schema=False)
def saved(request: Request, repo: str, name: str) -> Response:
    """Answer what was written into which file."""
    given = request.query_params
    old = {key: given.get(key, "") for key in ("path", "type", "labels", "text")}
    word, words = given.get("undo", ""), {"annotate": "Say again what it said", "remove": "Take it away again"}
    undo = url(artifact_url(repo, name, word), **(old if word == "annotate" else {})) if word in words else ""
    request.state.written = f"{given.get('file', '')} in {repo}"  # whether the index can be read or not
    where, done = given.get("branch", ""), ("committed" in given, "pushed" in given)
    page = SavedPage(repo, name, given.get("file", ""), where, *done, undo, words.get(word, ""))
    return respond(request, "saved.html", page)


def _show(request: Request, repo: str, word: str, name: str) -> Response:
    studio = refuse_read_only(request)
    given = request.query_params
    wish = read_description(word, name, given, push=studio.settings.push)
    asked = _asked(studio, repo, wish._replace(made_for=""), given)
    is_new = "asked" not in request.query_params
    return _respond(request, asked, None, is_new=is_new)


def _asked(studio: StudioContext, repo: str, wish: AnnotationWish, given: Mapping[str, object]) -> AnnotationRequest:
    """Return what a form is made for; in a team each edit is a proposal."""
    access, words = studio.write_access(repo), read_words(given)
    if access.mode is not None:
        from gto.studio.proposals.annotation_proposal import branch_of  # with what asks forges

        wish = wish._replace(place="new", new_branch=words.branch or branch_of(wish), push=True)
    return AnnotationRequest(studio.place(repo), wish, access, words)


def _respond(
    request: Request, asked: AnnotationRequest, error: GTOException | None, *, is_new: bool = False
) -> Response:
    studio = context_of(request)
    place, wish, access, _ = asked
    status = 200 if error is None else refusal_status(error)
    with command.within(studio.way.seconds), access.reading():
        wish = annotation_form.placed(place, studio.way, wish)
        try:
            registry = annotation_form.open_for(place, studio.way, wish)
        except GTOException as found:  # a branch that is not there
            error, status = error or found, 400
            registry = annotation_form.open_for(place, studio.way, wish._replace(place="commit"))
        page = annotation_form.read_annotation_form(registry, asked._replace(wish=wish), error, is_new=is_new)
    return respond(request, "annotation.html", page, status)


def _write(request: Request, repo: str, word: str, name: str, form: FormData) -> Response:
    studio = refuse_read_only(request)
    asked = _asked(studio, repo, read_description(word, name, form, push=studio.settings.push), form)
    wish = asked.wish
    try:
        if asked.access.mode is not None:
            return _propose(request, asked, form)
        done, old = _carry_out(studio, asked)
    except GTOException as error:
        return _respond(request, asked, studio.hush(error))
    told = {"file": done.file, "branch": done.branch, "committed": done.committed, "pushed": done.pushed}
    studio.note(word, wish.name, repository=repo, **told)
    bring_up_to_date(studio, studio.place(repo))
    undo = _undo(wish, old)
    return RedirectResponse(url(artifact_url(repo, wish.name, "saved"), **told, undo=undo, **old), 303)


def _propose(request: Request, asked: AnnotationRequest, form: FormData) -> Response:
    """Make a branch and a pull request as the visitor; into a directory that has no remote the branch alone."""
    from gto.studio.proposals.annotation_proposal import make_proposal
    from gto.studio.proposals.forge_api import ForgeRefused

    studio, (place, wish, access, _) = context_of(request), asked
    if (refused := access.why_not(wish.word)) is not None:
        raise refused
    try:
        made = make_proposal(asked, studio.way, studio.token_for(access, form))
    except (TokenWanted, ForgeRefused) as error:
        title = f"Propose to describe {wish.name}" if wish.word != "remove" else f"Propose to remove {wish.name}"
        return respond(request, "forge_token.html", ask_token(access, form, error, title), 400)
    told = {"branch": made.branch, "commit": made.commit, "pushed": made.pushed, "url": made.url}
    studio.note(f"propose to {wish.word}", wish.name, repository=place.name, **told)
    return respond(request, "proposed.html", ProposedPage(place.name, wish.name, made, place.is_remote))


def _undo(wish: AnnotationWish, old: Mapping[str, str]) -> str:
    """Return the action that takes it back; none does where a value came that was not there: it would have to go."""
    if wish.word == "remove" or not old:
        return "annotate" if old else "remove"
    new = {"path": wish.path, "type": wish.type, "text": wish.text}
    return "annotate" if any(old[key] and value not in {"", old[key]} for key, value in new.items()) else ""


def _carry_out(studio: StudioContext, asked: AnnotationRequest) -> tuple[Saved, dict[str, str]]:
    """Write it, and return what the file said of the artifact before."""
    place, wish = asked[:2]
    with command.within(studio.way.seconds):
        registry = annotation_form.open_for(place, studio.way, wish)
        now = annotation_form.present(registry, wish)
        done = annotation_form.save(registry, wish, wish.save_options())
    if now is None:
        return done, {}
    return done, {
        "path": now.path or "",
        "type": now.type or "",
        "labels": " ".join(now.labels),
        "text": now.description,
    }
