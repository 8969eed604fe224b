"""Manifests by tag or digest, made at the first pull where they were not made before."""

import asyncio
import re
from functools import partial

from fastapi import HTTPException, Request
from starlette.responses import Response

from gto.core import semver
from gto.exceptions import VersionNotFound
from gto.oci.artifact import MANIFEST
from gto.studio.downloads.located_version import ChosenVersion
from gto.studio.downloads.sending import downloads_of
from gto.studio.index import events, lookup
from gto.studio.protocols.asked_version import AskedBy, choose_asked
from gto.studio.protocols.oci.asked_model import AskedModel, check_digest
from gto.studio.protocols.oci.kept_artifacts import KeptManifest
from gto.studio.protocols.oci.making import ArtifactMaker, TooManyWait, make_artifact
from gto.studio.protocols.oci.replies import API, refusal

TAG_RE = re.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""What may be a tag."""


def maker_of(request: Request) -> ArtifactMaker:
    """Return who makes artifacts in a Studio."""
    found = request.app.state.artifact_maker
    assert isinstance(found, ArtifactMaker)  # noqa: S101  every app has it
    return found


async def answer_manifest(request: Request, asked: AskedModel, which: str) -> Response:
    """Answer a manifest by its digest or by a tag."""
    downloads = downloads_of(request)
    if ":" in which:
        check_digest(which)
        found = await downloads.work(partial(_by_digest, asked, which))
    else:
        chosen = await downloads.work(partial(_by_tag, asked, which))
        found = await _made(request, asked, chosen)
    if found is None:
        return refusal(404, "MANIFEST_UNKNOWN", f"'{asked.key.name}' has no manifest '{which}'.")
    headers = {**API, "docker-content-digest": found.digest, "etag": f'"{found.digest}"'}
    if f'"{found.digest}"' in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    return Response(found.body, 200, headers, media_type=MANIFEST)


def _by_digest(asked: AskedModel, digest: str) -> KeptManifest | None:
    found = asked.book.find_manifest(digest)
    return found if found is not None and asked.has(found.commit) else None


def _by_tag(asked: AskedModel, tag: str) -> ChosenVersion:
    """Return the version of a tag: a version with `_` for `+`, a stage, or `latest`."""
    plus = tag.replace("_", "+")
    word = plus if semver.parse(plus) or semver.parse(f"v{plus}") else tag
    if TAG_RE.fullmatch(tag) is None:
        raise VersionNotFound(f"'{tag[:200]}' is no tag", "tags are versions, stages, and `latest`")
    with asked.studio.database.read() as connection:
        found = choose_asked(connection, *asked.key, word)
        if found.by is AskedBy.VERSION:
            repo = lookup.find_repository(connection, asked.key.repo)
            version = events.artifact_state(connection, repo.id, asked.key.name).version(found.chosen.version)
            if version is None or not version.is_active:
                raise VersionNotFound(f"'{found.chosen.version}' of '{asked.key.name}' was deregistered", "")
    return found.chosen


async def _made(request: Request, asked: AskedModel, chosen: ChosenVersion) -> KeptManifest:
    """Return the manifest of a version, made now where that takes no longer than a client waits."""
    downloads, maker = downloads_of(request), maker_of(request)
    find = partial(asked.book.find_of_version, chosen.version, chosen.commit)
    found = await downloads.work(find)
    if found is not None:
        return found
    origin, studio = asked.origin(chosen), asked.studio
    if failure := maker.failure(origin):
        raise VersionNotFound(f"{chosen.version} of '{chosen.name}' cannot be packed: {failure}", "")

    def make() -> None:
        located = downloads.found.locate(studio, studio.place(chosen.repo), chosen)
        make_artifact(studio.worker.database.lasting, origin, located)

    try:
        job = maker.ask(origin, make, is_known=studio.is_known)
    except TooManyWait:
        raise HTTPException(429, "Too many versions are being prepared: ask again in some minutes.") from None
    await asyncio.wait([asyncio.wrap_future(job)], timeout=maker.patience)
    found = await downloads.work(find)
    if found is None:
        failure = maker.failure(origin)
        why = f"cannot be packed: {failure}" if failure else "is being prepared: ask again in a minute"
        raise VersionNotFound(f"{chosen.version} of '{chosen.name}' {why}", "")
    return found
