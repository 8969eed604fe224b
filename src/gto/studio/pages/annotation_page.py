"""`/m/REPO/NAME/-/annotate`, `/-/remove` and `/r/REPO/-/add`: what a file says of an artifact, edited and committed."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.exceptions import GTOException
from gto.git import command
from gto.output.published import Published
from gto.registry.write.edit_target import Saved
from gto.studio.actions import annotation_form
from gto.studio.actions.annotation_wish import AnnotationWish, read_description
from gto.studio.addresses import artifact_url, url
from gto.studio.context import StudioContext, context_of
from gto.studio.forms import read_form
from gto.studio.pages.action_page import bring_up_to_date, refuse_read_only
from gto.studio.pages.errors import refusal_status
from gto.studio.respond import respond

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
    where, done = given.get("branch", ""), ("committed" in given, "pushed" in given)
    page = SavedPage(repo, name, given.get("file", ""), where, *done, undo, words.get(word, ""))
    return respond(request, "saved.html", page)


def _show(request: Request, repo: str, word: str, name: str) -> Response:
    studio = refuse_read_only(request)
    wish = read_description(word, name, request.query_params, push=studio.settings.push)
    is_new = "asked" not in request.query_params
    return _respond(request, repo, wish._replace(made_for=""), None, is_new=is_new)


def _respond(
    request: Request, repo: str, wish: AnnotationWish, error: GTOException | None, *, is_new: bool = False
) -> Response:
    studio = context_of(request)
    place = studio.place(repo)
    status = 200 if error is None else refusal_status(error)
    with command.within(studio.way.seconds):
        wish = annotation_form.placed(place, studio.way, wish)
        try:
            registry = annotation_form.open_for(place, studio.way, wish)
        except GTOException as found:  # a branch that is not there
            error, status = error or found, 400
            registry = annotation_form.open_for(place, studio.way, wish._replace(place="commit"))
        page = annotation_form.read_annotation_form(registry, place, wish, error, is_new=is_new)
    return respond(request, "annotation.html", page, status)


def _write(request: Request, repo: str, word: str, name: str, form: FormData) -> Response:
    studio = refuse_read_only(request)
    wish = read_description(word, name, form, push=studio.settings.push)
    try:
        done, old = _carry_out(studio, repo, wish)
    except GTOException as error:
        return _respond(request, repo, wish, error)
    told = {"file": done.file, "branch": done.branch, "committed": done.committed, "pushed": done.pushed}
    studio.note(word, wish.name, repository=repo, **told)
    bring_up_to_date(studio, studio.place(repo))
    undo = _undo(wish, old)
    return RedirectResponse(url(artifact_url(repo, wish.name, "saved"), **told, undo=undo, **old), 303)


def _undo(wish: AnnotationWish, old: Mapping[str, str]) -> str:
    """Return the action that takes it back; none does where a value came that was not there: it would have to go."""
    if wish.word == "remove" or not old:
        return "annotate" if old else "remove"
    new = {"path": wish.path, "type": wish.type, "text": wish.text}
    return "annotate" if any(old[key] and value not in {"", old[key]} for key, value in new.items()) else ""


def _carry_out(studio: StudioContext, repo: str, wish: AnnotationWish) -> tuple[Saved, dict[str, str]]:
    """Write it, and return what the file said of the artifact before."""
    with command.within(studio.way.seconds):
        registry = annotation_form.open_for(studio.place(repo), studio.way, wish)
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
