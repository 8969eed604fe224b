"""`/api/v1/artifacts/REPO/NAME/files`: the files of a version, for programs."""

from functools import partial
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel, Field

from gto.delivery.get import hash_of
from gto.studio.downloads import file_page
from gto.studio.downloads.located_version import LocatedVersion
from gto.studio.downloads.sending import downloads_of
from gto.studio.downloads.version_contents import file_url
from gto.studio.page_router import PageRouter
from gto.studio.rest import answers

router = PageRouter(
    prefix="/api/v1",
    responses={status: {"model": answers.ProblemDetails} for status in (400, 401, 404, 424, 503)},
)

_MOST = 1000


class FileResource(BaseModel):
    """A file of a version."""

    path: str
    size: int | None = Field(description="Bytes; null where nothing says before the store is asked")
    digest: str | None = Field(description="As `md5:...`, `sha256:...` or `git:...`; null where nobody promised one")
    executable: bool
    url: str = Field(description="Where it is downloaded, below the address of this Studio")


class FileList(BaseModel):
    """One page of a version's files, by path."""

    version: str
    commit: str
    items: list[FileResource]
    total: int
    next: str | None = Field(description="The cursor of the next page; null on the last one")


@router.get("/artifacts/{repo}/{name:path}/files", tags=["files"])
async def list_files(
    request: Request,
    repo: str,
    name: str,
    version: Annotated[str, Query(max_length=500, description="Empty for the latest")] = "",
    limit: Annotated[int, Query(ge=1, le=_MOST, description="How many at most")] = _MOST,
    cursor: Annotated[str, Query(max_length=2000, description="`next` of the page before")] = "",
) -> FileList:
    """List the files of a version; its directory is asked for, and no file is read."""
    values = answers.decode_cursor(cursor, (str,))
    found = await downloads_of(request).work(partial(file_page.locate, request, repo, name, version))
    return _page(found, None if values is None else str(values[0]), limit)


def _page(found: LocatedVersion, after: str | None, limit: int) -> FileList:
    left = [(path, content) for path, content in found.files if after is None or path > after]
    items = [
        FileResource(
            path=path,
            size=content.size,
            digest=hash_of(content),
            executable=content.is_executable,
            url=file_url(found.chosen, path),
        )
        for path, content in left[:limit]
    ]
    last = answers.encode_cursor([items[-1].path]) if len(left) > limit else None
    return FileList(
        version=found.chosen.version, commit=found.chosen.commit, items=items, total=len(found.files), next=last
    )
