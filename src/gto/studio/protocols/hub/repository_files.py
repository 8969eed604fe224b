"""The files of a version for the Hub's clients: their tree, what some paths are, and their bytes."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import HTTPException, Request
from starlette.responses import RedirectResponse, Response

from gto.exceptions import NotFound
from gto.storage.location import Content
from gto.studio.context import own_address
from gto.studio.downloads.file_digests import digests_of
from gto.studio.downloads.file_sizes import sizes_of
from gto.studio.downloads.located_version import LocatedVersion
from gto.studio.downloads.packed_files import PackedFiles
from gto.studio.downloads.sending import Sendable
from gto.studio.downloads.version_contents import SIGNED_SECONDS, file_of, presigned
from gto.studio.protocols.hub.hub_replies import json_body, moment
from gto.studio.protocols.hub.hub_revision import HubRevision

_MOST = 1000  # entries of a page
_PATIENCE = 6.0  # seconds that stores are asked for sizes: clients wait for ten
_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


class HubFile(NamedTuple):
    """A file as the Hub's clients read it."""

    path: str
    size: int | None
    """None where nothing says."""
    oid: str
    """The id of a blob that holds it, in a repository of Git; another word for its bytes where that is not known."""
    lfs: dict[str, object] | None
    """Its SHA-256, where Git does not hold it and that is known."""


class AskedPaths(NamedTuple):
    """Of which paths a client asks."""

    paths: tuple[str, ...]
    expand: bool


def list_entries(found: LocatedVersion, files: Iterable[tuple[str, Content]]) -> list[HubFile]:
    """Return some files with what is known of their bytes; stores are asked for sizes, and nothing is read."""
    some = found._replace(files=PackedFiles(files))
    sizes, digests = sizes_of(some, _PATIENCE), digests_of(some)
    entries = []
    for path, content in some.files:
        size, sha256 = sizes[path], digests[path].sha256
        is_far = content.digest is None or content.digest.algorithm != "git"
        lfs: dict[str, object] | None = None
        if is_far and sha256 and size is not None:
            lfs = {"oid": sha256, "size": size, "pointerSize": len(_POINTER.format(sha256, size))}
        entries.append(HubFile(path, size, digests[path].git or mark_of(found, path, content), lfs))
    return entries


def mark_of(found: LocatedVersion, path: str, content: Content) -> str:
    """Return the word by which clients keep the bytes of a file, always the same one."""
    digest = content.digest
    if digest is None:  # a plain URL, whose bytes nobody promised: each version has them once
        return hashlib.sha256(f"{found.chosen.commit}\0{path}".encode("utf-8", "replace")).hexdigest()
    return digest.value if digest.algorithm != "md5-dos2unix" else f"{digest.value}-dos2unix"


def tree(asked: HubRevision, below: str) -> Response:
    """Answer the files and directories of a version, all of them or those of one directory, a page at a time."""
    query = asked.request.query_params
    found = asked.locate()
    listed = _list(found, below, recursive=query.get("recursive", "").lower() == "true")
    after, most = query.get("cursor", ""), _read_limit(query.get("limit", ""))
    left = [one for one in listed if one[0] > after]
    page = left[:most]
    headers = {"x-repo-commit": asked.chosen.commit}
    if len(left) > most:
        path = asked.request.scope.get("raw_path", b"").decode("latin-1")
        more = urlencode({**dict(query), "cursor": page[-1][0]}, errors="replace")
        headers["link"] = f'<{own_address(asked.request)}{path}?{more}>; rel="next"'
    return json_body(_shown(asked, found, page, expand=query.get("expand", "").lower() == "true"), headers)


def _read_limit(text: str) -> int:
    return min(max(int(text), 1), _MOST) if text.isascii() and text.isdigit() and len(text) < 9 else _MOST  # noqa: PLR2004  digits that no number of files has


def _list(found: LocatedVersion, below: str, *, recursive: bool) -> list[tuple[str, Content | None]]:
    """Return paths below a directory, sorted; None stands for a directory."""
    start = f"{below}/" if below else ""
    listed: dict[str, Content | None] = {}
    for path, content in found.files:
        if not path.startswith(start):
            continue
        parts = path[len(start) :].split("/")
        for depth in range(1, len(parts) if recursive else min(len(parts), 2)):
            listed[start + "/".join(parts[:depth])] = None
        if recursive or len(parts) == 1:
            listed[path] = content
    if not listed and below:
        raise NotFound(f"'{found.chosen.name}@{found.chosen.version}' has no directory '{below}'")
    return sorted(listed.items(), key=lambda pair: pair[0])


def _shown(
    asked: HubRevision, found: LocatedVersion, page: Sequence[tuple[str, Content | None]], *, expand: bool
) -> list[dict[str, object]]:
    commit = {"id": asked.chosen.commit, "title": asked.chosen.version, "date": moment(found.time)}
    last: dict[str, object] = {"lastCommit": commit} if expand else {}
    files = [(path, content) for path, content in page if content is not None]
    entries = {one.path: one for one in list_entries(found, files)}
    told: list[dict[str, object]] = []
    for path, _ in page:
        one = entries.get(path)
        if one is None:
            oid = hashlib.sha1(f"{asked.chosen.commit}:{path}".encode("utf-8", "replace"), usedforsecurity=False)
            told.append({"type": "directory", "path": path, "size": 0, "oid": oid.hexdigest(), **last})
        else:
            lfs = {"lfs": one.lfs} if one.lfs else {}
            told.append({"type": "file", "path": path, "size": one.size, "oid": one.oid, **lfs, **last})
    return told


async def read_asked_paths(request: Request) -> AskedPaths:
    """Return of which paths is asked: some clients send a form, others JSON."""
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            given = await request.json()
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, "The body is no JSON.") from error
        paths = given.get("paths") if isinstance(given, dict) else None
        expand = isinstance(given, dict) and given.get("expand") is True
    else:
        form = await request.form()
        paths, expand = form.getlist("paths"), str(form.get("expand", "")).lower() == "true"
    if isinstance(paths, str):
        paths = [paths]
    if not isinstance(paths, list) or not all(isinstance(one, str) for one in paths):
        raise HTTPException(400, "Send `paths`, a list of texts.")
    return AskedPaths(tuple(dict.fromkeys(str(one).strip("/") for one in paths)), expand)


def paths_info(asked: HubRevision, wanted: AskedPaths) -> Response:
    """Answer what paths are; those that are nothing are left out."""
    found = asked.locate()
    every = dict(_list(found, "", recursive=True))
    page = [(path, every[path]) for path in wanted.paths if path in every]
    return json_body(_shown(asked, found, page, expand=wanted.expand), {"x-repo-commit": asked.chosen.commit})


def sendable(asked: HubRevision, path: str) -> Sendable:
    """Return a file as it is sent, under the word by which clients keep it."""
    found = asked.locate()
    return file_of(found, path)._replace(etag=f'"{mark_of(found, path, found.find(path))}"')


def redirect(asked: HubRevision, path: str) -> Response | None:
    """Lead to the store that has a file; None where it signs no addresses."""
    found = asked.locate()
    where = presigned(found, path, SIGNED_SECONDS)
    if where is None:
        return None
    content = found.find(path)
    size = list_entries(found, [(path, content)])[0].size
    headers = {"x-repo-commit": asked.chosen.commit, "x-linked-etag": f'"{mark_of(found, path, content)}"'}
    if size is not None:
        headers["x-linked-size"] = str(size)
    return RedirectResponse(where, 302, {**headers, "cache-control": "no-store"})
