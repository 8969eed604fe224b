"""`/dl`: archives of versions, single files, and the checksums of both."""

import hashlib
from collections.abc import Callable
from functools import partial

from fastapi import HTTPException, Request
from starlette.responses import Response

from gto.catalog.repositories import Failure
from gto.delivery.signed_files import BUNDLE, pick_bundle
from gto.exceptions import FilesNotSigned, NotFound
from gto.registry.files_signers import whose_keys
from gto.registry.registry import Registry
from gto.registry.resolve import resolve
from gto.studio.context import context_of
from gto.studio.downloads import file_page
from gto.studio.downloads.file_digests import digest_files, digests_of
from gto.studio.downloads.located_version import ChosenVersion, LocatedVersion
from gto.studio.downloads.packed_files import PackedFiles
from gto.studio.downloads.sending import Sendable, downloads_of
from gto.studio.downloads.version_contents import archive_digest, archive_of
from gto.studio.page_router import PageRouter
from gto.studio.protocols.error_bodies import ToldError, plain
from gto.studio.protocols.plain_http.plain_target import CHECKSUM, PlainTarget, find_target
from gto.studio.protocols.raw_path import raw_segments

router = PageRouter()

_FIRST = 2  # of a path's segments that is behind the repository
_AGAIN = "10"  # seconds


def tell_plainly(_request: Request, error: ToldError) -> Response:
    """Answer with an error as a sentence."""
    return plain(error.status, error.sentence)


ERRORS = {"/dl/": tell_plainly}


@router.api_route("/dl/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
async def download(request: Request) -> Response:
    """Answer an archive, a file, their checksums, or the names of a version's files."""
    downloads = downloads_of(request)
    target = await downloads.work(partial(_find, request))
    locate = partial(file_page.locate_chosen, request, target.chosen)
    if (kind := target.kind) is not None and not target.wants_checksum:
        return await downloads.send(lambda: archive_of(locate(), kind), request)
    if kind is not None:
        return await _checksum(request, target, partial(_archive_sum, request, target))
    if not target.path:
        if target.wants_checksum:
            return await _checksum(request, target, partial(_file_sums, locate))
        return await downloads.work(lambda: _text("".join(f"{path}\n" for path, _ in locate().files)))
    return await _file(request, target, locate)


async def _file(request: Request, target: PlainTarget, locate: Callable[[], LocatedVersion]) -> Response:
    """Answer a file, else what is said of one beside it."""
    downloads, path = downloads_of(request), target.path
    whole = path.removesuffix(CHECKSUM)
    files = (await downloads.work(locate)).files
    there = {one for one in (path, whole) if files.find(one)}
    if path not in there and path == BUNDLE:
        return await downloads.send(partial(_bundle, request, target.chosen), request)
    if path not in there and whole in there:
        return await _checksum(request, target, partial(_file_sums, locate, whole))
    return await file_page.send_file(request, locate, path)


def _find(request: Request) -> PlainTarget:
    segments = raw_segments(request.scope)
    while segments and not segments[-1]:  # a slash at the end names nothing
        segments = segments[:-1]
    if len(segments) <= _FIRST + 1:
        raise HTTPException(404, "Write /dl/REPO/NAME/SELECTOR.tar.gz, or a path behind the selector.")
    with context_of(request).database.read() as connection:
        return find_target(connection, segments[1], segments[_FIRST:])


async def _checksum(request: Request, target: PlainTarget, make: Callable[[], str]) -> Response:
    """Answer what all bytes have to be read for; while that takes long, clients are asked to come again."""
    name = "\0".join((*target.chosen, target.path, raw_segments(request.scope)[-1]))  # the last word is in the answer
    found = await downloads_of(request).work_long(name, make, for_stranger=not context_of(request).is_known)
    if found is None:
        raise HTTPException(503, "The checksum is being computed: ask again in a moment.", {"retry-after": _AGAIN})
    return _text(found)


def _archive_sum(request: Request, target: PlainTarget) -> str:
    assert target.kind is not None  # noqa: S101  it is asked for where there is one
    found = file_page.locate_chosen(request, target.chosen)
    name = raw_segments(request.scope)[-1].removesuffix(CHECKSUM)
    return f"{archive_digest(found, target.kind)}  {name}\n"


def _file_sums(locate: Callable[[], LocatedVersion], path: str = "") -> str:
    """Return the checksums of the files of a version, or of one, as `sha256sum -c` reads them."""
    found = locate()
    if path:
        found = found._replace(files=PackedFiles([(path, found.find(path))]))
    digest_files(found)
    known = digests_of(found)
    missing = [one for one, facts in known.items() if not facts.sha256]
    if missing:
        raise NotFound(f"Nobody promised what is in '{missing[0]}', so that its checksum is not kept")
    names = {one: one.rpartition("/")[2] if path else one for one in known}
    return "".join(sum_line(facts.sha256 or "", names[one]) for one, facts in known.items())


def sum_line(digest: str, name: str) -> str:
    """Return a line of checksums as `sha256sum` writes it: no name ends its line, and begins one that says another."""
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n"


def _bundle(request: Request, chosen: ChosenVersion) -> Sendable:
    """Return the signature of the files of a version."""

    def pick(registry: Registry) -> bytes | None:
        try:
            target = resolve(registry, f"{chosen.name}@{chosen.version}")
            return pick_bundle(registry, target, whose_keys(registry)).text
        except FilesNotSigned:
            return None

    found = context_of(request).read_git(chosen.repo, pick)
    if isinstance(found, Failure):
        raise HTTPException(424, found.error)
    data = found
    if data is None:
        raise NotFound(f"Nobody signed the files of '{chosen.name}@{chosen.version}'", "`gto sign` does")
    return Sendable(
        BUNDLE,
        "application/octet-stream",
        f'"{hashlib.sha256(data).hexdigest()}"',
        len(data),
        lambda: iter((data,)),
        lambda start, end: iter((data[start:end],)),
    )


def _text(text: str) -> Response:
    return Response(text.encode("utf-8", "replace"), media_type="text/plain")
