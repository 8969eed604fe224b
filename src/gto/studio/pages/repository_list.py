"""`/repos`: the repositories, when each was read, and what was in the way."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gto.catalog import file, membership
from gto.catalog.repositories import Failure, problems
from gto.exceptions import GTOException, InvalidName, NameTaken, NoRepo, UsageError
from gto.output.published import Published
from gto.studio.context import StudioContext, context_of
from gto.studio.downloads.sending import downloads_of
from gto.studio.forms import back, read_form, read_index_form
from gto.studio.index import repository_rows
from gto.studio.index.repository_rows import RepositoryRow
from gto.studio.respond import json_response, respond, wants_json
from gto.studio.webhooks import received_log
from gto.studio.webhooks.received_log import HookState

router = APIRouter()

_FIELDS = {"name of a repository": "name", "name of a group": "groups", "branch name": "branch"}
_PATIENCE = 20.0  # seconds that "sync now" waits


class RepositoriesPage(NamedTuple):
    """All repositories, and the entries of the catalogue that lead to none."""

    rows: tuple[RepositoryRow, ...]
    failures: tuple[Failure, ...]
    catalogue: str | None
    """The file that lists them; None where they were named."""
    error: str = ""
    hint: str = ""
    field: str = ""
    """The field of the form that the error is about; empty for none."""
    given: Mapping[str, str] = MappingProxyType({})
    """What the refused form held."""
    hooks: Mapping[str, HookState] = MappingProxyType({})
    """How it stands with the webhooks of those whose admin the visitor is."""

    def as_dict(self) -> Published:
        """Return it for JSON."""
        rows = [row.as_dict() for row in self.rows]
        return {"catalogue": self.catalogue, "repositories": rows, "problems": problems(self.failures)}


@router.get("/repos", include_in_schema=False)
@router.get("/repos.json", include_in_schema=False)
def repositories(request: Request) -> Response:
    """Answer the list of repositories."""
    return respond(request, "repositories.html", read_page(context_of(request)))


def read_page(studio: StudioContext) -> RepositoriesPage:
    """Read the page from the index."""
    with studio.database.read() as connection:
        found = repository_rows.find(connection, shows_paths=studio.runs_all)
    progress = studio.progress()
    rows = tuple(row._replace(progress=progress.get(row.name)) for row in found)
    catalogue = studio.catalogue if studio.runs_all else None
    return RepositoriesPage(rows, studio.failures, catalogue, hooks=received_log.read_states(studio))


@router.post("/repos/add", include_in_schema=False)
def add(request: Request, form: Annotated[FormData, Depends(read_form)]) -> Response:
    """Put a repository into the catalogue, as `gto repos add` does, and read it."""
    given = {key: str(form.get(key, "")).strip() for key in ("where", "name", "groups", "branch")}
    groups = tuple(given["groups"].replace(",", " ").split())
    about = membership.About(given["name"] or None, groups, given["branch"] or None)

    def change(path: str | None) -> Sequence[str]:
        context_of(request).check_source(given["where"])
        return membership.add([given["where"]], about, path).names

    return _change(request, "add repository", change, given)


@router.post("/repos/remove", include_in_schema=False)
def remove(request: Request, form: Annotated[FormData, Depends(read_form)]) -> Response:
    """Take a repository out of the catalogue, as `gto repos remove` does; it stays as it is."""
    name = str(form.get("repo", ""))

    def change(path: str | None) -> Sequence[str]:
        membership.remove([name], path)
        return [name]

    return _change(request, "remove repository", change, {})


def _change(
    request: Request, action: str, change: Callable[[str | None], Sequence[str]], given: Mapping[str, str]
) -> Response:
    """Change the catalogue's file, and go on with what it lists now; what is refused is said in the form, kept.

    `change` returns the names of what it put in or took away.
    """
    studio = context_of(request)
    if studio.catalogue is None:
        hint = "`gto studio --catalog FILE` opens one, `gto repos add` makes it"
        raise UsageError("This Studio runs on repositories that were named, not on a catalogue", hint)
    try:
        own = file.user_file()
        names = change(None if studio.catalogue == own else studio.catalogue)
        studio.note(action, ", ".join(names), groups=given.get("groups", ""))
        found = file.load_existing(studio.catalogue)
        listed = file.expand_all(found) if studio.team is None else file.expand_all(found).limited()
        # As choose() would, but none of a group is no mistake here.
        kept = tuple(one for one in listed.places if not studio.groups or set(studio.groups) & set(one.entry.groups))
        studio.worker.take_up(listed._replace(places=kept))
    except (GTOException, OSError) as error:
        said = error.message if isinstance(error, GTOException) else f"{studio.catalogue}: {error.strerror or error}"
        hint = error.hint or "" if isinstance(error, GTOException) else ""
        field = _field_of(error) if given else ""
        if wants_json(request):
            return json_response({"error": said, "hint": hint, "field": field}, 400)
        page = read_page(studio)._replace(error=said, hint=hint, field=field, given=given)
        return respond(request, "repositories.html", page, 400)
    return RedirectResponse("/repos", 303)


def _field_of(error: Exception) -> str:
    """Return the field of the form in which an error is mended; empty where it is none of them."""
    match error:
        case InvalidName():
            return _FIELDS[error.what]
        case NameTaken():
            return "name"
        case NoRepo() | UsageError():
            return "where"
        case _:
            return ""


@router.post("/sync", include_in_schema=False)
async def sync(request: Request, form: Annotated[FormData, Depends(read_index_form)]) -> Response:
    """Read all repositories, or one, from Git now."""
    return await downloads_of(request).work(partial(_sync, request, form))  # it waits for Git


def _sync(request: Request, form: FormData) -> Response:
    studio = context_of(request)
    seen, asked = {one.name for one in studio.places}, [str(name) for name in form.getlist("repo")]
    names = [one for one in asked or sorted(seen) if one in seen]
    done = not names or studio.worker.wait(studio.worker.ask(*names, again=True), _PATIENCE)
    if wants_json(request):
        return json_response({"done": done}, 200 if done else 202)
    return RedirectResponse(back(form, "/repos"), 303)


@router.get("/health", include_in_schema=False)
def health() -> dict[str, str]:
    """Say that this Studio answers."""
    return {"status": "ok"}
