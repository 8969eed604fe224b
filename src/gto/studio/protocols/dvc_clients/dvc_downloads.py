"""`/api/model-registry/get-download-uris`: where `dvc artifacts get` finds the files of a version, for an hour."""

import time
from functools import partial
from typing import Annotated, NamedTuple

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from gto.exceptions import NotFound, UsageError
from gto.studio.context import context_of
from gto.studio.downloads.archive_formats import check_names
from gto.studio.downloads.located_version import ChosenVersion, LocatedVersion
from gto.studio.downloads.sending import downloads_of
from gto.studio.downloads.version_contents import SIGNED_SECONDS
from gto.studio.index.database import Reader
from gto.studio.protocols.asked_version import choose_asked
from gto.studio.protocols.error_bodies import ToldError, plain
from gto.studio.repository_spellings import LONGEST, find_spelled
from gto.studio.respond import json_response
from gto.studio.team import audit

router = APIRouter()

_PREFIX = "/api/model-registry/"
_Word = Annotated[str, Query(max_length=500)]


def _tell(_request: Request, error: ToldError) -> Response:
    """Answer as text, which DVC prints."""
    return plain(error.status, error.sentence)


ERRORS = {_PREFIX: _tell}
"""How errors below a path are told."""


class DownloadWish(NamedTuple):
    """What DVC wants the files of."""

    repo: str
    name: str
    version: str
    stage: str


@router.get(f"{_PREFIX}get-download-uris", include_in_schema=False)
async def get_download_uris(
    request: Request,
    repo: Annotated[str, Query(max_length=LONGEST)] = "",
    name: _Word = "",
    version: _Word = "",
    stage: _Word = "",
) -> Response:
    """Answer the links of a version's files by path."""
    wish = DownloadWish(repo, name, version, stage)
    return json_response(await downloads_of(request).work(partial(_make_links, request, wish)))


def _make_links(request: Request, wish: DownloadWish) -> dict[str, str]:
    studio = context_of(request)
    if studio.team is None:
        raise NotFound(
            "DVC gets files from a team's Studio (`gto studio serve`)", "`dvc get` reads the repository itself"
        )
    from gto.studio.downloads.signed_links import LinkTarget, address_of  # with all by which people log in

    team = studio.team
    if studio.visitor.id is None:
        raise HTTPException(401, "Send a token: `dvc config --global studio.token gto_...`.")
    if not wish.repo or not wish.name or (wish.version and wish.stage):
        raise UsageError(
            "A repository and an artifact are named, and a version or a stage, or none", "see `dvc artifacts get`"
        )
    place = find_spelled(studio, wish.repo)
    chosen = _choose(studio.database, place.name, wish)
    found = downloads_of(request).found.locate(studio, place, chosen)
    names = _names(found)
    end = int(time.time()) + SIGNED_SECONDS
    targets = {
        shown: LinkTarget(place.name, chosen.name, chosen.commit, "file", path, end) for path, shown in names.items()
    }
    with team.database.record() as connection:
        origin, subject = audit.origin_of(request), f"{chosen.name}@{chosen.version}"
        told = {"by": "dvc", "files": len(names), "expires": end}
        audit.note(connection, studio.visitor, origin, "link", subject, repository=place.name, **told)
    return {shown: address_of(team, target) for shown, target in targets.items()}


def _choose(database: Reader, repo: str, wish: DownloadWish) -> ChosenVersion:
    """Return the version that is asked for, the latest where neither a version nor a stage is."""
    asked = f"{wish.name}#{wish.stage}" if wish.stage else wish.version
    with database.read() as connection:
        return choose_asked(connection, repo, wish.name, asked).chosen


def _names(found: LocatedVersion) -> dict[str, str]:
    """Return by path what each file is called below the directory into which DVC puts it, as without Studio."""
    names = {path: f"{found.directory}/{path}" if found.directory else path for path, _ in found.files}
    if not names:
        raise NotFound(f"'{found.chosen.name}@{found.chosen.version}' has no files", "its page tells why")
    check_names(names.values())
    return names
