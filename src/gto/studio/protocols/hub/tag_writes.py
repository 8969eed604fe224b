"""`create_tag`: the tag of a version registers it, any other word is a stage that a version gets."""

import re
from typing import NamedTuple

from fastapi import HTTPException, Request
from starlette.responses import Response

from gto.core import semver
from gto.core.names import RESERVED_STAGES
from gto.exceptions import NotFound, VersionNotFound, VersionTaken
from gto.studio.actions.action import ASSIGN, REGISTER
from gto.studio.actions.wish import Wish
from gto.studio.context import StudioContext, context_of, cookie_of
from gto.studio.protocols.artifact_names import ArtifactKey, find_hub
from gto.studio.protocols.asked_version import choose_asked
from gto.studio.protocols.hub.hub_replies import json_body
from gto.studio.protocols.hub.hub_revision import Named
from gto.studio.protocols.program_writes import write_tags
from gto.studio.visitor import Role

_LONGEST_NAME, _LONGEST_MESSAGE = 300, 10_000
_REV = re.compile("[A-Za-z0-9][A-Za-z0-9._/+@#-]{0,250}")


class TagWish(NamedTuple):
    """A tag that a client wants."""

    tag: str
    message: str


async def read_tag_wish(request: Request) -> TagWish:
    """Return which tag is wanted."""
    studio = context_of(request)
    is_browser = studio.visitor.scopes is None if studio.team else bool(cookie_of(request))
    if is_browser:  # a page of ours has no such button: what is done in a browser comes with a form's token
        raise HTTPException(403, "Programs make tags, with a token.")
    try:
        given = await request.json()
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "The body is no JSON.") from error
    tag = given.get("tag") if isinstance(given, dict) else None
    message = (given.get("message") or "") if isinstance(given, dict) else ""
    if not isinstance(tag, str) or not isinstance(message, str) or not 0 < len(tag) <= _LONGEST_NAME:
        raise HTTPException(400, "Send `tag`, a version or a stage, and perhaps `message`.")
    if len(message) > _LONGEST_MESSAGE or "\0" in message:
        raise HTTPException(400, f"A message has at most {_LONGEST_MESSAGE} characters, none of them zero.")
    return TagWish(tag, message)


def create_tag(request: Request, named: Named, wanted: TagWish) -> Response:
    """Write what the tag means."""
    studio = context_of(request)
    _, namespace, slug, revision = named
    if studio.settings.read_only:
        raise HTTPException(403, "This Studio was started with --read-only: it writes nothing.")
    with studio.database.read() as connection:
        key = find_hub(connection, namespace, slug)
    if (version := _version(wanted.tag)) is not None:
        if _commit_of(studio, key, version) is not None:
            raise VersionTaken(key.name, version)
        wish = Wish(REGISTER.word, key.name, _rev(studio, key, revision), version, message=wanted.message)
        write_tags(studio, key.repo, REGISTER, wish, Role.CONTRIBUTOR)
    else:
        with studio.database.read() as connection:
            found = choose_asked(connection, *key, revision).chosen.version
        wish = Wish(ASSIGN.word, key.name, version=found, stage=wanted.tag, message=wanted.message)
        write_tags(studio, key.repo, ASSIGN, wish, Role.MAINTAINER)
    return json_body({})


def _version(tag: str) -> str | None:
    """Return the version that a tag names, with its `v` or without; None where it is another word."""
    return next((one for one in (tag, f"v{tag}") if semver.parse(one) is not None), None)


def _rev(studio: StudioContext, key: ArtifactKey, revision: str) -> str:
    """Return at which commit a version is registered: the newest of the default branch unless another is named.

    A version, a stage and a commit are what they are wherever they are asked for; what is none of these is a word of
    Git's. `main` is not the latest version here, as that has been registered.
    """
    if not revision or revision in RESERVED_STAGES:
        return "HEAD"
    found = _commit_of(studio, key, revision)
    if found is None and _REV.fullmatch(revision) is None:
        raise VersionNotFound(f"'{revision}' is no version and no revision", "name a commit, a branch or a version")
    return found or revision


def _commit_of(studio: StudioContext, key: ArtifactKey, revision: str) -> str | None:
    """Return the commit of what is asked for; None where it is nothing."""
    try:
        with studio.database.read() as connection:
            return choose_asked(connection, *key, revision).chosen.commit
    except NotFound:
        return None
