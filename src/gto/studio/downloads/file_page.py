"""`/m/REPO/NAME/-/files`: the files of a version, to be downloaded one by one or as an archive."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from gto.delivery.get import hash_of
from gto.exceptions import GTOException
from gto.output.published import Published
from gto.storage.location import Content, GitBlob, LfsObject, Source
from gto.studio.addresses import artifact_url, count_pages, read_number, url
from gto.studio.context import context_of
from gto.studio.downloads.archive_formats import KINDS
from gto.studio.downloads.located_version import ChosenVersion, LocatedVersion, choose_version
from gto.studio.downloads.sending import Sendable, downloads_of
from gto.studio.downloads.version_contents import (
    SIGNED_SECONDS,
    archive_kind,
    archive_of,
    archive_url,
    file_of,
    file_url,
    presigned,
)
from gto.studio.page_router import PageRouter
from gto.studio.respond import respond

router = PageRouter()

PAGE = 200
_M = "/m/{repo}/{name:path}/-"
_WHOLE = "/-/file/"


class ListedFile(NamedTuple):
    """A file as the page lists it."""

    path: str
    size: int | None
    hash: str | None
    kept_in: str
    href: str

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return self._asdict()


class DownloadLink(NamedTuple):
    """A link that was just made."""

    href: str
    what: str


class FilesPage(NamedTuple):
    """The files of a version."""

    chosen: ChosenVersion
    files: tuple[ListedFile, ...]
    """Those of this page."""
    total: int
    size: int | None
    """Bytes of all; None where nothing says."""
    number: int
    link: DownloadLink | None = None
    error: str = ""
    """Why they cannot be listed."""
    hint: str = ""

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return count_pages(self.total, PAGE)

    @property
    def archives(self) -> tuple[tuple[str, str], ...]:
        """The endings of archives, and their addresses."""
        return tuple((kind.ending, archive_url(self.chosen, kind)) for kind in KINDS)

    def page(self, number: int) -> str:
        """Return the address of another page."""
        path = artifact_url(self.chosen.repo, self.chosen.name, "files")
        return url(path, version=self.chosen.version, page=number if number > 1 else "")

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {
            **self.chosen._asdict(),
            "total": self.total,
            "size": self.size,
            "archives": dict(self.archives),
            "files": [one.as_dict() for one in self.files],
            "link": self.link and self.link._asdict(),
            "error": self.error or None,
        }


@router.get(f"{_M}/files", include_in_schema=False)
@router.get(f"{_M}/files.json", include_in_schema=False)
async def files(request: Request, repo: str, name: str) -> Response:
    """Answer the page of a version's files."""
    version = request.query_params.get("version", "")
    page = await downloads_of(request).work(partial(read, request, repo, name, version))
    return await downloads_of(request).work(lambda: respond(request, "files.html", page))


def read(request: Request, repo: str, name: str, version: str, link: DownloadLink | None = None) -> FilesPage:
    """Read which files there are, or why nobody can tell."""
    chosen = choose(request, repo, name, version)
    try:
        found = locate_chosen(request, chosen)
    except GTOException as error:
        said = context_of(request).hush(error)
        return FilesPage(chosen, (), 0, None, 1, None, said.message, said.hint)
    sizes = [content.size for _, content in found.files]
    number = read_number(request.query_params)
    shown = [_listed(found.chosen, *one) for one in found.files[(number - 1) * PAGE : number * PAGE]]
    return FilesPage(
        found.chosen,
        tuple(shown),
        len(found.files),
        None if None in sizes else sum(size or 0 for size in sizes),
        number,
        link,
    )


def _listed(chosen: ChosenVersion, path: str, content: Content) -> ListedFile:
    kept_in = _home(content.sources[0]) if content.sources else ""
    return ListedFile(path, content.size, hash_of(content), kept_in, file_url(chosen, path))


def _home(source: Source) -> str:
    match source:
        case GitBlob():
            return "Git"
        case LfsObject():
            return "Git LFS"
        case _:
            return "store"


def locate(request: Request, repo: str, name: str, version: str) -> LocatedVersion:
    """Return where the files of a version are that the visitor may see."""
    return locate_chosen(request, choose(request, repo, name, version))


def choose(request: Request, repo: str, name: str, version: str) -> ChosenVersion:
    """Return the version that is asked for, of a repository that the visitor may see."""
    studio = context_of(request)
    return choose_version(studio.database, studio.place(repo).name, name, version)


def locate_chosen(request: Request, chosen: ChosenVersion) -> LocatedVersion:
    """Return where the files of a version are."""
    studio = context_of(request)
    return downloads_of(request).found.locate(studio, studio.place(chosen.repo), chosen)


@router.api_route(f"{_M}/file/{{path:path}}", methods=["GET", "HEAD"], include_in_schema=False)
async def one_file(request: Request, repo: str, name: str, path: str) -> Response:
    """Answer one file of a version, or lead to where a store has it."""
    name, _, path = f"{name}{_WHOLE}{path}".partition(_WHOLE)  # it is the name that holds no such thing
    asked = partial(locate, request, repo, name, request.query_params.get("version", ""))
    return await send_file(request, asked, path)


async def send_file(
    request: Request, asked: Callable[[], LocatedVersion], path: str, seconds: int = SIGNED_SECONDS
) -> Response:
    """Answer one file; where this Studio signs, and was not asked to send it itself, where the store has it.

    That address holds for so many seconds.
    """
    downloads = downloads_of(request)
    signs = context_of(request).settings.presign and request.method == "GET" and "stream" not in request.query_params
    where = await downloads.work(lambda: presigned(asked(), path, seconds)) if signs else None
    if where is not None:
        return RedirectResponse(where, 302, {"cache-control": "no-store"})
    return await downloads.send(lambda: file_of(asked(), path), request)


@router.api_route(f"{_M}/archive.tar.gz", methods=["GET", "HEAD"], include_in_schema=False)
@router.api_route(f"{_M}/archive.tar", methods=["GET", "HEAD"], include_in_schema=False)
@router.api_route(f"{_M}/archive.zip", methods=["GET", "HEAD"], include_in_schema=False)
async def archive(request: Request, repo: str, name: str) -> Response:
    """Answer all files of a version as an archive."""
    kind = archive_kind(request.url.path.rpartition("/archive.")[2])

    def make() -> Sendable:
        return archive_of(locate(request, repo, name, request.query_params.get("version", "")), kind)

    return await downloads_of(request).send(make, request)
