"""Blobs by digest: texts from the plan, files from wherever the version keeps them."""

from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from gto.oci.artifact import BlobPlan, PackedFile
from gto.storage.fetcher import Fetcher
from gto.studio.downloads.file_bytes import FileReader
from gto.studio.downloads.file_digests import DigestTaker
from gto.studio.downloads.located_version import ChosenVersion, LocatedVersion
from gto.studio.downloads.sending import Sendable, downloads_of
from gto.studio.downloads.version_contents import SIGNED_SECONDS, presigned
from gto.studio.protocols.oci.asked_model import AskedModel, check_digest
from gto.studio.protocols.oci.replies import API, refusal

_BYTES = "application/octet-stream"


class BlobReader:
    """Reads blobs of one version."""

    def __init__(self, found: LocatedVersion, plan: BlobPlan) -> None:
        self._plan = plan
        self._contents = dict(found.files)
        self._fetcher = Fetcher(found.repository, lambda _: None)
        contents = [found.find(one.path) for one in plan.files]  # what is gone is told before the first byte
        self._fetcher.prepare(contents)
        self._taker = DigestTaker(found, self._fetcher, contents)

    def read(self) -> Iterator[bytes]:
        """Yield all bytes."""
        return self.read_part(0, self._plan.size)

    def read_part(self, start: int, end: int) -> Generator[bytes, None, None]:
        """Yield the bytes from one place up to before another; files that are wanted whole are checked."""
        try:
            yield from self._read(start, end)
        finally:
            self._taker.close()

    def _read(self, start: int, end: int) -> Generator[bytes, None, None]:
        at = 0
        for part in self._plan.parts:
            size = part.size if isinstance(part, PackedFile) else len(part)
            first, last = max(start - at, 0), min(end - at, size)
            at += size
            if first >= last:
                continue
            if isinstance(part, bytes):
                yield part[first:last]
                continue
            with closing(self._chunks(part, first, last)) as chunks:
                yield from chunks

    def _chunks(self, file: PackedFile, first: int, last: int) -> Generator[bytes, None, None]:
        content = self._contents[file.path]
        if (first, last) == (0, file.size):
            return self._taker.read(content, file.size)
        return FileReader(self._fetcher, content, first, last).chunks()


def sendable(found: LocatedVersion, plan: BlobPlan, digest: str) -> Sendable:
    """Return a blob as it is sent."""
    reader = BlobReader(found, plan)
    return Sendable(digest.replace(":", "-"), _BYTES, f'"{digest}"', plan.size, reader.read, reader.read_part)


async def answer_blob(request: Request, asked: AskedModel, digest: str) -> Response:
    """Answer the bytes of a digest, or lead to the store that has them as a file."""
    downloads = downloads_of(request)
    check_digest(digest)
    found = await downloads.work(partial(asked.book.find_blob, digest, asked.has))
    if found is None:
        return refusal(404, "BLOB_UNKNOWN", f"'{asked.key.name}' has no blob '{digest}'.")
    headers = {**API, "docker-content-digest": digest}
    if request.method == "HEAD":
        told = {"content-length": str(found.size), "accept-ranges": "bytes", "etag": f'"{digest}"'}
        return Response(None, 200, {**headers, **told}, media_type=_BYTES)
    chosen = ChosenVersion(*asked.key, found.version, found.commit)
    locate = partial(downloads.found.locate, asked.studio, asked.studio.place(asked.key.repo), chosen)
    only = found.plan.parts[0] if len(found.plan.parts) == 1 else None
    if isinstance(only, PackedFile) and asked.studio.settings.presign:
        where = await downloads.work(lambda: presigned(locate(), only.path, SIGNED_SECONDS))
        if where is not None:
            return RedirectResponse(where, 307, {**headers, "cache-control": "no-store"})
    answer = await downloads.send(lambda: sendable(locate(), found.plan, digest), request)
    answer.headers.update(headers)
    return answer
